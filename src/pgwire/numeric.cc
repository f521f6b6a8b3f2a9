#include "pgwire/numeric.h"

#include <limits>

#include <algorithm>
#include <cstdint>

#include "pgwire/byte_order.h"
#include "pgwire/text_format.h"

namespace tavana::pgwire {
namespace {

constexpr int kDigitsPerGroup = 4;
constexpr std::uint16_t kPositive = 0x0000, kNegative = 0x4000, kNaN = 0xC000, kInfinity = 0xD000,
                        kNegativeInfinity = 0xF000;
// numeric.c: the display scale has 14 bits.
constexpr std::uint16_t kMaxDisplayScale = 0x3FFF;

void PutU16(ByteBuffer& out, std::uint16_t value) {
  PutBigEndian(out.Room(2), value);
  out.SetSize(out.size() + 2);
}

/// Four digits of `digits` from `at` on; beyond either end they are zeros.
std::uint16_t GroupAt(std::string_view digits, std::int64_t at) {
  std::uint16_t group = 0;
  for (std::int64_t i = at; i < at + kDigitsPerGroup; ++i) {
    const bool inside = i >= 0 && i < static_cast<std::int64_t>(digits.size());
    group = static_cast<std::uint16_t>(group * 10 + (inside ? digits[static_cast<std::size_t>(i)] - '0' : 0));
  }
  return group;
}

void AppendGroup(std::string& text, std::uint16_t group) {
  const char digits[4] = {static_cast<char>('0' + group / 1000), static_cast<char>('0' + group / 100 % 10),
                          static_cast<char>('0' + group / 10 % 10), static_cast<char>('0' + group % 10)};
  text.append(digits, 4);
}

}  // namespace

void AppendNumericBinary(std::string_view text, ByteBuffer& out) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();

  // Groups are counted from the point: `weight` is the power of 10000 of the first.
  const auto whole_groups = static_cast<std::int32_t>((whole.size() + kDigitsPerGroup - 1) / kDigitsPerGroup);
  const auto fraction_groups = static_cast<std::int32_t>((fraction.size() + kDigitsPerGroup - 1) / kDigitsPerGroup);
  const auto group = [&](std::int32_t index) {
    if (index < whole_groups) {
      return GroupAt(whole, static_cast<std::int64_t>(whole.size()) - (whole_groups - index) * kDigitsPerGroup);
    }
    return GroupAt(fraction, std::int64_t{index - whole_groups} * kDigitsPerGroup);
  };
  std::int32_t first = 0, last = whole_groups + fraction_groups;
  while (first < last && group(first) == 0) ++first;
  while (last > first && group(last - 1) == 0) --last;

  PutU16(out, static_cast<std::uint16_t>(last - first));
  PutU16(out, static_cast<std::uint16_t>(first == last ? 0 : whole_groups - 1 - first));
  PutU16(out, negative && first != last ? kNegative : kPositive);
  PutU16(out, static_cast<std::uint16_t>(fraction.size()));
  for (std::int32_t index = first; index < last; ++index) PutU16(out, group(index));
}

char* PutNumericBinary(char* to, std::int64_t value, std::int32_t scale) {
  const std::uint64_t magnitude = Magnitude(value);
  const std::int32_t fraction_groups = (scale + kDigitsPerGroup - 1) / kDigitsPerGroup;
  const std::uint64_t power = internal::kPowersOfTen[scale];
  std::uint64_t whole = magnitude / power;
  std::uint64_t fraction = magnitude % power * internal::kPowersOfTen[fraction_groups * kDigitsPerGroup - scale];

  // Least significant first, without the zeros at the end.
  std::uint16_t groups[10];
  std::int32_t count = 0;
  for (std::int32_t i = 0; i < fraction_groups; ++i, fraction /= 10000) {
    const auto group = static_cast<std::uint16_t>(fraction % 10000);
    if (count != 0 || group != 0) groups[count++] = group;
  }
  std::int32_t weight = -1;
  for (; whole != 0; whole /= 10000, ++weight) {
    const auto group = static_cast<std::uint16_t>(whole % 10000);
    if (count != 0 || group != 0) groups[count++] = group;
  }
  while (count != 0 && groups[count - 1] == 0) {
    --count;
    --weight;
  }
  to = PutBigEndian(to, static_cast<std::uint16_t>(count));
  to = PutBigEndian(to, static_cast<std::int16_t>(count == 0 ? 0 : weight));
  to = PutBigEndian(to, value < 0 ? kNegative : kPositive);
  to = PutBigEndian(to, static_cast<std::uint16_t>(scale));
  while (count != 0) to = PutBigEndian(to, groups[--count]);
  return to;
}

