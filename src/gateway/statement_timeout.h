#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

#include "base/cancellation.h"

namespace tavana::gateway {

/// While it lives, what takes longer than `limit` (0: no limit) is cancelled with kTimedOut and `why`. On the session's
/// strand.
class StatementTimeout {
 public:
  StatementTimeout(const boost::asio::any_io_executor& strand, std::shared_ptr<Cancellation> cancellation,
                   std::chrono::milliseconds limit, const char* why = "canceling statement due to statement timeout")
      : timer_(strand) {
    if (limit.count() == 0) return;
    timer_.expires_after(limit);
    cancellation->SetDeadline(timer_.expiry());
    timer_.async_wait([cancellation = std::move(cancellation), why](const boost::system::error_code& failure) {
      if (!failure) cancellation->Cancel(Error(ErrorCode::kTimedOut, why));
    });
  }

 private:
  boost::asio::steady_timer timer_;
};

}  // namespace tavana::gateway
