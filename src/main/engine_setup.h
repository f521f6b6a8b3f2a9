#pragma once

#include <memory>

#include "base/result.h"
#include "config/options.h"
#include "config/resource_limits.h"
#include "duckdb/engine.h"
#include "main/process.h"

namespace tavana {

/// What DuckDB is told of `options`, of what the machine or its cgroup allows, and of where it may spill.
Result<duckdb_engine::EngineOptions> EngineOptionsOf(const config::Options& options,
                                                     const config::ResourceLimits& limits, const SpillDirectory& spill);

/// Lets this process connect to nothing but what the sessions of its engine may reach, and to the keys of tokens.
/// Before other threads start.
void GuardEgress(const config::Options& options, const duckdb_engine::ReachPolicy& reach);

}  // namespace tavana
