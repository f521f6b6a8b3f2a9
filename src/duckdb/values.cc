#include "duckdb/values.h"

#include <duckdb/common/types/uuid.hpp>
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/types/decimal.hpp>
#include <duckdb/common/types/interval.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <string>
#include <utility>

#include "duckdb/arrow_export.h"
#include "duckdb/errors.h"

namespace tavana::duckdb_engine {
namespace {

using ::duckdb::LogicalType;
using ::duckdb::Value;

constexpr std::int64_t kMillisecondsPerDay = 86'400'000;

template <typename ArrayType>
auto At(const arrow::Array& array, std::int64_t row) {
  return static_cast<const ArrayType&>(array).GetView(row);
}

std::int64_t MicrosecondsOf(std::int64_t value, arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND: return value * 1'000'000;
    case arrow::TimeUnit::MILLI: return value * 1'000;
    case arrow::TimeUnit::MICRO: return value;
    case arrow::TimeUnit::NANO: return value / 1'000;
  }
  return value;
}

Result<Value> TimestampOf(const arrow::Array& array, std::int64_t row) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  const auto value = At<arrow::TimestampArray>(array, row);
  if (!type.timezone().empty()) {
    return Value::TIMESTAMPTZ(::duckdb::timestamp_tz_t(MicrosecondsOf(value, type.unit())));
  }
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND: return Value::TIMESTAMPSEC(::duckdb::timestamp_sec_t(value));
    case arrow::TimeUnit::MILLI: return Value::TIMESTAMPMS(::duckdb::timestamp_ms_t(value));
    case arrow::TimeUnit::MICRO: return Value::TIMESTAMP(::duckdb::timestamp_t(value));
    case arrow::TimeUnit::NANO: return Value::TIMESTAMPNS(::duckdb::timestamp_ns_t(value));
  }
  return Error(ErrorCode::kInternal, "unknown time unit");
}

Value DecimalOf(const arrow::Array& array, std::int64_t row) {
  const auto& type = static_cast<const arrow::DecimalType&>(*array.type());
  const auto width = static_cast<std::uint8_t>(type.precision());
  const auto scale = static_cast<std::uint8_t>(type.scale());
  ::duckdb::hugeint_t wide;
  switch (array.type_id()) {
    case arrow::Type::DECIMAL32:
      wide = ::duckdb::hugeint_t(
          std::int64_t{arrow::Decimal32(static_cast<const arrow::Decimal32Array&>(array).GetValue(row)).value()});
      break;
    case arrow::Type::DECIMAL64:
      wide = ::duckdb::hugeint_t(
          std::int64_t{arrow::Decimal64(static_cast<const arrow::Decimal64Array&>(array).GetValue(row)).value()});
      break;
    default: {
      const arrow::Decimal128 value(static_cast<const arrow::Decimal128Array&>(array).GetValue(row));
      wide.lower = value.low_bits();
      wide.upper = value.high_bits();
    }
  }
  if (width > ::duckdb::Decimal::MAX_WIDTH_INT64) return Value::DECIMAL(wide, width, scale);
  const auto narrow = static_cast<std::int64_t>(wide.lower);
  if (width > ::duckdb::Decimal::MAX_WIDTH_INT32) return Value::DECIMAL(narrow, width, scale);
  if (width > ::duckdb::Decimal::MAX_WIDTH_INT16)
    return Value::DECIMAL(static_cast<std::int32_t>(narrow), width, scale);
  return Value::DECIMAL(static_cast<std::int16_t>(narrow), width, scale);
}

Value Blob(std::string_view bytes) {
  return Value::BLOB(reinterpret_cast<::duckdb::const_data_ptr_t>(bytes.data()), bytes.size());
}

Result<::duckdb::vector<Value>> Children(const arrow::Array& child, std::int64_t from, std::int64_t count) {
  ::duckdb::vector<Value> values;
  for (std::int64_t i = from; i < from + count; ++i) {
    TAVANA_ASSIGN_OR_RETURN(auto value, ValueOf(child, i));
    values.push_back(std::move(value));
  }
  return values;
}

