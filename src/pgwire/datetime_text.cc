#include "pgwire/datetime_text.h"

#include "pgwire/cell_put.h"
#include "pgwire/value_text.h"

namespace tavana::pgwire {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Reads from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool AtEnd() const { return at_ == end_; }
  bool AtDigit() const { return at_ < end_ && IsDigit(*at_); }
  bool Take(char c) { return at_ < end_ && *at_ == c && (++at_, true); }
  void SkipBlanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }
  /// One to `most` digits; how many there were.
  int Number(int most, unsigned& value) {
    value = 0;
    int count = 0;
    for (; count < most && AtDigit(); ++count) value = value * 10 + static_cast<unsigned>(*at_++ - '0');
    return count;
  }
  bool Word(std::string_view lower) {
    if (static_cast<std::size_t>(end_ - at_) < lower.size() || !EqualsIgnoringCase({at_, lower.size()}, lower)) {
      return false;
    }
    at_ += lower.size();
    return true;
  }
  /// The digits behind a point as millionths, rounded.
  unsigned Fraction() {
    unsigned micros = 0;
    int count = 0;
    bool round_up = false;
    for (; AtDigit(); ++at_, ++count) {
      if (count < 6) micros = micros * 10 + static_cast<unsigned>(*at_ - '0');
      if (count == 6) round_up = *at_ >= '5';
    }
    for (; count < 6; ++count) micros *= 10;
    return micros + (round_up ? 1 : 0);
  }

 private:
  const char* at_;
  const char* end_;
};

struct Date {
  unsigned year = 0, month = 0, day = 0;
};

