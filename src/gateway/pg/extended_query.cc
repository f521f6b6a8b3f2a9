#include <fmt/format.h>

#include <algorithm>

#include "gateway/pg/pg_session.h"
#include "pgwire/parameters.h"
#include "pgwire/types.h"
#include "sql/redact.h"

namespace tavana::gateway {
namespace {

/// Parameters of what the session answers itself, where Parse said nothing of them: all are numbers.
void NameParametersOfOurs(PreparedStatement& statement) {
  const auto& classified = statement.classified;
  const bool signals = classified.command == sql::Command::kSignalBackend;
  if (!signals && classified.command != sql::Command::kAdvisoryLock) return;
  const auto wanted = static_cast<std::size_t>(std::count(classified.value->begin(), classified.value->end(), '$'));
  statement.parameter_oids.resize(std::max(wanted, statement.parameter_oids.size()), 0);
  for (std::uint32_t& oid : statement.parameter_oids) {
    if (oid == 0) oid = pgwire::OidOf(signals ? *arrow::int32() : *arrow::int64());
  }
}

}  // namespace

PgSession::Task<Status> PgSession::OnParse(pgwire::Parse& message) {
  if (!message.name.empty() && statements_.contains(message.name)) {
    co_return Error(ErrorCode::kDuplicateStatement,
                    fmt::format("prepared statement \"{}\" already exists", message.name));
  }
  if (statements_.size() >= kMaxStatements) {
    co_return Error(ErrorCode::kQuotaExceeded,
                    fmt::format("a session may hold {} prepared statements", kMaxStatements));
  }
  const auto texts = sql::SplitStatements(message.sql);
  if (texts.size() > 1)
    co_return Error(ErrorCode::kSyntax, "cannot insert multiple commands into a prepared statement");
  auto statement = std::make_shared<PreparedStatement>();
  statement->parameter_oids = std::move(message.parameter_oids);
  if (texts.empty()) {
    statement->empty = true;
  } else {
    // The whole text, so that positions count in what the client sent.
    statement->sql = std::move(message.sql);
    statement->classified = sql::Classify(statement->sql);
    statement->shown = sql::ShownStatement(statement->sql);
    NoteStatement(*statement);
    const Status allowed = RefuseInFailedBlock(statement->classified);
    if (!allowed.ok()) co_return allowed;
    if (message.name.empty()) co_await CloseStatement("");
    std::shared_ptr<PreparedStatement> for_engine = IsOurs(statement->classified) ? nullptr : statement;
    if (statement->classified.command == sql::Command::kDeclareCursor) {
      for_engine = statement->query = QueryOf(*statement);
    }
    if (for_engine != nullptr) {
      const auto began = std::chrono::steady_clock::now();
      const auto call = NewCall();
      const Running running(*this, call.cancellation);
      const Status prepared = co_await PrepareStatement(call, for_engine);
      if (!prepared.ok()) {
        CountStatement(prepared, began);
        const auto before = statement->sql.size() - for_engine->sql.size();  // in front of a cursor's query
        co_return Error(prepared.error()).MovedBy(sql::CharactersBefore(statement->sql, before));
      }
      statement->parameter_oids = for_engine->parameter_oids;
    }
    if (IsOurs(statement->classified)) statement->columns = ColumnsOf(statement->classified);
    NameParametersOfOurs(*statement);
  }
  statements_[message.name] = std::move(statement);
  Out().ParseComplete();
  co_return Status::Ok();
}

PgSession::Task<Status> PgSession::OnBind(pgwire::Bind& message) {
  const auto found = statements_.find(message.statement);
  if (found == statements_.end()) {
    co_return message.statement.empty()
        ? Error(ErrorCode::kUndefinedStatement, "unnamed prepared statement does not exist")
        : Error(ErrorCode::kUndefinedStatement,
                fmt::format("prepared statement \"{}\" does not exist", message.statement));
  }
  const std::shared_ptr<PreparedStatement> statement = found->second;
  const Status allowed = RefuseInFailedBlock(statement->classified);
  if (!allowed.ok() && !statement->empty) co_return allowed;
  if (!message.portal.empty() && portals_.contains(message.portal)) {
    co_return Error(ErrorCode::kDuplicateCursor, fmt::format("cursor \"{}\" already exists", message.portal));
  }
  if (message.values.size() != statement->parameter_oids.size()) {
    co_return Error(ErrorCode::kProtocol,
                    fmt::format("bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                                message.values.size(), message.statement, statement->parameter_oids.size()));
  }
  const std::size_t columns =
      statement->columns == nullptr ? 0 : static_cast<std::size_t>(statement->columns->num_fields());
  const bool columns_known = !statement->prepared || statement->prepared->columns_known;
  if (message.result_formats.size() > 1 && columns_known && message.result_formats.size() != columns) {
    co_return Error(ErrorCode::kProtocol, fmt::format("bind message has {} result formats but query has {} columns",
                                                      message.result_formats.size(), columns));
  }
  std::shared_ptr<arrow::RecordBatch> parameters;
  if (!message.values.empty()) {
    std::vector<std::shared_ptr<arrow::DataType>> types;
    if (statement->bound() != nullptr) types = statement->bound()->parameters;
    if (statement->bound() == nullptr) {
      for (const std::uint32_t oid : statement->parameter_oids) types.push_back(pgwire::ArrowTypeOf(oid));
    }
    types.resize(message.values.size(), arrow::utf8());
    auto decoded =
        pgwire::DecodeParameters(types, statement->parameter_oids, message.parameter_formats, message.values);
    if (!decoded.ok()) co_return std::move(decoded).error();
    parameters = *std::move(decoded);
  }
  const auto old = portals_.find(message.portal);
  if (old != portals_.end()) {
    auto portal = std::move(old->second);
    portals_.erase(old);
    co_await Release(std::move(portal));
  }
  if (portals_.size() >= kMaxPortals) {
    co_return Error(ErrorCode::kQuotaExceeded, fmt::format("a session may hold {} portals", kMaxPortals));
  }
  portals_[message.portal] =
      std::make_shared<Portal>(statement, std::move(parameters), std::move(message.result_formats));
  Out().BindComplete();
  co_return Status::Ok();
}

Status PgSession::DescribeRows(const PreparedStatement& statement, std::span<const std::int16_t> formats) {
  if (statement.prepared && !statement.prepared->columns_known) {
    return Error(ErrorCode::kIndeterminateType, "the columns of this statement are not known before it has its values")
        .WithHint("Cast the parameters ($1::integer), or use the simple protocol.");
  }
  if (statement.columns == nullptr) {
    Out().NoData();
    return Status::Ok();
  }
  TAVANA_ASSIGN_OR_RETURN(const auto encoder,
                          pgwire::RowEncoder::Make(*statement.columns, formats, CurrentTextSettings()));
  Out().RowDescription(encoder.fields);
  return Status::Ok();
}

PgSession::Task<Status> PgSession::OnDescribe(const pgwire::Describe& message) {
  if (message.kind == 'S') {
    const auto found = statements_.find(message.name);
    if (found == statements_.end()) {
      co_return Error(ErrorCode::kUndefinedStatement,
                      fmt::format("prepared statement \"{}\" does not exist", message.name));
    }
    PreparedStatement& statement = *found->second;
    const Status allowed = RefuseInFailedBlock(statement.classified);
    if (!allowed.ok() && statement.columns != nullptr) co_return allowed;
    // A cursor may have come since Parse.
    if (!statement.empty && IsOurs(statement.classified)) statement.columns = ColumnsOf(statement.classified);
    const std::size_t before = out_.size();
    Out().ParameterDescription(statement.parameter_oids);
    const Status described = DescribeRows(statement, {});
    if (!described.ok()) out_.SetSize(before);
    co_return described;
  }
  const auto found = portals_.find(message.name);
  if (found == portals_.end()) {
    co_return Error(ErrorCode::kUndefinedCursor, fmt::format("portal \"{}\" does not exist", message.name));
  }
  const Portal& portal = *found->second;
  const Status allowed = RefuseInFailedBlock(portal.statement()->classified);
  if (!allowed.ok() && portal.returns_rows()) co_return allowed;
  if (portal.started() && portal.returns_rows()) {  // what it really gives
    Out().RowDescription(portal.encoder()->fields);
    co_return Status::Ok();
  }
  co_return DescribeRows(*portal.statement(), portal.formats());
}

PgSession::Task<Status> PgSession::OnExecute(const pgwire::Execute& message) {
  const auto found = portals_.find(message.portal);
  if (found == portals_.end()) {
    co_return Error(ErrorCode::kUndefinedCursor, fmt::format("portal \"{}\" does not exist", message.portal));
  }
  const std::shared_ptr<Portal> portal = found->second;
  if (portal->statement()->empty) {
    Out().EmptyQueryResponse();
    co_return Status::Ok();
  }
  const Status allowed = RefuseInFailedBlock(portal->statement()->classified);
  if (!allowed.ok()) co_return allowed;
  const std::int64_t max_rows = std::max(message.max_rows, 0);
  if (portal->ended()) {  // run to its end before: nothing more, and nothing again
    if (portal->statement()->prepared && !portal->returns_rows()) {
      co_return Error(ErrorCode::kUndefinedCursor, fmt::format("portal \"{}\" cannot be run", message.portal));
    }
    Out().CommandComplete(portal->statement()->prepared ? CommandTag(*portal->statement(), 0, 0) : "SELECT 0");
    co_return Status::Ok();
  }
  NoteStatement(*portal->statement());
  const auto call = NewCall();
  const Running running(*this, call.cancellation);
  Status status;
  if (portal->statement()->prepared) {
    const Status opened = co_await OpenPipelineBlock(call);
    if (!opened.ok()) co_return opened;
    Delivery delivery{.portal = portal, .rows = max_rows == 0 ? kAllRows : max_rows};
    status = co_await Execute(call, std::move(delivery));
  } else {
    const sql::Command command = portal->statement()->classified.command;
    if (command == sql::Command::kExecute || command == sql::Command::kCopyFromStdin ||
        command == sql::Command::kCopyToStdout) {
      const Status opened = co_await OpenPipelineBlock(call);
      if (!opened.ok()) co_return opened;
    }
    status = co_await RunOurs(call, portal, false);
  }
  co_return status;
}

PgSession::Task<void> PgSession::CloseStatement(std::string_view name) {
  const auto found = statements_.find(name);
  if (found == statements_.end()) co_return;
  const auto statement = std::move(found->second);
  statements_.erase(found);
  for (auto at = portals_.begin(); at != portals_.end();) {  // a statement takes its portals with it
    if (at->second->statement() != statement) {
      ++at;
      continue;
    }
    auto portal = std::move(at->second);
    at = portals_.erase(at);
    co_await Release(std::move(portal));
  }
  if (statement->bound() != nullptr) closing_.push_back(statement->bound()->id);
}

PgSession::Task<Status> PgSession::OnClose(const pgwire::Close& message) {
  if (message.kind == 'S') {
    co_await CloseStatement(message.name);
  } else if (const auto found = portals_.find(message.name); found != portals_.end()) {
    auto portal = std::move(found->second);
    portals_.erase(found);
    co_await Release(std::move(portal));
  }
  Out().CloseComplete();
  co_return Status::Ok();
}

// postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-PIPELINING: without BEGIN, statements up to Sync are one
// transaction. When Sync is right behind, the statement's own one is the same and costs less.
PgSession::Task<Status> PgSession::OpenPipelineBlock(const engine::CallContext& call) {
  if (state_ != TransactionState::kIdle || implicit_block_) co_return Status::Ok();
  if (connection_->buffered().starts_with('S')) co_return Status::Ok();
  const Status begun = co_await RunOnEngine(call, "BEGIN TRANSACTION");
  implicit_block_ = begun.ok();
  co_return begun;
}

PgSession::Task<void> PgSession::OnSync() {
  if (implicit_block_) {
    implicit_block_ = false;
    const bool commits = !skip_until_sync_;
    auto portals =
        TakePortals([commits](const Portal& portal) { return portal.hold && (commits || !portal.of_this_block); });
    co_await ReleaseAll(std::move(portals));
    const auto call = NewCall();
    const Running running(*this, call.cancellation);
    const Status ended = co_await RunOnEngine(call, skip_until_sync_ ? "ROLLBACK" : "COMMIT");
    if (!ended.ok()) ReportError(ended.error());
    ReleaseAdvisoryLocks(true);
  }
  skip_until_sync_ = false;
  if (state_ == TransactionState::kIdle) {  // a portal lives as long as its transaction
    auto portals = TakePortals([](const Portal& portal) { return portal.hold; });
    co_await ReleaseAll(std::move(portals));
  }
  Ready();
}

}  // namespace tavana::gateway
