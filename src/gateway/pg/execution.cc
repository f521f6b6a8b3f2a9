#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include "gateway/engine_settings.h"
#include "gateway/pg/pg_session.h"
#include "pgwire/types.h"

namespace tavana::gateway {

namespace asio = boost::asio;

namespace {

// A result below this leaves with the ReadyForQuery behind it in one write (chosen: what a socket buffer takes at
// once).
constexpr std::size_t kSmallResultBytes = 64 << 10;
// Encoded bytes a pull aims at: the write's cost vanishes beside it, two of them are all that a statement holds
// (measured: twice as much is not faster, and costs a gateway 12 MiB with 20 readers).
constexpr std::size_t kPullBytes = 256 << 10;

/// On a pool thread. What the last row ends is freed there and then, without another visit.
Result<PulledRows> PullFrom(engine::Session& engine, const engine::CallContext& call, Portal& portal,
                            pgwire::RowEncoder* encoder, std::int64_t max_rows, std::size_t target_bytes,
                            pgwire::ByteBuffer reuse) {
  // At once: a buffer that doubles leaves as much behind for the allocator to keep.
  if (target_bytes > kSmallResultBytes) reuse.reserve(target_bytes + target_bytes / 8);
  auto pulled = portal.Pull(call, encoder, max_rows, target_bytes, std::move(reuse));
  if (portal.ended() && portal.statement()->once) engine.ClosePrepared(portal.statement()->prepared->id);
  return pulled;
}

asio::awaitable<void> HoldUntilFinished(std::shared_ptr<net::BlockingCall> call,
                                        [[maybe_unused]] AdmissionTicket ticket) {
  co_await call->Finished();
}

}  // namespace

engine::CallContext PgSession::NewCall() {
  return {.query_id = engine::QueryId{services_.next_query_id++},
          .user = user_,
          .idle = {.outside_transaction = settings_.Milliseconds("idle_session_timeout"),
                   .in_transaction = settings_.Milliseconds("idle_in_transaction_session_timeout")}};
}

Running::Running(PgSession& session, const std::shared_ptr<Cancellation>& cancellation)
    : session_(session), timeout_(session.strand_, cancellation, session.settings_.Milliseconds("statement_timeout")) {
  {
    const std::lock_guard lock(session_.running_mutex_);
    session_.running_ = cancellation;
    if (session_.ending_) cancellation->Cancel(*session_.ending_);
  }
  if (session_.connection_->disconnected()) cancellation->Cancel(Error(ErrorCode::kCancelled, "the client is gone"));
}

Running::~Running() {
  const std::lock_guard lock(session_.running_mutex_);
  session_.running_.reset();
}

PgSession::Task<Status> PgSession::EngineFree(const engine::CallContext& call) {
  if (left_behind_ == nullptr) co_return Status::Ok();
  left_behind_->WaitAgain();
  co_await net::FinishedOrCancelled(left_behind_, strand_, call.cancellation);
  if (!left_behind_->finished()) co_return std::move(*call.cancellation->why());
  left_behind_.reset();
  co_return Status::Ok();
}

pgwire::TextSettings PgSession::CurrentTextSettings() const {
  return {.time_zone = settings_.Get("timezone"), .bytea_escape = settings_.Get("bytea_output") == "escape"};
}

Status PgSession::PrepareOnEngine(engine::Session& engine, const engine::CallContext& call,
                                  PreparedStatement& statement) {
  std::vector<std::shared_ptr<arrow::DataType>> types;
  for (const std::uint32_t oid : statement.parameter_oids) types.push_back(pgwire::ArrowTypeOf(oid));
  auto prepared = PrepareForClient(engine, call, statement.sql, statement.classified, types);
  if (!prepared.ok()) return std::move(prepared).error();
  const auto& found = prepared->parameters;
  statement.parameter_oids.resize(std::max(statement.parameter_oids.size(), found.size()), 0);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (statement.parameter_oids[i] == 0) statement.parameter_oids[i] = pgwire::ParameterOidOf(*found[i]);
  }
  if (prepared->returns_rows) statement.columns = prepared->columns;
  statement.prepared = *std::move(prepared);
  if (statement.once && !statement.parameter_oids.empty()) {
    engine.ClosePrepared(statement.prepared->id);
    return Error(ErrorCode::kUndefinedParameter, "there is no parameter $1")
        .WithHint("Parameters need the extended protocol.");
  }
  return Status::Ok();
}

