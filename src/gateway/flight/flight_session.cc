#include "gateway/flight/flight_session.h"

#include <arrow/util/byte_size.h>

#include <utility>

namespace tavana::gateway {

std::int64_t FlightRows::rows() const { return encoded != nullptr ? encoded->rows : batch->num_rows(); }

std::int64_t FlightRows::bytes() const {
  if (encoded == nullptr) return arrow::util::TotalBufferSize(*batch);
  return encoded->metadata->size() + (encoded->body == nullptr ? 0 : encoded->body->size());
}

Result<FlightRows> NextRows(engine::ResultStream& stream, const engine::CallContext& call) {
  FlightRows rows;
  if (stream.in_form()) {
    TAVANA_ASSIGN_OR_RETURN(rows.encoded, stream.NextEncoded(call));
  } else {
    TAVANA_ASSIGN_OR_RETURN(rows.batch, stream.Next(call));
  }
  return rows;
}

FlightSession::FlightSession(std::string id, std::string user, observe::Metrics& metrics)
    : settings([](std::string_view, std::string_view) {}),
      main(std::make_shared<Lane>(metrics)),
      last_used(std::chrono::steady_clock::now()),
      id_(std::move(id)),
      user_(std::move(user)) {
  settings.Force("session_authorization", user_);
}

PgSettings& FlightSession::SettingsFor(const std::string& transaction) {
  Lane* lane = main->transaction.empty() ? main.get() : nullptr;
  if (const auto found = transactions.find(transaction); found != transactions.end()) lane = found->second.get();
  return lane != nullptr && lane->settings ? *lane->settings : settings;
}

void FlightSession::CancelStatement(Error why) {
  std::multiset<std::shared_ptr<Cancellation>> running;
  {
    const std::lock_guard lock(mutex_);
    running = running_;
  }
  for (const auto& cancellation : running) cancellation->Cancel(why);
}

void FlightSession::End(Error why) {
  {
    const std::lock_guard lock(mutex_);
    if (!ending_) ending_ = why;
  }
  CancelStatement(std::move(why));
}

std::optional<Error> FlightSession::ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

bool FlightSession::busy() const {
  const std::lock_guard lock(mutex_);
  return !running_.empty();
}

SessionActivity FlightSession::Activity() const {
  SessionActivity activity;
  std::shared_ptr<engine::Session> engine;
  {
    const std::lock_guard lock(mutex_);
    activity = activity_;
    if (!running_.empty()) engine = engine_.lock();
  }
  if (engine != nullptr) {
    const auto progress = engine->GetProgress();
    activity.fraction_done = progress.fraction;
    activity.rows_processed = progress.rows_processed;
    activity.rows_total = progress.rows_total;
  }
  return activity;
}

void FlightSession::Describe(const SessionActivity& activity) {
  const std::lock_guard lock(mutex_);
  activity_ = activity;
}

void FlightSession::NoteEngine(const std::shared_ptr<engine::Session>& engine) {
  const std::lock_guard lock(mutex_);
  engine_ = engine;
}

void FlightSession::NoteBlock(bool open) {
  const std::lock_guard lock(mutex_);
  if (running_.empty()) activity_.state = open ? "idle in transaction" : "idle";
  if (!open) {
    activity_.transaction_began.reset();
  } else if (!activity_.transaction_began) {
    activity_.transaction_began = std::chrono::system_clock::now();
  }
}

FlightSession::Running::Running(std::shared_ptr<FlightSession> session, std::shared_ptr<Cancellation> cancellation,
                                const std::string& shown)
    : session_(std::move(session)), cancellation_(std::move(cancellation)) {
  const std::lock_guard lock(session_->mutex_);
  session_->running_.insert(cancellation_);
  if (session_->ending_) cancellation_->Cancel(*session_->ending_);
  auto& activity = session_->activity_;
  activity.statement = shown;
  activity.state = "active";
  activity.statement_began = activity.state_changed = std::chrono::system_clock::now();
}

FlightSession::Running::~Running() {
  const std::lock_guard lock(session_->mutex_);
  session_->running_.erase(session_->running_.find(cancellation_));
  if (!session_->running_.empty()) return;
  auto& activity = session_->activity_;
  activity.state = activity.transaction_began ? "idle in transaction" : "idle";
  activity.waits_for_slot = false;
  activity.state_changed = std::chrono::system_clock::now();
}

void FlightSession::Running::WaitsForSlot(bool waits) {
  const std::lock_guard lock(session_->mutex_);
  session_->activity_.waits_for_slot = waits;
}

}  // namespace tavana::gateway
