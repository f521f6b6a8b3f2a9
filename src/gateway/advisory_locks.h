#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/cancellation.h"
#include "base/result.h"
#include "gateway/waiter.h"

namespace tavana::gateway {

/// One bigint, or two integers: the two never meet
/// (postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS).
struct AdvisoryKey {
  std::int64_t first = 0;
  std::optional<std::int32_t> second;
  auto operator<=>(const AdvisoryKey&) const = default;
};

/// Locks that mean what their takers agree on. Held by sessions, as often as each has taken them, shared or alone;
/// which of a session's holds end with its transaction is the session's to know. Thread-safe.
class AdvisoryLocks {
 public:
  using Owner = std::uint32_t;  ///< a session's process id
  using Clock = Waiter::Clock;

  /// False when somebody else has it.
  bool Try(Owner owner, const AdvisoryKey& key, bool shared);
  /// Waits on `strand` (the caller's) until it can be had: kDeadlock when waiting could not end, kLockTimeout at
  /// `deadline`, the cancel's error when that comes first.
  boost::asio::awaitable<Status> Take(boost::asio::any_io_executor strand, Owner owner, AdvisoryKey key, bool shared,
                                      std::optional<Clock::time_point> deadline,
                                      std::shared_ptr<Cancellation> cancellation);
  /// Gives one hold back. It must be held.
  void Release(Owner owner, const AdvisoryKey& key, bool shared);

 private:
  struct Holds {
    int alone = 0, shared = 0;
  };
  struct Lock {
    std::map<Owner, Holds> holders;
    std::list<std::shared_ptr<Waiter>> waiters;
  };

  bool TryLocked(Owner owner, const AdvisoryKey& key, bool shared);
  bool WaitsFor(Owner from, Owner target, int depth) const;
  void Forget(Owner owner, const AdvisoryKey& key, const std::shared_ptr<Waiter>& waiter);

  std::mutex mutex_;
  std::map<AdvisoryKey, Lock> locks_;
  std::map<Owner, AdvisoryKey> waiting_;
};

}  // namespace tavana::gateway
