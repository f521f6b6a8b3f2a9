#include "main/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "config/resource_limits.h"
#include "duckdb/engine.h"
#include "flight/grpc_log.h"
#include "gateway/flight/flight_door.h"
#include "gateway/http/http_door.h"
#include "gateway/pg/pg_door.h"
#include "main/demo.h"
#include "main/engine_setup.h"
#include "main/process.h"
#include "main/service.h"
#include "main/supervisor.h"
#include "net/address.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "remote/credentials.h"
#include "remote/frame.h"
#include "remote/remote_engine.h"
#include "routing/router.h"
#include "routing/workers.h"

namespace tavana {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using observe::Log;
using observe::LogLevel;

// Statements that a gateway sends to its workers at once, which have bounds of their own (chosen).
constexpr int kGatewaySlots = 64;

gateway::AuthMode AuthModeOf(const std::string& text) {
  if (text == "required") return gateway::AuthMode::kRequired;
  return text == "optional" ? gateway::AuthMode::kOptional : gateway::AuthMode::kPassthrough;
}

gateway::AuthenticatorOptions AuthenticatorOptionsOf(const config::Options& options) {
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
Status CheckListening(const config::Options& options) {
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
Result<std::unique_ptr<net::TlsServer>> OpenTls(const config::Options& options) {
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

gateway::PgDoorOptions PgDoorOptionsOf(const config::Options& options, int slots) {
  gateway::PgDoorOptions door;
  door.bind_address = options.bind_address;
  door.port = options.pg_port;
  door.max_connections = options.max_connections;
  door.trust_everywhere = options.insecure_listen;
  door.tls_required = options.tls_required;
  door.statement_slots = slots;
  door.admission_queue = options.admission_queue;
  door.statement_timeout = options.statement_timeout;
  door.idle_in_transaction_timeout = options.idle_in_transaction_timeout;
  door.idle_session_timeout = options.idle_session_timeout;
  door.startup_timeout = options.startup_timeout;
  door.peers = net::SplitAddresses(options.peers);
  // 11 bits that tell gateways apart, 20 that count; process ids are positive (31 bits).
  if (options.command == config::Command::kGateway) door.first_process_id = (std::random_device()() & 0x7FF) << 20;
  return door;
}

/// Of this process: unique among the gateways of a cluster, and another one each time a gateway starts.
const std::string& GatewayName() {
  static const std::string name = [] {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    return std::string(host.data()) + "-" + std::to_string(getpid()) + "-" + std::to_string(std::random_device()());
  }();
  return name;
}

constexpr std::size_t kMinKeyBytes = 32, kMaxKeyBytes = 4096;  // of the key that signs tokens (HMAC-SHA-256; chosen)

/// Without a shared key there is nothing to be forwarded: no gateway can read another's tokens.
Status ShareSessions(const config::Options& options, gateway::FlightDoorOptions& door) {
  if (options.token_key_file.empty()) return Status::Ok();
  TAVANA_ASSIGN_OR_RETURN(door.token_key, ReadFile(options.token_key_file, kMaxKeyBytes));
  door.token_key.erase(door.token_key.find_last_not_of(" \t\r\n") + 1);
  if (door.token_key.size() < kMinKeyBytes) {
    return Error(ErrorCode::kInvalidParameter, "the key in " + options.token_key_file +
                                                   " (TAVANA_TOKEN_KEY_FILE) has less than 32 bytes; `openssl rand "
                                                   "-hex 32` makes one");
  }
  const auto [host, port] = net::SplitHostAndPort(options.peer_address);
  boost::system::error_code not_an_address;
  const auto bound = asio::ip::make_address(options.bind_address, not_an_address);
  door.peering.host = !host.empty()                                ? host
                      : !not_an_address && !bound.is_unspecified() ? options.bind_address
                                                                   : net::AddressOfThisMachine();
  const auto read = std::from_chars(port.data(), port.data() + port.size(), door.peering.port);
  if (!port.empty() && (read.ec != std::errc() || read.ptr != port.data() + port.size())) {
    return Error(ErrorCode::kInvalidParameter, "TAVANA_PEER_ADDRESS is no host:port: " + options.peer_address);
  }
  const remote::ClusterTls tls{options.cluster_certificate, options.cluster_key, options.cluster_ca};
  if (!tls.empty()) {
    TAVANA_ASSIGN_OR_RETURN(door.peering.server_credentials, remote::ServerCredentialsOf(tls));
    TAVANA_ASSIGN_OR_RETURN(door.peering.credentials, remote::PeerCredentialsOf(tls));
  } else if (!net::IsThisMachine(door.peering.host) && !options.insecure_listen) {
    return Error(ErrorCode::kInvalidParameter,
                 "calls of Flight SQL's clients would pass between gateways in clear; give TAVANA_CLUSTER_CERT_PATH "
                 "and its like, or TAVANA_INSECURE_LISTEN=yes if nobody else is on that network");
  }
  return Status::Ok();
}

/// The port is what the name of each command promises.
Result<gateway::FlightDoorOptions> FlightDoorOptionsOf(const config::Options& options) {
  const int otherwise = options.command == config::Command::kGateway ? 443 : 31337;
  gateway::FlightDoorOptions door{
      .bind_address = options.bind_address,
      .port = static_cast<std::uint16_t>(options.flight_sql_port < 0 ? otherwise : options.flight_sql_port),
      .gateway = GatewayName(),
      .version = TAVANA_VERSION,
      .compression = options.flight_compression,
      .batch_bytes = std::int64_t{options.flight_batch_kb} << 10,
      .token_lifetime = options.flight_token_lifetime,
      .result_lifetime = options.flight_result_lifetime};
  TAVANA_RETURN_IF_ERROR(ShareSessions(options, door));
  return door;
}

/// `flight_port` 0: there is no such door.
Status Announce(const config::Options& options, std::uint16_t pg_port, std::uint16_t http_port,
                std::uint16_t flight_port) {
  std::printf("tavana %s (DuckDB v%s) is ready: psql -h %s -p %u -U tavana   http://%s:%u/ready\n", TAVANA_VERSION,
              TAVANA_DUCKDB_VERSION, options.bind_address.c_str(), unsigned{pg_port}, options.bind_address.c_str(),
              unsigned{http_port});
  if (flight_port != 0) {
    std::printf("Arrow Flight SQL: grpc%s://%s:%u\n", options.tls_enabled ? "+tls" : "", options.bind_address.c_str(),
                unsigned{flight_port});
  }
  if (options.demo) std::printf("\n%s\n", std::string(DemoQueries()).c_str());
  std::fflush(stdout);
  if (options.ready_file.empty()) return Status::Ok();
  return WriteWhole(options.ready_file, "{\"pg_port\":" + std::to_string(pg_port) +
                                            ",\"http_port\":" + std::to_string(http_port) +
                                            ",\"flight_sql_port\":" + std::to_string(flight_port) +
                                            ",\"pid\":" + std::to_string(getpid()) + "}\n");
}

void ShutDown(gateway::PgDoor& door, gateway::FlightDoor* flight, std::chrono::seconds grace) {
  Log(LogLevel::kInfo, "shutting down", {{"grace_seconds", std::to_string(grace.count())}});
  door.StopAccepting();
  const auto deadline = std::chrono::steady_clock::now() + grace;
  const auto idle = [&] { return door.idle() && (flight == nullptr || flight->idle()); };
  while (!idle() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(kPoll);
  door.CancelRunning();
  if (flight != nullptr) flight->Close();
  door.Close();
}

/// Where statements run: DuckDB in this process, or workers.
struct EngineSource {
  std::optional<SpillDirectory> spill;
  /// May take long: a signal ends the process meanwhile. What it starts goes with this object.
  std::function<Result<std::unique_ptr<engine::Engine>>()> Open;
  std::function<std::string()> why_idle;      ///< once it is open
  std::function<std::string()> more_metrics;  ///< may be empty
  int slots = 0;                              ///< statements at once
  std::string described;                      ///< for the log
};

Result<EngineSource> DuckDbHere(const config::Options& options) {
  EngineSource source;
  TAVANA_ASSIGN_OR_RETURN(auto spill, SpillDirectory::Open(options.spill_directory));
  TAVANA_ASSIGN_OR_RETURN(auto engine, EngineOptionsOf(options, config::CurrentResourceLimits(), spill));
  GuardEgress(options, engine.reach);
  engine.block_cache = OpenBlockCache(options);
  source.more_metrics = [cache = engine.block_cache] { return BlockCacheMetrics(cache.get()); };
  source.spill.emplace(std::move(spill));
  source.slots = options.statement_slots > 0 ? options.statement_slots : 2 * engine.resources.threads;
  source.described = "DuckDB, " + std::to_string(engine.resources.threads) + " threads, " +
                     std::to_string(engine.resources.memory_bytes) + " bytes of memory, spills to " +
                     engine.spill_directory;
  source.Open = [engine = std::move(engine)] { return duckdb_engine::OpenDuckDb(engine); };
  return source;
}

/// `wanted`, within the bounds that the TAVANA_GRPC_* options set.
std::uint32_t BatchesAhead(const config::Options& options, std::uint32_t wanted) {
  constexpr auto kPieces = (std::int64_t{1} << 20) / remote::kPieceBytes;  // in a MiB
  const std::int64_t bound =
      std::min({std::int64_t{options.grpc_channel_buffer}, options.grpc_stream_window_mb * kPieces,
                options.grpc_connection_window_mb * kPieces / std::max(options.max_connections, 1)});
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(bound, 1)));
}

Result<EngineSource> WorkersElsewhere(const config::Options& options) {
  routing::Workers::Options cluster;
  TAVANA_ASSIGN_OR_RETURN(cluster.addresses, routing::Workers::ParseAddresses(options.worker_addresses));
  if (!options.home_worker.empty()) {
    TAVANA_ASSIGN_OR_RETURN(const auto home, routing::Workers::ParseAddresses(options.home_worker));
    cluster.home = home.front();
  }
  cluster.remote.gateway = GatewayName();
  cluster.remote.version = TAVANA_VERSION;
  cluster.remote.batches_ahead = BatchesAhead(options, cluster.remote.batches_ahead);
  const remote::ClusterTls tls{options.cluster_certificate, options.cluster_key, options.cluster_ca};
  const bool wants_tls = options.worker_addresses.find("https://") != std::string::npos ||
                         options.worker_addresses.find("grpc+tls://") != std::string::npos;
  if (wants_tls != !tls.empty()) {
    return Error(
        ErrorCode::kInvalidParameter,
        "workers at https:// addresses want TAVANA_CLUSTER_CERT_PATH and its like, and these want https:// addresses");
  }
  const bool leaves_machine = !std::ranges::all_of(cluster.addresses, [](const std::string& address) {
    return net::IsThisMachine(net::SplitHostAndPort(address).host);
  });
  if (!wants_tls && leaves_machine && !options.insecure_listen) {
    return Error(
        ErrorCode::kInvalidParameter,
        "statements, and the secrets in them, would go to " + options.worker_addresses +
            " in clear; give https:// addresses, or TAVANA_INSECURE_LISTEN=yes if nobody else is on that network");
  }
  if (wants_tls) {
    TAVANA_ASSIGN_OR_RETURN(cluster.remote.credentials, remote::ChannelCredentialsOf(tls));
  }
  EngineSource source;
  source.slots = options.statement_slots > 0 ? options.statement_slots : kGatewaySlots;
  source.described = "workers at " + options.worker_addresses;
  const auto workers = std::make_shared<routing::Workers>(std::move(cluster));
  source.Open = [workers]() -> Result<std::unique_ptr<engine::Engine>> { return routing::MakeRouter(workers); };
  source.why_idle = [workers] { return workers->WhyNone(); };
  return source;
}

/// Workers of this machine, which the source watches as long as it lives.
EngineSource WorkersHere(const config::Options& options) {
  struct Started {
    std::unique_ptr<Supervisor> supervisor;
    std::function<std::string()> why_idle;
  };
  const auto started = std::make_shared<Started>();
  EngineSource source;
  source.slots = options.statement_slots > 0 ? options.statement_slots : kGatewaySlots;
  source.described = std::to_string(options.workers) + " workers of this machine";
  source.Open = [started, options]() -> Result<std::unique_ptr<engine::Engine>> {
    TAVANA_ASSIGN_OR_RETURN(started->supervisor, Supervisor::Start(options));
    config::Options gateway = options;
    gateway.worker_addresses.clear();
    for (const auto& address : started->supervisor->addresses()) gateway.worker_addresses += "http://" + address + ",";
    TAVANA_ASSIGN_OR_RETURN(auto elsewhere, WorkersElsewhere(gateway));
    started->why_idle = std::move(elsewhere.why_idle);
    return elsewhere.Open();
  };
  source.why_idle = [started] { return started->why_idle(); };
  return source;
}

Result<EngineSource> EngineSourceOf(const config::Options& options) {
  if (options.command == config::Command::kGateway) return WorkersElsewhere(options);
  return options.workers > 0 ? WorkersHere(options) : DuckDbHere(options);
}

}  // namespace

int Serve(const config::Options& options) {
  PrepareProcess(options.core_dumps);
  BlockStopSignals();
  observe::StartLogging({.level = observe::LogLevelOf(options.log_level), .json = options.log_json});
  flight::RouteGrpcLog();

  if (const Status allowed = CheckListening(options); !allowed) return Fail(allowed.error());
  auto authenticator = gateway::Authenticator::Open(AuthenticatorOptionsOf(options));
  if (!authenticator) return Fail(authenticator.error());
  auto tls = OpenTls(options);
  if (!tls) return Fail(tls.error());
  auto flight_options = FlightDoorOptionsOf(options);
  if (!flight_options) return Fail(flight_options.error());
  auto source = EngineSourceOf(options);
  if (!source) return Fail(source.error());
  const SpillDirectory* const spill = source->spill ? &*source->spill : nullptr;

  std::jthread exit_on_signal = ExitOnSignal(0, spill);

  // Declared before what uses them: the threads stop first, then the doors and the engine go.
  observe::Metrics metrics({.version = TAVANA_VERSION, .engine = std::string("DuckDB v") + TAVANA_DUCKDB_VERSION});
  ProcessState state;
  std::unique_ptr<engine::Engine> engine;
  asio::io_context io(1);
  auto http_door = ListenHttp(io, options, metrics, state);  // before the engine, so that /ready can say "starting"
  if (!http_door) return Fail(http_door.error());
  std::unique_ptr<gateway::PgDoor> pg_door;
  std::unique_ptr<gateway::FlightDoor> flight_door;
  const NetworkThreads network(io);

  auto opened = source->Open();
  if (!opened) return Fail(opened.error());
  engine = *std::move(opened);
  state.engine = engine.get();
  state.why_idle = source->why_idle;
  state.more_metrics = source->more_metrics;
  auto listening = gateway::PgDoor::Listen(io, *engine, metrics, **authenticator, tls->get(),
                                           PgDoorOptionsOf(options, source->slots));
  if (!listening) return Fail(listening.error());
  pg_door = *std::move(listening);
  if (options.flight_sql_enabled) {
    auto flight = gateway::FlightDoor::Listen(io, pg_door->services(), *std::move(flight_options));
    if (!flight) {
      pg_door->Close();
      return Fail(flight.error());
    }
    flight_door = *std::move(flight);
  }
  const std::uint16_t flight_port = flight_door == nullptr ? std::uint16_t{0} : flight_door->port();

  state.phase = Phase::kServing;
  exit_on_signal = {};  // stops and joins it: who reads the announcement may rely on a clean shutdown
  if (const Status announced = Announce(options, pg_door->port(), (*http_door)->port(), flight_port); !announced) {
    if (flight_door != nullptr) flight_door->Close();
    pg_door->Close();
    return Fail(announced.error());
  }
  Log(LogLevel::kInfo, "ready",
      {{"pg_port", std::to_string(pg_door->port())},
       {"http_port", std::to_string((*http_door)->port())},
       {"flight_sql_port", std::to_string(flight_port)},
       {"statement_slots", std::to_string(source->slots)},
       {"engine", source->described}});

  while (!WaitForStopSignal(kIdlePoll)) {
  }
  exit_on_signal = ExitOnSignal(kFailed, spill);
  state.phase = Phase::kDraining;
  ShutDown(*pg_door, flight_door.get(), options.shutdown_grace);
  (*http_door)->Stop();
  Log(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace tavana
