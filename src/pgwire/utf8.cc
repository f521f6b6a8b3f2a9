#include "pgwire/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace tavana::pgwire {
namespace {

std::size_t AnnouncedBytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if ((lead & 0xE0) == 0xC0) return 2;
  if ((lead & 0xF0) == 0xE0) return 3;
  if ((lead & 0xF8) == 0xF0) return 4;
  return 1;
}

/// Bytes of the well-formed character at the start of `rest`; 0 when there is none (Unicode 15, table 3-7).
std::size_t CharacterBytes(std::string_view rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = AnnouncedBytes(lead);
  if (rest.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogate
  if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // above U+10FFFF
  return length;
}

Error InvalidSequence(std::string_view rest) {
  const std::size_t shown = std::min(rest.size(), AnnouncedBytes(static_cast<unsigned char>(rest[0])));
  std::string message = "invalid byte sequence for encoding \"UTF8\":";
  for (std::size_t i = 0; i < shown; ++i) {
    char hex[8];
    std::snprintf(hex, sizeof hex, " 0x%02x", static_cast<unsigned char>(rest[i]));
    message += hex;
  }
  return Error(ErrorCode::kInvalidEncoding, std::move(message));
}

/// True when the eight bytes are all 0x01..0x7F.
bool PlainAscii(const char* eight) {
  std::uint64_t word;
  std::memcpy(&word, eight, sizeof word);
  constexpr std::uint64_t kHighs = 0x8080808080808080, kOnes = 0x0101010101010101;
  return (word & kHighs) == 0 && ((word - kOnes) & ~word & kHighs) == 0;
}

}  // namespace

Status CheckUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (text.size() - at >= 8 && PlainAscii(text.data() + at)) {
      at += 8;
      continue;
    }
    const std::size_t length = CharacterBytes(text.substr(at));
    if (length == 0) return InvalidSequence(text.substr(at));
    at += length;
  }
  return Status::Ok();
}

std::string_view CutUtf8(std::string_view text, std::size_t limit_bytes) {
  if (text.size() <= limit_bytes) return text;
  std::size_t end = limit_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace tavana::pgwire
