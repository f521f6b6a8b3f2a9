#include <arrow/util/config.h>

#include <fmt/format.h>

#include "engine/client_form.h"
#include "flight/flight_data.h"
#include "flightsql/schemas.h"
#include "flightsql/sql_info.h"
#include "gateway/flight/door_impl.h"

namespace tavana::gateway {

namespace {

// Databases that clients see: not DuckDB's own, nor the one that holds PostgreSQL's catalog. Temporary tables are in
// one of their own.
constexpr const char* kDatabases = "database_name NOT IN ('system') AND database_name NOT LIKE '\\_\\_%' ESCAPE '\\'";

// PostgreSQL's name of the default schema, as the other door shows it; filters take DuckDB's too.
constexpr const char* kSchema =
    "CASE WHEN schema_name = 'main' AND database_name <> 'temp' THEN 'public' ELSE schema_name END";

std::string SchemaEquals(bool given, const std::string& value) {
  if (!given) return {};
  return fmt::format(" AND {} IN (schema_name, {})", sql::QuoteLiteral(value), kSchema);
}

std::string SchemaLike(bool given, const std::string& pattern) {
  if (!given) return {};
  const std::string quoted = sql::QuoteLiteral(pattern);
  return fmt::format(" AND (schema_name LIKE {0} ESCAPE '\\' OR {1} LIKE {0} ESCAPE '\\')", quoted, kSchema);
}

std::string Equals(const char* column, bool given, const std::string& value) {
  return given ? fmt::format(" AND {} = {}", column, sql::QuoteLiteral(value)) : std::string();
}

std::string Like(const char* column, bool given, const std::string& pattern) {
  return given ? fmt::format(" AND {} LIKE {} ESCAPE '\\'", column, sql::QuoteLiteral(pattern)) : std::string();
}

std::string CatalogsSql() {
  return fmt::format("SELECT database_name FROM duckdb_databases() WHERE {} ORDER BY 1", kDatabases);
}

std::string DbSchemasSql(const wire_sql::CommandGetDbSchemas& command) {
  return fmt::format("SELECT database_name, {} FROM duckdb_schemas() WHERE {}{}{} ORDER BY 1, 2", kSchema, kDatabases,
                     Equals("database_name", command.has_catalog(), command.catalog()),
                     SchemaLike(command.has_db_schema_filter_pattern(), command.db_schema_filter_pattern()));
}

std::string TablesSql(const wire_sql::CommandGetTables& command) {
  std::string types;
  for (const auto& type : command.table_types()) types += (types.empty() ? "" : ", ") + sql::QuoteLiteral(type);
  return fmt::format(
      "SELECT database_name, {}, table_name, table_type FROM (SELECT database_name, schema_name, table_name, CASE WHEN "
      "temporary THEN 'LOCAL TEMPORARY' ELSE "
      "'TABLE' END AS table_type FROM duckdb_tables() WHERE NOT internal UNION ALL SELECT database_name, schema_name, "
      "view_name, CASE WHEN internal THEN 'SYSTEM VIEW' ELSE 'VIEW' END FROM duckdb_views() WHERE NOT internal) WHERE "
      "{}{}{}{}{} ORDER BY table_type, 1, 2, 3",
      kSchema, kDatabases, Equals("database_name", command.has_catalog(), command.catalog()),
      SchemaLike(command.has_db_schema_filter_pattern(), command.db_schema_filter_pattern()),
      Like("table_name", command.has_table_name_filter_pattern(), command.table_name_filter_pattern()),
      types.empty() ? "" : " AND table_type IN (" + types + ")");
}

std::string PrimaryKeysSql(const wire_sql::CommandGetPrimaryKeys& command) {
  return fmt::format(
      "SELECT database_name, {}, table_name, unnest(constraint_column_names), constraint_name, "
      "generate_subscripts(constraint_column_names, 1)::INTEGER AS key_sequence FROM duckdb_constraints() WHERE "
      "constraint_type = 'PRIMARY KEY' AND {}{}{}{} ORDER BY 5, 6",
      kSchema, kDatabases, Equals("database_name", command.has_catalog(), command.catalog()),
      SchemaEquals(command.has_db_schema(), command.db_schema()), Equals("table_name", true, command.table()));
}

// A foreign key names no schema: it is within one. Rules: 3 is "no action" (java.sql.DatabaseMetaData).
std::string KeysSql(const std::string& where, const char* order) {
  return fmt::format(
      "WITH f AS (SELECT database_name, schema_name, {} AS shown, table_name, constraint_name, referenced_table, "
      "referenced_column_names AS pk_columns, constraint_column_names AS fk_columns FROM duckdb_constraints() WHERE "
      "constraint_type = 'FOREIGN KEY' AND {}), "
      "p AS (SELECT * FROM duckdb_constraints() WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE')) "
      "SELECT f.database_name AS pk_catalog, f.shown AS pk_schema, f.referenced_table AS pk_table, "
      "unnest(f.pk_columns) AS pk_column, f.database_name AS fk_catalog, f.shown AS fk_schema, f.table_name AS "
      "fk_table, unnest(f.fk_columns) AS fk_column, generate_subscripts(f.fk_columns, 1)::INTEGER AS key_sequence, "
      "f.constraint_name AS fk_name, (SELECT min(p.constraint_name) FROM p WHERE p.database_name = f.database_name AND "
      "p.schema_name = f.schema_name AND p.table_name = f.referenced_table AND p.constraint_column_names = "
      "f.pk_columns) "
      "AS pk_name, 3::UTINYINT, 3::UTINYINT FROM f WHERE true{} ORDER BY {}, key_sequence",
      kSchema, kDatabases, where, order);
}

// data_type and its like: java.sql.Types. 3 for searchable: all; nullable 1: yes.
std::string XdbcTypeInfoSql(const wire_sql::CommandGetXdbcTypeInfo& command) {
  return fmt::format(
      "SELECT name, type, size, quote, quote, CASE name WHEN 'DECIMAL' THEN ['precision', 'scale'] END, 1, quote = "
      "'''' "
      "AND name = 'VARCHAR', 3, name LIKE 'U%' AND quote IS NULL, false, false, name, CASE name WHEN 'DECIMAL' THEN 0 "
      "END, CASE name WHEN 'DECIMAL' THEN 38 END, type, NULL::INTEGER, CASE WHEN quote IS NULL AND name <> 'BOOLEAN' "
      "THEN 10 END, NULL::INTEGER FROM (VALUES ('BOOLEAN', 16, 1, NULL), ('TINYINT', -6, 3, NULL), ('UTINYINT', -6, 3, "
      "NULL), ('SMALLINT', 5, 5, NULL), ('USMALLINT', 5, 5, NULL), ('INTEGER', 4, 10, NULL), ('UINTEGER', 4, 10, "
      "NULL), "
      "('BIGINT', -5, 19, NULL), ('UBIGINT', -5, 20, NULL), ('HUGEINT', 3, 38, NULL), ('UHUGEINT', 3, 39, NULL), "
      "('FLOAT', 6, 7, NULL), ('DOUBLE', 8, 15, NULL), ('DECIMAL', 3, 38, NULL), ('VARCHAR', 12, NULL, ''''), ('BLOB', "
      "-3, NULL, ''''), ('DATE', 91, 10, ''''), ('TIME', 92, 15, ''''), ('TIMESTAMP', 93, 26, ''''), ('TIMESTAMP WITH "
      "TIME ZONE', 2014, 32, ''''), ('INTERVAL', 1111, NULL, ''''), ('UUID', 1111, 36, ''''), ('BIT', 1111, NULL, "
      "''''), ('JSON', 12, NULL, ''''), ('LIST', 2003, NULL, NULL), ('STRUCT', 2002, NULL, NULL), ('MAP', 1111, NULL, "
      "NULL)) t(name, type, size, quote){} ORDER BY type, name",
      command.has_data_type() ? fmt::format(" WHERE type = {}", command.data_type()) : "");
}

/// The SQL that answers the command; empty for those that are answered without.
std::string SqlOf(const google::protobuf::Any& any) {
  if (any.Is<wire_sql::CommandGetCatalogs>()) return CatalogsSql();
  if (any.Is<wire_sql::CommandGetTableTypes>()) {
    return "SELECT unnest(['LOCAL TEMPORARY', 'TABLE', 'VIEW'])";
  }
  if (wire_sql::CommandGetDbSchemas command; any.UnpackTo(&command)) return DbSchemasSql(command);
  if (wire_sql::CommandGetTables command; any.UnpackTo(&command)) return TablesSql(command);
  if (wire_sql::CommandGetPrimaryKeys command; any.UnpackTo(&command)) return PrimaryKeysSql(command);
  if (wire_sql::CommandGetExportedKeys command; any.UnpackTo(&command)) {
    return KeysSql(Equals("f.database_name", command.has_catalog(), command.catalog()) +
                       SchemaEquals(command.has_db_schema(), command.db_schema()) +
                       Equals("f.referenced_table", true, command.table()),
                   "fk_catalog, fk_schema, fk_table, fk_name");
  }
  if (wire_sql::CommandGetImportedKeys command; any.UnpackTo(&command)) {
    return KeysSql(Equals("f.database_name", command.has_catalog(), command.catalog()) +
                       SchemaEquals(command.has_db_schema(), command.db_schema()) +
                       Equals("f.table_name", true, command.table()),
                   "pk_catalog, pk_schema, pk_table, pk_name");
  }
  if (wire_sql::CommandGetCrossReference command; any.UnpackTo(&command)) {
    return KeysSql(Equals("f.database_name", command.has_pk_catalog(), command.pk_catalog()) +
                       SchemaEquals(command.has_pk_db_schema(), command.pk_db_schema()) +
                       Equals("f.referenced_table", true, command.pk_table()) +
                       Equals("f.database_name", command.has_fk_catalog(), command.fk_catalog()) +
                       SchemaEquals(command.has_fk_db_schema(), command.fk_db_schema()) +
                       Equals("f.table_name", true, command.fk_table()),
                   "fk_catalog, fk_schema, fk_table, fk_name");
  }
  if (wire_sql::CommandGetXdbcTypeInfo command; any.UnpackTo(&command)) return XdbcTypeInfoSql(command);
  return {};
}

constexpr const char* kListsSql =
    "SELECT 'k', list(upper(keyword_name) ORDER BY keyword_name) FROM duckdb_keywords() WHERE keyword_category = "
    "'reserved' UNION ALL SELECT category, list(DISTINCT function_name ORDER BY function_name) FROM (SELECT "
    "function_name, CASE WHEN len(parameter_types) = 0 THEN 'y' WHEN parameter_types[1] IN ('DOUBLE', 'BIGINT', "
    "'DECIMAL', 'INTEGER', 'HUGEINT') THEN 'n' WHEN parameter_types[1] = 'VARCHAR' THEN 's' WHEN parameter_types[1] IN "
    "('DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'TIME', 'INTERVAL') THEN 'd' END AS category FROM "
    "duckdb_functions() WHERE function_type = 'scalar' AND schema_name = 'main' AND regexp_matches(function_name, "
    "'^[a-z][a-z0-9_]*$') AND function_name NOT LIKE '\\_\\_%' ESCAPE '\\') WHERE category IS NOT NULL GROUP BY "
    "category";

/// `batch` with the columns of `schema`, whose types it has.
Result<std::shared_ptr<arrow::RecordBatch>> Renamed(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                    const std::shared_ptr<arrow::Schema>& schema, int columns) {
  arrow::ArrayVector arrays;
  for (int i = 0; i < columns; ++i) {
    if (!batch->column(i)->type()->Equals(*schema->field(i)->type())) {
      return Error(ErrorCode::kInternal,
                   fmt::format("metadata: column {} is of type {}, not {}", schema->field(i)->name(),
                               batch->column(i)->type()->ToString(), schema->field(i)->type()->ToString()));
    }
    arrays.push_back(batch->column(i));
  }
  return arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(arrays));
}

std::string TextAt(const arrow::RecordBatch& batch, int column, std::int64_t row) {
  return std::string(static_cast<const arrow::StringArray&>(*batch.column(column)).GetView(row));
}

}  // namespace

