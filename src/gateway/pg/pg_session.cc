#include "gateway/pg/pg_session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "sql/redact.h"

namespace tavana::gateway {

namespace asio = boost::asio;

PgSession::PgSession(std::shared_ptr<net::Connection> connection, SessionServices& services)
    : connection_(std::move(connection)),
      services_(services),
      strand_(connection_->executor()),
      settings_([this](std::string_view name, std::string_view value) {
        if (started_) changed_settings_[std::string(name)] = value;
        if (name != "application_name") return;
        const std::lock_guard lock(activity_mutex_);
        activity_.application_name = sql::ShownStatement(value);
      }) {
  const auto set_milliseconds = [this](std::string_view name, std::chrono::milliseconds value) {
    TAVANA_CHECK(settings_.SetDefault(name, std::to_string(value.count())).ok());
  };
  set_milliseconds("statement_timeout", services.options.statement_timeout);
  set_milliseconds("idle_in_transaction_session_timeout", services.options.idle_in_transaction_timeout);
  set_milliseconds("idle_session_timeout", services.options.idle_session_timeout);
}

PgSession::Task<void> PgSession::Run() {
  const auto self = shared_from_this();
  connection_->Start([weak = weak_from_this()] {
    const auto session = weak.lock();
    if (session != nullptr) session->CancelStatement(Error(ErrorCode::kCancelled, "the client is gone"));
  });
  const bool started = co_await Startup();
  if (started) co_await Serve();
  ReleaseAdvisoryLocks(true);
  ReleaseAdvisoryLocks(false);
  if (process_id_ != 0) services_.registry.Remove(process_id_);
  if (connection_->disconnected()) {
    connection_->Close();
  } else {
    co_await connection_->CloseAfterDraining();
  }
  // The engine's side may take its time to end; the session's thread does not wait for it.
  if (left_behind_ != nullptr) co_await left_behind_->Finished();
  ticket_ = {};
  auto close_engine = [portals = std::move(portals_), engine = std::move(engine_)]() mutable {
    portals.clear();  // results before their session
    engine.reset();
    return true;
  };
  auto call = net::StartBlocking(services_.control_pool, strand_, std::move(close_engine));
  co_await call->Finished();
  if (has_slot_) services_.LeaveConnection();
  if (has_role_slot_) services_.LeaveConnectionOf(user_);
}

PgSession::Task<void> PgSession::Serve() {
  for (;;) {
    while (unread_body_bytes_ > 0) {
      const bool more = co_await connection_->Fill(1, IdleDeadline());
      if (!more) break;
      const std::size_t there = std::min(unread_body_bytes_, connection_->buffered().size());
      connection_->Consume(there);
      unread_body_bytes_ -= there;
    }
    if (unread_body_bytes_ > 0) break;
    const bool have_header = co_await connection_->Fill(5, IdleDeadline());
    if (!have_header) break;
    const auto header = pgwire::DecodeFrameHeader(connection_->buffered().substr(0, 5));
    if (!header.ok()) {
      co_await Fatal(header.error());
      co_return;
    }
    const std::size_t frame_bytes = 5 + header->body_bytes;
    const bool have_body = co_await connection_->Fill(frame_bytes, IdleDeadline());
    if (!have_body) break;
    auto message = pgwire::DecodeFrontend(header->type, connection_->buffered().substr(5, header->body_bytes));
    connection_->Consume(frame_bytes);
    bool go_on = true;
    if (message.ok()) {
      auto decoded = *std::move(message);
      go_on = co_await Dispatch(std::move(decoded));
    } else if (!skip_until_sync_) {  // the frame was whole, so the next one can be read
      ReportError(message.error());
      if (header->type == 'Q') {
        Ready();
        go_on = co_await Flush();
      } else {
        skip_until_sync_ = true;
      }
    }
    if (!go_on) co_return;
    // A client that waits for more than it has asked for must not hold a slot meanwhile.
    if (ticket_.held() && connection_->buffered().size() < 5) {
      const bool flushed = co_await Flush();
      if (!flushed) co_return;
    }
    if (out_.size() > kMaxWaitingBytes) {
      const std::string_view bytes = out_.view();
      const bool written = co_await connection_->Write(bytes);
      if (!written) co_return;
      out_.clear();
    }
    bool ending = false;
    {
      const std::lock_guard lock(running_mutex_);
      ending = ending_.has_value();
    }
    if (ending) break;
  }
  std::optional<Error> why;
  {
    const std::lock_guard lock(running_mutex_);
    why = ending_;
  }
  if (why) {
    co_await Fatal(*why);
  } else if (connection_->timed_out()) {
    co_await Fatal(IdleError());
  }
}

std::optional<std::chrono::steady_clock::time_point> PgSession::IdleDeadline() const {
  const auto limit = settings_.Milliseconds(state_ == TransactionState::kIdle ? "idle_session_timeout"
                                                                              : "idle_in_transaction_session_timeout");
  if (limit.count() == 0) return std::nullopt;
  return std::chrono::steady_clock::now() + limit;
}

Error PgSession::IdleError() const {
  if (state_ == TransactionState::kIdle) {
    return Error(ErrorCode::kIdleSessionTimeout, "terminating connection due to idle-session timeout");
  }
  return Error(ErrorCode::kIdleTransactionTimeout, "terminating connection due to idle-in-transaction timeout");
}

PgSession::Task<bool> PgSession::Dispatch(pgwire::FrontendMessage message) {
  if (std::holds_alternative<pgwire::Terminate>(message)) co_return false;
  if (std::holds_alternative<pgwire::Sync>(message)) {
    co_await OnSync();
    const bool flushed = co_await Flush();
    co_return flushed;
  }
  if (skip_until_sync_) co_return true;
  if (auto* query = std::get_if<pgwire::Query>(&message)) {
    const bool go_on = co_await SimpleQuery(query->sql);
    co_return go_on;
  }
  if (std::holds_alternative<pgwire::Flush>(message)) {
    const bool flushed = co_await Flush();
    co_return flushed;
  }
  Status status;
  if (auto* parse = std::get_if<pgwire::Parse>(&message)) {
    status = co_await OnParse(*parse);
  } else if (auto* bind = std::get_if<pgwire::Bind>(&message)) {
    status = co_await OnBind(*bind);
  } else if (auto* describe = std::get_if<pgwire::Describe>(&message)) {
    status = co_await OnDescribe(*describe);
  } else if (auto* execute = std::get_if<pgwire::Execute>(&message)) {
    status = co_await OnExecute(*execute);
  } else if (auto* close = std::get_if<pgwire::Close>(&message)) {
    status = co_await OnClose(*close);
  } else if (std::holds_alternative<pgwire::FunctionCall>(message)) {
    ReportError(Error(ErrorCode::kUnsupported, "the function call sub-protocol is not supported"));
    Ready();
    const bool flushed = co_await Flush();
    co_return flushed;
  } else if (std::holds_alternative<pgwire::Password>(message)) {
    co_await Fatal(Error(ErrorCode::kProtocol, "unexpected password message"));
    co_return false;
  }
  // CopyData, CopyDone and CopyFail outside of a COPY are dropped, as PostgreSQL does after a failed one.
  if (connection_->disconnected()) co_return false;
  if (!status.ok()) {
    ReportError(status.error());
    skip_until_sync_ = true;
    const bool flushed = co_await Flush();  // a client may wait for it before it sends Sync
    co_return flushed;
  }
  co_return true;
}

void PgSession::ReportError(const Error& error) {
  {
    const std::lock_guard lock(running_mutex_);
    if (ending_) return;  // the FATAL that follows says it
  }
  if (state_ == TransactionState::kBlock) state_ = TransactionState::kFailed;
  Out().ErrorResponse(error);
}

void PgSession::NoteStatement(const PreparedStatement& statement) {
  const auto now = std::chrono::system_clock::now();
  const std::lock_guard lock(activity_mutex_);
  activity_.statement = statement.shown;
  activity_.state = "active";
  activity_.statement_began = activity_.state_changed = now;
  if (!activity_.transaction_began) activity_.transaction_began = now;
}

void PgSession::NoteIdle() {
  const std::lock_guard lock(activity_mutex_);
  activity_.state = state_ == TransactionState::kIdle    ? "idle"
                    : state_ == TransactionState::kBlock ? "idle in transaction"
                                                         : "idle in transaction (aborted)";
  activity_.state_changed = std::chrono::system_clock::now();
  if (state_ == TransactionState::kIdle) activity_.transaction_began.reset();
}

SessionActivity PgSession::Activity() const {
  SessionActivity activity;
  std::shared_ptr<engine::Session> engine;
  {
    const std::lock_guard lock(activity_mutex_);
    activity = activity_;
    engine = running_engine_.lock();
  }
  if (engine != nullptr && activity.state == "active") {
    const auto progress = engine->GetProgress();
    activity.fraction_done = progress.fraction;
    activity.rows_processed = progress.rows_processed;
    activity.rows_total = progress.rows_total;
  }
  return activity;
}

void PgSession::Ready() {
  NoteIdle();
  for (const auto& [name, value] : changed_settings_) Out().ParameterStatus(name, value);
  changed_settings_.clear();
  Out().ReadyForQuery(static_cast<char>(state_));
}

PgSession::Task<bool> PgSession::Flush() {
  bool written = true;
  if (out_.size() > 0) {
    const std::string_view bytes = out_.view();
    written = co_await connection_->Write(bytes);
    services_.metrics.AddBytesSent(bytes.size());
    out_.clear();
  }
  ticket_ = {};  // the last byte it paid for has left
  co_return written;
}

PgSession::Task<void> PgSession::Fatal(Error error) {
  Out().ErrorResponse(error, "FATAL");
  co_await Flush();
}

void PgSession::CancelStatement(Error why) {
  std::shared_ptr<Cancellation> running;
  {
    const std::lock_guard lock(running_mutex_);
    running = running_;
  }
  if (running != nullptr) running->Cancel(std::move(why));
}

void PgSession::End(Error why) {
  {
    const std::lock_guard lock(running_mutex_);
    if (ending_) return;
    ending_ = why;
  }
  CancelStatement(std::move(why));
  asio::post(strand_, [self = shared_from_this()] { self->connection_->StopFilling(); });
}

}  // namespace tavana::gateway
