#pragma once

#include <duckdb.hpp>
#include <duckdb/main/secret/secret_storage.hpp>

#include "duckdb/vault.h"

namespace tavana::duckdb_engine {

/// DuckDB's client of PostgreSQL asks for secrets by name in the storages that DuckDB has by default, and fails where
/// one is missing (postgres_scanner 1.5.5). Nothing is kept in files here: the storage of that name finds the session's
/// own.
::duckdb::unique_ptr<::duckdb::SecretStorage> MakeLocalFileStorage(VaultStorage& vaults);

}  // namespace tavana::duckdb_engine
