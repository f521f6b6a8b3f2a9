#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

/// Internal to pgwire: how PostgreSQL reads the text of values.
namespace tavana::pgwire {

/// Without white space at both ends.
std::string_view Trimmed(std::string_view text);
bool EqualsIgnoringCase(std::string_view text, std::string_view lower);
/// -1 for anything that is no hexadecimal digit.
int HexDigit(char c);
/// The spellings of boolin: unique prefixes of true, false, yes, no, on, off; 1 and 0.
std::optional<bool> ParseBool(std::string_view text);
/// bytea's hex form after "\x"; pairs may be parted by white space.
Result<std::string> ParseHex(std::string_view text);
/// bytea's escape form: \\ and \ooo (octal up to 377); everything else stands for itself.
std::optional<std::string> ParseEscaped(std::string_view text);

}  // namespace tavana::pgwire
