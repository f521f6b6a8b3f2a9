#include "duckdb/session.h"

#include <algorithm>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/main/valid_checker.hpp>
#include <duckdb/parser/keyword_helper.hpp>
#include <duckdb/transaction/meta_transaction.hpp>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "duckdb/arrow_scan.h"
#include "duckdb/attachments.h"
#include "duckdb/cached_files.h"
#include "duckdb/catalog.h"
#include "duckdb/direct_append.h"
#include "duckdb/errors.h"
#include "duckdb/guarded_files.h"
#include "duckdb/result.h"
#include "duckdb/statement.h"
#include "duckdb/values.h"
#include "duckdb/vault.h"

namespace tavana::duckdb_engine {
namespace {

using Values = ::duckdb::case_insensitive_map_t<::duckdb::BoundParameterData>;

/// Rows joined into one INSERT while ingesting (chosen: large enough to hide its cost, small beside any memory limit).
constexpr std::int64_t kIngestBytes = 32 << 20;

/// Text of a statement whose plan is kept after it was closed (chosen: a ping, not a page of constants).
constexpr std::size_t kKeptBytes = 256;

std::string Quoted(const std::string& name) { return ::duckdb::KeywordHelper::WriteQuoted(name, '"'); }
std::string Literal(const std::string& text) { return ::duckdb::KeywordHelper::WriteQuoted(text, '\''); }

class DuckDbSession : public engine::Session {
 public:
  DuckDbSession(std::shared_ptr<Instance> instance, engine::SessionOptions options)
      : shared_(std::make_shared<SharedConnection>(std::move(instance))), options_(std::move(options)) {}

  ~DuckDbSession() override {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->connection) return;
    CloseResults();
    Leave(*shared_->connection);
  }

  Status Connect() {
    try {
      auto connection = std::make_unique<::duckdb::Connection>(*shared_->instance->database);
      auto& config = ::duckdb::ClientConfig::GetConfig(*connection->context);
      config.enable_progress_bar = true;  // else there is no progress to ask for
      config.print_progress_bar = false;
      config.wait_time = 0;
      {
        const std::lock_guard lock(shared_->running_mutex);
        shared_->connection = std::move(connection);
      }
      if (options_.database == "tavana" || options_.database == "main") {
        // USE, without a statement's cost: half of what a connection costs.
        ::duckdb::ClientData::Get(shared_->context())
            .catalog_search_path->Set(::duckdb::CatalogSearchEntry("tavana", "main"),
                                      ::duckdb::CatalogSetPathType::SET_DIRECTLY);
      } else {
        TAVANA_RETURN_IF_ERROR(Run("USE " + Quoted(options_.database)));
      }
      // What the catalog's views and functions say of the session.
      auto& variables = ::duckdb::ClientConfig::GetConfig(shared_->context()).user_variables;
      variables["tavana_database"] = ::duckdb::Value(options_.database);
      variables["tavana_user"] = ::duckdb::Value(options_.user);
      (void)Vault::Of(shared_->context());
      (void)Own();
      SessionReach::Put(shared_->context(), ::duckdb::make_shared_ptr<SessionReach>(
                                                shared_->instance->reach, options_.user, shared_->instance->resolver));
      variables["tavana_pid"] = ::duckdb::Value::INTEGER(static_cast<std::int32_t>(options_.process_id));
      return Status::Ok();
    } catch (const std::exception& exception) {
      return Complain(*shared_->instance, ::duckdb::ErrorData(exception), {});
    }
  }

  Result<engine::Prepared> Prepare(const engine::CallContext& call, std::string_view sql,
                                   std::span<const std::shared_ptr<arrow::DataType>> parameter_types) override {
    const std::lock_guard lock(shared_->mutex);
    if (auto why = call.cancellation->why()) return *std::move(why);
    TAVANA_RETURN_IF_ERROR(MakeWay(call, false));
    const RunningCall running(*shared_, call);
    auto statement = std::exchange(kept_, nullptr);
    if (statement == nullptr || statement->sql != sql || !parameter_types.empty() ||
        statement->planned_at != shared_->instance->writes.Quiet()) {
      auto fresh = Describe(*shared_, sql, parameter_types);
      if (!fresh.ok()) return running.Explain(std::move(fresh).error());
      statement = std::make_unique<Statement>(*std::move(fresh));
    }
    statement->described.id = engine::StatementId{++last_statement_};
    auto described = statement->described;
    statements_.emplace(described.id, std::move(statement));
    just_planned_ = call.runs_once ? std::optional(described.id) : std::nullopt;
    return described;
  }

