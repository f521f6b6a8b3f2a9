#include "sql/copy_statement.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sql/lexer.h"
#include "sql/statement.h"

namespace tavana::sql {
namespace {

using pgwire::CopyFormat;
using pgwire::CopyOptions;

/// One option as written: a name and what stood behind it.
struct Option {
  std::string name;
  std::size_t offset_bytes = 0;
  std::optional<std::string> value = {};
  bool is_star = false;
  std::optional<std::vector<std::string>> list = {};
};

class CopyReader {
 public:
  explicit CopyReader(std::string_view statement) : statement_(statement), lexer_(statement), ahead_(lexer_.Next()) {}

  Result<CopyStatement> Read() {
    if (!Accept("COPY")) return Unexpected();
    if (ahead_.IsSymbol('(')) {
      TAVANA_RETURN_IF_ERROR(ReadQuery());
      if (!Accept("TO")) return Unexpected();
    } else {
      if (ahead_.Is("BINARY")) AddOption("format", "binary");
      TAVANA_RETURN_IF_ERROR(ReadTable());
      copy_.from_client = ahead_.Is("FROM");
      if (!Accept("FROM") && !Accept("TO")) return Unexpected();
    }
    if (!Accept("STDIN") && !Accept("STDOUT")) return Unexpected();
    TAVANA_RETURN_IF_ERROR(ReadOptions());
    TAVANA_RETURN_IF_ERROR(ReadWhere());
    while (ahead_.kind == TokenKind::kSemicolon) Take();
    if (ahead_.kind != TokenKind::kEnd) return Unexpected();
    TAVANA_RETURN_IF_ERROR(TakeOptions());
    TAVANA_RETURN_IF_ERROR(CheckOptions());
    return std::move(copy_);
  }

 private:
  Token Take() {
    const Token token = ahead_;
    ahead_ = lexer_.Next();
    return token;
  }
  bool Accept(std::string_view upper_case_word) { return ahead_.Is(upper_case_word) && (Take(), true); }
  bool AcceptSymbol(char symbol) { return ahead_.IsSymbol(symbol) && (Take(), true); }
  bool AtName() const { return ahead_.kind == TokenKind::kWord || ahead_.kind == TokenKind::kQuotedIdentifier; }

  Error At(ErrorCode code, std::string message, std::size_t offset_bytes) const {
    return Error(code, std::move(message)).AtPosition(CharactersBefore(statement_, offset_bytes) + 1);
  }
  Error Unexpected() const {
    if (ahead_.kind == TokenKind::kEnd) {
      return At(ErrorCode::kSyntax, "syntax error at end of input", statement_.size());
    }
    return At(ErrorCode::kSyntax, "syntax error at or near \"" + std::string(ahead_.text) + "\"", ahead_.offset_bytes);
  }

  void AddOption(std::string name, std::string value) {
    options_.push_back({.name = std::move(name), .offset_bytes = ahead_.offset_bytes, .value = std::move(value)});
    Take();
  }

  /// Moves over (...), nested; where its inside ends.
  Result<std::size_t> SkipParentheses() {
    Take();
    for (std::size_t depth = 1;;) {
      if (ahead_.kind == TokenKind::kEnd || ahead_.kind == TokenKind::kUnterminated) return Unexpected();
      const Token token = Take();
      if (token.IsSymbol('(')) ++depth;
      if (token.IsSymbol(')') && --depth == 0) return token.offset_bytes;
    }
  }

  Status ReadQuery() {
    const std::size_t begin = ahead_.offset_bytes + 1;
    TAVANA_ASSIGN_OR_RETURN(const std::size_t end, SkipParentheses());
    copy_.query = std::string(statement_.substr(begin, end - begin));
    copy_.query_offset_bytes = begin;
    return Status::Ok();
  }

  Status ReadTable() {
    do {
      if (!AtName() || copy_.table.size() == 3) return Unexpected();
      copy_.table.push_back(Take().AsName());
    } while (AcceptSymbol('.'));
    if (!ahead_.IsSymbol('(')) return Status::Ok();
    TAVANA_ASSIGN_OR_RETURN(copy_.columns, ReadParenthesizedNames());
    return Status::Ok();
  }

  Result<std::vector<std::string>> ReadNames() {
    std::vector<std::string> names;
    do {
      if (!AtName()) return Unexpected();
      names.push_back(Take().AsName());
    } while (AcceptSymbol(','));
    return names;
  }

  Result<std::vector<std::string>> ReadParenthesizedNames() {
    Take();
    TAVANA_ASSIGN_OR_RETURN(auto names, ReadNames());
    if (!AcceptSymbol(')')) return Unexpected();
    return names;
  }

  Result<std::string> ReadString() {
    if (ahead_.kind != TokenKind::kString) return Unexpected();
    return Take().Unquoted();
  }

