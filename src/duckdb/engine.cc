#include "duckdb/dialect.h"
#include "duckdb/engine.h"

#include <algorithm>
#include <condition_variable>
#include <duckdb.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/main/database_manager.hpp>
#include <duckdb/main/secret/secret_manager.hpp>
#include <duckdb/main/valid_checker.hpp>
#include <duckdb/parser/keyword_helper.hpp>
#include <duckdb/planner/extension_callback.hpp>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "duckdb/arrow_scan.h"
#include "duckdb/attachments.h"
#include "duckdb/cache_figures.h"
#include "duckdb/casts.h"
#include "duckdb/confine.h"
#include "duckdb/errors.h"
#include "duckdb/functions.h"
#include "duckdb/guarded_files.h"
#include "duckdb/guarded_libraries.h"
#include "duckdb/instance.h"
#include "duckdb/listing.h"
#include "duckdb/local_file_storage.h"
#include "duckdb/read_set.h"
#include "duckdb/session.h"

namespace tavana::duckdb_engine {
namespace {

std::string Literal(const std::string& text) { return ::duckdb::KeywordHelper::WriteQuoted(text, '\''); }

/// False when not all of it could be done.
bool Resize(::duckdb::DuckDB& database, const EngineResources& resources) {
  try {
    ::duckdb::Connection connection(database);
    const auto set = [&](const std::string& setting) { return !connection.Query("SET GLOBAL " + setting)->HasError(); };
    return set("memory_limit = '" + std::to_string(resources.memory_bytes) + "B'") &&
           set("threads = " + std::to_string(resources.threads));
  } catch (const std::exception&) {
    return false;
  }
}

class DuckDbEngine : public engine::Engine {
 public:
  explicit DuckDbEngine(std::shared_ptr<Instance> instance) : instance_(std::move(instance)) {
    if (instance_->options.follow) follower_ = std::jthread([this](const std::stop_token& stop) { Follow(stop); });
  }

  Result<std::unique_ptr<engine::Session>> Open(const engine::SessionOptions& options) override {
    if (poisoned()) return Error(ErrorCode::kUnavailable, "the engine met a fatal error and must be restarted");
    if (auto why = options.opening.cancellation->why()) return *std::move(why);
    const auto names = DatabaseNames();
    if (std::find(names.begin(), names.end(), options.database) == names.end()) {
      std::string hint = "Databases here:";
      for (const auto& name : names) hint += (name == names.front() ? " " : ", ") + name;
      return Error(ErrorCode::kUndefinedDatabase, "database \"" + options.database + "\" does not exist")
          .WithHint(hint + ".");
    }
    return OpenSession(instance_, options);
  }

  std::vector<std::string> DatabaseNames() override {
    std::vector<std::string> names{"tavana", "main"};
    try {
      for (const auto& database : instance_->database->instance->GetDatabaseManager().GetDatabases()) {
        const auto name = database->GetName();
        // The instance's own first database is empty and only there because DuckDB needs one.
        if (database->IsSystem() || database->IsTemporary() || name == "memory" || name == "tavana" || name == "main" ||
            name.starts_with(kServersPrefix) || database->GetVisibility() == ::duckdb::AttachVisibility::HIDDEN)
          continue;
        names.push_back(name);
      }
    } catch (const std::exception&) {
      // The default ones are always there.
    }
    return names;
  }

  std::string description() const override { return std::string("DuckDB ") + ::duckdb::DuckDB::LibraryVersion(); }
  bool poisoned() const override { return instance_->poisoned.load(std::memory_order_relaxed); }

 private:
  void Follow(const std::stop_token& stop) {
    const auto& options = instance_->options;
    EngineResources now = options.resources;
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stopped.wait_for(lock, stop, options.follow_period, [&] { return stop.stop_requested(); })) {
      const EngineResources wanted = options.follow();
      if (wanted != now && Resize(*instance_->database, wanted)) now = wanted;
    }
  }

  std::shared_ptr<Instance> instance_;
  std::jthread follower_;
};

Status CheckSpillDirectory(const std::string& directory) {
  if (directory.empty()) return Status::Ok();
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (code || !std::filesystem::is_directory(directory) || ::access(directory.c_str(), W_OK | X_OK) != 0) {
    return Error(ErrorCode::kInvalidParameter, "the spill directory " + directory + " can not be written");
  }
  return Status::Ok();
}

std::shared_ptr<const ReachPolicy> ReachOf(const EngineOptions& options) {
  ReachPolicy policy = options.reach;
  if (!options.extension_directory.empty()) policy.readable.push_back(options.extension_directory);
  return std::make_shared<const ReachPolicy>(Resolved(std::move(policy)));
}

void Configure(::duckdb::DBConfig& config, const EngineOptions& options) {
  using ::duckdb::Value;
  if (options.resources.threads > 0) config.SetOptionByName("threads", Value::BIGINT(options.resources.threads));
  if (options.resources.memory_bytes > 0)
    config.SetOptionByName("memory_limit", Value(std::to_string(options.resources.memory_bytes) + "B"));
  if (!options.spill_directory.empty()) config.SetOptionByName("temp_directory", Value(options.spill_directory));
  if (!options.extension_directory.empty())
    config.SetOptionByName("extension_directory", Value(options.extension_directory));
  config.SetOptionByName("autoinstall_known_extensions", Value::BOOLEAN(false));
  config.SetOptionByName("autoload_known_extensions", Value::BOOLEAN(true));
  config.SetOptionByName("allow_community_extensions", Value::BOOLEAN(false));
  config.SetOptionByName("allow_persistent_secrets", Value::BOOLEAN(false));
  // In memory DuckDB keeps what one session read for all of them, and believes a listing (docs/adr/0009).
  config.SetOptionByName("enable_external_file_cache", Value::BOOLEAN(false));
  config.file_system = ::duckdb::make_uniq<GuardedFiles>(options.block_cache);
  RegisterArrowTables(config);
  RegisterReadSets(config);
  RegisterListing(config);
}

Status RunAtOpen(::duckdb::Connection& connection, const std::string& sql, const std::string& what) {
  const auto result = connection.Query(sql);
  if (!result->HasError()) return Status::Ok();
  const auto error = TranslateError(result->GetErrorObject(), {});
  return Error(error.code(), what + ": " + error.message()).WithHint(error.hint());
}

}  // namespace