  void ClosePrepared(engine::StatementId id) override {
    const std::lock_guard lock(shared_->mutex);
    const auto found = statements_.find(id);
    if (found == statements_.end()) return;
    const bool latest = static_cast<std::uint64_t>(id) == last_statement_;
    if (latest && AnswersAlwaysAlike(*found->second)) kept_ = std::move(found->second);
    statements_.erase(found);
  }

  Result<std::unique_ptr<engine::ResultStream>> Execute(const engine::CallContext& call, engine::StatementId id,
                                                        engine::ExecuteArguments arguments) override {
    const std::lock_guard lock(shared_->mutex);
    if (auto why = call.cancellation->why()) return *std::move(why);
    const auto found = statements_.find(id);
    if (found == statements_.end()) return Error(ErrorCode::kUndefinedStatement, "prepared statement does not exist");
    auto& statement = *found->second;
    TAVANA_ASSIGN_OR_RETURN(auto values, BindValues(statement, arguments.parameters.get()));
    TAVANA_RETURN_IF_ERROR(MakeWay(call, statement.ends_transaction));
    if (std::exchange(just_planned_, std::nullopt) != id) AskServersAnew(shared_->context());
    RunningCall running(*shared_, call);
    const Writing writing(*this, MayWrite(statement));
    const bool was_in_transaction = in_transaction();
    try {
      const bool reads_inline_tables = !arguments.inline_tables.empty();
      OfferTables(shared_->context(), std::move(arguments.inline_tables));
      if (statement.commits && TransactionFailed()) {
        running.Shield();
        TAVANA_RETURN_IF_ERROR(EndTransaction(false));
        return Error(ErrorCode::kFailedTransaction, "the transaction failed and was rolled back");
      }
      auto result =
          reads_inline_tables ? StartOverInlineTables(statement, values, running) : Start(statement, values, running);
      if (!result.ok()) {
        if (!was_in_transaction && in_transaction())
          (void)EndTransaction(false);  // a BEGIN may fail after it has begun
        return running.Explain(std::move(result).error());
      }
      auto stream =
          DuckDbResult::Create(shared_, call, std::move(*result), statement.sql, statement.described.returns_rows,
                               statement.described.kind == engine::StatementKind::kDml);
      if (!stream.ok()) return running.Explain(std::move(stream).error());
      if (statement.resets_all) TAVANA_RETURN_IF_ERROR(ResetAll());
      NoteSetting(statement);
      return std::unique_ptr<engine::ResultStream>(std::move(*stream));
    } catch (const std::exception& exception) {
      return running.Explain(Complain(*shared_->instance, ::duckdb::ErrorData(exception), statement.sql));
    }
  }

  Result<std::int64_t> Ingest(const engine::CallContext& call, const engine::IngestTarget& target,
                              arrow::RecordBatchReader& batches) override {
    const std::lock_guard lock(shared_->mutex);
    if (auto why = call.cancellation->why()) return *std::move(why);
    TAVANA_RETURN_IF_ERROR(MakeWay(call, false));
    RunningCall running(*shared_, call);
    const Writing writing(*this, true);
    const bool own_transaction = shared_->context().transaction.IsAutoCommit();
    engine::IngestTarget resolved = target;
    if (::duckdb::StringUtil::CIEquals(resolved.schema, "public")) resolved.schema = "main";
    const auto ingest = [&] { return IngestInTransaction(call, resolved, batches); };
    auto rows = own_transaction ? InOwnTransaction(running, ingest) : ingest();
    if (!rows.ok()) {
      if (!own_transaction) FailTransaction(rows.error().message());
      return running.Explain(std::move(rows).error());
    }
    return rows;
  }

  engine::Progress GetProgress() const override {
    const std::lock_guard lock(shared_->running_mutex);
    if (!shared_->connection) return {};
    auto progress = shared_->connection->context->GetQueryProgress();
    const double percent = progress.GetPercentage();
    return {.fraction = percent < 0 ? -1 : std::min(percent / 100, 1.0),
            .rows_processed = progress.GetRowsProcesseed(),
            .rows_total = progress.GetTotalRowsToProcess()};
  }

  void Cancel(std::optional<engine::QueryId> query) override {
    std::vector<std::shared_ptr<Cancellation>> cancelled;
    {
      const std::lock_guard lock(shared_->running_mutex);
      for (const auto& running : shared_->running) {
        if (!query || running.query == *query) cancelled.push_back(running.cancellation);
      }
    }
    for (const auto& cancellation : cancelled)
      cancellation->Cancel(Error(ErrorCode::kCancelled, "canceling statement due to user request"));
  }

