#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "blockcache/block_cache.h"
#include "config/options.h"
#include "config/resource_limits.h"
#include "duckdb/engine.h"
#include "main/process.h"

namespace tavana {

/// What DuckDB is told of `options`, of what the machine or its cgroup allows, and of where it may spill.
Result<duckdb_engine::EngineOptions> EngineOptionsOf(const config::Options& options,
                                                     const config::ResourceLimits& limits, const SpillDirectory& spill);

/// Null when it is off, or when there is no place for it: the log says why, and the server does without. Starts
/// threads.
std::shared_ptr<blockcache::BlockCache> OpenBlockCache(const config::Options& options);
/// What /metrics shows of it; nothing of none.
std::string BlockCacheMetrics(const blockcache::BlockCache* cache);

/// Lets this process connect to nothing but what the sessions of its engine may reach, and to the keys of tokens.
/// Before other threads start.
void GuardEgress(const config::Options& options, const duckdb_engine::ReachPolicy& reach);

}  // namespace tavana
