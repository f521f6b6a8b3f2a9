#include "duckdb/functions.h"

#include <duckdb.hpp>
#include <duckdb/common/exception/conversion_exception.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/types/interval.hpp>
#include <duckdb/common/types/time.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/common/vector_operations/binary_executor.hpp>
#include <duckdb/common/vector_operations/unary_executor.hpp>
#include <duckdb/execution/expression_executor_state.hpp>
#include <duckdb/function/scalar_function.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb/arrow_scan.h"
#include "duckdb/catalog.h"
#include "duckdb/errors.h"
#include "sql/datetime_format.h"
#include "sql/number_format.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file is functions of DuckDB and nothing else
using sql::DateTimeFields;
using sql::DateTimeFormat;
using sql::NumberFormat;

std::string_view View(const string_t& text) { return {text.GetData(), text.GetSize()}; }

/// The template of a vector: mostly one text for all rows, read once.
template <typename Format>
class LastFormat {
 public:
  template <typename Make>
  const Format& Of(const string_t& text, Make make) {
    if (!format_ || View(text) != text_) {
      text_ = View(text);
      format_ = make(text_);
    }
    return *format_;
  }

 private:
  std::string text_;
  std::optional<Format> format_;
};

DateTimeFormat MakeDateTimeFormat(std::string_view text) { return DateTimeFormat(text); }
NumberFormat MakeNumberFormat(std::string_view text) {
  auto format = NumberFormat::Parse(text);
  if (!format.ok()) ThrowToDuckDb(format.error());
  return *std::move(format);
}

DateTimeFields FieldsOf(timestamp_t value) {
  DateTimeFields fields;
  date_t date;
  dtime_t time;
  Timestamp::Convert(value, date, time);
  std::int32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, microsecond = 0;
  Date::Convert(date, year, month, day);
  Time::Convert(time, hour, minute, second, microsecond);
  fields.year = year;
  fields.month = month;
  fields.day = day;
  fields.hour = hour;
  fields.minute = minute;
  fields.second = second;
  fields.microsecond = microsecond;
  return fields;
}

DateTimeFields FieldsOf(interval_t value) {
  DateTimeFields fields{.is_interval = true};
  fields.year = value.months / 12;
  fields.month = value.months % 12;
  fields.day = value.days;
  fields.hour = value.micros / Interval::MICROS_PER_HOUR;
  const auto rest = value.micros % Interval::MICROS_PER_HOUR;
  fields.minute = static_cast<int>(rest / Interval::MICROS_PER_MINUTE);
  fields.second = static_cast<int>(rest % Interval::MICROS_PER_MINUTE / Interval::MICROS_PER_SEC);
  fields.microsecond = static_cast<int>(rest % Interval::MICROS_PER_SEC);
  return fields;
}

void TimestampToChar(DataChunk& arguments, ExpressionState&, Vector& result) {
  LastFormat<DateTimeFormat> formats;
  BinaryExecutor::ExecuteWithNulls<timestamp_t, string_t, string_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(),
      [&](timestamp_t value, string_t text, ValidityMask& mask, idx_t row) {
        if (!Timestamp::IsFinite(value)) {  // as PostgreSQL answers for infinity
          mask.SetInvalid(row);
          return string_t();
        }
        return StringVector::AddString(result, formats.Of(text, MakeDateTimeFormat).Write(FieldsOf(value)));
      });
}

void IntervalToChar(DataChunk& arguments, ExpressionState&, Vector& result) {
  LastFormat<DateTimeFormat> formats;
  BinaryExecutor::Execute<interval_t, string_t, string_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [&](interval_t value, string_t text) {
        return StringVector::AddString(result, formats.Of(text, MakeDateTimeFormat).Write(FieldsOf(value)));
      });
}

void NumberToChar(DataChunk& arguments, ExpressionState&, Vector& result) {
  LastFormat<NumberFormat> formats;
  BinaryExecutor::Execute<string_t, string_t, string_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [&](string_t value, string_t text) {
        return StringVector::AddString(result, formats.Of(text, MakeNumberFormat).Write(View(value)));
      });
}

