#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tavana::sql {

/// A point in time or, for to_char of an interval, a length of it, in fields. Years count as astronomers do: 0 is 1 BC.
struct DateTimeFields {
  std::int64_t year = 1;
  int month = 1, day = 1;  ///< from 1; of an interval from 0
  std::int64_t hour = 0;   ///< 0 to 23; of an interval without a bound
  int minute = 0, second = 0, microsecond = 0;
  int offset_seconds = 0;  ///< east of Greenwich
  std::string_view zone;   ///< its name, for TZ; empty without one
  bool is_interval = false;
};

/// A template of PostgreSQL's to_char, to_date and to_timestamp
/// (postgresql.org/docs/15/functions-formatting.html, tables 9.27 and 9.28), read once and used for many values.
/// Thread-safe once made.
class DateTimeFormat {
 public:
  explicit DateTimeFormat(std::string_view text);

  std::string Write(const DateTimeFields& value) const;
  /// Reads `text`; an error (22007, 22008) says which field was wrong. What the template does not name is that of
  /// 1 BC, January 1, 00:00:00, as in PostgreSQL. Offsets of the text are applied: the fields are then in UTC.
  Result<DateTimeFields> Read(std::string_view text) const;

 private:
  enum class Field : std::uint8_t;
  struct Part {
    Field field;
    bool fill = true;  ///< no FM before it
    enum class Ordinal : std::uint8_t { kNone, kUpper, kLower } ordinal = Ordinal::kNone;
    std::string text;     ///< of a literal
    bool quoted = false;  ///< a literal that was in quotes
  };
  struct Name;
  static const Name* FieldAt(std::string_view text);
  void WritePart(const Part& part, const DateTimeFields& value, std::string& out) const;

  std::vector<Part> parts_;
};

}  // namespace tavana::sql
