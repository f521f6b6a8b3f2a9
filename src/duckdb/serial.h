#pragma once

#include <duckdb.hpp>
#include <memory>
#include <vector>

namespace tavana::duckdb_engine {

using Statements = ::duckdb::vector<::duckdb::unique_ptr<::duckdb::SQLStatement>>;

/// serial and identity columns (postgresql.org/docs/15/datatype-numeric.html#DATATYPE-SERIAL): a CREATE TABLE that has
/// any becomes two or more statements, the sequences <table>_<column>_seq first; a DROP TABLE of such a table drops
/// them after it. Any other statement stays as it is. Needs no open transaction; unknown tables are left to DuckDB.
void ExpandSerials(::duckdb::ClientContext& context, Statements& statements);

}  // namespace tavana::duckdb_engine
