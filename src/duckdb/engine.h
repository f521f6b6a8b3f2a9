#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "blockcache/block_cache.h"
#include "duckdb/reach.h"
#include "engine/engine.h"

namespace tavana::duckdb_engine {

/// What an instance may use.
struct EngineResources {
  std::uint64_t memory_bytes = 0;  ///< 0: DuckDB's default (80 % of the machine)
  int threads = 0;                 ///< 0: one a core
  bool operator==(const EngineResources&) const = default;
};

struct EngineOptions {
  std::string database_path;  ///< the file behind the default catalog; empty: memory
  std::string init_sql;       ///< run once, in a session of its own, before anything else
  EngineResources resources;
  /// What the instance may use by now, where that changes while it runs (a resized pod): asked every `follow_period` on
  /// a thread of the engine's own. DuckDB may refuse less memory while it needs more; then it is told again.
  std::function<EngineResources()> follow;
  std::chrono::milliseconds follow_period{2'000};
  std::string spill_directory;          ///< empty: DuckDB's default
  std::uint64_t spill_limit_bytes = 0;  ///< 0: DuckDB's default (90 % of the free disk)
  bool postgres_catalog = true;         ///< pg_catalog and information_schema as PostgreSQL has them
  std::string extension_directory;      ///< EXT of EXT/v1.5.5/linux_amd64/*.duckdb_extension; nothing is ever installed
  /// What sessions without credentials of their own reach storage with, as the settings that a session would SET.
  std::map<std::string, std::string> storage;
  /// What sessions may reach of files and servers; the extensions' directory is added.
  ReachPolicy reach;
  /// Whether settings that reach everybody are the administrator's alone.
  bool lock_configuration = true;
  /// Whether a session may use what the server itself may: identities of its machine, and libraries that open files
  /// and servers without asking.
  bool sessions_reach_server = false;
  /// What blocks of remote files are kept in; null: nothing is kept.
  std::shared_ptr<blockcache::BlockCache> block_cache;
  /// What a session may keep aside of results that other statements interrupted (chosen: a large export fits).
  std::uint64_t open_results_limit_bytes = std::uint64_t{1} << 30;
};

/// One DuckDB instance, its default catalog attached as `tavana`.
Result<std::unique_ptr<engine::Engine>> OpenDuckDb(const EngineOptions& options);

}  // namespace tavana::duckdb_engine