  Status ReadOptions() {
    if (ahead_.Is("USING") || ahead_.Is("DELIMITERS")) {  // the syntax before 7.3
      Accept("USING");
      Option option{.name = "delimiter", .offset_bytes = ahead_.offset_bytes};
      if (!Accept("DELIMITERS")) return Unexpected();
      TAVANA_ASSIGN_OR_RETURN(option.value, ReadString());
      options_.push_back(std::move(option));
    }
    Accept("WITH");
    if (ahead_.IsSymbol('(')) return ReadGenericOptions();
    for (bool more = true; more;) {
      TAVANA_ASSIGN_OR_RETURN(more, ReadOldOption());
    }
    return Status::Ok();
  }

  Status ReadGenericOptions() {
    Take();
    do {
      if (!AtName()) return Unexpected();
      Option option{.name = {}, .offset_bytes = ahead_.offset_bytes};
      option.name = Take().AsName();
      if (ahead_.IsSymbol('(')) {
        Take();
        option.list.emplace();
        do {
          if (!AtName() && ahead_.kind != TokenKind::kString) return Unexpected();
          option.list->push_back(Take().AsName());
        } while (AcceptSymbol(','));
        if (!AcceptSymbol(')')) return Unexpected();
      } else if (AcceptSymbol('*')) {
        option.is_star = true;
      } else if (AtName() || ahead_.kind == TokenKind::kString) {
        option.value = Take().AsName();
      } else if (ahead_.kind == TokenKind::kNumber || ahead_.IsSymbol('-') || ahead_.IsSymbol('+')) {
        std::string sign;
        if (ahead_.IsSymbol('-')) sign = "-";
        if (ahead_.kind != TokenKind::kNumber) Take();
        if (ahead_.kind != TokenKind::kNumber) return Unexpected();
        option.value = sign + std::string(Take().text);
      }
      options_.push_back(std::move(option));
    } while (AcceptSymbol(','));
    if (!AcceptSymbol(')')) return Unexpected();
    return Status::Ok();
  }

  /// CSV, HEADER, DELIMITER AS 'x' ...; false where none stands.
  Result<bool> ReadOldOption() {
    Option option{.name = LowerCase(ahead_.text), .offset_bytes = ahead_.offset_bytes};
    if (ahead_.Is("BINARY") || ahead_.Is("CSV")) {
      option.value = std::exchange(option.name, "format");
      Take();
    } else if (ahead_.Is("FREEZE") || ahead_.Is("HEADER")) {
      option.value = "true";
      Take();
    } else if (ahead_.Is("DELIMITER") || ahead_.Is("NULL") || ahead_.Is("QUOTE") || ahead_.Is("ESCAPE")) {
      Take();
      Accept("AS");
      TAVANA_ASSIGN_OR_RETURN(option.value, ReadString());
    } else if (Accept("ENCODING")) {
      TAVANA_ASSIGN_OR_RETURN(option.value, ReadString());
    } else if (Accept("FORCE")) {
      TAVANA_RETURN_IF_ERROR(ReadOldForce(option));
    } else {
      return false;
    }
    options_.push_back(std::move(option));
    return true;
  }

  Status ReadOldForce(Option& option) {
    if (Accept("QUOTE")) {
      option.name = "force_quote";
      if (AcceptSymbol('*')) {
        option.is_star = true;
        return Status::Ok();
      }
    } else if (Accept("NOT")) {
      option.name = "force_not_null";
      if (!Accept("NULL")) return Unexpected();
    } else if (Accept("NULL")) {
      option.name = "force_null";
    } else {
      return Unexpected();
    }
    TAVANA_ASSIGN_OR_RETURN(option.list, ReadNames());
    return Status::Ok();
  }

  Status ReadWhere() {
    if (!ahead_.Is("WHERE")) return Status::Ok();
    if (!copy_.from_client) {
      return At(ErrorCode::kSyntax, "WHERE clause not allowed with COPY TO", ahead_.offset_bytes);
    }
    Take();
    const std::size_t begin = ahead_.offset_bytes;
    std::size_t end = begin;
    while (ahead_.kind != TokenKind::kEnd && ahead_.kind != TokenKind::kSemicolon) {
      if (ahead_.kind == TokenKind::kUnterminated || ahead_.IsSymbol(')')) return Unexpected();
      if (ahead_.IsSymbol('(')) {
        TAVANA_ASSIGN_OR_RETURN(const std::size_t inside, SkipParentheses());
        end = inside + 1;
      } else {
        const Token token = Take();
        end = token.offset_bytes + token.text.size();
      }
    }
    if (end == begin) return Unexpected();
    copy_.where = std::string(statement_.substr(begin, end - begin));
    return Status::Ok();
  }

