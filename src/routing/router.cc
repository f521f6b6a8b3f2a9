#include "routing/router.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "observe/log.h"
#include "sql/lexer.h"

namespace tavana::routing {
namespace {

using std::chrono::steady_clock;
using Worker = std::shared_ptr<remote::RemoteEngine>;

// Of a session that was idle so long: a worker may have gone (chosen: a round trip more is nothing then).
constexpr auto kProbeAfter = std::chrono::milliseconds(200);
constexpr auto kLook = std::chrono::milliseconds(50);  // between looks at a worker that is waited for

/// A prepared statement, wherever it is prepared now.
struct Statement {
  std::string sql;
  std::vector<std::shared_ptr<arrow::DataType>> types;
  engine::Prepared described;  // as the home described it last, under the router's id
  std::optional<engine::StatementId> at_home, away;
};

/// Reads only, so that running it twice is running it once.
bool OnlyReads(const engine::Prepared& described) {
  return described.kind == engine::StatementKind::kQuery && described.read_set.databases_written.empty();
}

/// What any worker answers alike: files, tables of what the session has attached everywhere, and nothing else.
bool ReadsAlikeEverywhere(const engine::Prepared& described, const engine::SessionSnapshot& state) {
  const auto& reads = described.read_set;
  const auto is_everywhere = [&](const engine::ReadSet::Table& table) {
    return std::ranges::any_of(state.attachments, [&](const auto& each) { return each.name == table.database; });
  };
  return OnlyReads(described) && reads.complete && !reads.has_volatile_function &&
         std::ranges::all_of(reads.tables, is_everywhere) && !(reads.files.empty() && reads.tables.empty()) &&
         described.inline_tables.empty();
}

bool ReadsTemporary(const engine::Prepared& described) {
  return std::ranges::any_of(described.read_set.tables, [](const auto& table) { return table.database == "temp"; });
}

/// What it makes is the session's alone and goes where it goes.
bool IsOfSession(const engine::Prepared& described) {
  return described.command == "CREATE SECRET" || described.command == "DROP SECRET" || described.command == "ATTACH" ||
         described.command == "DETACH";
}

/// Makes something that other workers may not have.
bool Defines(const engine::Prepared& described) {
  if (IsOfSession(described)) return false;
  switch (described.kind) {
    case engine::StatementKind::kQuery:
    case engine::StatementKind::kDml:
    case engine::StatementKind::kTransaction:
    case engine::StatementKind::kCopy:
    case engine::StatementKind::kSetting: return false;
    default: return true;
  }
}

/// Makes something that goes with the session: temporary objects, variables.
bool LeavesState(const Statement& statement) {
  sql::Lexer lexer(statement.sql);
  sql::Token token = lexer.Next();
  if (token.Is("SET")) return lexer.Next().Is("VARIABLE");
  if (!Defines(statement.described)) return false;
  for (; token.kind != sql::TokenKind::kEnd; token = lexer.Next()) {
    if (token.Is("TEMP") || token.Is("TEMPORARY")) return true;
  }
  return false;
}

/// Where the same files go each time, as long as the workers stay (rendezvous hashing).
std::size_t Affinity(const engine::ReadSet& reads, const std::string& address) {
  std::size_t hash = std::hash<std::string>{}(address);
  for (const auto& file : reads.files) hash = hash * 31 + std::hash<std::string>{}(file.path);
  return std::hash<std::size_t>{}(hash * 0x9e3779b97f4a7c15ULL);
}

class RouterSession;

/// A result and the session of a worker that gives it, which lives as long.
struct Started {
  std::shared_ptr<engine::Session> where;
  std::unique_ptr<engine::ResultStream> stream;
};

/// The answer of a statement that had nothing left to do.
class NoRows final : public engine::ResultStream {
 public:
  explicit NoRows(engine::ResultId id) : id_(id) {}
  engine::ResultId id() const override { return id_; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const engine::ResultSummary& summary() const override { return summary_; }
  Result<std::shared_ptr<arrow::RecordBatch>> Next(const engine::CallContext&) override {
    return std::shared_ptr<arrow::RecordBatch>();
  }

 private:
  const engine::ResultId id_;
  const std::shared_ptr<arrow::Schema> schema_ = arrow::schema({});
  const engine::ResultSummary summary_;
};

class RouterResult final : public engine::ResultStream {
 public:
  RouterResult(RouterSession& session, engine::ResultId id, engine::StatementId statement,
               engine::ExecuteArguments arguments, bool may_retry, Started started)
      : session_(session),
        id_(id),
        statement_(statement),
        arguments_(std::move(arguments)),
        may_retry_(may_retry),
        started_(std::move(started)) {}

