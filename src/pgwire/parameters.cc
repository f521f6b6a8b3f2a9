#include "base/hex.h"
#include "pgwire/parameters.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pgwire/array_text.h"
#include "pgwire/byte_order.h"
#include "pgwire/cell_put.h"
#include "pgwire/numeric.h"
#include "pgwire/types.h"
#include "pgwire/utf8.h"
#include "pgwire/value_text.h"

namespace tavana::pgwire {
namespace {

/// One value on its way in. `number` counts from 1, as errors name it.
struct Value {
  std::string_view bytes;
  std::uint32_t oid;
  bool binary;
  std::size_t number;
};

Error BadBinary(const Value& value) {
  return Error(ErrorCode::kInvalidBinary,
               "incorrect binary data format in bind parameter " + std::to_string(value.number));
}

Error BadText(const Value& value) {
  return Error(ErrorCode::kInvalidText, "invalid input syntax for type " + std::string(NameOf(value.oid)) + ": \"" +
                                            std::string(CutUtf8(value.bytes, 1000)) + "\"");
}

Error OutOfRange(const Value& value) {
  if (value.binary) return Error(ErrorCode::kOutOfRange, std::string(NameOf(value.oid)) + " out of range");
  return Error(ErrorCode::kOutOfRange, "value \"" + std::string(CutUtf8(value.bytes, 1000)) +
                                           "\" is out of range for type " + std::string(NameOf(value.oid)));
}

Status FromArrow(const arrow::Status& status) {
  if (status.ok()) return Status::Ok();
  return Error(status.IsOutOfMemory() ? ErrorCode::kOutOfMemory : ErrorCode::kInternal, status.ToString());
}

/// The column type of a parameter; null for a type not known here.
std::shared_ptr<arrow::DataType> ColumnType(std::uint32_t oid, bool binary) {
  switch (oid) {
    case kBoolOid:
    case kInt2Oid:
    case kInt4Oid:
    case kInt8Oid:
    case kOidOid:
    case kFloat4Oid:
    case kFloat8Oid:
    case kByteaOid: return ArrowTypeOf(oid);
    case kDateOid:
    case kTimeOid:
    case kTimestampOid:
    case kTimestampTzOid:
    case kIntervalOid: return binary ? ArrowTypeOf(oid) : arrow::utf8();
    case kTextOid:
    case kVarcharOid:
    case kBpcharOid:
    case kNameOid:
    case kUnknownOid:
    case kJsonOid:
    case kJsonbOid:
    case kUuidOid:
    case kTimeTzOid:
    case kNumericOid: return arrow::utf8();
    default: break;
  }
  if (const std::uint32_t element = ElementOidOf(oid); element != 0) return arrow::list(ColumnType(element, binary));
  return binary ? nullptr : arrow::utf8();
}

template <typename Builder, typename T>
Status AppendTo(arrow::ArrayBuilder& builder, T&& value) {
  return FromArrow(static_cast<Builder&>(builder).Append(std::forward<T>(value)));
}

Status AppendBool(arrow::ArrayBuilder& builder, const Value& value) {
  if (value.binary) {
    if (value.bytes.size() != 1) return BadBinary(value);
    return AppendTo<arrow::BooleanBuilder>(builder, value.bytes[0] != 0);
  }
  const std::optional<bool> parsed = ParseBool(value.bytes);
  if (!parsed) return BadText(value);
  return AppendTo<arrow::BooleanBuilder>(builder, *parsed);
}

template <typename Builder, typename T>
Status AppendInteger(arrow::ArrayBuilder& builder, const Value& value) {
  if (value.binary) {
    if (value.bytes.size() != sizeof(T)) return BadBinary(value);
    return AppendTo<Builder>(builder, GetBigEndian<T>(value.bytes.data()));
  }
  std::string_view text = Trimmed(value.bytes);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return BadText(value);
  }
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return OutOfRange(value);
  if (error != std::errc() || end != text.data() + text.size()) return BadText(value);
  return AppendTo<Builder>(builder, number);
}

/// The names float8in takes besides what from_chars reads ("inf", "infinity", "nan", with a sign).
template <typename Builder, typename T, typename Bits>
Status AppendFloat(arrow::ArrayBuilder& builder, const Value& value) {
  T number{};
  if (value.binary) {
    if (value.bytes.size() != sizeof(T)) return BadBinary(value);
    const auto bits = GetBigEndian<Bits>(value.bytes.data());
    std::memcpy(&number, &bits, sizeof number);
    return AppendTo<Builder>(builder, number);
  }
  std::string_view text = Trimmed(value.bytes);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return BadText(value);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return OutOfRange(value);
  if (error != std::errc() || end != text.data() + text.size()) return BadText(value);
  return AppendTo<Builder>(builder, number);
}

Status AppendBytea(arrow::ArrayBuilder& builder, const Value& value) {
  if (value.binary) return AppendTo<arrow::BinaryBuilder>(builder, value.bytes);
  if (value.bytes.starts_with("\\x")) {
    TAVANA_ASSIGN_OR_RETURN(const std::string bytes, ParseHex(value.bytes.substr(2)));
    return AppendTo<arrow::BinaryBuilder>(builder, std::string_view(bytes));
  }
  const std::optional<std::string> bytes = ParseEscaped(value.bytes);
  if (!bytes) return Error(ErrorCode::kInvalidText, "invalid input syntax for type bytea");
  return AppendTo<arrow::BinaryBuilder>(builder, std::string_view(*bytes));
}

Status AppendString(arrow::ArrayBuilder& builder, std::string_view text) {
  TAVANA_RETURN_IF_ERROR(CheckUtf8(text));
  return AppendTo<arrow::StringBuilder>(builder, text);
}

std::string_view TextPutInto(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

Status AppendTimeTzText(arrow::ArrayBuilder& builder, const Value& value) {
  if (value.bytes.size() != 12) return BadBinary(value);
  const auto micros = GetBigEndian<std::int64_t>(value.bytes.data());
  const auto west_seconds = GetBigEndian<std::int32_t>(value.bytes.data() + 8);
  if (micros < 0 || micros > kMicrosPerDay || west_seconds <= -16 * 3600 || west_seconds >= 16 * 3600) {
    return OutOfRange(value);
  }
  char text[kMaxFixedTextBytes];
  return AppendString(builder, TextPutInto(text, PutOffset(PutTime(text, micros), -west_seconds)));
}

/// Types whose column is text: as it came, or made from the binary form.
Status AppendTextual(arrow::ArrayBuilder& builder, const Value& value) {
  if (!value.binary) return AppendString(builder, value.bytes);
  switch (value.oid) {
    case kNumericOid: {
      const std::optional<std::string> text = NumericText(value.bytes);
      return text ? AppendString(builder, *text) : Status(BadBinary(value));
    }
    case kUuidOid: {
      if (value.bytes.size() != 16) return BadBinary(value);
      char text[kMaxFixedTextBytes];
      return AppendString(builder, TextPutInto(text, PutUuid(text, value.bytes.data())));
    }
    case kTimeTzOid: return AppendTimeTzText(builder, value);
    case kJsonbOid:  // a version byte, always 1, then text
      if (value.bytes.empty() || value.bytes[0] != 1) return BadBinary(value);
      return AppendString(builder, value.bytes.substr(1));
    default: return AppendString(builder, value.bytes);
  }
}

Status AppendDate(arrow::ArrayBuilder& builder, const Value& value) {
  if (!value.binary) return AppendString(builder, value.bytes);
  if (value.bytes.size() != 4) return BadBinary(value);
  const auto days = GetBigEndian<std::int32_t>(value.bytes.data());
  std::int32_t shifted = 0;
  if (days == std::numeric_limits<std::int32_t>::max()) {
    shifted = kInfiniteDays;
  } else if (days == std::numeric_limits<std::int32_t>::min()) {
    shifted = -kInfiniteDays;
  } else if (__builtin_add_overflow(days, kDaysFrom1970To2000, &shifted) || shifted == kInfiniteDays) {
    return OutOfRange(value);
  }
  return AppendTo<arrow::Date32Builder>(builder, shifted);
}

Status AppendTime(arrow::ArrayBuilder& builder, const Value& value) {
  if (!value.binary) return AppendString(builder, value.bytes);
  if (value.bytes.size() != 8) return BadBinary(value);
  const auto micros = GetBigEndian<std::int64_t>(value.bytes.data());
  if (micros < 0 || micros > kMicrosPerDay) return OutOfRange(value);
  return AppendTo<arrow::Time64Builder>(builder, micros);
}

Status AppendTimestamp(arrow::ArrayBuilder& builder, const Value& value) {
  if (!value.binary) return AppendString(builder, value.bytes);
  if (value.bytes.size() != 8) return BadBinary(value);
  const auto micros = GetBigEndian<std::int64_t>(value.bytes.data());
  std::int64_t shifted = 0;
  if (micros == std::numeric_limits<std::int64_t>::max()) {
    shifted = kInfiniteTicks;
  } else if (micros == std::numeric_limits<std::int64_t>::min()) {
    shifted = -kInfiniteTicks;
  } else if (__builtin_add_overflow(micros, kMicrosFrom1970To2000, &shifted) || shifted == kInfiniteTicks) {
    return OutOfRange(value);
  }
  return AppendTo<arrow::TimestampBuilder>(builder, shifted);
}

Status AppendInterval(arrow::ArrayBuilder& builder, const Value& value) {
  if (!value.binary) return AppendString(builder, value.bytes);
  if (value.bytes.size() != 16) return BadBinary(value);
  arrow::MonthDayNanoIntervalType::MonthDayNanos interval{};
  interval.days = GetBigEndian<std::int32_t>(value.bytes.data() + 8);
  interval.months = GetBigEndian<std::int32_t>(value.bytes.data() + 12);
  if (__builtin_mul_overflow(GetBigEndian<std::int64_t>(value.bytes.data()), std::int64_t{1000},
                             &interval.nanoseconds)) {
    return OutOfRange(value);
  }
  return AppendTo<arrow::MonthDayNanoIntervalBuilder>(builder, interval);
}

Status AppendValue(arrow::ArrayBuilder& builder, const Value& value);

Status AppendElement(arrow::ArrayBuilder& elements, const Value& array, std::uint32_t oid,
                     std::optional<std::string_view> bytes) {
  if (!bytes) return FromArrow(elements.AppendNull());
  return AppendValue(elements, {.bytes = *bytes, .oid = oid, .binary = array.binary, .number = array.number});
}

Status AppendTextArray(arrow::ListBuilder& builder, const Value& value, std::uint32_t element_oid) {
  TAVANA_RETURN_IF_ERROR(CheckUtf8(value.bytes));
  TAVANA_ASSIGN_OR_RETURN(const auto elements, ParseArrayText(value.bytes));
  TAVANA_RETURN_IF_ERROR(FromArrow(builder.Append()));
  for (const auto& element : elements) {
    TAVANA_RETURN_IF_ERROR(AppendElement(*builder.value_builder(), value, element_oid, element));
  }
  return Status::Ok();
}

Status AppendBinaryArray(arrow::ListBuilder& builder, const Value& value, std::uint32_t element_oid) {
  std::string_view rest = value.bytes;
  const auto next_i32 = [&rest]() -> std::optional<std::int32_t> {
    if (rest.size() < 4) return std::nullopt;
    const auto number = GetBigEndian<std::int32_t>(rest.data());
    rest.remove_prefix(4);
    return number;
  };
  const auto dimensions = next_i32(), has_null = next_i32(), oid = next_i32();
  if (!dimensions || !has_null || !oid || *dimensions < 0) return BadBinary(value);
  if (static_cast<std::uint32_t>(*oid) != element_oid) {
    return Error(ErrorCode::kDatatypeMismatch,
                 "binary data has array element type " + std::to_string(static_cast<std::uint32_t>(*oid)) + " (" +
                     std::string(NameOf(static_cast<std::uint32_t>(*oid))) + ") instead of expected " +
                     std::to_string(element_oid) + " (" + std::string(NameOf(element_oid)) + ")");
  }
  if (*dimensions > 1) return Error(ErrorCode::kUnsupported, "arrays of several dimensions are not supported");
  TAVANA_RETURN_IF_ERROR(FromArrow(builder.Append()));
  if (*dimensions == 0) return rest.empty() ? Status::Ok() : Status(BadBinary(value));
  const auto count = next_i32(), lower_bound = next_i32();
  if (!count || !lower_bound || *count < 0 || rest.size() / 4 < static_cast<std::size_t>(*count)) {
    return BadBinary(value);
  }
  for (std::int32_t i = 0; i < *count; ++i) {
    const auto length = next_i32();
    if (!length || *length < -1) return BadBinary(value);
    std::optional<std::string_view> bytes;
    if (*length >= 0) {
      if (rest.size() < static_cast<std::size_t>(*length)) return BadBinary(value);
      bytes = rest.substr(0, static_cast<std::size_t>(*length));
      rest.remove_prefix(static_cast<std::size_t>(*length));
    }
    TAVANA_RETURN_IF_ERROR(AppendElement(*builder.value_builder(), value, element_oid, bytes));
  }
  return rest.empty() ? Status::Ok() : Status(BadBinary(value));
}

Status AppendValue(arrow::ArrayBuilder& builder, const Value& value) {
  switch (value.oid) {
    case kBoolOid: return AppendBool(builder, value);
    case kInt2Oid: return AppendInteger<arrow::Int16Builder, std::int16_t>(builder, value);
    case kInt4Oid: return AppendInteger<arrow::Int32Builder, std::int32_t>(builder, value);
    case kInt8Oid: return AppendInteger<arrow::Int64Builder, std::int64_t>(builder, value);
    case kOidOid: return AppendInteger<arrow::UInt32Builder, std::uint32_t>(builder, value);
    case kFloat4Oid: return AppendFloat<arrow::FloatBuilder, float, std::uint32_t>(builder, value);
    case kFloat8Oid: return AppendFloat<arrow::DoubleBuilder, double, std::uint64_t>(builder, value);
    case kByteaOid: return AppendBytea(builder, value);
    case kDateOid: return AppendDate(builder, value);
    case kTimeOid: return AppendTime(builder, value);
    case kTimestampOid:
    case kTimestampTzOid: return AppendTimestamp(builder, value);
    case kIntervalOid: return AppendInterval(builder, value);
    default: break;
  }
  const std::uint32_t element_oid = ElementOidOf(value.oid);
  if (element_oid == 0) return AppendTextual(builder, value);
  auto& list = static_cast<arrow::ListBuilder&>(builder);
  return value.binary ? AppendBinaryArray(list, value, element_oid) : AppendTextArray(list, value, element_oid);
}

Result<std::shared_ptr<arrow::Array>> MakeColumn(std::uint32_t oid, bool binary,
                                                 const std::optional<std::string>& bytes, std::size_t number) {
  const std::shared_ptr<arrow::DataType> type = ColumnType(oid, binary);
  if (type == nullptr) {
    return Error(ErrorCode::kUnsupported,
                 "no binary input function available for type with OID " + std::to_string(oid));
  }
  auto builder = arrow::MakeBuilder(type);
  TAVANA_RETURN_IF_ERROR(FromArrow(builder.status()));
  if (!bytes) {
    TAVANA_RETURN_IF_ERROR(FromArrow((*builder)->AppendNull()));
  } else {
    TAVANA_RETURN_IF_ERROR(AppendValue(**builder, {.bytes = *bytes, .oid = oid, .binary = binary, .number = number}));
  }
  std::shared_ptr<arrow::Array> column;
  TAVANA_RETURN_IF_ERROR(FromArrow((*builder)->Finish(&column)));
  return column;
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> DecodeParameters(std::span<const std::shared_ptr<arrow::DataType>> types,
                                                             std::span<const std::uint32_t> oids,
                                                             std::span<const std::int16_t> formats,
                                                             std::span<const std::optional<std::string>> values) {
  if (formats.size() > 1 && formats.size() != values.size()) {
    return Error(ErrorCode::kProtocol, "bind message has " + std::to_string(formats.size()) +
                                           " parameter formats but " + std::to_string(values.size()) + " parameters");
  }
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int16_t format = formats.empty() ? std::int16_t{0} : formats.size() == 1 ? formats[0] : formats[i];
    std::uint32_t oid = i < oids.size() ? oids[i] : 0;
    if (oid == 0) oid = i < types.size() && types[i] != nullptr ? OidOf(*types[i]) : kTextOid;
    TAVANA_ASSIGN_OR_RETURN(auto column, MakeColumn(oid, format == 1, values[i], i + 1));
    fields.push_back(arrow::field(std::to_string(i + 1), column->type()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), 1, std::move(columns));
}

}  // namespace tavana::pgwire
