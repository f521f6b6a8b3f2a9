#include "gateway/engine_settings.h"

#include <fmt/format.h>

#include "sql/statement.h"

namespace tavana::gateway {
namespace {

constexpr std::string_view kTimeZone = "TimeZone", kDialect = "tavana_dialect";

// A search_path may name schemas that do not exist, which the engine's may not: those that do are looked up there. The
// schema public is main's name to PostgreSQL, and what nothing is left of is main.
std::vector<std::string> StatementsOfSearchPath(std::string_view path, std::string_view user) {
  std::string wanted;
  for (const std::string& name : SchemasOf(path)) {
    wanted += wanted.empty() ? "" : ", ";
    wanted += sql::QuoteLiteral(name == "$user" ? user : name == "public" ? "main" : std::string_view(name));
  }
  return {fmt::format(
              "SET VARIABLE __tavana_path = (SELECT coalesce(string_agg('\"' || replace(schema_name, '\"', '\"\"') || "
              "'\"', ',' ORDER BY list_position([{0}]::VARCHAR[], schema_name)), 'main') FROM duckdb_schemas() WHERE "
              "database_name = current_database() AND list_contains([{0}]::VARCHAR[], schema_name))",
              wanted),
          "SET search_path = getvariable('__tavana_path')"};
}

}  // namespace

bool EngineSettings::Tells(std::string_view engine_setting) {
  return engine_setting == kTimeZone || engine_setting == kDialect;
}

std::vector<EngineSettings::Change> EngineSettings::ChangesTo(const PgSettings& settings, std::string_view user) const {
  std::vector<Change> changes;
  if (const auto& zone = settings.Get("timezone"); zone != time_zone) {
    changes.push_back(
        {{fmt::format("SET {} = {}", kTimeZone, sql::QuoteLiteral(zone))}, &EngineSettings::time_zone, zone});
  }
  if (const auto& now = settings.Get("tavana.dialect"); now != dialect) {
    changes.push_back({{fmt::format("SET {} = {}", kDialect, sql::QuoteLiteral(now))}, &EngineSettings::dialect, now});
  }
  if (const auto& path = settings.Get("search_path"); path != search_path) {
    changes.push_back({StatementsOfSearchPath(path, user), &EngineSettings::search_path, path});
  }
  return changes;
}

Result<engine::Prepared> PrepareForClient(engine::Session& engine, const engine::CallContext& call,
                                          const std::string& sql, const sql::Classified& classified,
                                          const std::vector<std::shared_ptr<arrow::DataType>>& types) {
  auto prepared = engine.Prepare(call, sql, types);
  if (prepared.ok() || classified.command != sql::Command::kShow ||
      prepared.error().code() != ErrorCode::kUndefinedTable) {
    return prepared;
  }
  const std::string& name = classified.name;
  prepared = engine.Prepare(
      call,
      fmt::format("SELECT current_setting({})::VARCHAR AS {}", sql::QuoteLiteral(name), sql::QuoteIdentifier(name)),
      {});
  if (!prepared.ok()) {
    return Error(ErrorCode::kUndefinedObject, fmt::format("unrecognized configuration parameter \"{}\"", name));
  }
  prepared->command = "SHOW";
  return prepared;
}

}  // namespace tavana::gateway
