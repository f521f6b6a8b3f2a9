#include <fmt/format.h>

#include <algorithm>

#include "gateway/pg/pg_session.h"

namespace tavana::gateway {

using sql::Command;

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
  const std::string isolation = command.isolation.value_or(settings_.Get("default_transaction_isolation"));
  if (isolation == "serializable") {
    Out().NoticeResponse("NOTICE", "00000", "SERIALIZABLE is snapshot isolation here: write skew is not detected");
  }
  const bool read_only = command.read_only || settings_.Get("default_transaction_read_only") == "on";
  const Status begun = co_await RunOnEngine(call, read_only ? "BEGIN TRANSACTION READ ONLY" : "BEGIN TRANSACTION");
  if (!begun.ok()) co_return begun.error();
  settings_.Begin();
  state_ = TransactionState::kBlock;
  const Status isolated = settings_.Set("transaction_isolation", isolation, true);
  if (!isolated.ok()) co_return isolated.error();
  if (read_only) TAVANA_CHECK(settings_.Set("transaction_read_only", "on", true).ok());
  co_return tag;
}

PgSession::Task<Status> PgSession::EndTransaction(const engine::CallContext& call, bool commit) {
  // A COMMIT keeps the cursors WITH HOLD, a ROLLBACK those that were there before the block.
  auto portals =
      TakePortals([commit](const Portal& portal) { return portal.hold && (commit || !portal.of_this_block); });
  co_await ReleaseAll(std::move(portals));
  Status ended = co_await RunOnEngine(call, commit ? "COMMIT" : "ROLLBACK");
  if (!ended.ok() && left_behind_ == nullptr && engine_->in_transaction()) {  // cancelled before it came there
    const auto again = NewCall();
    const Status rolled_back = co_await RunOnEngine(again, "ROLLBACK");
    if (!rolled_back.ok()) ended = rolled_back;
  }
  if (commit && ended.ok()) {
    settings_.Commit();
  } else {
    settings_.Rollback();
  }
  savepoints_.clear();
  ReleaseAdvisoryLocks(true);
  for (auto& [name, portal] : portals_) portal->of_this_block = false;
  if (left_behind_ != nullptr) co_return ended;
  state_ = TransactionState::kIdle;
  if (!ended.ok()) co_return ended;
  const Status told = co_await TellEngine(call);
  co_return told;
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
  if (!ended.ok()) co_return ended.error();
  if (command.chain) {
    const sql::Classified begin{.command = Command::kBegin};
    auto begun = co_await Begin(call, begin, "BEGIN");
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
    const sql::Classified begin{.command = Command::kBegin};
    auto begun = co_await Begin(call, begin, "BEGIN");
    if (!begun.ok()) co_return std::move(begun).error();
  }
  co_return std::string("ROLLBACK");
}

PgSession::Task<Status> PgSession::TellEngine(const engine::CallContext& call) {
  for (const auto& change : told_.ChangesTo(settings_, user_)) {
    for (const std::string& sql : change.statements) {
      const Status told = co_await RunOnEngine(call, sql);
      if (!told.ok()) co_return told;
    }
    told_.*change.setting = change.value;
  }
  co_return Status::Ok();
}

Result<std::string> PgSession::Savepoint(const sql::Classified& command) {
  if (state_ == TransactionState::kIdle) {
    return Error(ErrorCode::kNoActiveTransaction, "SAVEPOINT can only be used in transaction blocks");
  }
  if (savepoints_.size() >= kMaxSavepoints) {
    return Error(ErrorCode::kQuotaExceeded, fmt::format("a transaction may hold {} savepoints", kMaxSavepoints));
  }
  savepoints_.push_back({.name = command.name, .settings = settings_.Save()});
  return std::string("SAVEPOINT");
}

Result<std::string> PgSession::ReleaseSavepoint(const sql::Classified& command) {
  if (state_ == TransactionState::kIdle) {
    return Error(ErrorCode::kNoActiveTransaction, "RELEASE SAVEPOINT can only be used in transaction blocks");
  }
  const auto found = std::find_if(savepoints_.rbegin(), savepoints_.rend(),
                                  [&](const SavepointState& each) { return each.name == command.name; });
  if (found == savepoints_.rend()) {
    return Error(ErrorCode::kUndefinedSavepoint, fmt::format("savepoint \"{}\" does not exist", command.name));
  }
  savepoints_.erase(std::prev(found.base()), savepoints_.end());
  return std::string("RELEASE");
}

// The engine has no savepoints. What was only read since one needs no undoing, so going back is then a matter of the
// session alone; what was written can not be taken back without the transaction.
PgSession::Task<Result<std::string>> PgSession::RollbackToSavepoint(const engine::CallContext& call,
                                                                    const sql::Classified& command) {
  if (state_ == TransactionState::kIdle) {
    co_return Error(ErrorCode::kNoActiveTransaction, "ROLLBACK TO SAVEPOINT can only be used in transaction blocks");
  }
  const auto found = std::find_if(savepoints_.rbegin(), savepoints_.rend(),
                                  [&](const SavepointState& each) { return each.name == command.name; });
  if (found == savepoints_.rend()) {
    co_return Error(ErrorCode::kUndefinedSavepoint, fmt::format("savepoint \"{}\" does not exist", command.name));
  }
  const auto index = static_cast<std::size_t>(std::prev(found.base()) - savepoints_.begin());
  Status alive;
  if (!savepoints_[index].written && state_ == TransactionState::kFailed) {
    alive = co_await RunOnEngine(call, "SELECT 1");  // an error while running ends the engine's transaction
  }
  if (savepoints_[index].written || !alive.ok()) {
    co_return Error(ErrorCode::kUnsupported,
                    fmt::format("cannot roll back to savepoint \"{}\": {}", command.name,
                                savepoints_[index].written ? "data was written since"
                                                           : "the error has ended the engine's transaction"))
        .WithHint("Roll the whole transaction back.");
  }
  auto portals = TakePortals([index](const Portal& portal) { return portal.savepoints <= index; });
  co_await ReleaseAll(std::move(portals));
  settings_.GoBack(savepoints_[index].settings);
  savepoints_.resize(index + 1);  // it stays, and can be gone back to again
  state_ = TransactionState::kBlock;
  const Status told = co_await TellEngine(call);
  if (!told.ok()) co_return told.error();
  co_return std::string("ROLLBACK");
}

}  // namespace tavana::gateway
