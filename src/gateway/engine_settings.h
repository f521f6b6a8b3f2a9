#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "gateway/pg/pg_settings.h"
#include "sql/statement.h"

namespace tavana::gateway {

/// Those of a session's settings that the engine computes with: what it was told, which begins as it does.
struct EngineSettings {
  std::string time_zone = "UTC", dialect = "duckdb", search_path = "\"$user\", public";

  struct Change {
    std::vector<std::string> statements;  ///< that tell the engine
    std::string EngineSettings::* setting;
    std::string value;  ///< what it has been told then
  };
  /// Whether what it is told sets this setting of the engine's, and nothing else has to.
  static bool Tells(std::string_view engine_setting);
  /// What an engine that was told this has to hear.
  std::vector<Change> ChangesTo(const PgSettings& settings, std::string_view user) const;
};

/// What `engine` says of a client's statement. DuckDB's own SHOW describes tables and has its settings in a function: a
/// SHOW of a setting is prepared as a query of that. kUndefinedObject where there is no such setting.
Result<engine::Prepared> PrepareForClient(engine::Session& engine, const engine::CallContext& call,
                                          const std::string& sql, const sql::Classified& classified,
                                          const std::vector<std::shared_ptr<arrow::DataType>>& types);

}  // namespace tavana::gateway