  engine::ResultId id() const override { return id_; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return started_.stream->schema(); }
  const engine::ResultSummary& summary() const override { return started_.stream->summary(); }
  Result<std::shared_ptr<arrow::RecordBatch>> Next(const engine::CallContext& call) override;
  bool in_form() const override { return started_.stream->in_form(); }
  Result<std::shared_ptr<const engine::EncodedBatch>> NextEncoded(const engine::CallContext& call) override;

 private:
  /// What `pull` takes of the stream; of another one, when the worker is lost before the first rows.
  template <typename Batch>
  Result<Batch> Pull(const engine::CallContext& call,
                     Result<Batch> (engine::ResultStream::*pull)(const engine::CallContext&));

  RouterSession& session_;
  const engine::ResultId id_;
  const engine::StatementId statement_;
  const engine::ExecuteArguments arguments_;
  bool may_retry_;
  Started started_;
};

/// COMMIT or ROLLBACK.
bool EndsTransaction(const engine::Prepared& described) {
  return described.kind == engine::StatementKind::kTransaction && described.command != "BEGIN";
}

/// Without the prepared statements, which the router prepares itself.
engine::SessionSnapshot StateOf(engine::SessionSnapshot snapshot) {
  snapshot.statements.clear();
  snapshot.pinned_by.clear();
  return snapshot;
}

/// What of StateOf's answer moves, to be compared at once.
auto PartsOf(const engine::SessionSnapshot& state) {
  return std::tie(state.settings, state.credentials, state.secrets, state.attachments);
}

/// ROLLBACK undoes what the transaction did to secrets and attachments.
bool ChangesState(const engine::Prepared& described) {
  return described.kind == engine::StatementKind::kSetting || IsOfSession(described) || described.command == "ROLLBACK";
}

class RouterSession final : public engine::Session {
 public:
  RouterSession(std::shared_ptr<Workers> workers, RouterOptions options, engine::SessionOptions session)
      : workers_(std::move(workers)), options_(options), session_options_(std::move(session)) {}

  Status Connect(const engine::CallContext& call) { return EnsureHome(call); }

  Result<engine::Prepared> Prepare(const engine::CallContext& call, std::string_view sql,
                                   std::span<const std::shared_ptr<arrow::DataType>> types) override {
    Statement statement{
        .sql = std::string(sql), .types = {types.begin(), types.end()}, .described = {}, .at_home = {}, .away = {}};
    TAVANA_RETURN_IF_ERROR(PrepareAtHome(call, statement));
    const engine::StatementId id{++last_statement_};
    statement.described.id = id;
    auto described = statement.described;
    statements_.emplace(id, std::move(statement));
    return described;
  }

  void ClosePrepared(engine::StatementId id) override {
    const auto found = statements_.find(id);
    if (found == statements_.end()) return;
    if (home_ && found->second.at_home) home_->ClosePrepared(*found->second.at_home);
    if (away_ && found->second.away) away_->ClosePrepared(*found->second.away);
    statements_.erase(found);
  }

