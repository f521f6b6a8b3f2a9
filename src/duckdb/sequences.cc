#include "duckdb/sequences.h"

#include <cstdint>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/sequence_catalog_entry.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/execution/expression_executor_state.hpp>
#include <duckdb/function/scalar/sequence_functions.hpp>
#include <duckdb/function/scalar/sequence_utils.hpp>
#include <duckdb/function/scalar_function.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/parser/qualified_name.hpp>
#include <duckdb/planner/binder.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/transaction/duck_transaction.hpp>
#include <duckdb/transaction/meta_transaction.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "duckdb/errors.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file is functions of DuckDB and nothing else

/// What nextval and setval gave in this session, by sequence. Threads of one statement may write it.
class LastValues : public ClientContextState {
 public:
  static LastValues& Of(ClientContext& context) {
    return *context.registered_state->GetOrCreate<LastValues>("tavana_last_values");
  }

  void Note(const SequenceCatalogEntry& sequence, std::int64_t value, bool by_nextval) {
    const std::lock_guard lock(mutex_);
    values_[sequence.oid] = value;
    if (by_nextval) last_ = sequence.oid;
  }
  std::optional<std::int64_t> Of(const SequenceCatalogEntry& sequence) const {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(sequence.oid);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Of the sequence that nextval was called for last.
  std::optional<std::int64_t> Last() const {
    const std::lock_guard lock(mutex_);
    return last_ ? std::optional(values_.at(*last_)) : std::nullopt;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<idx_t, std::int64_t> values_;
  std::optional<idx_t> last_;
};

[[noreturn]] void Undefined(const std::string& what) {
  ThrowToDuckDb(Error(ErrorCode::kWrongState, what + " is not yet defined in this session"));
}

SequenceCatalogEntry& SequenceOf(ClientContext& context, const std::string& text) {
  auto name = QualifiedName::Parse(text);
  Binder::BindSchemaOrCatalog(context, name.catalog, name.schema);
  if (StringUtil::CIEquals(name.schema, "public")) name.schema = "main";
  return Catalog::GetEntry(context, name.catalog, name.schema, EntryLookupInfo(CatalogType::SEQUENCE_ENTRY, name.name))
      .Cast<SequenceCatalogEntry>();
}

DuckTransaction& WritingTransaction(ClientContext& context, SequenceCatalogEntry& sequence) {
  MetaTransaction::Get(context).ModifyDatabase(sequence.ParentCatalog().GetAttached(),
                                               DatabaseModificationType(DatabaseModificationType::UPDATE_DATA));
  return DuckTransaction::Get(context, sequence.ParentCatalog());
}

std::int64_t SetValue(ClientContext& context, const std::string& name, std::int64_t value, bool is_called) {
  auto& sequence = SequenceOf(context, name);
  const auto before = sequence.GetData();
  if (value < before.min_value || value > before.max_value) {
    ThrowToDuckDb(Error(ErrorCode::kOutOfRange,
                        "setval: value " + std::to_string(value) + " is out of bounds for sequence \"" + sequence.name +
                            "\" (" + std::to_string(before.min_value) + ".." + std::to_string(before.max_value) + ")"));
  }
  auto& transaction = WritingTransaction(context, sequence);
  // DuckDB takes the larger number of uses for the later state.
  sequence.ReplayValue(before.usage_count + 1, value);
  if (is_called) {
    LastValues::Of(context).Note(sequence, value, false);
    return sequence.NextValue(transaction);
  }
  if (!sequence.temporary) transaction.PushSequenceUsage(sequence, sequence.GetData());
  return value;
}

void SetValues(DataChunk& arguments, ExpressionState& state, Vector& result) {
  for (idx_t row = 0; row < arguments.size(); ++row) {
    const auto name = arguments.data[0].GetValue(row), value = arguments.data[1].GetValue(row);
    const auto is_called = arguments.ColumnCount() > 2 ? arguments.data[2].GetValue(row) : Value::BOOLEAN(true);
    const bool has_null = name.IsNull() || value.IsNull() || is_called.IsNull();
    result.SetValue(row, has_null ? Value(LogicalType::BIGINT)
                                  : Value::BIGINT(SetValue(state.GetContext(), name.ToString(), BigIntValue::Get(value),
                                                           BooleanValue::Get(is_called))));
  }
}

std::int64_t NextValue(ClientContext& context, SequenceCatalogEntry& sequence) {
  const std::int64_t value = sequence.NextValue(WritingTransaction(context, sequence));
  LastValues::Of(context).Note(sequence, value, true);
  return value;
}

std::int64_t CurrentValue(ClientContext& context, SequenceCatalogEntry& sequence) {
  const auto value = LastValues::Of(context).Of(sequence);
  if (!value) Undefined("currval of sequence \"" + sequence.name + "\"");
  return *value;
}

/// By the sequence that the bind has found, or by the name in each row.
template <auto ValueOf>
void EachValue(DataChunk& arguments, ExpressionState& state, Vector& result) {
  auto& context = state.GetContext();
  const auto& bound = state.expr.Cast<BoundFunctionExpression>().bind_info;
  result.SetVectorType(VectorType::FLAT_VECTOR);
  auto* values = FlatVector::GetData<std::int64_t>(result);
  for (idx_t row = 0; row < arguments.size(); ++row) {
    if (bound) {
      values[row] = ValueOf(context, bound->Cast<NextvalBindData>().sequence);
    } else if (const auto name = arguments.data[0].GetValue(row); name.IsNull()) {
      FlatVector::SetNull(result, row, true);
    } else {
      values[row] = ValueOf(context, SequenceOf(context, name.ToString()));
    }
  }
}

/// A name that is written out is looked up once, so that a default keeps its sequence.
template <typename DuckDbs>
unique_ptr<FunctionData> BindSequence(ScalarFunctionBindInput& input, ScalarFunction& function,
                                      vector<unique_ptr<Expression>>& arguments) {
  if (!arguments[0]->IsFoldable()) return nullptr;
  auto& context = input.binder.context;
  const auto value = ExpressionExecutor::EvaluateScalar(context, *arguments[0]);
  auto name = value.IsNull() ? QualifiedName() : QualifiedName::Parse(value.ToString());
  if (StringUtil::CIEquals(name.schema, "public")) {
    name.schema = "main";
    arguments[0] = make_uniq<BoundConstantExpression>(Value(name.ToString()));
  }
  return DuckDbs::GetFunction().GetBindExtendedCallback()(input, function, arguments);
}

void LastValue(DataChunk&, ExpressionState& state, Vector& result) {
  const auto value = LastValues::Of(state.GetContext()).Last();
  if (!value) Undefined("lastval");
  result.Reference(Value::BIGINT(*value));
}

}  // namespace

void RegisterSequenceFunctions(ExtensionLoader& loader) {
  const auto add = [&loader](ScalarFunction function) {
    function.SetVolatile();
    function.SetFallible();
    loader.RegisterFunction(std::move(function));
  };
  const auto number = LogicalType::BIGINT;
  add(ScalarFunction("setval", {LogicalType::VARCHAR, number}, number, SetValues));
  add(ScalarFunction("setval", {LogicalType::VARCHAR, number, LogicalType::BOOLEAN}, number, SetValues));
  add(ScalarFunction("lastval", {}, number, LastValue));
  // DuckDB's own, so that what it knows of them (dependencies, what they modify) holds.
  auto next = NextvalFun::GetFunction();
  next.SetFunctionCallback(EachValue<NextValue>);
  next.SetBindExtendedCallback(BindSequence<NextvalFun>);
  add(std::move(next));
  auto current = CurrvalFun::GetFunction();
  current.SetFunctionCallback(EachValue<CurrentValue>);
  current.SetBindExtendedCallback(BindSequence<CurrvalFun>);
  add(std::move(current));
}

}  // namespace tavana::duckdb_engine
