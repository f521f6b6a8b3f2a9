#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "sql/datetime_format.h"
#include "sql/format_words.h"
#include "sql/lexer.h"

namespace tavana::sql {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kRomanMonths = {"I",   "II",   "III", "IV", "V",  "VI",
                                                           "VII", "VIII", "IX",  "X",  "XI", "XII"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool IsSeparator(char c) { return std::ispunct(static_cast<unsigned char>(c)) != 0 || IsSpace(c); }

bool IsLeap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
int DaysIn(std::int64_t year, int month) {
  constexpr std::array kDaysIn = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDaysIn[static_cast<std::size_t>(month - 1)];
}
int DayOfYear(const DateTimeFields& value) {
  int days = value.day;
  for (int month = 1; month < value.month; ++month) days += DaysIn(value.year, month);
  return days;
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, by counting 400-year cycles from March.
std::int64_t EpochDay(std::int64_t year, int month, int day) {
  if (month <= 2) --year;
  const std::int64_t cycle = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_cycle = year - cycle * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return cycle * 146'097 + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - 719'468;
}
constexpr std::int64_t kJulianOfEpoch = 2'440'588;

/// 0 is Sunday.
int WeekDay(const DateTimeFields& value) {
  const std::int64_t days = EpochDay(value.year, value.month, value.day) + 4;
  return static_cast<int>(((days % 7) + 7) % 7);
}

/// ISO 8601's year and week of a date.
std::pair<std::int64_t, int> IsoWeek(const DateTimeFields& value) {
  const int from_monday = (WeekDay(value) + 6) % 7;
  const int thursday = DayOfYear(value) - from_monday + 3;
  if (thursday < 1) {
    const int length = IsLeap(value.year - 1) ? 366 : 365;
    return {value.year - 1, (thursday + length - 1) / 7 + 1};
  }
  const int length = IsLeap(value.year) ? 366 : 365;
  if (thursday > length) return {value.year + 1, 1};
  return {value.year, (thursday - 1) / 7 + 1};
}

std::int64_t ShownYear(std::int64_t year) { return year > 0 ? year : 1 - year; }

}  // namespace

enum class DateTimeFormat::Field : std::uint8_t {
  kLiteral,
  kHour24,
  kHour12,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kFraction,
  kSecondOfDay,
  kMeridiem,
  kMeridiemDots,
  kYearComma,
  kYear4,
  kYear3,
  kYear2,
  kYear1,
  kIsoYear4,
  kIsoYear3,
  kIsoYear2,
  kIsoYear1,
  kEra,
  kEraDots,
  kMonthName,
  kMonthShort,
  kMonth,
  kRomanMonth,
  kDayName,
  kDayShort,
  kDayOfYear,
  kIsoDayOfYear,
  kDay,
  kWeekDay,
  kIsoWeekDay,
  kWeekOfMonth,
  kWeek,
  kIsoWeek,
  kCentury,
  kJulian,
  kQuarter,
  kZone,
  kZoneHour,
  kZoneMinute,
  kOffset,
};

/// `letters` are upper case; every one is known in lower case too, and names of months and days capitalised.
struct DateTimeFormat::Name {
  std::string_view letters;
  Field field;
  int digits = 0;  ///< that it reads at most, when no separator follows
};

const DateTimeFormat::Name* DateTimeFormat::FieldAt(std::string_view text) {
  // The longest of those that begin alike first.
  static constexpr std::array kNames = {
      Name{"HH24", Field::kHour24, 2},
      Name{"HH12", Field::kHour12, 2},
      Name{"HH", Field::kHour12, 2},
      Name{"MI", Field::kMinute, 2},
      Name{"SSSSS", Field::kSecondOfDay, 5},
      Name{"SSSS", Field::kSecondOfDay, 5},
      Name{"SS", Field::kSecond, 2},
      Name{"MS", Field::kMillisecond, 3},
      Name{"US", Field::kMicrosecond, 6},
      Name{"FF1", Field::kFraction, 1},
      Name{"FF2", Field::kFraction, 2},
      Name{"FF3", Field::kFraction, 3},
      Name{"FF4", Field::kFraction, 4},
      Name{"FF5", Field::kFraction, 5},
      Name{"FF6", Field::kFraction, 6},
      Name{"AM", Field::kMeridiem},
      Name{"PM", Field::kMeridiem},
      Name{"A.M.", Field::kMeridiemDots},
      Name{"P.M.", Field::kMeridiemDots},
      Name{"Y,YYY", Field::kYearComma, 5},
      Name{"YYYY", Field::kYear4, 4},
      Name{"YYY", Field::kYear3, 3},
      Name{"YY", Field::kYear2, 2},
      Name{"Y", Field::kYear1, 1},
      Name{"IYYY", Field::kIsoYear4, 4},
      Name{"IYY", Field::kIsoYear3, 3},
      Name{"IY", Field::kIsoYear2, 2},
      Name{"IDDD", Field::kIsoDayOfYear, 3},
      Name{"ID", Field::kIsoWeekDay, 1},
      Name{"IW", Field::kIsoWeek, 2},
      Name{"I", Field::kIsoYear1, 1},
      Name{"BC", Field::kEra},
      Name{"AD", Field::kEra},
      Name{"B.C.", Field::kEraDots},
      Name{"A.D.", Field::kEraDots},
      Name{"MONTH", Field::kMonthName},
      Name{"MON", Field::kMonthShort},
      Name{"MM", Field::kMonth, 2},
      Name{"DAY", Field::kDayName},
      Name{"DY", Field::kDayShort},
      Name{"DDD", Field::kDayOfYear, 3},
      Name{"DD", Field::kDay, 2},
      Name{"D", Field::kWeekDay, 1},
      Name{"WW", Field::kWeek, 2},
      Name{"W", Field::kWeekOfMonth, 1},
      Name{"CC", Field::kCentury, 2},
      Name{"J", Field::kJulian, 7},
      Name{"Q", Field::kQuarter, 1},
      Name{"RM", Field::kRomanMonth},
      Name{"TZH", Field::kZoneHour, 2},
      Name{"TZM", Field::kZoneMinute, 2},
      Name{"TZ", Field::kZone},
      Name{"OF", Field::kOffset},
  };
  for (const Name& name : kNames) {
    const std::string_view here = text.substr(0, name.letters.size());
    if (here == name.letters || here == LowerCase(name.letters)) return &name;
    const bool is_word = name.field == Field::kMonthName || name.field == Field::kMonthShort ||
                         name.field == Field::kDayName || name.field == Field::kDayShort;
    if (is_word && here.size() > 1 && here.front() == name.letters.front() &&
        here.substr(1) == LowerCase(name.letters).substr(1))
      return &name;
  }
  return nullptr;
}

DateTimeFormat::DateTimeFormat(std::string_view text) {
  bool fill = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const std::string prefix = UpperCase(rest.substr(0, 2));
    if (prefix == "FM" || prefix == "FX" || (prefix == "TM" && FieldAt(rest.substr(2)) != nullptr)) {
      if (prefix == "FM") fill = false;
      at += 2;
      continue;
    }
    if (const Name* name = FieldAt(rest)) {
      Part part{.field = name->field, .fill = fill, .text = std::string(rest.substr(0, name->letters.size()))};
      at += name->letters.size();
      const std::string_view suffix = text.substr(at, 2);
      if (suffix == "TH" || suffix == "th") {
        part.ordinal = suffix == "TH" ? Part::Ordinal::kUpper : Part::Ordinal::kLower;
        at += 2;
      }
      parts_.push_back(std::move(part));
      fill = true;
      continue;
    }
    Part literal{.field = Field::kLiteral};
    if (rest.front() == '"') {
      literal.quoted = true;
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        literal.text.push_back(text[at]);
      }
      ++at;
    } else {
      if (rest.front() == '\\' && rest.size() > 1 && rest[1] == '"') ++at;
      literal.text = text[at++];
    }
    parts_.push_back(std::move(literal));
  }
}

