#include <fmt/format.h>

#include "flight/flight_data.h"
#include "gateway/flight/door_impl.h"
#include "sql/lexer.h"

namespace tavana::gateway {

namespace {

/// Of Flight SQL's actions, whose bodies are Any messages; Flight's own are plain.
template <typename Message>
Result<Message> BodyOf(const wire::Action& action) {
  google::protobuf::Any any;
  Message message;
  if (!any.ParseFromString(action.body()) || !any.UnpackTo(&message)) {
    return Error(ErrorCode::kProtocol, fmt::format("the body of {} is of another kind", action.type().substr(0, 100)));
  }
  return message;
}

template <typename Message>
Result<Message> PlainBodyOf(const wire::Action& action) {
  Message message;
  if (!message.ParseFromString(action.body())) {
    return Error(ErrorCode::kProtocol, fmt::format("the body of {} is of another kind", action.type().substr(0, 100)));
  }
  return message;
}

wire::Result PackedResultOf(const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  wire::Result result;
  result.set_body(any.SerializeAsString());
  return result;
}

wire::Result PlainResultOf(const google::protobuf::MessageLite& message) {
  wire::Result result;
  result.set_body(message.SerializeAsString());
  return result;
}

std::string TextOf(const wire::SessionOptionValue& value) {
  switch (value.option_value_case()) {
    case wire::SessionOptionValue::kStringValue: return value.string_value();
    case wire::SessionOptionValue::kBoolValue: return value.bool_value() ? "true" : "false";
    case wire::SessionOptionValue::kInt64Value: return std::to_string(value.int64_value());
    case wire::SessionOptionValue::kDoubleValue: return fmt::format("{}", value.double_value());
    case wire::SessionOptionValue::kStringListValue: {
      std::string joined;
      for (const auto& each : value.string_list_value().values()) joined += (joined.empty() ? "" : ", ") + each;
      return joined;
    }
    case wire::SessionOptionValue::OPTION_VALUE_NOT_SET: break;
  }
  return {};
}

/// What names the result, or the statement that is polled for one.
std::string FirstTicketOf(const wire::FlightInfo& info) {
  return info.endpoint().empty() ? info.flight_descriptor().cmd() : info.endpoint(0).ticket().ticket();
}

/// What sets `setting`, or resets it when there is no value.
std::string SettingStatement(const std::string& setting, bool is_place, const wire::SessionOptionValue& value) {
  const bool resets = value.option_value_case() == wire::SessionOptionValue::OPTION_VALUE_NOT_SET;
  if (is_place) {
    const std::string place = resets ? setting == "catalog" ? "tavana" : "public" : TextOf(value);
    return "USE " + sql::QuoteIdentifier(place == "public" ? "main" : place);
  }
  const std::string quoted = sql::QuoteIdentifier(setting);
  return resets ? "RESET " + quoted : fmt::format("SET {} = {}", quoted, sql::QuoteLiteral(TextOf(value)));
}

}  // namespace

FlightDoor::Impl::Task<Status> FlightDoor::Impl::DoAction(CallPtr call, SessionPtr session) {
  const auto request = co_await ReadRequest(call);
  if (!request.ok()) co_return request.error();
  wire::Action action;
  if (!action.ParseFromString(*request)) co_return Error(ErrorCode::kProtocol, "not an Action");
  const std::string& type = action.type();

  if (type == "CreatePreparedStatement") {
    const auto body = BodyOf<wire_sql::ActionCreatePreparedStatementRequest>(action);
    if (!body.ok()) co_return body.error();
    const auto created = co_await CreatePrepared(call, session, *body);
    if (!created.ok()) co_return created.error();
    Answer(call, PackedResultOf(*created));
    co_return Status::Ok();
  }
  if (type == "ClosePreparedStatement") {
    const auto body = BodyOf<wire_sql::ActionClosePreparedStatementRequest>(action);
    if (!body.ok()) co_return body.error();
    const auto statement = FindPrepared(*session, body->prepared_statement_handle());
    if (!statement.ok()) co_return statement.error();
    const auto lane = (*statement)->lane.lock();
    if (lane != nullptr && (*statement)->prepared) lane->closing.push_back((*statement)->prepared->id);
    session->statements.erase(body->prepared_statement_handle());
    co_return Status::Ok();
  }
  if (type == "BeginTransaction") {
    const auto context = NewCall(session, call);
    const auto begun = co_await BeginTransaction(session, context);
    if (!begun.ok()) co_return begun.error();
    wire_sql::ActionBeginTransactionResult answer;
    answer.set_transaction_id(*begun);
    Answer(call, PackedResultOf(answer));
    co_return Status::Ok();
  }
  if (type == "EndTransaction") {
    const auto body = BodyOf<wire_sql::ActionEndTransactionRequest>(action);
    if (!body.ok()) co_return body.error();
    if (body->action() == wire_sql::ActionEndTransactionRequest::END_TRANSACTION_UNSPECIFIED) {
      co_return Error(ErrorCode::kProtocol, "a transaction ends by COMMIT or ROLLBACK");
    }
    const bool commit = body->action() == wire_sql::ActionEndTransactionRequest::END_TRANSACTION_COMMIT;
    const auto context = NewCall(session, call);
    const Status ended = co_await EndTransaction(session, context, body->transaction_id(), commit);
    co_return ended;
  }
  if (type == "BeginSavepoint" || type == "EndSavepoint") {
    co_return Error(ErrorCode::kUnsupported, "savepoints are not supported")
        .WithHint("What was written can only be taken back with the whole transaction.");
  }
  if (type == "CreatePreparedSubstraitPlan") {
    co_return Error(ErrorCode::kUnsupported, "Substrait plans are not supported").WithHint("Send SQL.");
  }
  if (type == "CancelFlightInfo") {
    const auto body = PlainBodyOf<wire::CancelFlightInfoRequest>(action);
    if (!body.ok()) co_return body.error();
    if (const auto elsewhere = OwnerOfTicket(call, *session, FirstTicketOf(body->info()))) {
      const Status forwarded = co_await Forward(call, *elsewhere, flight::BufferOf(*request));
      co_return forwarded;
    }
    wire::CancelFlightInfoResult answer;
    answer.set_status(CancelResult(*session, body->info()) ? wire::CANCEL_STATUS_CANCELLED
                                                           : wire::CANCEL_STATUS_NOT_CANCELLABLE);
    Answer(call, PlainResultOf(answer));
    co_return Status::Ok();
  }
  if (type == "CancelQuery") {
    const auto body = BodyOf<wire_sql::ActionCancelQueryRequest>(action);
    if (!body.ok()) co_return body.error();
    wire::FlightInfo info;
    if (!info.ParseFromString(body->info())) co_return Error(ErrorCode::kProtocol, "not a FlightInfo");
    if (const auto elsewhere = OwnerOfTicket(call, *session, FirstTicketOf(info))) {
      const Status forwarded = co_await Forward(call, *elsewhere, flight::BufferOf(*request));
      co_return forwarded;
    }
    wire_sql::ActionCancelQueryResult answer;
    answer.set_result(CancelResult(*session, info) ? wire_sql::ActionCancelQueryResult::CANCEL_RESULT_CANCELLED
                                                   : wire_sql::ActionCancelQueryResult::CANCEL_RESULT_NOT_CANCELLABLE);
    Answer(call, PackedResultOf(answer));
    co_return Status::Ok();
  }
  if (type == "RenewFlightEndpoint") {
    const auto body = PlainBodyOf<wire::RenewFlightEndpointRequest>(action);
    if (!body.ok()) co_return body.error();
    const std::string& ticket = body->endpoint().ticket().ticket();
    if (const auto elsewhere = OwnerOfTicket(call, *session, ticket)) {
      const Status forwarded = co_await Forward(call, *elsewhere, flight::BufferOf(*request));
      co_return forwarded;
    }
    const auto result = FindResult(*session, ticket);
    if (result == nullptr) co_return NoSuchTicket();
    wire::FlightEndpoint endpoint = body->endpoint();
    Renew(*result, endpoint);
    Answer(call, PlainResultOf(endpoint));
    co_return Status::Ok();
  }
  if (type == "SetSessionOptions") {
    const Status set = co_await SetSessionOptions(call, session, action.body());
    co_return set;
  }
  if (type == "GetSessionOptions") {
    const Status told = co_await GetSessionOptions(call, session);
    co_return told;
  }
  if (type == "CloseSession") {
    EndSession(session);
    call->AddHeader("set-cookie", "tavana_session=; Max-Age=0");
    wire::CloseSessionResult answer;
    answer.set_status(wire::CloseSessionResult::CLOSED);
    Answer(call, PlainResultOf(answer));
    co_return Status::Ok();
  }
  co_return Error(ErrorCode::kUnsupported, fmt::format("the action {} is not supported", type.substr(0, 100)));
}

bool FlightDoor::Impl::CancelResult(const FlightSession& session, const wire::FlightInfo& info) {
  const Error why(ErrorCode::kCancelled, "canceling statement due to user request");
  if (const auto poll = FindPoll(session, info.flight_descriptor())) {
    if (poll->outcome) return poll->outcome->ok() && CancelResult(session, **poll->outcome);
    poll->call.cancellation->Cancel(why);
    return true;
  }
  bool found = false;
  for (const auto& endpoint : info.endpoint()) {
    auto result = FindResult(session, endpoint.ticket().ticket());
    if (result == nullptr) result = FindReading(session, endpoint.ticket().ticket());
    if (result == nullptr) continue;
    found = true;
    result->call.cancellation->Cancel(why);
    if (result->readers > 0) continue;
    result->error = why;
    Drop(result);
  }
  return found;
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::SetSessionOptions(CallPtr call, SessionPtr session,
                                                                   const std::string& body) {
  wire::SetSessionOptionsRequest request;
  if (!request.ParseFromString(body)) co_return Error(ErrorCode::kProtocol, "not a SetSessionOptionsRequest");
  // In an order of its own: a schema is looked up in the catalog.
  std::map<std::string, wire::SessionOptionValue> wanted(request.session_options().begin(),
                                                         request.session_options().end());
  wire::SetSessionOptionsResult answer;
  for (const auto& [name, value] : wanted) {
    const std::string setting = sql::LowerCase(name);
    const bool is_place = setting == "catalog" || setting == "schema";
    auto statement = StatementOf(SettingStatement(setting, is_place, value));
    if (!statement.ok()) co_return statement.error();
    statement->transaction = OnlyTransaction(*session);  // the action has no room for its name
    const auto context = NewCall(session, call);
    const auto ran = co_await Run(session, context, *std::move(statement));
    if (ran.ok()) {
      const bool is_of_engine = !is_place && !PgSettings::Knows(setting);
      if (is_of_engine && session->options.size() < FlightSession::kMaxOptions) session->options.insert(setting);
      continue;
    }
    if (ran.error().code() == ErrorCode::kCancelled) co_return ran.error();
    const bool no_such_name = !is_place && ran.error().code() == ErrorCode::kUndefinedObject;
    (*answer.mutable_errors())[name].set_value(no_such_name ? wire::SetSessionOptionsResult::INVALID_NAME
                                                            : wire::SetSessionOptionsResult::INVALID_VALUE);
  }
  Answer(call, PlainResultOf(answer));
  co_return Status::Ok();
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::GetSessionOptions(CallPtr call, SessionPtr session) {
  wire::GetSessionOptionsResult answer;
  std::vector<std::string> names{"catalog", "schema"};
  std::string values =
      "SELECT current_database(), CASE current_schema() WHEN 'main' THEN 'public' ELSE current_schema() END";
  for (const auto& name : session->options) {
    names.push_back(name);
    values +=
        fmt::format(", (SELECT any_value(value) FROM duckdb_settings() WHERE name = {})", sql::QuoteLiteral(name));
  }
  const auto current = co_await Query(call, session, std::move(values));
  if (!current.ok()) co_return current.error();
  auto& options = *answer.mutable_session_options();
  for (const auto& batch : *current) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto& text = static_cast<const arrow::StringArray&>(*batch->column(static_cast<int>(i)));
      if (!text.IsNull(0)) options[names[i]].set_string_value(std::string(text.GetView(0)));
    }
  }
  const auto settings = session->SettingsFor(OnlyTransaction(*session)).All();
  for (const auto& [name, value] : *settings) options[name].set_string_value(value);
  Answer(call, PlainResultOf(answer));
  co_return Status::Ok();
}

}  // namespace tavana::gateway
