#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "base/cancellation.h"
#include "base/result.h"
#include "gateway/waiter.h"
#include "observe/metrics.h"

namespace tavana::gateway {

class AdmissionQueue;

/// The right to run one statement; held until the last byte of its result has left.
class [[nodiscard]] AdmissionTicket {
 public:
  AdmissionTicket() = default;
  AdmissionTicket(AdmissionTicket&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
  AdmissionTicket& operator=(AdmissionTicket&& other) noexcept {
    std::swap(queue_, other.queue_);
    return *this;
  }
  ~AdmissionTicket();
  bool held() const { return queue_ != nullptr; }

 private:
  friend class AdmissionQueue;
  explicit AdmissionTicket(AdmissionQueue* queue) : queue_(queue) {}
  AdmissionQueue* queue_ = nullptr;  // null once moved from
};

/// Lets `slots` statements run at a time, the others wait in the order they came, at most `max_waiting` of them.
/// Thread-safe. Outlives its tickets.
class AdmissionQueue {
 public:
  enum class Shown : bool { kNo, kYes };  ///< whether it is the one that the metrics show
  AdmissionQueue(std::size_t slots, std::size_t max_waiting, observe::Metrics& metrics, Shown shown = Shown::kYes)
      : slots_(slots), max_waiting_(max_waiting), metrics_(metrics), shown_(shown) {}
  AdmissionQueue(const AdmissionQueue&) = delete;
  AdmissionQueue& operator=(const AdmissionQueue&) = delete;

  /// Waits for a slot on `strand` (the caller's). kOverloaded when too many wait; the cancel's error when it comes
  /// first.
  boost::asio::awaitable<Result<AdmissionTicket>> Admit(boost::asio::any_io_executor strand,
                                                        std::shared_ptr<Cancellation> cancellation);

  std::size_t running() const;
  std::size_t waiting() const;

 private:
  friend class AdmissionTicket;
  struct Waiting {
    std::shared_ptr<Waiter> waiter;
    bool admitted = false;  // guarded by mutex_
  };
  void Release();
  void Publish();  // with mutex_ held

  const std::size_t slots_;
  const std::size_t max_waiting_;
  observe::Metrics& metrics_;
  const Shown shown_;
  mutable std::mutex mutex_;
  std::size_t running_ = 0;
  std::list<std::shared_ptr<Waiting>> waiters_;
};

}  // namespace tavana::gateway