  Result<std::unique_ptr<engine::ResultStream>> Execute(const engine::CallContext& call, engine::StatementId id,
                                                        engine::ExecuteArguments arguments) override {
    const auto found = statements_.find(id);
    if (found == statements_.end()) return Error(ErrorCode::kUndefinedStatement, "prepared statement does not exist");
    if (lost_transaction_) return EndLostTransaction(found->second);
    const bool may_retry =
        OnlyReads(found->second.described) && !in_transaction() && !ReadsTemporary(found->second.described);
    auto started =
        may_retry ? StartAgainAndAgain(call, found->second, arguments) : Start(call, found->second, arguments);
    if (!started.ok() && EndsTransaction(found->second.described)) {
      lost_transaction_ = false;  // this was its end
      // What is gone is rolled back.
      if (found->second.described.command == "ROLLBACK" && started.error().code() == ErrorCode::kUnavailable)
        return std::unique_ptr<engine::ResultStream>(std::make_unique<NoRows>(engine::ResultId{++last_result_}));
    }
    if (!started.ok()) return std::move(started).error();
    return std::unique_ptr<engine::ResultStream>(std::make_unique<RouterResult>(
        *this, engine::ResultId{++last_result_}, id, std::move(arguments), may_retry, *std::move(started)));
  }

  /// Once more, after the worker of the first attempt was lost.
  Result<Started> Retry(const engine::CallContext& call, engine::StatementId id,
                        const engine::ExecuteArguments& arguments) {
    const auto found = statements_.find(id);
    if (found == statements_.end()) return Error(ErrorCode::kUnavailable, "the worker was lost");
    observe::Log(observe::LogLevel::kInfo, "a statement is tried again, its worker was lost");
    return StartAgainAndAgain(call, found->second, arguments);
  }

  Result<std::int64_t> Ingest(const engine::CallContext& call, const engine::IngestTarget& target,
                              arrow::RecordBatchReader& batches) override {
    TAVANA_RETURN_IF_ERROR(EnsureHome(call));
    if (target.temporary) leaves_state_ = true;
    return Noticed(home_, home_->Ingest(call, target, batches));
  }

  /// Notes that the worker of `where` is lost when `error`, which came from there, says so.
  void NoteLoss(const std::shared_ptr<engine::Session>& where, const Error& error, engine::StatementId of = {}) {
    if (error.code() != ErrorCode::kUnavailable && error.code() != ErrorCode::kOutcomeUnknown) return;
    if (where == away_) SetAway(nullptr, nullptr);
    if (where != home_) return;
    const auto statement = statements_.find(of);
    const bool was_its_end = statement != statements_.end() && EndsTransaction(statement->second.described);
    lost_transaction_ = !was_its_end && (lost_transaction_ || home_->in_transaction());
    home_.reset();
    lost_state_ = lost_state_ || leaves_state_;
  }

  engine::Progress GetProgress() const override {
    const auto running = Running();
    return running == nullptr ? engine::Progress{} : running->GetProgress();
  }
  void Cancel(std::optional<engine::QueryId> query) override {
    if (const auto running = Running()) running->Cancel(query);
  }
  bool in_transaction() const override { return home_ != nullptr && home_->in_transaction(); }

  Result<engine::SessionSnapshot> Snapshot() override {
    TAVANA_RETURN_IF_ERROR(EnsureHome({}));
    TAVANA_ASSIGN_OR_RETURN(auto snapshot, home_->Snapshot());
    snapshot.statements.clear();
    for (const auto& [id, statement] : statements_) snapshot.statements[id] = {statement.sql, statement.types};
    return snapshot;
  }
  Status Restore(const engine::SessionSnapshot& snapshot) override {
    TAVANA_RETURN_IF_ERROR(EnsureHome({}));
    TAVANA_RETURN_IF_ERROR(home_->Restore(StateOf(snapshot)));
    Forget();
    state_ = StateOf(snapshot);
    for (const auto& [id, prepared] : snapshot.statements) {
      Statement statement{
          .sql = prepared.sql, .types = prepared.parameter_types, .described = {}, .at_home = {}, .away = {}};
      TAVANA_RETURN_IF_ERROR(PrepareAtHome({}, statement));
      statement.described.id = id;
      last_statement_ = std::max(last_statement_, static_cast<std::uint64_t>(id));
      statements_[id] = std::move(statement);
    }
    return Status::Ok();
  }
  Status Reset() override {
    TAVANA_RETURN_IF_ERROR(EnsureHome({}));
    Forget();
    leaves_state_ = stays_home_ = lost_transaction_ = false;
    return home_->Reset();
  }

