#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tavana::duckdb_engine {

/// DuckDB's parser makes BIGINT of "oid" before anybody can see it; under this name, as long, the type arrives.
inline constexpr std::string_view kOidHere = "oi_";
/// What an identity column has as its default after ReadableByDuckDb.
inline constexpr std::string_view kIdentityMark = "__identity";

/// `sql` in words that DuckDB's parser takes, every other character in its place, so that positions stay true:
/// OPERATOR(pg_catalog.x) becomes x, ::pg_catalog.text and AS pg_catalog.text lose their schema, the type oid gets a
/// name that the parser leaves alone, #>, #>> and #- become ~>, ~>> and ~-, the ?, ?| and ?& of json become @, @| and
/// @&, GENERATED .. AS IDENTITY becomes a default that marks it, a stored generated column a virtual one, and FOR
/// UPDATE goes: who writes what another has written meets 40001 at the end.
std::string ReadableByDuckDb(std::string_view sql);

/// SELECT .. INTO table as CREATE TABLE table AS SELECT ..; any other statement as it is.
std::string CreateOfSelectInto(std::string sql);

/// A DROP of several objects as one for each, since DuckDB drops one at a time; any other statement alone, as it is.
std::vector<std::string> OneDropEach(std::string sql);

}  // namespace tavana::duckdb_engine