  bool in_transaction() const override {
    const std::lock_guard lock(shared_->mutex);
    return !shared_->context().transaction.IsAutoCommit();
  }

  Result<engine::SessionSnapshot> Snapshot() override {
    const std::lock_guard lock(shared_->mutex);
    const auto vault = Vault::Of(shared_->context())->contents();
    engine::SessionSnapshot snapshot{.settings = settings_, .credentials = vault->settings};
    for (const auto& [name, secret] : vault->secrets) snapshot.secrets[name] = BytesOf(*secret);
    bool attached_here = false;
    for (const auto& each : *Own()->list()) {
      snapshot.attachments.push_back({each.name, each.statement});
      attached_here |= each.statement.empty();
    }
    for (const auto& [id, statement] : statements_) snapshot.statements[id] = {statement->sql, statement->client_types};
    if (in_transaction()) {
      snapshot.pinned_by = "open transaction";
    } else if (!shared_->results.empty()) {
      snapshot.pinned_by = "open result";
    } else if (has_variable_) {
      snapshot.pinned_by = "session variable";
    } else if (attached_here) {
      snapshot.pinned_by = "attached database";
    } else {
      const auto temporary = HasTemporaryObjects();  // asked by a query, which may find no memory: then it stays
      if (!temporary.ok() || *temporary) snapshot.pinned_by = "temporary table";
    }
    return snapshot;
  }

  Status Restore(const engine::SessionSnapshot& snapshot) override {
    const std::lock_guard lock(shared_->mutex);
    TAVANA_RETURN_IF_ERROR(Reset());
    for (const auto& [name, value] : snapshot.credentials) {
      const auto* credential = FindCredentialSetting(name);
      if (credential == nullptr) return Error(ErrorCode::kUnsupported, "unknown credential setting " + name);
      SetCredential(*credential, value);
      if (credential->told()) TAVANA_RETURN_IF_ERROR(Run("SET " + Quoted(name) + " = " + Literal(value)));
    }
    for (const auto& [name, bytes] : snapshot.secrets) {
      TAVANA_ASSIGN_OR_RETURN(auto secret, SecretOf(bytes));
      Vault::Of(shared_->context())->Put(name, std::move(secret));
    }
    for (const auto& [name, statement] : snapshot.attachments) {
      if (statement.empty())
        return Error(ErrorCode::kUnavailable, "database \"" + name + "\" can not be attached again");
      TAVANA_RETURN_IF_ERROR(Own()->Attach(shared_->context(), statement));
    }
    for (const auto& [name, value] : snapshot.settings) {  // the search path names attachments
      TAVANA_RETURN_IF_ERROR(Run("SET " + Quoted(name) + " = " + Literal(value)));
      settings_[name] = value;
    }
    for (const auto& [id, prepared] : snapshot.statements) {
      TAVANA_ASSIGN_OR_RETURN(auto statement, Describe(*shared_, prepared.sql, prepared.parameter_types));
      statement.described.id = id;
      last_statement_ = std::max(last_statement_, static_cast<std::uint64_t>(id));
      statements_[id] = std::make_unique<Statement>(std::move(statement));
    }
    return Status::Ok();
  }

  Status Reset() override {
    const std::lock_guard lock(shared_->mutex);
    CloseResults();
    statements_.clear();
    kept_.reset();
    settings_.clear();
    has_variable_ = false;
    if (in_transaction()) (void)EndTransaction(false);
    // A fresh connection costs microseconds and leaves nothing behind: temporary objects, settings, secrets of states.
    std::unique_ptr<::duckdb::Connection> old;
    {
      const std::lock_guard running_lock(shared_->running_mutex);
      old = std::move(shared_->connection);
    }
    auto status = Connect();
    if (shared_->connection) {
      Leave(*old);
    } else {
      const std::lock_guard running_lock(shared_->running_mutex);
      shared_->connection = std::move(old);
    }
    return status;
  }

 private:
  /// Runs our own SQL to its end.
  Status Run(const std::string& sql) {
    try {
      const auto result = shared_->connection->Query(sql);
      if (result->HasError()) return Complain(*shared_->instance, result->GetErrorObject(), {});
      return Status::Ok();
    } catch (const std::exception& exception) {
      return Complain(*shared_->instance, ::duckdb::ErrorData(exception), {});
    }
  }

