#include "duckdb/direct_append.h"

#include <arrow/c/bridge.h>

#include <algorithm>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/duck_table_entry.hpp>
#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/common/vector_operations/vector_operations.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/planner/binder.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/expression_binder/constant_binder.hpp>
#include <duckdb/planner/expression_binder/where_binder.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/storage/data_table.hpp>
#include <duckdb/storage/table/append_state.hpp>
#include <duckdb/transaction/local_storage.hpp>
#include <duckdb/transaction/meta_transaction.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace tavana::duckdb_engine {

namespace {

/// The default of a column, bound.
::duckdb::unique_ptr<::duckdb::Expression> DefaultOf(::duckdb::ClientContext& context, ::duckdb::Binder& binder,
                                                     const ::duckdb::ColumnDefinition& column) {
  if (!column.HasDefaultValue()) {
    return ::duckdb::make_uniq<::duckdb::BoundConstantExpression>(::duckdb::Value(column.Type()));
  }
  auto expression = column.DefaultValue().Copy();
  ::duckdb::ConstantBinder default_binder(binder, context, "DEFAULT value");
  default_binder.target_type = column.Type();
  return default_binder.Bind(expression);
}

void ReadFromChunk(::duckdb::unique_ptr<::duckdb::Expression>& expression) {
  if (expression->GetExpressionClass() == ::duckdb::ExpressionClass::BOUND_COLUMN_REF) {
    const auto& column = expression->Cast<::duckdb::BoundColumnRefExpression>();
    expression =
        ::duckdb::make_uniq<::duckdb::BoundReferenceExpression>(column.return_type, column.binding.column_index);
    return;
  }
  ::duckdb::ExpressionIterator::EnumerateChildren(*expression, ReadFromChunk);
}

/// The condition of a COPY over the columns that came, bound.
::duckdb::unique_ptr<::duckdb::Expression> ConditionOf(::duckdb::ClientContext& context, ::duckdb::Binder& binder,
                                                       const engine::IngestTarget& target,
                                                       const ::duckdb::vector<std::string>& names,
                                                       const ::duckdb::vector<::duckdb::LogicalType>& types) {
  auto parsed = ::duckdb::Parser::ParseExpressionList(target.where + "\n");  // it may end in a comment
  if (parsed.size() != 1) throw ::duckdb::ParserException("WHERE takes one condition");
  binder.bind_context.AddGenericBinding(binder.GenerateTableIndex(), target.table, names, types);
  ::duckdb::WhereBinder where_binder(binder, context);
  auto condition = where_binder.Bind(parsed[0]);
  if (condition->HasSubquery())
    throw ::duckdb::NotImplementedException("cannot use subquery in COPY FROM WHERE condition");
  ReadFromChunk(condition);
  return condition;
}

}  // namespace

struct DirectAppend::State {
  State(::duckdb::ClientContext& context_in, ::duckdb::TableCatalogEntry& table_in)
      : context(context_in), table(table_in), default_values(context_in), filter(context_in) {}

  ::duckdb::ClientContext& context;
  ::duckdb::TableCatalogEntry& table;  // seen by the transaction, so there until its end
  ::duckdb::vector<::duckdb::unique_ptr<::duckdb::BoundConstraint>> constraints;
  ::duckdb::vector<::duckdb::unique_ptr<::duckdb::Expression>> defaults;
  ::duckdb::ExpressionExecutor default_values;          // of the columns without a source, in their order
  std::vector<std::optional<::duckdb::idx_t>> sources;  // of the table's columns, in the batch
  ::duckdb::ArrowSchemaWrapper schema;
  ::duckdb::ArrowTableSchema arrow_types;
  ::duckdb::DataChunk source, target;
  ::duckdb::unique_ptr<::duckdb::Expression> condition;  // of the rows of `source`; null: all are taken
  ::duckdb::ExpressionExecutor filter;
  ::duckdb::SelectionVector taken;

  /// The rows of `source` for which the condition holds; `taken` says which they were.
  void Filter() {
    if (condition == nullptr) return;
    const auto count = filter.SelectExpression(source, taken);
    source.Slice(taken, count);
  }

  void AppendChunk(::duckdb::DataChunk& rows, ::duckdb::LocalAppendState& append) {
    target.Reset();
    ::duckdb::idx_t next_default = 0;
    default_values.SetChunk(rows);
    for (::duckdb::idx_t i = 0; i < sources.size(); ++i) {
      if (!sources[i]) {
        default_values.ExecuteExpression(next_default++, target.data[i]);
      } else if (auto& values = rows.data[*sources[i]]; values.GetType() == target.data[i].GetType()) {
        target.data[i].Reference(values);
      } else {
        ::duckdb::VectorOperations::Cast(context, values, target.data[i], rows.size());
      }
    }
    target.SetCardinality(rows.size());
    table.GetStorage().LocalAppend(append, context, target, false);
  }

  /// The row of `source`, which could not be appended, that cannot be appended by itself. The transaction is lost, so
  /// the rows before it do no harm.
  std::optional<std::int64_t> FirstThatFails(::duckdb::LocalAppendState& append) {
    ::duckdb::DataChunk row;
    row.InitializeEmpty(source.GetTypes());
    for (::duckdb::idx_t i = 0; i < source.size(); ++i) {
      ::duckdb::SelectionVector selection(1);
      selection.set_index(0, i);
      row.Reference(source);
      row.Slice(selection, 1);
      row.Flatten();
      try {
        AppendChunk(row, append);
      } catch (const std::exception&) {
        return static_cast<std::int64_t>(condition ? taken.get_index(i) : i);
      }
    }
    return std::nullopt;
  }
};

