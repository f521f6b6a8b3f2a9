#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "gateway/flight/door_impl.h"
#include "sql/lexer.h"
#include "sql/redact.h"

namespace tavana::gateway {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kCookie = "tavana_session";
constexpr auto kCookieLifetime = std::chrono::hours(24 * 7);
constexpr auto kSweep = 500ms;
// A session without anything that would be missed goes after this (chosen): its client gets another and sees no
// difference.
constexpr auto kEmptyIdle = 60s;
constexpr std::size_t kMaxLost = 100'000;  // remembered, to be told that they are lost

using Settings = std::map<std::string, std::string>;

/// What makes the engine's settings `to` of `from`. Those that it is told by EngineSettings follow the session's.
std::vector<std::string> StatementsBetween(const Settings& from, const Settings& to) {
  std::vector<std::string> statements;
  for (const auto& [name, value] : to) {
    const auto found = from.find(name);
    if (EngineSettings::Tells(name) || (found != from.end() && found->second == value)) continue;
    statements.push_back(fmt::format("SET {} = {}", sql::QuoteIdentifier(name), sql::QuoteLiteral(value)));
  }
  for (const auto& [name, value] : from) {
    if (!EngineSettings::Tells(name) && !to.contains(name)) statements.push_back("RESET " + sql::QuoteIdentifier(name));
  }
  return statements;
}

Error NoSuchTransaction() { return Error(ErrorCode::kUndefinedStatement, "there is no transaction of this name"); }

std::optional<std::string> CookieIn(const std::string& header) {
  for (std::size_t at = 0; at < header.size();) {
    while (at < header.size() && header[at] == ' ') ++at;
    const auto end = std::min(header.find(';', at), header.size());
    const auto equals = header.find('=', at);
    if (equals < end && std::string_view(header).substr(at, equals - at) == kCookie) {
      std::string value = header.substr(equals + 1, end - equals - 1);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      return value;
    }
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace

Error ShuttingDown() { return Error(ErrorCode::kCannotConnectNow, "the server is shutting down"); }

Error SessionLost() { return Error(ErrorCode::kUnavailable, "session lost").WithHint("Connect again."); }

FlightDoor::Impl::Task<Result<FlightDoor::Impl::Owner>> FlightDoor::Impl::OwnerOf(CallPtr call) {
  auto caller = co_await Identify(call);
  if (!caller.ok()) co_return caller.error();
  Owner owner;
  owner.gateway = name_;
  if (const auto cookie = CookieIn(call->Header("cookie").value_or(""))) {
    const auto claims = tokens_.Read(SessionTokens::Purpose::kCookie, *cookie, std::chrono::system_clock::now());
    if (!claims)
      co_return SessionLost();  // of a gateway that is gone, or it has expired: it says nothing of the caller
    if (claims->user != caller->user) co_return Error(ErrorCode::kAuthentication, "authentication failed");
    owner.session = claims->session;
    owner.gateway = claims->gateway;
  } else if (caller->bearer) {
    owner.session = caller->bearer->session;
    owner.gateway = caller->bearer->gateway;
  } else {
    owner.session = "connection-" + call->connection() + "-" + caller->user;
    call->AddHeader("set-cookie", std::string(kCookie) + "=" +
                                      tokens_.Sign(SessionTokens::Purpose::kCookie,
                                                   {.user = caller->user,
                                                    .session = owner.session,
                                                    .gateway = name_,
                                                    .expires = std::chrono::system_clock::now() + kCookieLifetime}));
  }
  if (caller->fresh) call->AddHeader("authorization", "Bearer " + NewBearer(*caller));
  owner.caller = *std::move(caller);
  owner.caller.host = call->host();
  owner.caller.port = call->port();
  owner.caller.application = call->Header("user-agent").value_or("Arrow Flight SQL");
  co_return owner;
}

Result<FlightDoor::Impl::SessionPtr> FlightDoor::Impl::SessionOf(const Owner& owner) {
  SessionPtr session;
  if (const auto found = sessions_.find(owner.session); found != sessions_.end()) session = found->second;
  if (lost_.contains(owner.session) || (session != nullptr && session->ending())) return SessionLost();
  if (session == nullptr) {
    if (!services_.accepting) return ShuttingDown();
    TAVANA_ASSIGN_OR_RETURN(session, NewSession(owner.caller, owner.session));
  }
  session->last_used = steady_clock::now();
  return session;
}

Result<FlightDoor::Impl::SessionPtr> FlightDoor::Impl::NewSession(const Caller& caller, const std::string& id) {
  TAVANA_RETURN_IF_ERROR(services_.AdmitConnection());
  if (const Status has_room = services_.AdmitConnectionOf(caller.user, caller.connection_limit); !has_room.ok()) {
    services_.LeaveConnection();
    return has_room.error();
  }
  services_.metrics.ConnectionOpened();
  auto session = std::make_shared<FlightSession>(id, caller.user, services_.metrics);
  TAVANA_CHECK(
      session->settings.SetDefault("statement_timeout", std::to_string(services_.options.statement_timeout.count()))
          .ok());
  session->process_id = services_.registry.Add(session).first;
  SessionActivity activity;
  activity.process_id = session->process_id;
  activity.user = caller.user;
  activity.database = "tavana";
  activity.application_name = sql::ShownStatement(caller.application);
  activity.client_address = caller.host;
  activity.client_port = caller.port;
  activity.connected = activity.state_changed = std::chrono::system_clock::now();
  session->Describe(activity);
  sessions_[id] = session;
  return session;
}

void FlightDoor::Impl::CloseLane(std::shared_ptr<Lane> lane) {
  if (lane == nullptr) return;
  asio::co_spawn(strand_, CloseLaneOnceFree(shared_from_this(), std::move(lane)), asio::detached);
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::CloseLaneOnceFree([[maybe_unused]] std::shared_ptr<Impl> self,
                                                                 std::shared_ptr<Lane> lane) {
  auto cancellation = std::make_shared<Cancellation>();
  const auto turn = co_await lane->turn.Admit(strand_, cancellation);
  if (lane->engine == nullptr) co_return;
  auto end = [engine = std::move(lane->engine)]() mutable {
    engine.reset();
    return true;
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(end));
  co_await running->Finished();
}

void FlightDoor::Impl::EndSession(const SessionPtr& session) {
  if (sessions_.erase(session->id()) == 0) return;
  session->End(Error(ErrorCode::kUnavailable, "session lost"));
  services_.registry.Remove(session->process_id);
  std::set<std::shared_ptr<FlightResult>> results;
  for (const auto& [ticket, result] : tickets_) {
    if (result->session == session) results.insert(result);
  }
  for (const auto& result : results) Drop(result);
  DropPolls([&](const Poll& poll) { return poll.session == session; });
  std::set<std::shared_ptr<Lane>> lanes{session->main, session->spare};
  for (const auto& [id, lane] : session->transactions) lanes.insert(lane);
  session->transactions.clear();
  session->statements.clear();
  for (const auto& lane : lanes) CloseLane(lane);
  services_.metrics.ConnectionClosed();
  services_.LeaveConnection();
  services_.LeaveConnectionOf(session->user());
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::Sweep(std::shared_ptr<Impl> self) {
  while (!self->closing_) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    sweep_.expires_after(kSweep);
    co_await sweep_.async_wait(token);
    const auto now = steady_clock::now();
    std::set<std::shared_ptr<FlightResult>> expired;
    for (const auto& [ticket, result] : tickets_) {
      if (result->readers == 0 && result->expires <= now) expired.insert(result);
    }
    for (const auto& result : expired) Drop(result);
    DropPolls([now](const Poll& poll) { return poll.waiting.empty() && poll.expires <= now; });
    std::vector<SessionPtr> idle;
    for (const auto& [id, session] : sessions_) {
      if (session->busy()) continue;
      const bool has_state = session->has_state || !session->statements.empty() || !session->transactions.empty() ||
                             session->main->in_block || session->results > 0;
      const auto limit =
          has_state ? options_.session_idle : std::min<std::chrono::seconds>(kEmptyIdle, options_.session_idle);
      if (!session->ending() && now - session->last_used < limit) continue;
      if ((has_state || session->ending()) && lost_.size() < kMaxLost) lost_.insert(id);
      idle.push_back(session);
    }
    for (const auto& session : idle) EndSession(session);
  }
}

FlightDoor::Impl::Task<Result<FlightDoor::Impl::Turn>> FlightDoor::Impl::TakeTurn([[maybe_unused]] SessionPtr session,
                                                                                  engine::CallContext call,
                                                                                  std::shared_ptr<Lane> lane) {
  auto admitted = co_await lane->turn.Admit(strand_, call.cancellation);
  if (!admitted.ok()) co_return admitted.error();
  co_return Turn{std::move(lane), *std::move(admitted)};
}

FlightDoor::Impl::Task<Result<FlightDoor::Impl::Turn>> FlightDoor::Impl::TakeLane(SessionPtr session,
                                                                                  engine::CallContext call,
                                                                                  std::string transaction,
                                                                                  bool ends_block) {
  std::shared_ptr<Lane> lane = session->main;
  std::shared_ptr<Lane> like;
  if (!transaction.empty()) {
    const auto found = session->transactions.find(transaction);
    if (found == session->transactions.end()) co_return NoSuchTransaction();
    lane = found->second;
  } else if (!session->main->transaction.empty()) {
    if (session->spare == nullptr) session->spare = std::make_shared<Lane>(services_.metrics);
    lane = session->spare;
    like = session->main;
  }
  auto turn = co_await TakeTurn(session, call, lane);
  if (!turn.ok()) co_return turn.error();
  if (lane->engine == nullptr) {
    const Status opened = co_await OpenLane(session, call, lane, like);
    if (!opened.ok()) co_return opened.error();
  }
  if (lane->failed && !ends_block) {
    co_return Error(ErrorCode::kFailedTransaction,
                    "current transaction is aborted, commands ignored until end of transaction block");
  }
  co_return std::move(*turn);
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::OpenLane(SessionPtr session, engine::CallContext call,
                                                          std::shared_ptr<Lane> lane, std::shared_ptr<Lane> like) {
  std::optional<engine::SessionSnapshot> snapshot;
  if (like != nullptr && like->engine != nullptr) {
    auto turn = co_await TakeTurn(session, call, like);
    if (!turn.ok()) co_return turn.error();
    auto take = [engine = like->engine] { return engine->Snapshot(); };
    auto taken = co_await OnLane(*turn, call, services_.control_pool, std::move(take));
    if (!taken.ok()) co_return taken.error();
    snapshot = *std::move(taken);
    snapshot->statements.clear();
    if (like->before) snapshot->settings = *like->before;  // what is not committed is nobody else's
  }
  auto open = [&engine = services_.engine, snapshot,
               options =
                   engine::SessionOptions{.user = session->user(),
                                          .process_id = session->process_id,
                                          .opening = std::move(call)}]() -> Result<std::shared_ptr<engine::Session>> {
    TAVANA_ASSIGN_OR_RETURN(auto opened, engine.Open(options));
    if (snapshot) TAVANA_RETURN_IF_ERROR(opened->Restore(*snapshot));
    return std::shared_ptr<engine::Session>(std::move(opened));
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(open));
  co_await running->Finished();
  auto& opened = *running->result;
  if (!opened.ok()) co_return opened.error();
  lane->engine = *std::move(opened);
  lane->told.time_zone.clear();  // it begins with the machine's
  if (snapshot) lane->told = like->told;
  if (lane == session->main) session->NoteEngine(lane->engine);
  co_return Status::Ok();
}

FlightDoor::Impl::Task<Result<std::string>> FlightDoor::Impl::BeginTransaction(SessionPtr session,
                                                                               engine::CallContext call) {
  if (session->transactions.size() >= FlightSession::kMaxTransactions) {
    co_return Error(ErrorCode::kQuotaExceeded, "too many open transactions in this session");
  }
  const std::string id = RandomHex(16);
  std::shared_ptr<Lane> lane = session->main;
  std::shared_ptr<Lane> like;
  if (!lane->transaction.empty() || lane->in_block) {
    lane = std::make_shared<Lane>(services_.metrics);
    like = session->main;
  }
  lane->transaction = id;  // before the first wait: no other may take it
  auto turn = co_await TakeTurn(session, call, lane);
  Status begun = turn.ok() ? Status::Ok() : Status(turn.error());
  if (begun.ok() && lane->engine == nullptr) begun = co_await OpenLane(session, call, lane, like);
  const std::string begin = "BEGIN TRANSACTION";
  if (begun.ok()) begun = co_await RunOnLane(*turn, call, begin);
  if (!begun.ok()) {
    lane->transaction.clear();
    if (lane != session->main) CloseLane(lane);
    co_return begun.error();
  }
  lane->in_block = true;
  lane->settings = session->settings.ForBlock();
  session->transactions[id] = lane;
  session->NoteBlock(true);
  co_return id;
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::EndTransaction(SessionPtr session, engine::CallContext call,
                                                                std::string id, bool commit) {
  const auto found = session->transactions.find(id);
  if (found == session->transactions.end()) co_return NoSuchTransaction();
  const auto lane = found->second;
  Status ended;
  {
    auto turn = co_await TakeTurn(session, call, lane);
    if (!turn.ok()) co_return turn.error();
    if (!session->transactions.contains(id)) co_return NoSuchTransaction();  // somebody else has ended it meanwhile
    ended = co_await EndBlock(*turn, session, call, commit);
    session->transactions.erase(id);
    lane->transaction.clear();
    session->NoteBlock(!session->transactions.empty());
  }
  if (lane != session->main) {
    CloseLane(lane);
  } else if (session->spare != nullptr) {
    auto spare = std::exchange(session->spare, nullptr);
    co_await JoinAndClose(session, call, std::move(spare));
  }
  co_return ended;
}

std::string FlightDoor::Impl::OnlyTransaction(const FlightSession& session) {
  return session.transactions.size() == 1 ? session.transactions.begin()->first : std::string();
}

FlightDoor::Impl::Task<Result<Settings>> FlightDoor::Impl::SettingsIn(Turn& turn, engine::CallContext call) {
  auto take = [engine = turn.lane->engine]() -> Result<Settings> {
    TAVANA_ASSIGN_OR_RETURN(auto snapshot, engine->Snapshot());
    return std::move(snapshot.settings);
  };
  auto settings = co_await OnLane(turn, call, services_.control_pool, std::move(take));
  co_return settings;
}

// The transaction stands, whatever becomes of this.
FlightDoor::Impl::Task<void> FlightDoor::Impl::JoinSettings(Turn& turn, SessionPtr session, engine::CallContext call) {
  const auto before = std::exchange(turn.lane->before, std::nullopt);
  if (!before) co_return;
  const auto after = co_await SettingsIn(turn, call);
  if (!after.ok()) co_return;
  const auto main = session->main;
  auto main_turn = co_await TakeTurn(session, call, main);
  if (!main_turn.ok() || main->engine == nullptr) co_return;
  for (const auto& sql : StatementsBetween(*before, *after)) {
    const Status joined = co_await RunOnLane(*main_turn, call, sql);
    if (!joined.ok()) co_return;
  }
  if (!main->before) co_return;
  for (const auto& [name, value] : *before) {
    if (!after->contains(name)) main->before->erase(name);
  }
  for (const auto& [name, value] : *after) {
    const auto found = before->find(name);
    if (found == before->end() || found->second != value) main->before->insert_or_assign(name, value);
  }
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::JoinAndClose(SessionPtr session, engine::CallContext call,
                                                            std::shared_ptr<Lane> lane) {
  if (lane->before) {
    auto turn = co_await TakeTurn(session, call, lane);
    if (turn.ok()) co_await JoinSettings(*turn, session, call);
  }
  CloseLane(std::move(lane));
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::EndBlock(Turn& turn, SessionPtr session, engine::CallContext call,
                                                          bool commit) {
  const auto lane = turn.lane;
  const bool failed = std::exchange(lane->failed, false);
  const std::string rollback = "ROLLBACK";
  const std::string end = commit && !failed ? "COMMIT" : rollback;
  std::vector<std::string> undo;
  if (lane->before && lane == session->main) {
    const auto set = co_await SettingsIn(turn, call);
    if (set.ok()) undo = StatementsBetween(*set, *lane->before);
  }
  const Status ended = co_await RunOnLane(turn, call, end);
  if (!ended.ok() && turn.ticket.held() && lane->engine->in_transaction()) {
    auto again = NewCall(session, nullptr);
    const Status rolled_back = co_await RunOnLane(turn, again, rollback);
    if (!rolled_back.ok()) session->End(Error(ErrorCode::kUnavailable, "session lost"));
  }
  lane->in_block = false;
  const bool kept = ended.ok() && commit && !failed;
  if (kept && lane != session->main) co_await JoinSettings(turn, session, call);
  for (const auto& sql : kept ? std::vector<std::string>() : undo) {
    auto again = NewCall(session, nullptr);
    const Status undone = co_await RunOnLane(turn, again, sql);
    if (!undone.ok()) break;
  }
  lane->before.reset();
  if (kept && lane->settings) session->settings.Join(*lane->settings);
  lane->settings.reset();
  if (ended.ok() && commit && failed) {
    co_return Error(ErrorCode::kFailedTransaction, "the transaction had failed and was rolled back");
  }
  co_return ended;
}

}  // namespace tavana::gateway