template <typename ListArray>
Result<Value> ListOf(const arrow::Array& array, std::int64_t row, bool fixed) {
  const auto& list = static_cast<const ListArray&>(array);
  TAVANA_ASSIGN_OR_RETURN(auto child_type, DuckDbTypeOf(*list.values()->type()));
  TAVANA_ASSIGN_OR_RETURN(auto values, Children(*list.values(), list.value_offset(row), list.value_length(row)));
  return fixed ? Value::ARRAY(child_type, std::move(values)) : Value::LIST(child_type, std::move(values));
}

Result<Value> MapOf(const arrow::Array& array, std::int64_t row) {
  const auto& map = static_cast<const arrow::MapArray&>(array);
  TAVANA_ASSIGN_OR_RETURN(const auto type, DuckDbTypeOf(*array.type()));
  TAVANA_ASSIGN_OR_RETURN(auto keys, Children(*map.keys(), map.value_offset(row), map.value_length(row)));
  TAVANA_ASSIGN_OR_RETURN(auto items, Children(*map.items(), map.value_offset(row), map.value_length(row)));
  return Value::MAP(::duckdb::MapType::KeyType(type), ::duckdb::MapType::ValueType(type), std::move(keys),
                    std::move(items));
}

Result<Value> StructOf(const arrow::Array& array, std::int64_t row) {
  const auto& fields = static_cast<const arrow::StructArray&>(array);
  ::duckdb::child_list_t<Value> children;
  for (int i = 0; i < fields.num_fields(); ++i) {
    TAVANA_ASSIGN_OR_RETURN(auto value, ValueOf(*fields.field(i), row));
    children.emplace_back(fields.struct_type()->field(i)->name(), std::move(value));
  }
  return Value::STRUCT(std::move(children));
}

Result<Value> ExtensionOf(const arrow::Array& array, std::int64_t row) {
  const auto& extension = static_cast<const arrow::ExtensionArray&>(array);
  TAVANA_ASSIGN_OR_RETURN(const auto type, DuckDbTypeOf(*array.type()));
  const auto& storage = *extension.storage();
  if (storage.type_id() == arrow::Type::FIXED_SIZE_BINARY) {
    const auto bytes = At<arrow::FixedSizeBinaryArray>(storage, row);
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    if (type.id() == ::duckdb::LogicalTypeId::UUID) return Value::UUID(::duckdb::BaseUUID::FromBlob(data));
    if (type.id() == ::duckdb::LogicalTypeId::HUGEINT || type.id() == ::duckdb::LogicalTypeId::UHUGEINT) {
      std::uint64_t halves[2];
      std::memcpy(halves, data, sizeof halves);
      if (type.id() == ::duckdb::LogicalTypeId::UHUGEINT)
        return Value::UHUGEINT(::duckdb::uhugeint_t(halves[1], halves[0]));
      return Value::HUGEINT(::duckdb::hugeint_t(static_cast<std::int64_t>(halves[1]), halves[0]));
    }
    if (type.id() == ::duckdb::LogicalTypeId::TIME_TZ) {
      std::uint64_t bits;
      std::memcpy(&bits, data, sizeof bits);
      return Value::TIMETZ(::duckdb::dtime_tz_t(bits));
    }
  }
  TAVANA_ASSIGN_OR_RETURN(auto value, ValueOf(storage, row));
  if (type.id() == ::duckdb::LogicalTypeId::BOOLEAN) return value.DefaultCastAs(LogicalType(LogicalType::BOOLEAN));
  return value;
}

