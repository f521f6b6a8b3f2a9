#include "gateway/admission.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

namespace tavana::gateway {

namespace asio = boost::asio;

AdmissionTicket::~AdmissionTicket() {
  if (queue_ != nullptr) queue_->Release();
}

asio::awaitable<Result<AdmissionTicket>> AdmissionQueue::Admit(asio::any_io_executor strand,
                                                               std::shared_ptr<Cancellation> cancellation) {
  std::shared_ptr<Waiter> waiter;
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
    auto woken = asio::steady_timer(strand, asio::steady_timer::time_point::max());
    waiter = std::make_shared<Waiter>(Waiter{.strand = strand, .woken = std::move(woken)});
    waiters_.push_back(waiter);
    Publish();
  }
  auto wake = [weak = std::weak_ptr<Waiter>(waiter), strand] {
    asio::post(strand, [weak] {
      if (const auto alive = weak.lock()) alive->woken.cancel();
    });
  };
  const auto registration = cancellation->OnCancel(wake);
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (waiter->admitted) co_return AdmissionTicket(this);
      if (auto why = cancellation->why()) {
        waiters_.remove(waiter);
        Publish();
        co_return std::move(*why);
      }
    }
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await waiter->woken.async_wait(token);
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
    asio::post(next->strand, [next] { next->woken.cancel(); });
  }
  Publish();
}

void AdmissionQueue::Publish() { metrics_.SetAdmission(running_, waiters_.size()); }

std::size_t AdmissionQueue::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::size_t AdmissionQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

}  // namespace tavana::gateway
