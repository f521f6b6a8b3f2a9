#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "remote/remote_engine.h"

namespace tavana::routing {

/// The workers of a cluster, followed as their addresses change. Thread-safe.
class Workers {
 public:
  struct Options {
    /// host:port each; a name may stand for several machines, and is looked up again every `resolve`.
    std::vector<std::string> addresses;
    /// The worker that holds the default catalog; empty: the first of `addresses`. Its name is not looked up here.
    std::string home;
    remote::RemoteOptions remote;  ///< of each; its address is not read
    std::chrono::milliseconds resolve{5'000};
  };
  /// Reads "http://host:port,https://host:port ..." (commas or blanks between). kInvalidParameter when it is none.
  static Result<std::vector<std::string>> ParseAddresses(const std::string& text);

  explicit Workers(Options options);

  const std::shared_ptr<remote::RemoteEngine>& home() const { return home_; }
  /// Those that take sessions now, the home among them.
  std::vector<std::shared_ptr<remote::RemoteEngine>> Able() const;
  /// Why nothing can run; empty when something can.
  std::string WhyNone() const;

 private:
  void Follow();

  const Options options_;
  std::shared_ptr<remote::RemoteEngine> home_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<remote::RemoteEngine>> all_;
  std::jthread follower_;
};

}  // namespace tavana::routing
