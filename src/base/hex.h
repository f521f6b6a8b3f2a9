#pragma once

#include <string>
#include <string_view>

namespace tavana {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Two digits a byte.
inline std::string HexOf(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    text.push_back(kHexDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kHexDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

/// The 36 characters of a UUID (RFC 9562, 4) of 16 bytes; where they end.
inline char* PutUuid(char* to, const char* sixteen_bytes) {
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    const auto byte = static_cast<unsigned char>(sixteen_bytes[i]);
    *to++ = kHexDigits[byte >> 4];
    *to++ = kHexDigits[byte & 15];
  }
  return to;
}

}  // namespace tavana
