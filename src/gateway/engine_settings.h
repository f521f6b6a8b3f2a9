#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/pg/pg_settings.h"

namespace tavana::gateway {

/// Those of a session's settings that the engine computes with: what it was told, which begins as it does.
struct EngineSettings {
  std::string time_zone = "UTC", dialect = "duckdb", search_path = "\"$user\", public";

  struct Change {
    std::vector<std::string> statements;  ///< that tell the engine
    std::string EngineSettings::* setting;
    std::string value;  ///< what it has been told then
  };
  /// What an engine that was told this has to hear.
  std::vector<Change> ChangesTo(const PgSettings& settings, std::string_view user) const;
};

}  // namespace tavana::gateway