void DoubleToChar(DataChunk& arguments, ExpressionState&, Vector& result) {
  LastFormat<NumberFormat> formats;
  BinaryExecutor::Execute<double, string_t, string_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [&](double value, string_t text) {
        std::string digits = fmt::format("{}", value);
        if (digits.find('e') != std::string::npos) digits = fmt::format("{:.17f}", value);
        return StringVector::AddString(result, formats.Of(text, MakeNumberFormat).Write(digits, true));
      });
}

/// Which of them `to_char` is depends on its argument; DuckDB casts to what is chosen.
unique_ptr<FunctionData> BindToChar(ClientContext&, ScalarFunction& function,
                                    vector<unique_ptr<Expression>>& arguments) {
  const auto choose = [&](const LogicalType& type, scalar_function_t chosen) {
    function.arguments[0] = type;
    function.SetFunctionCallback(std::move(chosen));
    return nullptr;
  };
  switch (arguments[0]->return_type.id()) {
    case LogicalTypeId::UNKNOWN: throw ParameterNotResolvedException();
    case LogicalTypeId::SQLNULL:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ: return choose(LogicalType::TIMESTAMP, TimestampToChar);
    case LogicalTypeId::TIME:
    case LogicalTypeId::INTERVAL: return choose(LogicalType::INTERVAL, IntervalToChar);
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE: return choose(LogicalType::DOUBLE, DoubleToChar);
    default:
      if (arguments[0]->return_type.IsNumeric()) return choose(LogicalType::VARCHAR, NumberToChar);
      throw BinderException("function to_char(%s, text) does not exist", arguments[0]->return_type.ToString());
  }
}

std::int64_t MicrosecondsOf(const DateTimeFields& fields, std::string_view text) {
  date_t date;
  if (!Date::TryFromDate(static_cast<std::int32_t>(fields.year), fields.month, fields.day, date))
    throw ConversionException("date/time field value out of range: \"" + std::string(text) + "\"");
  return Timestamp::FromDatetime(date, Time::FromTime(static_cast<std::int32_t>(fields.hour), fields.minute,
                                                      fields.second, fields.microsecond))
      .value;
}

template <typename Result, typename Convert>
void ReadDateTimes(DataChunk& arguments, Vector& result, Convert convert) {
  LastFormat<DateTimeFormat> formats;
  BinaryExecutor::Execute<string_t, string_t, Result>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [&](string_t value, string_t text) {
        auto read = formats.Of(text, MakeDateTimeFormat).Read(View(value));
        if (!read.ok()) ThrowToDuckDb(read.error());
        return convert(*read, View(value));
      });
}

void ToDate(DataChunk& arguments, ExpressionState&, Vector& result) {
  ReadDateTimes<date_t>(arguments, result, [](const DateTimeFields& fields, std::string_view text) {
    return Timestamp::GetDate(timestamp_t(MicrosecondsOf(fields, text)));
  });
}

/// A local time; the macro to_timestamp casts it with the session's zone.
void ToLocalTimestamp(DataChunk& arguments, ExpressionState&, Vector& result) {
  ReadDateTimes<timestamp_t>(arguments, result, [](const DateTimeFields& fields, std::string_view text) {
    if (fields.offset_seconds != 0)
      throw NotImplementedException("a time zone in the template of to_timestamp is not supported");
    return timestamp_t(MicrosecondsOf(fields, text));
  });
}

void ToNumber(DataChunk& arguments, ExpressionState&, Vector& result) {
  LastFormat<NumberFormat> formats;
  BinaryExecutor::Execute<string_t, string_t, string_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [&](string_t value, string_t text) {
        auto read = formats.Of(text, MakeNumberFormat).Read(View(value));
        if (!read.ok()) ThrowToDuckDb(read.error());
        return StringVector::AddString(result, *read);
      });
}

void BytesOf(DataChunk& arguments, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<string_t, std::int32_t>(arguments.data[0], result, arguments.size(), [](string_t value) {
    return static_cast<std::int32_t>(value.GetSize());
  });
}