  Result<std::string> StringOf(const Option& option) const {
    if (option.value) return *option.value;
    if (option.is_star) return std::string("*");
    return Error(ErrorCode::kSyntax, option.name + " requires a parameter");
  }

  Result<bool> BooleanOf(const Option& option, std::string_view kind) const {
    if (!option.value && !option.is_star && !option.list) return true;
    const std::string value = LowerCase(option.value.value_or(""));
    if (value == "true" || value == "on" || value == "1") return true;
    if (value == "false" || value == "off" || value == "0") return false;
    return Error(ErrorCode::kSyntax, option.name + " requires " + std::string(kind));
  }

  Result<CopyOptions::Header> HeaderOf(const Option& option) const {
    if (LowerCase(option.value.value_or("")) == "match") {
      if (!copy_.from_client) {
        return Error(ErrorCode::kUnsupported, "cannot use \"match\" with HEADER in COPY TO");
      }
      return CopyOptions::Header::kMatch;
    }
    TAVANA_ASSIGN_OR_RETURN(const bool is_on, BooleanOf(option, "a Boolean value or \"match\""));
    return is_on ? CopyOptions::Header::kLine : CopyOptions::Header::kNone;
  }

  Result<CopyFormat> FormatOf(const Option& option) const {
    TAVANA_ASSIGN_OR_RETURN(const std::string format, StringOf(option));
    if (format == "text") return CopyFormat::kText;
    if (format == "csv") return CopyFormat::kCsv;
    if (format == "binary") return CopyFormat::kBinary;
    return At(ErrorCode::kInvalidParameter, "COPY format \"" + format + "\" not recognized", option.offset_bytes);
  }

  Status CheckEncoding(const Option& option) const {
    TAVANA_ASSIGN_OR_RETURN(const std::string encoding, StringOf(option));
    std::string plain;  // as PostgreSQL compares them: letters and digits only
    for (const char c : LowerCase(encoding)) {
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
    }
    if (plain == "utf8" || plain == "unicode") return Status::Ok();
    constexpr auto kKnown = std::to_array<std::string_view>({"latin", "iso8859", "win", "windows", "sqlascii", "euc",
                                                             "koi8", "sjis", "shiftjis", "big5", "gbk", "gb18030",
                                                             "uhc", "johab", "mule", "alt", "tcvn", "abc", "vscii"});
    for (const std::string_view known : kKnown) {
      if (plain.starts_with(known)) {
        return Error(ErrorCode::kUnsupported, "COPY in encoding \"" + encoding + "\" is not supported")
            .WithHint("Send and read UTF8.");
      }
    }
    return At(ErrorCode::kInvalidParameter, "argument to option \"encoding\" must be a valid encoding name",
              option.offset_bytes);
  }

  Status TakeList(const Option& option, std::vector<std::string>& into) const {
    if (!option.list) {
      return At(ErrorCode::kInvalidParameter,
                "argument to option \"" + option.name + "\" must be a list of column names", option.offset_bytes);
    }
    into = *option.list;
    return Status::Ok();
  }

  Status TakeOptions() {
    CopyOptions& to = copy_.options;
    for (const Option& option : options_) {
      const bool again = std::find(seen_.begin(), seen_.end(), option.name) != seen_.end();
      if (again) return At(ErrorCode::kSyntax, "conflicting or redundant options", option.offset_bytes);
      seen_.push_back(option.name);
      if (option.name == "format") {
        TAVANA_ASSIGN_OR_RETURN(to.format, FormatOf(option));
      } else if (option.name == "freeze") {
        TAVANA_RETURN_IF_ERROR(BooleanOf(option, "a Boolean value"));  // nothing to do: rows are visible at COMMIT
      } else if (option.name == "delimiter") {
        TAVANA_ASSIGN_OR_RETURN(delimiter_, StringOf(option));
      } else if (option.name == "null") {
        TAVANA_ASSIGN_OR_RETURN(null_text_, StringOf(option));
      } else if (option.name == "header") {
        TAVANA_ASSIGN_OR_RETURN(to.header, HeaderOf(option));
      } else if (option.name == "quote") {
        TAVANA_ASSIGN_OR_RETURN(quote_, StringOf(option));
      } else if (option.name == "escape") {
        TAVANA_ASSIGN_OR_RETURN(escape_, StringOf(option));
      } else if (option.name == "force_quote") {
        to.force_quote_all = option.is_star;
        if (!option.is_star) TAVANA_RETURN_IF_ERROR(TakeList(option, to.force_quote));
      } else if (option.name == "force_not_null") {
        TAVANA_RETURN_IF_ERROR(TakeList(option, to.force_not_null));
      } else if (option.name == "force_null") {
        TAVANA_RETURN_IF_ERROR(TakeList(option, to.force_null));
      } else if (option.name == "encoding") {
        TAVANA_RETURN_IF_ERROR(CheckEncoding(option));
      } else {
        return At(ErrorCode::kSyntax, "option \"" + option.name + "\" not recognized", option.offset_bytes);
      }
    }
    return Status::Ok();
  }

