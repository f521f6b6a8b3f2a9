#include "engine/client_form.h"
#include "flight/flight_data.h"
#include "gateway/engine_settings.h"
#include "gateway/flight/door_impl.h"

namespace tavana::gateway {

using sql::Command;

FlightDoor::Impl::Task<Result<std::shared_ptr<FlightStatement>>> FlightDoor::Impl::Describe(CallPtr call,
                                                                                            SessionPtr session,
                                                                                            Statement statement) {
  if (statement.prepared != nullptr && statement.prepared->prepared) co_return statement.prepared;
  auto made = std::make_shared<FlightStatement>();
  made->sql = statement.sql;
  made->shown = statement.shown;
  made->classified = statement.classified;
  made->transaction = statement.transaction;
  if (IsOurs(made->classified)) {  // the engine has nothing to prepare
    made->prepared.emplace();
    arrow::FieldVector fields;
    if (made->classified.command == Command::kShow) {
      fields.push_back(arrow::field(PgSettings::Spelled(made->classified.name), arrow::utf8()));
    }
    made->prepared->returns_rows = !fields.empty();
    made->prepared->columns = arrow::schema(std::move(fields));
    co_return made;
  }
  const engine::CallContext context = NewCall(session, call);
  auto turn = co_await TakeLane(session, context, made->transaction);
  if (!turn.ok()) co_return turn.error();
  auto prepare = [engine = turn->lane->engine, context, made] {
    return PrepareForClient(*engine, context, made->sql, made->classified, {});
  };
  const auto lane = turn->lane;
  auto prepared = co_await OnLane(*turn, context, services_.control_pool, std::move(prepare));
  if (!prepared.ok()) {
    if (lane->in_block) lane->failed = true;
    co_return prepared.error();
  }
  made->prepared = *std::move(prepared);
  made->lane = lane;
  co_return made;
}

FlightDoor::Impl::Task<Result<wire_sql::ActionCreatePreparedStatementResult>> FlightDoor::Impl::CreatePrepared(
    CallPtr call, SessionPtr session, wire_sql::ActionCreatePreparedStatementRequest request) {
  if (session->statements.size() >= FlightSession::kMaxStatements) {
    co_return Error(ErrorCode::kQuotaExceeded, "too many prepared statements in this session");
  }
  auto statement = StatementOf(request.query());
  if (!statement.ok()) co_return statement.error();
  statement->transaction = request.transaction_id();
  auto described = co_await Describe(call, session, *std::move(statement));
  if (!described.ok()) co_return described.error();
  const std::shared_ptr<FlightStatement> made = *described;
  const engine::Prepared& prepared = *made->prepared;
  const auto form = FormFor(*session, made->transaction);
  made->handle = RandomHex(16);
  wire_sql::ActionCreatePreparedStatementResult answer;
  answer.set_prepared_statement_handle(made->handle);
  if (prepared.returns_rows && prepared.columns_known) {
    auto bytes = flight::SchemaBytes(*engine::ClientSchema(prepared.columns, form.string_views));
    if (!bytes.ok()) co_return bytes.error();
    answer.set_dataset_schema(*std::move(bytes));
  }
  arrow::FieldVector parameters;
  for (const auto& type : prepared.parameters) {
    parameters.push_back(arrow::field("$" + std::to_string(parameters.size() + 1), type));
  }
  auto bytes = flight::SchemaBytes(*engine::ClientSchema(arrow::schema(std::move(parameters)), false));
  if (!bytes.ok()) co_return bytes.error();
  answer.set_parameter_schema(*std::move(bytes));
  session->statements[made->handle] = made;
  co_return answer;
}

Result<std::shared_ptr<FlightStatement>> FlightDoor::Impl::FindPrepared(const FlightSession& session,
                                                                        const std::string& handle) const {
  const auto found = session.statements.find(handle);
  if (found != session.statements.end()) return found->second;
  return Error(ErrorCode::kUndefinedStatement, "there is no prepared statement of this handle");
}

Result<FlightDoor::Impl::Statement> FlightDoor::Impl::BoundStatement(const FlightSession& session,
                                                                     const std::string& handle) const {
  TAVANA_ASSIGN_OR_RETURN(const auto prepared, FindPrepared(session, handle));
  Statement statement{.sql = prepared->sql,
                      .shown = prepared->shown,
                      .classified = prepared->classified,
                      .prepared = prepared,
                      .parameters = prepared->parameters};
  // Its transaction may have ended: then it goes on outside of one.
  if (session.transactions.contains(prepared->transaction)) statement.transaction = prepared->transaction;
  return statement;
}

}  // namespace tavana::gateway
