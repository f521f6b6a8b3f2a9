#include "sql/statement.h"

#include <algorithm>

#include "sql/lexer.h"

namespace tavana::sql {
namespace {

std::string Quote(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted += quote;
}

}  // namespace

std::vector<StatementText> SplitStatements(std::string_view sql) {
  std::vector<StatementText> statements;
  Lexer lexer(sql);
  std::size_t open_parentheses = 0;
  std::optional<std::size_t> start_bytes;
  std::size_t end_bytes = 0;
  for (;;) {
    const Token token = lexer.Next();
    const bool separates = token.kind == TokenKind::kSemicolon && open_parentheses == 0;
    if (token.kind == TokenKind::kEnd || separates) {
      if (start_bytes) statements.push_back({sql.substr(*start_bytes, end_bytes - *start_bytes), *start_bytes});
      if (!separates) return statements;
      start_bytes.reset();
      continue;
    }
    if (token.IsSymbol('(')) ++open_parentheses;
    if (token.IsSymbol(')') && open_parentheses > 0) --open_parentheses;
    if (!start_bytes) start_bytes = token.offset_bytes;
    end_bytes = token.offset_bytes + token.text.size();
  }
}

std::string QuoteLiteral(std::string_view text) { return Quote(text, '\''); }

std::string QuoteIdentifier(std::string_view name) { return Quote(name, '"'); }

std::size_t CharactersBefore(std::string_view text, std::size_t byte_offset) {
  const std::string_view before = text.substr(0, byte_offset);
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(before.begin(), before.end(), begins_character));
}

}  // namespace tavana::sql
