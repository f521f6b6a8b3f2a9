#include "engine/testing/conformance.h"

#include "duckdb/engine.h"

namespace tavana::duckdb_engine {
namespace {

TAVANA_ENGINE_CONFORMANCE(DuckDb, [] { return *OpenDuckDb({.postgres_catalog = false, .reach = {.local = true}}); });

}  // namespace
}  // namespace tavana::duckdb_engine
