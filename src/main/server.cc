#include "main/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "config/resource_limits.h"
#include "duckdb/engine.h"
#include "gateway/http/http_door.h"
#include "gateway/pg/pg_door.h"
#include "main/demo.h"
#include "main/process.h"
#include "observe/log.h"
#include "observe/metrics.h"

namespace tavana {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using observe::Log;
using observe::LogLevel;

// The doors only move bytes; statements run on threads of their own. A second thread costs every statement two more
// wake-ups: 229 us instead of 180 for a prepared SELECT 1, 64 connections 8,000 instead of 12,000 a second (measured).
constexpr int kNetworkThreads = 1;
// How often a drain looks whether the last statement has ended, and the main thread for a signal (chosen).
constexpr auto kPoll = 20ms;
constexpr auto kIdlePoll = 1000ms;
constexpr int kFailed = 1;
constexpr std::size_t kMaxInitBytes = std::size_t{64} << 20;  // as long as a client's longest message

enum class Phase { kStarting, kServing, kDraining };

/// Threads that run an io_context; stopped and joined when this goes.
class NetworkThreads {
 public:
  explicit NetworkThreads(asio::io_context& io) : io_(io), work_(io.get_executor()), earliest_(io) {
    // Sessions wait on timers that never expire. While an earlier one stands, arming those costs no timerfd_settime.
    earliest_.expires_at(std::chrono::steady_clock::time_point::max() - std::chrono::hours(1));
    earliest_.async_wait([](const boost::system::error_code&) {});
    for (int i = 0; i < kNetworkThreads; ++i) threads_.emplace_back([&io] { io.run(); });
  }
  ~NetworkThreads() {
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
  }
  NetworkThreads(const NetworkThreads&) = delete;
  NetworkThreads& operator=(const NetworkThreads&) = delete;

 private:
  asio::io_context& io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer earliest_;
  std::vector<std::thread> threads_;
};

/// What the HTTP door tells; written by the main thread, read by the network's.
struct ProcessState {
  std::atomic<Phase> phase = Phase::kStarting;
  std::atomic<const engine::Engine*> engine = nullptr;

