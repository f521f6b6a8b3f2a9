#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <utility>

#include "base/cancellation.h"
#include "base/result.h"

namespace tavana::net {

namespace asio = boost::asio;

/// How long a cancelled call may still take before its waiter is answered without it. A cancel is answered within
/// 100 ms; this leaves the rest for two thread hops and a socket write (chosen).
inline constexpr auto kCancelGrace = std::chrono::milliseconds(60);

/// A call on a pool thread that its waiter may leave behind. Lives on the waiter's strand, except `result`, which the
/// pool thread writes before it posts the end.
class BlockingCall {
 public:
  explicit BlockingCall(const asio::any_io_executor& strand) : woken_(strand, asio::steady_timer::time_point::max()) {}

  bool finished() const { return finished_; }
  /// Until the call has ended, however long that takes.
  asio::awaitable<void> Finished() {
    WaitAgain();  // once: moving the timer wakes whoever else waits here
    while (!finished_) {
      boost::system::error_code ignored;
      auto token = asio::redirect_error(asio::use_awaitable, ignored);
      co_await woken_.async_wait(token);
    }
  }
  /// Until the call has ended, or kCancelGrace after `GiveUpSoon`.
  asio::awaitable<void> FinishedOrGivenUp() {
    while (!finished_) {
      boost::system::error_code failure;
      auto token = asio::redirect_error(asio::use_awaitable, failure);
      co_await woken_.async_wait(token);
      if (!failure) co_return;  // the timer ran out rather than being moved
    }
  }
  /// Takes a GiveUpSoon back.
  void WaitAgain() { woken_.expires_at(asio::steady_timer::time_point::max()); }
  void GiveUpSoon() {
    if (!finished_) woken_.expires_after(kCancelGrace);
  }
  void Finish() {
    finished_ = true;
    woken_.cancel();
  }

 private:
  bool finished_ = false;
  asio::steady_timer woken_;
};

/// A BlockingCall with its function and, once finished, what it returned.
template <std::invocable Function>
struct RunningCall : BlockingCall {
  using Value = std::invoke_result_t<Function>;
  RunningCall(const asio::any_io_executor& strand, Function function)
      : BlockingCall(strand), function(std::move(function)) {}
  std::optional<Function> function;
  std::optional<Value> result;
};

/// Starts `function` on `pool`; `strand` is where the caller runs. `function` must own what it uses.
template <std::invocable Function>
std::shared_ptr<RunningCall<Function>> StartBlocking(asio::thread_pool& pool, asio::any_io_executor strand,
                                                     Function function) {
  auto call = std::make_shared<RunningCall<Function>>(strand, std::move(function));
  asio::post(pool, [call, strand] {
    call->result.emplace((*call->function)());
    call->function.reset();  // what it owned goes before the waiter hears of the end
    asio::post(strand, [call] { call->Finish(); });
  });
  return call;
}

/// Waits for `call`, which lives on `strand`, until it has ended, or until kCancelGrace after `cancellation` fired.
inline asio::awaitable<void> FinishedOrCancelled(std::shared_ptr<BlockingCall> call, asio::any_io_executor strand,
                                                 std::shared_ptr<Cancellation> cancellation) {
  const auto registration = cancellation->OnCancel([weak = std::weak_ptr<BlockingCall>(call), strand] {
    asio::post(strand, [weak] {
      if (const auto alive = weak.lock()) alive->GiveUpSoon();
    });
  });
  co_await call->FinishedOrGivenUp();
}

/// Waits for `call` without blocking its strand. When `cancellation` fires and the call does not end within
/// kCancelGrace, the waiter gets the cancel's error and the call goes on alone: then `left_behind` is set to it, and
/// nothing that its function uses may be touched before its Finished().
template <typename Function>
asio::awaitable<typename RunningCall<Function>::Value> Await(std::shared_ptr<RunningCall<Function>> call,
                                                             asio::any_io_executor strand,
                                                             std::shared_ptr<Cancellation> cancellation,
                                                             std::shared_ptr<BlockingCall>& left_behind) {
  co_await FinishedOrCancelled(call, strand, cancellation);
  if (!call->finished()) {
    left_behind = call;
    auto why = cancellation->why();
    co_return std::move(*why);
  }
  co_return std::move(*call->result);
}

}  // namespace tavana::net
