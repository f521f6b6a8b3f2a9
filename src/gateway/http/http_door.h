#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"

namespace tavana::gateway::http {

/// What the HTTP door asks of the rest. Called on the io_context's threads; must not block.
struct HttpDependencies {
  std::function<std::string()> metrics;                          ///< Prometheus text
  std::function<std::optional<std::string>()> not_ready_reason;  ///< nothing when new work is taken
  std::function<bool()> healthy;                                 ///< false: this process must be replaced
};

/// Serves /health, /ready and /metrics. Thread-safe. The io_context and what the dependencies use outlive its run.
class HttpDoor {
 public:
  /// kIo when the address can not be had.
  static Result<std::unique_ptr<HttpDoor>> Listen(boost::asio::io_context& io,
                                                  const boost::asio::ip::tcp::endpoint& endpoint,
                                                  HttpDependencies dependencies);
  ~HttpDoor();

  std::uint16_t port() const;
  /// Takes no new connection; open ones end after the answer they are at. Idempotent.
  void Stop();

 private:
  class Impl;
  explicit HttpDoor(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace tavana::gateway::http
