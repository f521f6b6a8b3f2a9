#include "pgwire/value_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>
#include <utility>

#include "pgwire/array_text.h"
#include "pgwire/byte_order.h"
#include "pgwire/cell_put.h"
#include "pgwire/datetime_text.h"
#include "pgwire/numeric.h"
#include "pgwire/utf8.h"
#include "pgwire/value_text.h"

namespace tavana::pgwire {
namespace {

Error TooShort() { return Error(ErrorCode::kProtocol, "insufficient data left in message"); }
Error BadBinary() { return Error(ErrorCode::kInvalidBinary, "incorrect binary data format"); }

[[gnu::cold]] Error ArrowError(const arrow::Status& status) {
  const bool too_large = status.IsCapacityError();
  if (too_large) return Error(ErrorCode::kProgramLimit, "too many bytes in one part of a COPY");
  return Error(status.IsOutOfMemory() ? ErrorCode::kOutOfMemory : ErrorCode::kInternal, status.ToString());
}

inline __attribute__((always_inline)) Status FromArrow(arrow::Status status) {
  if (status.ok()) [[likely]]
    return Status::Ok();
  return ArrowError(status);
}

/// Ok when `bytes` are exactly `size`, else what PostgreSQL's receive functions say.
Status CheckSize(std::string_view bytes, std::size_t size) {
  if (bytes.size() < size) return TooShort();
  if (bytes.size() > size) return BadBinary();
  return Status::Ok();
}

enum class DecimalOutcome : std::uint8_t { kOk, kMalformed, kOverflow };

UInt128 PowerOfTen(std::int32_t exponent) {
  UInt128 power = 1;
  for (std::int32_t i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// Any number numeric_in reads, rounded half away from zero.
DecimalOutcome ReadDecimal(std::string_view text, std::int32_t precision, std::int32_t scale, Int128& value) {
  text = Trimmed(text);
  std::size_t at = 0;
  const auto is_digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) ++at;
  const std::string_view name = text.substr(at);
  if (EqualsIgnoringCase(name, "nan") || EqualsIgnoringCase(name, "inf") || EqualsIgnoringCase(name, "infinity")) {
    return DecimalOutcome::kOverflow;
  }
  const std::size_t digits_begin = at;
  std::size_t digit_count = 0;
  std::int64_t point = -1;
  for (; is_digit() || (at < text.size() && text[at] == '.' && point < 0); ++at) {
    if (text[at] == '.') {
      point = static_cast<std::int64_t>(digit_count);
    } else {
      ++digit_count;
    }
  }
  const std::size_t digits_end = at;
  if (digit_count == 0) return DecimalOutcome::kMalformed;
  std::int64_t exponent = 0;
  if (at < text.size() && (text[at] | 32) == 'e') {
    ++at;
    const bool negative_exponent = at < text.size() && text[at] == '-';
    if (negative_exponent || (at < text.size() && text[at] == '+')) ++at;
    if (!is_digit()) return DecimalOutcome::kMalformed;
    for (; is_digit(); ++at) {
      if (exponent < 1'000'000) exponent = exponent * 10 + (text[at] - '0');
    }
    if (negative_exponent) exponent = -exponent;
  }
  if (at != text.size()) return DecimalOutcome::kMalformed;
  // How many of the digits, from the left, stand before the last place that is kept; zeros fill up what is missing.
  const std::int64_t kept = (point < 0 ? static_cast<std::int64_t>(digit_count) : point) + exponent + scale;
  UInt128 magnitude = 0;
  std::int64_t seen = 0;
  bool round_up = false;
  const UInt128 limit = PowerOfTen(precision);
  for (std::size_t i = digits_begin; i < digits_end && seen <= kept; ++i) {
    if (text[i] == '.') continue;
    if (seen++ == kept) {
      round_up = text[i] >= '5';
      break;
    }
    magnitude = magnitude * 10 + static_cast<unsigned>(text[i] - '0');
    if (magnitude >= limit) return DecimalOutcome::kOverflow;
  }
  for (; seen < kept && magnitude != 0; ++seen) {
    magnitude *= 10;
    if (magnitude >= limit) return DecimalOutcome::kOverflow;
  }
  if (round_up) ++magnitude;
  if (magnitude >= limit) return DecimalOutcome::kOverflow;
  value = negative ? -static_cast<Int128>(magnitude) : static_cast<Int128>(magnitude);
  return DecimalOutcome::kOk;
}

arrow::Decimal128 ToArrow(Int128 value) {
  return arrow::Decimal128(static_cast<std::int64_t>(value >> 64), static_cast<std::uint64_t>(value));
}

/// The types whose binary form is that of int2, int4, int8.
template <typename Builder>
using ValueOf = typename Builder::value_type;

}  // namespace

ValueReader::Kind ValueReader::KindOf(const ResolvedType& resolved, bool binary) {
  switch (resolved.kind) {
    case CellKind::kBool:
    case CellKind::kBool8: return Kind::kBool;
    case CellKind::kInt8: return Kind::kInt8;
    case CellKind::kInt16: return Kind::kInt16;
    case CellKind::kInt32: return Kind::kInt32;
    case CellKind::kInt64: return Kind::kInt64;
    case CellKind::kUInt8: return Kind::kUInt8;
    case CellKind::kUInt16: return Kind::kUInt16;
    case CellKind::kUInt32: return Kind::kUInt32;
    case CellKind::kUInt64: return Kind::kUInt64;
    case CellKind::kFloat: return Kind::kFloat;
    case CellKind::kDouble: return Kind::kDouble;
    case CellKind::kDecimal32:
    case CellKind::kDecimal64:
    case CellKind::kDecimal128: return Kind::kDecimal;
    case CellKind::kBinary:
    case CellKind::kLargeBinary:
    case CellKind::kBinaryView: return Kind::kBytes;
    case CellKind::kDate32:
    case CellKind::kDate64: return Kind::kDate;
    case CellKind::kTime32:
    case CellKind::kTime64: return Kind::kTime;
    case CellKind::kTimestamp: return Kind::kTimestamp;
    case CellKind::kTimestampTz: return Kind::kTimestampTz;
    case CellKind::kIntervalMonths:
    case CellKind::kIntervalDayTime:
    case CellKind::kIntervalMonthDayNano: return binary ? Kind::kInterval : Kind::kText;
    case CellKind::kUuid: return Kind::kUuid;
    case CellKind::kList:
    case CellKind::kLargeList:
    case CellKind::kListView:
    case CellKind::kLargeListView: return ElementOidOf(resolved.pg.oid) != 0 ? Kind::kList : Kind::kText;
    default: return Kind::kText;
  }
}

std::shared_ptr<arrow::DataType> ValueReader::BuiltType(Kind kind, const arrow::DataType& storage) {
  switch (kind) {
    case Kind::kBool: return arrow::boolean();
    case Kind::kInt8: return arrow::int8();
    case Kind::kInt16: return arrow::int16();
    case Kind::kInt32: return arrow::int32();
    case Kind::kInt64: return arrow::int64();
    case Kind::kUInt8: return arrow::uint8();
    case Kind::kUInt16: return arrow::uint16();
    case Kind::kUInt32: return arrow::uint32();
    case Kind::kUInt64: return arrow::uint64();
    case Kind::kFloat: return arrow::float32();
    case Kind::kDouble: return arrow::float64();
    case Kind::kDecimal: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(storage);
      if (decimal.precision() <= kMaxShortPrecision) return arrow::decimal64(decimal.precision(), decimal.scale());
      return arrow::decimal128(decimal.precision(), decimal.scale());
    }
    case Kind::kText: return arrow::utf8();
    case Kind::kBytes: return arrow::binary();
    case Kind::kDate: return arrow::date32();
    case Kind::kTime: return arrow::time64(arrow::TimeUnit::MICRO);
    case Kind::kTimestamp: return arrow::timestamp(arrow::TimeUnit::MICRO);
    case Kind::kTimestampTz: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case Kind::kInterval: return arrow::month_day_nano_interval();
    case Kind::kUuid: return arrow::fixed_size_binary(16);
    case Kind::kList: return nullptr;  // made of its elements
  }
  __builtin_unreachable();
}

Result<ValueReader> ValueReader::Make(const arrow::Field& column, bool binary, Zone* zone) {
  const ResolvedType resolved = Resolve(column);
  ValueReader reader;
  reader.kind_ = KindOf(resolved, binary);
  reader.oid_ = resolved.pg.oid;
  reader.zone_ = zone;
  reader.is_plain_ = reader.kind_ == Kind::kInt32 || reader.kind_ == Kind::kInt64 || reader.kind_ == Kind::kDecimal ||
                     reader.kind_ == Kind::kDate || reader.kind_ == Kind::kText;
  std::shared_ptr<const arrow::KeyValueMetadata> metadata;
  if (reader.kind_ == Kind::kUuid) {
    metadata = arrow::key_value_metadata({"ARROW:extension:name", "ARROW:extension:metadata"}, {"arrow.uuid", ""});
  }
  if (reader.kind_ == Kind::kList) {
    const auto& element = *static_cast<const arrow::BaseListType&>(*resolved.storage).value_field();
    TAVANA_ASSIGN_OR_RETURN(ValueReader made, Make(element, binary, zone));
    reader.element_ = std::make_unique<ValueReader>(std::move(made));
    const auto type = arrow::list(reader.element_->field_);
    reader.builder_ =
        std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), reader.element_->builder_, type);
    reader.field_ = arrow::field(column.name(), type);
    return reader;
  }
  const auto type = BuiltType(reader.kind_, *resolved.storage);
  if (reader.kind_ == Kind::kDecimal) {
    reader.precision_ = static_cast<const arrow::DecimalType&>(*type).precision();
    reader.scale_ = static_cast<const arrow::DecimalType&>(*type).scale();
    reader.limit_ = internal::kPowersOfTen[static_cast<std::size_t>(std::min(reader.precision_, 19))];
  }
  auto builder = arrow::MakeBuilder(type);
  TAVANA_RETURN_IF_ERROR(FromArrow(builder.status()));
  reader.builder_ = *std::move(builder);
  reader.field_ = arrow::field(column.name(), type, true, std::move(metadata));
  return reader;
}

