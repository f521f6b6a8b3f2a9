#include <fmt/format.h>

#include "gateway/pg/pg_session.h"

namespace tavana::gateway {

using sql::Command;

bool PgSession::IsOurs(const sql::Classified& classified) {
  switch (classified.command) {
    case Command::kOther:
    case Command::kPrepare:
    case Command::kExecute: return false;
    case Command::kSet:
    case Command::kShow: return PgSettings::Knows(classified.name) || classified.name == "all";
    case Command::kReset: return PgSettings::Knows(classified.name) || classified.name == "all";
    default: return true;
  }
}

std::shared_ptr<arrow::Schema> PgSession::ColumnsOf(const sql::Classified& classified) {
  if (classified.command != Command::kShow) return nullptr;
  if (classified.name == "all") {
    return arrow::schema({arrow::field("name", arrow::utf8()), arrow::field("setting", arrow::utf8()),
                          arrow::field("description", arrow::utf8())});
  }
  return arrow::schema({arrow::field(classified.name, arrow::utf8())});
}

Status PgSession::RefuseInFailedBlock(const sql::Classified& command) const {
  if (state_ != TransactionState::kFailed) return Status::Ok();
  if (command.command == Command::kCommit || command.command == Command::kRollback) return Status::Ok();
  return Error(ErrorCode::kFailedTransaction,
               "current transaction is aborted, commands ignored until end of transaction block");
}

void PgSession::Warn(ErrorCode code, std::string_view message) {
  Out().NoticeResponse("WARNING", SqlStateOf(code), message);
}

PgSession::Task<Status> PgSession::RunOurs(const engine::CallContext& call, std::shared_ptr<Portal> portal,
                                           bool describe) {
  const sql::Classified& command = portal->statement()->classified;
  Result<std::string> tag = std::string();
  switch (command.command) {
    case Command::kBegin: {
      const bool start =
          std::tolower(static_cast<unsigned char>(sql::SplitStatements(portal->statement()->sql)[0].text[0])) == 's';
      tag = co_await Begin(call, command, start ? "START TRANSACTION" : "BEGIN");
      break;
    }
    case Command::kCommit: tag = co_await Commit(call, command); break;
    case Command::kRollback: tag = co_await Rollback(call, command); break;
    case Command::kSet:
    case Command::kReset: tag = co_await SetOrReset(call, command); break;
    case Command::kDiscard: tag = co_await Discard(call, command); break;
    case Command::kDeallocate: tag = co_await Deallocate(call, command); break;
    case Command::kShow: {
      const auto rows = Show(command);
      const Status started = portal->Start(StreamOf(rows), CurrentTextSettings());
      if (!started.ok()) co_return started;
      auto pulled = portal->Pull(call, 0, std::numeric_limits<std::size_t>::max(), {});
      if (!pulled.ok()) co_return std::move(pulled).error();
      if (describe) Out().RowDescription(portal->fields());
      out_.Append(pulled->bytes.view());
      tag = std::string("SHOW");
      break;
    }
    case Command::kUnlisten: tag = std::string("UNLISTEN"); break;  // nothing is listened to
    case Command::kCloseCursor:
      if (command.name != "all") {
        tag = Error(ErrorCode::kUndefinedCursor, fmt::format("cursor \"{}\" does not exist", command.name));
        break;
      }
      co_await ReleaseAllPortals();
      tag = std::string("CLOSE CURSOR ALL");
      break;
    case Command::kSavepoint:
    case Command::kReleaseSavepoint:
    case Command::kRollbackToSavepoint: tag = Error(ErrorCode::kUnsupported, "savepoints are not supported"); break;
    case Command::kDeclareCursor:
    case Command::kFetch:
    case Command::kMove:
      tag = Error(ErrorCode::kUnsupported, "SQL cursors are not supported")
                .WithHint("Read the result as it streams, or by portals with a row limit (setFetchSize).");
      break;
    case Command::kListen:
    case Command::kNotify: tag = Error(ErrorCode::kUnsupported, "LISTEN and NOTIFY are not supported"); break;
    case Command::kCopyFromStdin:
    case Command::kCopyToStdout:
      tag = Error(ErrorCode::kUnsupported, "COPY from and to the client is not supported")
                .WithHint("COPY from and to files works.");
      break;
    case Command::kOther:
    case Command::kPrepare:
    case Command::kExecute: tag = Error(ErrorCode::kInternal, "a statement went astray"); break;
  }
  if (!tag.ok()) co_return std::move(tag).error();
  Out().CommandComplete(*tag);
  co_return Status::Ok();
}

PgSession::Task<Result<std::string>> PgSession::Begin(const engine::CallContext& call, const sql::Classified& command,
                                                      std::string tag) {
  if (state_ != TransactionState::kIdle) {
    Warn(ErrorCode::kActiveTransaction, "there is already a transaction in progress");
    co_return tag;
  }
  if (implicit_block_) {  // the pipeline's own transaction becomes the client's
    implicit_block_ = false;
    settings_.Begin();
    state_ = TransactionState::kBlock;
    co_return tag;
  }
  const bool read_only = command.read_only || settings_.Get("default_transaction_read_only") == "on";
  const Status begun = co_await RunOnEngine(call, read_only ? "BEGIN TRANSACTION READ ONLY" : "BEGIN TRANSACTION");
  if (!begun.ok()) co_return begun.error();
  settings_.Begin();
  state_ = TransactionState::kBlock;
  co_return tag;
}

PgSession::Task<Status> PgSession::EndTransaction(const engine::CallContext& call, bool commit) {
  co_await ReleaseAllPortals();
  const Status ended = co_await RunOnEngine(call, commit ? "COMMIT" : "ROLLBACK");
  if (commit && ended.ok()) {
    settings_.Commit();
  } else {
    settings_.Rollback();
  }
  if (left_behind_ == nullptr) state_ = TransactionState::kIdle;
  co_return ended;
}

PgSession::Task<Result<std::string>> PgSession::Commit(const engine::CallContext& call,
                                                       const sql::Classified& command) {
  if (state_ == TransactionState::kIdle) {
    Warn(ErrorCode::kNoActiveTransaction, "there is no transaction in progress");
    if (std::exchange(implicit_block_, false)) {
      const Status ended = co_await EndTransaction(call, true);
      if (!ended.ok()) co_return ended.error();
    }
    co_return std::string("COMMIT");
  }
  const bool commit = state_ == TransactionState::kBlock;
  const Status ended = co_await EndTransaction(call, commit);
  if (!ended.ok()) {
    // A COMMIT that failed has rolled back; the engine may still think itself in the block.
    if (left_behind_ == nullptr && engine_->in_transaction()) {
      const auto again = NewCall();
      const Status rolled_back = co_await RunOnEngine(again, "ROLLBACK");
      if (!rolled_back.ok()) co_return rolled_back.error();
    }
    co_return ended.error();
  }
  if (command.chain) {
    auto begun = co_await Begin(call, {.command = Command::kBegin}, "BEGIN");
    if (!begun.ok()) co_return std::move(begun).error();
  }
  co_return std::string(commit ? "COMMIT" : "ROLLBACK");  // COMMIT of a failed block rolls back and says so
}

PgSession::Task<Result<std::string>> PgSession::Rollback(const engine::CallContext& call,
                                                         const sql::Classified& command) {
  if (state_ == TransactionState::kIdle) {
    Warn(ErrorCode::kNoActiveTransaction, "there is no transaction in progress");
    if (std::exchange(implicit_block_, false)) {
      const Status ended = co_await EndTransaction(call, false);
      if (!ended.ok()) co_return ended.error();
    }
    co_return std::string("ROLLBACK");
  }
  const Status ended = co_await EndTransaction(call, false);
  if (!ended.ok()) co_return ended.error();
  if (command.chain) {
    auto begun = co_await Begin(call, {.command = Command::kBegin}, "BEGIN");
    if (!begun.ok()) co_return std::move(begun).error();
  }
  co_return std::string("ROLLBACK");
}

PgSession::Task<Result<std::string>> PgSession::SetOrReset(const engine::CallContext& call,
                                                           const sql::Classified& command) {
  const bool reset = command.command == Command::kReset || !command.value;
  const std::string tag = command.command == Command::kReset ? "RESET" : "SET";
  if (command.name == "all") {
    settings_.ResetAll();
    const Status status = co_await RunOnEngine(call, "RESET TimeZone");
    if (!status.ok()) co_return status.error();
    co_return tag;
  }
  if (command.name == "timezone") {  // the engine computes with it too, and knows which zones there are
    const std::string to =
        reset ? "RESET TimeZone" : fmt::format("SET TimeZone = {}", sql::QuoteLiteral(*command.value));
    const Status status = co_await RunOnEngine(call, to);
    if (!status.ok()) {
      co_return Error(ErrorCode::kInvalidParameter,
                      fmt::format("invalid value for parameter \"TimeZone\": \"{}\"", command.value.value_or("")));
    }
  }
  if (command.is_local && state_ == TransactionState::kIdle) {
    Warn(ErrorCode::kNoActiveTransaction, "SET LOCAL can only be used in transaction blocks");
  }
  if (reset) {
    settings_.Reset(command.name);
  } else {
    const Status set = settings_.Set(command.name, *command.value, command.is_local);
    if (!set.ok()) co_return set.error();
  }
  co_return tag;
}

PgSession::Task<Result<std::string>> PgSession::Discard(const engine::CallContext& call,
                                                        const sql::Classified& command) {
  if (command.name == "plans" || command.name == "sequences")
    co_return "DISCARD " + fmt::format("{}", command.name == "plans" ? "PLANS" : "SEQUENCES");
  if (command.name == "temp")
    co_return Error(ErrorCode::kUnsupported, "DISCARD TEMP is not supported").WithHint("DISCARD ALL is.");
  if (state_ != TransactionState::kIdle) {
    co_return Error(ErrorCode::kActiveTransaction, "DISCARD ALL cannot run inside a transaction block");
  }
  co_await ReleaseAllPortals();
  statements_.clear();
  closing_.clear();
  settings_.ResetAll();
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free.error();
  auto reset = [engine = engine_] { return engine->Reset(); };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(reset));
  co_await running->Finished();
  if (!running->result->ok()) co_return running->result->error();
  co_return std::string("DISCARD ALL");
}

