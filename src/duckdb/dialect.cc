#include "duckdb/dialect.h"

#include <algorithm>
#include <array>
#include <duckdb.hpp>
#include <duckdb/common/exception/binder_exception.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/common/vector_operations/unary_executor.hpp>
#include <duckdb/function/function_binder.hpp>
#include <duckdb/function/scalar_function.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/expression/operator_expression.hpp>
#include <duckdb/parser/expression/window_expression.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/result_modifier.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_binder.hpp>
#include <string>
#include <utility>

#include "duckdb/errors.h"
#include "duckdb/renaming.h"
#include "duckdb/tree_walk.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file works on DuckDB's tree and functions and nothing else

constexpr const char* kSetting = "tavana_dialect";

// LIKE and its kin, whose escape character is the backslash unless another is told; DuckDB's have none.
constexpr std::array kLikes = {Renaming{"~~", "like_escape"}, Renaming{"!~~", "not_like_escape"},
                               Renaming{"~~*", "ilike_escape"}, Renaming{"!~~*", "not_ilike_escape"}};

// Operators whose meaning depends on the types of both sides: functions that are bound to one or another.
constexpr std::array kOperators = {Renaming{"/", "__tavana_divide"},    Renaming{"%", "__tavana_modulo"},
                                   Renaming{"||", "__tavana_concat"},   Renaming{"-", "__tavana_minus"},
                                   Renaming{"@>", "__tavana_contains"}, Renaming{"<@", "__tavana_contained"}};

void OrderNulls(vector<OrderByNode>& orders) {
  for (auto& order : orders) {
    if (order.null_order != OrderByNullType::ORDER_DEFAULT) continue;
    order.null_order = order.type == OrderType::DESCENDING ? OrderByNullType::NULLS_FIRST : OrderByNullType::NULLS_LAST;
  }
}

class PostgresMeaning : public TreeWalk {
 public:
  explicit PostgresMeaning(std::string_view sql) : sql_(sql) {}

 private:
  void OnNode(QueryNode& node) override {
    for (auto& modifier : node.modifiers) {
      if (modifier->type == ResultModifierType::ORDER_MODIFIER) OrderNulls(modifier->Cast<OrderModifier>().orders);
    }
    if (node.type != QueryNodeType::SELECT_NODE) return;
    for (auto& column : node.Cast<SelectNode>().select_list) UnnestSeries(column);
  }

  static void UnnestSeries(unique_ptr<ParsedExpression>& column) {
    if (column->GetExpressionClass() != ExpressionClass::FUNCTION) return;
    if (!StringUtil::CIEquals(column->Cast<FunctionExpression>().function_name, "generate_series")) return;
    const std::string alias = column->HasAlias() ? std::string(column->GetAlias()) : "generate_series";
    vector<unique_ptr<ParsedExpression>> series;
    series.push_back(std::move(column));
    column = make_uniq<FunctionExpression>("unnest", std::move(series));
    column->SetAlias(alias);
  }

  void OnTable(TableRef& ref) override {
    if (ref.type != TableReferenceType::TABLE_FUNCTION || ref.alias.empty()) return;
    auto& table = ref.Cast<TableFunctionRef>();
    const auto name = StringUtil::Lower(table.function->Cast<FunctionExpression>().function_name);
    const bool has_one_column = name == "generate_series" || name == "unnest" || name == "string_to_array";
    if (table.column_name_alias.empty() && has_one_column) table.column_name_alias = {ref.alias};
  }

  void OnExpression(unique_ptr<ParsedExpression>& expression) override {
    switch (expression->GetExpressionClass()) {
      case ExpressionClass::WINDOW: {
        auto& window = expression->Cast<WindowExpression>();
        OrderNulls(window.orders);
        OrderNulls(window.arg_orders);
        return;
      }
      case ExpressionClass::OPERATOR: {  // a !~ b arrives as NOT regexp_full_match(a, b), located at its operator
        auto& negation = expression->Cast<OperatorExpression>();
        if (negation.type != ExpressionType::OPERATOR_NOT || !IsWrittenAs(negation, "!~")) return;
        if (negation.children[0]->GetExpressionClass() == ExpressionClass::FUNCTION)
          MatchAnywhere(negation.children[0]->Cast<FunctionExpression>());
        return;
      }
      case ExpressionClass::FUNCTION: return OnFunction(expression->Cast<FunctionExpression>());
      default: return;
    }
  }

