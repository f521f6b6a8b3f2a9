#include "duckdb/column_names.h"

#include <algorithm>
#include <array>
#include <duckdb/common/extra_type_info.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/parser/expression/list.hpp>
#include <duckdb/parser/expression/type_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/query_node/set_operation_node.hpp>
#include <duckdb/parser/statement/delete_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/statement/update_statement.hpp>
#include <string>
#include <string_view>

#include "duckdb/readable.h"
#include "duckdb/renaming.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file works on DuckDB's tree and nothing else

constexpr std::string_view kNameless = "?column?";

/// A name, and whether an enclosing cast or CASE gives way to it.
struct Figured {
  std::string name;
  bool strong = false;
};

// Forms of the grammar that DuckDB's parser makes functions of its schema main.
constexpr std::array kForms = {
    Renaming{"date_part", "extract"},
    Renaming{"trim", "btrim"},
    Renaming{"ltrim", "ltrim"},
    Renaming{"rtrim", "rtrim"},
    Renaming{"position", "position"},
    Renaming{"substring", "substring"},
    Renaming{"overlay", "overlay"},
    Renaming{"timezone", "timezone"},
    Renaming{"overlaps", "overlaps"},
    Renaming{"list_value", "array"},
    Renaming{"row", "row"},
    Renaming{"like_escape", kNameless},
    Renaming{"not_like_escape", kNameless},
    Renaming{"ilike_escape", kNameless},
    Renaming{"not_ilike_escape", kNameless},
};

// What INTERVAL '1' DAY and its kin become.
constexpr std::array<std::string_view, 6> kUnits = {"to_years", "to_months",  "to_days",
                                                    "to_hours", "to_minutes", "to_seconds"};

Figured Figure(const ParsedExpression& expression);

// What PostgreSQL calls the types whose names DuckDB's parser has made its own. varchar is text to it too.
constexpr std::array kTypeForms = {
    Renaming{"smallint", "int2"},
    Renaming{"integer", "int4"},
    Renaming{"bigint", "int8"},
    Renaming{"float", "float4"},
    Renaming{"double", "float8"},
    Renaming{"decimal", "numeric"},
    Renaming{"boolean", "bool"},
    Renaming{"varchar", "text"},
    Renaming{"blob", "bytea"},
    Renaming{kOidHere, "oid"},
    Renaming{"timestamp with time zone", "timestamptz"},
    Renaming{"time with time zone", "timetz"},
};

/// An array has the name of its elements' type.
std::string TypeName(const LogicalType& type) {
  if (type.id() == LogicalTypeId::LIST) return TypeName(ListType::GetChildType(type));
  std::string name = StringUtil::Lower(type.ToString());
  if (type.id() == LogicalTypeId::UNBOUND) {
    const auto* named = UnboundType::GetTypeExpression(type).get();
    while (named->GetExpressionClass() == ExpressionClass::TYPE) {
      const auto& expression = named->Cast<TypeExpression>();
      name = StringUtil::Lower(expression.GetTypeName());
      const bool is_list = name == "list" || name == "array";
      if (!is_list || expression.GetChildren().empty()) break;
      named = expression.GetChildren()[0].get();
    }
  }
  const Renaming* const form = FindRenaming(kTypeForms, name);
  return form == nullptr ? name : std::string(form->to);
}

bool IsName(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return StringUtil::CharacterIsAlphaNumeric(c) || c == '_'; });
}

Figured OfFunction(const FunctionExpression& function) {
  const std::string name = StringUtil::Lower(function.function_name);
  if (function.is_operator || !IsName(name)) return {std::string(kNameless)};
  if (function.schema == "main") {
    const Renaming* const form = FindRenaming(kForms, name);
    return form == nullptr ? Figured{} : Figured{std::string(form->to), true};
  }
  if (std::find(kUnits.begin(), kUnits.end(), name) != kUnits.end()) return {"interval"};
  if (name == "regexp_full_match") return {std::string(kNameless)};
  if (name == "quantile_cont" || name == "quantile_disc") return {"percentile" + name.substr(8), true};  // WITHIN GROUP
  return {name == "count_star" ? "count" : name, true};
}

Figured OfOperator(const OperatorExpression& operation) {
  switch (operation.type) {
    case ExpressionType::OPERATOR_COALESCE: return {"coalesce", true};
    case ExpressionType::OPERATOR_NULLIF: return {"nullif", true};
    case ExpressionType::ARRAY_CONSTRUCTOR: return {"array", true};
    case ExpressionType::GROUPING_FUNCTION: return {"grouping", true};
    case ExpressionType::ARRAY_EXTRACT:
    case ExpressionType::ARRAY_SLICE: return Figure(*operation.children[0]);
    case ExpressionType::STRUCT_EXTRACT: {
      const auto& key = *operation.children[1];
      if (key.GetExpressionClass() != ExpressionClass::CONSTANT) return {std::string(kNameless)};
      return {key.Cast<ConstantExpression>().value.ToString(), true};
    }
    default: return {std::string(kNameless)};
  }
}

