#include "gateway/admission.h"

#include <fmt/format.h>

namespace tavana::gateway {

namespace asio = boost::asio;

AdmissionTicket::~AdmissionTicket() {
  if (queue_ != nullptr) queue_->Release();
}

asio::awaitable<Result<AdmissionTicket>> AdmissionQueue::Admit(asio::any_io_executor strand,
                                                               std::shared_ptr<Cancellation> cancellation) {
  std::shared_ptr<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (running_ < slots_ && waiters_.empty()) {
      ++running_;
      Publish();
      co_return AdmissionTicket(this);
    }
    if (waiters_.size() >= max_waiting_) {
      co_return Error(ErrorCode::kOverloaded, "too many statements are waiting to run")
          .WithDetail(fmt::format("{} statements run and {} wait.", running_, waiters_.size()))
          .WithHint("Try again later, or raise TAVANA_ADMISSION_QUEUE.");
    }
    waiting = std::make_shared<Waiting>(Waiting{.waiter = std::make_shared<Waiter>(strand)});
    waiters_.push_back(waiting);
    Publish();
  }
  const auto registration = waiting->waiter->WakeOn(*cancellation);
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting->admitted) co_return AdmissionTicket(this);
      if (auto why = cancellation->why()) {
        waiters_.remove(waiting);
        Publish();
        co_return std::move(*why);
      }
    }
    co_await waiting->waiter->Wait();
  }
}

void AdmissionQueue::Release() {
  const std::lock_guard lock(mutex_);
  if (waiters_.empty()) {
    --running_;
  } else {  // the slot goes to the one who waited longest
    const auto next = waiters_.front();
    waiters_.pop_front();
    next->admitted = true;
    next->waiter->Wake();
  }
  Publish();
}

void AdmissionQueue::Publish() {
  if (shown_ == Shown::kYes) metrics_.SetAdmission(running_, waiters_.size());
}

std::size_t AdmissionQueue::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::size_t AdmissionQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

}  // namespace tavana::gateway