std::shared_ptr<arrow::Schema> FlightDoor::Impl::MetadataSchema(const google::protobuf::Any& command) {
  if (command.Is<wire_sql::CommandGetCatalogs>()) return flightsql::CatalogsSchema();
  if (command.Is<wire_sql::CommandGetDbSchemas>()) return flightsql::DbSchemasSchema();
  if (command.Is<wire_sql::CommandGetTableTypes>()) return flightsql::TableTypesSchema();
  if (command.Is<wire_sql::CommandGetPrimaryKeys>()) return flightsql::PrimaryKeysSchema();
  if (command.Is<wire_sql::CommandGetExportedKeys>() || command.Is<wire_sql::CommandGetImportedKeys>() ||
      command.Is<wire_sql::CommandGetCrossReference>()) {
    return flightsql::KeysSchema();
  }
  if (command.Is<wire_sql::CommandGetXdbcTypeInfo>()) return flightsql::XdbcTypeInfoSchema();
  if (command.Is<wire_sql::CommandGetSqlInfo>()) return flightsql::SqlInfoSchema();
  if (wire_sql::CommandGetTables tables; command.UnpackTo(&tables)) {
    return flightsql::TablesSchema(tables.include_schema());
  }
  return nullptr;
}

FlightDoor::Impl::Task<Result<std::vector<std::shared_ptr<arrow::RecordBatch>>>> FlightDoor::Impl::Query(
    CallPtr call, SessionPtr session, std::string sql) {
  Statement statement{.sql = std::move(sql), .shown = "<metadata>"};
  const auto current = session->transactions.begin();  // what its transaction has made is seen, too
  if (session->transactions.size() == 1) statement.transaction = current->first;
  const auto context = NewCall(session, call);
  auto ran = co_await Run(session, context, std::move(statement));
  if (!ran.ok()) co_return ran.error();
  const std::shared_ptr<FlightResult> result = *std::move(ran);
  if (result->stream != nullptr) {
    auto turn = co_await TakeTurn(session, context, result->lane);
    if (!turn.ok()) co_return turn.error();
    auto pull = [result, context]() -> Status {
      for (;;) {
        TAVANA_ASSIGN_OR_RETURN(auto rows, NextRows(*result->stream, context));
        if (!rows) break;
        result->ready.push_back(std::move(rows));
      }
      result->stream.reset();
      return Status::Ok();
    };
    const Status pulled = co_await OnLane(*turn, context, services_.control_pool, std::move(pull));
    if (!pulled.ok()) co_return pulled.error();
    if (result->once) result->lane->closing.push_back(*std::exchange(result->once, std::nullopt));
  }
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (const auto& rows : result->ready) batches.push_back(rows.batch);  // encoded is what was asked for a client
  co_return batches;
}

