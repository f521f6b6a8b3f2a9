#include "main/engine_setup.h"

#include <string>
#include <utility>

#include "base/file.h"
#include "config/storage_settings.h"
#include "main/demo.h"
#include "observe/log.h"

namespace tavana {
namespace {

constexpr std::size_t kMaxInitBytes = std::size_t{64} << 20;  // as long as a client's longest message

std::uint64_t BytesOfGb(double gigabytes) { return static_cast<std::uint64_t>(gigabytes * 1e9); }

duckdb_engine::EngineResources ResourcesOf(const config::Options& options, const config::ResourceLimits& limits) {
  return {.memory_bytes = options.max_memory_gb > 0 ? BytesOfGb(options.max_memory_gb) : limits.default_memory_bytes(),
          .threads = options.threads > 0 ? options.threads : limits.cpus};
}

Result<std::string> InitSql(const config::Options& options) {
  std::string sql;
  if (options.demo) {
    const std::string directory = DemoDirectory(TAVANA_DEMO_DIR);
    TAVANA_ASSIGN_OR_RETURN(sql, DemoSql(directory, options.demo_scale, !options.database_file.empty()));
  }
  if (options.init_file.empty()) return sql;
  TAVANA_ASSIGN_OR_RETURN(const std::string init, ReadFile(options.init_file, kMaxInitBytes));
  return sql + init;
}

}  // namespace

Result<duckdb_engine::EngineOptions> EngineOptionsOf(const config::Options& options,
                                                     const config::ResourceLimits& limits,
                                                     const SpillDirectory& spill) {
  TAVANA_ASSIGN_OR_RETURN(std::string init_sql, InitSql(options));
  duckdb_engine::EngineOptions engine;
  engine.database_path = options.database_file;
  engine.init_sql = std::move(init_sql);
  engine.resources = ResourcesOf(options, limits);
  if (options.max_memory_gb <= 0 || options.threads <= 0) {
    engine.follow = [options, last = engine.resources]() mutable {
      const auto now = ResourcesOf(options, config::CurrentResourceLimits());
      if (now != last) {
        observe::Log(observe::LogLevel::kInfo, "what the engine may use has changed",
                     {{"memory_bytes", std::to_string(now.memory_bytes)}, {"threads", std::to_string(now.threads)}});
        last = now;
      }
      return now;
    };
  }
  TAVANA_ASSIGN_OR_RETURN(engine.storage, config::StorageSettings(options));
  engine.spill_directory = spill.path().string();
  engine.spill_limit_bytes = BytesOfGb(options.spill_limit_gb);
  engine.extension_directory = ExtensionDirectory(TAVANA_EXTENSION_DIR);
  return engine;
}

}  // namespace tavana
