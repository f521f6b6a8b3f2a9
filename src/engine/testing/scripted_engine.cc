#include "engine/testing/scripted_engine.h"

#include <algorithm>

namespace tavana::engine::testing {

void Gate::Open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::WaitUntilReached() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return reached_; });
}

Status Gate::Pass(Cancellation& cancellation) {
  {
    const std::lock_guard lock(mutex_);
    reached_ = true;
    changed_.notify_all();
  }
  const auto registration = cancellation.OnCancel([this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this, &cancellation] { return open_ || cancellation.cancelled(); });
  lock.unlock();  // before the registration goes: it waits for a callback, which waits for the mutex
  if (auto why = cancellation.why()) return *std::move(why);
  return Status::Ok();
}

struct ScriptedEngine::State {
  mutable std::mutex mutex;
  std::map<std::string, ScriptedAnswer, std::less<>> answers;
  std::vector<std::string> database_names = {"tavana"};
  std::vector<ScriptedExecution> executions;
  std::map<std::string, std::vector<std::shared_ptr<arrow::RecordBatch>>> ingested;
  std::atomic<std::size_t> open_sessions = 0;
  std::atomic<std::size_t> open_results = 0;
  std::atomic<std::size_t> open_statements = 0;
  std::atomic<std::size_t> sessions_opened = 0;
  std::atomic<bool> poisoned = false;
};

namespace {

/// The statements of one session that Cancel can reach. Shared with its results, which may end after it.
class RunningStatements {
 public:
  void Add(ResultId result, const CallContext& call) {
    const std::lock_guard lock(mutex_);
    running_.insert_or_assign(result, call);
  }
  void Remove(ResultId result) {
    const std::lock_guard lock(mutex_);
    running_.erase(result);
  }
  void Cancel(std::optional<QueryId> query) {
    std::vector<std::shared_ptr<Cancellation>> chosen;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, call] : running_) {
        if (!query || call.query_id == *query) chosen.push_back(call.cancellation);
      }
    }
    for (const auto& cancellation : chosen) cancellation->Cancel(Error(ErrorCode::kCancelled, "canceled"));
  }
  bool empty() const {
    const std::lock_guard lock(mutex_);
    return running_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::map<ResultId, CallContext> running_;
};

class ScriptedResult final : public ResultStream {
 public:
  ScriptedResult(ResultId id, ScriptedAnswer answer, std::shared_ptr<ScriptedEngine::State> engine,
                 std::shared_ptr<RunningStatements> running, const CallContext& call)
      : id_(id), answer_(std::move(answer)), engine_(std::move(engine)), running_(std::move(running)) {
    if (answer_.schema == nullptr) answer_.schema = arrow::schema({});
    ++engine_->open_results;
    running_->Add(id_, call);
  }
  ~ScriptedResult() override {
    running_->Remove(id_);
    --engine_->open_results;
  }

  ResultId id() const override { return id_; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return answer_.schema; }

  Result<std::shared_ptr<arrow::RecordBatch>> Next(const CallContext& call) override {
    if (error_) return *error_;
    if (ended_) return std::shared_ptr<arrow::RecordBatch>();
    running_->Add(id_, call);
    if (auto why = call.cancellation->why()) return Fail(*std::move(why));
    if (answer_.gate != nullptr) {
      auto passed = std::exchange(answer_.gate, nullptr)->Pass(*call.cancellation);
      if (!passed) return Fail(std::move(passed).error());
    }
    if (given_ < answer_.batches.size()) {
      const auto& batch = answer_.batches[given_++];
      summary_.rows += batch->num_rows();
      return batch;
    }
    if (answer_.error_at_end) return Fail(*answer_.error_at_end);
    ended_ = true;
    running_->Remove(id_);
    summary_.affected = answer_.affected;
    summary_.notices = answer_.notices;
    return std::shared_ptr<arrow::RecordBatch>();
  }

  const ResultSummary& summary() const override { return summary_; }

 private:
  Error Fail(Error error) {
    error_ = std::move(error);
    running_->Remove(id_);
    return *error_;
  }