 private:
  /// Statements, settings and the session elsewhere.
  void Forget() {
    statements_.clear();
    state_ = {};
    SetAway(nullptr, nullptr);
  }

  std::shared_ptr<engine::Session> Running() const {
    const std::lock_guard lock(mutex_);
    return running_;
  }
  void SetRunning(const std::shared_ptr<engine::Session>& session) {
    const std::lock_guard lock(mutex_);
    running_ = session;
  }

  static Error LostState() {
    return Error(ErrorCode::kUnavailable, "temporary objects and other state of the session were lost with its worker")
        .WithHint("Connect again.");
  }

  /// The worker is about to go, and the session would lose nothing by waiting for the next one there.
  bool MayChangeHome() const {
    return workers_->home()->health().draining && !home_->in_transaction() && !leaves_state_;
  }

  engine::SessionOptions SessionOptionsOf(const engine::CallContext& call) const {
    auto options = session_options_;
    options.opening = call;
    return options;
  }

  /// Waits for the home while it is out of reach.
  Result<std::unique_ptr<engine::Session>> OpenAtHome(const engine::CallContext& call) {
    const auto deadline = steady_clock::now() + options_.patience;
    for (;;) {
      auto opened = workers_->home()->Open(SessionOptionsOf(call));
      if (opened.ok() || opened.error().code() != ErrorCode::kUnavailable || steady_clock::now() > deadline)
        return opened;
      if (auto why = call.cancellation->why()) return *std::move(why);
      std::this_thread::sleep_for(kLook);
    }
  }

  /// A session at home, with the settings of this one.
  Status EnsureHome(const engine::CallContext& call) {
    if (home_ != nullptr && MayChangeHome()) home_.reset();
    if (home_ != nullptr) return Status::Ok();
    if (lost_state_) return LostState();
    TAVANA_ASSIGN_OR_RETURN(std::shared_ptr<engine::Session> opened, OpenAtHome(call));
    if (HasState()) TAVANA_RETURN_IF_ERROR(opened->Restore(state_));
    for (auto& [id, statement] : statements_) statement.at_home.reset();
    const auto health = workers_->home()->health();
    const bool restarted = !instance_.empty() && instance_ != health.instance;
    instance_ = health.instance;
    home_ = std::move(opened);
    SetRunning(home_);
    if (restarted && !health.durable && std::exchange(used_tables_, false)) {
      return Error(ErrorCode::kUnavailable,
                   "the worker that held the default catalog in memory was restarted; its tables are gone")
          .WithHint("Workers with a --database file keep them.");
    }
    return Status::Ok();
  }

  template <typename T>
  Result<T> Noticed(const std::shared_ptr<engine::Session>& where, Result<T> result) {
    if (!result.ok()) NoteLoss(where, result.error());
    return result;
  }

  Status PrepareAtHome(const engine::CallContext& call, Statement& statement) {
    const auto deadline = steady_clock::now() + options_.patience;
    for (;;) {
      TAVANA_RETURN_IF_ERROR(EnsureHome(call));
      auto prepared = home_->Prepare(call, statement.sql, statement.types);
      if (prepared.ok()) {
        const engine::StatementId id = statement.described.id;
        statement.at_home = prepared->id;
        statement.described = *std::move(prepared);
        statement.described.id = id;
        return Status::Ok();
      }
      NoteLoss(home_, prepared.error());
      if (MayTryAgain(call, prepared.error(), deadline)) continue;
      return lost_state_ ? LostState() : std::move(prepared).error();
    }
  }

  /// A transaction that was lost with its worker: nothing runs until its end, which is a ROLLBACK.
  Result<std::unique_ptr<engine::ResultStream>> EndLostTransaction(const Statement& statement) {
    const Error lost(ErrorCode::kFailedTransaction, "the transaction was lost with its worker");
    if (statement.described.kind != engine::StatementKind::kTransaction) return lost;
    lost_transaction_ = false;
    if (statement.described.command != "ROLLBACK") return lost;
    return std::unique_ptr<engine::ResultStream>(std::make_unique<NoRows>(engine::ResultId{++last_result_}));
  }

