#pragma once

#include <duckdb.hpp>
#include <string>

namespace tavana::duckdb_engine {

/// Gives the columns of a SELECT that have no alias the names that PostgreSQL gives (count, int4, ?column?; its
/// parser's FigureColname), where DuckDB would show the whole expression. Only what leaves: a subquery's columns, a
/// view's and those of CREATE TABLE AS keep DuckDB's names, by which statements may go on to use them.
///
/// A name that is also that of a column inside (x::text is x) ends in kHiddenMark, so that DuckDB does not take the
/// column for the name; ShownName is without it.
void NameColumns(::duckdb::SQLStatement& statement);

inline constexpr char kHiddenMark = '\x01';

inline std::string ShownName(const std::string& name) {
  return !name.empty() && name.back() == kHiddenMark ? name.substr(0, name.size() - 1) : name;
}

}  // namespace tavana::duckdb_engine