Status ValueReader::AppendNull() {
  room_ = 0;
  return FromArrow(builder_->AppendNull());
}

Status ValueReader::MakeRoom() {
  constexpr std::int64_t kRows = 1024;
  TAVANA_RETURN_IF_ERROR(FromArrow(builder_->Reserve(kRows)));
  room_ = kRows;
  return Status::Ok();
}

Status ValueReader::MakeDataRoom(std::size_t bytes) {
  constexpr std::size_t kLeastBytes = 32 << 10;
  const auto wanted = static_cast<std::int64_t>(std::max(bytes, kLeastBytes));
  TAVANA_RETURN_IF_ERROR(FromArrow(As<arrow::StringBuilder>().ReserveData(wanted)));
  data_room_ = static_cast<std::size_t>(wanted);
  return Status::Ok();
}

Result<std::shared_ptr<arrow::Array>> ValueReader::Finish() {
  room_ = 0;
  data_room_ = 0;
  std::shared_ptr<arrow::Array> array;
  TAVANA_RETURN_IF_ERROR(FromArrow(builder_->Finish(&array)));
  return array;
}

Error ValueReader::BadText(std::string_view text) const {
  const bool is_time =
      kind_ == Kind::kDate || kind_ == Kind::kTime || kind_ == Kind::kTimestamp || kind_ == Kind::kTimestampTz;
  std::string_view name = NameOf(oid_);
  if (kind_ == Kind::kTimestamp) name = "timestamp";  // as PostgreSQL's parser of dates calls it
  if (kind_ == Kind::kTime) name = "time";
  return Error(is_time ? ErrorCode::kDatetimeFormat : ErrorCode::kInvalidText,
               "invalid input syntax for type " + std::string(name) + ": \"" + std::string(CutUtf8(text, 1000)) + "\"");
}

