#pragma once

#include <duckdb.hpp>
#include <map>
#include <string>

namespace tavana::duckdb_engine {

/// Parameter identifiers ("1", "2", "name") to the type each is cast to.
using ParameterCasts = std::map<std::string, ::duckdb::LogicalType>;

/// Puts CAST(... AS type) around each parameter in `casts`, wherever it stands in the statement's tree. Statements of
/// kinds that take no parameters are left alone. Throws what DuckDB throws.
void CastParameters(::duckdb::SQLStatement& statement, const ParameterCasts& casts);

/// Puts NULL of its type where each parameter stands, text where `casts` does not say.
void NullParameters(::duckdb::SQLStatement& statement, const ParameterCasts& casts);

/// SELECT NULL gives text, as in PostgreSQL: DuckDB would call it an integer.
void CastNullColumns(::duckdb::SQLStatement& statement);

}  // namespace tavana::duckdb_engine
