#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace tavana::duckdb_engine {

/// One name of PostgreSQL or DuckDB and what it is in the other; tables of these are short and searched from the front.
struct Renaming {
  std::string_view from, to;
};

/// What `name` becomes; null when `table` does not have it.
inline const Renaming* FindRenaming(std::span<const Renaming> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Renaming& each) { return each.from == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace tavana::duckdb_engine
