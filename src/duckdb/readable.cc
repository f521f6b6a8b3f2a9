#include "duckdb/readable.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sql/lexer.h"

namespace tavana::duckdb_engine {
namespace {

using sql::Lexer;
using sql::Token;
using sql::TokenKind;

/// Tokens one after another, some of them overwritten.
class Rewriter {
 public:
  explicit Rewriter(std::string_view sql) : text_(sql), lexer_(sql) {}

  std::string Run() {
    for (Token token = lexer_.Next(); token.kind != TokenKind::kEnd; token = lexer_.Next()) {
      if (first_.kind == TokenKind::kEnd) first_ = token;
      if (!Rewrite(token)) Remember(token);
    }
    return std::move(text_);
  }

 private:
  void Remember(const Token& token) {
    type_follows_ = token.Is("AS") || (token.IsSymbol(':') && before_.IsSymbol(':'));
    before_ = token;
  }

  bool Rewrite(const Token& token) {
    if (token.IsSymbol('#')) return NamePath(token);
    if (token.IsSymbol('?')) return NameKeyTest(token);
    if (token.kind != TokenKind::kWord) return false;
    if (type_follows_ && (token.Is("PG_CATALOG") || token.Is("INFORMATION_SCHEMA"))) return DropSchema(token);
    if (type_follows_ && before_.IsSymbol(':') && token.Is("OID")) {
      text_.replace(token.offset_bytes, kOidHere.size(), kOidHere);
      return false;
    }
    if (token.Is("OPERATOR")) return NameOperator(token);
    if (token.Is("GENERATED") && DefinesTable()) return MarkIdentity(token);
    if (token.Is("STORED") && DefinesTable() && before_.IsSymbol(')')) return Blank(token.offset_bytes, End(token));
    if (token.Is("FOR") && (first_.Is("SELECT") || first_.Is("WITH"))) return DropLocking(token);
    return false;
  }

  static std::size_t End(const Token& token) { return token.offset_bytes + token.text.size(); }
  bool DefinesTable() const { return first_.Is("CREATE") || first_.Is("ALTER"); }

  bool Blank(std::size_t from, std::size_t to) {
    std::fill(text_.begin() + static_cast<std::ptrdiff_t>(from), text_.begin() + static_cast<std::ptrdiff_t>(to), ' ');
    return true;
  }

  /// #>, #>> and #-, whose first character DuckDB has in no operator, as ~>, ~>> and ~-.
  bool NamePath(const Token& token) {
    const std::string_view two = std::string_view(text_).substr(token.offset_bytes, 2);
    if (two == "#>" || two == "#-") text_[token.offset_bytes] = '~';
    return false;
  }

  /// json ? key, ?| and ?& as @, @| and @&: DuckDB's parser makes a parameter of every question mark. One that stands
  /// behind a value is none.
  bool NameKeyTest(const Token& token) {
    const bool follows_value = before_.kind == TokenKind::kString || before_.kind == TokenKind::kQuotedIdentifier ||
                               before_.kind == TokenKind::kParameter || before_.IsSymbol(')') ||
                               before_.IsSymbol(']') ||
                               (before_.kind == TokenKind::kWord && !BeginsExpression(before_));
    if (follows_value) text_[token.offset_bytes] = '@';
    return false;
  }

  /// A key word behind which a value begins, so that the word is none itself.
  static bool BeginsExpression(const Token& word) {
    constexpr std::array kWords = {"ALL",    "AND",      "ANY",    "AS",     "BETWEEN", "BY",    "CASE",    "DISTINCT",
                                   "ELSE",   "END",      "EXCEPT", "FETCH",  "FIRST",   "FROM",  "HAVING",  "ILIKE",
                                   "IN",     "INTERVAL", "INTO",   "IS",     "LIKE",    "LIMIT", "NEXT",    "NOT",
                                   "OFFSET", "ON",       "OR",     "ROWS",   "SELECT",  "SET",   "SIMILAR", "THEN",
                                   "TO",     "UNION",    "USING",  "VALUES", "WHEN",    "WHERE", "EXECUTE", "RETURNING",
                                   "CALL",   "RANGE",    "SAMPLE", "QUALIFY"};
    return std::any_of(kWords.begin(), kWords.end(), [&](const char* each) { return word.Is(each); });
  }

  bool DropSchema(const Token& token) {
    Lexer ahead = lexer_;
    const Token dot = ahead.Next();
    if (!dot.IsSymbol('.')) return false;
    lexer_ = ahead;
    return Blank(token.offset_bytes, End(dot));  // the type still follows
  }

  bool NameOperator(const Token& token) {
    Lexer ahead = lexer_;
    if (!ahead.Next().IsSymbol('(') || !ahead.Next().Is("PG_CATALOG") || !ahead.Next().IsSymbol('.')) return false;
    Token end = ahead.Next();
    const std::size_t operator_at = end.offset_bytes;
    while (end.kind == TokenKind::kSymbol && !end.IsSymbol(')')) end = ahead.Next();
    if (!end.IsSymbol(')')) return false;
    Blank(token.offset_bytes, operator_at);
    return Blank(end.offset_bytes, End(end));
  }