Error ValueReader::OutOfRange(std::string_view text) const {
  const std::string shown(CutUtf8(text, 1000));
  switch (kind_) {
    case Kind::kDate:
    case Kind::kTime:
    case Kind::kTimestamp:
    case Kind::kTimestampTz:
      return Error(ErrorCode::kDatetimeOverflow, "date/time field value out of range: \"" + shown + "\"");
    case Kind::kFloat:
    case Kind::kDouble:
      return Error(ErrorCode::kOutOfRange, "\"" + shown + "\" is out of range for type " + std::string(NameOf(oid_)));
    default:
      return Error(ErrorCode::kOutOfRange,
                   "value \"" + shown + "\" is out of range for type " + std::string(NameOf(oid_)));
  }
}

template <typename Builder>
Status ValueReader::AppendIntegerText(std::string_view text) {
  using T = ValueOf<Builder>;
  if constexpr (std::is_same_v<Builder, arrow::FloatBuilder> || std::is_same_v<Builder, arrow::DoubleBuilder>) {
    T number{};
    std::string_view trimmed = Trimmed(text);
    if (trimmed.starts_with('+') && !trimmed.starts_with("+-")) trimmed.remove_prefix(1);
    const auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
    if (error == std::errc::result_out_of_range) return OutOfRange(text);
    if (error != std::errc() || end != trimmed.data() + trimmed.size()) return BadText(text);
    return FromArrow(As<Builder>().Append(number));
  } else {
    std::int64_t plain = 0;
    if (internal::ReadShortInteger(text, plain)) [[likely]] {
      if (static_cast<std::int64_t>(static_cast<T>(plain)) != plain || (std::is_unsigned_v<T> && plain < 0))
        return OutOfRange(text);
      return FromArrow(As<Builder>().Append(static_cast<T>(plain)));
    }
    std::string_view trimmed = Trimmed(text);
    if (trimmed.starts_with('+') && !trimmed.starts_with("+-")) trimmed.remove_prefix(1);
    T number{};
    const auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
    if (error == std::errc::result_out_of_range) return OutOfRange(text);
    if (error != std::errc() || end != trimmed.data() + trimmed.size()) return BadText(text);
    return FromArrow(As<Builder>().Append(number));
  }
}

