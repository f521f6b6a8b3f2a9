#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

#include "base/cancellation.h"

namespace tavana::gateway {

/// While it lives, a statement that takes longer than `limit` (0: no limit) is cancelled with kTimedOut. On the
/// session's strand.
class StatementTimeout {
 public:
  StatementTimeout(const boost::asio::any_io_executor& strand, std::shared_ptr<Cancellation> cancellation,
                   std::chrono::milliseconds limit)
      : timer_(strand) {
    if (limit.count() == 0) return;
    timer_.expires_after(limit);
    timer_.async_wait([cancellation = std::move(cancellation)](const boost::system::error_code& failure) {
      if (!failure) cancellation->Cancel(Error(ErrorCode::kTimedOut, "canceling statement due to statement timeout"));
    });
  }

 private:
  boost::asio::steady_timer timer_;
};

}  // namespace tavana::gateway
