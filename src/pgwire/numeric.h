#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pgwire/byte_buffer.h"

/// The binary form of numeric: groups of four decimal digits (numeric_send and numeric_recv of PostgreSQL's numeric.c).
namespace tavana::pgwire {

/// Appends the binary form of plain decimal text: [-]digits[.digits].
void AppendNumericBinary(std::string_view text, ByteBuffer& out);
/// Room that PutNumericBinary needs.
inline constexpr std::size_t kMaxNumeric64Bytes = 8 + 2 * 10;
/// Writes the binary form of value * 10^-scale, for a scale of 0 to 16, at `to`; the byte after it.
char* PutNumericBinary(char* to, std::int64_t value, std::int32_t scale);
/// The value times 10^`scale` (0 to 18) of a binary numeric; false when it is not whole, has no room, or is malformed.
bool ReadNumericBinary(std::string_view binary, std::int32_t scale, std::int64_t& value);
/// The exact text of a binary numeric ("NaN", "Infinity" and "-Infinity" too); nothing when malformed.
std::optional<std::string> NumericText(std::string_view binary);

}  // namespace tavana::pgwire
