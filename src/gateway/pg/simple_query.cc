#include <algorithm>

#include "gateway/pg/pg_session.h"
#include "sql/redact.h"

namespace tavana::gateway {
namespace {

bool ControlsTransactions(sql::Command command) {
  return command == sql::Command::kBegin || command == sql::Command::kCommit || command == sql::Command::kRollback;
}

}  // namespace

PgSession::Task<bool> PgSession::SimpleQuery(const std::string& text) {
  const auto statements = sql::SplitStatements(text);
  if (statements.empty()) Out().EmptyQueryResponse();
  if (const auto unnamed = portals_.find(""); unnamed != portals_.end()) {  // it ends with the next simple query
    auto portal = std::move(unnamed->second);
    portals_.erase(unnamed);
    co_await Release(std::move(portal));
  }

  // Several statements are one transaction unless they say otherwise
  // (postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT).
  const bool implicit_block = statements.size() > 1 && state_ == TransactionState::kIdle &&
                              std::none_of(statements.begin(), statements.end(), [](const auto& statement) {
                                return ControlsTransactions(sql::Classify(statement.text).command);
                              });
  Status status;
  if (implicit_block) status = co_await OpenOrCloseImplicitBlock("BEGIN TRANSACTION");
  for (const auto& statement : statements) {
    if (!status.ok()) break;
    status = co_await SimpleStatement(statement);
    if (!status.ok()) {  // its position counts in the statement, the client's in the whole text
      status = Error(status.error()).MovedBy(sql::CharactersBefore(text, statement.offset_bytes));
    }
  }
  if (implicit_block) {
    const Status closed = co_await OpenOrCloseImplicitBlock(status.ok() ? "COMMIT" : "ROLLBACK");
    ReleaseAdvisoryLocks(true);
    if (status.ok()) status = closed;
  }
  if (connection_->disconnected()) co_return false;
  if (!status.ok()) ReportError(status.error());
  Ready();
  const bool flushed = co_await Flush();
  co_return flushed;
}

PgSession::Task<Status> PgSession::OpenOrCloseImplicitBlock(std::string command) {
  const auto call = NewCall();
  const Status status = co_await RunOnEngine(call, std::move(command));
  co_return status;
}

PgSession::Task<Status> PgSession::SimpleStatement(const sql::StatementText& text) {
  auto statement = std::make_shared<PreparedStatement>();
  statement->sql = std::string(text.text);
  statement->classified = sql::Classify(statement->sql);
  statement->shown = sql::ShownStatement(statement->sql);
  NoteStatement(*statement);
  const Status allowed = RefuseInFailedBlock(statement->classified);
  if (!allowed.ok()) co_return allowed;
  const auto call = NewCall();
  const Running running(*this, call.cancellation);
  auto portal = std::make_shared<Portal>(statement, nullptr, std::vector<std::int16_t>{});
  if (IsOurs(statement->classified)) {
    statement->columns = ColumnsOf(statement->classified);
    const Status status = co_await RunOurs(call, portal, true);
    co_return status;
  }
  statement->once = true;
  Delivery delivery{.portal = portal, .describe = true, .unprepared = statement};
  const Status status = co_await Execute(call, std::move(delivery));
  co_await Release(std::move(portal));
  co_return status;
}

}  // namespace tavana::gateway
