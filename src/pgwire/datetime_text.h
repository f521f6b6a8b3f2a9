#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Internal to pgwire: dates and times as ISO 8601 and PostgreSQL write them.
namespace tavana::pgwire {

enum class ParseOutcome : std::uint8_t { kOk, kMalformed, kFieldOverflow };

/// Days since 1970-01-01 of a proleptic Gregorian date; `year` is astronomical.
std::int64_t DaysFromCivil(std::int64_t year, unsigned month, unsigned day);

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
