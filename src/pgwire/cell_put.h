#pragma once

#include <limits>

#include "base/hex.h"
#include "pgwire/byte_order.h"
#include "pgwire/cell_source.h"

/// Internal to pgwire: cells of bounded length, text and binary. Inline because they run once a cell.
namespace tavana::pgwire {

// PostgreSQL counts from 2000-01-01.
inline constexpr std::int32_t kDaysFrom1970To2000 = 10957;
inline constexpr std::int64_t kMicrosFrom1970To2000 = kDaysFrom1970To2000 * kMicrosPerDay;
// DuckDB's infinite dates and timestamps, in whatever unit (date.hpp, timestamp.hpp): the largest value and its
// negative.
inline constexpr std::int32_t kInfiniteDays = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kInfiniteTicks = std::numeric_limits<std::int64_t>::max();

inline char* PutLiteral(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

/// Ticks of `unit` as microseconds, rounded down; sets `out_of_range` when they have no room.
inline std::int64_t MicrosOf(std::int64_t ticks, arrow::TimeUnit::type unit, bool& out_of_range) {
  std::int64_t micros = 0;
  switch (unit) {
    case arrow::TimeUnit::MICRO: return ticks;
    case arrow::TimeUnit::SECOND:
      out_of_range |= __builtin_mul_overflow(ticks, kMicrosPerSecond, &micros);
      return micros;
    case arrow::TimeUnit::MILLI:
      out_of_range |= __builtin_mul_overflow(ticks, std::int64_t{1000}, &micros);
      return micros;
    case arrow::TimeUnit::NANO: return ticks / 1000 - (ticks % 1000 < 0 ? 1 : 0);
  }
  return micros;
}

inline std::int64_t DaysAt(const CellSource& cell, std::int64_t row) {
  if (cell.kind == CellKind::kDate32) return cell.At<std::int32_t>(row);
  const auto millis = cell.At<std::int64_t>(row);
  return millis / 86'400'000 - (millis % 86'400'000 < 0 ? 1 : 0);
}

inline std::int64_t TimeMicrosAt(const CellSource& cell, std::int64_t row, bool& out_of_range) {
  const std::int64_t ticks = cell.kind == CellKind::kTime32 ? cell.At<std::int32_t>(row) : cell.At<std::int64_t>(row);
  const std::int64_t micros = MicrosOf(ticks, cell.unit, out_of_range);
  if (micros < 0 || micros > kMicrosPerDay) out_of_range = true;
  return micros < 0 ? 0 : micros;
}

struct TimeWithOffset {
  std::int64_t micros;
  std::int32_t offset_seconds;  ///< east of Greenwich positive
};

/// DuckDB's dtime_tz_t: 40 bits of microseconds above 24 bits of (15:59:59 - offset) in seconds.
inline TimeWithOffset TimeTzAt(const CellSource& cell, std::int64_t row) {
  const auto bits = cell.At<std::uint64_t>(row);
  return {static_cast<std::int64_t>(bits >> 24), 16 * 3600 - 1 - static_cast<std::int32_t>(bits & 0xFFFFFF)};
}

struct IntervalParts {
  std::int32_t months = 0, days = 0;
  std::int64_t micros = 0;
};

inline IntervalParts IntervalAt(const CellSource& cell, std::int64_t row, bool& out_of_range) {
  IntervalParts parts;
  switch (cell.kind) {
    case CellKind::kIntervalMonths: parts.months = cell.At<std::int32_t>(row); break;
    case CellKind::kIntervalDayTime: {
      const auto day_time = cell.At<std::int64_t>(row);
      parts.days = static_cast<std::int32_t>(day_time);
      parts.micros = (day_time >> 32) * 1000;
      break;
    }
    case CellKind::kDuration: parts.micros = MicrosOf(cell.At<std::int64_t>(row), cell.unit, out_of_range); break;
    default: {
      struct MonthDayNano {
        std::int32_t months, days;
        std::int64_t nanos;
      };
      const auto value = cell.At<MonthDayNano>(row);
      parts = {value.months, value.days, value.nanos / 1000};
    }
  }
  return parts;
}

/// The unscaled value of a decimal that PutNumericBinary can write; false for any other cell.
inline bool ShortDecimalAt(const CellSource& cell, std::int64_t row, std::int64_t& value) {
  if (cell.scale < 0 || cell.scale > 16) return false;
  switch (cell.kind) {
    case CellKind::kDecimal32: value = cell.At<std::int32_t>(row); return true;
    case CellKind::kDecimal64: value = cell.At<std::int64_t>(row); return true;
    case CellKind::kDecimal128: {
      const auto wide = cell.At<Int128>(row);
      value = static_cast<std::int64_t>(wide);
      return value == wide;
    }
    default: return false;
  }
}

float HalfFloatAt(const CellSource& cell, std::int64_t row);
char* PutDecimal256(const CellSource& cell, std::int64_t row, char* to);

inline char* PutDateCell(const CellSource& cell, std::int64_t row, char* to) {
  const std::int64_t days = DaysAt(cell, row);
  if (days == kInfiniteDays) return PutLiteral(to, "infinity");
  if (days == -kInfiniteDays) return PutLiteral(to, "-infinity");
  return PutDate(to, days);
}

inline char* PutTimestampCell(const CellSource& cell, std::int64_t row, CellContext& context, char* to) {
  const auto ticks = cell.At<std::int64_t>(row);
  if (ticks == kInfiniteTicks) return PutLiteral(to, "infinity");
  if (ticks == -kInfiniteTicks) return PutLiteral(to, "-infinity");
  const std::int64_t micros = MicrosOf(ticks, cell.unit, context.out_of_range);
  if (cell.kind == CellKind::kTimestamp) return PutTimestamp(to, micros, nullptr);
  const std::int64_t seconds = micros / kMicrosPerSecond - (micros % kMicrosPerSecond < 0 ? 1 : 0);
  const std::int32_t offset_seconds = context.zone.OffsetSecondsAt(seconds);
  return PutTimestamp(to, micros, &offset_seconds);
}

/// True for every kind whose text is bounded by kMaxFixedTextBytes.
inline bool IsFixedText(CellKind kind) {
  switch (kind) {
    case CellKind::kNull:
    case CellKind::kUtf8:
    case CellKind::kLargeUtf8:
    case CellKind::kUtf8View:
    case CellKind::kBinary:
    case CellKind::kLargeBinary:
    case CellKind::kBinaryView:
    case CellKind::kFixedBinary:
    case CellKind::kBit:
    case CellKind::kDictionary:
    case CellKind::kList:
    case CellKind::kLargeList:
    case CellKind::kListView:
    case CellKind::kLargeListView:
    case CellKind::kFixedList:
    case CellKind::kStruct:
    case CellKind::kMap:
    case CellKind::kSparseUnion:
    case CellKind::kDenseUnion:
    case CellKind::kUnsupported: return false;
    default: return true;
  }
}

/// Text of a cell that is not null, of a kind that IsFixedText.
inline __attribute__((always_inline)) char* PutFixedText(const CellSource& cell, std::int64_t row, CellContext& context,
                                                         char* to) {
  switch (cell.kind) {
    case CellKind::kBool: *to = cell.Bit(row) ? 't' : 'f'; return to + 1;
    case CellKind::kBool8: *to = cell.At<std::int8_t>(row) != 0 ? 't' : 'f'; return to + 1;
    case CellKind::kInt8: return PutSigned(to, cell.At<std::int8_t>(row));
    case CellKind::kInt16: return PutSigned(to, cell.At<std::int16_t>(row));
    case CellKind::kInt32: return PutSigned(to, cell.At<std::int32_t>(row));
    case CellKind::kInt64: return PutSigned(to, cell.At<std::int64_t>(row));
    case CellKind::kUInt8: return PutUnsigned(to, cell.At<std::uint8_t>(row));
    case CellKind::kUInt16: return PutUnsigned(to, cell.At<std::uint16_t>(row));
    case CellKind::kUInt32:
    case CellKind::kOid: return PutUnsigned(to, cell.At<std::uint32_t>(row));
    case CellKind::kUInt64: return PutUnsigned(to, cell.At<std::uint64_t>(row));
    case CellKind::kHugeInt: return PutSigned128(to, cell.At<Int128>(row));
    case CellKind::kUHugeInt: return PutUnsigned128(to, cell.At<UInt128>(row));
    case CellKind::kHalfFloat: return PutFloat(to, HalfFloatAt(cell, row));
    case CellKind::kFloat: return PutFloat(to, cell.At<float>(row));
    case CellKind::kDouble: return PutDouble(to, cell.At<double>(row));
    case CellKind::kDecimal32: return PutDecimal64(to, cell.At<std::int32_t>(row), cell.scale);
    case CellKind::kDecimal64: return PutDecimal64(to, cell.At<std::int64_t>(row), cell.scale);
    case CellKind::kDecimal128: return PutDecimal128(to, cell.At<Int128>(row), cell.scale);
    case CellKind::kDecimal256: return PutDecimal256(cell, row, to);
    case CellKind::kDate32:
    case CellKind::kDate64: return PutDateCell(cell, row, to);
    case CellKind::kTime32:
    case CellKind::kTime64: return PutTime(to, TimeMicrosAt(cell, row, context.out_of_range));
    case CellKind::kTimeTz: {
      const TimeWithOffset time = TimeTzAt(cell, row);
      return PutOffset(PutTime(to, time.micros), time.offset_seconds);
    }
    case CellKind::kTimestamp:
    case CellKind::kTimestampTz: return PutTimestampCell(cell, row, context, to);
    case CellKind::kIntervalMonths:
    case CellKind::kIntervalDayTime:
    case CellKind::kIntervalMonthDayNano:
    case CellKind::kDuration: {
      const IntervalParts parts = IntervalAt(cell, row, context.out_of_range);
      return PutInterval(to, parts.months, parts.days, parts.micros);
    }
    case CellKind::kUuid: return PutUuid(to, reinterpret_cast<const char*>(cell.values) + row * 16);
    default: __builtin_unreachable();  // not IsFixedText
  }
}

/// True for every kind with a binary form of fixed size.
inline bool IsFixedBinary(const CellSource& cell) {
  return IsFixedText(cell.kind) && cell.pg.oid != kNumericOid && cell.pg.size > 0;
}

template <typename Unsigned, typename Float>
inline char* PutFloatBits(char* to, Float value) {
  Unsigned bits;
  static_assert(sizeof bits == sizeof value);
  std::memcpy(&bits, &value, sizeof bits);
  return PutBigEndian(to, bits);
}

inline char* PutDateBinary(const CellSource& cell, std::int64_t row, CellContext& context, char* to) {
  const std::int64_t days = DaysAt(cell, row);
  if (days == kInfiniteDays) return PutBigEndian(to, std::numeric_limits<std::int32_t>::max());
  if (days == -kInfiniteDays) return PutBigEndian(to, std::numeric_limits<std::int32_t>::min());
  const std::int64_t shifted = days - kDaysFrom1970To2000;
  context.out_of_range |= shifted <= std::numeric_limits<std::int32_t>::min() || shifted >= kInfiniteDays;
  return PutBigEndian(to, static_cast<std::int32_t>(shifted));
}

inline char* PutTimestampBinary(const CellSource& cell, std::int64_t row, CellContext& context, char* to) {
  const auto ticks = cell.At<std::int64_t>(row);
  if (ticks == kInfiniteTicks) return PutBigEndian(to, std::numeric_limits<std::int64_t>::max());
  if (ticks == -kInfiniteTicks) return PutBigEndian(to, std::numeric_limits<std::int64_t>::min());
  const std::int64_t micros = MicrosOf(ticks, cell.unit, context.out_of_range);
  std::int64_t shifted = 0;
  context.out_of_range |= __builtin_sub_overflow(micros, kMicrosFrom1970To2000, &shifted);
  return PutBigEndian(to, shifted);
}

inline char* PutIntervalBinary(const IntervalParts& parts, char* to) {
  to = PutBigEndian(to, parts.micros);
  to = PutBigEndian(to, parts.days);
  return PutBigEndian(to, parts.months);
}

/// Binary form of a cell that is not null and IsFixedBinary.
inline char* PutFixedBinary(const CellSource& cell, std::int64_t row, CellContext& context, char* to) {
  switch (cell.kind) {
    case CellKind::kBool: return PutBigEndian(to, static_cast<char>(cell.Bit(row)));
    case CellKind::kBool8: return PutBigEndian(to, static_cast<char>(cell.At<std::int8_t>(row) != 0));
    case CellKind::kInt8: return PutBigEndian(to, static_cast<std::int16_t>(cell.At<std::int8_t>(row)));
    case CellKind::kInt16: return PutBigEndian(to, cell.At<std::int16_t>(row));
    case CellKind::kInt32: return PutBigEndian(to, cell.At<std::int32_t>(row));
    case CellKind::kInt64: return PutBigEndian(to, cell.At<std::int64_t>(row));
    case CellKind::kUInt8: return PutBigEndian(to, static_cast<std::int16_t>(cell.At<std::uint8_t>(row)));
    case CellKind::kUInt16: return PutBigEndian(to, static_cast<std::int32_t>(cell.At<std::uint16_t>(row)));
    case CellKind::kUInt32: return PutBigEndian(to, static_cast<std::int64_t>(cell.At<std::uint32_t>(row)));
    case CellKind::kOid: return PutBigEndian(to, cell.At<std::uint32_t>(row));
    case CellKind::kHalfFloat: return PutFloatBits<std::uint32_t>(to, HalfFloatAt(cell, row));
    case CellKind::kFloat: return PutFloatBits<std::uint32_t>(to, cell.At<float>(row));
    case CellKind::kDouble: return PutFloatBits<std::uint64_t>(to, cell.At<double>(row));
    case CellKind::kDate32:
    case CellKind::kDate64: return PutDateBinary(cell, row, context, to);
    case CellKind::kTime32:
    case CellKind::kTime64: return PutBigEndian(to, TimeMicrosAt(cell, row, context.out_of_range));
    case CellKind::kTimeTz: {
      const TimeWithOffset time = TimeTzAt(cell, row);
      return PutBigEndian(PutBigEndian(to, time.micros), -time.offset_seconds);  // PostgreSQL counts westward
    }
    case CellKind::kTimestamp:
    case CellKind::kTimestampTz: return PutTimestampBinary(cell, row, context, to);
    case CellKind::kIntervalMonths:
    case CellKind::kIntervalDayTime:
    case CellKind::kIntervalMonthDayNano:
    case CellKind::kDuration: return PutIntervalBinary(IntervalAt(cell, row, context.out_of_range), to);
    case CellKind::kUuid: std::memcpy(to, cell.values + row * 16, 16); return to + 16;
    default: __builtin_unreachable();  // not IsFixedBinary
  }
}

}  // namespace tavana::pgwire
