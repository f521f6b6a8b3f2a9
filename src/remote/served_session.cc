#include "remote/served_session.h"

#include <boost/asio/post.hpp>

#include <arrow/util/byte_size.h>

#include <algorithm>
#include <utility>

#include "engine/client_form.h"
#include "remote/arrow_wire.h"
#include "remote/messages.h"

namespace tavana::remote {

namespace {

/// When what may take so long from now on is over.
std::chrono::steady_clock::time_point DeadlineOf(const wire::Limits& limits) {
  using std::chrono::steady_clock;
  if (limits.remaining() == 0) return steady_clock::time_point::max();
  // A year stands for more, which might not be counted.
  constexpr std::uint64_t kLongest = std::chrono::milliseconds(std::chrono::years(1)).count();
  return steady_clock::now() + std::chrono::milliseconds(std::min(limits.remaining(), kLongest));
}

}  // namespace

/// The batches of an ingest, as they come. Each one that is taken gives the gateway a credit.
class ServedSession::IngestReader final : public arrow::RecordBatchReader {
 public:
  IngestReader(ServedSession& session, std::shared_ptr<arrow::Schema> schema,
               std::shared_ptr<Cancellation> cancellation)
      : session_(session), schema_(std::move(schema)), cancellation_(std::move(cancellation)) {
    registration_ = cancellation_->OnCancel([this] {
      const std::lock_guard lock(session_.mutex_);  // so that who is about to wait sees it
      session_.ingest_changed_.notify_all();
    });
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    Item item;
    {
      std::unique_lock lock(session_.mutex_);
      session_.ingest_changed_.wait(
          lock, [&] { return !session_.ingested_.empty() || session_.abandoned_ || cancellation_->cancelled(); });
      if (auto why = cancellation_->why()) return arrow::Status::Cancelled(why->message());
      if (session_.abandoned_) return arrow::Status::Cancelled("the gateway is gone");
      item = std::move(session_.ingested_.front());
      session_.ingested_.pop_front();
    }
    if (item.request.has_ingest_end()) {
      const auto& failure = item.request.ingest_end().failure();
      return failure.empty() ? arrow::Status::OK() : arrow::Status::IOError(failure);
    }
    auto decoded = DecodeBatch(item.request.ingest_batch().batch(), item.body, schema_);
    if (!decoded.ok()) return arrow::Status::IOError(decoded.error().message());
    wire::Response credit;
    credit.mutable_ingest_credit()->set_credits(1);
    session_.Send({.response = std::move(credit)});
    *batch = *std::move(decoded);
    return arrow::Status::OK();
  }

