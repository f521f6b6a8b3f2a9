#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "gateway/engine_settings.h"
#include "gateway/flight/door_impl.h"
#include "gateway/live_tables.h"
#include "gateway/statement_timeout.h"
#include "sql/redact.h"

namespace tavana::gateway {

namespace asio = boost::asio;
using sql::Command;
using std::chrono::steady_clock;

namespace {

// Of a query's rows, made before somebody asks for them: a small result is whole by then, a large one has begun
// (chosen).
constexpr std::int64_t kEagerBytes = engine::kBatchBytes;
// Of a result without an order: what is larger has several endpoints (chosen: what is smaller needs no second stream).
constexpr std::int64_t kParallelBytes = std::int64_t{64} << 20;
// And so long at most until its first rows leave (chosen: what makes less than 64 MiB in it does not wait for its
// reader).
constexpr auto kParallelWait = std::chrono::seconds(1);
// Results of which so much is held, in all sessions (chosen: a quarter of a GiB).
constexpr int kMaxLarge = 4;
// Of the rows of a statement with effects; what is more goes where the engine keeps open results, which spills
// (chosen).
constexpr std::int64_t kHeldBytes = 16 * engine::kBatchBytes;

/// On a pool thread: what a statement is run with.
struct Job {
  std::shared_ptr<engine::Session> engine;
  engine::CallContext call;
  std::string sql;
  sql::Classified classified;
  std::optional<engine::Prepared> prepared;  // by an earlier call
  std::shared_ptr<arrow::RecordBatch> parameters;
  std::vector<engine::StatementId> closing;
  std::vector<std::string> telling;  // settings that the engine has not heard of
  bool to_the_end = false;
  bool in_block = false;
  bool notes_settings = false;  // before it sets one
  std::optional<std::map<std::string, std::string>> before;
  bool typed = false;  // prepared for the types of these parameters, for once
  std::function<std::map<std::string, std::shared_ptr<arrow::Table>>(const std::vector<std::string>&)> live_tables;
};

Status RunThrough(engine::Session& engine, const engine::CallContext& call, const std::string& sql) {
  TAVANA_ASSIGN_OR_RETURN(const auto prepared, engine.Prepare(call, sql, {}));
  Status status;
  {
    auto stream = engine.Execute(call, prepared.id, {});
    if (!stream.ok()) status = stream.error();
    while (status.ok()) {
      const auto batch = (*stream)->Next(call);
      if (!batch.ok()) status = batch.error();
      if (!batch.ok() || *batch == nullptr) break;
    }
  }
  engine.ClosePrepared(prepared.id);
  return status;
}

/// Pulls until there is enough for now; how many bytes came.
Result<std::int64_t> Begin(const Job& job, FlightResult& result, std::int64_t enough_bytes,
                           steady_clock::time_point until = steady_clock::time_point::max()) {
  std::int64_t bytes = 0;
  while (bytes < enough_bytes && (bytes < kEagerBytes || steady_clock::now() < until)) {
    TAVANA_ASSIGN_OR_RETURN(auto rows, NextRows(*result.stream, job.call));
    if (!rows) {
      result.affected += result.stream->summary().affected;
      result.stream.reset();
      break;
    }
    bytes += rows.bytes();
    result.rows += rows.rows();
    result.ready.push_back(std::move(rows));
  }
  return bytes;
}

Status RunRows(const Job& job, const engine::Prepared& prepared, FlightResult& result) {
  std::int64_t held = 0;
  for (std::int64_t row = 0; row < job.parameters->num_rows(); ++row) {
    engine::ExecuteArguments arguments{.parameters = job.parameters->Slice(row, 1)};
    if (!prepared.inline_tables.empty()) arguments.inline_tables = job.live_tables(prepared.inline_tables);
    TAVANA_ASSIGN_OR_RETURN(result.stream, job.engine->Execute(job.call, prepared.id, std::move(arguments)));
    if (result.schema == nullptr) result.schema = result.stream->schema();
    if (!result.stream->schema()->Equals(*result.schema)) {
      return Error(ErrorCode::kDatatypeMismatch, "the rows of parameters give results with different columns");
    }
    TAVANA_ASSIGN_OR_RETURN(const std::int64_t bytes, Begin(job, result, kHeldBytes));
    held += bytes;
    if (result.stream != nullptr || held > kHeldBytes) {
      return Error(ErrorCode::kQuotaExceeded, "the results of several rows of parameters are too large to be joined")
          .WithHint("Execute the statement once for each row.");
    }
  }
  return Status::Ok();
}

/// Parameters that the statement says nothing of are of the types that the client binds.
Status TypeParameters(Job& job, FlightResult& result) {
  const auto& known = job.prepared->parameters;
  const auto unknown = [](const auto& type) { return type->id() == arrow::Type::NA; };
  if (job.parameters == nullptr || static_cast<std::size_t>(job.parameters->num_columns()) != known.size() ||
      std::ranges::none_of(known, unknown)) {
    return Status::Ok();
  }
  std::vector<std::shared_ptr<arrow::DataType>> types;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto& bound = job.parameters->schema()->field(static_cast<int>(i))->type();
    types.push_back(unknown(known[i]) && !unknown(bound) ? bound : nullptr);
  }
  TAVANA_ASSIGN_OR_RETURN(auto typed, job.engine->Prepare(job.call, job.sql, types));
  if (result.once) job.engine->ClosePrepared(*result.once);
  result.once = typed.id;
  job.prepared = std::move(typed);
  job.typed = true;
  return Status::Ok();
}

Status RunJob(Job& job, FlightResult& result) {
  auto large = std::exchange(result.large, nullptr);
  for (const auto id : job.closing) job.engine->ClosePrepared(id);
  for (const auto& sql : job.telling) TAVANA_RETURN_IF_ERROR(RunThrough(*job.engine, job.call, sql));
  if (!job.prepared) {
    auto call = job.call;
    call.runs_once = job.parameters == nullptr;
    TAVANA_ASSIGN_OR_RETURN(job.prepared, PrepareForClient(*job.engine, call, job.sql, job.classified, {}));
    result.once = job.prepared->id;
  }
  TAVANA_RETURN_IF_ERROR(TypeParameters(job, result));
  const engine::Prepared& prepared = *job.prepared;
  result.returns_rows = prepared.returns_rows;
  const auto parameters = static_cast<std::size_t>(job.parameters == nullptr ? 0 : job.parameters->num_columns());
  if (parameters != prepared.parameters.size()) {
    return Error(ErrorCode::kUndefinedParameter,
                 fmt::format("the statement has {} parameters, {} were given", prepared.parameters.size(), parameters));
  }
  if (job.parameters != nullptr && job.parameters->num_rows() != 1) {
    // All of them or none.
    if (!job.in_block) TAVANA_RETURN_IF_ERROR(RunThrough(*job.engine, job.call, "BEGIN TRANSACTION"));
    Status status = RunRows(job, prepared, result);
    result.stream.reset();
    if (!job.in_block) {
      const Status ended = RunThrough(*job.engine, status.ok() ? job.call : engine::CallContext{.user = job.call.user},
                                      status.ok() ? "COMMIT" : "ROLLBACK");
      if (status.ok()) status = ended;
      if (!ended.ok() && job.engine->in_transaction()) {
        (void)RunThrough(*job.engine, engine::CallContext{.user = job.call.user}, "ROLLBACK");
      }
    }
    if (result.schema == nullptr) result.schema = prepared.columns;
    return status;
  }
  if (job.notes_settings && prepared.kind == engine::StatementKind::kSetting) {
    TAVANA_ASSIGN_OR_RETURN(auto snapshot, job.engine->Snapshot());
    job.before = std::move(snapshot.settings);
  }
  engine::ExecuteArguments arguments{.parameters = job.parameters};
  if (!prepared.inline_tables.empty()) arguments.inline_tables = job.live_tables(prepared.inline_tables);
  TAVANA_ASSIGN_OR_RETURN(result.stream, job.engine->Execute(job.call, prepared.id, std::move(arguments)));
  result.schema = result.stream->schema();
  result.ordered = prepared.ordered;
  const bool has_effects =
      prepared.kind != engine::StatementKind::kQuery || !prepared.read_set.databases_written.empty();
  if (!has_effects && !job.to_the_end && !result.ordered && large != nullptr) {
    TAVANA_ASSIGN_OR_RETURN(const std::int64_t bytes,
                            Begin(job, result, kParallelBytes, steady_clock::now() + kParallelWait));
    if (bytes > kHeldBytes) result.large = std::move(large);
    return Status::Ok();
  }
  const auto begun = Begin(job, result, has_effects || job.to_the_end ? kHeldBytes : kEagerBytes);
  if (!begun.ok()) return begun.error();
  // Another statement makes the engine take what is left to its end, and keep it.
  if (result.stream != nullptr && has_effects) return RunThrough(*job.engine, job.call, "SELECT 1");
  return Status::Ok();
}

}  // namespace

