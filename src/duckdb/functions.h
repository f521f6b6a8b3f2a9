#pragma once

namespace duckdb {
class DatabaseInstance;
}

namespace tavana::duckdb_engine {

/// Functions of PostgreSQL that no macro can say: to_char, to_date, to_timestamp and to_number with templates, and
/// overloads for types that DuckDB's functions of the same name do not take (length(bytea), octet_length(text),
/// get_byte, time - time). Once per instance, before its first connection.
void RegisterPostgresFunctions(::duckdb::DatabaseInstance& instance);

}  // namespace tavana::duckdb_engine
