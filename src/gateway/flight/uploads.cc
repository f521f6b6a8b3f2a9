#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include "flight/flight_data.h"
#include "gateway/flight/door_impl.h"
#include "gateway/flight/upload.h"
#include "sql/redact.h"

namespace tavana::gateway {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// Of the parameters bound to one statement (chosen: a hundred thousand rows of executemany fit).
constexpr std::size_t kMaxParameterBytes = 64 << 20;

Result<engine::IngestTarget> TargetOf(const wire_sql::CommandStatementIngest& command) {
  using Options = wire_sql::CommandStatementIngest::TableDefinitionOptions;
  using Mode = engine::IngestTarget::Mode;
  engine::IngestTarget target{.database = command.catalog(), .schema = command.schema(), .table = command.table()};
  if (target.table.empty()) return Error(ErrorCode::kInvalidParameter, "the ingest names no table");
  target.temporary = command.temporary();
  const auto& options = command.table_definition_options();
  const bool creates = options.if_not_exist() != Options::TABLE_NOT_EXIST_OPTION_FAIL;
  switch (options.if_exists()) {
    case Options::TABLE_EXISTS_OPTION_APPEND: target.mode = creates ? Mode::kCreateOrAppend : Mode::kAppend; break;
    case Options::TABLE_EXISTS_OPTION_REPLACE:
      if (!creates) return Error(ErrorCode::kUnsupported, "an ingest that replaces a table also makes a new one");
      target.mode = Mode::kReplace;
      break;
    default:
      if (!creates) return Error(ErrorCode::kInvalidParameter, "the ingest takes neither a new table nor an old one");
      target.mode = Mode::kCreate;
  }
  return target;
}

grpc::ByteBuffer PutResultOf(const google::protobuf::MessageLite& message) {
  wire::PutResult result;
  result.set_app_metadata(message.SerializeAsString());
  return flight::BufferOf(result.SerializeAsString());
}

}  // namespace

