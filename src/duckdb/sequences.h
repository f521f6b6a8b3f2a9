#pragma once

namespace duckdb {
class ExtensionLoader;
}

namespace tavana::duckdb_engine {

/// setval and lastval, and a nextval and a currval that mean this session's values, as PostgreSQL's do
/// (postgresql.org/docs/15/functions-sequence.html); DuckDB's currval gives what any session took last.
void RegisterSequenceFunctions(::duckdb::ExtensionLoader& loader);

}  // namespace tavana::duckdb_engine
