#include <fmt/format.h>

#include <charconv>

#include "gateway/pg/pg_session.h"

namespace tavana::gateway {

using sql::Command;

namespace {

Error UnknownSetting(const std::string& name) {
  return Error(ErrorCode::kUndefinedObject, fmt::format("unrecognized configuration parameter \"{}\"", name));
}

}  // namespace

bool PgSession::IsOurs(const sql::Classified& classified) {
  switch (classified.command) {
    case Command::kOther: return false;
    case Command::kSet:
    case Command::kShow:
    case Command::kReset: return PgSettings::Knows(classified.name) || classified.name == "all";
    default: return true;
  }
}

std::shared_ptr<arrow::Schema> PgSession::ColumnsOf(const sql::Classified& classified) const {
  if (classified.command == Command::kFetch) {
    const auto cursor = portals_.find(classified.name);
    return cursor == portals_.end() ? nullptr : cursor->second->schema();
  }
  if (classified.command == Command::kExecute) {
    const auto statement = statements_.find(classified.name);
    return statement == statements_.end() ? nullptr : statement->second->columns;
  }
  if (classified.command == Command::kSignalBackend) {
    return arrow::schema({arrow::field(classified.name, arrow::boolean())});
  }
  if (classified.command == Command::kAdvisoryLock) return ColumnsOfAdvisory(classified);
  if (classified.command == Command::kSetConfig) {
    arrow::FieldVector fields;
    for (const auto& each : classified.calls) fields.push_back(arrow::field(each.column, arrow::utf8()));
    return arrow::schema(std::move(fields));
  }
  if (classified.command != Command::kShow) return nullptr;
  if (classified.name == "all") {
    return arrow::schema({arrow::field("name", arrow::utf8()), arrow::field("setting", arrow::utf8()),
                          arrow::field("description", arrow::utf8())});
  }
  return arrow::schema({arrow::field(PgSettings::Spelled(classified.name), arrow::utf8())});
}

Status PgSession::RefuseInFailedBlock(const sql::Classified& command) const {
  if (state_ != TransactionState::kFailed) return Status::Ok();
  if (command.command == Command::kCommit || command.command == Command::kRollback ||
      command.command == Command::kRollbackToSavepoint) {
    return Status::Ok();
  }
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
      auto rows = Show(command);
      if (!rows.ok()) co_return std::move(rows).error();
      const Status sent = SendRows(call, *portal, *std::move(rows), describe);
      if (!sent.ok()) co_return sent;
      tag = std::string("SHOW");
      break;
    }
    case Command::kSignalBackend: {
      const auto found = SignalBackend(*portal);
      if (!found.ok()) co_return found.error();
      const Status sent = SendRow(call, *portal, {std::make_shared<arrow::BooleanScalar>(*found)}, describe);
      if (!sent.ok()) co_return sent;
      tag = std::string("SELECT 1");
      break;
    }
    case Command::kAdvisoryLock: {
      const Status locked = co_await Advisory(call, *portal, describe);
      if (!locked.ok()) co_return locked;
      tag = std::string("SELECT 1");
      break;
    }
    case Command::kIgnored:
      Out().NoticeResponse("NOTICE", "00000",
                           command.name == "LOCK TABLE"
                               ? "LOCK TABLE takes no lock: the second of two that write the same rows gets 40001"
                               : "privileges are not kept: whoever may connect may use everything");
      tag = command.name;
      break;
    case Command::kDo:
      tag = Error(ErrorCode::kUnsupported, "DO is not supported: there is no procedural language here");
      break;
    case Command::kSetConfig: {
      const Status set = co_await SetConfig(call, *portal, describe);
      if (!set.ok()) co_return set;
      tag = std::string("SELECT 1");
      break;
    }
    case Command::kUnlisten: tag = std::string("UNLISTEN"); break;  // nothing is listened to
    case Command::kDeclareCursor: tag = co_await Declare(call, *portal); break;
    case Command::kFetch:
    case Command::kMove: tag = co_await FetchOrMove(call, *portal, describe); break;
    case Command::kCloseCursor: tag = co_await CloseCursor(command); break;
    case Command::kPrepare: tag = co_await SqlPrepare(call, command); break;
    case Command::kExecute: {  // its tag is that of the statement it executes
      const Status executed = co_await SqlExecute(call, *portal, describe);
      co_return executed;
    }
    case Command::kSavepoint: tag = Savepoint(command); break;
    case Command::kReleaseSavepoint: tag = ReleaseSavepoint(command); break;
    case Command::kRollbackToSavepoint: tag = co_await RollbackToSavepoint(call, command); break;
    case Command::kListen:
    case Command::kNotify: tag = Error(ErrorCode::kUnsupported, "LISTEN and NOTIFY are not supported"); break;
    case Command::kCopyFromStdin:
    case Command::kCopyToStdout: {
      const Status copied = co_await Copy(call, portal->statement()->sql);
      co_return copied;
    }
    case Command::kOther: tag = Error(ErrorCode::kInternal, "a statement went astray"); break;
  }
  if (!tag.ok()) co_return std::move(tag).error();
  Out().CommandComplete(*tag);
  co_return Status::Ok();
}