bool ReadNumericBinary(std::string_view binary, std::int32_t scale, std::int64_t& value) {
  if (binary.size() < 8) return false;
  const auto count = GetBigEndian<std::uint16_t>(binary.data());
  const std::int32_t weight = GetBigEndian<std::int16_t>(binary.data() + 2);
  const auto sign = GetBigEndian<std::uint16_t>(binary.data() + 4);
  const auto display_scale = GetBigEndian<std::uint16_t>(binary.data() + 6);
  if (binary.size() != 8 + count * std::size_t{2} || display_scale > kMaxDisplayScale) return false;
  if (sign != kPositive && sign != kNegative) return false;
  std::uint64_t magnitude = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto group = GetBigEndian<std::uint16_t>(binary.data() + 8 + 2 * i);
    if (group > 9999 || __builtin_mul_overflow(magnitude, std::uint64_t{10000}, &magnitude) ||
        __builtin_add_overflow(magnitude, group, &magnitude)) {
      return false;
    }
  }
  const std::int32_t exponent = magnitude == 0 ? 0 : kDigitsPerGroup * (weight - (count - 1));
  const auto is_multiple = [&](std::int32_t digits) {
    return digits <= 0 || (digits < 20 && magnitude % internal::kPowersOfTen[static_cast<std::size_t>(digits)] == 0);
  };
  if (!is_multiple(-exponent - display_scale)) return false;  // digits that the scale cuts off
  const std::int32_t shift = exponent + scale;
  if (shift < 0) {
    if (!is_multiple(-shift)) return false;
    magnitude /= internal::kPowersOfTen[static_cast<std::size_t>(-shift)];
  } else if (shift > 19 ||
             __builtin_mul_overflow(magnitude, internal::kPowersOfTen[static_cast<std::size_t>(shift)], &magnitude)) {
    return false;
  }
  if (magnitude > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
  value = sign == kNegative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  return true;
}

std::optional<std::string> NumericText(std::string_view binary) {
  if (binary.size() < 8) return std::nullopt;
  const auto count = GetBigEndian<std::uint16_t>(binary.data());
  const std::int32_t weight = GetBigEndian<std::int16_t>(binary.data() + 2);
  const auto sign = GetBigEndian<std::uint16_t>(binary.data() + 4);
  const auto scale = GetBigEndian<std::uint16_t>(binary.data() + 6);
  if (binary.size() != 8 + count * std::size_t{2} || scale > kMaxDisplayScale) return std::nullopt;
  if (sign == kNaN) return "NaN";
  if (sign == kInfinity) return "Infinity";
  if (sign == kNegativeInfinity) return "-Infinity";
  if (sign != kPositive && sign != kNegative) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    if (GetBigEndian<std::uint16_t>(binary.data() + 8 + 2 * i) > 9999) return std::nullopt;
  }
  const auto group = [&](std::int32_t index) -> std::uint16_t {
    return index >= 0 && index < count ? GetBigEndian<std::uint16_t>(binary.data() + 8 + 2 * index) : 0;
  };

  std::string text;
  for (std::int32_t index = 0; index <= weight; ++index) AppendGroup(text, group(index));
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  if (text.empty()) text.push_back('0');
  if (sign == kNegative) text.insert(text.begin(), '-');
  if (scale == 0) return text;
  text += '.';
  const std::size_t fraction_at = text.size();
  for (std::int32_t index = weight + 1; text.size() - fraction_at < scale; ++index) AppendGroup(text, group(index));
  text.resize(fraction_at + scale);
  return text;
}

}  // namespace tavana::pgwire
