#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace duckdb {
class Connection;
class SQLStatement;
}  // namespace duckdb

namespace tavana::duckdb_engine {

/// PostgreSQL's catalog over DuckDB's: the hidden database __tavana with its schemas pg and info, which clients see as
/// pg_catalog and information_schema, and fn with their functions (src/duckdb/catalog/*.sql). Made once an instance.
struct PostgresCatalog {
  std::set<std::string, std::less<>> pg, info, fn;  ///< what is in each, in lower case

  static Result<PostgresCatalog> Create(::duckdb::Connection& connection);
};

/// Sends the names of a parsed statement where they lead: tables and functions of PostgreSQL's catalog to `catalog`,
/// the schema public to main, types and collations of PostgreSQL to DuckDB's.
void ResolvePostgresNames(::duckdb::SQLStatement& statement, const PostgresCatalog& catalog);

}  // namespace tavana::duckdb_engine