  /// `work` in a transaction of its own: committed, or nothing of it is left. A cancel may come at any moment; a BEGIN
  /// that it interrupts may have begun, a COMMIT may have committed, so that what ends the transaction is out of reach.
  template <typename Work>
  std::invoke_result_t<Work> InOwnTransaction(RunningCall& running, const Work& work) {
    Status status = Run("BEGIN");
    auto result = status.ok() ? work() : std::invoke_result_t<Work>(std::move(status).error());
    running.Shield();
    if (result.ok()) {
      status = EndTransaction(true);
      if (!status.ok()) result = std::move(status).error();
    } else if (!shared_->context().transaction.IsAutoCommit()) {
      (void)EndTransaction(false);
    }
    return result;
  }

  /// Runs our own INSERT; how many rows it has inserted.
  Result<std::int64_t> Count(const std::string& sql) {
    try {
      const auto result = shared_->connection->Query(sql);
      if (result->HasError()) return Complain(*shared_->instance, result->GetErrorObject(), {});
      return result->GetValue(0, 0).GetValue<std::int64_t>();
    } catch (const std::exception& exception) {
      return Complain(*shared_->instance, ::duckdb::ErrorData(exception), {});
    }
  }

  /// DuckDB streams one result a connection: what is left of it is moved aside before anything else runs. The end of a
  /// transaction is not refused because an old result is too large; that result fails instead.
  Status MakeWay(const engine::CallContext& call, bool ends_transaction) {
    if (shared_->streaming == nullptr) return Status::Ok();
    auto* const streaming = shared_->streaming;
    auto status = streaming->MoveAside(*call.cancellation);
    if (status.ok() || !ends_transaction || status.error().code() != ErrorCode::kQuotaExceeded) return status;
    streaming->Fail(std::move(status).error());
    return Status::Ok();
  }

  void CloseResults() {
    for (auto* result : shared_->results) result->Fail(Error(ErrorCode::kUndefinedCursor, "the result was closed"));
  }

  bool TransactionFailed() {
    auto& context = shared_->context();
    return !context.transaction.IsAutoCommit() && context.transaction.HasActiveTransaction() &&
           ::duckdb::ValidChecker::IsInvalidated(context.ActiveTransaction());
  }

  void FailTransaction(const std::string& why) {
    auto& context = shared_->context();
    if (context.transaction.HasActiveTransaction())
      ::duckdb::ValidChecker::Invalidate(context.ActiveTransaction(), why);
  }

  /// COMMIT or ROLLBACK of the transaction that is open, which is none afterwards, whatever this gives. Not as a query:
  /// that would want memory for its pipeline, which may be what there is none of, and could fail after it has
  /// committed.
  Status EndTransaction(bool commits) {
    shared_->EndActiveQuery();
    auto& transaction = shared_->context().transaction;
    if (transaction.IsAutoCommit()) {
      return Error(ErrorCode::kNoActiveTransaction,
                   std::string(commits ? "cannot commit" : "cannot rollback") + " - no transaction is active");
    }
    try {
      if (commits) {
        transaction.Commit();
      } else {
        transaction.Rollback(nullptr);
      }
      return Status::Ok();
    } catch (const std::exception& exception) {
      const ::duckdb::ErrorData error(exception);
      const bool undone = error.Type() == ::duckdb::ExceptionType::TRANSACTION;
      auto told = Complain(*shared_->instance, error, {});
      if (!commits || undone) return told;
      if (!told.poisoned()) return Status::Ok();  // what failed came after it: a checkpoint, which a later one repeats
      return Error(ErrorCode::kOutcomeUnknown, "the database failed in COMMIT; its outcome is unknown")
          .WithDetail(told.message());
    }
  }

  Result<Values> BindValues(const Statement& statement, const arrow::RecordBatch* row) {
    Values values;
    const int given = row == nullptr ? 0 : row->num_columns();
    const auto expected = static_cast<int>(statement.parameter_names.size());
    if (given != expected || (expected > 0 && row->num_rows() != 1)) {
      return Error(ErrorCode::kProtocol, "the statement has " + std::to_string(expected) + " parameters, " +
                                             std::to_string(given) + " values were given");
    }
    for (int i = 0; i < expected; ++i) {
      const auto& name = statement.parameter_names[static_cast<std::size_t>(i)];
      if (name.empty()) continue;
      TAVANA_ASSIGN_OR_RETURN(auto value, ValueOf(*row->column(i), 0));
      const auto& type = statement.parameter_types[static_cast<std::size_t>(i)];
      if (type.id() != ::duckdb::LogicalTypeId::INVALID && type.id() != ::duckdb::LogicalTypeId::UNKNOWN &&
          value.type() != type) {
        TAVANA_ASSIGN_OR_RETURN(value, CastTo(std::move(value), type, i + 1));
      }
      values.emplace(name, ::duckdb::BoundParameterData(std::move(value)));
    }
    return values;
  }

