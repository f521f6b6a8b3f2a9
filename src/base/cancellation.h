#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "base/error.h"

namespace tavana {

/// One statement's cancel, level-triggered: set before the start, it stops the start; it is never shared with
/// the next statement, so it can not reach it. All methods may be called from any thread.
class Cancellation {
 public:
  /// Removes its callback when it goes; waits for a call in progress.
  class [[nodiscard]] Registration {
   public:
    Registration() = default;
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration();

   private:
    friend class Cancellation;
    Registration(Cancellation* owner, std::list<std::function<void()>>::iterator at) : owner_(owner), at_(at) {}
    Cancellation* owner_ = nullptr;
    std::list<std::function<void()>>::iterator at_;
  };

  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  /// The first call wins and gives the error (kCancelled, kTimedOut, kShuttingDown ...); later ones do nothing.
  void Cancel(Error why);
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  /// The error of the first Cancel, if there was one. Takes no lock: who asks may hold one that a callback waits for.
  std::optional<Error> why() const;
  /// When its owner will call Cancel with kTimedOut, so that who passes the statement on to another process can tell it
  /// there. Sets no timer.
  void SetDeadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
  /// time_point::max(): there is none.
  std::chrono::steady_clock::time_point deadline() const { return deadline_; }
  /// Runs `callback` on Cancel, on the cancelling thread; at once when already cancelled.
  /// `callback` must be short and must not touch this object.
  Registration OnCancel(std::function<void()> callback);

 private:
  std::atomic<bool> cancelled_ = false;
  std::atomic<std::chrono::steady_clock::time_point> deadline_ = std::chrono::steady_clock::time_point::max();
  std::mutex mutex_;
  std::optional<Error> why_;  // written once, before cancelled_ is set
  std::list<std::function<void()>> callbacks_;
};

}  // namespace tavana