 private:
  ServedSession& session_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<Cancellation> cancellation_;
  Cancellation::Registration registration_;
};

ServedSession::ServedSession(engine::Engine& engine, boost::asio::thread_pool& pool,
                             std::function<void(grpc::ByteBuffer)> send, std::function<void()> finished)
    : engine_(engine), pool_(pool), send_(std::move(send)), finished_(std::move(finished)) {}

Status ServedSession::Take(wire::Request request, std::shared_ptr<arrow::Buffer> body) {
  const std::lock_guard lock(mutex_);
  if (abandoned_) return Status::Ok();
  switch (request.kind_case()) {
    case wire::Request::kFetch: {
      const auto found = results_.find(request.fetch().result());
      if (found == results_.end()) return Status::Ok();  // it has just ended
      found->second.credits += request.fetch().credits();
      found->second.call.cancellation->SetDeadline(DeadlineOf(request.limits()));
      Schedule();
      return Status::Ok();
    }
    case wire::Request::kIngestBatch:
    case wire::Request::kIngestEnd:
      if (ingested_.size() >= kMaxWaiting) return Error(ErrorCode::kProtocol, "more is ingested than was asked for");
      if (!ingesting_) return Status::Ok();  // it has failed, and the gateway does not know yet
      ingested_.push_back({std::move(request), std::move(body), nullptr});
      ingest_changed_.notify_all();
      return Status::Ok();
    case wire::Request::KIND_NOT_SET:
      return Error(ErrorCode::kUnsupported, "the gateway asks for something that this worker does not know");
    default: break;
  }
  if (waiting_.size() >= kMaxWaiting) return Error(ErrorCode::kProtocol, "too many requests wait in one session");
  if (request.has_ingest()) ingesting_ = true, ingested_.clear();
  auto cancellation = std::make_shared<Cancellation>();
  cancellation->SetDeadline(DeadlineOf(request.limits()));
  if (request.call() != 0) {
    last_taken_ = request.call();
    limits_ = request.limits();
    if (auto early = early_cancels_.extract(request.call())) cancellation->Cancel(std::move(early.mapped()));
    early_cancels_.erase(early_cancels_.begin(), early_cancels_.upper_bound(last_taken_));
  }
  waiting_.push_back({std::move(request), std::move(body), std::move(cancellation)});
  Schedule();
  return Status::Ok();
}

void ServedSession::Schedule() {
  if (std::exchange(working_, true)) return;
  boost::asio::post(pool_, [self = shared_from_this()] { self->Work(); });
}

void ServedSession::Work() {
  for (;;) {
    Item item;
    std::pair<const std::uint64_t, OpenResult>* produces = nullptr;
    {
      const std::lock_guard lock(mutex_);
      running_ = false;
      current_ = nullptr;
      current_call_ = 0;
      cancelled_at_.reset();
      if (abandoned_) break;
      if (!waiting_.empty()) {
        item = std::move(waiting_.front());
        waiting_.pop_front();
        current_ = item.cancellation;
        current_call_ = item.request.call();
      } else {
        const auto able =
            std::find_if(results_.begin(), results_.end(), [](const auto& entry) { return entry.second.credits > 0; });
        if (able == results_.end() && !std::exchange(pins_due_, false)) {
          working_ = false;
          idle_since_ = std::chrono::steady_clock::now();
          return;
        }
        if (able != results_.end()) {
          produces = &*able;
          current_ = produces->second.call.cancellation;
          --produces->second.credits;
        }
      }
      running_ = true;
    }
    if (produces == nullptr && item.cancellation == nullptr) {
      CheckPins();
    } else if (produces != nullptr) {
      Send(Next(produces->first, produces->second));
    } else {
      Handle(std::move(item));
    }
  }
  Close();
}

void ServedSession::Close() {
  std::map<std::uint64_t, OpenResult> results;
  std::shared_ptr<engine::Session> session;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    results.swap(results_);
    session.swap(session_);
    waiting_.clear();
    ingested_.clear();
  }
  results.clear();
  session.reset();
  finished_();
}

void ServedSession::Abandon(const Error& why) {
  std::vector<std::shared_ptr<Cancellation>> cancelled;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(abandoned_, true)) return;
    if (current_) cancelled.push_back(current_);
    for (const auto& [id, result] : results_) cancelled.push_back(result.call.cancellation);
    Schedule();  // to close
  }
  for (const auto& each : cancelled) each->Cancel(why);
  NoteCancel();
  ingest_changed_.notify_all();
}

void ServedSession::Cancel(const wire::Cancel& cancel) {
  std::vector<std::shared_ptr<Cancellation>> cancelled;
  {
    const std::lock_guard lock(mutex_);
    if (cancel.call() != 0) {
      if (current_ && current_call_ == cancel.call()) cancelled.push_back(current_);
      for (const auto& item : waiting_) {
        if (item.request.call() == cancel.call()) cancelled.push_back(item.cancellation);
      }
      // The cancel came over its own connection, before the call.
      if (cancel.call() > last_taken_ && early_cancels_.size() < kMaxEarlyCancels)
        early_cancels_.emplace(cancel.call(), ErrorOf(cancel.why()));
    } else if (const auto found = results_.find(cancel.result()); found != results_.end()) {
      cancelled.push_back(found->second.call.cancellation);
    }
  }
  for (const auto& each : cancelled) each->Cancel(ErrorOf(cancel.why()));
  NoteCancel();
}

void ServedSession::NoteCancel() {
  const std::lock_guard lock(mutex_);
  if (current_ && current_->cancelled() && !cancelled_at_) cancelled_at_ = std::chrono::steady_clock::now();
}

bool ServedSession::ignores_cancel_since(std::chrono::steady_clock::time_point moment) const {
  const std::lock_guard lock(mutex_);
  return running_ && cancelled_at_ && *cancelled_at_ < moment;
}

engine::Progress ServedSession::GetProgress() const {
  std::shared_ptr<engine::Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = session_;
  }
  return session == nullptr ? engine::Progress{} : session->GetProgress();
}

void ServedSession::CheckPins() {
  if (session_ == nullptr || in_transaction_) return;
  const auto snapshot = session_->Snapshot();
  const std::lock_guard lock(mutex_);
  pinned_ = !snapshot.ok() || !snapshot->pinned_by.empty();
}

