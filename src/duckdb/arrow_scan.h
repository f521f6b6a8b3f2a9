#pragma once

#include <arrow/api.h>

#include <duckdb.hpp>
#include <map>
#include <memory>
#include <string>

namespace tavana::duckdb_engine {

/// Makes Arrow tables readable by name for the next statements of a connection, until `tables` is replaced.
/// The tables live as long as the connection reads from them: until its next call.
void OfferTables(::duckdb::ClientContext& context, std::map<std::string, std::shared_ptr<arrow::Table>> tables);

/// The table of this name that is offered to the statement of `context`; null when none is.
std::shared_ptr<arrow::Table> OfferedTable(::duckdb::ClientContext& context, const std::string& name);

/// Makes `statement` read the offered tables where it names them, even when the catalog has tables of those names.
void ReadOfferedTables(::duckdb::ClientContext& context, ::duckdb::SQLStatement& statement);

/// Once per instance, before its first connection.
void RegisterArrowTables(::duckdb::DBConfig& config);

}  // namespace tavana::duckdb_engine
