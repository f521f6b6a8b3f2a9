#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "pgwire/messages.h"

namespace tavana::gateway {

/// Sends a cancel that no session here answers to on to the other gateways: behind a load balancer a CancelRequest
/// comes on a connection of its own, to whichever gateway. The peers do not send it on again. Thread-safe.
class CancelForwarder : public std::enable_shared_from_this<CancelForwarder> {
 public:
  /// `peers`: host:port of their PostgreSQL doors; a name that stands for several machines is all of them, this one
  /// too.
  CancelForwarder(boost::asio::any_io_executor executor, std::vector<std::string> peers)
      : executor_(std::move(executor)), peers_(std::move(peers)) {}

  /// Returns at once. Who cannot be reached within kPatience does not hear it, and the log says so.
  void Forward(const pgwire::CancelRequest& cancel);

 private:
  // Cancels on their way (chosen: more at once are somebody's flood).
  static constexpr int kMaxForwards = 1000;

  boost::asio::awaitable<void> ForwardTo(std::shared_ptr<CancelForwarder> self, std::string peer, std::string packet);

  const boost::asio::any_io_executor executor_;
  const std::vector<std::string> peers_;
  std::atomic<int> forwards_ = 0;
};

}  // namespace tavana::gateway
