#pragma once

#include <duckdb.hpp>
#include <duckdb/parser/parsed_data/attach_info.hpp>
#include <duckdb/parser/parsed_data/detach_info.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/connection.h"
#include "duckdb/vault.h"
#include "engine/engine.h"

namespace tavana::duckdb_engine {

/// One prepared statement of a session.
struct Statement {
  std::string sql;
  std::vector<std::shared_ptr<arrow::DataType>> client_types;  ///< as Prepare was given them
  engine::Prepared described;
  ::duckdb::StatementType type = ::duckdb::StatementType::INVALID_STATEMENT;  ///< as written, before DuckDB rewrote it
  bool ends_transaction = false;                                              ///< COMMIT or ROLLBACK
  bool commits = false;
  /// Set when DuckDB could bind it before the values are known.
  std::unique_ptr<::duckdb::PreparedStatement> prepared;
  /// Whether its plan holds only while its tables are as they were, and what the WriteGate said when it was made:
  /// without an answer it holds for no execution.
  bool plan_ages = false;
  bool plan_never_holds = false;
  std::optional<std::uint64_t> planned_at;
  /// Otherwise what to run, in order, binding the values each time (PIVOT becomes several statements).
  std::vector<::duckdb::unique_ptr<::duckdb::SQLStatement>> parts;
  /// What Describe said of the columns of a statement that only its values bind; empty when it said nothing.
  ::duckdb::vector<::duckdb::LogicalType> promised_types;
  ::duckdb::vector<std::string> promised_names;
  /// DuckDB's name of each parameter, $1 first; empty for one that the text does not use.
  std::vector<std::string> parameter_names;
  std::vector<::duckdb::LogicalType> parameter_types;  ///< INVALID when unknown
  std::vector<bool> parameter_is_anything;             ///< bound as text only because nothing says otherwise
  /// For SET and RESET: what they change.
  std::string setting;
  bool resets_setting = false;
  bool sets_variable = false;
  bool resets_all = false;  ///< RESET ALL
  /// Where that is a part of a secret: the session's vault is told, and DuckDB only of what is not hidden.
  const CredentialSetting* credential = nullptr;
  std::optional<std::string> credential_value;
  /// ATTACH and DETACH, which DuckDB never sees: the database is the session's own.
  std::shared_ptr<const ::duckdb::AttachInfo> attach;
  std::shared_ptr<const ::duckdb::DetachInfo> detach;
};

/// Parses and binds. The caller has moved aside what DuckDB was streaming.
Result<Statement> Describe(SharedConnection& shared, std::string_view sql,
                           std::span<const std::shared_ptr<arrow::DataType>> parameter_types);

}  // namespace tavana::duckdb_engine