PgSession::Task<Result<std::string>> PgSession::Deallocate(const engine::CallContext& call,
                                                           const sql::Classified& command) {
  if (command.name == "all") {
    while (!statements_.empty()) {
      const std::string name = statements_.begin()->first;
      co_await CloseStatement(name);
    }
    co_return std::string("DEALLOCATE ALL");
  }
  if (statements_.contains(command.name)) {
    co_await CloseStatement(command.name);
    co_return std::string("DEALLOCATE");
  }
  // One of SQL's PREPARE: the engine keeps those.
  const Status gone = co_await RunOnEngine(call, "DEALLOCATE " + sql::QuoteIdentifier(command.name));
  if (!gone.ok()) {
    co_return Error(ErrorCode::kUndefinedStatement,
                    fmt::format("prepared statement \"{}\" does not exist", command.name));
  }
  co_return std::string("DEALLOCATE");
}

std::shared_ptr<arrow::RecordBatch> PgSession::Show(const sql::Classified& command) {
  arrow::StringBuilder names, values, descriptions;
  std::vector<std::pair<std::string, std::string>> rows;
  if (command.name == "all") {
    rows = settings_.All();
  } else {
    rows.emplace_back(command.name, settings_.Get(command.name));
  }
  for (const auto& [name, value] : rows) {
    TAVANA_CHECK(names.Append(name).ok() && values.Append(value).ok() && descriptions.Append("").ok());
  }
  std::shared_ptr<arrow::Array> name_array, value_array, description_array;
  TAVANA_CHECK(names.Finish(&name_array).ok() && values.Finish(&value_array).ok() &&
               descriptions.Finish(&description_array).ok());
  const auto length = static_cast<std::int64_t>(rows.size());
  if (command.name == "all") {
    return arrow::RecordBatch::Make(ColumnsOf(command), length, {name_array, value_array, description_array});
  }
  return arrow::RecordBatch::Make(ColumnsOf(command), length, {value_array});
}

}  // namespace tavana::gateway
