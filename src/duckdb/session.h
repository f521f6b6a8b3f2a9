#pragma once

#include <memory>

#include "duckdb/instance.h"
#include "engine/engine.h"

namespace tavana::duckdb_engine {

Result<std::unique_ptr<engine::Session>> OpenSession(std::shared_ptr<Instance> instance,
                                                     const engine::SessionOptions& options);

}  // namespace tavana::duckdb_engine