Status ValueReader::AppendDecimal(std::string_view text) {
  const auto append = [&](Int128 decimal) {
    if (precision_ > kMaxShortPrecision) return FromArrow(As<arrow::Decimal128Builder>().Append(ToArrow(decimal)));
    return FromArrow(As<arrow::Decimal64Builder>().Append(arrow::Decimal64(static_cast<std::int64_t>(decimal))));
  };
  std::int64_t plain = 0;
  Int128 value = 0;
  if (internal::ReadShortDecimal(text, scale_, plain)) [[likely]] {
    if (Magnitude(plain) < limit_) return append(plain);
  }
  switch (ReadDecimal(text, precision_, scale_, value)) {
    case DecimalOutcome::kOk: return append(value);
    case DecimalOutcome::kMalformed: return BadText(text);
    case DecimalOutcome::kOverflow: break;
  }
  const std::int32_t whole_digits = precision_ - scale_;
  return Error(ErrorCode::kOutOfRange, "numeric field overflow")
      .WithDetail("A field with precision " + std::to_string(precision_) + ", scale " + std::to_string(scale_) +
                  " must round to an absolute value less than " +
                  (whole_digits == 0 ? "1" : "10^" + std::to_string(whole_digits)) + ".");
}

Status ValueReader::AppendTimestampText(std::string_view text) {
  ParsedTimestamp parsed;
  const ParseOutcome outcome = ParseTimestamp(text, parsed);
  if (outcome == ParseOutcome::kMalformed) return BadText(text);
  if (outcome == ParseOutcome::kFieldOverflow) return OutOfRange(text);
  std::int64_t micros = parsed.micros;
  const bool finite = micros != kInfiniteTicks && micros != -kInfiniteTicks;
  if (kind_ == Kind::kTimestampTz && finite) {
    const auto seconds = [](std::int64_t value) {
      return value / kMicrosPerSecond - (value % kMicrosPerSecond < 0 ? 1 : 0);
    };
    std::int64_t offset_seconds = 0;
    if (parsed.offset_seconds) {
      offset_seconds = *parsed.offset_seconds;
    } else {  // the zone's offset at the instant, which the offset itself moves: two looks find it
      const std::int64_t guess = seconds(micros) - zone_->OffsetSecondsAt(seconds(micros));
      offset_seconds = zone_->OffsetSecondsAt(guess);
    }
    if (__builtin_sub_overflow(micros, offset_seconds * kMicrosPerSecond, &micros)) return OutOfRange(text);
  }
  return FromArrow(As<arrow::TimestampBuilder>().Append(micros));
}

Status ValueReader::AppendUuidText(std::string_view text) {
  // uuid_in: hexadecimal digits, a hyphen behind any group of four, braces around.
  std::string_view rest = text;
  const bool braces = rest.starts_with('{');
  if (braces) rest.remove_prefix(1);
  std::uint8_t bytes[16];
  for (std::size_t i = 0; i < 16; ++i) {
    if (rest.size() < 2) return BadText(text);
    const int high = HexDigit(rest[0]), low = HexDigit(rest[1]);
    if (high < 0 || low < 0) return BadText(text);
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    rest.remove_prefix(2);
    if (i % 2 == 1 && i < 15 && rest.starts_with('-')) rest.remove_prefix(1);
  }
  if (rest != (braces ? "}" : "")) return BadText(text);
  return FromArrow(As<arrow::FixedSizeBinaryBuilder>().Append(bytes));
}

