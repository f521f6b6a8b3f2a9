#pragma once

#include <memory>

#include "base/result.h"
#include "config/options.h"
#include "config/resource_limits.h"
#include "duckdb/engine.h"
#include "main/process.h"

namespace tavana {

/// Lets this process, if it has an engine, connect to nothing but what its sessions may reach.
Status GuardEgress(const config::Options& options);

/// What DuckDB is told of `options`, of what the machine or its cgroup allows, and of where it may spill.
Result<duckdb_engine::EngineOptions> EngineOptionsOf(const config::Options& options,
                                                     const config::ResourceLimits& limits, const SpillDirectory& spill);

}  // namespace tavana