Result<Value> NotNull(const arrow::Array& array, std::int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::BOOL: return Value::BOOLEAN(static_cast<const arrow::BooleanArray&>(array).Value(row));
    case arrow::Type::INT8: return Value::TINYINT(At<arrow::Int8Array>(array, row));
    case arrow::Type::INT16: return Value::SMALLINT(At<arrow::Int16Array>(array, row));
    case arrow::Type::INT32: return Value::INTEGER(At<arrow::Int32Array>(array, row));
    case arrow::Type::INT64: return Value::BIGINT(At<arrow::Int64Array>(array, row));
    case arrow::Type::UINT8: return Value::UTINYINT(At<arrow::UInt8Array>(array, row));
    case arrow::Type::UINT16: return Value::USMALLINT(At<arrow::UInt16Array>(array, row));
    case arrow::Type::UINT32: return Value::UINTEGER(At<arrow::UInt32Array>(array, row));
    case arrow::Type::UINT64: return Value::UBIGINT(At<arrow::UInt64Array>(array, row));
    case arrow::Type::FLOAT: return Value::FLOAT(At<arrow::FloatArray>(array, row));
    case arrow::Type::DOUBLE: return Value::DOUBLE(At<arrow::DoubleArray>(array, row));
    case arrow::Type::STRING: return Value(std::string(At<arrow::StringArray>(array, row)));
    case arrow::Type::LARGE_STRING: return Value(std::string(At<arrow::LargeStringArray>(array, row)));
    case arrow::Type::STRING_VIEW: return Value(std::string(At<arrow::StringViewArray>(array, row)));
    case arrow::Type::BINARY: return Blob(At<arrow::BinaryArray>(array, row));
    case arrow::Type::LARGE_BINARY: return Blob(At<arrow::LargeBinaryArray>(array, row));
    case arrow::Type::BINARY_VIEW: return Blob(At<arrow::BinaryViewArray>(array, row));
    case arrow::Type::FIXED_SIZE_BINARY: return Blob(At<arrow::FixedSizeBinaryArray>(array, row));
    case arrow::Type::DATE32: return Value::DATE(::duckdb::date_t(At<arrow::Date32Array>(array, row)));
    case arrow::Type::DATE64:
      return Value::DATE(
          ::duckdb::date_t(static_cast<std::int32_t>(At<arrow::Date64Array>(array, row) / kMillisecondsPerDay)));
    case arrow::Type::TIME32:
      return Value::TIME(::duckdb::dtime_t(MicrosecondsOf(
          At<arrow::Time32Array>(array, row), static_cast<const arrow::Time32Type&>(*array.type()).unit())));
    case arrow::Type::TIME64:
      return Value::TIME(::duckdb::dtime_t(MicrosecondsOf(
          At<arrow::Time64Array>(array, row), static_cast<const arrow::Time64Type&>(*array.type()).unit())));
    case arrow::Type::TIMESTAMP: return TimestampOf(array, row);
    case arrow::Type::DURATION:
      return Value::INTERVAL(0, 0,
                             MicrosecondsOf(At<arrow::DurationArray>(array, row),
                                            static_cast<const arrow::DurationType&>(*array.type()).unit()));
    case arrow::Type::INTERVAL_MONTHS: return Value::INTERVAL(At<arrow::MonthIntervalArray>(array, row), 0, 0);
    case arrow::Type::INTERVAL_DAY_TIME: {
      const auto value = static_cast<const arrow::DayTimeIntervalArray&>(array).GetValue(row);
      return Value::INTERVAL(0, value.days, std::int64_t{value.milliseconds} * 1'000);
    }
    case arrow::Type::INTERVAL_MONTH_DAY_NANO: {
      const auto value = static_cast<const arrow::MonthDayNanoIntervalArray&>(array).GetValue(row);
      return Value::INTERVAL(value.months, value.days, value.nanoseconds / 1'000);
    }
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128: return DecimalOf(array, row);
    case arrow::Type::LIST: return ListOf<arrow::ListArray>(array, row, false);
    case arrow::Type::LARGE_LIST: return ListOf<arrow::LargeListArray>(array, row, false);
    case arrow::Type::FIXED_SIZE_LIST: return ListOf<arrow::FixedSizeListArray>(array, row, true);
    case arrow::Type::MAP: return MapOf(array, row);
    case arrow::Type::STRUCT: return StructOf(array, row);
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return ValueOf(*dictionary.dictionary(), dictionary.GetValueIndex(row));
    }
    case arrow::Type::EXTENSION: return ExtensionOf(array, row);
    default:
      return Error(ErrorCode::kUnsupported, "parameters of type " + array.type()->ToString() + " are not supported");
  }
}

}  // namespace

Result<Value> ValueOf(const arrow::Array& array, std::int64_t row) {
  try {
    if (array.IsNull(row) || array.type_id() == arrow::Type::NA) {
      TAVANA_ASSIGN_OR_RETURN(auto type, DuckDbTypeOf(*array.type()));
      return Value(std::move(type));
    }
    return NotNull(array, row);
  } catch (const std::exception& exception) {
    return TranslateException(exception, {});
  }
}

}  // namespace tavana::duckdb_engine