  /// Until it starts, or the patience is over.
  Result<Started> StartAgainAndAgain(const engine::CallContext& call, Statement& statement,
                                     const engine::ExecuteArguments& arguments) {
    const auto deadline = steady_clock::now() + options_.patience;
    for (;;) {
      auto started = Start(call, statement, arguments);
      if (started.ok() || !MayTryAgain(call, started.error(), deadline)) return started;
    }
  }

  /// After a pause, because the worker was lost and others, or itself, may be there soon.
  bool MayTryAgain(const engine::CallContext& call, const Error& error, steady_clock::time_point deadline) const {
    if (error.code() != ErrorCode::kUnavailable || lost_state_ || lost_transaction_ || call.cancellation->cancelled() ||
        steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(kLook);
    return true;
  }

  Result<Started> Start(const engine::CallContext& call, Statement& statement,
                        const engine::ExecuteArguments& arguments) {
    if (MayLeave(statement)) {
      auto stream = StartAway(call, statement, arguments);
      if (stream.ok()) return Started{away_, *std::move(stream)};
      if (auto why = call.cancellation->why()) return *std::move(why);
      SetAway(nullptr, nullptr);  // the home can do it all
    }
    TAVANA_RETURN_IF_ERROR(EnsureHome(call));
    // Whether the worker is still there is found out by what may be tried again, not by a write.
    const bool was_idle = steady_clock::now() - last_used_ > kProbeAfter;
    if (was_idle && statement.at_home && !OnlyReads(statement.described) && !in_transaction()) {
      home_->ClosePrepared(*std::exchange(statement.at_home, std::nullopt));
    }
    if (!statement.at_home) TAVANA_RETURN_IF_ERROR(PrepareAtHome(call, statement));
    last_used_ = steady_clock::now();
    SetRunning(home_);
    const auto where = home_;
    auto stream = Noticed(where, where->Execute(call, *statement.at_home, arguments));
    if (!stream.ok()) return std::move(stream).error();
    stays_home_ = stays_home_ || Defines(statement.described);
    leaves_state_ = leaves_state_ || LeavesState(statement);
    if (ChangesState(statement.described)) TAVANA_RETURN_IF_ERROR(NoteSettings());
    if (!statement.described.read_set.tables.empty() || statement.described.kind == engine::StatementKind::kDdl)
      used_tables_ = true;
    return Started{where, *std::move(stream)};
  }

  bool HasState() const { return PartsOf(state_) != PartsOf({}); }

  Status NoteSettings() {
    auto snapshot = Noticed(home_, home_->Snapshot());
    if (!snapshot.ok()) return std::move(snapshot).error();
    auto state = StateOf(*std::move(snapshot));
    leaves_state_ = leaves_state_ || std::ranges::any_of(state.attachments, [](const auto& attachment) {
                      return attachment.statement.empty();
                    });
    if (PartsOf(state) == PartsOf(state_)) return Status::Ok();
    state_ = std::move(state);
    SetAway(nullptr, nullptr);  // it has the old ones
    return Status::Ok();
  }

  bool MayLeave(const Statement& statement) const {
    return ReadsAlikeEverywhere(statement.described, state_) && !stays_home_ && !leaves_state_ && !in_transaction();
  }

  void SetAway(std::shared_ptr<engine::Session> session, Worker worker) {
    if (away_ != nullptr && session == nullptr) {
      for (auto& [id, statement] : statements_) statement.away.reset();
    }
    away_ = std::move(session);
    away_worker_ = std::move(worker);
  }

  /// The least busy worker, of equals the one that has read these files before.
  Worker Choose(const Statement& statement) const {
    auto able = workers_->Able();
    const auto better = [&](const Worker& a, const Worker& b) {
      const auto load_a = a->health().running, load_b = b->health().running;
      if (load_a != load_b) return load_a < load_b;
      return Affinity(statement.described.read_set, a->address()) <
             Affinity(statement.described.read_set, b->address());
    };
    const auto best = std::min_element(able.begin(), able.end(), better);
    return best == able.end() ? nullptr : *best;
  }

  Result<std::unique_ptr<engine::ResultStream>> StartAway(const engine::CallContext& call, Statement& statement,
                                                          const engine::ExecuteArguments& arguments) {
    const Worker worker = Choose(statement);
    const Error none(ErrorCode::kUnavailable, "no other worker");
    if (worker == nullptr || worker == workers_->home()) return none;
    if (worker != away_worker_) {
      SetAway(nullptr, nullptr);
      TAVANA_ASSIGN_OR_RETURN(std::shared_ptr<engine::Session> opened, worker->Open(SessionOptionsOf(call)));
      if (HasState()) TAVANA_RETURN_IF_ERROR(opened->Restore(state_));
      SetAway(std::move(opened), worker);
    }
    if (!statement.away) {
      TAVANA_ASSIGN_OR_RETURN(const auto prepared, away_->Prepare(call, statement.sql, statement.types));
      if (!prepared.columns->Equals(*statement.described.columns)) return none;
      statement.away = prepared.id;
    }
    SetRunning(away_);
    return away_->Execute(call, *statement.away, arguments);
  }

  const std::shared_ptr<Workers> workers_;
  const RouterOptions options_;
  const engine::SessionOptions session_options_;

  std::shared_ptr<engine::Session> home_, away_;
  Worker away_worker_;
  std::map<engine::StatementId, Statement> statements_;
  engine::SessionSnapshot state_;  // what was set in this session; its statements are above
  std::uint64_t last_statement_ = 0, last_result_ = 0;
  bool lost_transaction_ = false;  // and its end was not asked for yet
  steady_clock::time_point last_used_ = steady_clock::now();
  std::string instance_;       // of the home, when the session was opened there
  bool used_tables_ = false;   // of the default catalog
  bool stays_home_ = false;    // something was defined that other workers may not have
  bool leaves_state_ = false;  // the session has something of its own at home that would not move
  bool lost_state_ = false;    // and is gone

  mutable std::mutex mutex_;
  std::shared_ptr<engine::Session> running_;  // where the last statement was started
};

Result<std::shared_ptr<arrow::RecordBatch>> RouterResult::Next(const engine::CallContext& call) {
  return Pull(call, &engine::ResultStream::Next);
}

Result<std::shared_ptr<const engine::EncodedBatch>> RouterResult::NextEncoded(const engine::CallContext& call) {
  return Pull(call, &engine::ResultStream::NextEncoded);
}

template <typename Batch>
Result<Batch> RouterResult::Pull(const engine::CallContext& call,
                                 Result<Batch> (engine::ResultStream::*pull)(const engine::CallContext&)) {
  auto batch = (*started_.stream.*pull)(call);
  if (batch.ok()) {
    may_retry_ = false;
    return batch;
  }
  session_.NoteLoss(started_.where, batch.error(), statement_);
  if (!may_retry_ || batch.error().code() != ErrorCode::kUnavailable) return batch;
  auto again = session_.Retry(call, statement_, arguments_);
  if (!again.ok()) return std::move(again).error();
  if (!again->stream->schema()->Equals(*started_.stream->schema())) return batch;
  started_ = *std::move(again);
  return Pull(call, pull);
}

class Router final : public engine::Engine {
 public:
  Router(std::shared_ptr<Workers> workers, RouterOptions options) : workers_(std::move(workers)), options_(options) {}

  Result<std::unique_ptr<engine::Session>> Open(const engine::SessionOptions& options) override {
    auto session = std::make_unique<RouterSession>(workers_, options_, options);
    TAVANA_RETURN_IF_ERROR(session->Connect(options.opening));
    return std::unique_ptr<engine::Session>(std::move(session));
  }
  std::vector<std::string> DatabaseNames() override { return workers_->home()->DatabaseNames(); }
  std::string description() const override { return workers_->home()->description(); }
  bool poisoned() const override { return false; }  // a worker is replaced, the router is not

 private:
  const std::shared_ptr<Workers> workers_;
  const RouterOptions options_;
};

}  // namespace

std::unique_ptr<engine::Engine> MakeRouter(std::shared_ptr<Workers> workers, RouterOptions options) {
  return std::make_unique<Router>(std::move(workers), options);
}

}  // namespace tavana::routing
