#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "config/options.h"

namespace tavana {

/// Worker processes of this machine, children of this process: each one that ends is started again at its address. They
/// end with this object, and with this process however it ends.
class Supervisor {
 public:
  /// Starts options.workers of them, which share the memory of options; the first one has the data. kIo when one does
  /// not get ready.
  static Result<std::unique_ptr<Supervisor>> Start(const config::Options& options);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// host:port of each.
  std::vector<std::string> addresses() const;

 private:
  struct Child {
    std::vector<std::string> arguments;
    std::filesystem::path ready_file;
    int port = 0;  // 0: not known before the first start
    pid_t process = -1;
    int starts = 0;
    std::chrono::steady_clock::time_point started;
  };

  explicit Supervisor(const config::Options& options);
  void Run(const std::stop_token& stop);
  void StartChild(Child& child);
  /// Whether every child has told its port, or one has ended before it did.
  bool Settled() const;

  const std::chrono::seconds grace_;
  const int nowhere_;  // /dev/null
  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Child> children_;
  std::vector<std::string> environment_;  // of every child, NAME=value
  bool failed_ = false;
  std::jthread thread_;  // forks and waits: the children hear of the end of this thread
};

}  // namespace tavana
