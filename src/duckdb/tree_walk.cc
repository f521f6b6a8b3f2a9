#include "duckdb/tree_walk.h"

#include <duckdb/parser/constraints/check_constraint.hpp>
#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/parameter_expression.hpp>
#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_data/copy_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/query_node/recursive_cte_node.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/query_node/set_operation_node.hpp>
#include <duckdb/parser/statement/copy_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/delete_statement.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/merge_into_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/statement/update_statement.hpp>
#include <duckdb/parser/tableref/list.hpp>
#include <duckdb/parser/parsed_data/create_view_info.hpp>

namespace tavana::duckdb_engine {

using namespace ::duckdb;  // NOLINT: this file is a walk over DuckDB's tree and nothing else

void TreeWalk::Visit(unique_ptr<ParsedExpression>& expression) {
  if (!expression) return;
  if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY) {
    auto& subquery = expression->Cast<SubqueryExpression>();
    if (subquery.subquery) Visit(*subquery.subquery->node);
  }
  ParsedExpressionIterator::EnumerateChildren(*expression,
                                              [this](unique_ptr<ParsedExpression>& child) { Visit(child); });
  OnExpression(expression);
}

/// DuckDB's iterator goes into the subqueries of FROM by itself.
void TreeWalk::Enter(TableRef& table) {
  OnTable(table);
  if (table.type == TableReferenceType::SUBQUERY) Enter(*table.Cast<SubqueryRef>().subquery->node);
}

/// Of a set operation and of WITH, too.
void TreeWalk::Enter(QueryNode& node) {
  OnNode(node);
  if (node.type == QueryNodeType::SET_OPERATION_NODE) {
    for (auto& child : node.Cast<SetOperationNode>().children) Enter(*child);
  } else if (node.type == QueryNodeType::RECURSIVE_CTE_NODE) {
    Enter(*node.Cast<RecursiveCTENode>().left);
    Enter(*node.Cast<RecursiveCTENode>().right);
  }
  for (auto& entry : node.cte_map.map) Enter(*entry.second->query->node);
}

void TreeWalk::Visit(QueryNode& node) {
  Enter(node);
  ParsedExpressionIterator::EnumerateQueryNodeChildren(
      node, [this](unique_ptr<ParsedExpression>& child) { Visit(child); }, [this](TableRef& table) { Enter(table); });
}

void TreeWalk::Visit(TableRef* table) {
  if (table == nullptr) return;
  ParsedExpressionIterator::EnumerateTableRefChildren(
      *table, [this](unique_ptr<ParsedExpression>& child) { Visit(child); }, [this](TableRef& ref) { Enter(ref); });
}

void TreeWalk::Visit(vector<unique_ptr<ParsedExpression>>& expressions) {
  for (auto& expression : expressions) Visit(expression);
}
void TreeWalk::Visit(CommonTableExpressionMap& map) {
  for (auto& entry : map.map) Visit(*entry.second->query->node);
}
void TreeWalk::Visit(UpdateSetInfo* set) {
  if (set == nullptr) return;
  Visit(set->condition);
  Visit(set->expressions);
}

void TreeWalk::Visit(InsertStatement& insert) {
  if (insert.select_statement) Visit(*insert.select_statement->node);
  Visit(insert.returning_list);
  Visit(insert.cte_map);
  if (insert.on_conflict_info) {
    Visit(insert.on_conflict_info->set_info.get());
    Visit(insert.on_conflict_info->condition);
  }
}
void TreeWalk::Visit(UpdateStatement& update) {
  Visit(update.table.get());
  Visit(update.from_table.get());
  Visit(update.set_info.get());
  Visit(update.returning_list);
  Visit(update.cte_map);
}
void TreeWalk::Visit(DeleteStatement& erase) {
  Visit(erase.table.get());
  Visit(erase.condition);
  for (auto& ref : erase.using_clauses) Visit(ref.get());
  Visit(erase.returning_list);
  Visit(erase.cte_map);
}
void TreeWalk::Visit(MergeIntoStatement& merge) {
  Visit(merge.target.get());
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
void TreeWalk::Visit(SQLStatement& statement) {
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
        for (idx_t i = 0; i < table.columns.LogicalColumnCount(); ++i) {
          auto& column = table.columns.GetColumnMutable(LogicalIndex(i));
          if (!column.HasDefaultValue()) continue;
          auto value = column.DefaultValue().Copy();
          Visit(value);
          column.SetDefaultValue(std::move(value));
        }
        for (auto& constraint : table.constraints) {
          if (constraint->type == ConstraintType::CHECK) Visit(constraint->Cast<CheckConstraint>().expression);
        }
      } else if (info.type == CatalogType::VIEW_ENTRY) {
        auto& view = info.Cast<CreateViewInfo>();
        if (view.query) Visit(*view.query->node);
      }
      return;
    }
    default: return;
  }
}

}  // namespace tavana::duckdb_engine
