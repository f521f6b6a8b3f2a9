#include "flightsql/sql_info.h"

#include <algorithm>
#include <set>

#include "flightsql/schemas.h"

namespace tavana::flightsql {

std::map<std::uint32_t, SqlInfoValue> SqlInfos(const ServerFacts& facts) {
  const auto no_limit = std::int64_t{0};
  const auto text = [](const char* value) { return std::string(value); };
  return {
      {0, text("Tavana")},          // FLIGHT_SQL_SERVER_NAME
      {1, facts.version},           // FLIGHT_SQL_SERVER_VERSION
      {2, facts.arrow_version},     // FLIGHT_SQL_SERVER_ARROW_VERSION
      {3, false},                   // FLIGHT_SQL_SERVER_READ_ONLY
      {4, true},                    // FLIGHT_SQL_SERVER_SQL
      {5, false},                   // FLIGHT_SQL_SERVER_SUBSTRAIT
      {8, Int32{1}},                // FLIGHT_SQL_SERVER_TRANSACTION: transactions, no savepoints
      {9, true},                    // FLIGHT_SQL_SERVER_CANCEL
      {10, true},                   // FLIGHT_SQL_SERVER_BULK_INGESTION
      {11, true},                   // FLIGHT_SQL_SERVER_INGEST_TRANSACTIONS_SUPPORTED
      {100, Int32{0}},              // FLIGHT_SQL_SERVER_STATEMENT_TIMEOUT
      {101, Int32{0}},              // FLIGHT_SQL_SERVER_TRANSACTION_TIMEOUT
      {500, true},                  // SQL_DDL_CATALOG: ATTACH
      {501, true},                  // SQL_DDL_SCHEMA
      {502, true},                  // SQL_DDL_TABLE
      {503, Int32{1}},              // SQL_IDENTIFIER_CASE: insensitive
      {504, text("\"")},            // SQL_IDENTIFIER_QUOTE_CHAR
      {505, Int32{1}},              // SQL_QUOTED_IDENTIFIER_CASE: insensitive
      {506, true},                  // SQL_ALL_TABLES_ARE_SELECTABLE
      {507, Int32{3}},              // SQL_NULL_ORDERING: at the end
      {508, facts.lists.keywords},  // SQL_KEYWORDS
      {509, facts.lists.numeric_functions},
      {510, facts.lists.string_functions},
      {511, facts.lists.system_functions},
      {512, facts.lists.datetime_functions},
      {513, text("\\")},             // SQL_SEARCH_STRING_ESCAPE
      {514, text("")},               // SQL_EXTRA_NAME_CHARACTERS
      {515, true},                   // SQL_SUPPORTS_COLUMN_ALIASING
      {516, true},                   // SQL_NULL_PLUS_NULL_IS_NULL
      {517, ConvertMap{}},           // SQL_SUPPORTS_CONVERT: CAST, not CONVERT
      {518, true},                   // SQL_SUPPORTS_TABLE_CORRELATION_NAMES
      {519, false},                  // SQL_SUPPORTS_DIFFERENT_TABLE_CORRELATION_NAMES
      {520, true},                   // SQL_SUPPORTS_EXPRESSIONS_IN_ORDER_BY
      {521, true},                   // SQL_SUPPORTS_ORDER_BY_UNRELATED
      {522, Int32{3}},               // SQL_SUPPORTED_GROUP_BY: unrelated and beyond select
      {523, true},                   // SQL_SUPPORTS_LIKE_ESCAPE_CLAUSE
      {524, true},                   // SQL_SUPPORTS_NON_NULLABLE_COLUMNS
      {525, Int32{7}},               // SQL_SUPPORTED_GRAMMAR: minimum, core, extended
      {526, Int32{1}},               // SQL_ANSI92_SUPPORTED_LEVEL: entry
      {527, true},                   // SQL_SUPPORTS_INTEGRITY_ENHANCEMENT_FACILITY
      {528, Int32{6}},               // SQL_OUTER_JOINS_SUPPORT_LEVEL: limited, full
      {529, text("schema")},         // SQL_SCHEMA_TERM
      {530, text("macro")},          // SQL_PROCEDURE_TERM
      {531, text("database")},       // SQL_CATALOG_TERM
      {532, true},                   // SQL_CATALOG_AT_START
      {533, Int32{7}},               // SQL_SCHEMAS_SUPPORTED_ACTIONS: procedure calls, indexes, privileges
      {534, Int32{7}},               // SQL_CATALOGS_SUPPORTED_ACTIONS
      {535, Int32{0}},               // SQL_SUPPORTED_POSITIONED_COMMANDS
      {536, false},                  // SQL_SELECT_FOR_UPDATE_SUPPORTED
      {537, false},                  // SQL_STORED_PROCEDURES_SUPPORTED
      {538, Int32{15}},              // SQL_SUPPORTED_SUBQUERIES: all kinds
      {539, true},                   // SQL_CORRELATED_SUBQUERIES_SUPPORTED
      {540, Int32{3}},               // SQL_SUPPORTED_UNIONS: UNION and UNION ALL
      {541, no_limit},               // SQL_MAX_BINARY_LITERAL_LENGTH
      {542, no_limit},               // SQL_MAX_CHAR_LITERAL_LENGTH
      {543, no_limit},               // SQL_MAX_COLUMN_NAME_LENGTH
      {544, no_limit},               // SQL_MAX_COLUMNS_IN_GROUP_BY
      {545, no_limit},               // SQL_MAX_COLUMNS_IN_INDEX
      {546, no_limit},               // SQL_MAX_COLUMNS_IN_ORDER_BY
      {547, no_limit},               // SQL_MAX_COLUMNS_IN_SELECT
      {548, no_limit},               // SQL_MAX_COLUMNS_IN_TABLE
      {549, facts.max_connections},  // SQL_MAX_CONNECTIONS
      {550, no_limit},               // SQL_MAX_CURSOR_NAME_LENGTH
      {551, no_limit},               // SQL_MAX_INDEX_LENGTH
      {552, no_limit},               // SQL_DB_SCHEMA_NAME_LENGTH
      {553, no_limit},               // SQL_MAX_PROCEDURE_NAME_LENGTH
      {554, no_limit},               // SQL_MAX_CATALOG_NAME_LENGTH
      {555, no_limit},               // SQL_MAX_ROW_SIZE
      {556, true},                   // SQL_MAX_ROW_SIZE_INCLUDES_BLOBS
      {557, no_limit},               // SQL_MAX_STATEMENT_LENGTH
      {558, no_limit},               // SQL_MAX_STATEMENTS
      {559, no_limit},               // SQL_MAX_TABLE_NAME_LENGTH
      {560, no_limit},               // SQL_MAX_TABLES_IN_SELECT
      {561, no_limit},               // SQL_MAX_USERNAME_LENGTH
      {562, std::int64_t{3}},        // SQL_DEFAULT_TRANSACTION_ISOLATION: repeatable read
      {563, true},                   // SQL_TRANSACTIONS_SUPPORTED
      {564, Int32{8}},               // SQL_SUPPORTED_TRANSACTIONS_ISOLATION_LEVELS: repeatable read
      {565, false},                  // SQL_DATA_DEFINITION_CAUSES_TRANSACTION_COMMIT
      {566, false},                  // SQL_DATA_DEFINITIONS_IN_TRANSACTIONS_IGNORED
      {567, Int32{2}},               // SQL_SUPPORTED_RESULT_SET_TYPES: forward only
      {568, Int32{2}},               // concurrency of forward-only results: read only
      {569, Int32{0}},               // of scroll-sensitive ones: there are none
      {570, Int32{0}},               // of scroll-insensitive ones
      {572, true},                   // SQL_BATCH_UPDATES_SUPPORTED
      {573, false},                  // SQL_SAVEPOINTS_SUPPORTED
      {574, false},                  // SQL_NAMED_PARAMETERS_SUPPORTED
      {575, false},                  // SQL_LOCATORS_UPDATE_COPY
      {576, false},                  // SQL_STORED_FUNCTIONS_USING_CALL_SYNTAX_SUPPORTED
  };
}

namespace {

struct Appender {
  arrow::DenseUnionBuilder& value;
  arrow::StringBuilder& strings;
  arrow::BooleanBuilder& bools;
  arrow::Int64Builder& longs;
  arrow::Int32Builder& ints;
  arrow::ListBuilder& lists;
  arrow::MapBuilder& maps;

