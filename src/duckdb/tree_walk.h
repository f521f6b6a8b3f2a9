#pragma once

#include <duckdb.hpp>
#include <duckdb/parser/parsed_expression.hpp>
#include <duckdb/parser/query_node.hpp>
#include <duckdb/parser/sql_statement.hpp>
#include <duckdb/parser/tableref.hpp>

namespace duckdb {
class CommonTableExpressionMap;
class DeleteStatement;
class InsertStatement;
class MergeIntoStatement;
class UpdateSetInfo;
class UpdateStatement;
}  // namespace duckdb

namespace tavana::duckdb_engine {

/// Goes through every expression and table of a parsed statement, children first.
class TreeWalk {
 public:
  virtual ~TreeWalk() = default;
  void Visit(::duckdb::SQLStatement& statement);

 protected:
  /// May replace it.
  virtual void OnExpression(::duckdb::unique_ptr<::duckdb::ParsedExpression>& expression) = 0;
  /// Before what is below it.
  virtual void OnNode(::duckdb::QueryNode&) {}
  virtual void OnTable(::duckdb::TableRef&) {}

 private:
  void Visit(::duckdb::unique_ptr<::duckdb::ParsedExpression>& expression);
  void Visit(::duckdb::QueryNode& node);
  void Visit(::duckdb::TableRef* table);
  void Enter(::duckdb::TableRef& table);
  void Enter(::duckdb::QueryNode& node);
  void Visit(::duckdb::vector<::duckdb::unique_ptr<::duckdb::ParsedExpression>>& expressions);
  void Visit(::duckdb::CommonTableExpressionMap& map);
  void Visit(::duckdb::UpdateSetInfo* set);
  void Visit(::duckdb::InsertStatement& insert);
  void Visit(::duckdb::UpdateStatement& update);
  void Visit(::duckdb::DeleteStatement& erase);
  void Visit(::duckdb::MergeIntoStatement& merge);
};

}  // namespace tavana::duckdb_engine
