#pragma once

#include <duckdb.hpp>

namespace tavana::duckdb_engine {

/// Gives the columns of a SELECT that have no alias the names that PostgreSQL gives (count, int4, ?column?; its
/// parser's FigureColname), where DuckDB would show the whole expression. Only what leaves: a subquery's columns, a
/// view's and those of CREATE TABLE AS keep DuckDB's names, by which statements may go on to use them.
void NameColumns(::duckdb::SQLStatement& statement);

}  // namespace tavana::duckdb_engine
