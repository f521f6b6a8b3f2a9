#include "duckdb/definitions.h"

#include <algorithm>
#include <array>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/duck_table_entry.hpp>
#include <duckdb/common/extra_type_info.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/parser/constraints/not_null_constraint.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/type_expression.hpp>
#include <duckdb/parser/keyword_helper.hpp>
#include <duckdb/parser/parsed_data/alter_table_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/parsed_data/drop_info.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/alter_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/drop_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/expressionlistref.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb/readable.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file works on DuckDB's tree and nothing else

struct SerialType {
  std::string_view name;
  LogicalTypeId stored;
};
constexpr std::array kSerialTypes = {
    SerialType{"serial", LogicalTypeId::INTEGER},       SerialType{"serial4", LogicalTypeId::INTEGER},
    SerialType{"bigserial", LogicalTypeId::BIGINT},     SerialType{"serial8", LogicalTypeId::BIGINT},
    SerialType{"smallserial", LogicalTypeId::SMALLINT}, SerialType{"serial2", LogicalTypeId::SMALLINT}};

std::string Quoted(const std::string& name) { return KeywordHelper::WriteQuoted(name, '"'); }

std::string SequenceOf(const std::string& table, const std::string& column) { return table + "_" + column + "_seq"; }

/// schema."name", as SQL.
std::string Named(const std::string& catalog, const std::string& schema, const std::string& name) {
  std::string full;
  if (!catalog.empty()) full += Quoted(catalog) + ".";
  if (!schema.empty()) full += Quoted(schema) + ".";
  return full + Quoted(name);
}

unique_ptr<SQLStatement> Parsed(const std::string& sql) {
  Parser parser;
  parser.ParseQuery(sql);
  return std::move(parser.statements[0]);
}

/// The type that a serial column stores; nullopt for a column that is not one.
std::optional<LogicalType> StoredType(const ColumnDefinition& column) {
  if (!column.Generated() && column.HasDefaultValue() &&
      column.DefaultValue().GetExpressionClass() == ExpressionClass::CONSTANT &&
      column.DefaultValue().Cast<ConstantExpression>().value.ToString() == kIdentityMark) {
    return column.Type();
  }
  if (column.Type().id() != LogicalTypeId::UNBOUND) return std::nullopt;
  const auto& expression = UnboundType::GetTypeExpression(column.Type());
  if (expression->GetExpressionClass() != ExpressionClass::TYPE) return std::nullopt;
  const std::string name = StringUtil::Lower(expression->Cast<TypeExpression>().GetTypeName());
  const auto* const found =
      std::find_if(kSerialTypes.begin(), kSerialTypes.end(), [&](const SerialType& type) { return type.name == name; });
  if (found == kSerialTypes.end()) return std::nullopt;
  return LogicalType(found->stored);
}

/// Calls `use` with the table or view of that name, when there is one of that type. Within a transaction: the entry of
/// an attached lake lives no longer.
template <typename Use>
void WithEntry(ClientContext& context, CatalogType type, const std::string& catalog, const std::string& schema,
               const std::string& name, const Use& use) {
  context.RunFunctionInTransaction(
      [&] {
        const EntryLookupInfo wanted(CatalogType::TABLE_ENTRY, name);
        auto entry = Catalog::GetEntry(context, catalog, schema, wanted, OnEntryNotFound::RETURN_NULL);
        if (entry && entry->type == type) use(*entry);
      },
      false);
}

void ExpandCreate(ClientContext& context, CreateTableInfo& info, Statements& before) {
  bool exists = false;
  if (info.on_conflict != OnCreateConflict::REPLACE_ON_CONFLICT) {
    WithEntry(context, CatalogType::TABLE_ENTRY, info.catalog, info.schema, info.table,
              [&](CatalogEntry&) { exists = true; });
  }
  for (idx_t i = 0; i < info.columns.LogicalColumnCount(); ++i) {
    auto& column = info.columns.GetColumnMutable(LogicalIndex(i));
    const auto stored = StoredType(column);
    if (!stored) continue;
    column.SetType(*stored);
    if (exists) {  // nothing will be made: not its sequence either
      column.SetDefaultValue(nullptr);
      continue;
    }
    const std::string name = Named(info.temporary ? "" : info.catalog, info.temporary ? "" : info.schema,
                                   SequenceOf(info.table, column.Name()));
    before.push_back(
        Parsed("CREATE OR REPLACE " + std::string(info.temporary ? "TEMPORARY " : "") + "SEQUENCE " + name));
    const std::string next = "nextval(" + KeywordHelper::WriteQuoted(name, '\'') + ")";
    column.SetDefaultValue(std::move(Parser::ParseExpressionList(next)[0]));
    info.constraints.push_back(make_uniq<NotNullConstraint>(LogicalIndex(i)));
  }
}

