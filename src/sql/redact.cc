#include "sql/redact.h"

#include <array>

#include "sql/lexer.h"

namespace tavana::sql {
namespace {

constexpr std::array<std::string_view, 10> kTelling = {"secret",     "password",         "passwd", "token",
                                                       "credential", "access_key",       "key_id", "account_key",
                                                       "api_key",    "connection_string"};

}  // namespace

std::string ShownStatement(std::string_view statement) {
  const std::string lower = LowerCase(statement);
  for (const std::string_view word : kTelling) {
    if (lower.find(word) != std::string::npos) return "<hidden: the statement may hold a secret>";
  }
  if (statement.size() <= kShownBytes) return std::string(statement);
  std::size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(statement[end]) & 0xC0U) == 0x80U) --end;  // no half of a character
  return std::string(statement.substr(0, end));
}

}  // namespace tavana::sql
