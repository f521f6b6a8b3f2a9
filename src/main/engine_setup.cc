#include "main/engine_setup.h"

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "config/command_line.h"
#include "config/storage_settings.h"
#include "main/demo.h"
#include "net/egress.h"
#include "observe/log.h"

namespace tavana {
namespace {

constexpr std::size_t kMaxRolesBytes = std::size_t{1} << 20;  // chosen: thousands of roles
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

/// The role prefixes file: {"role": ["prefix", ...], ...}.
Result<std::map<std::string, std::vector<std::string>, std::less<>>> RolePrefixes(const std::string& path) {
  std::map<std::string, std::vector<std::string>, std::less<>> roles;
  if (path.empty()) return roles;
  TAVANA_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxRolesBytes));
  const auto document = nlohmann::json::parse(text, nullptr, false);
  const auto wrong = [&](const std::string& what) {
    return Error(ErrorCode::kInvalidParameter, "role prefixes file " + path + ": " + what);
  };
  if (!document.is_object()) return wrong("not a JSON object of roles");
  for (const auto& [role, prefixes] : document.items()) {
    if (!prefixes.is_array()) return wrong("\"" + role + "\" wants a list of prefixes");
    auto& list = roles[role];
    for (const auto& prefix : prefixes) {
      if (!prefix.is_string()) return wrong("\"" + role + "\" wants a list of prefixes");
      list.push_back(prefix.get<std::string>());
    }
  }
  return roles;
}

std::vector<std::string> Prefixes(const config::Options& options) {
  std::vector<std::string> prefixes;
  std::istringstream list(options.allowed_directories);
  for (std::string prefix; std::getline(list, prefix, ',');)
    if (!prefix.empty()) prefixes.push_back(prefix);
  if (options.demo) prefixes.push_back(DemoDirectory(TAVANA_DEMO_DIR));
  return prefixes;
}

Result<duckdb_engine::ReachPolicy> ReachOf(const config::Options& options, const SpillDirectory& spill) {
  duckdb_engine::ReachPolicy reach;
  reach.local = config::HasLocalAccess(options);
  reach.external = !options.disable_external_access;
  reach.allowed = Prefixes(options);
  for (const auto& url : config::StorageServers(options)) reach.endpoints.push_back(duckdb_engine::EndpointOf(url));
  TAVANA_ASSIGN_OR_RETURN(reach.of_roles, RolePrefixes(options.role_prefixes_file));
  reach.closed = {spill.path().string()};
  for (const auto& file :
       {options.database_file, options.database_file.empty() ? "" : options.database_file + ".wal", options.users_file,
        options.tls_key, options.cluster_key, options.token_key_file, options.init_file, options.role_prefixes_file,
        options.spill_directory, options.block_cache_directory})
    if (!file.empty() && file != ":memory:") reach.closed.push_back(file);
  return reach;
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
  TAVANA_ASSIGN_OR_RETURN(engine.reach, ReachOf(options, spill));
  engine.lock_configuration = options.lock_configuration;
  engine.sessions_reach_server = options.sessions_reach_server;
  engine.extension_directory = ExtensionDirectory(TAVANA_EXTENSION_DIR);
  return engine;
}

std::shared_ptr<blockcache::BlockCache> OpenBlockCache(const config::Options& options) {
  if (!options.block_cache) return nullptr;
  auto cache = blockcache::BlockCache::Open(
      {.store = {.directory = options.block_cache_directory, .limit_bytes = BytesOfGb(options.block_cache_gb)},
       .block_bytes = static_cast<std::size_t>(options.block_cache_block_mb) << 20,
       .parallel_requests = options.block_cache_parallel_io,
       .profiling = options.block_cache_profiling});
  if (cache.ok()) return *std::move(cache);
  observe::Log(observe::LogLevel::kWarn, "remote files are not cached", {{"why", cache.error().message()}});
  return nullptr;
}

std::string BlockCacheMetrics(const blockcache::BlockCache* cache) {
  if (cache == nullptr) return "";
  const auto figures = cache->figures();
  std::string text;
  const auto add = [&](const std::string& name, const char* type, const char* help, std::uint64_t value) {
    text += "# HELP tavana_block_cache_" + name + " " + help + "\n# TYPE tavana_block_cache_" + name + " " + type +
            "\ntavana_block_cache_" + name + " " + std::to_string(value) + "\n";
  };
  add("hits_total", "counter", "Blocks of remote files that readers found on disk.", figures.hits);
  add("misses_total", "counter", "Blocks that readers had to fetch.", figures.misses);
  add("joined_total", "counter", "Blocks that another reader was fetching already.", figures.joined);
  add("read_ahead_total", "counter", "Blocks that were fetched before a reader asked.", figures.read_ahead);
  add("hit_bytes_total", "counter", "Bytes that came from disk.", figures.hit_bytes);
  add("fetched_bytes_total", "counter", "Bytes that came from the servers.", figures.fetched_bytes);
  add("saved_milliseconds_total", "counter", "What fetching would have taken of what was found, at least.",
      static_cast<std::uint64_t>(figures.saved.count() / 1000));
  add("evicted_total", "counter", "Blocks that made way for others.", figures.store.evicted);
  add("damaged_total", "counter", "Blocks on disk that were not what had been written.", figures.store.damaged);
  add("write_failures_total", "counter", "Blocks that the disk did not take.", figures.store.write_failures);
  add("bytes", "gauge", "Disk that the blocks take.", figures.store.bytes);
  return text;
}

void GuardEgress(const config::Options& options, const duckdb_engine::ReachPolicy& reach) {
  net::EgressPolicy policy{.private_networks = reach.local, .allowed = reach.endpoints};
  auto prefixes = reach.allowed;
  for (const auto& [role, more] : reach.of_roles) prefixes.insert(prefixes.end(), more.begin(), more.end());
  prefixes.push_back(options.jwt_keys);
  for (const auto& prefix : prefixes) {
    if (prefix.starts_with("http://") || prefix.starts_with("https://") || prefix.starts_with("tcp://"))
      policy.allowed.push_back(duckdb_engine::EndpointOf(prefix));
  }
  net::GuardConnections(std::move(policy));
}

}  // namespace tavana
