#pragma once

#include <array>
#include <duckdb/parser/parsed_expression.hpp>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace duckdb {
class Connection;
class SQLStatement;
}  // namespace duckdb

namespace tavana::duckdb_engine {

/// Tables that the gateway supplies to one statement have names of this form.
inline constexpr std::string_view kInlinePrefix = "__tavana_";

/// PostgreSQL's catalog over DuckDB's: the hidden database __tavana with its schemas pg and info, which clients see as
/// pg_catalog and information_schema, and fn with their functions (src/duckdb/catalog/*.sql). Made once an instance.
struct PostgresCatalog {
  std::set<std::string, std::less<>> pg, info, fn;  ///< what is in each, in lower case
  /// Relations of pg that only the gateway can fill. A statement reads them as tables of these names with
  /// kInlinePrefix before; the views of the catalog are what it reads when nothing is supplied.
  static constexpr std::array<std::string_view, 3> kInline = {"pg_settings", "pg_stat_activity",
                                                              "pg_stat_progress_query"};

  static Result<PostgresCatalog> Create(::duckdb::Connection& connection);
};

/// `expression` as one of the catalog's own types (pg_oid, int2vector, oidvector). By way of another type, since a cast
/// to the same type under another name is no cast.
::duckdb::unique_ptr<::duckdb::ParsedExpression> AsCatalogType(
    ::duckdb::unique_ptr<::duckdb::ParsedExpression> expression, const ::duckdb::LogicalType& by_way_of,
    const std::string& name);

/// Sends the names of a parsed statement where they lead: tables and functions of PostgreSQL's catalog to `catalog`,
/// the schema public to main, types and collations of PostgreSQL to DuckDB's.
struct ResolvedNames {
  bool reads_catalog = false;
  std::set<std::string> inline_tables;  ///< that it needs from the gateway, by their full names
};
ResolvedNames ResolvePostgresNames(::duckdb::SQLStatement& statement, const PostgresCatalog& catalog);

}  // namespace tavana::duckdb_engine
