#include "pgwire/value_text.h"

namespace tavana::pgwire {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\v\f";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

std::optional<bool> ParseBool(std::string_view text) {
  text = Trimmed(text);
  if (text.empty()) return std::nullopt;
  const auto is_prefix_of = [&](std::string_view word, std::size_t least) {
    return text.size() >= least && text.size() <= word.size() && EqualsIgnoringCase(text, word.substr(0, text.size()));
  };
  if (is_prefix_of("true", 1) || is_prefix_of("yes", 1) || is_prefix_of("on", 2) || text == "1") return true;
  if (is_prefix_of("false", 1) || is_prefix_of("no", 1) || is_prefix_of("off", 2) || text == "0") return false;
  return std::nullopt;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> ParseHex(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
      ++i;
      continue;
    }
    const int high = HexDigit(text[i]);
    if (high < 0) {
      return Error(ErrorCode::kInvalidParameter, "invalid hexadecimal digit: \"" + std::string(1, text[i]) + "\"");
    }
    if (i + 1 == text.size()) {
      return Error(ErrorCode::kInvalidParameter, "invalid hexadecimal data: odd number of digits");
    }
    const int low = HexDigit(text[i + 1]);
    if (low < 0) {
      return Error(ErrorCode::kInvalidParameter, "invalid hexadecimal digit: \"" + std::string(1, text[i + 1]) + "\"");
    }
    bytes.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return bytes;
}

std::optional<std::string> ParseEscaped(std::string_view text) {
  std::string bytes;
  const auto octal = [&](std::size_t at, char most) { return text[at] >= '0' && text[at] <= most; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes.push_back(text[i]);
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      bytes.push_back('\\');
      ++i;
    } else if (i + 3 < text.size() && octal(i + 1, '3') && octal(i + 2, '7') && octal(i + 3, '7')) {
      bytes.push_back(static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0')));
      i += 3;
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace tavana::pgwire