FlightDoor::Impl::Task<Status> FlightDoor::Impl::DoPut(CallPtr call, SessionPtr session) {
  auto first = co_await Read(call);
  if (!first) co_return Error(ErrorCode::kProtocol, "the upload is empty");
  const auto data = flight::DecodeFlightData(*first);
  if (!data.ok()) co_return data.error();
  wire::FlightDescriptor descriptor;
  google::protobuf::Any command;
  if (!descriptor.ParseFromString(data->descriptor) || !command.ParseFromString(descriptor.cmd())) {
    co_return Error(ErrorCode::kProtocol, "the upload begins without a command of Flight SQL");
  }
  if (wire_sql::CommandStatementIngest ingest; command.UnpackTo(&ingest)) {
    const Status ingested = co_await Ingest(call, session, ingest, *std::move(first));
    co_return ingested;
  }
  if (wire_sql::CommandStatementUpdate update; command.UnpackTo(&update)) {
    auto statement = StatementOf(update.query());
    if (!statement.ok()) co_return statement.error();
    statement->transaction = update.transaction_id();
    const Status updated = co_await Update(call, session, *std::move(statement));
    co_return updated;
  }
  wire_sql::CommandPreparedStatementQuery query;
  wire_sql::CommandPreparedStatementUpdate update;
  const bool binds = command.UnpackTo(&query);
  if (!binds && !command.UnpackTo(&update)) {
    co_return Error(ErrorCode::kUnsupported,
                    fmt::format("uploads for {} are not supported", command.type_url().substr(0, 200)));
  }
  const std::string handle = binds ? query.prepared_statement_handle() : update.prepared_statement_handle();
  auto statement = BoundStatement(*session, handle);
  if (!statement.ok()) co_return statement.error();
  auto parameters = co_await ReadParameters(call, *std::move(first));
  if (!parameters.ok()) co_return parameters.error();
  if (!binds) {
    if (*parameters != nullptr) statement->parameters = *std::move(parameters);
    const Status updated = co_await Update(call, session, *std::move(statement));
    co_return updated;
  }
  const auto prepared = FindPrepared(*session, handle);
  if (!prepared.ok()) co_return prepared.error();
  const auto given = static_cast<std::size_t>(*parameters == nullptr ? 0 : (*parameters)->num_columns());
  if ((*prepared)->prepared && given != (*prepared)->prepared->parameters.size()) {
    co_return Error(ErrorCode::kUndefinedParameter, fmt::format("the statement has {} parameters, {} were given",
                                                                (*prepared)->prepared->parameters.size(), given));
  }
  (*prepared)->parameters = *std::move(parameters);
  wire_sql::DoPutPreparedStatementResult answer;
  answer.set_prepared_statement_handle(handle);
  call->FinishWith({PutResultOf(answer)});
  co_return Status::Ok();
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::Update(CallPtr call, SessionPtr session, Statement statement) {
  statement.to_the_end = true;
  const auto context = NewCall(session, call);
  auto ran = co_await Run(session, context, std::move(statement));
  if (!ran.ok()) co_return ran.error();
  const std::shared_ptr<FlightResult> result = *std::move(ran);
  wire_sql::DoPutUpdateResult answer;
  answer.set_record_count(result->affected);
  if (result->stream != nullptr) Drop(result);  // rows that nobody has asked for
  call->FinishWith({PutResultOf(answer)});
  co_return Status::Ok();
}

FlightDoor::Impl::Task<Result<std::shared_ptr<arrow::RecordBatch>>> FlightDoor::Impl::ReadParameters(
    CallPtr call, grpc::ByteBuffer first) {
  auto messages = std::make_shared<std::deque<grpc::ByteBuffer>>();
  std::size_t bytes = 0;
  for (std::optional message(std::move(first)); message;) {
    bytes += message->Length();
    if (bytes > kMaxParameterBytes) {
      co_return Error(ErrorCode::kQuotaExceeded, "the parameters of a statement are too large")
          .WithHint("Bind fewer rows at a time, or ingest them into a table.");
    }
    messages->push_back(*std::move(message));
    message = co_await Read(call);
  }
  auto decode = [messages, pool = &upload_pool_]() -> Result<std::shared_ptr<arrow::RecordBatch>> {
    const auto next = [messages]() -> Result<std::optional<grpc::ByteBuffer>> {
      if (messages->empty()) return std::optional<grpc::ByteBuffer>();
      std::optional message = std::move(messages->front());
      messages->pop_front();
      return message;
    };
    auto data = flight::DecodeFlightData(messages->front());
    if (!data.ok()) return data.error();
    if (messages->size() == 1 && data->header == nullptr)
      return std::shared_ptr<arrow::RecordBatch>();  // no Arrow data
    TAVANA_ASSIGN_OR_RETURN(const auto reader, UploadReader::Open(next, pool));
    auto table = reader->ToTable();
    if (!table.ok()) {
      return reader->error() ? *reader->error() : Error(ErrorCode::kProtocol, table.status().message());
    }
    if ((*table)->num_columns() == 0) return std::shared_ptr<arrow::RecordBatch>();
    auto batch = (*table)->CombineChunksToBatch();
    if (!batch.ok()) return Error(ErrorCode::kProtocol, batch.status().message());
    return *std::move(batch);
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(decode));
  co_await running->Finished();
  co_return std::move(*running->result);
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::ReadUpload([[maybe_unused]] std::shared_ptr<Impl> self, CallPtr call,
                                                          std::shared_ptr<FlightUpload> upload,
                                                          std::shared_ptr<Waiter> room) {
  for (;;) {
    while (!upload->has_room() && !upload->taken_no_more()) co_await room->Wait();
    if (upload->taken_no_more()) co_return;
    auto message = co_await Read(call);
    if (!message) {
      // The end of the upload, or of the client: only one that is there can be begun to be answered.
      const bool is_there = co_await Begin(call);
      if (!is_there) call->cancellation()->Cancel(Error(ErrorCode::kCancelled, "the client is gone"));
      break;
    }
    upload->Push(*std::move(message));
  }
  upload->End();
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::Ingest(CallPtr call, SessionPtr session,
                                                        wire_sql::CommandStatementIngest command,
                                                        grpc::ByteBuffer first) {
  auto target = TargetOf(command);
  if (!target.ok()) co_return target.error();
  const auto context = NewCall(session, call);
  const auto began = steady_clock::now();
  FlightSession::Running running(session, context.cancellation,
                                 "COPY " + sql::ShownStatement(target->table) + " FROM STDIN");
  // ADBC's driver does not say of an ingest which transaction it belongs to: the only one that is open.
  std::string transaction = command.transaction_id();
  if (transaction.empty()) transaction = OnlyTransaction(*session);
  auto turn = co_await TakeLane(session, context, std::move(transaction));
  if (!turn.ok()) co_return turn.error();
  auto slot = co_await Admit(session, context, running);
  if (!slot.ok()) co_return slot.error();
  const auto lane = turn->lane;
  const auto room = std::make_shared<Waiter>(strand_);
  const auto upload = std::make_shared<FlightUpload>(kUploadMessages, room);
  upload->Push(std::move(first));
  asio::co_spawn(strand_, ReadUpload(shared_from_this(), call, upload, room), asio::detached);
  auto ingest = [engine = lane->engine, context, target = *std::move(target), upload,
                 pool = &upload_pool_]() -> Result<std::int64_t> {
    const auto next = [upload, context] { return upload->Pop(*context.cancellation); };
    TAVANA_ASSIGN_OR_RETURN(const auto reader, UploadReader::Open(next, pool));
    auto rows = engine->Ingest(context, target, *reader);
    upload->StopTaking();
    if (!rows.ok() && reader->error()) return *reader->error();
    return rows;
  };
  auto rows = co_await OnLane(*turn, context, services_.statement_pool, std::move(ingest), &*slot);
  upload->StopTaking();
  if (!rows.ok() && lane->in_block) lane->failed = true;
  if (rows.ok() && command.temporary()) session->has_state = true;
  session->last_used = steady_clock::now();
  services_.metrics.StatementEnded(rows.ok() ? "ok" : SqlStateOf(rows.error().code()), steady_clock::now() - began);
  if (!rows.ok()) co_return rows.error();
  wire_sql::DoPutUpdateResult answer;
  answer.set_record_count(*rows);
  call->FinishWith({PutResultOf(answer)});
  co_return Status::Ok();
}

}  // namespace tavana::gateway
