#include "pgwire/text_format.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace tavana::pgwire {
namespace {

char* PutText(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* PutRepeated(char* to, char byte, int count) {
  if (count <= 0) return to;
  std::memset(to, byte, static_cast<std::size_t>(count));
  return to + count;
}

/// True when `digits` lie exactly between `value` and a neighbour: they read back as `value` only because ties go to
/// the even one. PostgreSQL does not count those as shortest (float_shortest in its Ryu: bounds are not accepted) and
/// writes one digit more. Only integers beyond the mantissa can be so; there a long double holds the point between
/// exactly.
template <typename Float>
bool IsHalfway(const char* digits, const char* end, Float value) {
  constexpr Float kFirst = std::numeric_limits<Float>::digits == 24 ? Float{1 << 22} : Float{std::int64_t{1} << 51};
  if (value < kFirst || value > std::numeric_limits<Float>::max() / 2) return false;
  const std::string text(digits, end);
  const long double read = std::strtold(text.c_str(), nullptr);
  const auto between = [&](Float neighbour) {
    return (static_cast<long double>(value) + static_cast<long double>(neighbour)) / 2;
  };
  return read == between(std::nextafter(value, Float{0})) ||
         read == between(std::nextafter(value, std::numeric_limits<Float>::infinity()));
}

/// Shortest digits that read back the same, in PostgreSQL's shape: an exponent below -4 or from `exponent_from` on.
template <typename Float>
char* PutShortest(char* to, Float value, int exponent_from) {
  if (std::isnan(value)) return PutText(to, "NaN");
  if (std::isinf(value)) return PutText(to, value < 0 ? "-Infinity" : "Infinity");
  if (std::signbit(value)) *to++ = '-';
  value = std::fabs(value);
  if (value == 0) return PutText(to, "0");
  // d[.ddd]e[+-]xx: the mantissa's digits and the exponent, from which the shape is made.
  char scientific[32];
  char* end = std::to_chars(scientific, scientific + sizeof scientific, value, std::chars_format::scientific).ptr;
  const char* mark = end - 1;
  while (*mark != 'e') --mark;
  while (IsHalfway(scientific, end, value)) {
    const int decimals = std::max(1, static_cast<int>(mark - scientific) - 1);  // one more than there are
    end = std::to_chars(scientific, scientific + sizeof scientific, value, std::chars_format::scientific, decimals).ptr;
    mark = end - 1;
    while (*mark != 'e') --mark;
  }
  int exponent = 0;
  for (const char* digit = mark + 2; digit != end; ++digit) exponent = exponent * 10 + (*digit - '0');
  if (mark[1] == '-') exponent = -exponent;
  if (exponent < -4 || exponent >= exponent_from) {
    return PutText(to, {scientific, static_cast<std::size_t>(end - scientific)});
  }
  char digits[24];
  int count = 0;
  digits[count++] = scientific[0];
  for (const char* digit = scientific + 2; digit < mark; ++digit) digits[count++] = *digit;
  if (exponent < 0) {
    to = PutText(to, "0.");
    to = PutRepeated(to, '0', -exponent - 1);
    return PutText(to, {digits, static_cast<std::size_t>(count)});
  }
  const int whole = exponent + 1;
  if (count <= whole) {
    to = PutText(to, {digits, static_cast<std::size_t>(count)});
    return PutRepeated(to, '0', whole - count);
  }
  to = PutText(to, {digits, static_cast<std::size_t>(whole)});
  *to++ = '.';
  return PutText(to, {digits + whole, static_cast<std::size_t>(count - whole)});
}

/// Writes the parts of an interval and keeps what EncodeInterval keeps between them.
class IntervalText {
 public:
  explicit IntervalText(char* to) : to_(to) {}

  void Part(std::int64_t value, std::string_view unit) {
    if (value == 0) return;
    if (!empty_) *to_++ = ' ';
    if (negative_ && value > 0) *to_++ = '+';
    to_ = PutSigned(to_, value);
    *to_++ = ' ';
    to_ = PutText(to_, unit);
    if (value != 1) *to_++ = 's';
    negative_ = value < 0;
    empty_ = false;
  }

  char* Time(std::int64_t micros) {
    if (micros == 0 && !empty_) return to_;
    if (!empty_) *to_++ = ' ';
    if (micros < 0) {
      *to_++ = '-';
    } else if (negative_) {
      *to_++ = '+';
    }
    const std::uint64_t magnitude = Magnitude(micros);
    const std::uint64_t seconds = magnitude / kMicrosPerSecond;
    const std::uint64_t hours = seconds / 3600;
    to_ = hours < 100 ? PutTwoDigits(to_, static_cast<unsigned>(hours)) : PutUnsigned(to_, hours);
    *to_ = ':';
    to_ = PutTwoDigits(to_ + 1, static_cast<unsigned>(seconds / 60 % 60));
    *to_ = ':';
    to_ = PutTwoDigits(to_ + 1, static_cast<unsigned>(seconds % 60));
    return PutFraction(to_, static_cast<unsigned>(magnitude % kMicrosPerSecond));
  }

 private:
  char* to_;
  bool empty_ = true;
  bool negative_ = false;
};

}  // namespace

char* PutPointed(char* to, std::string_view digits, std::int32_t scale) {
  if (scale <= 0) return PutRepeated(PutText(to, digits), '0', -scale);
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) {
    to = PutText(to, "0.");
    to = PutRepeated(to, '0', static_cast<int>(places - digits.size()));
    return PutText(to, digits);
  }
  to = PutText(to, digits.substr(0, digits.size() - places));
  *to++ = '.';
  return PutText(to, digits.substr(digits.size() - places));
}

char* PutDouble(char* to, double value) {
  // Whole numbers below 10^15 are exact and have no exponent; -0 is not one of them.
  if (std::fabs(value) < 1e15 && value != 0) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value) return PutSigned(to, whole);
  }
  return PutShortest(to, value, 15);
}

char* PutFloat(char* to, float value) { return PutShortest(to, value, 6); }

char* PutInterval(char* to, std::int32_t months, std::int32_t days, std::int64_t micros) {
  IntervalText text(to);
  text.Part(months / 12, "year");
  text.Part(months % 12, "mon");
  text.Part(days, "day");
  return text.Time(micros);
}

}  // namespace tavana::pgwire