bool ServedSession::EndWhatIsOver() {
  const auto now = std::chrono::steady_clock::now();
  std::shared_ptr<Cancellation> over;
  std::uint64_t idle_limit = 0;
  {
    const std::lock_guard lock(mutex_);
    if (abandoned_) return false;
    if (current_ != nullptr && current_->deadline() <= now && !current_->cancelled()) over = current_;
    idle_limit = in_transaction_ ? limits_.idle_in_transaction() : limits_.idle();
    if (working_ || idle_limit == 0 || now < idle_since_ + std::chrono::milliseconds(idle_limit)) idle_limit = 0;
  }
  if (over != nullptr) over->Cancel(Error(ErrorCode::kTimedOut, "canceling statement due to statement timeout"));
  if (over != nullptr) NoteCancel();
  if (idle_limit > 0) Abandon(Error(ErrorCode::kIdleSessionTimeout, "the session was idle for too long"));
  return over != nullptr || idle_limit > 0;
}

void ServedSession::EndIfIdle() {
  const std::lock_guard lock(mutex_);
  if (working_ || !waiting_.empty() || !results_.empty() || ingesting_ || in_transaction_ || pinned_ || pins_due_)
    return;
  abandoned_ = true;
  Schedule();  // to close
}

void ServedSession::Send(Message message) {
  auto& response = message.response;
  // While an ingest asks for more, the engine's session is busy with it.
  if (!response.has_ingest_credit()) in_transaction_ = session_ != nullptr && session_->in_transaction();
  response.set_in_transaction(in_transaction_);
  if (response.has_next()) response.mutable_next()->set_in_transaction(in_transaction_);
  send_(EncodeFrame(response, message.body));
}

engine::CallContext ServedSession::ContextOf(std::uint64_t query, std::string user,
                                             std::shared_ptr<Cancellation> cancellation) const {
  return {.query_id = engine::QueryId{query}, .user = std::move(user), .cancellation = std::move(cancellation)};
}

void ServedSession::Handle(Item item) {
  const auto& request = item.request;
  if (request.has_close_prepared()) {
    if (session_) ClosePrepared(request.close_prepared().statement());
    return;
  }
  if (request.has_close_result()) {
    std::map<std::uint64_t, OpenResult>::node_type closed;
    const std::lock_guard lock(mutex_);
    closed = results_.extract(request.close_result().result());
    pins_due_ = std::exchange(pins_due_after_result_, false) || pins_due_;
    return;
  }
  auto answer = Answer(item);
  if (request.has_ingest()) {
    const std::lock_guard lock(mutex_);
    ingesting_ = false;
    ingested_.clear();
  }
  Message message;
  if (answer.ok()) {
    message = *std::move(answer);
  } else {
    *message.response.mutable_failed() = MessageOf(answer.error());
  }
  message.response.set_call(request.call());
  Send(std::move(message));
}

void ServedSession::ClosePrepared(std::uint64_t statement) {
  definers_.erase(statement);
  once_.erase(statement);
  session_->ClosePrepared(engine::StatementId{statement});
}

Result<ServedSession::Message> ServedSession::Answer(const Item& item) {
  const auto& request = item.request;
  Message message;
  auto& response = message.response;
  if (request.has_open()) {
    TAVANA_RETURN_IF_ERROR(HandleOpen(request.open()));
    response.mutable_done();
    return message;
  }
  if (session_ == nullptr) return Error(ErrorCode::kProtocol, "the session was not opened");
  switch (request.kind_case()) {
    case wire::Request::kPrepare: return Prepare(item);
    case wire::Request::kExecute: {
      TAVANA_ASSIGN_OR_RETURN(*response.mutable_executed(), Execute(item));
      return message;
    }
    case wire::Request::kIngest: {
      TAVANA_ASSIGN_OR_RETURN(response, Ingest(item));
      return message;
    }
    case wire::Request::kTakeSnapshot: {
      TAVANA_ASSIGN_OR_RETURN(const auto snapshot, session_->Snapshot());
      TAVANA_ASSIGN_OR_RETURN(*response.mutable_snapshot(), MessageOf(snapshot));
      return message;
    }
    case wire::Request::kRestore: {
      TAVANA_ASSIGN_OR_RETURN(const auto snapshot, SnapshotOf(request.restore()));
      TAVANA_RETURN_IF_ERROR(session_->Restore(snapshot));
      response.mutable_done();
      return message;
    }
    case wire::Request::kReset: {
      std::map<std::uint64_t, OpenResult> closed;
      {
        const std::lock_guard lock(mutex_);
        closed.swap(results_);
      }
      closed.clear();
      TAVANA_RETURN_IF_ERROR(session_->Reset());
      response.mutable_done();
      return message;
    }
    default: return Error(ErrorCode::kProtocol, "that is no call");
  }
}