asio::awaitable<void> HoldUntilFinished(std::shared_ptr<net::BlockingCall> call, [[maybe_unused]] AdmissionTicket turn,
                                        [[maybe_unused]] AdmissionTicket slot) {
  co_await call->Finished();
}

void SpawnHold(asio::any_io_executor strand, std::shared_ptr<net::BlockingCall> call, AdmissionTicket turn,
               AdmissionTicket slot) {
  asio::co_spawn(strand, HoldUntilFinished(std::move(call), std::move(turn), std::move(slot)), asio::detached);
}

engine::CallContext FlightDoor::Impl::NewCall(const SessionPtr& session, const CallPtr& call) {
  engine::CallContext context{.query_id = engine::QueryId{services_.next_query_id++}, .user = session->user()};
  if (call != nullptr) context.cancellation = call->cancellation();
  return context;
}

Result<FlightDoor::Impl::Statement> FlightDoor::Impl::StatementOf(const std::string& sql) {
  const auto texts = sql::SplitStatements(sql);
  if (texts.size() != 1) {
    return Error(ErrorCode::kSyntax,
                 texts.empty() ? "the command has no statement" : "a command is one statement, this has several");
  }
  Statement statement{.sql = std::string(texts[0].text)};
  statement.classified = sql::Classify(statement.sql);
  statement.shown = sql::ShownStatement(statement.sql);
  return statement;
}

