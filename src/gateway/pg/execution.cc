#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include "gateway/pg/pg_session.h"

namespace tavana::gateway {

namespace asio = boost::asio;

namespace {

// A result below this leaves with the ReadyForQuery behind it in one write (chosen: what a socket buffer takes at
// once).
constexpr std::size_t kSmallResultBytes = 64 << 10;
// Encoded bytes a pull aims at: the write's cost vanishes beside it, two of them are all that a statement holds
// (chosen).
constexpr std::size_t kPullBytes = 512 << 10;

asio::awaitable<void> HoldUntilFinished(std::shared_ptr<net::BlockingCall> call,
                                        [[maybe_unused]] AdmissionTicket ticket) {
  co_await call->Finished();
}

}  // namespace

engine::CallContext PgSession::NewCall() {
  return {.query_id = engine::QueryId{services_.next_query_id++}, .user = user_};
}

Running::Running(PgSession& session, const std::shared_ptr<Cancellation>& cancellation)
    : session_(session), timeout_(session.strand_) {
  {
    const std::lock_guard lock(session_.running_mutex_);
    session_.running_ = cancellation;
    if (session_.ending_) cancellation->Cancel(*session_.ending_);
  }
  if (session_.connection_->disconnected()) cancellation->Cancel(Error(ErrorCode::kCancelled, "the client is gone"));
  const auto limit = session_.settings_.Milliseconds("statement_timeout");
  if (limit.count() == 0) return;
  timeout_.expires_after(limit);
  timeout_.async_wait([cancellation](const boost::system::error_code& failure) {
    if (!failure) cancellation->Cancel(Error(ErrorCode::kTimedOut, "canceling statement due to statement timeout"));
  });
}

Running::~Running() {
  const std::lock_guard lock(session_.running_mutex_);
  session_.running_.reset();
}

PgSession::Task<Status> PgSession::EngineFree(const engine::CallContext& call) {
  if (left_behind_ == nullptr) co_return Status::Ok();
  auto give_up = [weak = std::weak_ptr<net::BlockingCall>(left_behind_), strand = strand_] {
    asio::post(strand, [weak] {
      if (const auto alive = weak.lock()) alive->GiveUpSoon();
    });
  };
  left_behind_->WaitAgain();
  const auto registration = call.cancellation->OnCancel(give_up);
  co_await left_behind_->FinishedOrGivenUp();
  if (!left_behind_->finished()) co_return std::move(*call.cancellation->why());
  left_behind_.reset();
  co_return Status::Ok();
}

pgwire::TextSettings PgSession::CurrentTextSettings() const {
  return {.time_zone = settings_.Get("timezone"), .bytea_escape = settings_.Get("bytea_output") == "escape"};
}

PgSession::Task<Result<engine::Prepared>> PgSession::Prepare(const engine::CallContext& call, std::string sql,
                                                             std::vector<std::shared_ptr<arrow::DataType>> types) {
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free.error();
  auto prepare = [engine = engine_, call, sql = std::move(sql), types = std::move(types)] {
    return engine->Prepare(call, sql, types);
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(prepare));
  auto prepared = co_await net::Await(running, strand_, call.cancellation, left_behind_);
  co_return prepared;
}

PgSession::Task<Status> PgSession::RunOnEngine(const engine::CallContext& call, std::string sql) {
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free.error();
  auto run = [engine = engine_, call, sql = std::move(sql)]() -> Result<bool> {
    TAVANA_ASSIGN_OR_RETURN(const auto prepared, engine->Prepare(call, sql, {}));
    auto stream = engine->Execute(call, prepared.id, {});
    if (stream.ok()) {
      for (;;) {
        auto batch = (*stream)->Next(call);
        if (!batch.ok()) {
          stream = std::move(batch).error();
          break;
        }
        if (*batch == nullptr) break;
      }
    }
    engine->ClosePrepared(prepared.id);
    if (!stream.ok()) return stream.error();
    return true;
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(run));
  const auto done = co_await net::Await(running, strand_, call.cancellation, left_behind_);
  if (!done.ok()) co_return done.error();
  co_return Status::Ok();
}

PgSession::Task<Status> PgSession::Execute(const engine::CallContext& call, std::shared_ptr<Portal> portal,
                                           std::int64_t max_rows, bool describe) {
  const auto began = std::chrono::steady_clock::now();
  Status status = co_await Stream(call, portal, max_rows, describe);
  if (left_behind_ != nullptr && ticket_.held()) {  // it still runs: its slot stays taken
    asio::co_spawn(strand_, HoldUntilFinished(left_behind_, std::move(ticket_)), asio::detached);
    ticket_ = {};
  }
  services_.metrics.StatementEnded(status.ok() ? "ok" : SqlStateOf(status.error().code()),
                                   std::chrono::steady_clock::now() - began);
  co_return status;
}

PgSession::Task<Status> PgSession::Stream(const engine::CallContext& call, std::shared_ptr<Portal> portal,
                                          std::int64_t max_rows, bool describe) {
  if (!ticket_.held()) {
    auto admitted = co_await services_.admission.Admit(strand_, call.cancellation);
    if (!admitted.ok()) co_return std::move(admitted).error();
    ticket_ = *std::move(admitted);
  }
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free.error();

  auto start_and_pull = [engine = engine_, call, portal, max_rows, text = CurrentTextSettings(),
                         reuse = std::move(spare_)]() mutable -> Result<PulledRows> {
    if (!portal->started()) {
      const auto id = portal->statement()->prepared->id;
      TAVANA_ASSIGN_OR_RETURN(auto stream, engine->Execute(call, id, {.parameters = portal->parameters()}));
      TAVANA_RETURN_IF_ERROR(portal->Start(std::move(stream), std::move(text)));
    }
    return portal->Pull(call, max_rows, kSmallResultBytes, std::move(reuse));
  };
  auto first = net::StartBlocking(services_.statement_pool, strand_, std::move(start_and_pull));
  auto pulled = co_await net::Await(first, strand_, call.cancellation, left_behind_);
  if (!pulled.ok()) co_return std::move(pulled).error();
  if (describe && portal->returns_rows()) Out().RowDescription(portal->fields());

  std::int64_t sent_rows = 0;
  for (;;) {
    PulledRows rows = *std::move(pulled);
    sent_rows += rows.rows;
    services_.metrics.AddRowsSent(static_cast<std::uint64_t>(rows.rows));
    const bool last = rows.ended || (max_rows != 0 && sent_rows >= max_rows);
    if (last && rows.bytes.size() <= kSmallResultBytes * 2) {
      out_.Append(rows.bytes.view());
      spare_ = std::move(rows.bytes);
      break;
    }
    // The engine makes the next rows while these leave: two buffers, no more.
    auto pull = [engine = engine_, call, portal, left = max_rows == 0 ? 0 : max_rows - sent_rows,
                 reuse = std::move(spare_)]() mutable {
      return portal->Pull(call, left, kPullBytes, std::move(reuse));
    };
    std::shared_ptr<net::RunningCall<decltype(pull)>> next;
    if (!last) next = net::StartBlocking(services_.statement_pool, strand_, std::move(pull));
    bool written = true;
    if (out_.size() > 0) {
      const std::string_view before = out_.view();
      written = co_await connection_->Write(before);
      out_.clear();
    }
    const std::string_view bytes = rows.bytes.view();
    if (written) written = co_await connection_->Write(bytes);
    services_.metrics.AddBytesSent(bytes.size());
    if (!written) call.cancellation->Cancel(Error(ErrorCode::kCancelled, "the client is gone"));
    spare_ = std::move(rows.bytes);
    if (last) break;
    pulled = co_await net::Await(next, strand_, call.cancellation, left_behind_);
    if (!pulled.ok()) co_return std::move(pulled).error();
  }
  if (portal->ended()) {
    Out().CommandComplete(CommandTag(*portal->statement(), sent_rows, portal->affected()));
  } else {
    Out().PortalSuspended();
  }
  co_return Status::Ok();
}

PgSession::Task<void> PgSession::Release(std::shared_ptr<Portal> portal) {
  if (!portal->started() || left_behind_ != nullptr) co_return;  // a call left behind owns the portal until it ends
  auto release = [portal = std::move(portal)]() mutable {
    portal.reset();
    return true;
  };
  auto call = net::StartBlocking(services_.control_pool, strand_, std::move(release));
  co_await call->Finished();
}

PgSession::Task<void> PgSession::ReleaseAllPortals() {
  while (!portals_.empty()) {
    auto portal = std::move(portals_.begin()->second);
    portals_.erase(portals_.begin());
    co_await Release(std::move(portal));
  }
}

}  // namespace tavana::gateway