Status ServedSession::HandleOpen(const wire::Open& open) {
  if (session_ != nullptr) return Error(ErrorCode::kProtocol, "the session is open already");
  TAVANA_ASSIGN_OR_RETURN(
      auto session, engine_.Open({.user = open.user(), .database = open.database(), .process_id = open.process_id()}));
  const std::lock_guard lock(mutex_);
  session_ = std::move(session);
  user_ = open.user();
  return Status::Ok();
}

namespace {

/// Running it now is what running it next would have been: nothing changes by it, and it stays here, for what reads
/// files alone may go to another worker.
bool MayStartAtOnce(const engine::Prepared& prepared) {
  return prepared.kind == engine::StatementKind::kQuery && prepared.parameters.empty() &&
         prepared.inline_tables.empty() && prepared.read_set.databases_written.empty() &&
         prepared.read_set.files.empty();
}

}  // namespace

Result<ServedSession::Message> ServedSession::Prepare(const Item& item) {
  const auto& prepare = item.request.prepare();
  std::vector<std::shared_ptr<arrow::DataType>> types;
  if (!prepare.parameter_types().empty()) {
    TAVANA_ASSIGN_OR_RETURN(types, TypesOf(prepare.parameter_types()));
  }
  auto call = ContextOf(prepare.query(), user_, item.cancellation);
  call.runs_once = prepare.once_credits() > 0;
  if (prepare.has_form()) {
    TAVANA_ASSIGN_OR_RETURN(call.form, FormOf(prepare.form()));
  }
  TAVANA_ASSIGN_OR_RETURN(const auto prepared, session_->Prepare(call, prepare.sql(), types));
  Message message;
  auto& answer = *message.response.mutable_prepared();
  TAVANA_ASSIGN_OR_RETURN(answer, MessageOf(prepared));
  const bool only_data = prepared.kind == engine::StatementKind::kQuery ||
                         prepared.kind == engine::StatementKind::kDml || prepared.kind == engine::StatementKind::kCopy;
  const auto id = static_cast<std::uint64_t>(prepared.id);
  if (!only_data) definers_.insert(id);
  if (prepare.once_credits() == 0) return message;
  once_.insert(id);
  if (!MayStartAtOnce(prepared)) return message;
  auto started = Start(call, id, {}, prepare.once_credits());
  if (!started.ok()) {
    ClosePrepared(id);
    return std::move(started).error();
  }
  *answer.mutable_executed() = *std::move(started);
  auto& result = results_.at(answer.executed().result());
  {
    const std::lock_guard lock(mutex_);
    --result.credits;
  }
  auto first = Next(answer.executed().result(), result);
  *message.response.mutable_next() = std::move(first.response);
  message.body = std::move(first.body);
  return message;
}

Result<wire::Executed> ServedSession::Execute(const Item& item) {
  const auto& execute = item.request.execute();
  engine::ExecuteArguments arguments;
  if (!execute.parameters().empty()) {
    TAVANA_ASSIGN_OR_RETURN(arguments.parameters, BatchOf(execute.parameters()));
  }
  for (const auto& [name, bytes] : execute.inline_tables()) {
    TAVANA_ASSIGN_OR_RETURN(arguments.inline_tables[name], TableOf(bytes));
  }
  auto call = ContextOf(execute.query(), execute.user(), item.cancellation);
  if (execute.has_form()) {
    TAVANA_ASSIGN_OR_RETURN(call.form, FormOf(execute.form()));
  }
  return Start(call, execute.statement(), std::move(arguments), execute.credits());
}

