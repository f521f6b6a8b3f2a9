#pragma once

namespace duckdb {
class DatabaseInstance;
}

namespace tavana::duckdb_engine {

/// Teaches `instance` the spellings of PostgreSQL that DuckDB misreads or refuses, wherever a text becomes a value
/// (literals, columns, parameters, files): bytea as \x68657861, dates and timestamps with a trailing BC, arrays as
/// {1,2}, booleans as on and off. Every other text goes to DuckDB's own cast untouched
/// (postgresql.org/docs/15/datatype.html: binary, datetime output, arrays-io, boolean).
void RegisterPostgresSpellings(::duckdb::DatabaseInstance& instance);

}  // namespace tavana::duckdb_engine