PgSession::Task<Result<std::string>> PgSession::SetOrReset(const engine::CallContext& call,
                                                           const sql::Classified& command) {
  const bool reset = command.command == Command::kReset || !command.value;
  const std::string tag = command.command == Command::kReset ? "RESET" : "SET";
  if (command.name == "all") {
    settings_.ResetAll();
    const Status status = co_await TellEngine(call);
    if (!status.ok()) co_return status.error();
    const Status reset_all = co_await RunOnEngine(call, "RESET ALL");  // what the engine alone knows
    if (!reset_all.ok()) co_return reset_all.error();
    co_return tag;
  }
  if (command.is_local && state_ == TransactionState::kIdle) {
    Warn(ErrorCode::kNoActiveTransaction, "SET LOCAL can only be used in transaction blocks");
  }
  if (reset) {
    settings_.Reset(command.name);
  } else {
    const std::string before = settings_.Has(command.name) ? settings_.Get(command.name) : std::string();
    const Status set = settings_.Set(command.name, *command.value, command.is_local);
    if (!set.ok()) co_return set.error();
    const Status told = co_await TellEngine(call);
    if (!told.ok()) {  // only the engine knows which zones there are
      TAVANA_CHECK(settings_.Set(command.name, before, command.is_local).ok());
      if (told.error().code() == ErrorCode::kCancelled) co_return told.error();
      if (command.name != "timezone") co_return told.error();
      co_return Error(ErrorCode::kInvalidParameter,
                      fmt::format("invalid value for parameter \"TimeZone\": \"{}\"", *command.value));
    }
    co_return tag;
  }
  const Status told = co_await TellEngine(call);
  if (!told.ok()) co_return told.error();
  co_return tag;
}

PgSession::Task<Status> PgSession::SetConfig(const engine::CallContext& call, Portal& portal, bool describe) {
  const sql::Classified& command = portal.statement()->classified;
  std::vector<std::shared_ptr<arrow::Scalar>> row;
  for (const sql::SettingCall& each : command.calls) {
    std::string value = each.value.value_or("");
    const bool ours = PgSettings::Knows(each.setting);
    if (each.sets && ours && (!each.is_local || state_ != TransactionState::kIdle)) {  // else it ends where it begins
      sql::Classified set{.command = Command::kSet, .name = each.setting, .value = each.value};
      set.is_local = each.is_local;
      const auto done = co_await SetOrReset(call, set);
      if (!done.ok()) co_return done.error();
    }
    if (ours && !settings_.Has(each.setting)) co_return UnknownSetting(each.setting);
    if (ours) value = settings_.Get(each.setting);
    if (!ours) {
      if (!each.sets) co_return UnknownSetting(each.setting);
      const std::string name = sql::QuoteIdentifier(each.setting);
      const Status told = co_await RunOnEngine(
          call, each.value ? fmt::format("SET {} = {}", name, sql::QuoteLiteral(value)) : "RESET " + name);
      if (!told.ok()) co_return told;
    }
    row.push_back(std::make_shared<arrow::StringScalar>(std::move(value)));
  }
  co_return SendRow(call, portal, row, describe);
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
  auto portals = TakePortals();
  co_await ReleaseAll(std::move(portals));
  ReleaseAdvisoryLocks(false);
  statements_.clear();
  closing_.clear();
  settings_.ResetAll();
  told_ = {};
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free.error();
  auto reset = [engine = engine_] { return engine->Reset(); };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(reset));
  co_await running->Finished();
  if (!running->result->ok()) co_return running->result->error();
  const Status told = co_await TellEngine(call);
  if (!told.ok()) co_return told.error();
  co_return std::string("DISCARD ALL");
}

