#include "duckdb/parameters.h"

#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/parameter_expression.hpp>
#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_data/copy_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/copy_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/delete_statement.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/merge_into_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/statement/update_statement.hpp>
#include <duckdb/parser/tableref/list.hpp>
#include <utility>

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file is a walk over DuckDB's tree and nothing else

class Caster {
 public:
  explicit Caster(const ParameterCasts& casts) : casts_(casts) {}

  void Visit(unique_ptr<ParsedExpression>& expression) {
    if (!expression) return;
    if (expression->GetExpressionClass() == ExpressionClass::PARAMETER) return Cast(expression);
    if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY) {
      auto& subquery = expression->Cast<SubqueryExpression>();
      if (subquery.subquery) Visit(*subquery.subquery->node);
    }
    ParsedExpressionIterator::EnumerateChildren(*expression,
                                                [this](unique_ptr<ParsedExpression>& child) { Visit(child); });
  }
  void Visit(QueryNode& node) {
    // A cast would rename the column. Only here: an alias on a function's argument would name the argument.
    if (node.type == QueryNodeType::SELECT_NODE) {
      for (auto& column : node.Cast<SelectNode>().select_list) {
        if (column->GetExpressionClass() == ExpressionClass::PARAMETER && !column->HasAlias())
          column->SetAlias(column->ToString());
      }
    }
    ParsedExpressionIterator::EnumerateQueryNodeChildren(node,
                                                         [this](unique_ptr<ParsedExpression>& child) { Visit(child); });
  }
  void Visit(TableRef* ref) {
    if (ref == nullptr) return;
    ParsedExpressionIterator::EnumerateTableRefChildren(*ref,
                                                        [this](unique_ptr<ParsedExpression>& child) { Visit(child); });
  }
  void Visit(vector<unique_ptr<ParsedExpression>>& expressions) {
    for (auto& expression : expressions) Visit(expression);
  }
  void Visit(CommonTableExpressionMap& map) {
    for (auto& entry : map.map) Visit(*entry.second->query->node);
  }
  void Visit(UpdateSetInfo* set) {
    if (set == nullptr) return;
    Visit(set->condition);
    Visit(set->expressions);
  }

  void Visit(InsertStatement& insert) {
    if (insert.select_statement) Visit(*insert.select_statement->node);
    Visit(insert.returning_list);
    Visit(insert.cte_map);
    if (insert.on_conflict_info) {
      Visit(insert.on_conflict_info->set_info.get());
      Visit(insert.on_conflict_info->condition);
    }
  }
  void Visit(UpdateStatement& update) {
    Visit(update.from_table.get());
    Visit(update.set_info.get());
    Visit(update.returning_list);
    Visit(update.cte_map);
  }
  void Visit(DeleteStatement& erase) {
    Visit(erase.condition);
    for (auto& ref : erase.using_clauses) Visit(ref.get());
    Visit(erase.returning_list);
    Visit(erase.cte_map);
  }
  void Visit(MergeIntoStatement& merge) {
    Visit(merge.source.get());
    Visit(merge.join_condition);
    for (auto& entry : merge.actions) {
      for (auto& action : entry.second) {
        Visit(action->condition);
        Visit(action->update_info.get());
        Visit(action->expressions);
      }
    }
    Visit(merge.returning_list);
    Visit(merge.cte_map);
  }
  void Visit(SQLStatement& statement) {
    switch (statement.type) {
      case StatementType::SELECT_STATEMENT: return Visit(*statement.Cast<SelectStatement>().node);
      case StatementType::INSERT_STATEMENT: return Visit(statement.Cast<InsertStatement>());
      case StatementType::UPDATE_STATEMENT: return Visit(statement.Cast<UpdateStatement>());
      case StatementType::DELETE_STATEMENT: return Visit(statement.Cast<DeleteStatement>());
      case StatementType::MERGE_INTO_STATEMENT: return Visit(statement.Cast<MergeIntoStatement>());
      case StatementType::EXPLAIN_STATEMENT: return Visit(*statement.Cast<ExplainStatement>().stmt);
      case StatementType::COPY_STATEMENT: {
        auto& info = *statement.Cast<CopyStatement>().info;
        if (info.select_statement) Visit(*info.select_statement);
        return;
      }
      case StatementType::CREATE_STATEMENT: {
        auto& info = *statement.Cast<CreateStatement>().info;
        if (info.type == CatalogType::TABLE_ENTRY) {
          auto& table = info.Cast<CreateTableInfo>();
          if (table.query) Visit(*table.query->node);
        }
        return;
      }
      default: return;
    }
  }

 private:
  void Cast(unique_ptr<ParsedExpression>& expression) {
    const auto found = casts_.find(expression->Cast<ParameterExpression>().identifier);
    if (found == casts_.end()) return;
    auto location = expression->GetQueryLocation();
    std::string name = expression->HasAlias() ? std::string(expression->GetAlias()) : std::string();
    auto cast = make_uniq<CastExpression>(found->second, std::move(expression));
    if (!name.empty()) cast->SetAlias(std::move(name));
    cast->SetQueryLocation(location);
    expression = std::move(cast);
  }

  const ParameterCasts& casts_;
};

}  // namespace

void CastParameters(SQLStatement& statement, const ParameterCasts& casts) {
  if (!casts.empty()) Caster(casts).Visit(statement);
}

void CastNullColumns(SQLStatement& statement) {
  if (statement.type != StatementType::SELECT_STATEMENT) return;
  auto& node = *statement.Cast<SelectStatement>().node;
  if (node.type != QueryNodeType::SELECT_NODE) return;
  for (auto& column : node.Cast<SelectNode>().select_list) {
    if (column->GetExpressionClass() != ExpressionClass::CONSTANT) continue;
    const auto& value = column->Cast<ConstantExpression>().value;
    if (!value.IsNull() || value.type().id() != LogicalTypeId::SQLNULL) continue;
    std::string name = column->HasAlias() ? std::string(column->GetAlias()) : column->ToString();
    column = make_uniq<CastExpression>(LogicalType::VARCHAR, std::move(column));
    column->SetAlias(std::move(name));
  }
}

}  // namespace tavana::duckdb_engine
