#pragma once

#include <duckdb.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "duckdb/instance.h"
#include "duckdb/statement.h"

namespace tavana::duckdb_engine {

/// Who may change a setting of DuckDB.
enum class SettingOwner : std::uint8_t {
  kSession,        ///< any session, for itself
  kAdministrator,  ///< it reaches everybody: the init SQL, or a session where the configuration is not locked
  kNobody,         ///< it would open what is closed
};
/// What the table says of the setting. One that it does not name is nobody's, until somebody has looked at it.
std::optional<SettingOwner> OwnerOf(const std::string& setting);

/// Takes from every session the functions that show what other sessions did (logs hold the headers of requests, and so
/// tokens) or that fetch the server's own identity. In DuckDB's catalog itself, so that macros and query() find them no
/// more than a statement does.
void CloseFunctions(::duckdb::ClientContext& context);

/// Makes one part of a session's statement reach nobody else: secrets go to the session's vault, credential settings
/// too, databases to its attachments; settings of others are refused, and so are extensions from elsewhere. After
/// DuckDB has expanded what it expands (IMPORT), so that nothing is missed.
Status Confine(::duckdb::SQLStatement& part, const Instance& instance, ::duckdb::ClientContext& context,
               Statement& statement);

}  // namespace tavana::duckdb_engine
