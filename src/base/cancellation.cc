#include "base/cancellation.h"

#include <utility>

namespace tavana {

Cancellation::Registration::Registration(Registration&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), at_(other.at_) {}

Cancellation::Registration& Cancellation::Registration::operator=(Registration&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(at_, other.at_);
  return *this;
}

Cancellation::Registration::~Registration() {
  if (owner_ == nullptr) return;
  const std::lock_guard lock(owner_->mutex_);
  owner_->callbacks_.erase(at_);
}

void Cancellation::Cancel(Error why) {
  const std::lock_guard lock(mutex_);
  if (why_) return;
  why_ = std::move(why);
  cancelled_.store(true, std::memory_order_release);
  for (const auto& callback : callbacks_) callback();
}

std::optional<Error> Cancellation::why() const { return cancelled() ? why_ : std::nullopt; }

Cancellation::Registration Cancellation::OnCancel(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  if (why_) callback();
  callbacks_.push_back(std::move(callback));
  return Registration(this, std::prev(callbacks_.end()));
}

}  // namespace tavana
