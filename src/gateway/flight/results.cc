#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <iterator>

#include "engine/client_form.h"
#include "flight/flight_data.h"
#include "gateway/flight/door_impl.h"

namespace tavana::gateway {

using std::chrono::steady_clock;

Error NoSuchTicket() { return Error(ErrorCode::kUndefinedStatement, "there is no result of this ticket"); }

namespace {

// Of a large result without an order (chosen: with more, a client has more streams than cores for them).
constexpr int kEndpoints = 4;

// Its result is gone long before (chosen: that may be renewed as often as a client likes).
constexpr std::chrono::hours kTicketLifetime(24 * 366);

using Results = std::map<std::string, std::shared_ptr<FlightResult>>;

std::shared_ptr<FlightResult> Find(const Results& results, const std::optional<SessionClaims>& ticket) {
  const auto found = ticket ? results.find(ticket->session) : results.end();
  return found == results.end() ? nullptr : found->second;
}

/// As it came from the engine.
grpc::ByteBuffer MessageOf(const engine::EncodedBatch& batch) {
  arrow::ipc::IpcPayload payload;
  payload.type = arrow::ipc::MessageType::RECORD_BATCH;
  payload.metadata = batch.metadata;
  payload.body_length = batch.body == nullptr ? 0 : batch.body->size();
  payload.body_buffers = {batch.body};
  return flight::EncodeFlightData(payload);
}

}  // namespace

std::string FlightDoor::Impl::TicketOf(const std::string& handle, const std::string& user) const {
  wire_sql::TicketStatementQuery ticket;
  ticket.set_statement_handle(
      tokens_.Sign(SessionTokens::Purpose::kTicket, {.user = user,
                                                     .session = handle,
                                                     .gateway = name_,
                                                     .expires = std::chrono::system_clock::now() + kTicketLifetime,
                                                     .credential = {}}));
  google::protobuf::Any any;
  any.PackFrom(ticket);
  return any.SerializeAsString();
}

std::optional<SessionClaims> FlightDoor::Impl::ReadTicket(const FlightSession& session,
                                                          const std::string& ticket) const {
  google::protobuf::Any any;
  wire_sql::TicketStatementQuery statement;
  if (!any.ParseFromString(ticket) || !any.UnpackTo(&statement)) return std::nullopt;
  auto claims =
      tokens_.Read(SessionTokens::Purpose::kTicket, statement.statement_handle(), std::chrono::system_clock::now());
  if (claims && claims->user != session.user()) claims.reset();
  return claims;
}

Result<wire::FlightInfo> FlightDoor::Impl::Announce(const SessionPtr& session, std::shared_ptr<FlightResult> result,
                                                    const wire::FlightDescriptor& descriptor) {
  wire::FlightInfo info;
  TAVANA_ASSIGN_OR_RETURN(*info.mutable_schema(),
                          flight::SchemaBytes(*engine::ClientSchema(result->schema, result->form.string_views)));
  *info.mutable_flight_descriptor() = descriptor;
  info.set_total_records(!result->ended ? -1 : result->returns_rows ? result->rows : result->affected);
  info.set_total_bytes(-1);
  const bool is_parallel = !result->ordered && !result->ended;
  info.set_ordered(!is_parallel);
  for (int i = 0; i < (is_parallel ? kEndpoints : 1); ++i) {
    const std::string handle = RandomHex(16);
    auto& endpoint = *info.add_endpoint();
    endpoint.mutable_ticket()->set_ticket(TicketOf(handle, session->user()));
    Renew(*result, endpoint);
    result->tickets.insert(handle);
    tickets_[handle] = result;
  }
  ++session->results;
  const std::lock_guard lock(calls_mutex_);
  announced_ = steady_clock::now();
  return info;
}

void FlightDoor::Impl::Renew(FlightResult& result, wire::FlightEndpoint& endpoint) const {
  result.expires = steady_clock::now() + options_.result_lifetime;
  const auto until = (std::chrono::system_clock::now() + options_.result_lifetime).time_since_epoch();
  endpoint.mutable_expiration_time()->set_seconds(std::chrono::duration_cast<std::chrono::seconds>(until).count());
}

std::shared_ptr<FlightResult> FlightDoor::Impl::FindResult(const FlightSession& session,
                                                           const std::string& ticket) const {
  return Find(tickets_, ReadTicket(session, ticket));
}

std::shared_ptr<FlightResult> FlightDoor::Impl::FindReading(const FlightSession& session,
                                                            const std::string& ticket) const {
  return Find(reading_, ReadTicket(session, ticket));
}

void FlightDoor::Impl::Drop(const std::shared_ptr<FlightResult>& result) {
  polls_.erase(result->poll);
  for (const auto& ticket : result->tickets) tickets_.erase(ticket);
  const bool known = !result->tickets.empty();
  result->tickets.clear();
  if (known) --result->session->results;
  Count(*result, result->error ? Status(*result->error) : Status::Ok());
  if (result->lane == nullptr || (result->ended && result->ready.empty())) return;
  result->call.cancellation->Cancel(Error(ErrorCode::kCancelled, "nobody has asked for the result"));
  boost::asio::co_spawn(strand_, ReleaseStream(shared_from_this(), result), boost::asio::detached);
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::ReleaseStream([[maybe_unused]] std::shared_ptr<Impl> self,
                                                             std::shared_ptr<FlightResult> result) {
  auto cancellation = std::make_shared<Cancellation>();
  const auto turn = co_await result->lane->turn.Admit(strand_, cancellation);
  result->ready.clear();
  if (result->stream == nullptr) co_return;
  if (result->once) result->lane->closing.push_back(*std::exchange(result->once, std::nullopt));
  auto release = [stream = std::move(result->stream)]() mutable {
    stream.reset();
    return true;
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(release));
  co_await running->Finished();
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::DoGet(CallPtr call, SessionPtr session) {
  const auto request = co_await ReadRequest(call);
  if (!request.ok()) co_return request.error();
  wire::Ticket ticket;
  google::protobuf::Any command;
  if (!ticket.ParseFromString(*request) || !command.ParseFromString(ticket.ticket())) co_return NoSuchTicket();
  if (MetadataSchema(command) != nullptr) {
    auto metadata = co_await MetadataOf(call, session, command);
    if (!metadata.ok()) co_return metadata.error();
    const Status sent = co_await SendBatches(call, metadata->schema, metadata->batches);
    co_return sent;
  }
  if (const auto elsewhere = OwnerOfTicket(call, *session, ticket.ticket())) {
    const Status forwarded = co_await Forward(call, *elsewhere, flight::BufferOf(*request));
    co_return forwarded;
  }
  const auto claims = ReadTicket(*session, ticket.ticket());
  const auto result = Find(tickets_, claims);
  if (result == nullptr) co_return NoSuchTicket();
  const std::string handle = claims->session;
  tickets_.erase(handle);
  result->tickets.erase(handle);
  ++result->readers;
  reading_[handle] = result;
  const SessionPtr owner = result->session;
  Status streamed;
  {
    // Whoever gives up ends the statement.
    const auto registration = call->cancellation()->OnCancel(
        [result] { result->call.cancellation->Cancel(Error(ErrorCode::kCancelled, "the client is gone")); });
    streamed = co_await Stream(call, result);
  }
  --result->readers;
  reading_.erase(handle);
  result->expires = steady_clock::now() + options_.result_lifetime;  // for those who read one endpoint after another
  owner->last_used = steady_clock::now();
  if (!streamed.ok() && !result->error) result->error = streamed.error();
  if (result->tickets.empty() && result->readers == 0) {
    --owner->results;
    Drop(result);
  }
  co_return streamed;
}

FlightDoor::Impl::Task<bool> FlightDoor::Impl::WriteAll(CallPtr call, std::vector<grpc::ByteBuffer> messages) {
  for (auto& message : messages) {
    services_.metrics.AddBytesSent(message.Length());
    const bool written = co_await Write(call, std::move(message));
    if (!written) co_return false;
  }
  co_return true;
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::Stream(CallPtr call, std::shared_ptr<FlightResult> result) {
  const Error gone(ErrorCode::kCancelled, "the client is gone");
  const auto client_schema = engine::ClientSchema(result->schema, result->form.string_views);
  const auto encoding = engine::EncodingOf(result->form);
  if (!encoding.ok()) co_return encoding.error();
  const auto encoder = std::make_shared<flight::StreamEncoder>(client_schema, *encoding);
  const auto encode = [encoder, client_schema](const FlightRows& rows) -> Result<std::vector<grpc::ByteBuffer>> {
    if (rows.encoded != nullptr) return std::vector{MessageOf(*rows.encoded)};
    TAVANA_ASSIGN_OR_RETURN(const auto converted, engine::ClientBatch(rows.batch, client_schema));
    return encoder->Batch(*converted);
  };
  auto schema = encoder->Schema();
  if (!schema.ok()) co_return schema.error();
  const bool is_small = result->ended && result->ready.size() <= 1 && !result->error;
  if (is_small) {  // it leaves as one, with the status
    std::vector<grpc::ByteBuffer> whole{*std::move(schema)};
    if (!result->ready.empty()) {
      auto messages = encode(result->ready.front());
      if (!messages.ok()) co_return messages.error();
      services_.metrics.AddRowsSent(static_cast<std::uint64_t>(result->ready.front().rows()));
      std::ranges::move(*messages, std::back_inserter(whole));
      result->ready.clear();
    }
    for (const auto& message : whole) services_.metrics.AddBytesSent(message.Length());
    call->FinishWith(std::move(whole));
    co_return Status::Ok();
  }
  bool written = co_await Write(call, *std::move(schema));
  while (written && !result->ready.empty()) {
    const FlightRows rows = std::move(result->ready.front());
    result->ready.pop_front();
    auto messages = encode(rows);
    if (!messages.ok()) co_return messages.error();
    services_.metrics.AddRowsSent(static_cast<std::uint64_t>(rows.rows()));
    written = co_await WriteAll(call, *std::move(messages));
  }
  if (!written) co_return gone;
  result->large.reset();
  if (result->ended) co_return result->error ? Status(*result->error) : Status::Ok();

  const SessionPtr session = result->session;
  FlightSession::Running running(session, result->call.cancellation, session->Activity().statement);
  const auto lane = result->lane;
  struct Pulled {
    std::int64_t rows = 0;
    std::vector<grpc::ByteBuffer> messages;  // none at the end
  };
  std::shared_ptr<AdmissionTicket> slot;
  // The engine makes the next batch while one leaves: two of them, no more. Only the making has the lane: who reads
  // slowly does not keep the others from theirs.
  std::vector<grpc::ByteBuffer> leaving;
  for (;;) {
    auto turn = co_await TakeTurn(session, result->call, lane);
    if (!turn.ok()) co_return turn.error();
    if (result->stream == nullptr) break;
    if (slot == nullptr) slot = result->slot.lock();
    if (slot == nullptr) {
      auto admitted = co_await Admit(session, result->call, running);
      if (!admitted.ok()) co_return admitted.error();
      slot = std::make_shared<AdmissionTicket>(*std::move(admitted));
      result->slot = slot;
    }
    auto pull = [result, encode, slot, ticket = std::move(turn->ticket)]() mutable -> Result<Pulled> {
      auto rows = NextRows(*result->stream, result->call);
      if (rows.ok() && !*rows) {
        result->affected = result->stream->summary().affected;
        result->stream.reset();
      }
      AdmissionTicket(std::move(ticket));  // gives the lane back
      if (!rows.ok()) return rows.error();
      if (!*rows) return Pulled{};
      TAVANA_ASSIGN_OR_RETURN(auto messages, encode(*rows));
      return Pulled{rows->rows(), std::move(messages)};
    };
    auto pulling = net::StartBlocking(services_.statement_pool, strand_, std::move(pull));
    auto messages = std::exchange(leaving, {});
    written = co_await WriteAll(call, std::move(messages));
    if (!written) result->call.cancellation->Cancel(gone);
    std::shared_ptr<net::BlockingCall> left_behind;  // with its turn and slot
    auto pulled = co_await net::Await(pulling, strand_, result->call.cancellation, left_behind);
    if (!pulled.ok()) {
      if (lane->in_block) lane->failed = true;
      co_return pulled.error();
    }
    if (pulled->messages.empty()) {
      result->ended = true;
      if (result->once) lane->closing.push_back(*std::exchange(result->once, std::nullopt));
      Count(*result, Status::Ok());
      break;
    }
    services_.metrics.AddRowsSent(static_cast<std::uint64_t>(pulled->rows));
    leaving = std::move(pulled->messages);
  }
  written = co_await WriteAll(call, std::move(leaving));
  if (!written) co_return gone;
  co_return result->error ? Status(*result->error) : Status::Ok();
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::SendBatches(CallPtr call, std::shared_ptr<arrow::Schema> schema,
                                                             std::vector<std::shared_ptr<arrow::RecordBatch>> batches) {
  flight::StreamEncoder encoder(schema, arrow::ipc::IpcWriteOptions::Defaults());
  auto first = encoder.Schema();
  if (!first.ok()) co_return first.error();
  bool written = co_await Write(call, *std::move(first));
  for (const auto& batch : batches) {
    if (!written) break;
    auto messages = encoder.Batch(*batch);
    if (!messages.ok()) co_return messages.error();
    written = co_await WriteAll(call, *std::move(messages));
  }
  co_return Status::Ok();
}

FlightDoor::Impl::Task<Result<FlightDoor::Impl::Asked>> FlightDoor::Impl::ReadCommand(CallPtr call) {
  const auto request = co_await ReadRequest(call);
  if (!request.ok()) co_return request.error();
  Asked asked;
  if (!asked.descriptor.ParseFromString(*request)) co_return Error(ErrorCode::kProtocol, "not a FlightDescriptor");
  if (asked.descriptor.type() != wire::FlightDescriptor::CMD ||
      !asked.command.ParseFromString(asked.descriptor.cmd())) {
    co_return Error(ErrorCode::kProtocol, "not a command of Flight SQL");
  }
  co_return asked;
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::GetFlightInfo(CallPtr call, SessionPtr session) {
  const auto asked = co_await ReadCommand(call);
  if (!asked.ok()) co_return asked.error();
  Result<wire::FlightInfo> info = Error(ErrorCode::kInternal, "a command went astray");
  if (const auto schema = MetadataSchema(asked->command)) {
    info = MetadataInfo(asked->descriptor, *schema);
  } else {
    auto statement = StatementIn(*session, asked->command);
    if (!statement.ok()) co_return statement.error();
    const auto context = NewCall(session, call);
    auto result = co_await Run(session, context, *std::move(statement));
    if (!result.ok()) co_return result.error();
    info = Announce(session, *std::move(result), asked->descriptor);
  }
  if (!info.ok()) co_return info.error();
  Answer(call, *info);
  co_return Status::Ok();
}

Result<wire::FlightInfo> FlightDoor::Impl::MetadataInfo(const wire::FlightDescriptor& descriptor,
                                                        const arrow::Schema& schema) {
  wire::FlightInfo info;
  TAVANA_ASSIGN_OR_RETURN(*info.mutable_schema(), flight::SchemaBytes(schema));
  *info.mutable_flight_descriptor() = descriptor;
  info.set_total_records(-1);
  info.set_total_bytes(-1);
  info.add_endpoint()->mutable_ticket()->set_ticket(descriptor.cmd());
  return info;
}

Result<FlightDoor::Impl::Statement> FlightDoor::Impl::StatementIn(const FlightSession& session,
                                                                  const google::protobuf::Any& command) const {
  if (wire_sql::CommandStatementQuery query; command.UnpackTo(&query)) {
    TAVANA_ASSIGN_OR_RETURN(auto statement, StatementOf(query.query()));
    statement.transaction = query.transaction_id();
    statement.for_client = true;
    return statement;
  }
  if (wire_sql::CommandPreparedStatementQuery query; command.UnpackTo(&query)) {
    TAVANA_ASSIGN_OR_RETURN(auto statement, BoundStatement(session, query.prepared_statement_handle()));
    statement.for_client = true;
    return statement;
  }
  if (command.Is<wire_sql::CommandStatementSubstraitPlan>()) {
    return Error(ErrorCode::kUnsupported, "Substrait plans are not supported").WithHint("Send SQL.");
  }
  return Error(ErrorCode::kUnsupported,
               fmt::format("the command {} is not supported", command.type_url().substr(0, 200)));
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::GetSchema(CallPtr call, SessionPtr session) {
  const auto asked = co_await ReadCommand(call);
  if (!asked.ok()) co_return asked.error();
  auto schema = MetadataSchema(asked->command);
  if (schema == nullptr) {
    auto statement = StatementIn(*session, asked->command);
    if (!statement.ok()) co_return statement.error();
    auto prepared = co_await Describe(call, session, *std::move(statement));
    if (!prepared.ok()) co_return prepared.error();
    const auto form = FormFor(*session, (*prepared)->transaction);
    schema = engine::ClientSchema((*prepared)->prepared->columns, form.string_views);
  }
  wire::SchemaResult answer;
  auto bytes = flight::SchemaBytes(*schema);
  if (!bytes.ok()) co_return bytes.error();
  answer.set_schema(*std::move(bytes));
  Answer(call, answer);
  co_return Status::Ok();
}

}  // namespace tavana::gateway