  void OnFunction(FunctionExpression& function) const {
    if (function.order_bys) OrderNulls(function.order_bys->orders);
    if (IsWrittenAs(function, "~")) MatchAnywhere(function);  // SIMILAR TO is the same function
    if (function.children.size() != 2) return;
    if (const Renaming* const operation = FindRenaming(kOperators, function.function_name)) {
      function.function_name = operation->to;
      function.is_operator = false;
      return;
    }
    const Renaming* const like = FindRenaming(kLikes, function.function_name);
    if (like == nullptr) return;
    function.function_name = like->to;
    function.is_operator = false;
    function.children.push_back(make_uniq<ConstantExpression>(Value("\\")));
  }

  static void MatchAnywhere(FunctionExpression& function) {
    if (function.function_name == "regexp_full_match") function.function_name = "regexp_matches";
  }

  bool IsWrittenAs(const ParsedExpression& expression, std::string_view word) const {
    const auto location = expression.GetQueryLocation();
    return location.IsValid() && location.GetIndex() < sql_.size() &&
           sql_.substr(location.GetIndex()).starts_with(word);
  }

  const std::string_view sql_;
};

template <typename T>
void RefuseZero(DataChunk& arguments, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<T, T>(arguments.data[0], result, arguments.size(), [](T value) {
    if (value == T(0)) ThrowToDuckDb(Error(ErrorCode::kDivisionByZero, "division by zero"));
    return value;
  });
}

scalar_function_t RefuseZeroOf(PhysicalType type) {
  switch (type) {
    case PhysicalType::INT8: return RefuseZero<std::int8_t>;
    case PhysicalType::INT16: return RefuseZero<std::int16_t>;
    case PhysicalType::INT32: return RefuseZero<std::int32_t>;
    case PhysicalType::INT64: return RefuseZero<std::int64_t>;
    case PhysicalType::INT128: return RefuseZero<hugeint_t>;
    case PhysicalType::UINT8: return RefuseZero<std::uint8_t>;
    case PhysicalType::UINT16: return RefuseZero<std::uint16_t>;
    case PhysicalType::UINT32: return RefuseZero<std::uint32_t>;
    case PhysicalType::UINT64: return RefuseZero<std::uint64_t>;
    case PhysicalType::UINT128: return RefuseZero<uhugeint_t>;
    case PhysicalType::FLOAT: return RefuseZero<float>;
    case PhysicalType::DOUBLE: return RefuseZero<double>;
    default: return nullptr;
  }
}

/// `divisor`, or an error where it is zero.
unique_ptr<Expression> NotZero(unique_ptr<Expression> divisor) {
  const LogicalType type = divisor->return_type;
  const auto check = type.IsNumeric() ? RefuseZeroOf(type.InternalType()) : nullptr;
  if (!check) return divisor;
  ScalarFunction function("__tavana_not_zero", {type}, type, check);
  function.SetFallible();
  vector<unique_ptr<Expression>> children;
  children.push_back(std::move(divisor));
  return make_uniq<BoundFunctionExpression>(type, std::move(function), std::move(children), nullptr);
}

template <typename... Children>
unique_ptr<Expression> BindByName(ClientContext& context, const char* name, Children... arguments) {
  vector<unique_ptr<Expression>> children;
  (children.push_back(std::move(arguments)), ...);
  FunctionBinder binder(context);
  ErrorData failure;
  auto bound = binder.BindScalarFunction(DEFAULT_SCHEMA, name, std::move(children), failure, true);
  if (!bound) failure.Throw();
  return bound;
}

unique_ptr<Expression> BindOver(FunctionBindExpressionInput& input, const char* name) {
  return BindByName(input.context, name, std::move(input.children[0]), NotZero(std::move(input.children[1])));
}