  const ResultId id_;
  ScriptedAnswer answer_;
  const std::shared_ptr<ScriptedEngine::State> engine_;
  const std::shared_ptr<RunningStatements> running_;
  std::size_t given_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
  ResultSummary summary_;
};

class ScriptedSession final : public Session {
 public:
  explicit ScriptedSession(std::shared_ptr<ScriptedEngine::State> engine) : engine_(std::move(engine)) {
    ++engine_->open_sessions;
    ++engine_->sessions_opened;
  }
  ~ScriptedSession() override {
    engine_->open_statements -= statements_.size();
    --engine_->open_sessions;
  }

  Result<Prepared> Prepare(const CallContext& call, std::string_view sql,
                           std::span<const std::shared_ptr<arrow::DataType>> parameter_types) override {
    if (auto why = call.cancellation->why()) return *std::move(why);
    TAVANA_ASSIGN_OR_RETURN(auto answer, Find(sql));
    if (answer.prepare_error) return *answer.prepare_error;
    for (std::size_t i = 0; i < std::min(parameter_types.size(), answer.parameters.size()); ++i) {
      if (parameter_types[i] != nullptr) answer.parameters[i] = parameter_types[i];
    }
    const StatementId id{++last_statement_};
    Prepared prepared{.id = id,
                      .kind = answer.kind,
                      .command = answer.command,
                      .returns_rows = answer.schema != nullptr,
                      .parameters = answer.parameters,
                      .columns = answer.schema != nullptr && answer.columns_known ? answer.schema : arrow::schema({}),
                      .columns_known = answer.columns_known,
                      .read_set = {}};
    statements_.emplace(id, Statement{std::string(sql), std::move(answer)});
    ++engine_->open_statements;
    return prepared;
  }

  void ClosePrepared(StatementId statement) override { engine_->open_statements -= statements_.erase(statement); }

  Result<std::unique_ptr<ResultStream>> Execute(const CallContext& call, StatementId statement,
                                                ExecuteArguments arguments) override {
    if (auto why = call.cancellation->why()) return *std::move(why);
    const auto found = statements_.find(statement);
    if (found == statements_.end()) return Error(ErrorCode::kUndefinedStatement, "no such prepared statement");
    const auto& [sql, answer] = found->second;
    {
      const std::lock_guard lock(engine_->mutex);
      engine_->executions.push_back({sql, call.query_id, call.user, std::move(arguments.parameters)});
    }
    if (answer.execute_error) return *answer.execute_error;
    if (answer.kind == StatementKind::kTransaction) in_transaction_ = answer.command == "BEGIN";
    return std::unique_ptr<ResultStream>(
        std::make_unique<ScriptedResult>(ResultId{++last_result_}, answer, engine_, running_, call));
  }

  Result<std::int64_t> Ingest(const CallContext& call, const IngestTarget& target,
                              arrow::RecordBatchReader& batches) override {
    std::vector<std::shared_ptr<arrow::RecordBatch>> taken;
    std::int64_t rows = 0;
    for (;;) {
      if (auto why = call.cancellation->why()) return *std::move(why);
      std::shared_ptr<arrow::RecordBatch> batch;
      const auto read = batches.ReadNext(&batch);
      if (!read.ok()) return Error(ErrorCode::kDataException, read.message());
      if (batch == nullptr) break;
      rows += batch->num_rows();
      taken.push_back(std::move(batch));
    }
    const std::lock_guard lock(engine_->mutex);
    auto& into = engine_->ingested[target.table];
    into.insert(into.end(), taken.begin(), taken.end());
    return rows;
  }

  Progress GetProgress() const override { return {}; }
  void Cancel(std::optional<QueryId> query) override { running_->Cancel(query); }
  bool in_transaction() const override { return in_transaction_; }

  Result<SessionSnapshot> Snapshot() override {
    SessionSnapshot snapshot{.settings = settings_, .statements = {}, .pinned_by = ""};
    for (const auto& [id, statement] : statements_)
      snapshot.statements.emplace(id, SessionSnapshot::Statement{statement.sql, {}});
    if (!running_->empty()) snapshot.pinned_by = "an open result";
    if (in_transaction_) snapshot.pinned_by = "an open transaction";
    return snapshot;
  }

