#include "main/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "config/command_line.h"
#include "config/resource_limits.h"
#include "observe/log.h"

namespace tavana {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kLook = 50ms;        // at the children (chosen)
constexpr auto kFirstStart = 120s;  // with --demo a worker makes its data first
constexpr auto kSoonAgain = 100ms;
constexpr auto kLaterAgain = 5s;  // starts of one that ends at once wait longer and longer
constexpr auto kStable = 10s;     // one that ran for so long is started at once

std::string Number(double value) { return std::to_string(value); }

}  // namespace

Supervisor::Supervisor(const config::Options& options)
    : grace_(options.shutdown_grace), nowhere_(open("/dev/null", O_WRONLY | O_CLOEXEC)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tavana-workers-XXXXXX").string();
  if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  const auto limits = config::CurrentResourceLimits();
  const double memory =
      options.max_memory_gb > 0 ? options.max_memory_gb : static_cast<double>(limits.default_memory_bytes()) / 1e9;
  const auto count = static_cast<double>(options.workers);
  auto environment = config::InheritedEnvironment(options);
  environment.merge(config::CurrentEnvironment());
  for (const auto& [name, value] : environment) environment_.push_back(name + "=" + value);
  for (int i = 0; i < options.workers; ++i) {
    const bool has_data = i == 0;
    Child child;
    child.ready_file = folder_ / ("worker-" + std::to_string(i));
    // Each option is said, so that nothing of the environment that was meant for this process reaches a worker.
    child.arguments = {"worker",
                       "--bind-address=127.0.0.1",
                       "--http-port=0",
                       "--worker-name=worker-" + std::to_string(i),
                       "--ready-file=" + child.ready_file.string(),
                       "--max-memory-gb=" + Number(memory / count),
                       "--threads=" + std::to_string(options.threads),
                       "--spill-limit-gb=" + Number(options.spill_limit_gb / count),
                       "--spill-dir=" + options.spill_directory,
                       "--statement-slots=" + std::to_string(options.statement_slots),
                       "--shutdown-grace-seconds=" + std::to_string(options.shutdown_grace.count()),
                       "--database=" + (has_data ? options.database_file : ""),
                       "--init=" + (has_data ? options.init_file : ""),
                       std::string("--demo=") + (has_data && options.demo ? "true" : "false"),
                       "--demo-scale=" + Number(options.demo_scale),
                       "--log-level=" + options.log_level,
                       std::string("--log-json=") + (options.log_json ? "true" : "false"),
                       std::string("--core-dumps=") + (options.core_dumps ? "true" : "false"),
                       "--cluster-cert-path=",
                       "--cluster-key-path=",
                       "--cluster-ca-path="};
    children_.push_back(std::move(child));
  }
}

Result<std::unique_ptr<Supervisor>> Supervisor::Start(const config::Options& options) {
  std::unique_ptr<Supervisor> supervisor(new Supervisor(options));
  if (supervisor->folder_.empty())
    return Error(ErrorCode::kIo, "no directory can be made for the workers' ready files");
  supervisor->thread_ = std::jthread([raw = supervisor.get()](const std::stop_token& stop) { raw->Run(stop); });
  std::unique_lock lock(supervisor->mutex_);
  const bool settled = supervisor->changed_.wait_for(lock, kFirstStart, [&] { return supervisor->Settled(); });
  if (!settled || supervisor->failed_) return Error(ErrorCode::kIo, "a worker did not start; its log says why");
  lock.unlock();
  return supervisor;
}

Supervisor::~Supervisor() {
  thread_ = {};
  if (nowhere_ >= 0) close(nowhere_);
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> Supervisor::addresses() const {
  std::vector<std::string> addresses;
  const std::lock_guard lock(mutex_);
  for (const auto& child : children_) addresses.push_back("127.0.0.1:" + std::to_string(child.port));
  return addresses;
}

bool Supervisor::Settled() const {
  return failed_ || std::ranges::all_of(children_, [](const Child& child) { return child.port != 0; });
}

void Supervisor::StartChild(Child& child) {
  std::error_code ignored;
  std::filesystem::remove(child.ready_file, ignored);
  auto arguments = child.arguments;
  arguments.push_back("--grpc-port=" + std::to_string(child.port));
  std::vector<char*> words{const_cast<char*>("tavana")};
  for (auto& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  std::vector<char*> variables;
  for (auto& variable : environment_) variables.push_back(variable.data());
  variables.push_back(nullptr);
  child.started = steady_clock::now();
  ++child.starts;
  child.process = fork();
  if (child.process != 0) return;
  // Only what is safe between fork and exec of a process with threads.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(nowhere_, STDOUT_FILENO);  // the announcement is this process's
  execve("/proc/self/exe", words.data(), variables.data());
  _exit(127);
}

void Supervisor::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      for (Child& child : children_) {
        int status = 0;
        if (child.process > 0 && waitpid(child.process, &status, WNOHANG) == child.process) {
          child.process = -1;
          observe::Log(observe::LogLevel::kWarn, "a worker has ended and is started again",
                       {{"worker", child.arguments[3].substr(14)}, {"status", std::to_string(status)}});
          if (child.port == 0) failed_ = true;  // it never got ready
        }
        const auto pause =
            steady_clock::now() - child.started > kStable
                ? 0ms
                : std::min<std::chrono::milliseconds>(kSoonAgain * (1 << std::min(child.starts, 6)), kLaterAgain);
        if (child.process < 0 && !failed_ && (child.starts == 0 || steady_clock::now() - child.started >= pause))
          StartChild(child);
        if (child.port == 0) {
          const auto text = ReadFile(child.ready_file.string(), 4096);
          const auto ready = nlohmann::json::parse(text.ok() ? *text : "", nullptr, false);
          if (ready.is_object()) child.port = ready.value("grpc_port", 0);
        }
      }
    }
    changed_.notify_all();
    std::this_thread::sleep_for(kLook);
  }
  const std::lock_guard lock(mutex_);
  for (const Child& child : children_) {
    if (child.process > 0) kill(child.process, SIGTERM);
  }
  const auto deadline = steady_clock::now() + grace_ + 5s;
  for (const Child& child : children_) {
    if (child.process <= 0) continue;
    while (waitpid(child.process, nullptr, WNOHANG) == 0) {
      if (steady_clock::now() > deadline) kill(child.process, SIGKILL);
      std::this_thread::sleep_for(kLook);
    }
  }
}

}  // namespace tavana
