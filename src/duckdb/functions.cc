#include "duckdb/functions.h"

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
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
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/storage/block_manager.hpp>
#include <duckdb/storage/storage_manager.hpp>
#include <duckdb/storage/table_storage_info.hpp>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb/arrow_scan.h"
#include "duckdb/catalog.h"
#include "duckdb/errors.h"
#include "duckdb/sequences.h"
#include "sql/datetime_format.h"
#include "sql/json_edit.h"
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

std::vector<std::string> TextsOf(const Value& list) {
  std::vector<std::string> texts;
  for (const Value& text : ListValue::GetChildren(list)) {
    if (!text.IsNull()) texts.push_back(text.ToString());
  }
  return texts;
}

Value Answer(Result<std::string> json) {
  if (!json.ok()) ThrowToDuckDb(json.error());
  return Value(*std::move(json)).DefaultCastAs(LogicalType::JSON());
}
Value Answer(Result<bool> yes) {
  if (!yes.ok()) ThrowToDuckDb(yes.error());
  return Value::BOOLEAN(*yes);
}

/// A function of JSON, value by value: NULL where an argument is, else what `Edit` makes of the arguments.
template <auto Edit>
void EachJson(DataChunk& arguments, ExpressionState&, Vector& result) {
  std::vector<Value> values(arguments.ColumnCount());
  for (idx_t row = 0; row < arguments.size(); ++row) {
    bool has_null = false;
    for (idx_t i = 0; i < values.size(); ++i) {
      values[i] = arguments.data[i].GetValue(row);
      has_null = has_null || values[i].IsNull();
    }
    result.SetValue(row, has_null ? Value(result.GetType()) : Answer(Edit(values)));
  }
}

/// What the blocks of a table take in its file; nullopt for a table that has none.
std::optional<std::int64_t> BytesOnDisk(ClientContext& context, const std::string& database, const std::string& schema,
                                        const std::string& table) {
  auto entry = Catalog::GetEntry(context, database, schema, EntryLookupInfo(CatalogType::TABLE_ENTRY, table),
                                 OnEntryNotFound::RETURN_NULL);
  if (!entry || entry->type != CatalogType::TABLE_ENTRY) return std::nullopt;
  auto& found = entry->Cast<TableCatalogEntry>();
  auto& attached = found.ParentCatalog().GetAttached();
  if (!found.IsDuckTable() || found.temporary || attached.GetStorageManager().InMemory()) return std::nullopt;
  std::set<block_id_t> blocks;
  for (const auto& segment : found.GetColumnSegmentInfo(context)) {
    if (!segment.persistent) continue;
    blocks.insert(segment.block_id);
    blocks.insert(segment.additional_blocks.begin(), segment.additional_blocks.end());
  }
  blocks.erase(INVALID_BLOCK);
  const auto block_bytes =
      attached.GetStorageManager().Cast<SingleFileStorageManager>().block_manager->GetBlockAllocSize();
  return static_cast<std::int64_t>(blocks.size() * block_bytes);
}

void TableBytes(DataChunk& arguments, ExpressionState& state, Vector& result) {
  for (idx_t row = 0; row < arguments.size(); ++row) {
    const auto text = [&](idx_t i) { return arguments.data[i].GetValue(row).ToString(); };
    const auto bytes = BytesOnDisk(state.GetContext(), text(0), text(1), text(2));
    result.SetValue(row, bytes ? Value::BIGINT(*bytes) : Value(LogicalType::BIGINT));
  }
}

/// A path may be PostgreSQL's text of an array: '{a,b}'.
unique_ptr<FunctionData> BindPath(ClientContext&, ScalarFunction& function, vector<unique_ptr<Expression>>&) {
  function.arguments[1] = LogicalType::LIST(LogicalType::VARCHAR);
  return nullptr;
}

using Arguments = std::vector<Value>;
const std::string& Text(const Arguments& values, std::size_t i) { return StringValue::Get(values[i]); }
bool Yes(const Arguments& values, std::size_t i, bool otherwise) {
  return values.size() > i ? BooleanValue::Get(values[i]) : otherwise;
}