Status ValueReader::AppendListText(std::string_view text) {
  TAVANA_ASSIGN_OR_RETURN(const auto elements, ParseArrayText(text));
  TAVANA_RETURN_IF_ERROR(FromArrow(As<arrow::ListBuilder>().Append()));
  for (const auto& element : elements) {
    TAVANA_RETURN_IF_ERROR(element ? element_->AppendText(*element) : element_->AppendNull());
  }
  return Status::Ok();
}

Status ValueReader::AppendAnyText(std::string_view text) {
  room_ = 0;  // what is reserved is taken here too
  data_room_ = 0;
  switch (kind_) {
    case Kind::kBool: {
      const std::optional<bool> value = ParseBool(text);
      if (!value) return BadText(text);
      return FromArrow(As<arrow::BooleanBuilder>().Append(*value));
    }
    case Kind::kInt8: return AppendIntegerText<arrow::Int8Builder>(text);
    case Kind::kInt16: return AppendIntegerText<arrow::Int16Builder>(text);
    case Kind::kInt32: return AppendIntegerText<arrow::Int32Builder>(text);
    case Kind::kInt64: return AppendIntegerText<arrow::Int64Builder>(text);
    case Kind::kUInt8: return AppendIntegerText<arrow::UInt8Builder>(text);
    case Kind::kUInt16: return AppendIntegerText<arrow::UInt16Builder>(text);
    case Kind::kUInt32: return AppendIntegerText<arrow::UInt32Builder>(text);
    case Kind::kUInt64: return AppendIntegerText<arrow::UInt64Builder>(text);
    case Kind::kFloat: return AppendIntegerText<arrow::FloatBuilder>(text);
    case Kind::kDouble: return AppendIntegerText<arrow::DoubleBuilder>(text);
    case Kind::kDecimal: return AppendDecimal(text);
    case Kind::kText: return FromArrow(As<arrow::StringBuilder>().Append(text));
    case Kind::kBytes: {
      if (text.starts_with("\\x")) {
        TAVANA_ASSIGN_OR_RETURN(const std::string bytes, ParseHex(text.substr(2)));
        return FromArrow(As<arrow::BinaryBuilder>().Append(bytes));
      }
      const auto bytes = ParseEscaped(text);
      if (!bytes) return Error(ErrorCode::kInvalidText, "invalid input syntax for type bytea");
      return FromArrow(As<arrow::BinaryBuilder>().Append(*bytes));
    }
    case Kind::kDate: {
      std::int32_t days = 0;
      const ParseOutcome outcome = ParseDate(text, days);
      if (outcome == ParseOutcome::kMalformed) return BadText(text);
      if (outcome == ParseOutcome::kFieldOverflow) return OutOfRange(text);
      return FromArrow(As<arrow::Date32Builder>().Append(days));
    }
    case Kind::kTime: {
      std::int64_t micros = 0;
      const ParseOutcome outcome = ParseTime(text, micros);
      if (outcome == ParseOutcome::kMalformed) return BadText(text);
      if (outcome == ParseOutcome::kFieldOverflow) return OutOfRange(text);
      return FromArrow(As<arrow::Time64Builder>().Append(micros));
    }
    case Kind::kTimestamp:
    case Kind::kTimestampTz: return AppendTimestampText(text);
    case Kind::kUuid: return AppendUuidText(text);
    case Kind::kList: return AppendListText(text);
    case Kind::kInterval: break;  // text stays text
  }
  return Error(ErrorCode::kInternal, "a column has no text form");
}

template <typename Builder, typename Wire>
Status ValueReader::AppendIntegerBinary(std::string_view bytes) {
  TAVANA_RETURN_IF_ERROR(CheckSize(bytes, sizeof(Wire)));
  const auto value = GetBigEndian<Wire>(bytes.data());
  using T = ValueOf<Builder>;
  if (static_cast<T>(value) != value || (std::is_unsigned_v<T> && value < 0)) return OutOfRange(std::to_string(value));
  return FromArrow(As<Builder>().Append(static_cast<T>(value)));
}

