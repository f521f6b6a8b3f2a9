#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tavana::sql {

enum class TokenKind : std::uint8_t {
  kEnd,               ///< after the last token, for ever
  kWord,              ///< a key word or an unquoted identifier
  kQuotedIdentifier,  ///< ".."
  kString,            ///< '..', E'..' or $tag$..$tag$
  kNumber,
  kParameter,  ///< $1, $name
  kSemicolon,
  kSymbol,        ///< any other single byte
  kUnterminated,  ///< a quote or a comment that the text's end cuts off
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  ///< with its quotes; part of the lexed text
  std::size_t offset_bytes = 0;

  /// A word (not quoted) that is `upper_case_word`, in any case.
  bool Is(std::string_view upper_case_word) const;
  bool IsSymbol(char symbol) const { return kind == TokenKind::kSymbol && text.front() == symbol; }
  /// The value of a quoted token; the text itself of any other.
  std::string Unquoted() const;
  /// As a name: lower-cased (ASCII) unless it was quoted.
  std::string AsName() const;
};

/// Cuts SQL text into tokens by PostgreSQL's rules, which DuckDB's parser shares; blanks and comments are skipped.
/// Never fails. A copy goes on from the same place on its own. Borrows the text.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Token Next();

 private:
  char At(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  /// Moves to the next token; false when a comment that does not end stands there.
  bool SkipBlanksAndComments();
  bool SkipNestedComment();
  /// Moves over a token and says what it was.
  TokenKind Scan();
  TokenKind ScanQuoted(char quote, TokenKind kind);
  TokenKind ScanEscapeString();
  TokenKind ScanDollar();
  TokenKind ScanNumber();
  TokenKind ScanWord();

  std::string_view text_;
  std::size_t at_ = 0;
};

/// `text` in ASCII lower case.
std::string LowerCase(std::string_view text);

}  // namespace tavana::sql