void GetByte(DataChunk& arguments, ExpressionState&, Vector& result) {
  BinaryExecutor::Execute<string_t, std::int32_t, std::int32_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [](string_t value, std::int32_t index) {
        if (index < 0 || static_cast<idx_t>(index) >= value.GetSize())
          throw OutOfRangeException("index %d out of valid range, 0..%d", index,
                                    static_cast<std::int32_t>(value.GetSize()) - 1);
        return static_cast<std::int32_t>(static_cast<unsigned char>(value.GetData()[index]));
      });
}

void TimeMinusTime(DataChunk& arguments, ExpressionState&, Vector& result) {
  BinaryExecutor::Execute<dtime_t, dtime_t, interval_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [](dtime_t later, dtime_t earlier) {
        return interval_t{.months = 0, .days = 0, .micros = later.micros - earlier.micros};
      });
}

/// The value of `wanted` in the settings that the gateway offered to this statement, else DuckDB's own. A statement
/// without an offer is only being described: nothing is known then, and nothing is missing.
std::optional<std::string> SettingOf(ClientContext& context, const std::string& wanted, bool missing_ok) {
  const auto offered = OfferedTable(context, std::string(kInlinePrefix) + "pg_settings");
  if (offered == nullptr) return std::nullopt;
  const auto& names = *offered->GetColumnByName("name");
  const auto& values = *offered->GetColumnByName("setting");
  for (int chunk = 0; chunk < names.num_chunks(); ++chunk) {
    const auto& name = static_cast<const arrow::StringArray&>(*names.chunk(chunk));
    for (std::int64_t row = 0; row < name.length(); ++row) {
      if (StringUtil::CIEquals(std::string(name.GetView(row)), wanted))
        return std::string(static_cast<const arrow::StringArray&>(*values.chunk(chunk)).GetView(row));
    }
  }
  Value value;
  if (context.TryGetCurrentSetting(StringUtil::Lower(wanted), value)) return value.ToString();
  if (missing_ok) return std::nullopt;
  ThrowToDuckDb(Error(ErrorCode::kUndefinedObject, "unrecognized configuration parameter \"" + wanted + "\""));
}

void CurrentSetting(DataChunk& arguments, ExpressionState& state, Vector& result) {
  BinaryExecutor::ExecuteWithNulls<string_t, bool, string_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(),
      [&](string_t wanted, bool missing_ok, ValidityMask& mask, idx_t row) {
        const auto value = SettingOf(state.GetContext(), wanted.GetString(), missing_ok);
        if (value) return StringVector::AddString(result, *value);
        mask.SetInvalid(row);
        return string_t();
      });
}

}  // namespace

void RegisterPostgresFunctions(DatabaseInstance& instance) {
  ExtensionLoader loader(instance, "tavana");
  const auto text = LogicalType::VARCHAR;
  // A function that may fail must say so: the optimizer moves and repeats those that cannot.
  const auto add = [&loader](ScalarFunction function) {
    function.SetFallible();
    loader.RegisterFunction(std::move(function));
  };
  add(ScalarFunction("to_char", {LogicalType::ANY, text}, text, NumberToChar, BindToChar));
  add(ScalarFunction("__tavana_setting", {text, LogicalType::BOOLEAN}, text, CurrentSetting));
  add(ScalarFunction("to_date", {text, text}, LogicalType::DATE, ToDate));
  add(ScalarFunction("__tavana_local_timestamp", {text, text}, LogicalType::TIMESTAMP, ToLocalTimestamp));
  add(ScalarFunction("__tavana_to_number", {text, text}, text, ToNumber));
  add(ScalarFunction("length", {LogicalType::BLOB}, LogicalType::INTEGER, BytesOf));
  add(ScalarFunction("octet_length", {text}, LogicalType::INTEGER, BytesOf));
  add(ScalarFunction("get_byte", {LogicalType::BLOB, LogicalType::INTEGER}, LogicalType::INTEGER, GetByte));
  add(ScalarFunction("-", {LogicalType::TIME, LogicalType::TIME}, LogicalType::INTERVAL, TimeMinusTime));
}

}  // namespace tavana::duckdb_engine