auto SetJson(const Arguments& values) {
  return sql::JsonSet(Text(values, 0), TextsOf(values[1]), Text(values, 2), Yes(values, 3, true));
}
auto InsertJson(const Arguments& values) {
  return sql::JsonInsert(Text(values, 0), TextsOf(values[1]), Text(values, 2), Yes(values, 3, false));
}
auto DeleteJsonPath(const Arguments& values) { return sql::JsonDeletePath(Text(values, 0), TextsOf(values[1])); }
auto DeleteJsonKey(const Arguments& values) { return sql::JsonDeleteKeys(Text(values, 0), {Text(values, 1)}); }
auto DeleteJsonKeys(const Arguments& values) { return sql::JsonDeleteKeys(Text(values, 0), TextsOf(values[1])); }
auto DeleteJsonElement(const Arguments& values) {
  return sql::JsonDeleteElement(Text(values, 0), BigIntValue::Get(values[1]));
}
auto StripJsonNulls(const Arguments& values) { return sql::JsonStripNulls(Text(values, 0)); }
auto ConcatJson(const Arguments& values) { return sql::JsonConcat(Text(values, 0), Text(values, 1)); }
auto JsonHasKey(const Arguments& values) { return sql::JsonHasKey(Text(values, 0), Text(values, 1)); }
auto JsonContains(const Arguments& values) { return sql::JsonContains(Text(values, 0), Text(values, 1)); }
auto JsonIsContained(const Arguments& values) { return sql::JsonContains(Text(values, 1), Text(values, 0)); }

Result<bool> JsonHasSome(const Arguments& values, bool wanted) {
  for (const auto& key : TextsOf(values[1])) {
    TAVANA_ASSIGN_OR_RETURN(const bool has, sql::JsonHasKey(Text(values, 0), key));
    if (has == wanted) return wanted;
  }
  return !wanted;
}
auto JsonHasAny(const Arguments& values) { return JsonHasSome(values, true); }
auto JsonHasAll(const Arguments& values) { return JsonHasSome(values, false); }

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
  ScalarFunction table_bytes("__tavana_table_bytes", {text, text, text}, LogicalType::BIGINT, TableBytes);
  table_bytes.SetVolatile();
  add(table_bytes);
  const auto json = LogicalType::JSON();
  const auto texts = LogicalType::LIST(text);
  const auto any = LogicalType::ANY;
  const auto yes_no = LogicalType::BOOLEAN;
  add(ScalarFunction("jsonb_set", {json, any, json}, json, EachJson<SetJson>, BindPath));
  add(ScalarFunction("jsonb_set", {json, any, json, yes_no}, json, EachJson<SetJson>, BindPath));
  add(ScalarFunction("jsonb_insert", {json, any, json}, json, EachJson<InsertJson>, BindPath));
  add(ScalarFunction("jsonb_insert", {json, any, json, yes_no}, json, EachJson<InsertJson>, BindPath));
  add(ScalarFunction("json_strip_nulls", {json}, json, EachJson<StripJsonNulls>));
  add(ScalarFunction("jsonb_strip_nulls", {json}, json, EachJson<StripJsonNulls>));
  add(ScalarFunction("__tavana_json_concat", {json, json}, json, EachJson<ConcatJson>));
  // Under names of their own: everything casts to JSON, so another meaning of - or @> would make 1 - 2 ambiguous.
  add(ScalarFunction("__tavana_json_delete", {json, text}, json, EachJson<DeleteJsonKey>));
  add(ScalarFunction("__tavana_json_delete", {json, texts}, json, EachJson<DeleteJsonKeys>));
  add(ScalarFunction("__tavana_json_delete", {json, LogicalType::BIGINT}, json, EachJson<DeleteJsonElement>));
  add(ScalarFunction("~-", {json, any}, json, EachJson<DeleteJsonPath>, BindPath));
  add(ScalarFunction("@", {json, text}, yes_no, EachJson<JsonHasKey>));
  add(ScalarFunction("@|", {json, texts}, yes_no, EachJson<JsonHasAny>));
  add(ScalarFunction("@&", {json, texts}, yes_no, EachJson<JsonHasAll>));
  add(ScalarFunction("__tavana_json_contains", {json, json}, yes_no, EachJson<JsonContains>));
  add(ScalarFunction("__tavana_json_contained", {json, json}, yes_no, EachJson<JsonIsContained>));
  RegisterSequenceFunctions(loader);
  add(ScalarFunction("-", {LogicalType::TIME, LogicalType::TIME}, LogicalType::INTERVAL, TimeMinusTime));
}

}  // namespace tavana::duckdb_engine
