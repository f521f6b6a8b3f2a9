#include "sql/lexer.h"

#include <algorithm>

namespace tavana::sql {
namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
// Every byte of a character outside of ASCII may be part of a name.
bool StartsWord(char c) {
  return (Lower(c) >= 'a' && Lower(c) <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool ContinuesTag(char c) { return StartsWord(c) || IsDigit(c); }
bool ContinuesWord(char c) { return ContinuesTag(c) || c == '$'; }

/// What stands between the quotes, with each pair of `quote` made one.
std::string WithoutDoubling(std::string_view body, char quote) {
  std::string value;
  for (std::size_t i = 0; i < body.size(); ++i) {
    value += body[i];
    if (body[i] == quote) ++i;
  }
  return value;
}

std::string WithoutEscapes(std::string_view body) {
  std::string value;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\\' && i + 1 < body.size()) {
      switch (const char escaped = body[++i]) {
        case 'b': value += '\b'; break;
        case 'f': value += '\f'; break;
        case 'n': value += '\n'; break;
        case 'r': value += '\r'; break;
        case 't': value += '\t'; break;
        default: value += escaped;
      }
    } else if (body[i] == '\'' && i + 1 < body.size() && body[i + 1] != '\'') {
      i = std::min(body.find('\'', i + 1), body.size());  // a string that goes on in the next line
    } else {
      value += body[i];
      if (body[i] == '\'') ++i;
    }
  }
  return value;
}

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), Lower);
  return lowered;
}

bool Token::Is(std::string_view upper_case_word) const {
  return kind == TokenKind::kWord && text.size() == upper_case_word.size() &&
         std::equal(text.begin(), text.end(), upper_case_word.begin(),
                    [](char a, char b) { return Lower(a) == Lower(b); });
}

std::string Token::Unquoted() const {
  if (kind != TokenKind::kString && kind != TokenKind::kQuotedIdentifier) return std::string(text);
  const char first = text.front();
  if (first == '$') {
    const std::size_t tag_bytes = text.find('$', 1) + 1;
    return std::string(text.substr(tag_bytes, text.size() - 2 * tag_bytes));
  }
  if (Lower(first) == 'e') return WithoutEscapes(text.substr(2, text.size() - 3));
  return WithoutDoubling(text.substr(1, text.size() - 2), first);
}

std::string Token::AsName() const { return kind == TokenKind::kWord ? LowerCase(text) : Unquoted(); }

Token Lexer::Next() {
  const bool terminated = SkipBlanksAndComments();
  const std::size_t start = at_;
  if (!terminated) at_ = text_.size();
  TokenKind kind = TokenKind::kEnd;
  if (!terminated) {
    kind = TokenKind::kUnterminated;
  } else if (at_ < text_.size()) {
    kind = Scan();
  }
  return {.kind = kind, .text = text_.substr(start, at_ - start), .offset_bytes = start};
}

bool Lexer::SkipBlanksAndComments() {
  for (;;) {
    if (at_ < text_.size() && IsBlank(text_[at_])) {
      ++at_;
    } else if (At(at_) == '-' && At(at_ + 1) == '-') {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    } else if (At(at_) == '/' && At(at_ + 1) == '*') {
      if (!SkipNestedComment()) return false;
    } else {
      return true;
    }
  }
}

bool Lexer::SkipNestedComment() {
  std::size_t depth = 0;
  for (std::size_t i = at_; i + 1 < text_.size();) {
    if (text_[i] == '/' && text_[i + 1] == '*') {
      ++depth;
      i += 2;
    } else if (text_[i] == '*' && text_[i + 1] == '/') {
      i += 2;
      if (--depth == 0) {
        at_ = i;
        return true;
      }
    } else {
      ++i;
    }
  }
  return false;
}

TokenKind Lexer::Scan() {
  const char c = text_[at_];
  if (c == ';') return ++at_, TokenKind::kSemicolon;
  if (c == '\'') return ScanQuoted('\'', TokenKind::kString);
  if (c == '"') return ScanQuoted('"', TokenKind::kQuotedIdentifier);
  if (c == '$') return ScanDollar();
  if (Lower(c) == 'e' && At(at_ + 1) == '\'') return ScanEscapeString();
  if (IsDigit(c) || (c == '.' && IsDigit(At(at_ + 1)))) return ScanNumber();
  if (StartsWord(c)) return ScanWord();
  return ++at_, TokenKind::kSymbol;
}

TokenKind Lexer::ScanQuoted(char quote, TokenKind kind) {
  for (++at_;;) {
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) return at_ = text_.size(), TokenKind::kUnterminated;
    at_ = end + 1;
    if (At(at_) != quote) return kind;
    ++at_;
  }
}

TokenKind Lexer::ScanEscapeString() {
  for (at_ += 2;;) {
    const std::size_t end = text_.find_first_of("'\\", at_);
    if (end == std::string_view::npos) return at_ = text_.size(), TokenKind::kUnterminated;
    at_ = end + 1;
    if (text_[end] == '\\') {
      if (at_ < text_.size()) ++at_;
    } else if (At(at_) == '\'') {
      ++at_;
    } else {
      // A quote on a later line goes on with the string, escapes and all (PostgreSQL 15 documentation, 4.1.2.1).
      std::size_t next = at_;
      while (next < text_.size() && IsBlank(text_[next])) ++next;
      const bool has_line_end = text_.substr(at_, next - at_).find_first_of("\r\n") != std::string_view::npos;
      if (!has_line_end || At(next) != '\'') return TokenKind::kString;
      at_ = next + 1;
    }
  }
}

TokenKind Lexer::ScanDollar() {
  std::size_t end = at_ + 1;
  while (end < text_.size() && ContinuesTag(text_[end])) ++end;
  if (At(end) == '$' && !IsDigit(At(at_ + 1))) {
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    const std::size_t close = text_.find(tag, end + 1);
    if (close == std::string_view::npos) return at_ = text_.size(), TokenKind::kUnterminated;
    return at_ = close + tag.size(), TokenKind::kString;
  }
  if (end == at_ + 1) return ++at_, TokenKind::kSymbol;
  if (IsDigit(At(at_ + 1))) {
    for (end = at_ + 1; IsDigit(At(end));) ++end;
  }
  return at_ = end, TokenKind::kParameter;
}

TokenKind Lexer::ScanNumber() {
  const auto skip_digits = [this] {
    while (IsDigit(At(at_)) || At(at_) == '_') ++at_;
  };
  skip_digits();
  if (At(at_) == '.') {
    ++at_;
    skip_digits();
  }
  if (Lower(At(at_)) == 'e') {
    const std::size_t sign_bytes = At(at_ + 1) == '+' || At(at_ + 1) == '-' ? 1 : 0;
    if (IsDigit(At(at_ + 1 + sign_bytes))) {
      at_ += 1 + sign_bytes;
      skip_digits();
    }
  }
  return TokenKind::kNumber;
}

TokenKind Lexer::ScanWord() {
  while (at_ < text_.size() && ContinuesWord(text_[at_])) ++at_;
  return TokenKind::kWord;
}

}  // namespace tavana::sql