Result<wire::Executed> ServedSession::Start(const engine::CallContext& call, std::uint64_t statement,
                                            engine::ExecuteArguments arguments, std::uint32_t credits) {
  TAVANA_ASSIGN_OR_RETURN(auto stream, session_->Execute(call, engine::StatementId{statement}, std::move(arguments)));
  wire::Executed executed;
  const auto id = static_cast<std::uint64_t>(stream->id());
  executed.set_result(id);
  auto schema = stream->schema();
  OpenResult result{.stream = std::move(stream),
                    .call = call,
                    .credits = credits,
                    .closes = once_.contains(statement) ? statement : 0};
  if (call.form && !HasDictionary(*schema)) {
    schema = result.form = engine::ClientSchema(schema, call.form->string_views);
    TAVANA_ASSIGN_OR_RETURN(result.encoding, engine::EncodingOf(*call.form));
    executed.set_in_form(true);
  }
  TAVANA_ASSIGN_OR_RETURN(*executed.mutable_columns(), SchemaBytes(*schema));
  const std::lock_guard lock(mutex_);
  if (definers_.contains(statement)) pins_due_after_result_ = true;
  results_.insert_or_assign(id, std::move(result));
  return executed;
}

Result<wire::Response> ServedSession::Ingest(const Item& item) {
  const auto& ingest = item.request.ingest();
  if (ingest.mode() > static_cast<std::uint32_t>(engine::IngestTarget::Mode::kCreateOrAppend)) {
    return Error(ErrorCode::kUnsupported, "this worker does not know that way to ingest");
  }
  TAVANA_ASSIGN_OR_RETURN(auto schema, SchemaOf(ingest.columns()));
  const engine::IngestTarget target{.database = ingest.database(),
                                    .schema = ingest.schema(),
                                    .table = ingest.table(),
                                    .mode = static_cast<engine::IngestTarget::Mode>(ingest.mode()),
                                    .temporary = ingest.temporary(),
                                    .where = ingest.where()};
  IngestReader reader(*this, std::move(schema), item.cancellation);
  TAVANA_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      session_->Ingest(ContextOf(ingest.query(), ingest.user(), item.cancellation), target, reader));
  wire::Response response;
  response.mutable_done()->set_rows(rows);
  return response;
}

namespace {

/// How many of the first rows are about `bytes`; at least one.
std::int64_t RowsOf(const arrow::RecordBatch& batch, std::int64_t bytes) {
  const auto size = arrow::util::ReferencedBufferSize(batch);
  const std::int64_t all = size.ok() ? std::max<std::int64_t>(*size, 1) : 1;
  if (all <= bytes * 3 / 2) return batch.num_rows();
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(batch.num_rows()) *
                                                             static_cast<double>(bytes) / static_cast<double>(all)));
}

}  // namespace

ServedSession::Message ServedSession::Next(std::uint64_t id, OpenResult& result) {
  Result<std::shared_ptr<arrow::RecordBatch>> batch = std::move(result.rest);
  if (*batch == nullptr) batch = result.stream->Next(result.call);
  if (batch.ok() && *batch != nullptr && result.form != nullptr) {
    batch = engine::ClientBatch(*batch, result.form);
  } else if (batch.ok() && *batch != nullptr) {
    const std::int64_t piece = RowsOf(**batch, kPieceBytes);
    if (piece < (*batch)->num_rows()) {
      result.rest = (*batch)->Slice(piece);
      batch = (*batch)->Slice(0, piece);
    }
  }
  if (batch.ok() && *batch != nullptr) {
    Message rows;
    rows.response.mutable_batch()->set_result(id);
    const Status encoded =
        EncodeBatch(*batch, *rows.response.mutable_batch()->mutable_batch(), rows.body, result.encoding);
    if (encoded.ok()) return rows;
    batch = encoded.error();
  }
  Message last;
  const std::uint64_t closes = result.closes;
  if (!batch.ok()) {
    auto& failed = *last.response.mutable_result_failed();
    failed.set_result(id);
    failed.set_closed(closes);
    *failed.mutable_error() = MessageOf(batch.error());
  } else {
    const auto& summary = result.stream->summary();
    auto& end = *last.response.mutable_end();
    end.set_result(id);
    end.set_closed(closes);
    end.set_rows(summary.rows);
    end.set_affected(summary.affected);
    for (const auto& notice : summary.notices) end.add_notices(notice);
  }
  std::map<std::uint64_t, OpenResult>::node_type ended;
  {
    const std::lock_guard lock(mutex_);
    ended = results_.extract(id);
    pins_due_ = std::exchange(pins_due_after_result_, false) || pins_due_;
  }
  ended = {};
  if (closes != 0) ClosePrepared(closes);
  return last;
}

}  // namespace tavana::remote