  Result<::duckdb::Value> CastTo(::duckdb::Value value, const ::duckdb::LogicalType& type, int number) {
    try {
      ::duckdb::Value cast;
      std::string problem;
      const bool from_text = value.type().id() == ::duckdb::LogicalTypeId::VARCHAR;
      bool ok = false;
      // Casts of ICU (timestamps with time zone) look settings up, which needs a transaction.
      shared_->context().RunFunctionInTransaction(
          [&] { ok = value.TryCastAs(shared_->context(), type, cast, &problem); }, false);
      if (ok) return cast;
      return Error(from_text ? ErrorCode::kInvalidText : ErrorCode::kOutOfRange,
                   "invalid value for parameter $" + std::to_string(number) + " of type " + type.ToString() +
                       (problem.empty() ? "" : ": " + problem));
    } catch (const std::exception& exception) {
      return TranslateException(exception, {});
    }
  }

  Result<std::unique_ptr<::duckdb::QueryResult>> Finish(std::unique_ptr<::duckdb::PendingQueryResult> pending,
                                                        const Statement& statement, const RunningCall& running) {
    if (pending->HasError()) return Complain(*shared_->instance, pending->GetErrorObject(), statement.sql);
    // DuckDB forgot an interrupt that came before it began: look again before the long part.
    if (auto why = running.why()) {
      pending.reset();
      shared_->EndActiveQuery();
      return *std::move(why);
    }
    // Not Execute alone: where DuckDB's threads have all the tasks, it asks for one over and over, and they want the
    // core.
    for (;;) {
      const auto state = pending->ExecuteTask();
      if (::duckdb::PendingQueryResult::IsResultReady(state) || state == ::duckdb::PendingExecutionResult::BLOCKED)
        break;
      if (state == ::duckdb::PendingExecutionResult::NO_TASKS_AVAILABLE) std::this_thread::yield();
    }
    if (pending->HasError()) return Complain(*shared_->instance, pending->GetErrorObject(), statement.sql);
    std::unique_ptr<::duckdb::QueryResult> result = pending->Execute();
    if (result->HasError()) return Complain(*shared_->instance, result->GetErrorObject(), statement.sql);
    return result;
  }

  ::duckdb::shared_ptr<PlanGuard> Guard() { return PlanGuard::Of(shared_->context(), shared_->instance->writes); }

  /// A call during which the session may write.
  class [[nodiscard]] Writing {
   public:
    Writing(DuckDbSession& session, bool writes) : session_(session), writes_(writes) {
      if (writes_) session_.Guard()->Enter();
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing() {
      if (writes_) session_.Guard()->Settle(session_.shared_->context());
    }

   private:
    DuckDbSession& session_;
    bool writes_;
  };

  static bool MayWrite(const Statement& statement) {
    switch (statement.described.kind) {
      case engine::StatementKind::kTransaction:
      case engine::StatementKind::kSetting: return false;
      case engine::StatementKind::kQuery:
        return statement.prepared ? !statement.prepared->data->properties.IsReadOnly() : !statement.parts.empty();
      default: return true;
    }
  }

  /// Whether the plan stays true while nobody writes: what pools send to see whether the server is there.
  static bool AnswersAlwaysAlike(const Statement& statement) {
    const auto& reads = statement.described.read_set;
    return statement.prepared && statement.planned_at && statement.described.kind == engine::StatementKind::kQuery &&
           statement.client_types.empty() && statement.parameter_names.empty() && reads.complete &&
           !reads.has_volatile_function && reads.tables.empty() && reads.files.empty() &&
           reads.databases_written.empty() && statement.sql.size() <= kKeptBytes &&
           statement.sql.find('(') == std::string::npos;  // a function may answer from anywhere, a macro may change
  }

  static Error ChangedColumns() {
    return Error(ErrorCode::kUnsupported, "cached plan must not change result type")
        .WithHint("A table of the statement was changed since it was prepared: prepare it again.");
  }