FlightDoor::Impl::Task<Result<AdmissionTicket>> FlightDoor::Impl::Admit([[maybe_unused]] SessionPtr session,
                                                                        engine::CallContext call,
                                                                        FlightSession::Running& running) {
  running.WaitsForSlot(true);
  auto slot = co_await services_.admission.Admit(strand_, call.cancellation);
  running.WaitsForSlot(false);
  co_return slot;
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::RunOnLane(Turn& turn, engine::CallContext call, std::string sql) {
  auto run = [engine = turn.lane->engine, call, sql = std::move(sql)] { return RunThrough(*engine, call, sql); };
  const Status status = co_await OnLane(turn, call, services_.control_pool, std::move(run));
  co_return status;
}

void FlightDoor::Impl::Count(FlightResult& result, const Status& status) {
  if (std::exchange(result.counted, true)) return;
  services_.metrics.StatementEnded(status.ok() ? "ok" : SqlStateOf(status.error().code()),
                                   steady_clock::now() - result.began);
}

FlightDoor::Impl::Task<Result<std::shared_ptr<FlightResult>>> FlightDoor::Impl::Run(SessionPtr session,
                                                                                    engine::CallContext context,
                                                                                    Statement statement) {
  if (session->results >= FlightSession::kMaxResults) {
    co_return Error(ErrorCode::kQuotaExceeded, "too many results of this session wait to be fetched");
  }
  const auto began = steady_clock::now();
  FlightSession::Running running(session, context.cancellation, statement.shown);
  const StatementTimeout timeout(strand_, context.cancellation,
                                 session->SettingsFor(statement.transaction).Milliseconds("statement_timeout"));
  Result<std::shared_ptr<FlightResult>> result = Error(ErrorCode::kInternal, "a statement went astray");
  auto ours = co_await RunOurs(session, context, statement);
  if (ours) {
    result = *std::move(ours);
  } else {
    result = co_await RunOnEngine(session, context, std::move(statement), running);
  }
  session->last_used = steady_clock::now();
  if (!result.ok()) {
    services_.metrics.StatementEnded(SqlStateOf(result.error().code()), steady_clock::now() - began);
    co_return result;
  }
  FlightResult& made = **result;
  made.began = began;
  made.session = session;
  made.user = session->user();
  if (made.ended) Count(made, Status::Ok());
  co_return result;
}

FlightDoor::Impl::Task<Result<std::shared_ptr<FlightResult>>> FlightDoor::Impl::RunOnEngine(
    SessionPtr session, engine::CallContext call, Statement statement, FlightSession::Running& running) {
  auto turn = co_await TakeLane(session, call, statement.transaction);
  if (!turn.ok()) co_return turn.error();
  auto slot = co_await Admit(session, call, running);
  if (!slot.ok()) co_return slot.error();
  const auto lane = turn->lane;
  auto result = std::make_shared<FlightResult>();
  result->form = FormFor(*session, statement.transaction);
  if (statement.for_client) call.form = result->form;
  result->lane = lane;
  result->call = call;
  if (large_.use_count() <= kMaxLarge) result->large = large_;
  auto job = std::make_shared<Job>(Job{.engine = lane->engine,
                                       .call = call,
                                       .sql = statement.sql,
                                       .classified = statement.classified,
                                       .parameters = statement.parameters,
                                       .closing = std::exchange(lane->closing, {}),
                                       .to_the_end = statement.to_the_end,
                                       .in_block = lane->in_block,
                                       .notes_settings = (lane->in_block || lane != session->main) && !lane->before});
  const auto& prepared = statement.prepared;
  const bool is_prepared_here = prepared != nullptr && prepared->prepared && prepared->lane.lock() == lane;
  if (is_prepared_here) job->prepared = prepared->prepared;
  PgSettings& settings = lane->settings ? *lane->settings : session->settings;
  const auto changes = lane->told.ChangesTo(settings, session->user());
  for (const auto& change : changes) {
    job->telling.insert(job->telling.end(), change.statements.begin(), change.statements.end());
  }
  job->live_tables = [this, settings = settings.All(), user = session->user()](const auto& names) {
    return LiveTables(names, *settings, user, services_);
  };
  if (statement.poll != nullptr) statement.poll->engine = lane->engine;
  auto run = [job, result] { return RunJob(*job, *result); };
  const Status status = co_await OnLane(*turn, call, services_.statement_pool, std::move(run), &*slot);
  if (statement.poll != nullptr) statement.poll->engine.reset();
  if (turn->ticket.held() && job->before) lane->before = std::move(job->before);
  if (!status.ok()) {
    if (lane->in_block) lane->failed = true;
    if (turn->ticket.held()) {
      result->stream.reset();
      if (result->once) lane->closing.push_back(*std::exchange(result->once, std::nullopt));
    }
    co_return status.error();
  }
  for (const auto& change : changes) lane->told.*change.setting = change.value;
  if (job->prepared->kind != engine::StatementKind::kQuery && job->prepared->kind != engine::StatementKind::kDml &&
      job->prepared->kind != engine::StatementKind::kCopy) {
    session->has_state = true;  // a setting, a temporary object: it may be
  }
  if (prepared != nullptr && !is_prepared_here && !job->typed) {  // from now on it is
    prepared->prepared = job->prepared;
    prepared->lane = lane;
    result->once.reset();
  }
  result->ended = result->stream == nullptr;
  if (result->ended && result->once) lane->closing.push_back(*std::exchange(result->once, std::nullopt));
  co_return result;
}

std::shared_ptr<FlightResult> FlightDoor::Impl::ResultOf(std::shared_ptr<arrow::RecordBatch> batch) {
  auto result = std::make_shared<FlightResult>();
  result->ended = true;
  result->returns_rows = batch != nullptr;
  result->schema = batch == nullptr ? arrow::schema({}) : batch->schema();
  if (batch != nullptr) {
    result->rows = batch->num_rows();
    result->ready.push_back({.batch = std::move(batch), .encoded = nullptr});
  }
  return result;
}

engine::ClientForm FlightDoor::Impl::FormFor(FlightSession& session, const std::string& transaction) const {
  engine::ClientForm form = form_;
  form.string_views = session.SettingsFor(transaction).Get("tavana.string_views") == "on";
  return form;
}

bool FlightDoor::Impl::IsOurs(const sql::Classified& classified) {
  switch (classified.command) {
    case Command::kOther:
    case Command::kPrepare:
    case Command::kExecute:
    case Command::kDeallocate: return false;  // the engine has them too
    case Command::kSet:
    case Command::kShow:
    case Command::kReset: return PgSettings::Knows(classified.name);
    default: return true;
  }
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::SetOrReset(SessionPtr session, engine::CallContext call,
                                                            sql::Classified command, std::string transaction) {
  auto turn = co_await TakeLane(session, call, transaction);
  if (!turn.ok()) co_return turn.error();
  const auto lane = turn->lane;
  PgSettings& settings = lane->settings ? *lane->settings : session->settings;
  const bool had = settings.Has(command.name);
  const std::string before = had ? settings.Get(command.name) : std::string();
  if (command.command == Command::kReset || !command.value) {
    settings.Reset(command.name);
  } else {
    const Status set = settings.Set(command.name, *command.value, command.is_local);
    if (!set.ok()) lane->failed = lane->in_block;
    if (!set.ok()) co_return set;
  }
  session->has_state = true;
  for (const auto& change : lane->told.ChangesTo(settings, session->user())) {
    for (const auto& sql : change.statements) {
      const Status told = co_await RunOnLane(*turn, call, sql);
      if (told.ok()) continue;
      lane->failed = lane->in_block;
      if (had) TAVANA_CHECK(settings.Set(command.name, before, command.is_local).ok());
      co_return told;
    }
    lane->told.*change.setting = change.value;
  }
  co_return Status::Ok();
}

FlightDoor::Impl::Task<std::optional<Result<std::shared_ptr<FlightResult>>>> FlightDoor::Impl::RunOurs(
    SessionPtr session, engine::CallContext call, const Statement& statement) {
  using Ran = std::optional<Result<std::shared_ptr<FlightResult>>>;
  const sql::Classified command = statement.classified;
  if (!IsOurs(command)) co_return Ran();
  switch (command.command) {
    case Command::kSet:
    case Command::kReset: {
      const Status set = co_await SetOrReset(session, call, command, statement.transaction);
      if (!set.ok()) co_return Ran(set.error());
      co_return Ran(ResultOf(nullptr));
    }
    case Command::kShow: {
      const PgSettings& settings = session->SettingsFor(statement.transaction);
      if (!settings.Has(command.name)) {
        co_return Ran(Error(ErrorCode::kUndefinedObject,
                            fmt::format("unrecognized configuration parameter \"{}\"", command.name)));
      }
      auto column = arrow::MakeArrayFromScalar(arrow::StringScalar(settings.Get(command.name)), 1);
      TAVANA_CHECK(column.ok());
      auto schema = arrow::schema({arrow::field(PgSettings::Spelled(command.name), arrow::utf8())});
      co_return Ran(ResultOf(arrow::RecordBatch::Make(std::move(schema), 1, {*std::move(column)})));
    }
    case Command::kBegin:
    case Command::kCommit:
    case Command::kRollback: {
      if (!statement.transaction.empty() || !session->main->transaction.empty()) {
        co_return Ran(Error(ErrorCode::kActiveTransaction, "a transaction of BeginTransaction is open")
                          .WithHint("EndTransaction ends it; in ADBC, commit() and rollback()."));
      }
      const auto lane = session->main;
      const bool begins = command.command == Command::kBegin;
      const std::string no_transaction;
      auto turn = co_await TakeLane(session, call, no_transaction, !begins);
      if (!turn.ok()) co_return Ran(turn.error());
      Status done;
      if (begins) {
        done = co_await RunOnLane(*turn, call, statement.sql);
        if (done.ok() && !lane->in_block) lane->settings = session->settings.ForBlock();
        if (done.ok()) lane->in_block = true;
      } else {
        done = co_await EndBlock(*turn, session, call, command.command == Command::kCommit);
      }
      session->NoteBlock(lane->in_block);
      if (!done.ok()) co_return Ran(done.error());
      co_return Ran(ResultOf(nullptr));
    }
    default: break;
  }
  co_return Ran(Error(ErrorCode::kUnsupported, "this statement is for clients of the PostgreSQL protocol")
                    .WithHint("docs/compatibility.md lists what each door takes."));
}

}  // namespace tavana::gateway
