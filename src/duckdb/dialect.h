#pragma once

#include <string_view>

namespace duckdb {
class ClientContext;
class DatabaseInstance;
class SQLStatement;
}  // namespace duckdb

namespace tavana::duckdb_engine {

/// The setting tavana_dialect (duckdb, postgres) of each connection, and the functions that MeanAsPostgres calls. Once
/// per instance, before its first connection.
void RegisterDialect(::duckdb::DatabaseInstance& instance);

/// Whether the connection's statements mean what PostgreSQL means by the same text.
bool SpeaksPostgres(const ::duckdb::ClientContext& context);

/// Gives `statement`, parsed from `sql`, PostgreSQL's meaning where DuckDB has another for the same text: integers
/// divide into integers, division by zero is an error, NULLs come last and in descending order first, ~ finds a match
/// anywhere, the backslash escapes in LIKE, || joins json values and an array with an element, - and @> work on json, a
/// column of generate_series is a row for each, and the only column of a function in FROM has the alias as its name.
/// docs/compatibility.md lists them.
void MeanAsPostgres(::duckdb::SQLStatement& statement, std::string_view sql);

}  // namespace tavana::duckdb_engine
