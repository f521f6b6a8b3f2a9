#include <fmt/format.h>

#include "gateway/pg/pg_session.h"
#include "pgwire/types.h"
#include "sql/lexer.h"

namespace tavana::gateway {
namespace {

/// The parts of `list` between the commas outside of parentheses.
std::vector<std::string_view> SplitAtCommas(std::string_view list) {
  std::vector<std::string_view> parts;
  sql::Lexer lexer(list);
  std::size_t begin = 0;
  int open = 0;
  for (sql::Token token = lexer.Next(); token.kind != sql::TokenKind::kEnd; token = lexer.Next()) {
    if (token.IsSymbol('(') || token.IsSymbol('[')) ++open;
    if (token.IsSymbol(')') || token.IsSymbol(']')) --open;
    if (open != 0 || !token.IsSymbol(',')) continue;
    parts.push_back(list.substr(begin, token.offset_bytes - begin));
    begin = token.offset_bytes + 1;
  }
  parts.push_back(list.substr(begin));
  return parts;
}

/// OIDs of the type names of PREPARE, as the engine understands them.
Result<std::vector<std::uint32_t>> OidsOf(engine::Session& engine, const engine::CallContext& call,
                                          std::string_view types) {
  std::string probe;
  for (const std::string_view type : SplitAtCommas(types)) {
    probe += fmt::format("{}NULL::{}", probe.empty() ? "SELECT " : ", ", type);
  }
  TAVANA_ASSIGN_OR_RETURN(const auto prepared, engine.Prepare(call, probe, {}));
  engine.ClosePrepared(prepared.id);
  std::vector<std::uint32_t> oids;
  for (const auto& field : prepared.columns->fields()) oids.push_back(pgwire::TypeOf(*field).oid);
  return oids;
}

/// The values of EXECUTE's arguments, "(1, 'x')", as one row.
Result<std::shared_ptr<arrow::RecordBatch>> RowOf(engine::Session& engine, const engine::CallContext& call,
                                                  const std::string& arguments) {
  TAVANA_ASSIGN_OR_RETURN(const auto prepared,
                          engine.Prepare(call, "SELECT " + arguments.substr(1, arguments.rfind(')') - 1), {}));
  auto row = [&]() -> Result<std::shared_ptr<arrow::RecordBatch>> {
    TAVANA_ASSIGN_OR_RETURN(const auto stream, engine.Execute(call, prepared.id, {}));
    return stream->Next(call);
  }();
  engine.ClosePrepared(prepared.id);
  return row;
}

}  // namespace

// SQL's PREPARE and the protocol's Parse share their names, as in PostgreSQL.
PgSession::Task<Result<std::string>> PgSession::SqlPrepare(const engine::CallContext& call,
                                                           const sql::Classified& command) {
  if (statements_.contains(command.name)) {
    co_return Error(ErrorCode::kDuplicateStatement,
                    fmt::format("prepared statement \"{}\" already exists", command.name));
  }
  if (statements_.size() >= kMaxStatements) {
    co_return Error(ErrorCode::kQuotaExceeded,
                    fmt::format("a session may hold {} prepared statements", kMaxStatements));
  }
  auto statement = std::make_shared<PreparedStatement>();
  statement->sql = *command.value;
  statement->classified = sql::Classify(statement->sql);
  if (IsOurs(statement->classified)) {
    co_return Error(ErrorCode::kSyntax, "PREPARE takes a query or a statement that changes rows");
  }
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free.error();
  auto prepare = [engine = engine_, call, statement, types = command.types]() -> Status {
    if (types) {
      TAVANA_ASSIGN_OR_RETURN(statement->parameter_oids, OidsOf(*engine, call, *types));
    }
    return PrepareOnEngine(*engine, call, *statement);
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(prepare));
  const Status prepared = co_await net::Await(running, strand_, call.cancellation, left_behind_);
  if (!prepared.ok()) co_return prepared.error();
  statements_[command.name] = std::move(statement);
  co_return std::string("PREPARE");
}

PgSession::Task<Status> PgSession::SqlExecute(const engine::CallContext& call, const Portal& portal, bool describe) {
  const sql::Classified& command = portal.statement()->classified;
  const auto found = statements_.find(command.name);
  if (found == statements_.end()) {
    co_return Error(ErrorCode::kUndefinedStatement,
                    fmt::format("prepared statement \"{}\" does not exist", command.name));
  }
  const std::shared_ptr<PreparedStatement> statement = found->second;
  if (!statement->prepared) {
    co_return Error(ErrorCode::kUnsupported,
                    fmt::format("prepared statement \"{}\" is not one that EXECUTE can run", command.name));
  }
  std::shared_ptr<arrow::RecordBatch> parameters;
  if (command.value && command.value->find_first_not_of("() ") != std::string::npos) {
    auto evaluate = [engine = engine_, call, arguments = *command.value] { return RowOf(*engine, call, arguments); };
    const Status free = co_await EngineFree(call);
    if (!free.ok()) co_return free;
    auto running = net::StartBlocking(services_.control_pool, strand_, std::move(evaluate));
    auto row = co_await net::Await(running, strand_, call.cancellation, left_behind_);
    if (!row.ok()) co_return std::move(row).error();
    parameters = *std::move(row);
  }
  const auto expected = statement->parameter_oids.size();
  const auto given = parameters == nullptr ? std::size_t{0} : static_cast<std::size_t>(parameters->num_columns());
  if (given != expected) {
    co_return Error(ErrorCode::kSyntax,
                    fmt::format("wrong number of parameters for prepared statement \"{}\"", command.name))
        .WithDetail(fmt::format("Expected {} parameters but got {}.", expected, given));
  }
  auto execution = std::make_shared<Portal>(statement, std::move(parameters), portal.formats());
  Delivery delivery{.portal = execution, .describe = describe};
  const Status status = co_await Execute(call, std::move(delivery));
  co_await Release(std::move(execution));
  co_return status;
}

}  // namespace tavana::gateway