  /// Plans anew what was planned before somebody wrote, for this execution and those to come. While somebody writes
  /// the plan stays, and DuckDB makes one for the execution alone.
  Status RenewPlan(Statement& statement) {
    if (!statement.plan_ages || statement.plan_never_holds) return Status::Ok();
    const auto now = shared_->instance->writes.Quiet();
    if (!now || now == statement.planned_at) return Status::Ok();
    auto renewed = shared_->context().Prepare(statement.prepared->data->unbound_statement->Copy());
    if (renewed->HasError()) return Status::Ok();  // the execution will say it
    const auto& data = *renewed->data;
    const auto& before = *statement.prepared->data;
    if (statement.described.returns_rows && (before.types != data.types || before.names != data.names))
      return ChangedColumns();
    statement.prepared = std::move(renewed);
    statement.planned_at = now;
    return Status::Ok();
  }

  /// Rows may be many and spill. What a statement without rows has done stands once DuckDB has committed it, and is to
  /// be told in memory that is always there, not in what the limit leaves.
  static ::duckdb::QueryResultMemoryType MemoryOf(const Statement& statement) {
    return statement.described.returns_rows ? ::duckdb::QueryResultMemoryType::BUFFER_MANAGED
                                            : ::duckdb::QueryResultMemoryType::IN_MEMORY;
  }

  Result<std::unique_ptr<::duckdb::QueryResult>> Start(Statement& statement, Values& values, RunningCall& running) {
    ::duckdb::PendingQueryParameters parameters;
    parameters.parameters = &values;
    parameters.query_parameters.memory_type = MemoryOf(statement);
    if (statement.ends_transaction) {
      running.Shield();
      TAVANA_RETURN_IF_ERROR(EndTransaction(statement.commits));
      return EmptyResult();
    }
    if (statement.prepared) {
      TAVANA_RETURN_IF_ERROR(RenewPlan(statement));
      auto data = statement.prepared->data;
      parameters.query_parameters.output_type = data->properties.output_type;
      const auto guard = Guard();
      if (statement.plan_ages)
        guard->ExpectQuietSince(statement.plan_never_holds ? std::nullopt : statement.planned_at);
      auto pending = shared_->context().PendingQuery(statement.prepared->query, data, parameters);
      guard->ExpectNothing();
      TAVANA_ASSIGN_OR_RETURN(auto result, Finish(std::move(pending), statement, running));
      return statement.described.returns_rows ? Promised(std::move(result), data->types, data->names)
                                              : std::move(result);
    }
    if (statement.attach) TAVANA_RETURN_IF_ERROR(Own()->Attach(shared_->context(), *statement.attach));
    if (statement.detach)
      TAVANA_RETURN_IF_ERROR(Own()->Detach(shared_->context(), statement.detach->name,
                                           statement.detach->if_not_found == ::duckdb::OnEntryNotFound::RETURN_NULL));
    if (statement.parts.empty()) return EmptyResult();
    if (statement.parts.size() > 1 && statement.described.kind == engine::StatementKind::kDdl)
      return StartTogether(statement, values, running);
    TAVANA_ASSIGN_OR_RETURN(auto result, StartParts(statement, values, running));
    if (statement.promised_types.empty()) return result;
    return Promised(std::move(result), statement.promised_types, statement.promised_names);
  }

  /// `result`, if it has the columns that the client was told of.
  Result<std::unique_ptr<::duckdb::QueryResult>> Promised(std::unique_ptr<::duckdb::QueryResult> result,
                                                          const ::duckdb::vector<::duckdb::LogicalType>& types,
                                                          const ::duckdb::vector<std::string>& names) {
    if (result->types == types && result->names == names) return result;
    result.reset();
    shared_->EndActiveQuery();
    return ChangedColumns();
  }

  /// Definitions that take several statements: all or none.
  Result<std::unique_ptr<::duckdb::QueryResult>> StartTogether(Statement& statement, Values& values,
                                                               RunningCall& running) {
    const auto start = [&] { return StartParts(statement, values, running); };
    if (!shared_->context().transaction.IsAutoCommit()) return start();
    TAVANA_RETURN_IF_ERROR(InOwnTransaction(running, start));
    return EmptyResult();
  }

  Result<std::unique_ptr<::duckdb::QueryResult>> StartParts(Statement& statement, Values& values,
                                                            const RunningCall& running) {
    std::unique_ptr<::duckdb::QueryResult> answer;
    for (const auto& part : statement.parts) {
      Values used;
      for (const auto& [name, index] : part->named_param_map) {
        if (const auto value = values.find(name); value != values.end()) used.emplace(*value);
      }
      const bool streams = part == statement.parts.back() && statement.described.kind != engine::StatementKind::kDdl;
      ::duckdb::QueryParameters query_parameters(streams);
      query_parameters.memory_type = MemoryOf(statement);
      TAVANA_ASSIGN_OR_RETURN(auto result, Finish(shared_->context().PendingQuery(part->Copy(), used, query_parameters),
                                                  statement, running));
      if (!answer || result->properties.return_type == ::duckdb::StatementReturnType::QUERY_RESULT)
        answer = std::move(result);
    }
    return answer;
  }

