#pragma once

#include <duckdb.hpp>
#include <memory>

#include "blockcache/block_cache.h"

namespace tavana::duckdb_engine {

/// tavana_cache_stats(), a row of what the cache of this process has done; no row when there is none (`cache` is null).
/// And the setting that takes a session past it. Once per instance, before its first connection.
void RegisterBlockCache(::duckdb::DatabaseInstance& database, std::shared_ptr<blockcache::BlockCache> cache);

}  // namespace tavana::duckdb_engine
