#include "gateway/advisory_locks.h"

#include "base/check.h"

namespace tavana::gateway {

namespace asio = boost::asio;

namespace {
// A chain of sessions that wait for each other longer than this is taken for a deadlock (chosen).
constexpr int kLongestChain = 1000;
}  // namespace

bool AdvisoryLocks::TryLocked(Owner owner, const AdvisoryKey& key, bool shared) {
  const auto lock = locks_.find(key);
  if (lock != locks_.end()) {
    for (const auto& [holder, holds] : lock->second.holders) {
      if (holder != owner && (!shared || holds.alone > 0)) return false;
    }
  }
  Holds& holds = locks_[key].holders[owner];
  ++(shared ? holds.shared : holds.alone);
  return true;
}

bool AdvisoryLocks::Try(Owner owner, const AdvisoryKey& key, bool shared) {
  const std::lock_guard guard(mutex_);
  return TryLocked(owner, key, shared);
}

bool AdvisoryLocks::WaitsFor(Owner from, Owner target, int depth) const {
  const auto waiting = waiting_.find(from);
  if (waiting == waiting_.end()) return false;
  if (depth > kLongestChain) return true;
  const auto lock = locks_.find(waiting->second);
  if (lock == locks_.end()) return false;
  for (const auto& [holder, holds] : lock->second.holders) {
    if (holder == from) continue;
    if (holder == target || WaitsFor(holder, target, depth + 1)) return true;
  }
  return false;
}

void AdvisoryLocks::Forget(Owner owner, const AdvisoryKey& key, const std::shared_ptr<Waiter>& waiter) {
  waiting_.erase(owner);
  const auto lock = locks_.find(key);
  if (lock == locks_.end()) return;
  lock->second.waiters.remove(waiter);
  if (lock->second.holders.empty() && lock->second.waiters.empty()) locks_.erase(lock);
}

asio::awaitable<Status> AdvisoryLocks::Take(asio::any_io_executor strand, Owner owner, AdvisoryKey key, bool shared,
                                            std::optional<Clock::time_point> deadline,
                                            std::shared_ptr<Cancellation> cancellation) {
  std::shared_ptr<Waiter> waiter;
  {
    const std::lock_guard guard(mutex_);
    if (TryLocked(owner, key, shared)) co_return Status::Ok();
    waiting_[owner] = key;
    if (WaitsFor(owner, owner, 0)) {
      waiting_.erase(owner);
      co_return Error(ErrorCode::kDeadlock, "deadlock detected")
          .WithDetail("The session waits for an advisory lock whose holder waits for one of this session's.");
    }
    waiter = std::make_shared<Waiter>(strand, deadline.value_or(Clock::time_point::max()));
    locks_[key].waiters.push_back(waiter);
  }
  const auto registration = waiter->WakeOn(*cancellation);
  for (;;) {
    {
      const std::lock_guard guard(mutex_);
      auto why = cancellation->why();
      const bool late = deadline && Clock::now() >= *deadline;
      const bool taken = !why && TryLocked(owner, key, shared);
      if (why || taken || late) {
        Forget(owner, key, waiter);
        if (why) co_return std::move(*why);
        if (taken) co_return Status::Ok();
        co_return Error(ErrorCode::kLockTimeout, "canceling statement due to lock timeout");
      }
    }
    co_await waiter->Wait();
  }
}

void AdvisoryLocks::Release(Owner owner, const AdvisoryKey& key, bool shared) {
  const std::lock_guard guard(mutex_);
  const auto lock = locks_.find(key);
  TAVANA_CHECK(lock != locks_.end());
  const auto held = lock->second.holders.find(owner);
  TAVANA_CHECK(held != lock->second.holders.end());
  int& count = shared ? held->second.shared : held->second.alone;
  TAVANA_CHECK(count > 0);
  --count;
  if (held->second.shared == 0 && held->second.alone == 0) lock->second.holders.erase(held);
  for (const auto& waiter : lock->second.waiters) waiter->Wake();
  if (lock->second.holders.empty() && lock->second.waiters.empty()) locks_.erase(lock);
}

}  // namespace tavana::gateway