  Result<std::unique_ptr<::duckdb::QueryResult>> StartOverInlineTables(Statement& statement, Values& values,
                                                                       RunningCall& running) {
    if (!statement.prepared && statement.parts.size() != 1) return Start(statement, values, running);
    auto copy = statement.prepared ? statement.prepared->data->unbound_statement->Copy() : statement.parts[0]->Copy();
    ReadOfferedTables(shared_->context(), *copy);
    ::duckdb::QueryParameters query_parameters(true);
    query_parameters.memory_type = MemoryOf(statement);
    return Finish(shared_->context().PendingQuery(std::move(copy), values, query_parameters), statement, running);
  }

  Result<std::unique_ptr<::duckdb::QueryResult>> EmptyResult() {
    return std::unique_ptr<::duckdb::QueryResult>(shared_->context().Query("", ::duckdb::QueryParameters(false)));
  }

  ::duckdb::shared_ptr<Attachments> Own() {
    return Attachments::Of(shared_->context(), shared_->instance->attached_files);
  }

  /// What a connection has of its own and DuckDB would keep.
  static void Leave(::duckdb::Connection& connection) {
    if (const auto own = Attachments::Find(*connection.context)) own->DetachAll(*connection.context);
  }

  void SetCredential(const CredentialSetting& credential, std::optional<std::string> value) {
    Vault::Of(shared_->context())
        ->Set(credential, std::move(value), shared_->instance->vaults->Infrastructure(credential.type));
  }

  /// Of the credential settings; the door resets those that it knows.
  Status ResetAll() {
    std::vector<std::string> names;
    for (const auto& [name, value] : Vault::Of(shared_->context())->contents()->settings) {
      if (FindCredentialSetting(name)->told()) names.push_back(name);
    }
    Vault::Of(shared_->context())->ResetSettings();
    for (const auto& name : names) TAVANA_RETURN_IF_ERROR(Run("RESET " + Quoted(name)));
    return Status::Ok();
  }

  void NoteSetting(const Statement& statement) {
    if (statement.setting.empty()) return;
    if (statement.credential != nullptr) {
      SetCredential(*statement.credential, statement.credential_value);
      return;
    }
    if (statement.sets_variable) {
      if (statement.setting.starts_with(kInlinePrefix)) return;  // a step of the gateway's, used at once
      has_variable_ = has_variable_ || !statement.resets_setting;
      return;
    }
    if (statement.resets_setting) {
      settings_.erase(statement.setting);
      return;
    }
    if (statement.setting == "search_path" || statement.setting == "schema") {
      const auto& paths = ::duckdb::ClientData::Get(shared_->context()).catalog_search_path->GetSetPaths();
      settings_["search_path"] = ::duckdb::CatalogSearchEntry::ListToString(paths);
      return;
    }
    ::duckdb::Value value;
    if (shared_->context().TryGetCurrentSetting(statement.setting, value))
      settings_[statement.setting] = value.ToString();
  }

  Result<bool> HasTemporaryObjects() {
    try {
      const auto result = shared_->connection->Query(
          "SELECT (SELECT count(*) FROM duckdb_tables() WHERE temporary) + (SELECT count(*) FROM duckdb_views() WHERE "
          "temporary AND NOT internal) + "
          "(SELECT count(*) FROM duckdb_sequences() WHERE temporary)");
      if (result->HasError()) return Complain(*shared_->instance, result->GetErrorObject(), {});
      return result->GetValue(0, 0).GetValue<std::int64_t>() > 0;
    } catch (const std::exception& exception) {
      return Complain(*shared_->instance, ::duckdb::ErrorData(exception), {});
    }
  }

  std::string NameOf(const engine::IngestTarget& target) {
    std::string name;
    if (target.temporary) return "temp." + Quoted(target.table);
    if (!target.database.empty())
      name +=
          Quoted(target.database == "main" ? "tavana" : target.database) + "." + (target.schema.empty() ? "main." : "");
    if (!target.schema.empty()) name += Quoted(target.schema) + ".";
    return name + Quoted(target.table);
  }