Error Complain(Instance& instance, const ::duckdb::ErrorData& error, std::string_view sql) {
  Error translated = TranslateError(error, sql);
  if (!translated.poisoned() && translated.code() == ErrorCode::kInternal && instance.database &&
      ::duckdb::ValidChecker::IsInvalidated(*instance.database->instance)) {
    (void)std::move(translated).Poisoned();
  }
  if (translated.poisoned()) instance.poisoned.store(true, std::memory_order_relaxed);
  return translated;
}

Result<std::unique_ptr<engine::Engine>> OpenDuckDb(const EngineOptions& options) {
  TAVANA_RETURN_IF_ERROR(CheckSpillDirectory(options.spill_directory));
  try {
    auto instance = std::make_shared<Instance>();
    instance->options = options;
    instance->reach = ReachOf(options);
    instance->resolver = SystemResolver();
    ::duckdb::DBConfig config;
    Configure(config, options);
    const auto anybody = ::duckdb::make_shared_ptr<SessionReach>(instance->reach, std::string(), instance->resolver);
    ::duckdb::ExtensionCallback::Register(config, GuardOfLibraries(anybody, options.sessions_reach_server));
    instance->database = std::make_unique<::duckdb::DuckDB>(nullptr, &config);
    RegisterPostgresSpellings(*instance->database->instance);
    RegisterPostgresFunctions(*instance->database->instance);
    RegisterDialect(*instance->database->instance);
    RegisterBlockCache(*instance->database->instance, options.block_cache);
    if (!options.sessions_reach_server) GuardCoreFunctions(*instance->database->instance);
    ::duckdb::Connection connection(*instance->database);
    SessionReach::OpenAll(*connection.context);
    auto vaults = ::duckdb::make_uniq<VaultStorage>();
    instance->vaults = vaults.get();
    vaults->FallBackTo(options.storage);
    auto& secrets = ::duckdb::SecretManager::Get(*connection.context);
    secrets.LoadSecretStorage(std::move(vaults));
    secrets.LoadSecretStorage(MakeLocalFileStorage(*instance->vaults));
    if (options.spill_limit_bytes > 0) {
      // Not through DBConfig: DuckDB 1.5.5 keeps the option there and never hands it to its buffer manager.
      TAVANA_RETURN_IF_ERROR(
          RunAtOpen(connection, "SET max_temp_directory_size = '" + std::to_string(options.spill_limit_bytes) + "B'",
                    "the spill limit can not be set"));
    }
    const bool in_memory = options.database_path.empty() || options.database_path == ":memory:";
    TAVANA_RETURN_IF_ERROR(RunAtOpen(connection,
                                     "ATTACH " + Literal(in_memory ? ":memory:" : options.database_path) + " AS tavana",
                                     in_memory ? "the default catalog can not be opened"
                                               : "the database file " + options.database_path + " can not be opened"));
    if (options.postgres_catalog) {
      TAVANA_ASSIGN_OR_RETURN(instance->catalog, PostgresCatalog::Create(connection));
    }
    TAVANA_RETURN_IF_ERROR(RunAtOpen(connection, "USE tavana", "the default catalog can not be used"));
    if (!options.init_sql.empty())
      TAVANA_RETURN_IF_ERROR(RunAtOpen(connection, options.init_sql, "the init SQL failed"));
    instance->vaults->Adopt(*connection.context);
    CloseFunctions(*connection.context);
    TAVANA_RETURN_IF_ERROR(ListAttachments(connection));
    // The only form of errors that keeps positions, for every session.
    TAVANA_RETURN_IF_ERROR(RunAtOpen(connection, "SET GLOBAL errors_as_json = true", "errors can not be told"));
    return std::unique_ptr<engine::Engine>(std::make_unique<DuckDbEngine>(std::move(instance)));
  } catch (const std::exception& exception) {
    const auto error = TranslateException(exception, {});
    return Error(error.code(), "DuckDB can not be opened: " + error.message());
  }
}

}  // namespace tavana::duckdb_engine