  Status Restore(const SessionSnapshot& snapshot) override {
    settings_ = snapshot.settings;
    for (const auto& [id, prepared] : snapshot.statements) {
      TAVANA_ASSIGN_OR_RETURN(auto answer, Find(prepared.sql));
      if (statements_.insert_or_assign(id, Statement{prepared.sql, std::move(answer)}).second)
        ++engine_->open_statements;
      last_statement_ = std::max(last_statement_, static_cast<std::uint64_t>(id));
    }
    return Status::Ok();
  }

  Status Reset() override {
    engine_->open_statements -= statements_.size();
    statements_.clear();
    settings_.clear();
    in_transaction_ = false;
    return Status::Ok();
  }

 private:
  struct Statement {
    std::string sql;
    ScriptedAnswer answer;
  };

  Result<ScriptedAnswer> Find(std::string_view sql) const {
    const std::lock_guard lock(engine_->mutex);
    const auto found = engine_->answers.find(sql);
    if (found != engine_->answers.end()) return found->second;
    return Error(ErrorCode::kSyntax, "no answer is scripted for: " + std::string(sql)).AtPosition(1);
  }

  const std::shared_ptr<ScriptedEngine::State> engine_;
  const std::shared_ptr<RunningStatements> running_ = std::make_shared<RunningStatements>();
  std::map<StatementId, Statement> statements_;
  std::map<std::string, std::string> settings_;
  std::uint64_t last_statement_ = 0;
  std::uint64_t last_result_ = 0;
  std::atomic<bool> in_transaction_ = false;
};

}  // namespace

ScriptedEngine::ScriptedEngine() : state_(std::make_shared<State>()) {
  for (const auto command : {"BEGIN", "COMMIT", "ROLLBACK"}) {
    Answer(command, {.kind = StatementKind::kTransaction, .command = command});
  }
}

ScriptedEngine::~ScriptedEngine() = default;

void ScriptedEngine::Answer(std::string sql, ScriptedAnswer answer) {
  const std::lock_guard lock(state_->mutex);
  state_->answers.insert_or_assign(std::move(sql), std::move(answer));
}

void ScriptedEngine::SetDatabaseNames(std::vector<std::string> names) {
  const std::lock_guard lock(state_->mutex);
  state_->database_names = std::move(names);
}

void ScriptedEngine::SetPoisoned(bool poisoned) { state_->poisoned = poisoned; }
std::size_t ScriptedEngine::open_sessions() const { return state_->open_sessions; }
std::size_t ScriptedEngine::open_results() const { return state_->open_results; }
std::size_t ScriptedEngine::open_statements() const { return state_->open_statements; }
std::size_t ScriptedEngine::sessions_opened() const { return state_->sessions_opened; }
bool ScriptedEngine::poisoned() const { return state_->poisoned; }

std::vector<ScriptedExecution> ScriptedEngine::executions() const {
  const std::lock_guard lock(state_->mutex);
  return state_->executions;
}

std::map<std::string, std::vector<std::shared_ptr<arrow::RecordBatch>>> ScriptedEngine::ingested() const {
  const std::lock_guard lock(state_->mutex);
  return state_->ingested;
}

Result<std::unique_ptr<Session>> ScriptedEngine::Open(const SessionOptions& options) {
  if (auto why = options.opening.cancellation->why()) return *std::move(why);
  const auto names = DatabaseNames();
  const bool known = options.database == "main" || options.database == "tavana" ||
                     std::find(names.begin(), names.end(), options.database) != names.end();
  if (!known) {
    return Error(ErrorCode::kUndefinedDatabase, "database \"" + options.database + "\" does not exist");
  }
  return std::unique_ptr<Session>(std::make_unique<ScriptedSession>(state_));
}

std::vector<std::string> ScriptedEngine::DatabaseNames() {
  const std::lock_guard lock(state_->mutex);
  return state_->database_names;
}

}  // namespace tavana::engine::testing
