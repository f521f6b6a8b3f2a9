#pragma once

#include <duckdb.hpp>
#include <string>

#include "base/result.h"
#include "duckdb/guarded_files.h"

namespace duckdb {
struct AttachInfo;
class ExtensionCallback;
}  // namespace duckdb

namespace tavana::duckdb_engine {

// What constrains the libraries that open files and connections without DuckDB's file system. docs/security.md lists
// them.

/// Gives every connection that is opened `anybody`, and has functions whose libraries open what their arguments name
/// ask first, in DuckDB's catalog itself, so that macros and query() ask, too. `all`: they need not ask.
::duckdb::shared_ptr<::duckdb::ExtensionCallback> GuardOfLibraries(::duckdb::shared_ptr<SessionReach> anybody,
                                                                   bool all);
/// The same for the functions that DuckDB itself brings.
void GuardCoreFunctions(::duckdb::DatabaseInstance& database);

/// Whether a secret of `type` may have `value` under `key`: servers and files that a library would use.
Status MayHold(const SessionReach& reach, const std::string& type, const std::string& key, const std::string& value);

/// Whether the database may be attached. `has_secret`: secrets that were asked about name the server when the path does
/// not.
Status MayAttach(const SessionReach& reach, const ::duckdb::AttachInfo& info, bool has_secret);

}  // namespace tavana::duckdb_engine