FlightDoor::Impl::Task<Result<FlightDoor::Impl::Metadata>> FlightDoor::Impl::MetadataOf(CallPtr call,
                                                                                        SessionPtr session,
                                                                                        google::protobuf::Any command) {
  Metadata metadata{.schema = MetadataSchema(command)};
  if (wire_sql::CommandGetSqlInfo infos; command.UnpackTo(&infos)) {
    flightsql::ServerFacts facts{.version = options_.version,
                                 .arrow_version = ARROW_VERSION_STRING,
                                 .max_connections = services_.options.max_connections};
    const std::vector<std::uint32_t> wanted(infos.info().begin(), infos.info().end());
    std::vector<std::shared_ptr<arrow::RecordBatch>> lists;
    if (flightsql::WantsLists(wanted)) {  // all else is known without the engine
      std::string sql = kListsSql;
      auto found = co_await Query(call, session, std::move(sql));
      if (!found.ok()) co_return found.error();
      lists = *std::move(found);
    }
    for (const auto& batch : lists) {
      const auto& values = static_cast<const arrow::ListArray&>(*batch->column(1));
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
        const std::string kind = TextAt(*batch, 0, row);
        auto& names = kind == "k"   ? facts.lists.keywords
                      : kind == "n" ? facts.lists.numeric_functions
                      : kind == "s" ? facts.lists.string_functions
                      : kind == "d" ? facts.lists.datetime_functions
                                    : facts.lists.system_functions;
        const auto list = values.value_slice(row);
        const auto& texts = static_cast<const arrow::StringArray&>(*list);
        for (std::int64_t i = 0; i < texts.length(); ++i) names.emplace_back(texts.GetView(i));
      }
    }
    auto batch = flightsql::SqlInfoBatch(flightsql::SqlInfos(facts), wanted);
    if (!batch.ok()) co_return batch.error();
    metadata.batches.push_back(*std::move(batch));
    co_return metadata;
  }
  std::string sql = SqlOf(command);
  const auto rows = co_await Query(call, session, std::move(sql));
  if (!rows.ok()) co_return rows.error();
  wire_sql::CommandGetTables tables;
  const bool with_schemas = command.UnpackTo(&tables) && tables.include_schema();
  const int columns = metadata.schema->num_fields() - (with_schemas ? 1 : 0);
  const auto plain = with_schemas ? flightsql::TablesSchema(false) : metadata.schema;
  for (const auto& batch : *rows) {
    auto renamed = Renamed(batch, plain, columns);
    if (!renamed.ok()) co_return renamed.error();
    metadata.batches.push_back(*std::move(renamed));
  }
  if (with_schemas) {
    const Status added = co_await AddTableSchemas(call, session, metadata);
    if (!added.ok()) co_return added.error();
  }
  co_return metadata;
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::AddTableSchemas(CallPtr call, SessionPtr session, Metadata& tables) {
  const auto context = NewCall(session, call);
  const std::string transaction = session->transactions.size() == 1 ? session->transactions.begin()->first : "";
  auto turn = co_await TakeLane(session, context, transaction);
  if (!turn.ok()) co_return turn.error();
  auto add = [engine = turn->lane->engine, context, batches = tables.batches,
              schema = tables.schema]() -> Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> {
    std::vector<std::shared_ptr<arrow::RecordBatch>> added;
    for (const auto& batch : batches) {
      arrow::BinaryBuilder schemas;
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
        const std::string catalog = TextAt(*batch, 0, row), name = TextAt(*batch, 1, row),
                          table = TextAt(*batch, 2, row);
        const auto prepared = engine->Prepare(context,
                                              fmt::format("SELECT * FROM {}.{}.{}", sql::QuoteIdentifier(catalog),
                                                          sql::QuoteIdentifier(name), sql::QuoteIdentifier(table)),
                                              {});
        if (!prepared.ok() && context.cancellation->cancelled()) return prepared.error();
        arrow::FieldVector fields;
        if (prepared.ok()) {  // a view over what is gone has no columns
          const auto columns = engine::ClientSchema(prepared->columns, false);
          for (const auto& field : columns->fields()) {
            const auto facts = arrow::key_value_metadata({{"ARROW:FLIGHT:SQL:CATALOG_NAME", catalog},
                                                          {"ARROW:FLIGHT:SQL:SCHEMA_NAME", name},
                                                          {"ARROW:FLIGHT:SQL:TABLE_NAME", table}});
            fields.push_back(field->WithMergedMetadata(facts));
          }
          engine->ClosePrepared(prepared->id);
        }
        TAVANA_ASSIGN_OR_RETURN(const auto bytes, flight::SchemaBytes(*arrow::schema(std::move(fields))));
        if (!schemas.Append(bytes).ok()) return Error(ErrorCode::kOutOfMemory, "no memory for the schemas of tables");
      }
      auto column = schemas.Finish();
      if (!column.ok()) return Error(ErrorCode::kOutOfMemory, column.status().message());
      auto columns = batch->columns();
      columns.push_back(*std::move(column));
      added.push_back(arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(columns)));
    }
    return added;
  };
  auto added = co_await OnLane(*turn, context, services_.control_pool, std::move(add));
  if (!added.ok()) co_return added.error();
  tables.batches = *std::move(added);
  co_return Status::Ok();
}

}  // namespace tavana::gateway