  bool healthy() const {
    const engine::Engine* const opened = engine.load();
    return opened == nullptr || !opened->poisoned();
  }
  std::optional<std::string> not_ready_reason() const {
    if (!healthy()) return "the engine failed";
    switch (phase.load()) {
      case Phase::kStarting: return "starting";
      case Phase::kServing: return std::nullopt;
      case Phase::kDraining: return "shutting down";
    }
    return "unknown";
  }
};

gateway::AuthMode AuthModeOf(const std::string& text) {
  if (text == "required") return gateway::AuthMode::kRequired;
  return text == "optional" ? gateway::AuthMode::kOptional : gateway::AuthMode::kPassthrough;
}

gateway::AuthenticatorOptions AuthenticatorOptionsOf(const config::ServeOptions& options) {
  return {.mode = AuthModeOf(options.auth_mode),
          .users_file = options.users_file,
          .unnamed_method = gateway::AuthMethodNamed(options.auth_method).value_or(gateway::AuthMethod::kScram),
          .tokens = {.keys = options.jwt_keys,
                     .authority = options.jwt_ca,
                     .issuer = options.jwt_issuer,
                     .audience = options.jwt_audience,
                     .role_claim = options.jwt_role_claim,
                     .scope = options.oauth_scope}};
}

/// Beyond loopback, everybody must prove who they are, or somebody must have said yes to the contrary.
Status CheckListening(const config::ServeOptions& options) {
  boost::system::error_code problem;
  const auto address = asio::ip::make_address(options.bind_address, problem);
  if (problem || address.is_loopback() || options.auth_mode == "required") return Status::Ok();
  if (!options.insecure_listen) {
    return Error(
        ErrorCode::kInvalidParameter,
        "listening on " + options.bind_address + " with auth_mode " + options.auth_mode +
            " lets everybody in who reaches it; set TAVANA_AUTH_MODE=required, or TAVANA_INSECURE_LISTEN=yes if "
            "that is what you want");
  }
  Log(LogLevel::kWarn, "everybody who reaches this address may connect without a password",
      {{"bind_address", options.bind_address}, {"auth_mode", options.auth_mode}});
  return Status::Ok();
}

/// Null without TLS.
Result<std::unique_ptr<net::TlsServer>> OpenTls(const config::ServeOptions& options) {
  const bool takes_tokens = !options.jwt_keys.empty();
  const bool has_certificate = !options.tls_certificate.empty() || !options.tls_key.empty();
  if (!options.tls_enabled) {
    if (takes_tokens) return Error(ErrorCode::kInvalidParameter, "bearer tokens want TLS (TLS_ENABLED=true)");
    if (!has_certificate && !options.tls_required && options.tls_client_ca.empty())
      return std::unique_ptr<net::TlsServer>();
    return Error(ErrorCode::kInvalidParameter, "TLS options are given, but TLS_ENABLED is not true");
  }
  if (options.tls_certificate.empty() != options.tls_key.empty() || (!has_certificate && !options.tls_self_signed)) {
    return Error(
        ErrorCode::kInvalidParameter,
        "TLS wants TAVANA_TLS_CERT_PATH and TAVANA_TLS_KEY_PATH, or TAVANA_TLS_SELF_SIGNED=true for development");
  }
  return net::TlsServer::Open({options.tls_certificate, options.tls_key, options.tls_client_ca});
}

int Fail(const Error& error) {
  std::string line = error.message();
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::fprintf(stderr, "tavana: %s\n", line.c_str());
  return kFailed;
}

std::uint64_t BytesOfGb(double gigabytes) { return static_cast<std::uint64_t>(gigabytes * 1e9); }

Result<std::string> InitSql(const config::ServeOptions& options) {
  std::string sql;
  if (options.demo) {
    const std::string directory = DemoDirectory(TAVANA_DEMO_DIR);
    TAVANA_ASSIGN_OR_RETURN(sql, DemoSql(directory, options.demo_scale, !options.database_file.empty()));
  }
  if (options.init_file.empty()) return sql;
  TAVANA_ASSIGN_OR_RETURN(const std::string init, ReadFile(options.init_file, kMaxInitBytes));
  return sql + init;
}

Result<duckdb_engine::EngineOptions> EngineOptionsOf(const config::ServeOptions& options,
                                                     const config::ResourceLimits& limits,
                                                     const SpillDirectory& spill) {
  TAVANA_ASSIGN_OR_RETURN(std::string init_sql, InitSql(options));
  duckdb_engine::EngineOptions engine;
  engine.database_path = options.database_file;
  engine.init_sql = std::move(init_sql);
  engine.memory_limit_bytes =
      options.max_memory_gb > 0 ? BytesOfGb(options.max_memory_gb) : limits.default_memory_bytes();
  engine.threads = options.threads > 0 ? options.threads : limits.cpus;
  engine.spill_directory = spill.path().string();
  engine.spill_limit_bytes = BytesOfGb(options.spill_limit_gb);
  engine.extension_directory = ExtensionDirectory(TAVANA_EXTENSION_DIR);
  return engine;
}

gateway::PgDoorOptions PgDoorOptionsOf(const config::ServeOptions& options, int threads) {
  gateway::PgDoorOptions door;
  door.bind_address = options.bind_address;
  door.port = options.pg_port;
  door.max_connections = options.max_connections;
  door.trust_everywhere = options.insecure_listen;
  door.tls_required = options.tls_required;
  door.statement_slots = options.statement_slots > 0 ? options.statement_slots : 2 * threads;
  door.admission_queue = options.admission_queue;
  door.statement_timeout = options.statement_timeout;
  door.idle_in_transaction_timeout = options.idle_in_transaction_timeout;
  door.idle_session_timeout = options.idle_session_timeout;
  door.startup_timeout = options.startup_timeout;
  return door;
}

Result<std::unique_ptr<gateway::http::HttpDoor>> ListenHttp(asio::io_context& io, const config::ServeOptions& options,
                                                            const observe::Metrics& metrics,
                                                            const ProcessState& state) {
  boost::system::error_code problem;
  const auto address = asio::ip::make_address(options.bind_address, problem);
  if (problem) {
    return Error(ErrorCode::kInvalidParameter, "bind address \"" + options.bind_address + "\" is not an IP address");
  }
  gateway::http::HttpDependencies dependencies{
      .metrics = [&metrics] { return metrics.Render(); },
      .not_ready_reason = [&state] { return state.not_ready_reason(); },
      .healthy = [&state] { return state.healthy(); },
  };
  return gateway::http::HttpDoor::Listen(io, {address, options.http_port}, std::move(dependencies));
}

Status Announce(const config::ServeOptions& options, std::uint16_t pg_port, std::uint16_t http_port) {
  std::printf("tavana %s (DuckDB v%s) is ready: psql -h %s -p %u -U tavana   http://%s:%u/ready\n", TAVANA_VERSION,
              TAVANA_DUCKDB_VERSION, options.bind_address.c_str(), unsigned{pg_port}, options.bind_address.c_str(),
              unsigned{http_port});
  if (options.demo) std::printf("\n%s\n", std::string(DemoQueries()).c_str());
  std::fflush(stdout);
  if (options.ready_file.empty()) return Status::Ok();
  return WriteWhole(options.ready_file, "{\"pg_port\":" + std::to_string(pg_port) + ",\"http_port\":" +
                                            std::to_string(http_port) + ",\"pid\":" + std::to_string(getpid()) + "}\n");
}

/// Until stopped, a signal ends the process at once: while it starts (nothing runs yet), and again while it shuts
/// down (the second signal), whatever that is at.
std::jthread ExitOnSignal(int exit_code, const SpillDirectory& spill) {
  const auto watch = [exit_code, &spill](std::stop_token stop) {
    while (!stop.stop_requested()) {
      if (!WaitForStopSignal(kPoll)) continue;
      spill.RemoveIfOurs();
      _exit(exit_code);
    }
  };
  return std::jthread(watch);
}

void ShutDown(gateway::PgDoor& door, std::chrono::seconds grace) {
  Log(LogLevel::kInfo, "shutting down", {{"grace_seconds", std::to_string(grace.count())}});
  door.StopAccepting();
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (!door.idle() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(kPoll);
  door.CancelRunning();
  door.Close();
}

}  // namespace

int Serve(const config::ServeOptions& options) {
  PrepareProcess(options.core_dumps);
  BlockStopSignals();
  observe::StartLogging({.level = observe::LogLevelOf(options.log_level), .json = options.log_json});

  const config::ResourceLimits limits = config::CurrentResourceLimits();
  auto spill = SpillDirectory::Open(options.spill_directory);
  if (!spill) return Fail(spill.error());
  if (const Status allowed = CheckListening(options); !allowed) return Fail(allowed.error());
  auto authenticator = gateway::Authenticator::Open(AuthenticatorOptionsOf(options));
  if (!authenticator) return Fail(authenticator.error());
  auto tls = OpenTls(options);
  if (!tls) return Fail(tls.error());
  auto engine_options = EngineOptionsOf(options, limits, *spill);
  if (!engine_options) return Fail(engine_options.error());

  std::jthread exit_on_signal = ExitOnSignal(0, *spill);

  // Declared before what uses them: the threads stop first, then the doors and the engine go.
  observe::Metrics metrics({.version = TAVANA_VERSION, .engine = std::string("DuckDB v") + TAVANA_DUCKDB_VERSION});
  ProcessState state;
  std::unique_ptr<engine::Engine> engine;
  asio::io_context io(kNetworkThreads);
  auto http_door = ListenHttp(io, options, metrics, state);  // before the engine, so that /ready can say "starting"
  if (!http_door) return Fail(http_door.error());
  std::unique_ptr<gateway::PgDoor> pg_door;
  const NetworkThreads network(io);

  auto opened = duckdb_engine::OpenDuckDb(*engine_options);
  if (!opened) return Fail(opened.error());
  engine = *std::move(opened);
  state.engine = engine.get();
  auto listening = gateway::PgDoor::Listen(io, *engine, metrics, **authenticator, tls->get(),
                                           PgDoorOptionsOf(options, engine_options->threads));
  if (!listening) return Fail(listening.error());
  pg_door = *std::move(listening);

  state.phase = Phase::kServing;
  exit_on_signal = {};  // stops and joins it: who reads the announcement may rely on a clean shutdown
  if (const Status announced = Announce(options, pg_door->port(), (*http_door)->port()); !announced) {
    pg_door->Close();
    return Fail(announced.error());
  }
  Log(LogLevel::kInfo, "ready",
      {{"pg_port", std::to_string(pg_door->port())},
       {"http_port", std::to_string((*http_door)->port())},
       {"threads", std::to_string(engine_options->threads)},
       {"memory_bytes", std::to_string(engine_options->memory_limit_bytes)},
       {"spill_directory", engine_options->spill_directory}});

  while (!WaitForStopSignal(kIdlePoll)) {
  }
  exit_on_signal = ExitOnSignal(kFailed, *spill);
  state.phase = Phase::kDraining;
  ShutDown(*pg_door, options.shutdown_grace);
  (*http_door)->Stop();
  Log(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace tavana