/// array_recv: dimensions, a flag, the element's oid, then length and lower bound of the dimension, then the elements.
Status ValueReader::AppendListBinary(std::string_view bytes) {
  const auto next = [&]() -> Result<std::int32_t> {
    if (bytes.size() < 4) return TooShort();
    const auto value = GetBigEndian<std::int32_t>(bytes.data());
    bytes.remove_prefix(4);
    return value;
  };
  TAVANA_ASSIGN_OR_RETURN(const std::int32_t dimensions, next());
  TAVANA_ASSIGN_OR_RETURN(const std::int32_t flags, next());
  TAVANA_ASSIGN_OR_RETURN(const std::int32_t element_oid, next());
  if (flags != 0 && flags != 1) return Error(ErrorCode::kInvalidBinary, "invalid array flags");
  if (static_cast<std::uint32_t>(element_oid) != element_->oid_) {
    return Error(ErrorCode::kDatatypeMismatch, "binary data has array element type " + std::to_string(element_oid) +
                                                   " (" + std::string(NameOf(static_cast<std::uint32_t>(element_oid))) +
                                                   ") instead of expected " + std::to_string(element_->oid_) + " (" +
                                                   std::string(NameOf(element_->oid_)) + ")");
  }
  if (dimensions < 0) {
    return Error(ErrorCode::kInvalidBinary, "invalid number of dimensions: " + std::to_string(dimensions));
  }
  if (dimensions > 1) return Error(ErrorCode::kUnsupported, "arrays of several dimensions are not supported");
  TAVANA_RETURN_IF_ERROR(FromArrow(As<arrow::ListBuilder>().Append()));
  if (dimensions == 0) return bytes.empty() ? Status::Ok() : Status(BadBinary());
  TAVANA_ASSIGN_OR_RETURN(const std::int32_t count, next());
  TAVANA_ASSIGN_OR_RETURN([[maybe_unused]] const std::int32_t lower_bound, next());
  if (count < 0) return BadBinary();
  for (std::int32_t i = 0; i < count; ++i) {
    TAVANA_ASSIGN_OR_RETURN(const std::int32_t length, next());
    if (length < -1) return BadBinary();
    if (length == -1) {
      TAVANA_RETURN_IF_ERROR(element_->AppendNull());
      continue;
    }
    if (bytes.size() < static_cast<std::size_t>(length)) return TooShort();
    TAVANA_RETURN_IF_ERROR(element_->AppendBinary(bytes.substr(0, static_cast<std::size_t>(length))));
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
  return bytes.empty() ? Status::Ok() : Status(BadBinary());
}

/// Types whose column is text, made from the binary form.
Status ValueReader::AppendTextualBinary(std::string_view bytes) {
  auto& builder = As<arrow::StringBuilder>();
  switch (oid_) {
    case kNumericOid: {
      const auto text = NumericText(bytes);
      if (!text) return BadBinary();
      return FromArrow(builder.Append(*text));
    }
    case kTimeTzOid: {
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 12));
      const auto micros = GetBigEndian<std::int64_t>(bytes.data());
      const auto west_seconds = GetBigEndian<std::int32_t>(bytes.data() + 8);
      if (micros < 0 || micros > kMicrosPerDay) return Error(ErrorCode::kDatetimeOverflow, "time out of range");
      if (west_seconds <= -16 * 3600 || west_seconds >= 16 * 3600) {
        return Error(ErrorCode::kDatetimeOverflow, "time zone displacement out of range");
      }
      char text[kMaxFixedTextBytes];
      const char* end = PutOffset(PutTime(text, micros), -west_seconds);
      return FromArrow(builder.Append(std::string_view(text, static_cast<std::size_t>(end - text))));
    }
    default: TAVANA_RETURN_IF_ERROR(CheckUtf8(bytes)); return FromArrow(builder.Append(bytes));
  }
}