Figured OfSubquery(const SubqueryExpression& subquery) {
  switch (subquery.subquery_type) {
    case SubqueryType::EXISTS: return {"exists", true};
    case SubqueryType::SCALAR: {
      const auto& node = *subquery.subquery->node;
      if (node.type != QueryNodeType::SELECT_NODE) return {std::string(kNameless)};
      const auto& list = node.Cast<SelectNode>().select_list;
      if (list.size() != 1) return {std::string(kNameless)};
      if (list[0]->HasAlias()) return {std::string(list[0]->GetAlias()), true};
      return Figure(*list[0]);
    }
    default: return {std::string(kNameless)};
  }
}

/// Without a name: DuckDB's stays.
Figured Figure(const ParsedExpression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::COLUMN_REF: return {expression.Cast<ColumnRefExpression>().GetColumnName(), true};
    case ExpressionClass::FUNCTION: return OfFunction(expression.Cast<FunctionExpression>());
    case ExpressionClass::WINDOW: return {StringUtil::Lower(expression.Cast<WindowExpression>().function_name), true};
    case ExpressionClass::OPERATOR: return OfOperator(expression.Cast<OperatorExpression>());
    case ExpressionClass::SUBQUERY: return OfSubquery(expression.Cast<SubqueryExpression>());
    case ExpressionClass::COLLATE: return Figure(*expression.Cast<CollateExpression>().child);
    case ExpressionClass::CAST: {
      const auto& cast = expression.Cast<CastExpression>();
      // TRUE, not 't'::bool: a cast that nobody wrote.
      if (!cast.GetQueryLocation().IsValid() && cast.child->GetExpressionClass() == ExpressionClass::CONSTANT &&
          TypeName(cast.cast_type) == "bool")
        return {std::string(kNameless)};
      const Figured child = Figure(*cast.child);
      return child.strong ? child : Figured{TypeName(cast.cast_type)};
    }
    case ExpressionClass::CASE: {
      const Figured otherwise = Figure(*expression.Cast<CaseExpression>().else_expr);
      return otherwise.strong ? otherwise : Figured{"case"};
    }
    case ExpressionClass::LAMBDA:  // json -> key: which it is is known when it is bound
    case ExpressionClass::CONSTANT:
    case ExpressionClass::PARAMETER:
    case ExpressionClass::COMPARISON:
    case ExpressionClass::CONJUNCTION:
    case ExpressionClass::BETWEEN: return {std::string(kNameless)};
    default: return {};
  }
}

bool Mentions(const ParsedExpression& expression, const std::string& name) {
  if (expression.GetExpressionClass() == ExpressionClass::COLUMN_REF) {
    const auto& names = expression.Cast<ColumnRefExpression>().column_names;
    return names.size() == 1 && StringUtil::CIEquals(names[0], name);
  }
  bool mentions = false;
  ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const ParsedExpression& child) { mentions = mentions || Mentions(child, name); });
  return mentions;
}

void NameEach(vector<unique_ptr<ParsedExpression>>& columns) {
  for (auto& column : columns) {
    if (column->HasAlias() || column->GetExpressionClass() == ExpressionClass::COLUMN_REF) continue;
    Figured figured = Figure(*column);
    if (figured.name.empty()) continue;
    if (Mentions(*column, figured.name)) figured.name += kHiddenMark;
    column->SetAlias(std::move(figured.name));
  }
}

void NameColumnsOf(QueryNode* node) {
  while (node->type == QueryNodeType::SET_OPERATION_NODE) {  // the names come from its first part
    auto& parts = node->Cast<SetOperationNode>().children;
    if (parts.empty()) return;
    node = parts[0].get();
  }
  if (node->type == QueryNodeType::SELECT_NODE) NameEach(node->Cast<SelectNode>().select_list);
}

}  // namespace

void NameColumns(SQLStatement& statement) {
  switch (statement.type) {
    case StatementType::SELECT_STATEMENT: return NameColumnsOf(statement.Cast<SelectStatement>().node.get());
    case StatementType::INSERT_STATEMENT: return NameEach(statement.Cast<InsertStatement>().returning_list);
    case StatementType::UPDATE_STATEMENT: return NameEach(statement.Cast<UpdateStatement>().returning_list);
    case StatementType::DELETE_STATEMENT: return NameEach(statement.Cast<DeleteStatement>().returning_list);
    default: return;
  }
}

}  // namespace tavana::duckdb_engine
