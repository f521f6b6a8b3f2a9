#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Internal to pgwire: dates and times as ISO 8601 and PostgreSQL write them.
namespace tavana::pgwire {

enum class ParseOutcome : std::uint8_t { kOk, kMalformed, kFieldOverflow };

/// Days since 1970-01-01 of a proleptic Gregorian date; `year` is astronomical.
inline std::int64_t DaysFromCivil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

/// dddd-dd-dd that is a day, which nearly every date is; false for any other text.
inline bool ParsePlainDate(std::string_view text, std::int32_t& days) {
  if (text.size() != 10) return false;
  unsigned wrong = text[4] == '-' && text[7] == '-' ? 0 : 1;
  const auto digit = [&](std::size_t i) {
    const auto value = static_cast<unsigned>(static_cast<unsigned char>(text[i])) - '0';
    wrong |= value > 9 ? 1 : 0;
    return value;
  };
  const unsigned year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
  const unsigned month = digit(5) * 10 + digit(6), day = digit(8) * 10 + digit(9);
  // Later days of a month need its length.
  if (wrong != 0 || year == 0 || month - 1 > 11 || day - 1 > 27) return false;
  days = static_cast<std::int32_t>(DaysFromCivil(year, month, day));
  return true;
}

/// YYYY-MM-DD, more digits of the year, BC behind it; "infinity" and "-infinity" give kInfiniteDays and its negative.
ParseOutcome ParseDate(std::string_view text, std::int32_t& days);

/// HH:MM[:SS[.ffffff]] up to 24:00:00.
ParseOutcome ParseTime(std::string_view text, std::int64_t& micros);

struct ParsedTimestamp {
  std::int64_t micros = 0;  ///< since 1970 by the clock as written; kInfiniteTicks and its negative are infinities
  std::optional<std::int32_t> offset_seconds;  ///< east of Greenwich positive, where one stood
};

/// A date, a blank or T, a time, an offset (+HH[:MM[:SS]], Z, UTC, GMT) and BC; all behind the date may be missing.
ParseOutcome ParseTimestamp(std::string_view text, ParsedTimestamp& timestamp);

}  // namespace tavana::pgwire
