#pragma once

#include <duckdb.hpp>
#include <memory>
#include <vector>

namespace tavana::duckdb_engine {

using Statements = ::duckdb::vector<::duckdb::unique_ptr<::duckdb::SQLStatement>>;

/// What PostgreSQL says in one statement and DuckDB in another, or in several, where the catalog decides:
/// - serial and identity columns (postgresql.org/docs/15/datatype-numeric.html#DATATYPE-SERIAL): a CREATE TABLE that
/// has
///   any comes after the CREATE of its sequences, <table>_<column>_seq; its DROP TABLE before their DROP;
/// - ALTER TABLE .. RENAME TO of a view;
/// - INSERT of fewer values than there are columns, which are the first ones.
/// Any other statement stays as it is. What does not exist is left to DuckDB to complain of.
void AdaptToCatalog(::duckdb::ClientContext& context, Statements& statements);

}  // namespace tavana::duckdb_engine
