#include "duckdb/parameters.h"

#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/parameter_expression.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <utility>

#include "duckdb/tree_walk.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file works on DuckDB's tree and nothing else

class Caster : public TreeWalk {
 public:
  explicit Caster(const ParameterCasts& casts) : casts_(casts) {}

 private:
  void OnNode(QueryNode& node) override {
    // A cast would rename the column. Only here: an alias on a function's argument would name the argument.
    if (node.type != QueryNodeType::SELECT_NODE) return;
    for (auto& column : node.Cast<SelectNode>().select_list) {
      if (column->GetExpressionClass() == ExpressionClass::PARAMETER && !column->HasAlias())
        column->SetAlias(column->ToString());
    }
  }

  void OnExpression(unique_ptr<ParsedExpression>& expression) override {
    if (expression->GetExpressionClass() != ExpressionClass::PARAMETER) return;
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

class Nuller : public TreeWalk {
 public:
  explicit Nuller(const ParameterCasts& casts) : casts_(casts) {}

 private:
  void OnExpression(unique_ptr<ParsedExpression>& expression) override {
    if (expression->GetExpressionClass() != ExpressionClass::PARAMETER) return;
    const auto found = casts_.find(expression->Cast<ParameterExpression>().identifier);
    const LogicalType type = found == casts_.end() ? LogicalType(LogicalType::VARCHAR) : found->second;
    const std::string name = expression->HasAlias() ? std::string(expression->GetAlias()) : expression->ToString();
    expression = make_uniq<CastExpression>(type, make_uniq<ConstantExpression>(Value()));
    expression->SetAlias(name);
  }

  const ParameterCasts& casts_;
};

}  // namespace

void NullParameters(SQLStatement& statement, const ParameterCasts& casts) {
  Nuller(casts).Visit(statement);
  statement.named_param_map.clear();
}

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