PgSession::Task<Result<std::string>> PgSession::Deallocate([[maybe_unused]] const engine::CallContext& call,
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
  co_return Error(ErrorCode::kUndefinedStatement,
                  fmt::format("prepared statement \"{}\" does not exist", command.name));
}

Status PgSession::SendRows(const engine::CallContext& call, Portal& portal, std::shared_ptr<arrow::RecordBatch> rows,
                           bool describe) {
  TAVANA_RETURN_IF_ERROR(portal.Start(StreamOf(std::move(rows)), CurrentTextSettings()));
  TAVANA_ASSIGN_OR_RETURN(const auto pulled, portal.Pull(call, portal.encoder().get(), kAllRows,
                                                         std::numeric_limits<std::size_t>::max(), {}));
  if (describe) Out().RowDescription(portal.encoder()->fields);
  out_.Append(pulled.bytes.view());
  return Status::Ok();
}

Status PgSession::SendRow(const engine::CallContext& call, Portal& portal,
                          const std::vector<std::shared_ptr<arrow::Scalar>>& row, bool describe) {
  arrow::ArrayVector columns;
  for (const auto& value : row) {
    auto column = arrow::MakeArrayFromScalar(*value, 1);
    TAVANA_CHECK(column.ok());
    columns.push_back(*std::move(column));
  }
  const auto schema = ColumnsOf(portal.statement()->classified);
  return SendRows(call, portal, arrow::RecordBatch::Make(schema, 1, std::move(columns)), describe);
}

Result<std::optional<std::int64_t>> PgSession::IntegerParameter(const Portal& portal, int number, Error otherwise) {
  if (portal.parameters() == nullptr || number < 1 || number > portal.parameters()->num_columns())
    return Error(ErrorCode::kUndefinedParameter, fmt::format("there is no parameter ${}", number));
  const auto value = portal.parameters()->column(number - 1)->GetScalar(0);
  const auto cast = value.ok() ? (*value)->CastTo(arrow::int64()) : value;
  if (!cast.ok()) return otherwise;
  if (!(*cast)->is_valid) return std::optional<std::int64_t>();
  return std::optional(static_cast<const arrow::Int64Scalar&>(**cast).value);
}

Result<bool> PgSession::SignalBackend(const Portal& portal) {
  const sql::Classified& command = portal.statement()->classified;
  std::int64_t process_id = 0;
  if (command.value == "$1") {
    const Error no_integer(ErrorCode::kDatatypeMismatch, fmt::format("{} takes an integer", command.name));
    TAVANA_ASSIGN_OR_RETURN(const auto given, IntegerParameter(portal, 1, no_integer));
    process_id = given.value_or(0);
  } else {
    const std::string& digits = *command.value;
    std::from_chars(digits.data(), digits.data() + digits.size(), process_id);
  }
  const bool in_range = process_id > 0 && process_id <= std::numeric_limits<std::int32_t>::max();
  const auto session = in_range ? services_.registry.Find(static_cast<std::uint32_t>(process_id)) : nullptr;
  const bool terminates = command.name == "pg_terminate_backend";
  if (session == nullptr) {
    Warn(ErrorCode::kWarning, fmt::format("PID {} is not a PostgreSQL server process", process_id));
  } else if (session->user() != user_) {
    return Error(ErrorCode::kPermissionDenied, fmt::format("permission denied to {} the session of another role",
                                                           terminates ? "terminate" : "cancel a statement in"));
  } else if (terminates) {
    session->End(Error(ErrorCode::kShuttingDown, "terminating connection due to administrator command"));
  } else {
    session->CancelStatement(Error(ErrorCode::kCancelled, "canceling statement due to user request"));
  }
  return session != nullptr;
}

Result<std::shared_ptr<arrow::RecordBatch>> PgSession::Show(const sql::Classified& command) {
  arrow::StringBuilder names, values, descriptions;
  SettingList rows;
  if (command.name == "all") {
    rows = *settings_.All();
  } else if (!settings_.Has(command.name)) {
    return UnknownSetting(command.name);
  } else {
    // Out of a block, what the next one will have.
    const bool of_block = command.name == "transaction_isolation" || command.name == "transaction_read_only";
    const bool of_next = of_block && state_ == TransactionState::kIdle;
    rows.emplace_back(command.name, settings_.Get(of_next ? "default_" + command.name : command.name));
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
