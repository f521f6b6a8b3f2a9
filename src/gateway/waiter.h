#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

#include "base/cancellation.h"

namespace tavana::gateway {

/// A coroutine that waits on its strand for something another thread may bring about. It checks its condition, under
/// the lock of who brings it about, before each Wait: nothing is said by having been woken.
class Waiter : public std::enable_shared_from_this<Waiter> {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Waiter(boost::asio::any_io_executor strand, Clock::time_point deadline = Clock::time_point::max())
      : strand_(std::move(strand)), woken_(strand_, deadline) {}

  /// Until Wake, or the deadline. On the strand.
  boost::asio::awaitable<void> Wait() {
    boost::system::error_code ignored;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
    co_await woken_.async_wait(token);
  }
  /// From any thread.
  void Wake() {
    boost::asio::post(strand_, [self = shared_from_this()] { self->woken_.cancel(); });
  }
  /// Wakes it when `cancellation` fires, while the registration lives.
  Cancellation::Registration WakeOn(Cancellation& cancellation) {
    return cancellation.OnCancel([weak = weak_from_this()] {
      if (const auto alive = weak.lock()) alive->Wake();
    });
  }

 private:
  boost::asio::any_io_executor strand_;
  boost::asio::steady_timer woken_;  // touched on the strand only
};

}  // namespace tavana::gateway