  /// Nothing when only an INSERT can do it; then no batch was taken.
  Result<std::optional<std::int64_t>> AppendDirectly(const engine::CallContext& call,
                                                     const engine::IngestTarget& target,
                                                     arrow::RecordBatchReader& batches) {
    std::unique_ptr<DirectAppend> append;
    std::int64_t came = 0, appended = 0;
    try {
      append = DirectAppend::Make(shared_->context(), target, *batches.schema());
      if (append == nullptr) return std::optional<std::int64_t>();
      for (;;) {
        if (auto why = call.cancellation->why()) return *std::move(why);
        std::shared_ptr<arrow::RecordBatch> batch;
        if (const auto status = batches.ReadNext(&batch); !status.ok()) {
          return Error(ErrorCode::kDataException, status.message());
        }
        if (batch == nullptr) return std::optional<std::int64_t>(appended);
        appended += append->Append(*batch);
        came += batch->num_rows();
      }
    } catch (const std::exception& exception) {
      auto error = Complain(*shared_->instance, ::duckdb::ErrorData(exception), {});
      if (append != nullptr && append->failed_row()) (void)std::move(error).AtRow(came + *append->failed_row());
      return error;
    }
  }

  Result<std::int64_t> IngestInTransaction(const engine::CallContext& call, const engine::IngestTarget& target,
                                           arrow::RecordBatchReader& batches) {
    using Mode = engine::IngestTarget::Mode;
    constexpr const char* kSource = "__tavana_ingested";
    const std::string name = NameOf(target);
    if (target.mode != Mode::kAppend) {
      auto empty = arrow::Table::MakeEmpty(batches.schema());
      if (!empty.ok()) return Error(ErrorCode::kInternal, empty.status().message());
      OfferTables(shared_->context(), {{kSource, *empty}});
      const std::string create = std::string(target.mode == Mode::kReplace ? "CREATE OR REPLACE " : "CREATE ") +
                                 (target.temporary ? "TEMPORARY TABLE " : "TABLE ") +
                                 (target.mode == Mode::kCreateOrAppend ? "IF NOT EXISTS " : "");
      TAVANA_RETURN_IF_ERROR(Run(create + name + " AS SELECT * FROM " + kSource));
    }
    TAVANA_ASSIGN_OR_RETURN(const std::optional<std::int64_t> appended, AppendDirectly(call, target, batches));
    if (appended) return *appended;
    const std::string where = target.where.empty() ? "" : " WHERE (" + target.where + "\n)";  // it may end in a comment
    std::int64_t rows = 0;
    for (bool more = true; more;) {
      std::vector<std::shared_ptr<arrow::RecordBatch>> gathered;
      std::int64_t bytes = 0;
      while (bytes < kIngestBytes) {
        if (auto why = call.cancellation->why()) return *std::move(why);
        std::shared_ptr<arrow::RecordBatch> batch;
        if (const auto status = batches.ReadNext(&batch); !status.ok())
          return Error(ErrorCode::kDataException, status.message());
        more = batch != nullptr;
        if (!more) break;
        for (const auto& column : batch->column_data()) {
          for (const auto& buffer : column->buffers) bytes += buffer ? buffer->size() : 0;
        }
        bytes += batch->num_rows();
        gathered.push_back(std::move(batch));
      }
      if (gathered.empty()) continue;
      auto table = arrow::Table::FromRecordBatches(batches.schema(), gathered);
      if (!table.ok()) return Error(ErrorCode::kDataException, table.status().message());
      OfferTables(shared_->context(), {{kSource, *std::move(table)}});
      TAVANA_ASSIGN_OR_RETURN(const std::int64_t inserted,
                              Count("INSERT INTO " + name + " BY NAME SELECT * FROM " + kSource + where));
      rows += inserted;
    }
    OfferTables(shared_->context(), {});
    return rows;
  }

  std::shared_ptr<SharedConnection> shared_;
  engine::SessionOptions options_;
  std::unordered_map<engine::StatementId, std::unique_ptr<Statement>> statements_;
  /// The statement prepared last, when it was closed since and would be planned the same again.
  std::unique_ptr<Statement> kept_;
  std::uint64_t last_statement_ = 0;
  std::optional<engine::StatementId> just_planned_;  ///< and to be executed at once: what it planned with is still so
  std::map<std::string, std::string> settings_;
  bool has_variable_ = false;
};

}  // namespace

Result<std::unique_ptr<engine::Session>> OpenSession(std::shared_ptr<Instance> instance,
                                                     const engine::SessionOptions& options) {
  auto session = std::make_unique<DuckDbSession>(std::move(instance), options);
  TAVANA_RETURN_IF_ERROR(session->Connect());
  return std::unique_ptr<engine::Session>(std::move(session));
}

}  // namespace tavana::duckdb_engine