  // PostgreSQL's ProcessCopyOptions, check by check: which error comes first is visible.
  Status CheckOptions() {
    CopyOptions& to = copy_.options;
    const bool csv = to.format == CopyFormat::kCsv;
    if (to.binary() && delimiter_) return Error(ErrorCode::kSyntax, "cannot specify DELIMITER in BINARY mode");
    if (to.binary() && null_text_) return Error(ErrorCode::kSyntax, "cannot specify NULL in BINARY mode");
    const std::string delimiter = delimiter_.value_or(csv ? "," : "\t");
    to.null_text = null_text_.value_or(csv ? "" : "\\N");
    if (delimiter.size() != 1) return NotOneByte("delimiter");
    if (delimiter == "\r" || delimiter == "\n") {
      return Error(ErrorCode::kInvalidParameter, "COPY delimiter cannot be newline or carriage return");
    }
    if (to.null_text.find_first_of("\r\n") != std::string::npos) {
      return Error(ErrorCode::kInvalidParameter, "COPY null representation cannot use newline or carriage return");
    }
    if (!csv && std::string_view("\\.abcdefghijklmnopqrstuvwxyz0123456789").find(delimiter) != std::string::npos) {
      return Error(ErrorCode::kInvalidParameter, "COPY delimiter cannot be \"" + delimiter + "\"");
    }
    if (to.binary() && to.header != CopyOptions::Header::kNone) {
      return Error(ErrorCode::kUnsupported, "cannot specify HEADER in BINARY mode");
    }
    to.delimiter = delimiter[0];
    TAVANA_RETURN_IF_ERROR(CheckQuotes(csv));
    TAVANA_RETURN_IF_ERROR(CheckForced(csv));
    if (to.null_text.find(to.delimiter) != std::string::npos) {
      return Error(ErrorCode::kUnsupported, "COPY delimiter must not appear in the NULL specification");
    }
    if (csv && to.null_text.find(to.quote) != std::string::npos) {
      return Error(ErrorCode::kUnsupported, "CSV quote character must not appear in the NULL specification");
    }
    return Status::Ok();
  }

  Status CheckQuotes(bool csv) {
    CopyOptions& to = copy_.options;
    if (!csv && quote_) return OnlyInCsv("quote");
    const std::string quote = quote_.value_or("\"");
    if (csv && quote.size() != 1) return NotOneByte("quote");
    if (csv && quote[0] == to.delimiter) {
      return Error(ErrorCode::kInvalidParameter, "COPY delimiter and quote must be different");
    }
    if (!csv && escape_) return OnlyInCsv("escape");
    const std::string escape = escape_.value_or(quote);
    if (csv && escape.size() != 1) return NotOneByte("escape");
    to.quote = quote[0];
    to.escape = escape[0];
    return Status::Ok();
  }

  Status CheckForced(bool csv) const {
    const CopyOptions& to = copy_.options;
    const bool force_quote = to.force_quote_all || !to.force_quote.empty();
    if (!csv && force_quote) return OnlyInCsv("force quote");
    if (force_quote && copy_.from_client) return OnlyUsing("force quote", "TO");
    if (!csv && !to.force_not_null.empty()) return OnlyInCsv("force not null");
    if (!to.force_not_null.empty() && !copy_.from_client) return OnlyUsing("force not null", "FROM");
    if (!csv && !to.force_null.empty()) return OnlyInCsv("force null");
    if (!to.force_null.empty() && !copy_.from_client) return OnlyUsing("force null", "FROM");
    return Status::Ok();
  }

  static Error NotOneByte(const std::string& what) {
    return Error(ErrorCode::kUnsupported, "COPY " + what + " must be a single one-byte character");
  }
  static Error OnlyInCsv(const std::string& what) {
    return Error(ErrorCode::kUnsupported, "COPY " + what + " available only in CSV mode");
  }
  static Error OnlyUsing(const std::string& what, const std::string& direction) {
    return Error(ErrorCode::kUnsupported, "COPY " + what + " only available using COPY " + direction);
  }

  std::string_view statement_;
  Lexer lexer_;
  Token ahead_;
  CopyStatement copy_;
  std::vector<Option> options_;
  std::vector<std::string> seen_;
  std::optional<std::string> delimiter_, null_text_, quote_, escape_;
};

}  // namespace

Result<CopyStatement> ParseCopy(std::string_view statement) { return CopyReader(statement).Read(); }

}  // namespace tavana::sql