PgSession::Task<Status> PgSession::PrepareStatement(const engine::CallContext& call,
                                                    std::shared_ptr<PreparedStatement> statement) {
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free;
  auto prepare = [engine = engine_, call, statement, closing = std::exchange(closing_, {})] {
    for (const auto id : closing) engine->ClosePrepared(id);
    return PrepareOnEngine(*engine, call, *statement);
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(prepare));
  const Status prepared = co_await net::Await(running, strand_, call.cancellation, left_behind_);
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

PgSession::Task<Status> PgSession::Execute(const engine::CallContext& call, Delivery delivery) {
  const std::shared_ptr<Portal> portal = delivery.portal;
  const auto sent = co_await Deliver(call, std::move(delivery));
  if (!sent.ok()) co_return sent.error();
  if (portal->ended()) {
    Out().CommandComplete(CommandTag(*portal->statement(), *sent, portal->affected()));
  } else {
    Out().PortalSuspended();
  }
  co_return Status::Ok();
}

PgSession::Task<Result<std::int64_t>> PgSession::Deliver(const engine::CallContext& call, Delivery delivery) {
  const auto began = std::chrono::steady_clock::now();
  auto sent = co_await Stream(call, std::move(delivery));
  HoldTicketOfLeftBehind();
  CountStatement(sent.ok() ? Status::Ok() : Status(sent.error()), began);
  co_return sent;
}

void PgSession::HoldTicketOfLeftBehind() {
  if (left_behind_ == nullptr || !ticket_.held()) return;
  asio::co_spawn(strand_, HoldUntilFinished(left_behind_, std::move(ticket_)), asio::detached);
  ticket_ = {};
}

bool PgSession::CancelledNow() {
  const std::lock_guard lock(running_mutex_);
  return running_ != nullptr && running_->cancelled();
}

void PgSession::CountStatement(const Status& status, std::chrono::steady_clock::time_point began) {
  services_.metrics.StatementEnded(status.ok() ? "ok" : SqlStateOf(status.error().code()),
                                   std::chrono::steady_clock::now() - began);
}

PgSession::Task<Result<std::int64_t>> PgSession::Stream(const engine::CallContext& call, Delivery delivery) {
  if (!ticket_.held()) {
    const Waiting waiting(*this);
    auto admitted = co_await services_.admission.Admit(strand_, call.cancellation);
    if (!admitted.ok()) co_return std::move(admitted).error();
    ticket_ = *std::move(admitted);
  }
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free.error();
  const std::shared_ptr<Portal> portal = delivery.portal;
  const std::int64_t wanted_rows = delivery.rows;

  auto start_and_pull = [engine = engine_, call, delivery, text = CurrentTextSettings(),
                         closing = std::exchange(closing_, {}), settings = settings_.All(), user = user_,
                         &services = services_, reuse = std::move(spare_)]() mutable -> Result<PulledRows> {
    Portal& portal = *delivery.portal;
    for (const auto id : closing) engine->ClosePrepared(id);
    if (delivery.unprepared != nullptr) {
      auto once = call;
      once.runs_once = true;
      TAVANA_RETURN_IF_ERROR(PrepareOnEngine(*engine, once, *delivery.unprepared));
    }
    if (!portal.started()) {
      const engine::Prepared& prepared = *portal.statement()->prepared;
      engine::ExecuteArguments arguments{.parameters = portal.parameters()};
      if (!prepared.inline_tables.empty())
        arguments.inline_tables = LiveTables(prepared.inline_tables, *settings, user, services);
      TAVANA_ASSIGN_OR_RETURN(auto stream, engine->Execute(call, prepared.id, std::move(arguments)));
      TAVANA_RETURN_IF_ERROR(portal.Start(std::move(stream), std::move(text)));
    }
    if (delivery.skip_to_last) TAVANA_RETURN_IF_ERROR(portal.SkipToLast(call));
    if (delivery.skip > 0) TAVANA_RETURN_IF_ERROR(portal.Skip(call, delivery.skip));
    if (delivery.discard) {
      TAVANA_ASSIGN_OR_RETURN(const std::int64_t passed, portal.Skip(call, delivery.rows));
      return PulledRows{.bytes = std::move(reuse), .rows = passed, .ended = true};
    }
    auto* const encoder = delivery.encoder != nullptr ? delivery.encoder.get() : portal.encoder().get();
    return PullFrom(*engine, call, portal, encoder, delivery.rows, kSmallResultBytes, std::move(reuse));
  };
  auto first = net::StartBlocking(services_.statement_pool, strand_, std::move(start_and_pull));
  auto pulled = co_await net::Await(first, strand_, call.cancellation, left_behind_);
  if (!pulled.ok()) co_return std::move(pulled).error();
  NoteWrites(*portal->statement());
  if (delivery.discard) co_return pulled->rows;
  const auto encoder = delivery.encoder != nullptr ? delivery.encoder : portal->encoder();
  if (delivery.describe && portal->returns_rows()) Out().RowDescription(encoder->fields);

  std::int64_t sent_rows = 0;
  for (;;) {
    PulledRows rows = *std::move(pulled);
    sent_rows += rows.rows;
    services_.metrics.AddRowsSent(static_cast<std::uint64_t>(rows.rows));
    const bool last = rows.ended || sent_rows >= wanted_rows;
    if (last && rows.bytes.size() <= kSmallResultBytes * 2) {
      out_.Append(rows.bytes.view());
      spare_ = std::move(rows.bytes);
      break;
    }
    // The engine makes the next rows while these leave: two buffers, no more.
    auto pull = [engine = engine_, call, portal, encoder, left = wanted_rows - sent_rows,
                 reuse = std::move(spare_)]() mutable {
      return PullFrom(*engine, call, *portal, encoder.get(), left, kPullBytes, std::move(reuse));
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
  co_return sent_rows;
}

void PgSession::NoteWrites(const PreparedStatement& statement) {
  if (savepoints_.empty() || !statement.prepared) return;
  const auto kind = statement.prepared->kind;
  if (kind == engine::StatementKind::kSetting) return;
  if (kind == engine::StatementKind::kQuery && statement.prepared->read_set.databases_written.empty()) return;
  MarkSavepointsWritten();
}

void PgSession::MarkSavepointsWritten() {
  for (auto& savepoint : savepoints_) savepoint.written = true;
}

PgSession::Task<void> PgSession::Release(std::shared_ptr<Portal> portal) {
  if (left_behind_ != nullptr) co_return;  // a call left behind owns the portal until it ends
  const PreparedStatement& statement = *portal->statement();
  if (statement.once && statement.prepared && !portal->ended()) closing_.push_back(statement.prepared->id);
  if (!portal->holds_engine()) co_return;
  auto release = [portal = std::move(portal)]() mutable {
    portal.reset();
    return true;
  };
  auto call = net::StartBlocking(services_.control_pool, strand_, std::move(release));
  co_await call->Finished();
}

std::vector<std::shared_ptr<Portal>> PgSession::TakePortals(const std::function<bool(const Portal&)>& keeps) {
  std::vector<std::shared_ptr<Portal>> taken;
  for (auto at = portals_.begin(); at != portals_.end();) {
    if (keeps != nullptr && keeps(*at->second)) {
      ++at;
      continue;
    }
    taken.push_back(std::move(at->second));
    at = portals_.erase(at);
  }
  return taken;
}

PgSession::Task<void> PgSession::ReleaseAll(std::vector<std::shared_ptr<Portal>> portals) {
  while (!portals.empty()) {
    auto portal = std::move(portals.back());
    portals.pop_back();
    co_await Release(std::move(portal));
  }
}

}  // namespace tavana::gateway
