#pragma once

#include <duckdb.hpp>

#include "base/result.h"

namespace tavana::duckdb_engine {

/// Before the instance is opened.
void RegisterListing(::duckdb::DBConfig& config);

/// From here on what lists databases, their schemas and what is in them (duckdb_databases(), duckdb_tables() and all
/// that is made of them) shows a session its own attachments beside what everybody has, and nobody what is hidden.
Status ListAttachments(::duckdb::Connection& connection);

}  // namespace tavana::duckdb_engine
