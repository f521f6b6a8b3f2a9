#include "duckdb/arrow_scan.h"

#include <arrow/c/bridge.h>

#include <algorithm>
#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/function/replacement_scan.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/expression/star_expression.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/parsed_data/copy_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/statement/copy_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/delete_statement.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/statement/update_statement.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <utility>

#include "duckdb/catalog.h"

namespace tavana::duckdb_engine {
namespace {

constexpr const char* kStateName = "tavana_offered_tables";

struct OfferedTables : ::duckdb::ClientContextState {
  std::map<std::string, std::shared_ptr<arrow::Table>> tables;
};

::duckdb::unique_ptr<::duckdb::ArrowArrayStreamWrapper> Produce(uintptr_t table, ::duckdb::ArrowStreamParameters&) {
  const auto& source = *reinterpret_cast<const std::shared_ptr<arrow::Table>*>(table);
  auto stream = ::duckdb::make_uniq<::duckdb::ArrowArrayStreamWrapper>();
  const auto status =
      arrow::ExportRecordBatchReader(std::make_shared<arrow::TableBatchReader>(source), &stream->arrow_array_stream);
  if (!status.ok()) throw ::duckdb::InvalidInputException(status.message());
  stream->number_of_rows = source->num_rows();
  return stream;
}

void Schema(ArrowArrayStream* table, ArrowSchema& schema) {
  const auto& source = *reinterpret_cast<const std::shared_ptr<arrow::Table>*>(table);
  const auto status = arrow::ExportSchema(*source->schema(), &schema);
  if (!status.ok()) throw ::duckdb::InvalidInputException(status.message());
}

::duckdb::unique_ptr<::duckdb::TableRef> ScanOf(const std::shared_ptr<arrow::Table>& table, const std::string& name) {
  ::duckdb::vector<::duckdb::unique_ptr<::duckdb::ParsedExpression>> arguments;
  for (const auto pointer : {reinterpret_cast<uintptr_t>(&table), reinterpret_cast<uintptr_t>(&Produce),
                             reinterpret_cast<uintptr_t>(&Schema)}) {
    arguments.push_back(::duckdb::make_uniq<::duckdb::ConstantExpression>(::duckdb::Value::POINTER(pointer)));
  }
  auto scan = ::duckdb::make_uniq<::duckdb::TableFunctionRef>();
  // Without projection pushdown: the columns are in memory already, and their names may repeat.
  scan->function = ::duckdb::make_uniq<::duckdb::FunctionExpression>("arrow_scan_dumb", std::move(arguments));
  scan->alias = name;
  return scan;
}

::duckdb::unique_ptr<::duckdb::TableRef> Replace(::duckdb::ClientContext& context,
                                                 ::duckdb::ReplacementScanInput& input,
                                                 ::duckdb::optional_ptr<::duckdb::ReplacementScanData>) {
  const auto state = context.registered_state->Get<OfferedTables>(kStateName);
  if (!state || !input.schema_name.empty()) return nullptr;
  const auto found = std::find_if(state->tables.begin(), state->tables.end(), [&](const auto& entry) {
    return ::duckdb::StringUtil::CIEquals(entry.first, input.table_name);
  });
  if (found == state->tables.end()) return nullptr;
  return ScanOf(found->second, input.table_name);
}

/// WITH name AS (SELECT * FROM scan), before the statement's own.
void AddTables(::duckdb::CommonTableExpressionMap& own, const OfferedTables& offered) {
  ::duckdb::CommonTableExpressionMap all;
  for (const auto& [name, table] : offered.tables) {
    if (own.map.find(name) != own.map.end()) continue;
    auto node = ::duckdb::make_uniq<::duckdb::SelectNode>();
    auto all_columns = ::duckdb::make_uniq<::duckdb::StarExpression>();
    for (const auto& field : table->schema()->fields()) {  // those of the catalog are PostgreSQL's oids
      if (field->type()->id() != arrow::Type::UINT32) continue;
      auto column = ::duckdb::make_uniq<::duckdb::ColumnRefExpression>(field->name());
      all_columns->replace_list[field->name()] =
          AsCatalogType(std::move(column), ::duckdb::LogicalType::BIGINT, "pg_oid");
    }
    node->select_list.push_back(std::move(all_columns));
    node->from_table = ScanOf(table, name);
    auto info = ::duckdb::make_uniq<::duckdb::CommonTableExpressionInfo>();
    info->query = ::duckdb::make_uniq<::duckdb::SelectStatement>();
    info->query->node = std::move(node);
    all.map.insert(name, std::move(info));
  }
  for (auto& entry : own.map) all.map.insert(entry.first, std::move(entry.second));
  own = std::move(all);
}

}  // namespace

void ReadOfferedTables(::duckdb::ClientContext& context, ::duckdb::SQLStatement& statement) {
  using ::duckdb::StatementType;
  const auto offered = context.registered_state->Get<OfferedTables>(kStateName);
  if (!offered) return;
  switch (statement.type) {
    case StatementType::SELECT_STATEMENT:
      return AddTables(statement.Cast<::duckdb::SelectStatement>().node->cte_map, *offered);
    case StatementType::INSERT_STATEMENT: {
      auto& insert = statement.Cast<::duckdb::InsertStatement>();
      if (insert.select_statement) AddTables(insert.select_statement->node->cte_map, *offered);
      return;
    }
    case StatementType::UPDATE_STATEMENT:
      return AddTables(statement.Cast<::duckdb::UpdateStatement>().cte_map, *offered);
    case StatementType::DELETE_STATEMENT:
      return AddTables(statement.Cast<::duckdb::DeleteStatement>().cte_map, *offered);
    case StatementType::CREATE_STATEMENT: {  // CREATE TABLE AS
      auto& info = *statement.Cast<::duckdb::CreateStatement>().info;
      if (info.type != ::duckdb::CatalogType::TABLE_ENTRY) return;
      auto& query = info.Cast<::duckdb::CreateTableInfo>().query;
      if (query) AddTables(query->node->cte_map, *offered);
      return;
    }
    case StatementType::COPY_STATEMENT: {
      auto& query = statement.Cast<::duckdb::CopyStatement>().info->select_statement;
      if (query) AddTables(query->cte_map, *offered);
      return;
    }
    case StatementType::EXPLAIN_STATEMENT:
      return ReadOfferedTables(context, *statement.Cast<::duckdb::ExplainStatement>().stmt);
    default: return;
  }
}

std::shared_ptr<arrow::Table> OfferedTable(::duckdb::ClientContext& context, const std::string& name) {
  const auto offered = context.registered_state->Get<OfferedTables>(kStateName);
  if (!offered) return nullptr;
  const auto found = offered->tables.find(name);
  return found == offered->tables.end() ? nullptr : found->second;
}

void OfferTables(::duckdb::ClientContext& context, std::map<std::string, std::shared_ptr<arrow::Table>> tables) {
  if (tables.empty() && !context.registered_state->Get<OfferedTables>(kStateName)) return;
  context.registered_state->GetOrCreate<OfferedTables>(kStateName)->tables = std::move(tables);
}

void RegisterArrowTables(::duckdb::DBConfig& config) { config.replacement_scans.emplace_back(&Replace); }

}  // namespace tavana::duckdb_engine