void DateTimeFormat::WritePart(const Part& part, const DateTimeFields& value, std::string& out) const {
  const bool is_lower = std::islower(static_cast<unsigned char>(part.text.empty() ? ' ' : part.text[0])) != 0;
  const auto number = [&](std::int64_t what, int width) {
    std::string digits = fmt::format("{:0{}}", what, part.fill ? (what < 0 ? width + 1 : width) : 0);
    if (part.ordinal != Part::Ordinal::kNone) {
      const auto ordinal = OrdinalOf(digits);
      digits += part.ordinal == Part::Ordinal::kUpper ? UpperCase(ordinal) : std::string(ordinal);
    }
    out += digits;
  };
  const auto word = [&](std::string_view text) { out += is_lower ? LowerCase(text) : std::string(text); };
  const auto name = [&](std::string_view full, std::size_t width) {
    std::string shown(full);
    if (is_lower) shown = LowerCase(full);
    if (part.text.size() > 1 && std::isupper(static_cast<unsigned char>(part.text[1])) != 0) shown = UpperCase(full);
    if (part.fill && shown.size() < width) shown.resize(width, ' ');
    out += shown;
  };
  const std::int64_t year = value.is_interval ? value.year : ShownYear(value.year);
  const std::int64_t hour12 = value.hour % 12 == 0 ? 12 : value.hour % 12;
  const auto month_name =
      value.month >= 1 && value.month <= 12 ? kMonths[static_cast<std::size_t>(value.month - 1)] : std::string_view();
  const bool is_date = !value.is_interval;
  const int offset = std::abs(value.offset_seconds);
  switch (part.field) {
    case Field::kLiteral: out += part.text; return;
    case Field::kHour24: return number(value.hour, 2);
    case Field::kHour12: return number(value.is_interval && value.hour < 0 ? -(-value.hour % 12) : hour12, 2);
    case Field::kMinute: return number(value.minute, 2);
    case Field::kSecond: return number(value.second, 2);
    case Field::kMillisecond: return number(value.microsecond / 1000, 3);
    case Field::kMicrosecond: return number(value.microsecond, 6);
    case Field::kFraction: {
      const int places = part.text[2] - '0';
      out += fmt::format("{:06}", value.microsecond).substr(0, static_cast<std::size_t>(places));
      return;
    }
    case Field::kSecondOfDay: return number(value.hour * 3600 + value.minute * 60 + value.second, 0);
    case Field::kMeridiem: return word(value.hour % 24 >= 12 ? "PM" : "AM");
    case Field::kMeridiemDots: return word(value.hour % 24 >= 12 ? "P.M." : "A.M.");
    case Field::kYearComma: {
      out += fmt::format("{},{:03}", year / 1000, year % 1000);
      return;
    }
    case Field::kYear4: return number(year, 4);
    case Field::kYear3: return number(year % 1000, 3);
    case Field::kYear2: return number(year % 100, 2);
    case Field::kYear1: return number(year % 10, 1);
    case Field::kIsoYear4: return number(is_date ? ShownYear(IsoWeek(value).first) : year, 4);
    case Field::kIsoYear3: return number((is_date ? ShownYear(IsoWeek(value).first) : year) % 1000, 3);
    case Field::kIsoYear2: return number((is_date ? ShownYear(IsoWeek(value).first) : year) % 100, 2);
    case Field::kIsoYear1: return number((is_date ? ShownYear(IsoWeek(value).first) : year) % 10, 1);
    case Field::kEra: return word(value.year <= 0 ? "BC" : "AD");
    case Field::kEraDots: return word(value.year <= 0 ? "B.C." : "A.D.");
    case Field::kMonthName: return name(month_name, 9);
    case Field::kMonthShort: return name(month_name.substr(0, 3), 0);
    case Field::kMonth: return number(value.month, 2);
    case Field::kRomanMonth: {
      std::string text = month_name.empty() ? "" : std::string(kRomanMonths[static_cast<std::size_t>(value.month - 1)]);
      if (is_lower) text = LowerCase(text);
      if (part.fill && text.size() < 4) text.resize(4, ' ');
      out += text;
      return;
    }
    case Field::kDayName:
      if (is_date) name(kDays[static_cast<std::size_t>(WeekDay(value))], 9);
      return;
    case Field::kDayShort:
      if (is_date) name(kDays[static_cast<std::size_t>(WeekDay(value))].substr(0, 3), 0);
      return;
    case Field::kDayOfYear: return number(is_date ? DayOfYear(value) : value.day, 3);
    case Field::kIsoDayOfYear:
      return number(is_date ? (IsoWeek(value).second - 1) * 7 + (WeekDay(value) + 6) % 7 + 1 : value.day, 3);
    case Field::kDay:  // the sign of an interval's counts among the two
      if (part.fill && part.ordinal == Part::Ordinal::kNone) {
        out += fmt::format("{:02}", value.day);
        return;
      }
      return number(value.day, 2);
    case Field::kWeekDay: return number(is_date ? WeekDay(value) + 1 : 0, 1);
    case Field::kIsoWeekDay: return number(is_date ? (WeekDay(value) + 6) % 7 + 1 : 0, 1);
    case Field::kWeekOfMonth: return number(is_date ? (value.day - 1) / 7 + 1 : 0, 1);
    case Field::kWeek: return number(is_date ? (DayOfYear(value) - 1) / 7 + 1 : 0, 2);
    case Field::kIsoWeek: return number(is_date ? IsoWeek(value).second : 0, 2);
    case Field::kCentury: {
      const std::int64_t shown = value.is_interval ? year / 100
                                 : value.year > 0  ? (year + 99) / 100
                                                   : -((year + 99) / 100);
      return number(shown, 2);
    }
    case Field::kJulian: return number(is_date ? EpochDay(value.year, value.month, value.day) + kJulianOfEpoch : 0, 0);
    case Field::kQuarter: return number((std::max(value.month, 1) - 1) / 3 + 1, 1);
    case Field::kZone: return word(value.zone);
    case Field::kZoneHour: out += fmt::format("{}{:02}", value.offset_seconds < 0 ? '-' : '+', offset / 3600); return;
    case Field::kZoneMinute: out += fmt::format("{:02}", offset / 60 % 60); return;
    case Field::kOffset:
      out += fmt::format("{}{:02}", value.offset_seconds < 0 ? '-' : '+', offset / 3600);
      if (offset / 60 % 60 != 0) out += fmt::format(":{:02}", offset / 60 % 60);
      return;
  }
}

