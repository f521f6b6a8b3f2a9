#pragma once

#include <atomic>
#include <duckdb.hpp>
#include <memory>

#include "duckdb/attachments.h"
#include "duckdb/catalog.h"
#include "duckdb/engine.h"
#include "duckdb/plan_guard.h"
#include "duckdb/reach.h"
#include "duckdb/vault.h"

namespace tavana::duckdb_engine {

/// The DuckDB instance, shared by its sessions and their results: the last of them closes it.
struct Instance {
  EngineOptions options;
  WriteGate writes;
  std::unique_ptr<::duckdb::DuckDB> database;
  VaultStorage* vaults = nullptr;  ///< the database's
  AttachedFiles attached_files;
  std::shared_ptr<const ReachPolicy> reach;
  Resolver resolver;
  PostgresCatalog catalog;  ///< empty without postgres_catalog
  std::atomic<bool> poisoned = false;
};

/// TranslateError, and the instance is marked poisoned when the error says so or DuckDB refuses further work.
Error Complain(Instance& instance, const ::duckdb::ErrorData& error, std::string_view sql);

}  // namespace tavana::duckdb_engine
