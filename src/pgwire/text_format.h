#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

/// PostgreSQL's output text of scalar values, written at a pointer; each function gives the byte after what it wrote.
/// Inline because they run once a cell. Nothing here writes more than kMaxFixedTextBytes.
namespace tavana::pgwire {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

/// Longest is a decimal of 76 digits with a scale of -76 (zeros appended); an interval needs 80.
inline constexpr std::size_t kMaxFixedTextBytes = 160;

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

namespace internal {

constexpr auto kTwoDigits = [] {
  std::array<char, 200> table{};
  for (int i = 0; i < 100; ++i) {
    table[2 * i] = static_cast<char>('0' + i / 10);
    table[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return table;
}();

constexpr auto kPowersOfTen = [] {
  std::array<std::uint64_t, 20> table{};
  std::uint64_t power = 1;
  for (auto& entry : table) {
    entry = power;
    power *= 10;
  }
  return table;
}();

}  // namespace internal

/// `value` is not 0.
inline int DigitCount(std::uint64_t value) {
  // bits * log10(2), corrected by one comparison; at 2^64 - 1 the guess is 19, so the table has the power.
  const int guess = ((64 - __builtin_clzll(value)) * 1233) >> 12;
  return guess + (value >= internal::kPowersOfTen[guess] ? 1 : 0);
}

inline char* PutTwoDigits(char* to, unsigned value) {
  std::memcpy(to, &internal::kTwoDigits[2 * value], 2);
  return to + 2;
}

/// The low `width` digits of `value`, zero padded.
inline char* PutPadded(char* to, std::uint64_t value, int width) {
  char* at = to + width;
  while (at - to >= 2) {
    at -= 2;
    std::memcpy(at, &internal::kTwoDigits[2 * (value % 100)], 2);
    value /= 100;
  }
  if (at != to) *to = static_cast<char>('0' + value % 10);
  return to + width;
}

inline char* PutUnsigned(char* to, std::uint64_t value) {
  if (value < 10) {
    *to = static_cast<char>('0' + value);
    return to + 1;
  }
  return PutPadded(to, value, DigitCount(value));
}

inline std::uint64_t Magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

inline char* PutSigned(char* to, std::int64_t value) {
  if (value < 0) *to++ = '-';
  return PutUnsigned(to, Magnitude(value));
}

inline char* PutUnsigned128(char* to, UInt128 value) {
  constexpr std::uint64_t kTenTo19 = internal::kPowersOfTen[19];
  if (value < kTenTo19) return PutUnsigned(to, static_cast<std::uint64_t>(value));
  to = PutUnsigned128(to, value / kTenTo19);
  return PutPadded(to, static_cast<std::uint64_t>(value % kTenTo19), 19);
}

inline char* PutSigned128(char* to, Int128 value) {
  if (value >= 0) return PutUnsigned128(to, static_cast<UInt128>(value));
  *to++ = '-';
  return PutUnsigned128(to, UInt128{0} - static_cast<UInt128>(value));
}

/// `digits` with the point `scale` digits from the right. A negative scale appends zeros.
char* PutPointed(char* to, std::string_view digits, std::int32_t scale);

inline char* PutDecimal64(char* to, std::int64_t value, std::int32_t scale) {
  if (value < 0) *to++ = '-';
  const std::uint64_t magnitude = Magnitude(value);
  if (scale == 0) return PutUnsigned(to, magnitude);
  if (scale == 2) {  // money: by far the most common, and a constant divisor is a multiplication
    to = PutUnsigned(to, magnitude / 100);
    *to = '.';
    return PutTwoDigits(to + 1, static_cast<unsigned>(magnitude % 100));
  }
  if (scale < 0 || scale > 19) {
    char digits[24];
    return PutPointed(to, {digits, static_cast<std::size_t>(PutUnsigned(digits, magnitude) - digits)}, scale);
  }
  const std::uint64_t power = internal::kPowersOfTen[scale];
  to = PutUnsigned(to, magnitude / power);
  *to++ = '.';
  return PutPadded(to, magnitude % power, scale);
}

inline char* PutDecimal128(char* to, Int128 value, std::int32_t scale) {
  if (value == static_cast<std::int64_t>(value)) return PutDecimal64(to, static_cast<std::int64_t>(value), scale);
  UInt128 magnitude = static_cast<UInt128>(value);
  if (value < 0) {
    *to++ = '-';
    magnitude = UInt128{0} - magnitude;
  }
  char digits[48];
  return PutPointed(to, {digits, static_cast<std::size_t>(PutUnsigned128(digits, magnitude) - digits)}, scale);
}

char* PutDouble(char* to, double value);
char* PutFloat(char* to, float value);

struct CivilDate {
  std::int64_t year;  ///< astronomical: 0 is 1 BC
  unsigned month, day;
};

/// Proleptic Gregorian (the algorithm of eras of 400 years that begin in March).
inline CivilDate CivilOf(std::int64_t days_since_1970) {
  const std::int64_t days = days_since_1970 + 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

/// YYYY-MM-DD without the era; PutEra ends what began with it.
inline char* PutCivil(char* to, const CivilDate& date) {
  const auto year = static_cast<std::uint64_t>(date.year > 0 ? date.year : 1 - date.year);
  if (year < 10000) {
    to = PutTwoDigits(to, static_cast<unsigned>(year / 100));
    to = PutTwoDigits(to, static_cast<unsigned>(year % 100));
  } else {
    to = PutUnsigned(to, year);
  }
  *to = '-';
  to = PutTwoDigits(to + 1, date.month);
  *to = '-';
  return PutTwoDigits(to + 1, date.day);
}

inline char* PutEra(char* to, const CivilDate& date) {
  if (date.year > 0) return to;
  std::memcpy(to, " BC", 3);
  return to + 3;
}

inline char* PutDate(char* to, std::int64_t days_since_1970) {
  const CivilDate date = CivilOf(days_since_1970);
  return PutEra(PutCivil(to, date), date);
}

/// ".ffffff" without trailing zeros; nothing for 0.
inline char* PutFraction(char* to, unsigned micros) {
  if (micros == 0) return to;
  *to = '.';
  char* end = PutPadded(to + 1, micros, 6);
  while (end[-1] == '0') --end;
  return end;
}

/// HH:MM:SS[.ffffff]; `micros` from 0 to 24:00:00 inclusive.
inline char* PutTime(char* to, std::int64_t micros) {
  const auto seconds = static_cast<unsigned>(micros / kMicrosPerSecond);
  to = PutTwoDigits(to, seconds / 3600 % 100);
  *to = ':';
  to = PutTwoDigits(to + 1, seconds / 60 % 60);
  *to = ':';
  to = PutTwoDigits(to + 1, seconds % 60);
  return PutFraction(to, static_cast<unsigned>(micros % kMicrosPerSecond));
}

/// +HH[:MM[:SS]], east of Greenwich positive.
inline char* PutOffset(char* to, std::int32_t offset_seconds) {
  *to++ = offset_seconds < 0 ? '-' : '+';
  const auto seconds = static_cast<unsigned>(offset_seconds < 0 ? -offset_seconds : offset_seconds);
  to = PutTwoDigits(to, seconds / 3600 % 100);
  if (seconds % 3600 == 0) return to;
  *to = ':';
  to = PutTwoDigits(to + 1, seconds / 60 % 60);
  if (seconds % 60 == 0) return to;
  *to = ':';
  return PutTwoDigits(to + 1, seconds % 60);
}

/// `offset_seconds` is null for a timestamp without time zone.
inline char* PutTimestamp(char* to, std::int64_t micros_since_1970, const std::int32_t* offset_seconds) {
  std::int64_t days = micros_since_1970 / kMicrosPerDay;
  std::int64_t micros = micros_since_1970 % kMicrosPerDay;
  if (offset_seconds != nullptr) micros += *offset_seconds * kMicrosPerSecond;
  while (micros < 0) micros += kMicrosPerDay, --days;
  while (micros >= kMicrosPerDay) micros -= kMicrosPerDay, ++days;
  const CivilDate date = CivilOf(days);
  to = PutCivil(to, date);
  *to = ' ';
  to = PutTime(to + 1, micros);
  if (offset_seconds != nullptr) to = PutOffset(to, *offset_seconds);
  return PutEra(to, date);
}

/// IntervalStyle "postgres" (EncodeInterval of PostgreSQL's datetime.c describes the signs).
char* PutInterval(char* to, std::int32_t months, std::int32_t days, std::int64_t micros);

}  // namespace tavana::pgwire
