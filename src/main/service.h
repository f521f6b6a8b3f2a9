#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "config/options.h"
#include "engine/engine.h"
#include "gateway/http/http_door.h"
#include "main/process.h"
#include "observe/metrics.h"

/// What `serve`, `gateway` and `worker` do alike: a process with an HTTP door, from its start to its end.
namespace tavana {

// How often a drain looks whether the last statement has ended, and the main thread for a signal (chosen).
inline constexpr std::chrono::milliseconds kPoll{20};
inline constexpr std::chrono::milliseconds kIdlePoll{1000};
inline constexpr int kFailed = 1;

enum class Phase { kStarting, kServing, kDraining };

/// Threads that run an io_context; stopped and joined when this goes.
class NetworkThreads {
 public:
  explicit NetworkThreads(boost::asio::io_context& io);
  ~NetworkThreads();
  NetworkThreads(const NetworkThreads&) = delete;
  NetworkThreads& operator=(const NetworkThreads&) = delete;

 private:
  boost::asio::io_context& io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer earliest_;
  std::vector<std::thread> threads_;
};

/// What the HTTP door tells; written by the main thread, read by the network's.
struct ProcessState {
  std::atomic<Phase> phase = Phase::kStarting;
  std::atomic<const engine::Engine*> engine = nullptr;
  /// Why the engine cannot work now though it is well; empty when it can. Set before `phase` leaves kStarting.
  std::function<std::string()> why_idle;
  /// What /metrics shows beside the doors' figures, in Prometheus's text form. The same.
  std::function<std::string()> more_metrics;

  bool healthy() const;
  std::optional<std::string> not_ready_reason() const;
};

/// Tells `error` on stderr, in one line; the exit code.
int Fail(const Error& error);

/// The door of /health, /ready and /metrics. `metrics` and `state` outlive it.
Result<std::unique_ptr<gateway::http::HttpDoor>> ListenHttp(boost::asio::io_context& io, const config::Options& options,
                                                            const observe::Metrics& metrics, const ProcessState& state);

/// Until stopped, a signal ends the process at once: while it starts (nothing runs yet), and again while it shuts
/// down (the second signal), whatever that is at. `spill` may be null.
std::jthread ExitOnSignal(int exit_code, const SpillDirectory* spill);

}  // namespace tavana