  /// GENERATED {ALWAYS | BY DEFAULT} AS IDENTITY [(options)]
  bool MarkIdentity(const Token& token) {
    Lexer ahead = lexer_;
    const Token how = ahead.Next();
    if (!how.Is("ALWAYS") && !(how.Is("BY") && ahead.Next().Is("DEFAULT"))) return false;
    const Token as = ahead.Next();
    const Token identity = ahead.Next();
    if (!as.Is("AS") || !identity.Is("IDENTITY")) return false;
    std::size_t end = End(identity);
    lexer_ = ahead;
    if (ahead.Next().IsSymbol('(')) {
      Token last;
      do last = ahead.Next();
      while (last.kind != TokenKind::kEnd && !last.IsSymbol(')'));
      end = std::min(End(last), text_.size());
      lexer_ = ahead;
    }
    Blank(token.offset_bytes, end);
    const std::string mark = "DEFAULT '" + std::string(kIdentityMark) + "'";  // shorter than the shortest it replaces
    text_.replace(token.offset_bytes, mark.size(), mark);
    return true;
  }

  /// FOR {UPDATE | NO KEY UPDATE | SHARE | KEY SHARE} [OF names] [NOWAIT | SKIP LOCKED]
  bool DropLocking(const Token& token) {
    Lexer ahead = lexer_;
    Token word = ahead.Next();
    if (word.Is("NO")) word = ahead.Next();
    if (word.Is("KEY")) word = ahead.Next();
    if (!word.Is("UPDATE") && !word.Is("SHARE")) return false;
    Lexer end = ahead;
    Token next = ahead.Next();
    if (next.Is("OF")) {
      do {
        ahead.Next();
        end = ahead;
        next = ahead.Next();
      } while (next.IsSymbol(','));
    }
    if (next.Is("NOWAIT")) {
      end = ahead;
      next = ahead.Next();
    } else if (next.Is("SKIP")) {
      ahead.Next();
      end = ahead;
      next = ahead.Next();
    }
    const bool closes = next.kind == TokenKind::kEnd || next.kind == TokenKind::kSemicolon || next.IsSymbol(')') ||
                        next.Is("FOR") || next.Is("LIMIT") || next.Is("OFFSET");
    if (!closes) return false;
    lexer_ = end;
    return Blank(token.offset_bytes, next.kind == TokenKind::kEnd ? text_.size() : next.offset_bytes);
  }

  std::string text_;
  Lexer lexer_;
  Token first_;
  Token before_;
  bool type_follows_ = false;
};

}  // namespace

std::string ReadableByDuckDb(std::string_view sql) { return Rewriter(sql).Run(); }

std::string CreateOfSelectInto(std::string sql) {
  Lexer lexer(sql);
  Token token = lexer.Next();
  if (!token.Is("SELECT") && !token.Is("WITH")) return sql;
  int depth = 0;
  for (; token.kind != TokenKind::kEnd; token = lexer.Next()) {
    depth += token.IsSymbol('(') ? 1 : token.IsSymbol(')') ? -1 : 0;
    if (depth == 0 && token.Is("FROM")) return sql;
    if (depth == 0 && token.Is("INTO")) break;
  }
  if (token.kind == TokenKind::kEnd) return sql;
  const std::size_t into = token.offset_bytes;
  token = lexer.Next();
  const bool temporary = token.Is("TEMP") || token.Is("TEMPORARY");
  if (temporary || token.Is("UNLOGGED")) token = lexer.Next();
  if (token.Is("TABLE")) token = lexer.Next();
  const std::size_t name = token.offset_bytes;
  std::size_t end = name + token.text.size();
  for (Lexer ahead = lexer; ahead.Next().IsSymbol('.'); ahead = lexer) {
    lexer = ahead;
    token = lexer.Next();
    end = token.offset_bytes + token.text.size();
  }
  return std::string("CREATE ") + (temporary ? "TEMPORARY " : "") + "TABLE " + sql.substr(name, end - name) + " AS " +
         sql.substr(0, into) + sql.substr(end);
}

namespace {

std::vector<std::string> Alone(std::string sql) {
  std::vector<std::string> alone;
  alone.push_back(std::move(sql));
  return alone;
}

}  // namespace

std::vector<std::string> OneDropEach(std::string sql) {
  Lexer lexer(sql);
  if (!lexer.Next().Is("DROP")) return Alone(std::move(sql));
  Token token = lexer.Next();
  if (token.Is("MATERIALIZED") || token.Is("FOREIGN")) token = lexer.Next();
  constexpr std::array kKinds = {"TABLE", "VIEW", "SCHEMA", "INDEX", "SEQUENCE", "TYPE"};
  if (std::none_of(kKinds.begin(), kKinds.end(), [&](const char* kind) { return token.Is(kind); }))
    return Alone(std::move(sql));
  token = lexer.Next();
  if (token.Is("IF") && lexer.Next().Is("EXISTS")) token = lexer.Next();
  const std::string head = sql.substr(0, token.offset_bytes);
  std::vector<std::string> names;
  std::size_t from = token.offset_bytes;
  std::size_t end = from;
  for (; token.kind != TokenKind::kEnd && token.kind != TokenKind::kSemicolon; token = lexer.Next()) {
    if (token.Is("CASCADE") || token.Is("RESTRICT")) break;
    if (token.IsSymbol(',')) {
      names.push_back(sql.substr(from, end - from));
      from = token.offset_bytes + 1;
    }
    end = token.offset_bytes + token.text.size();
  }
  if (names.empty()) return Alone(std::move(sql));
  if (from >= end) return Alone(std::move(sql));  // "DROP TABLE a,": the parser will say it
  names.push_back(sql.substr(from, end - from));
  const std::string tail = token.Is("CASCADE") || token.Is("RESTRICT") ? " " + std::string(token.text) : "";
  for (std::string& name : names) name = head + name + tail;
  return names;
}

}  // namespace tavana::duckdb_engine
