#include "duckdb/cache_figures.h"

#include <array>
#include <duckdb/function/table_function.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <utility>

#include "duckdb/cached_files.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file speaks DuckDB's functions and nothing else
using blockcache::CacheFigures;

Value Count(std::uint64_t count) { return Value::BIGINT(static_cast<int64_t>(count)); }
Value Milliseconds(std::chrono::microseconds time) { return Value::DOUBLE(static_cast<double>(time.count()) / 1000); }
Value Measured(std::chrono::microseconds time) {
  return time.count() == 0 ? Value(LogicalType::DOUBLE) : Milliseconds(time);
}

struct Column {
  const char* name;
  LogicalTypeId type;
  Value (*of)(const CacheFigures&);
};
constexpr auto kCount = LogicalTypeId::BIGINT;
constexpr auto kTime = LogicalTypeId::DOUBLE;
constexpr std::array kColumns = {
    Column{"hits", kCount, [](const CacheFigures& now) { return Count(now.hits); }},
    Column{"misses", kCount, [](const CacheFigures& now) { return Count(now.misses); }},
    Column{"joined", kCount, [](const CacheFigures& now) { return Count(now.joined); }},
    Column{"read_ahead", kCount, [](const CacheFigures& now) { return Count(now.read_ahead); }},
    Column{"hit_bytes", kCount, [](const CacheFigures& now) { return Count(now.hit_bytes); }},
    Column{"fetched_bytes", kCount, [](const CacheFigures& now) { return Count(now.fetched_bytes); }},
    Column{"saved_ms", kTime, [](const CacheFigures& now) { return Milliseconds(now.saved); }},
    Column{"blocks", kCount, [](const CacheFigures& now) { return Count(now.store.blocks); }},
    Column{"bytes", kCount, [](const CacheFigures& now) { return Count(now.store.bytes); }},
    Column{"limit_bytes", kCount, [](const CacheFigures& now) { return Count(now.store.limit_bytes); }},
    Column{"evicted", kCount, [](const CacheFigures& now) { return Count(now.store.evicted); }},
    Column{"damaged", kCount, [](const CacheFigures& now) { return Count(now.store.damaged); }},
    Column{"write_failures", kCount, [](const CacheFigures& now) { return Count(now.store.write_failures); }},
    Column{"failed_fetches", kCount, [](const CacheFigures& now) { return Count(now.failed_fetches); }},
    Column{"request_p50_ms", kTime, [](const CacheFigures& now) { return Measured(now.request_p50); }},
    Column{"request_p99_ms", kTime, [](const CacheFigures& now) { return Measured(now.request_p99); }},
    Column{"disk_p50_ms", kTime, [](const CacheFigures& now) { return Measured(now.disk_p50); }},
    Column{"disk_p99_ms", kTime, [](const CacheFigures& now) { return Measured(now.disk_p99); }},
};

struct CacheInfo : TableFunctionInfo {
  explicit CacheInfo(std::shared_ptr<blockcache::BlockCache> owner) : cache(std::move(owner)) {}
  std::shared_ptr<blockcache::BlockCache> cache;
};
struct CacheBinding : TableFunctionData {
  std::shared_ptr<blockcache::BlockCache> cache;
};
struct Given : GlobalTableFunctionState {
  bool given = false;
};

unique_ptr<FunctionData> Bind(ClientContext&, TableFunctionBindInput& input, vector<LogicalType>& types,
                              vector<string>& names) {
  for (const auto& column : kColumns) {
    types.emplace_back(column.type);
    names.emplace_back(column.name);
  }
  auto binding = make_uniq<CacheBinding>();
  binding->cache = input.info->Cast<CacheInfo>().cache;
  return binding;
}

unique_ptr<GlobalTableFunctionState> Begin(ClientContext&, TableFunctionInitInput&) { return make_uniq<Given>(); }

void Give(ClientContext&, TableFunctionInput& input, DataChunk& output) {
  auto& state = input.global_state->Cast<Given>();
  const auto& cache = input.bind_data->Cast<CacheBinding>().cache;
  if (std::exchange(state.given, true) || !cache) return;
  const auto figures = cache->figures();
  for (idx_t column = 0; column < kColumns.size(); ++column) output.SetValue(column, 0, kColumns[column].of(figures));
  output.SetCardinality(1);
}

}  // namespace

void RegisterBlockCache(DatabaseInstance& database, std::shared_ptr<blockcache::BlockCache> cache) {
  DBConfig::GetConfig(database).AddExtensionOption(
      kBlockCacheSetting, "Whether remote files are read through the block cache of the server", LogicalType::BOOLEAN,
      Value::BOOLEAN(true), nullptr, SetScope::SESSION);
  ExtensionLoader loader(database, "tavana");
  TableFunction function("tavana_cache_stats", {}, Give, Bind, Begin);
  function.function_info = make_shared_ptr<CacheInfo>(std::move(cache));
  loader.RegisterFunction(function);
}

}  // namespace tavana::duckdb_engine