std::string DateTimeFormat::Write(const DateTimeFields& value) const {
  std::string out;
  for (const Part& part : parts_) WritePart(part, value, out);
  return out;
}

namespace {

Error Invalid(std::string_view value, std::string_view field) {
  return Error(ErrorCode::kDatetimeFormat, fmt::format("invalid value \"{}\" for \"{}\"", value, field));
}
Error OutOfRange(std::string_view text) {
  return Error(ErrorCode::kDatetimeOverflow, fmt::format("date/time field value out of range: \"{}\"", text));
}

bool StartsWithName(std::string_view text, std::string_view name) {
  return text.size() >= name.size() && LowerCase(text.substr(0, name.size())) == LowerCase(name);
}

}  // namespace

Result<DateTimeFields> DateTimeFormat::Read(std::string_view text) const {
  DateTimeFields read{.year = 0};
  bool afternoon = false, morning = false, hour_of_12 = false, before_christ = false;
  int day_of_year = 0;
  std::int64_t julian = -1;
  std::int64_t second_of_day = -1;
  int offset_sign = 1, offset_hours = 0, offset_minutes = 0;
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && IsSpace(text[at])) ++at;
  };
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    if (part.field == Field::kLiteral) {
      if (part.quoted) {
        at = std::min(text.size(), at + part.text.size());
      } else if (IsSeparator(part.text[0])) {
        skip_blanks();
        if (at < text.size() && IsSeparator(text[at])) ++at;
      } else if (at < text.size()) {
        ++at;
      }
      continue;
    }
    skip_blanks();
    if (at >= text.size()) break;  // a template longer than the text leaves the rest as it is
    const Name* known = FieldAt(part.text);
    const auto number = [&](std::int64_t& into, int* length = nullptr) -> Status {
      const bool apart = !part.fill || i + 1 == parts_.size() ||
                         (parts_[i + 1].field == Field::kLiteral &&
                          !IsDigit(parts_[i + 1].text.empty() ? ' ' : parts_[i + 1].text[0]));
      const auto most = apart ? std::size_t{12} : static_cast<std::size_t>(known->digits);
      std::size_t end = at;
      if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
      const std::size_t digits_at = end;
      while (end < text.size() && end - at < most && IsDigit(text[end])) ++end;
      if (end == digits_at) return Invalid(text.substr(at, static_cast<std::size_t>(known->digits)), part.text);
      into = std::stoll(std::string(text.substr(at, end - at)));
      if (length != nullptr) *length = static_cast<int>(end - digits_at);
      at = end;
      if (part.ordinal != Part::Ordinal::kNone) at = std::min(text.size(), at + 2);
      return Status::Ok();
    };
    std::int64_t value = 0;
    int length = 0;
    switch (part.field) {
      case Field::kHour24:
        TAVANA_RETURN_IF_ERROR(number(value));
        read.hour = value;
        hour_of_12 = false;
        break;
      case Field::kHour12:
        TAVANA_RETURN_IF_ERROR(number(value));
        if (value < 1 || value > 12) {
          return Error(ErrorCode::kDatetimeFormat, fmt::format("hour \"{}\" is invalid for the 12-hour clock", value))
              .WithHint("Use the 24-hour clock, or give an hour between 1 and 12.");
        }
        read.hour = value;
        hour_of_12 = true;
        break;
      case Field::kMinute:
        TAVANA_RETURN_IF_ERROR(number(value));
        read.minute = static_cast<int>(value);
        break;
      case Field::kSecond:
        TAVANA_RETURN_IF_ERROR(number(value));
        read.second = static_cast<int>(value);
        break;
      case Field::kMillisecond:
      case Field::kMicrosecond:
      case Field::kFraction:
        TAVANA_RETURN_IF_ERROR(number(value, &length));
        for (; length < 6; ++length) value *= 10;
        for (; length > 6; --length) value /= 10;
        read.microsecond = static_cast<int>(value);
        break;
      case Field::kSecondOfDay: TAVANA_RETURN_IF_ERROR(number(second_of_day)); break;
      case Field::kMeridiem:
      case Field::kMeridiemDots: {
        const bool dots = part.field == Field::kMeridiemDots;
        if (StartsWithName(text.substr(at), dots ? "p.m." : "pm")) {
          afternoon = true;
        } else if (StartsWithName(text.substr(at), dots ? "a.m." : "am")) {
          morning = true;
        } else {
          return Invalid(text.substr(at, part.text.size()), part.text);
        }
        at += dots ? 4 : 2;
        break;
      }
      case Field::kYearComma: {
        TAVANA_RETURN_IF_ERROR(number(value));
        read.year = value;
        if (at < text.size() && text[at] == ',') {
          ++at;
          TAVANA_RETURN_IF_ERROR(number(value));
          read.year = read.year * 1000 + value;
        }
        break;
      }
      case Field::kYear4:
      case Field::kYear3:
      case Field::kYear2:
      case Field::kYear1:
        TAVANA_RETURN_IF_ERROR(number(value, &length));
        // A year of fewer digits than four, where the template has fewer, is the nearest to 2020.
        if (part.field != Field::kYear4 && length < 4 && value < 1000)
          value += value < 70 ? 2000 : value < 100 ? 1900 : value < 520 ? 2000 : 1000;
        read.year = value;
        break;
      case Field::kEra:
      case Field::kEraDots: {
        const bool dots = part.field == Field::kEraDots;
        before_christ = StartsWithName(text.substr(at), dots ? "b.c." : "bc");
        if (!before_christ && !StartsWithName(text.substr(at), dots ? "a.d." : "ad"))
          return Invalid(text.substr(at, part.text.size()), part.text);
        at += dots ? 4 : 2;
        break;
      }
      case Field::kMonthName:
      case Field::kMonthShort: {
        const auto found = std::find_if(kMonths.begin(), kMonths.end(), [&](std::string_view month) {
          return StartsWithName(text.substr(at), month.substr(0, part.field == Field::kMonthShort ? 3 : month.size()));
        });
        if (found == kMonths.end()) return Invalid(text.substr(at, 9), part.text);
        read.month = static_cast<int>(found - kMonths.begin()) + 1;
        at += part.field == Field::kMonthShort ? 3 : found->size();
        break;
      }
      case Field::kDayName:
      case Field::kDayShort: {
        const auto found = std::find_if(kDays.begin(), kDays.end(), [&](std::string_view day) {
          return StartsWithName(text.substr(at), day.substr(0, part.field == Field::kDayShort ? 3 : day.size()));
        });
        if (found == kDays.end()) return Invalid(text.substr(at, 9), part.text);
        at += part.field == Field::kDayShort ? 3 : found->size();
        break;
      }
      case Field::kRomanMonth: {
        std::size_t best = kRomanMonths.size();
        for (std::size_t month = 0; month < kRomanMonths.size(); ++month) {
          if (!StartsWithName(text.substr(at), kRomanMonths[month])) continue;
          if (best == kRomanMonths.size() || kRomanMonths[month].size() > kRomanMonths[best].size()) best = month;
        }
        if (best == kRomanMonths.size()) return Invalid(text.substr(at, 4), part.text);
        read.month = static_cast<int>(best) + 1;
        at += kRomanMonths[best].size();
        break;
      }
      case Field::kMonth:
        TAVANA_RETURN_IF_ERROR(number(value));
        read.month = static_cast<int>(value);
        break;
      case Field::kDay:
        TAVANA_RETURN_IF_ERROR(number(value));
        read.day = static_cast<int>(value);
        break;
      case Field::kDayOfYear:
        TAVANA_RETURN_IF_ERROR(number(value));
        day_of_year = static_cast<int>(value);
        break;
      case Field::kJulian: TAVANA_RETURN_IF_ERROR(number(julian)); break;
      case Field::kQuarter:
      case Field::kWeekDay:
      case Field::kIsoWeekDay: TAVANA_RETURN_IF_ERROR(number(value)); break;  // read, and ignored as PostgreSQL does
      case Field::kZoneHour: {
        offset_sign = at < text.size() && text[at] == '-' ? -1 : 1;
        TAVANA_RETURN_IF_ERROR(number(value));
        offset_hours = static_cast<int>(std::abs(value));
        break;
      }
      case Field::kZoneMinute:
        TAVANA_RETURN_IF_ERROR(number(value));
        offset_minutes = static_cast<int>(value);
        break;
      default:
        return Error(ErrorCode::kUnsupported,
                     fmt::format("formatting field \"{}\" is only supported in to_char", part.text));
    }
  }
  if (julian >= 0) {  // days to a date, by the years that fit
    std::int64_t days = julian - kJulianOfEpoch;
    read.year = 1970 + days / 366;
    while (EpochDay(read.year + 1, 1, 1) <= days) ++read.year;
    while (EpochDay(read.year, 1, 1) > days) --read.year;
    day_of_year = static_cast<int>(days - EpochDay(read.year, 1, 1)) + 1;
  }
  if (before_christ) read.year = 1 - read.year;
  if (day_of_year != 0) {
    if (day_of_year < 1 || day_of_year > (IsLeap(read.year) ? 366 : 365)) return OutOfRange(text);
    read.month = 1;
    while (day_of_year > DaysIn(read.year, read.month)) day_of_year -= DaysIn(read.year, read.month++);
    read.day = day_of_year;
  }
  if (read.month < 1 || read.month > 12 || read.day < 1 || read.day > DaysIn(read.year, read.month))
    return OutOfRange(text);
  if (second_of_day >= 0) {
    if (second_of_day >= 86'400) return OutOfRange(text);
    read.hour = second_of_day / 3600;
    read.minute = static_cast<int>(second_of_day / 60 % 60);
    read.second = static_cast<int>(second_of_day % 60);
  }
  if (hour_of_12 && afternoon && read.hour < 12) read.hour += 12;
  if (hour_of_12 && morning && read.hour == 12) read.hour = 0;
  const bool in_range = read.hour >= 0 && read.hour < 24 && read.minute >= 0 && read.minute < 60 && read.second >= 0 &&
                        read.second < 60 && read.microsecond >= 0 && offset_hours < 16 && offset_minutes < 60;
  if (!in_range) return OutOfRange(text);
  read.offset_seconds = offset_sign * (offset_hours * 3600 + offset_minutes * 60);
  return read;
}

}  // namespace tavana::sql