  arrow::Status operator()(const std::string& text) const {
    ARROW_RETURN_NOT_OK(value.Append(0));
    return strings.Append(text);
  }
  arrow::Status operator()(bool flag) const {
    ARROW_RETURN_NOT_OK(value.Append(1));
    return bools.Append(flag);
  }
  arrow::Status operator()(std::int64_t number) const {
    ARROW_RETURN_NOT_OK(value.Append(2));
    return longs.Append(number);
  }
  arrow::Status operator()(Int32 number) const {
    ARROW_RETURN_NOT_OK(value.Append(3));
    return ints.Append(number.value);
  }
  arrow::Status operator()(const std::vector<std::string>& texts) const {
    ARROW_RETURN_NOT_OK(value.Append(4));
    ARROW_RETURN_NOT_OK(lists.Append());
    return static_cast<arrow::StringBuilder&>(*lists.value_builder()).AppendValues(texts);
  }
  arrow::Status operator()(const ConvertMap& map) const {
    ARROW_RETURN_NOT_OK(value.Append(5));
    ARROW_RETURN_NOT_OK(maps.Append());
    auto& items = static_cast<arrow::ListBuilder&>(*maps.item_builder());
    for (const auto& [from, to] : map) {
      ARROW_RETURN_NOT_OK(static_cast<arrow::Int32Builder&>(*maps.key_builder()).Append(from));
      ARROW_RETURN_NOT_OK(items.Append());
      ARROW_RETURN_NOT_OK(static_cast<arrow::Int32Builder&>(*items.value_builder()).AppendValues(to));
    }
    return arrow::Status::OK();
  }
};

}  // namespace

bool WantsLists(std::span<const std::uint32_t> wanted) {
  return wanted.empty() || std::ranges::any_of(wanted, [](std::uint32_t name) { return name >= 508 && name <= 512; });
}

Result<std::shared_ptr<arrow::RecordBatch>> SqlInfoBatch(const std::map<std::uint32_t, SqlInfoValue>& infos,
                                                         std::span<const std::uint32_t> wanted) {
  const auto schema = SqlInfoSchema();
  std::unique_ptr<arrow::RecordBatchBuilder> builder;
  const auto build = [&]() -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
    ARROW_ASSIGN_OR_RAISE(builder, arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool()));
    auto& names = *builder->GetFieldAs<arrow::UInt32Builder>(0);
    auto& value = *builder->GetFieldAs<arrow::DenseUnionBuilder>(1);
    const Appender append{value,
                          static_cast<arrow::StringBuilder&>(*value.child_builder(0)),
                          static_cast<arrow::BooleanBuilder&>(*value.child_builder(1)),
                          static_cast<arrow::Int64Builder&>(*value.child_builder(2)),
                          static_cast<arrow::Int32Builder&>(*value.child_builder(3)),
                          static_cast<arrow::ListBuilder&>(*value.child_builder(4)),
                          static_cast<arrow::MapBuilder&>(*value.child_builder(5))};
    const std::set<std::uint32_t> chosen(wanted.begin(), wanted.end());
    for (const auto& [name, info] : infos) {
      if (!chosen.empty() && !chosen.contains(name)) continue;
      ARROW_RETURN_NOT_OK(names.Append(name));
      ARROW_RETURN_NOT_OK(std::visit(append, info));
    }
    return builder->Flush();
  };
  auto batch = build();
  if (!batch.ok()) return Error(ErrorCode::kInternal, "SqlInfo: " + batch.status().message());
  return *std::move(batch);
}

}  // namespace tavana::flightsql