Status ValueReader::AppendAnyBinary(std::string_view bytes) {
  room_ = 0;
  data_room_ = 0;
  switch (kind_) {
    case Kind::kBool:
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 1));
      return FromArrow(As<arrow::BooleanBuilder>().Append(bytes[0] != 0));
    case Kind::kInt8: return AppendIntegerBinary<arrow::Int8Builder, std::int16_t>(bytes);
    case Kind::kInt16: return AppendIntegerBinary<arrow::Int16Builder, std::int16_t>(bytes);
    case Kind::kInt32: return AppendIntegerBinary<arrow::Int32Builder, std::int32_t>(bytes);
    case Kind::kInt64: return AppendIntegerBinary<arrow::Int64Builder, std::int64_t>(bytes);
    case Kind::kUInt8: return AppendIntegerBinary<arrow::UInt8Builder, std::int16_t>(bytes);
    case Kind::kUInt16: return AppendIntegerBinary<arrow::UInt16Builder, std::int32_t>(bytes);
    case Kind::kUInt32: return AppendIntegerBinary<arrow::UInt32Builder, std::int64_t>(bytes);
    case Kind::kUInt64: {
      const auto text = NumericText(bytes);
      return text ? AppendIntegerText<arrow::UInt64Builder>(*text) : Status(BadBinary());
    }
    case Kind::kFloat: {
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 4));
      const auto bits = GetBigEndian<std::uint32_t>(bytes.data());
      float value;
      std::memcpy(&value, &bits, sizeof value);
      return FromArrow(As<arrow::FloatBuilder>().Append(value));
    }
    case Kind::kDouble: {
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 8));
      const auto bits = GetBigEndian<std::uint64_t>(bytes.data());
      double value;
      std::memcpy(&value, &bits, sizeof value);
      return FromArrow(As<arrow::DoubleBuilder>().Append(value));
    }
    case Kind::kDecimal: {
      const auto text = NumericText(bytes);
      return text ? AppendDecimal(*text) : Status(BadBinary());
    }
    case Kind::kText: return AppendTextualBinary(bytes);
    case Kind::kBytes: return FromArrow(As<arrow::BinaryBuilder>().Append(bytes));
    case Kind::kDate: {
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 4));
      const auto days = GetBigEndian<std::int32_t>(bytes.data());
      std::int32_t shifted = 0;
      if (days == std::numeric_limits<std::int32_t>::max()) {
        shifted = kInfiniteDays;
      } else if (days == std::numeric_limits<std::int32_t>::min()) {
        shifted = -kInfiniteDays;
      } else if (__builtin_add_overflow(days, kDaysFrom1970To2000, &shifted) || shifted == kInfiniteDays) {
        return Error(ErrorCode::kDatetimeOverflow, "date out of range");
      }
      return FromArrow(As<arrow::Date32Builder>().Append(shifted));
    }
    case Kind::kTime: {
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 8));
      const auto micros = GetBigEndian<std::int64_t>(bytes.data());
      if (micros < 0 || micros > kMicrosPerDay) return Error(ErrorCode::kDatetimeOverflow, "time out of range");
      return FromArrow(As<arrow::Time64Builder>().Append(micros));
    }
    case Kind::kTimestamp:
    case Kind::kTimestampTz: {
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 8));
      const auto micros = GetBigEndian<std::int64_t>(bytes.data());
      std::int64_t shifted = 0;
      if (micros == std::numeric_limits<std::int64_t>::max()) {
        shifted = kInfiniteTicks;
      } else if (micros == std::numeric_limits<std::int64_t>::min()) {
        shifted = -kInfiniteTicks;
      } else if (__builtin_add_overflow(micros, kMicrosFrom1970To2000, &shifted) || shifted == kInfiniteTicks) {
        return Error(ErrorCode::kDatetimeOverflow, "timestamp out of range");
      }
      return FromArrow(As<arrow::TimestampBuilder>().Append(shifted));
    }
    case Kind::kInterval: {
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 16));
      arrow::MonthDayNanoIntervalType::MonthDayNanos interval{};
      interval.days = GetBigEndian<std::int32_t>(bytes.data() + 8);
      interval.months = GetBigEndian<std::int32_t>(bytes.data() + 12);
      if (__builtin_mul_overflow(GetBigEndian<std::int64_t>(bytes.data()), std::int64_t{1000}, &interval.nanoseconds)) {
        return Error(ErrorCode::kDatetimeOverflow, "interval out of range");
      }
      return FromArrow(As<arrow::MonthDayNanoIntervalBuilder>().Append(interval));
    }
    case Kind::kUuid:
      TAVANA_RETURN_IF_ERROR(CheckSize(bytes, 16));
      return FromArrow(As<arrow::FixedSizeBinaryBuilder>().Append(bytes.data()));
    case Kind::kList: return AppendListBinary(bytes);
  }
  __builtin_unreachable();
}

}  // namespace tavana::pgwire
