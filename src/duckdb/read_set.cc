#include "duckdb/read_set.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/common/multi_file/multi_file_states.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/optimizer/optimizer_extension.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>
#include <duckdb/planner/operator/logical_delete.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <duckdb/planner/operator/logical_insert.hpp>
#include <duckdb/planner/operator/logical_merge_into.hpp>
#include <duckdb/planner/operator/logical_update.hpp>
#include <string>
#include <string_view>

namespace tavana::duckdb_engine {
namespace {

constexpr const char* kStateName = "tavana_read_set";
/// More files than these are not listed (chosen: a lake table of this size is not answered from a cache anyway).
constexpr std::size_t kMaxFiles = 10'000;
/// Table functions whose rows follow from their arguments alone.
constexpr std::array<std::string_view, 7> kPure = {"range",      "generate_series", "unnest",   "repeat",
                                                   "repeat_row", "dummy_scan",      "json_each"};

struct Recorder : ::duckdb::ClientContextState {
  engine::ReadSet* read_set = nullptr;  // null while nobody asks
  bool trusts_strangers = false;
  bool gives_order = true;
};

std::string VersionOf(const ::duckdb::OpenFileInfo& file) {
  if (file.extended_info) {
    const auto& known = file.extended_info->options;
    if (const auto tag = known.find("etag"); tag != known.end()) return tag->second.ToString();
  }
  struct stat status{};
  if (file.path.find("://") != std::string::npos || ::stat(file.path.c_str(), &status) != 0) return {};
  return std::to_string(status.st_size) + "-" + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

class Walk : public ::duckdb::LogicalOperatorVisitor {
 public:
  explicit Walk(engine::ReadSet& read_set) : read_set_(read_set) {}

  void VisitOperator(::duckdb::LogicalOperator& node) override {
    switch (node.type) {
      case ::duckdb::LogicalOperatorType::LOGICAL_GET: VisitGet(node.Cast<::duckdb::LogicalGet>()); break;
      case ::duckdb::LogicalOperatorType::LOGICAL_INSERT:
        VisitTarget(node.Cast<::duckdb::LogicalInsert>().table);
        break;
      case ::duckdb::LogicalOperatorType::LOGICAL_UPDATE:
        VisitTarget(node.Cast<::duckdb::LogicalUpdate>().table);
        break;
      case ::duckdb::LogicalOperatorType::LOGICAL_DELETE:
        VisitTarget(node.Cast<::duckdb::LogicalDelete>().table);
        break;
      case ::duckdb::LogicalOperatorType::LOGICAL_MERGE_INTO:
        VisitTarget(node.Cast<::duckdb::LogicalMergeInto>().table);
        break;
      default: break;
    }
    ::duckdb::LogicalOperatorVisitor::VisitOperator(node);
  }

  void VisitExpression(::duckdb::unique_ptr<::duckdb::Expression>* expression) override {
    CheckStability(**expression);
  }

  bool complete() const { return complete_; }
  bool trusts_strangers() const { return trusts_strangers_; }

 private:
  void CheckStability(::duckdb::Expression& expression) {
    if (expression.GetExpressionClass() == ::duckdb::ExpressionClass::BOUND_FUNCTION) {
      const auto& function = expression.Cast<::duckdb::BoundFunctionExpression>().function;
      // DuckDB itself puts error() around scalar subqueries; it either fails or changes nothing.
      if (function.GetStability() != ::duckdb::FunctionStability::CONSISTENT && function.name != "error")
        read_set_.has_volatile_function = true;
      // Clocks that say that they are always the same: the plan has the time at which it was made.
      const bool is_clock = function.name == "current_localtimestamp" || function.name == "current_localtime" ||
                            (function.name == "age" && function.arguments.size() == 1);
      if (is_clock) read_set_.has_volatile_function = trusts_strangers_ = true;
    }
    ::duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                    [this](::duckdb::Expression& child) { CheckStability(child); });
  }

  /// A lake's table goes with the transaction that found it, and the plan that names it must not outlive it.
  void VisitTarget(::duckdb::TableCatalogEntry& table) { trusts_strangers_ |= !table.ParentCatalog().IsDuckCatalog(); }

  void VisitGet(::duckdb::LogicalGet& get) {
    if (auto table = get.GetTable()) {
      AddTable({table->ParentCatalog().GetName(), table->ParentSchema().name, table->name});
      trusts_strangers_ |= !table->ParentCatalog().IsDuckCatalog();
    } else if (const auto* files = dynamic_cast<::duckdb::MultiFileBindData*>(get.bind_data.get())) {
      AddFiles(*files->file_list);
    } else if (std::find(kPure.begin(), kPure.end(), get.function.name) == kPure.end()) {
      complete_ = false;
      trusts_strangers_ |=
          get.function.statistics || get.function.statistics_extended || get.function.get_partition_stats;
    }
  }

  void AddTable(engine::ReadSet::Table table) {
    if (std::find(read_set_.tables.begin(), read_set_.tables.end(), table) == read_set_.tables.end())
      read_set_.tables.push_back(std::move(table));
  }

  void AddFiles(const ::duckdb::MultiFileList& files) {
    for (const auto& file : files.Files()) {
      if (read_set_.files.size() >= kMaxFiles) {
        complete_ = false;
        return;
      }
      engine::ReadSet::File found{file.path, VersionOf(file)};
      if (std::find(read_set_.files.begin(), read_set_.files.end(), found) == read_set_.files.end())
        read_set_.files.push_back(std::move(found));
    }
  }

  engine::ReadSet& read_set_;
  bool complete_ = true;
  bool trusts_strangers_ = false;
};

/// Whether `plan` puts its rows in order, or says which are the first, below what keeps them as they come.
bool GivesOrder(const ::duckdb::LogicalOperator& plan) {
  using ::duckdb::LogicalOperatorType;
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_ORDER_BY:
    case LogicalOperatorType::LOGICAL_TOP_N:
    case LogicalOperatorType::LOGICAL_LIMIT: return true;
    case LogicalOperatorType::LOGICAL_GET:
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
    case LogicalOperatorType::LOGICAL_ANY_JOIN:
    case LogicalOperatorType::LOGICAL_CROSS_PRODUCT:
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
    case LogicalOperatorType::LOGICAL_UNION:
    case LogicalOperatorType::LOGICAL_EXCEPT:
    case LogicalOperatorType::LOGICAL_INTERSECT: return false;
    case LogicalOperatorType::LOGICAL_PROJECTION:
    case LogicalOperatorType::LOGICAL_FILTER:
    case LogicalOperatorType::LOGICAL_WINDOW:
    case LogicalOperatorType::LOGICAL_UNNEST:
    case LogicalOperatorType::LOGICAL_DISTINCT: return GivesOrder(*plan.children[0]);
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE: return GivesOrder(*plan.children[1]);
    default: return true;  // who knows
  }
}

void Record(::duckdb::OptimizerExtensionInput& input, ::duckdb::unique_ptr<::duckdb::LogicalOperator>& plan) {
  const auto recorder = input.context.registered_state->Get<Recorder>(kStateName);
  if (!recorder || recorder->read_set == nullptr) return;
  *recorder->read_set = {};  // planned again with other parameter types: the last plan is the one that runs
  Walk walk(*recorder->read_set);
  walk.VisitOperator(*plan);
  recorder->read_set->complete = walk.complete();
  recorder->trusts_strangers = walk.trusts_strangers();
  recorder->gives_order = GivesOrder(*plan);
}

}  // namespace

void RegisterReadSets(::duckdb::DBConfig& config) {
  ::duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = Record;
  ::duckdb::OptimizerExtension::Register(config, std::move(extension));
}

ReadSetRecorder::ReadSetRecorder(::duckdb::ClientContext& context, engine::ReadSet& read_set) : context_(context) {
  const auto recorder = context_.registered_state->GetOrCreate<Recorder>(kStateName);
  recorder->read_set = &read_set;
  recorder->trusts_strangers = false;
  recorder->gives_order = true;
}

ReadSetRecorder::~ReadSetRecorder() {
  context_.registered_state->GetOrCreate<Recorder>(kStateName)->read_set = nullptr;
}

bool ReadSetRecorder::trusts_strangers() const {
  return context_.registered_state->GetOrCreate<Recorder>(kStateName)->trusts_strangers;
}

bool ReadSetRecorder::gives_order() const {
  return context_.registered_state->GetOrCreate<Recorder>(kStateName)->gives_order;
}

}  // namespace tavana::duckdb_engine