DirectAppend::DirectAppend(std::unique_ptr<State> state) : state_(std::move(state)) {}
DirectAppend::~DirectAppend() = default;

std::unique_ptr<DirectAppend> DirectAppend::Make(::duckdb::ClientContext& context, const engine::IngestTarget& target,
                                                 const arrow::Schema& schema) {
  std::unique_ptr<State> state;
  context.RunFunctionInTransaction([&] {
    ::duckdb::string catalog = target.temporary ? TEMP_CATALOG : target.database == "main" ? "tavana" : target.database;
    ::duckdb::string schema_name = target.schema;
    ::duckdb::Binder::BindSchemaOrCatalog(context, catalog, schema_name);
    ::duckdb::optional_ptr<::duckdb::CatalogEntry> entry = ::duckdb::Catalog::GetEntry(
        context, catalog, schema_name, ::duckdb::EntryLookupInfo(::duckdb::CatalogType::TABLE_ENTRY, target.table),
        ::duckdb::OnEntryNotFound::RETURN_NULL);
    if (!entry || entry->type != ::duckdb::CatalogType::TABLE_ENTRY) return;
    auto& table = entry->Cast<::duckdb::TableCatalogEntry>();
    if (!table.IsDuckTable()) return;

    auto made = std::make_unique<State>(context, table);
    made->sources.resize(table.GetColumns().PhysicalColumnCount());
    for (int i = 0; i < schema.num_fields(); ++i) {
      const auto& name = schema.field(i)->name();
      if (!table.ColumnExists(name) || table.GetColumn(name).Generated()) return;
      auto& source = made->sources[table.GetColumn(name).Physical().index];
      if (source) return;
      source = static_cast<::duckdb::idx_t>(i);
    }
    if (!arrow::ExportSchema(schema, &made->schema.arrow_schema).ok()) return;
    ::duckdb::ArrowTableFunction::PopulateArrowTableSchema(context, made->arrow_types, made->schema.arrow_schema);
    made->source.Initialize(context, made->arrow_types.GetTypes());
    made->target.Initialize(context, table.GetTypes());
    const auto binder = ::duckdb::Binder::CreateBinder(context);
    made->constraints = binder->BindConstraints(table);
    for (const auto& column : table.GetColumns().Physical()) {
      if (made->sources[column.Physical().index]) continue;
      auto bound = DefaultOf(context, *binder, column);
      made->default_values.AddExpression(*bound);
      made->defaults.push_back(std::move(bound));
    }
    ::duckdb::MetaTransaction::Get(context).ModifyDatabase(
        table.ParentCatalog().GetAttached(),
        ::duckdb::DatabaseModificationType(::duckdb::DatabaseModificationType::INSERT_DATA));
    table.GetStorage().BindIndexes(context);
    if (!target.where.empty()) {
      const auto condition_binder = ::duckdb::Binder::CreateBinder(context);
      ::duckdb::vector<std::string> names;
      for (const auto& name : schema.field_names()) names.push_back(name);
      made->condition = ConditionOf(context, *condition_binder, target, names, made->arrow_types.GetTypes());
      made->filter.AddExpression(*made->condition);
      made->taken.Initialize(STANDARD_VECTOR_SIZE);
    }
    state = std::move(made);
  });
  return state == nullptr ? nullptr : std::unique_ptr<DirectAppend>(new DirectAppend(std::move(state)));
}

std::int64_t DirectAppend::Append(const arrow::RecordBatch& batch) {
  State& state = *state_;
  auto array = ::duckdb::make_uniq<::duckdb::ArrowArrayWrapper>();
  if (const auto status = arrow::ExportRecordBatch(batch, &array->arrow_array); !status.ok()) {
    throw ::duckdb::InvalidInputException(status.message());
  }
  std::int64_t appended = 0;
  state.context.RunFunctionInTransaction([&] {
    ::duckdb::ArrowScanLocalState scan(std::move(array), state.context);
    ::duckdb::LocalAppendState append;
    auto& storage = state.table.GetStorage();
    storage.InitializeLocalAppend(append, state.table, state.context, state.constraints);
    const auto rows = static_cast<::duckdb::idx_t>(batch.num_rows());
    while (scan.chunk_offset < rows) {
      const auto here = std::min<::duckdb::idx_t>(STANDARD_VECTOR_SIZE, rows - scan.chunk_offset);
      state.source.Reset();
      state.source.SetCardinality(here);
      ::duckdb::ArrowTableFunction::ArrowToDuckDB(scan, state.arrow_types.GetColumns(), state.source);
      state.Filter();
      try {
        if (state.source.size() > 0) state.AppendChunk(state.source, append);
      } catch (const std::exception&) {
        failed_row_ = state.FirstThatFails(append);
        if (failed_row_) *failed_row_ += static_cast<std::int64_t>(scan.chunk_offset);
        throw;
      }
      appended += static_cast<std::int64_t>(state.source.size());
      scan.chunk_offset += here;
    }
    storage.FinalizeLocalAppend(append);
  });
  return appended;
}

}  // namespace tavana::duckdb_engine