unsigned DaysOfMonth(std::int64_t year, unsigned month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

bool ReadDate(Reader& in, Date& date) {
  return in.Number(7, date.year) >= 3 && in.Take('-') && in.Number(2, date.month) > 0 && in.Take('-') &&
         in.Number(2, date.day) > 0;
}

ParseOutcome DaysOf(const Date& date, bool before_christ, std::int64_t& days) {
  if (date.year == 0 || date.month < 1 || date.month > 12 || date.day < 1) return ParseOutcome::kFieldOverflow;
  const std::int64_t year = before_christ ? 1 - static_cast<std::int64_t>(date.year) : date.year;
  if (date.day > DaysOfMonth(year, date.month)) return ParseOutcome::kFieldOverflow;
  days = DaysFromCivil(year, date.month, date.day);
  return ParseOutcome::kOk;
}

ParseOutcome ReadTime(Reader& in, std::int64_t& micros) {
  unsigned hour = 0, minute = 0, second = 0, fraction = 0;
  if (in.Number(2, hour) == 0 || !in.Take(':') || in.Number(2, minute) == 0) return ParseOutcome::kMalformed;
  if (in.Take(':')) {
    if (in.Number(2, second) == 0) return ParseOutcome::kMalformed;
    if (in.Take('.')) fraction = in.Fraction();
  }
  micros = (static_cast<std::int64_t>(hour) * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  if (minute > 59 || second > 60 || micros > kMicrosPerDay) return ParseOutcome::kFieldOverflow;
  return ParseOutcome::kOk;
}

/// +HH[[:]MM[[:]SS]], Z, UTC, GMT; false when what stands there is none of them.
bool ReadOffset(Reader& in, std::optional<std::int32_t>& offset_seconds) {
  if (in.Word("utc") || in.Word("gmt") || in.Word("z")) {
    offset_seconds = 0;
    return true;
  }
  const bool negative = in.Take('-');
  if (!negative && !in.Take('+')) return true;
  unsigned hours = 0, minutes = 0, seconds = 0;
  if (in.Number(2, hours) == 0) return false;
  const auto part = [&](unsigned& value) { return !(in.Take(':') || in.AtDigit()) || in.Number(2, value) == 2; };
  if (!part(minutes) || !part(seconds)) return false;
  if (hours > 15 || minutes > 59 || seconds > 59) return false;
  const auto total = static_cast<std::int32_t>(hours * 3600 + minutes * 60 + seconds);
  offset_seconds = negative ? -total : total;
  return true;
}

bool ReadEra(Reader& in) {
  in.SkipBlanks();
  if (in.Word("bc")) return true;
  in.Word("ad");
  return false;
}

/// 1 or -1 for an infinity, else 0.
int InfinitySign(std::string_view text) {
  if (text.empty() || IsDigit(text[0])) return 0;
  if (EqualsIgnoringCase(text, "infinity") || EqualsIgnoringCase(text, "+infinity")) return 1;
  return EqualsIgnoringCase(text, "-infinity") ? -1 : 0;
}

/// dddd-dd-dd, which nearly every date is; false for any other.
bool ReadPlainDate(const char* text, Date& date) {
  const auto digit = [&](int i, unsigned& wrong) {
    const auto value = static_cast<unsigned>(text[i]) - '0';
    wrong |= value > 9 ? 1 : 0;
    return value;
  };
  unsigned wrong = text[4] == '-' && text[7] == '-' ? 0 : 1;
  date.year = digit(0, wrong) * 1000 + digit(1, wrong) * 100 + digit(2, wrong) * 10 + digit(3, wrong);
  date.month = digit(5, wrong) * 10 + digit(6, wrong);
  date.day = digit(8, wrong) * 10 + digit(9, wrong);
  return wrong == 0;
}

}  // namespace

ParseOutcome ParseDate(std::string_view text, std::int32_t& days) {
  Date date;
  std::int64_t wide = 0;
  if (text.size() == 10 && ReadPlainDate(text.data(), date)) {
    const ParseOutcome outcome = DaysOf(date, false, wide);
    days = static_cast<std::int32_t>(wide);
    return outcome;
  }
  ParsedTimestamp timestamp;
  const ParseOutcome outcome = ParseTimestamp(text, timestamp);  // a time behind a date is read and dropped
  if (outcome != ParseOutcome::kOk) return outcome;
  if (timestamp.micros == kInfiniteTicks || timestamp.micros == -kInfiniteTicks) {
    days = timestamp.micros > 0 ? kInfiniteDays : -kInfiniteDays;
    return outcome;
  }
  wide = timestamp.micros / kMicrosPerDay - (timestamp.micros % kMicrosPerDay < 0 ? 1 : 0);
  days = static_cast<std::int32_t>(wide);
  return outcome;
}

ParseOutcome ParseTime(std::string_view text, std::int64_t& micros) {
  Reader in(Trimmed(text));
  const ParseOutcome outcome = ReadTime(in, micros);
  if (outcome != ParseOutcome::kOk) return outcome;
  std::optional<std::int32_t> ignored;
  if (!ReadOffset(in, ignored) || !in.AtEnd()) return ParseOutcome::kMalformed;
  return outcome;
}

ParseOutcome ParseTimestamp(std::string_view text, ParsedTimestamp& timestamp) {
  text = Trimmed(text);
  timestamp.offset_seconds.reset();
  if (const int sign = InfinitySign(text); sign != 0) {
    timestamp.micros = sign * kInfiniteTicks;
    return ParseOutcome::kOk;
  }
  Reader in(text);
  Date date;
  std::int64_t days = 0, micros = 0;
  if (text.size() >= 10 && ReadPlainDate(text.data(), date) && (text.size() == 10 || !IsDigit(text[10]))) {
    in = Reader(text.substr(10));
  } else if (!ReadDate(in, date)) {
    return ParseOutcome::kMalformed;
  }
  const bool separated = in.Take('T') || in.Take('t');
  in.SkipBlanks();
  if (separated || in.AtDigit()) {
    const ParseOutcome outcome = ReadTime(in, micros);
    if (outcome != ParseOutcome::kOk) return outcome;
    in.SkipBlanks();
    if (!ReadOffset(in, timestamp.offset_seconds)) return ParseOutcome::kMalformed;
  }
  const bool before_christ = ReadEra(in);
  if (!in.AtEnd()) return ParseOutcome::kMalformed;
  const ParseOutcome outcome = DaysOf(date, before_christ, days);
  if (outcome != ParseOutcome::kOk) return outcome;
  std::int64_t total = 0;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &total) || __builtin_add_overflow(total, micros, &timestamp.micros)) {
    return ParseOutcome::kFieldOverflow;
  }
  return ParseOutcome::kOk;
}

}  // namespace tavana::pgwire