void ExpandDrop(ClientContext& context, const DropInfo& info, Statements& after) {
  WithEntry(context, CatalogType::TABLE_ENTRY, info.catalog, info.schema, info.name, [&](CatalogEntry& entry) {
    const auto& table = entry.Cast<TableCatalogEntry>();
    for (const auto& column : table.GetColumns().Logical()) {
      if (column.Generated() || !column.HasDefaultValue()) continue;
      const std::string sequence = SequenceOf(table.name, column.Name());
      const std::string text = column.DefaultValue().ToString();
      if (text.find("nextval") == std::string::npos || text.find(sequence) == std::string::npos) continue;
      after.push_back(Parsed("DROP SEQUENCE IF EXISTS " + Named(info.catalog, info.schema, sequence)));
    }
  });
}

void RenameView(ClientContext& context, AlterStatement& alter) {
  if (alter.info->type != AlterType::ALTER_TABLE) return;
  auto& info = alter.info->Cast<AlterTableInfo>();
  if (info.alter_table_type != AlterTableType::RENAME_TABLE) return;
  bool is_view = false;
  WithEntry(context, CatalogType::VIEW_ENTRY, info.catalog, info.schema, info.name,
            [&](CatalogEntry&) { is_view = true; });
  if (!is_view) return;
  alter.info = make_uniq<RenameViewInfo>(info.GetAlterEntryData(), info.Cast<RenameTableInfo>().new_table_name);
}

/// How many columns the VALUES of an INSERT have; 0 when it has another source.
idx_t ValuesOf(const InsertStatement& insert) {
  if (!insert.select_statement || insert.select_statement->node->type != QueryNodeType::SELECT_NODE) return 0;
  const auto& from = insert.select_statement->node->Cast<SelectNode>().from_table;
  if (!from || from->type != TableReferenceType::EXPRESSION_LIST) return 0;
  const auto& rows = from->Cast<ExpressionListRef>().values;
  return rows.empty() ? 0 : rows[0].size();
}

void NameFirstColumns(ClientContext& context, InsertStatement& insert) {
  const idx_t given = insert.columns.empty() ? ValuesOf(insert) : 0;
  if (given == 0) return;
  vector<std::string> names;
  WithEntry(context, CatalogType::TABLE_ENTRY, insert.catalog, insert.schema, insert.table, [&](CatalogEntry& entry) {
    for (const auto& column : entry.Cast<TableCatalogEntry>().GetColumns().Physical()) names.push_back(column.Name());
  });
  if (given >= names.size()) return;
  names.resize(given);
  insert.columns = std::move(names);
}

}  // namespace

void AdaptToCatalog(ClientContext& context, Statements& statements) {
  Statements expanded;
  for (auto& statement : statements) {
    Statements after;
    if (statement->type == StatementType::CREATE_STATEMENT) {
      auto& info = *statement->Cast<CreateStatement>().info;
      if (info.type == CatalogType::TABLE_ENTRY) ExpandCreate(context, info.Cast<CreateTableInfo>(), expanded);
    } else if (statement->type == StatementType::DROP_STATEMENT) {
      const auto& info = *statement->Cast<DropStatement>().info;
      if (info.type == CatalogType::TABLE_ENTRY) ExpandDrop(context, info, after);
    }
    if (statement->type == StatementType::ALTER_STATEMENT) RenameView(context, statement->Cast<AlterStatement>());
    if (statement->type == StatementType::INSERT_STATEMENT)
      NameFirstColumns(context, statement->Cast<InsertStatement>());
    expanded.push_back(std::move(statement));
    for (auto& each : after) expanded.push_back(std::move(each));
  }
  statements = std::move(expanded);
}

}  // namespace tavana::duckdb_engine
