#include "main/worker.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "config/resource_limits.h"
#include "flight/grpc_log.h"
#include "main/engine_setup.h"
#include "main/process.h"
#include "main/service.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "remote/credentials.h"
#include "remote/worker.h"

namespace tavana {
namespace {

using observe::Log;
using observe::LogLevel;

// Threads for each statement slot: sessions that wait for a gateway hold one (ingest), and closing takes one (chosen).
constexpr int kThreadsPerSlot = 4;

std::string HostName() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return host.data();
}

Status CheckListening(const config::Options& options) {
  boost::system::error_code problem;
  const auto address = boost::asio::ip::make_address(options.bind_address, problem);
  if (problem || address.is_loopback() || !options.cluster_ca.empty()) return Status::Ok();
  if (!options.insecure_listen) {
    return Error(ErrorCode::kInvalidParameter,
                 "a worker on " + options.bind_address +
                     " would run what anybody sends it; give it TAVANA_CLUSTER_CA_PATH "
                     "and its like, or TAVANA_INSECURE_LISTEN=yes if only gateways reach it");
  }
  Log(LogLevel::kWarn, "everybody who reaches this address may run statements",
      {{"bind_address", options.bind_address}});
  return Status::Ok();
}

Status Announce(const config::Options& options, std::uint16_t grpc_port, std::uint16_t http_port) {
  std::printf("tavana %s worker (DuckDB v%s) is ready: WORKER_ADDR=http://%s:%u   http://%s:%u/ready\n", TAVANA_VERSION,
              TAVANA_DUCKDB_VERSION, options.bind_address.c_str(), unsigned{grpc_port}, options.bind_address.c_str(),
              unsigned{http_port});
  std::fflush(stdout);
  if (options.ready_file.empty()) return Status::Ok();
  return WriteWhole(options.ready_file, "{\"grpc_port\":" + std::to_string(grpc_port) + ",\"http_port\":" +
                                            std::to_string(http_port) + ",\"pid\":" + std::to_string(getpid()) + "}\n");
}

}  // namespace

int RunWorker(const config::Options& options) {
  PrepareProcess(options.core_dumps);
  BlockStopSignals();
  observe::StartLogging({.level = observe::LogLevelOf(options.log_level), .json = options.log_json});
  flight::RouteGrpcLog();

  if (const Status allowed = CheckListening(options); !allowed) return Fail(allowed.error());
  auto spill = SpillDirectory::Open(options.spill_directory);
  if (!spill) return Fail(spill.error());
  auto engine_options = EngineOptionsOf(options, config::CurrentResourceLimits(), *spill);
  if (!engine_options) return Fail(engine_options.error());
  GuardEgress(options, engine_options->reach);
  engine_options->block_cache = OpenBlockCache(options);

  std::jthread exit_on_signal = ExitOnSignal(0, &*spill);
  observe::Metrics metrics({.version = TAVANA_VERSION, .engine = std::string("DuckDB v") + TAVANA_DUCKDB_VERSION});
  ProcessState state;
  std::unique_ptr<engine::Engine> engine;
  boost::asio::io_context io(1);
  auto http_door = ListenHttp(io, options, metrics, state);
  if (!http_door) return Fail(http_door.error());
  const NetworkThreads network(io);

  auto opened = duckdb_engine::OpenDuckDb(*engine_options);
  if (!opened) return Fail(opened.error());
  engine = *std::move(opened);
  state.engine = engine.get();
  const remote::ClusterTls tls{options.cluster_certificate, options.cluster_key, options.cluster_ca};
  std::shared_ptr<grpc::ServerCredentials> credentials;
  if (!tls.empty()) {
    auto made = remote::ServerCredentialsOf(tls);
    if (!made) return Fail(made.error());
    credentials = *std::move(made);
  }
  const int slots = options.statement_slots > 0 ? options.statement_slots : 2 * engine_options->resources.threads;
  auto worker = remote::Worker::Listen(
      *engine,
      {.bind_address = options.bind_address,
       .port = options.grpc_port,
       .name = options.worker_name.empty() ? HostName() + ":" + std::to_string(options.grpc_port) : options.worker_name,
       .version = TAVANA_VERSION,
       .durable = !options.database_file.empty(),
       .statement_threads = slots * kThreadsPerSlot,
       .cancel_grace = options.cancel_grace,
       .credentials = std::move(credentials)});
  if (!worker) return Fail(worker.error());

  state.more_metrics = [&worker = **worker, cache = engine_options->block_cache] {
    return "# HELP tavana_worker_sessions Sessions of gateways.\n# TYPE tavana_worker_sessions "
           "gauge\ntavana_worker_sessions " +
           std::to_string(worker.sessions()) +
           "\n# HELP tavana_worker_messages_total Messages of sessions.\n# TYPE tavana_worker_messages_total counter\n"
           "tavana_worker_messages_total{direction=\"received\"} " +
           std::to_string(worker.traffic().received) + "\ntavana_worker_messages_total{direction=\"sent\"} " +
           std::to_string(worker.traffic().sent) + "\n" + BlockCacheMetrics(cache.get());
  };
  state.phase = Phase::kServing;
  exit_on_signal = {};
  if (const Status announced = Announce(options, (*worker)->port(), (*http_door)->port()); !announced)
    return Fail(announced.error());
  Log(LogLevel::kInfo, "ready",
      {{"grpc_port", std::to_string((*worker)->port())},
       {"http_port", std::to_string((*http_door)->port())},
       {"threads", std::to_string(engine_options->resources.threads)},
       {"memory_bytes", std::to_string(engine_options->resources.memory_bytes)},
       {"spill_directory", engine_options->spill_directory}});

  while (!WaitForStopSignal(kIdlePoll) && !(*worker)->overdue()) {
  }
  const bool overdue = (*worker)->overdue();
  exit_on_signal = ExitOnSignal(kFailed, &*spill);
  state.phase = Phase::kDraining;
  Log(LogLevel::kInfo, "draining", {{"grace_seconds", std::to_string(options.shutdown_grace.count())}});
  (*worker)->Drain();
  const auto deadline = std::chrono::steady_clock::now() + options.shutdown_grace;
  while (std::chrono::steady_clock::now() < deadline) {
    (*worker)->EndIdle();
    if ((*worker)->sessions() == 0) break;
    std::this_thread::sleep_for(kPoll);
  }
  if (overdue) {  // a thread is stuck in the engine: nothing can be taken down around it
    Log(LogLevel::kError, "ends, to be started again");
    spill->Remove();
    _exit(kFailed);
  }
  (*http_door)->Stop();
  worker->reset();
  Log(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace tavana