unique_ptr<Expression> BindDivide(FunctionBindExpressionInput& input) {
  const auto integer = [&](std::size_t i) {
    const auto type = ExpressionBinder::GetExpressionReturnType(*input.children[i]);
    const auto id = type.id();
    return type.IsIntegral() || id == LogicalTypeId::SQLNULL || id == LogicalTypeId::UNKNOWN ||
           id == LogicalTypeId::INTEGER_LITERAL || id == LogicalTypeId::STRING_LITERAL;
  };
  return BindOver(input, integer(0) && integer(1) ? "//" : "/");
}

bool HasJson(const FunctionBindExpressionInput& input) {
  return input.children[0]->return_type.IsJSONType() || input.children[1]->return_type.IsJSONType();
}

unique_ptr<Expression> BindBoth(FunctionBindExpressionInput& input, const char* name) {
  return BindByName(input.context, name, std::move(input.children[0]), std::move(input.children[1]));
}

unique_ptr<Expression> BindConcat(FunctionBindExpressionInput& input) {
  if (HasJson(input)) return BindBoth(input, "__tavana_json_concat");
  const auto is_list = [&](std::size_t i) { return input.children[i]->return_type.id() == LogicalTypeId::LIST; };
  if (!is_list(0) && !is_list(1)) return BindBoth(input, "||");
  for (auto& child : input.children) {
    const auto id = child->return_type.id();
    if (id != LogicalTypeId::LIST && id != LogicalTypeId::SQLNULL)
      child = BindByName(input.context, "list_value", std::move(child));
  }
  return BindBoth(input, "list_concat");
}

unique_ptr<Expression> BindMinus(FunctionBindExpressionInput& input) {
  const bool of_json = input.children[0]->return_type.IsJSONType();
  return BindBoth(input, of_json ? "__tavana_json_delete" : "-");
}
unique_ptr<Expression> BindContains(FunctionBindExpressionInput& input) {
  return BindBoth(input, HasJson(input) ? "__tavana_json_contains" : "@>");
}
unique_ptr<Expression> BindContained(FunctionBindExpressionInput& input) {
  return BindBoth(input, HasJson(input) ? "__tavana_json_contained" : "<@");
}

unique_ptr<Expression> BindModulo(FunctionBindExpressionInput& input) { return BindOver(input, "%"); }

void Unreachable(DataChunk&, ExpressionState&, Vector&) { throw InternalException("a function that is only bound"); }

void CheckSetting(ClientContext&, SetScope, Value& value) {
  const std::string name = StringUtil::Lower(value.ToString());
  if (name != "duckdb" && name != "postgres") {
    ThrowToDuckDb(Error(ErrorCode::kInvalidParameter, "the dialect is duckdb or postgres, not \"" + name + "\""));
  }
  value = Value(name);
}

}  // namespace

void RegisterDialect(DatabaseInstance& instance) {
  DBConfig::GetConfig(instance).AddExtensionOption(
      kSetting, "What statements mean where DuckDB and PostgreSQL differ: duckdb or postgres", LogicalType::VARCHAR,
      Value("duckdb"), CheckSetting, SetScope::SESSION);
  ExtensionLoader loader(instance, "tavana");
  constexpr std::array kBinds = {
      std::pair("__tavana_divide", &BindDivide),     std::pair("__tavana_modulo", &BindModulo),
      std::pair("__tavana_concat", &BindConcat),     std::pair("__tavana_minus", &BindMinus),
      std::pair("__tavana_contains", &BindContains), std::pair("__tavana_contained", &BindContained)};
  for (const auto& [name, bind] : kBinds) {
    ScalarFunction function(name, {LogicalType::ANY, LogicalType::ANY}, LogicalType::ANY, Unreachable);
    function.SetBindExpressionCallback(bind);
    function.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);  // what it is bound to knows about NULL
    function.SetFallible();
    loader.RegisterFunction(function);
  }
}

bool SpeaksPostgres(const ClientContext& context) {
  Value value;
  return context.TryGetCurrentSetting(kSetting, value) && value.ToString() == "postgres";
}

void MeanAsPostgres(SQLStatement& statement, std::string_view sql) { PostgresMeaning(sql).Visit(statement); }

}  // namespace tavana::duckdb_engine
