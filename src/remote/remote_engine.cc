#include "remote/remote_engine.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/sync_stream.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "engine.pb.h"
#include "flight/slices.h"
#include "observe/log.h"
#include "remote/arrow_wire.h"
#include "remote/frame.h"
#include "remote/keepalive.h"
#include "remote/messages.h"

namespace tavana::remote {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Stream = grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

constexpr auto kReconnect = 200ms;  // between attempts (chosen)
constexpr auto kConnect = 2s;       // for one of them (chosen: a busy machine takes half a second)
constexpr auto kProgressWait =
    200ms;  // for an answer about progress (chosen: a view of running statements waits for it)
constexpr std::uint32_t kIngestAhead = 4;  // batches of an ingest that may be on their way

std::unique_ptr<Stream> StartStream(grpc::Channel& channel, const char* method, grpc::ClientContext& context) {
  const grpc::internal::RpcMethod rpc(method, grpc::internal::RpcMethod::BIDI_STREAMING);
  return std::unique_ptr<Stream>(
      grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(&channel, rpc, &context));
}

std::uint64_t Milliseconds(steady_clock::duration duration) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count(), 0));
}

/// What `call` may take, for a worker that does not hear of this gateway any more.
void SetLimits(const engine::CallContext& call, wire::Request& request) {
  wire::Limits limits;
  if (const auto deadline = call.cancellation->deadline(); deadline != steady_clock::time_point::max())
    limits.set_remaining(std::max<std::uint64_t>(Milliseconds(deadline - steady_clock::now()), 1));
  limits.set_idle(Milliseconds(call.idle.outside_transaction));
  limits.set_idle_in_transaction(Milliseconds(call.idle.in_transaction));
  if (limits.ByteSizeLong() > 0) *request.mutable_limits() = limits;
}

/// What the engine and its sessions share; outlives them both.
class Link {
 public:
  explicit Link(RemoteOptions options) : options_(std::move(options)) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(INT_MAX);
    arguments.SetMaxSendMessageSize(INT_MAX);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own each: see below
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(kReconnect.count()));
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(std::chrono::milliseconds(kConnect).count()));
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(kReconnect.count()));
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // hangs control calls beside unread streams (gRPC 1.51)
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1 << 20);
    GiveUpWhenSilent(options_.patience, [&](const char* name, int value) { arguments.SetInt(name, value); });
    if (!options_.verified_name.empty()) arguments.SetSslTargetNameOverride(options_.verified_name);
    const auto credentials = options_.credentials ? options_.credentials : grpc::InsecureChannelCredentials();
    data_ = grpc::CreateCustomChannel(options_.address, credentials, arguments);
    control_ = grpc::CreateCustomChannel(options_.address, credentials, arguments);
    connection_thread_ = std::jthread([this](std::stop_token stop) { StayConnected(std::move(stop)); });
  }
  ~Link() {
    connection_thread_.request_stop();
    {
      const std::lock_guard lock(mutex_);
      if (context_) context_->TryCancel();
    }
    changed_.notify_all();
  }

  const RemoteOptions& options() const { return options_; }
  grpc::Channel& data() { return *data_; }

  WorkerHealth health() const {
    const std::lock_guard lock(mutex_);
    return {.reachable = welcome_.has_value(),
            .poisoned = load_.poisoned(),
            .draining = load_.draining(),
            .running = load_.running(),
            .sessions = load_.sessions(),
            .instance = instance_,
            .durable = durable_};
  }
  std::string description() const {
    const std::lock_guard lock(mutex_);
    return description_;
  }
  std::vector<std::string> databases() const {
    const std::lock_guard lock(mutex_);
    if (load_.databases().empty()) return {"tavana", "main"};  // not connected yet: those are always there
    return {load_.databases().begin(), load_.databases().end()};
  }
  bool WaitUntilReachable(std::chrono::milliseconds patience) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return welcome_.has_value(); });
  }
  /// An error that says what happened to the worker.
  Error Lost(ErrorCode code = ErrorCode::kUnavailable) const {
    const std::lock_guard lock(mutex_);
    std::string why = refusal_.empty() ? "the worker is out of reach" : refusal_;
    if (code == ErrorCode::kOutcomeUnknown)
      why = "the worker was lost before it answered the COMMIT; its outcome is unknown";
    return Error(code, std::move(why))
        .WithDetail("Worker " + (name_.empty() ? options_.address : name_) + " at " + options_.address + ".");
  }

  /// Never blocks on the network.
  void SendControl(wire::ToWorker message) {
    {
      const std::lock_guard lock(mutex_);
      outgoing_.push_back(std::move(message));
    }
    changed_.notify_all();
  }
  std::optional<wire::Progress> AskProgress(const std::string& session) {
    std::unique_lock lock(mutex_);
    if (!welcome_) return std::nullopt;
    const std::uint64_t question = ++last_question_;
    wire::ToWorker ask;
    ask.mutable_ask_progress()->set_question(question);
    ask.mutable_ask_progress()->set_session(session);
    outgoing_.push_back(std::move(ask));
    changed_.notify_all();
    changed_.wait_for(lock, kProgressWait, [&] { return answers_.contains(question) || !welcome_; });
    const auto found = answers_.find(question);
    if (found == answers_.end()) return std::nullopt;
    wire::Progress answer = std::move(found->second);
    answers_.erase(found);
    return answer;
  }

  std::string NewSessionName() { return std::to_string(++last_session_); }
  /// Streams of sessions, cut when the worker is lost.
  void Watch(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    streams_.insert(context);
  }
  void Unwatch(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    streams_.erase(context);
  }

 private:
  void StayConnected(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ServeControl(stop);
      std::unique_lock lock(mutex_);
      if (welcome_ && !stop.stop_requested()) {
        observe::Log(observe::LogLevel::kWarn, "worker lost", {{"worker", name_}, {"address", options_.address}});
      }
      welcome_.reset();
      load_.Clear();
      for (auto* const stream : streams_) stream->TryCancel();
      changed_.notify_all();
      changed_.wait_for(lock, kReconnect, [&] { return stop.stop_requested(); });
    }
  }

  /// One control stream, from Hello until it breaks or the worker is silent for too long.
  void ServeControl(const std::stop_token& stop) {
    std::unique_ptr<Stream> stream;
    {
      const std::lock_guard lock(mutex_);
      context_ = std::make_unique<grpc::ClientContext>();
      context_->set_wait_for_ready(false);
      outgoing_.clear();
      heard_ = steady_clock::now();
      wire::ToWorker hello;
      hello.mutable_hello()->set_protocol(kProtocol);
      hello.mutable_hello()->set_gateway(options_.gateway);
      hello.mutable_hello()->set_version(options_.version);
      outgoing_.push_back(std::move(hello));
    }
    stream = StartStream(*control_, kControlMethod, *context_);
    std::jthread reader([this, &stream] {
      grpc::ByteBuffer message;
      while (stream->Read(&message)) TakeControl(message);
      const std::lock_guard lock(mutex_);
      read_ended_ = true;
      changed_.notify_all();
    });
    {
      std::unique_lock lock(mutex_);
      while (!stop.stop_requested() && !read_ended_) {
        while (!outgoing_.empty() && !read_ended_) {
          const auto message = EncodeFrame(outgoing_.front());
          outgoing_.pop_front();
          lock.unlock();
          const bool written = stream->Write(message);
          lock.lock();
          if (!written) read_ended_ = true;
        }
        changed_.wait_for(lock, options_.ping,
                          [&] { return stop.stop_requested() || read_ended_ || !outgoing_.empty(); });
        if (steady_clock::now() - heard_ > options_.patience) break;
        if (outgoing_.empty() && welcome_) outgoing_.emplace_back().mutable_ping();
      }
    }
    context_->TryCancel();
    reader.join();
    stream->Finish();
    const std::lock_guard lock(mutex_);
    read_ended_ = false;
    context_.reset();
  }

  void TakeControl(const grpc::ByteBuffer& bytes) {
    wire::ToGateway message;
    std::shared_ptr<arrow::Buffer> body;
    if (!DecodeFrame(bytes, message, body).ok()) return;
    const std::lock_guard lock(mutex_);
    heard_ = steady_clock::now();
    switch (message.kind_case()) {
      case wire::ToGateway::kWelcome:
        welcome_ = message.welcome();
        name_ = welcome_->worker();
        description_ = welcome_->description();
        instance_ = welcome_->instance();
        durable_ = welcome_->durable();
        refusal_.clear();
        observe::Log(observe::LogLevel::kInfo, "worker connected",
                     {{"worker", name_}, {"address", options_.address}, {"engine", description_}});
        break;
      case wire::ToGateway::kLoad: load_ = message.load(); break;
      case wire::ToGateway::kProgress:
        if (answers_.size() > 1000) answers_.clear();  // of those who did not wait
        answers_[message.progress().question()] = message.progress();
        break;
      case wire::ToGateway::kRefused:
        refusal_ = message.refused().message();
        observe::Log(observe::LogLevel::kError, "the worker refuses this gateway",
                     {{"why", refusal_}, {"address", options_.address}});
        break;
      case wire::ToGateway::KIND_NOT_SET: break;
    }
    changed_.notify_all();
  }

  const RemoteOptions options_;
  // Control never waits behind the bytes of results: it has a connection of its own.
  std::shared_ptr<grpc::Channel> data_, control_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::deque<wire::ToWorker> outgoing_;
  bool read_ended_ = false;
  steady_clock::time_point heard_;
  std::optional<wire::Welcome> welcome_;
  wire::Load load_;
  std::string name_, description_ = "no worker", instance_, refusal_;
  bool durable_ = false;
  std::map<std::uint64_t, wire::Progress> answers_;
  std::uint64_t last_question_ = 0;
  std::set<grpc::ClientContext*> streams_;
  std::atomic<std::uint64_t> last_session_ = 0;
  std::jthread connection_thread_;
};

/// What has come of a result and was not taken.
struct Arrived {
  struct Piece {
    wire::Batch header;
    std::shared_ptr<arrow::Buffer> body;
  };
  std::shared_ptr<arrow::Schema> schema;
  bool in_form = false;
  std::deque<Piece> batches;
  std::int64_t rows = 0;  // that have come
  bool ended = false;
  engine::ResultSummary summary;
  std::optional<Error> error;
};

/// The stream of a session. One caller at a time reads; whoever reads takes what comes for others, too.
class SessionStream {
 public:
  explicit SessionStream(std::shared_ptr<Link> link) : link_(std::move(link)), name_(link_->NewSessionName()) {
    link_->Watch(&context_);
    context_.set_wait_for_ready(true);  // the worker is there, its second connection may not be yet
    stream_ = StartStream(link_->data(), kSessionMethod, context_);
  }
  ~SessionStream() {
    if (!unwritable_ && !broken_ && stream_->WritesDone()) {  // the engine's session is closed when this has returned
      grpc::ByteBuffer message;
      while (stream_->Read(&message)) {
      }
    } else {
      context_.TryCancel();
    }
    stream_->Finish();
    link_->Unwatch(&context_);
  }
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;

  const std::string& name() const { return name_; }
  Link& link() { return *link_; }
  bool in_transaction() const { return in_transaction_.load(std::memory_order_relaxed); }

  /// Sends without waiting for an answer; false when the stream is broken.
  bool Post(wire::Request request, const BodyBuffers& body = {}) {
    // What the worker sent before it ended the stream is still to be read.
    if (!unwritable_ && !stream_->Write(EncodeFrame(request, body))) unwritable_ = true;
    return !unwritable_;
  }

  /// The answer of a call, or its error. `call` may be cancelled meanwhile: then the worker hears it and answers so.
  Result<wire::Response> Call(const engine::CallContext& call, wire::Request request) {
    const std::uint64_t id = ++last_call_;
    request.set_call(id);
    SetLimits(call, request);
    if (auto why = call.cancellation->why()) return *std::move(why);
    if (!Post(std::move(request))) return Lost();
    const Waiting waiting(*this, call, id, 0);
    return AnswerOf(id);
  }

  /// The first call. A cancel of it cuts the stream: there is no session yet that would hear of it, nor one to lose.
  Status Open(const engine::CallContext& call, wire::Request request) {
    const auto cut = call.cancellation->OnCancel([this] { context_.TryCancel(); });
    const auto response = Call(call, std::move(request));
    if (auto why = call.cancellation->why()) return *std::move(why);
    return response.ok() ? Status::Ok() : Status(response.error());
  }

  /// A call, or the pull of a result, that waits for the worker: a cancel of it is sent there.
  class [[nodiscard]] Waiting {
   public:
    Waiting(SessionStream& stream, const engine::CallContext& call, std::uint64_t id, std::uint64_t result)
        : stream_(stream), id_(id), result_(result), query_(call.query_id) {
      {
        const std::lock_guard lock(stream_.waiting_mutex_);
        stream_.waiting_ = this;
      }
      registration_ = call.cancellation->OnCancel([this] { SendCancel(); });
    }
    ~Waiting() {
      registration_ = {};
      const std::lock_guard lock(stream_.waiting_mutex_);
      stream_.waiting_ = nullptr;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    void SendCancel() const {
      wire::ToWorker message;
      auto& cancel = *message.mutable_cancel();
      cancel.set_session(stream_.name_);
      cancel.set_call(id_);
      cancel.set_result(result_);
      *cancel.mutable_why() = MessageOf(Error(ErrorCode::kCancelled, "canceling statement due to user request"));
      stream_.link_->SendControl(std::move(message));
    }
    bool Is(std::optional<engine::QueryId> query) const { return !query || *query == query_; }

   private:
    SessionStream& stream_;
    const std::uint64_t id_, result_;
    const engine::QueryId query_;
    Cancellation::Registration registration_;
  };

  /// From any thread: of what waits now, if it is of `query`.
  void Cancel(std::optional<engine::QueryId> query) {
    const std::lock_guard lock(waiting_mutex_);
    if (waiting_ != nullptr && waiting_->Is(query)) waiting_->SendCancel();
  }

  Result<wire::Response> AnswerOf(std::uint64_t id) {
    for (;;) {
      TAVANA_ASSIGN_OR_RETURN(auto response, Read());
      if (!response) continue;
      if (response->call() != id) return Broken("an answer to another call came");
      if (response->has_failed()) return ErrorOf(response->failed());
      return *std::move(response);
    }
  }
  std::uint64_t NewCall() { return ++last_call_; }

  std::map<std::uint64_t, Arrived>& results() { return results_; }
  /// Whether the worker has closed the statement itself, as it does with the end of what runs once.
  bool TakeClosed(std::uint64_t statement) { return closed_.erase(statement) > 0; }
  std::uint32_t TakeIngestCredits() { return std::exchange(ingest_credits_, 0); }

  /// One message: what belongs to a result is put there; nothing is returned then, and for credits.
  Result<std::optional<wire::Response>> Read() {
    wire::Response response;
    std::shared_ptr<arrow::Buffer> body;
    if (next_ != nullptr) {
      response = std::move(*next_);
      body = std::move(next_body_);
      next_.reset();
    } else {
      grpc::ByteBuffer message;
      if (broken_ || !stream_->Read(&message)) {
        broken_ = true;
        return Lost();
      }
      if (Status decoded = DecodeFrame(message, response, body); !decoded.ok())
        return Broken(decoded.error().message());
    }
    if (response.has_next()) {
      next_.reset(response.release_next());
      next_body_ = std::move(body);
    }
    in_transaction_ = response.in_transaction();
    switch (response.kind_case()) {
      case wire::Response::kBatch: {
        const auto found = results_.find(response.batch().result());
        if (found == results_.end()) return std::optional<wire::Response>();  // closed meanwhile
        auto& batch = *response.mutable_batch()->mutable_batch();
        if (batch.rows() <= 0 || batch.rows() > INT32_MAX) return Broken("a batch without a number of rows came");
        found->second.rows += batch.rows();
        found->second.batches.push_back({std::move(batch), std::move(body)});
        return std::optional<wire::Response>();
      }
      case wire::Response::kEnd: {
        const auto found = results_.find(response.end().result());
        if (found == results_.end()) return std::optional<wire::Response>();
        auto& result = found->second;
        const auto& end = response.end();
        if (end.rows() != result.rows) {  // never a short result
          return Broken("the result has " + std::to_string(end.rows()) + " rows, " + std::to_string(result.rows) +
                        " came");
        }
        result.ended = true;
        if (end.closed() != 0) closed_.insert(end.closed());
        result.summary = {
            .rows = end.rows(), .affected = end.affected(), .notices = {end.notices().begin(), end.notices().end()}};
        return std::optional<wire::Response>();
      }
      case wire::Response::kResultFailed: {
        const auto found = results_.find(response.result_failed().result());
        if (found == results_.end()) return std::optional<wire::Response>();
        found->second.error = ErrorOf(response.result_failed().error());
        if (const auto closed = response.result_failed().closed(); closed != 0) closed_.insert(closed);
        return std::optional<wire::Response>();
      }
      case wire::Response::kIngestCredit:
        ingest_credits_ += response.ingest_credit().credits();
        return std::optional<wire::Response>();
      case wire::Response::kPrepared:
      case wire::Response::kExecuted: {  // before its batches
        const bool at_once = response.has_prepared();
        if (at_once && !response.prepared().has_executed()) return std::optional<wire::Response>(std::move(response));
        const auto& executed = at_once ? response.prepared().executed() : response.executed();
        auto& result = results_[executed.result()];
        TAVANA_ASSIGN_OR_RETURN(result.schema, SchemaOf(executed.columns()));
        result.in_form = executed.in_form();
        return std::optional<wire::Response>(std::move(response));
      }
      case wire::Response::KIND_NOT_SET: return Broken("the worker says something that this gateway does not know");
      default: return std::optional<wire::Response>(std::move(response));
    }
  }

  Error Lost() const { return link_->Lost(); }
  /// Ends the stream, on which something came that cannot be.
  Error Broken(const std::string& why) {
    broken_ = unwritable_ = true;
    context_.TryCancel();
    return Error(ErrorCode::kProtocol, "the worker's stream is cut off: " + why).WithDetail(Lost().detail());
  }

 private:
  const std::shared_ptr<Link> link_;
  const std::string name_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
  std::atomic<bool> unwritable_ = false;
  std::atomic<bool> broken_ = false;  // nothing more can be read either
  std::atomic<bool> in_transaction_ = false;
  std::uint64_t last_call_ = 0;
  std::mutex waiting_mutex_;
  const Waiting* waiting_ = nullptr;
  std::unique_ptr<wire::Response> next_;  // came with the one before it
  std::shared_ptr<arrow::Buffer> next_body_;
  std::map<std::uint64_t, Arrived> results_;
  std::set<std::uint64_t> closed_;  // statements that the worker has closed, until that is asked for here
  std::uint32_t ingest_credits_ = 0;
};

class RemoteResult final : public engine::ResultStream {
 public:
  RemoteResult(const engine::CallContext& call, std::shared_ptr<SessionStream> stream, std::uint64_t id, bool is_commit,
               std::uint32_t batches_ahead)
      : stream_(std::move(stream)),
        id_(id),
        schema_(arrived().schema),
        in_form_(arrived().in_form),
        is_commit_(is_commit),
        batches_ahead_(batches_ahead),
        told_deadline_(call.cancellation->deadline()) {}
  ~RemoteResult() override {
    const auto arrived = stream_->results().extract(id_);
    if (!arrived.empty() && (arrived.mapped().ended || arrived.mapped().error)) return;  // it is gone there, too
    wire::Request close;
    close.mutable_close_result()->set_result(id_);
    stream_->Post(std::move(close));
  }

  engine::ResultId id() const override { return engine::ResultId{id_}; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const engine::ResultSummary& summary() const override { return summary_; }
  bool in_form() const override { return in_form_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Next(const engine::CallContext& call) override {
    TAVANA_ASSIGN_OR_RETURN(const auto piece, NextPiece(call));
    if (!piece) return std::shared_ptr<arrow::RecordBatch>();
    auto batch = DecodeBatch(piece->header, piece->body, schema_);
    if (!batch.ok()) return Fail(stream_->Broken(batch.error().message()));
    if ((*batch)->num_rows() != piece->header.rows()) return Fail(stream_->Broken("a batch has not the rows it says"));
    return batch;
  }
  // Nothing here looks into it: what the worker says of it is for the client to check.
  Result<std::shared_ptr<const engine::EncodedBatch>> NextEncoded(const engine::CallContext& call) override {
    TAVANA_ASSIGN_OR_RETURN(auto piece, NextPiece(call));
    if (!piece) return std::shared_ptr<const engine::EncodedBatch>();
    const bool is_padded = piece->body == nullptr || piece->body->size() % flight::kBodyAlignment == 0;
    if (!in_form_ || !is_padded || piece->header.metadata().empty()) {
      return Fail(stream_->Broken("a batch is not in the form that was asked for"));
    }
    return std::make_shared<const engine::EncodedBatch>(
        engine::EncodedBatch{.metadata = arrow::Buffer::FromString(std::move(*piece->header.mutable_metadata())),
                             .body = std::move(piece->body),
                             .rows = piece->header.rows()});
  }

 private:
  /// Nothing at the end.
  Result<std::optional<Arrived::Piece>> NextPiece(const engine::CallContext& call) {
    if (failed_) return *failed_;
    if (ended_) return std::optional<Arrived::Piece>();
    if (auto why = call.cancellation->why()) return Fail(*std::move(why));
    const SessionStream::Waiting waiting(*stream_, call, 0, id_);
    for (;;) {
      Arrived& result = arrived();
      if (!result.batches.empty()) {
        std::optional<Arrived::Piece> piece = std::move(result.batches.front());
        result.batches.pop_front();
        // Half of them at once: a message of its own for each would cost as much as a small batch.
        if (!result.ended && !result.error && ++taken_ >= (batches_ahead_ + 1) / 2) Fetch(call);
        return piece;
      }
      if (result.error) {
        if (auto why = call.cancellation->why()) return Fail(*std::move(why));
        return Fail(*result.error);
      }
      if (result.ended) {
        ended_ = true;
        summary_ = result.summary;
        return std::optional<Arrived::Piece>();
      }
      if (call.cancellation->deadline() != told_deadline_) Fetch(call);  // it is another call now that waits
      auto read = stream_->Read();
      if (!read.ok())
        return Fail(is_commit_ ? stream_->link().Lost(ErrorCode::kOutcomeUnknown) : std::move(read).error());
    }
  }

  Arrived& arrived() { return stream_->results()[id_]; }
  void Fetch(const engine::CallContext& call) {
    wire::Request fetch;
    fetch.mutable_fetch()->set_result(id_);
    fetch.mutable_fetch()->set_credits(std::exchange(taken_, 0));
    SetLimits(call, fetch);
    told_deadline_ = call.cancellation->deadline();
    stream_->Post(std::move(fetch));
  }
  Error Fail(Error error) {
    failed_ = error;
    return error;
  }

  const std::shared_ptr<SessionStream> stream_;
  const std::uint64_t id_;
  const std::shared_ptr<arrow::Schema> schema_;
  const bool in_form_;
  const bool is_commit_;
  const std::uint32_t batches_ahead_;
  std::uint32_t taken_ = 0;  // and not asked for again
  steady_clock::time_point told_deadline_;
  bool ended_ = false;
  std::optional<Error> failed_;
  engine::ResultSummary summary_;
};

class RemoteSession final : public engine::Session {
 public:
  RemoteSession(std::shared_ptr<SessionStream> stream, std::uint32_t batches_ahead)
      : stream_(std::move(stream)), batches_ahead_(batches_ahead) {}

  Result<engine::Prepared> Prepare(const engine::CallContext& call, std::string_view sql,
                                   std::span<const std::shared_ptr<arrow::DataType>> parameter_types) override {
    wire::Request request;
    auto& prepare = *request.mutable_prepare();
    prepare.set_sql(std::string(sql));
    prepare.set_query(static_cast<std::uint64_t>(call.query_id));
    if (call.runs_once) prepare.set_once_credits(BatchesAhead(call));
    if (call.form) *prepare.mutable_form() = MessageOf(*call.form);
    if (!parameter_types.empty()) {
      TAVANA_ASSIGN_OR_RETURN(*prepare.mutable_parameter_types(), TypesBytes(parameter_types));
    }
    TAVANA_ASSIGN_OR_RETURN(const auto response, Call(call, std::move(request)));
    TAVANA_ASSIGN_OR_RETURN(auto prepared, PreparedOf(response.prepared()));
    if (prepared.command == "COMMIT") commits_.insert(prepared.id);
    if (response.prepared().has_executed()) {
      begun_ = std::make_unique<RemoteResult>(call, stream_, response.prepared().executed().result(), false,
                                              BatchesAhead(call));
      begun_statement_ = prepared.id;
    }
    return prepared;
  }

  void ClosePrepared(engine::StatementId statement) override {
    commits_.erase(statement);
    if (statement == begun_statement_) begun_.reset();
    if (stream_->TakeClosed(static_cast<std::uint64_t>(statement))) return;
    wire::Request request;
    request.mutable_close_prepared()->set_statement(static_cast<std::uint64_t>(statement));
    stream_->Post(std::move(request));
  }

  Result<std::unique_ptr<engine::ResultStream>> Execute(const engine::CallContext& call, engine::StatementId statement,
                                                        engine::ExecuteArguments arguments) override {
    if (begun_ != nullptr && statement == begun_statement_ && arguments.parameters == nullptr) return std::move(begun_);
    wire::Request request;
    auto& execute = *request.mutable_execute();
    execute.set_statement(static_cast<std::uint64_t>(statement));
    execute.set_query(static_cast<std::uint64_t>(call.query_id));
    execute.set_user(call.user);
    execute.set_credits(BatchesAhead(call));
    if (call.form) *execute.mutable_form() = MessageOf(*call.form);
    if (arguments.parameters) {
      TAVANA_ASSIGN_OR_RETURN(*execute.mutable_parameters(), BatchBytes(arguments.parameters));
    }
    for (const auto& [name, table] : arguments.inline_tables) {
      TAVANA_ASSIGN_OR_RETURN((*execute.mutable_inline_tables())[name], TableBytes(*table));
    }
    const bool is_commit = commits_.contains(statement);
    auto response = Call(call, std::move(request));
    if (!response.ok()) {
      if (is_commit && response.error().code() == ErrorCode::kUnavailable) {
        return stream_->link().Lost(ErrorCode::kOutcomeUnknown);
      }
      return std::move(response).error();
    }
    return std::unique_ptr<engine::ResultStream>(
        std::make_unique<RemoteResult>(call, stream_, response->executed().result(), is_commit, BatchesAhead(call)));
  }

  Result<std::int64_t> Ingest(const engine::CallContext& call, const engine::IngestTarget& target,
                              arrow::RecordBatchReader& batches) override {
    if (auto why = call.cancellation->why()) return *std::move(why);
    begun_.reset();
    wire::Request request;
    const std::uint64_t id = stream_->NewCall();
    request.set_call(id);
    SetLimits(call, request);
    auto& ingest = *request.mutable_ingest();
    ingest.set_database(target.database);
    ingest.set_schema(target.schema);
    ingest.set_table(target.table);
    ingest.set_mode(static_cast<std::uint32_t>(target.mode));
    ingest.set_temporary(target.temporary);
    ingest.set_where(target.where);
    ingest.set_query(static_cast<std::uint64_t>(call.query_id));
    ingest.set_user(call.user);
    TAVANA_ASSIGN_OR_RETURN(*ingest.mutable_columns(), SchemaBytes(*batches.schema()));
    (void)stream_->TakeIngestCredits();
    if (!stream_->Post(std::move(request))) return stream_->Lost();
    const SessionStream::Waiting waiting(*stream_, call, id, 0);
    const auto reading = [&](Result<std::optional<wire::Response>> read) -> std::optional<Result<std::int64_t>> {
      if (!read.ok()) return std::move(read).error();
      if (!*read) return std::nullopt;
      if ((*read)->has_failed()) {
        if (auto why = call.cancellation->why()) return *std::move(why);
        return ErrorOf((*read)->failed());
      }
      return (*read)->done().rows();
    };
    std::optional<Error> failure;
    for (std::uint32_t credits = kIngestAhead;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      if (const auto status = batches.ReadNext(&batch); !status.ok()) {
        failure = Error(ErrorCode::kDataException, status.message());
        break;
      }
      if (batch == nullptr) break;
      wire::Request part;
      BodyBuffers body;
      if (Status encoded = EncodeBatch(batch, *part.mutable_ingest_batch()->mutable_batch(), body); !encoded.ok()) {
        failure = std::move(encoded).error();
        break;
      }
      if (!stream_->Post(std::move(part), body)) return stream_->Lost();
      for (--credits; credits == 0; credits += stream_->TakeIngestCredits()) {
        if (auto answer = reading(stream_->Read())) return *std::move(answer);  // it has failed already
      }
    }
    wire::Request end;
    end.mutable_ingest_end()->set_failure(failure ? failure->message() : "");
    if (!stream_->Post(std::move(end))) return stream_->Lost();
    for (;;) {
      auto answer = reading(stream_->Read());
      if (!answer) continue;
      if (failure && !answer->ok() && !call.cancellation->cancelled()) return *failure;
      return *std::move(answer);
    }
  }

  engine::Progress GetProgress() const override {
    const auto answer = stream_->link().AskProgress(stream_->name());
    if (!answer) return {};
    return {
        .fraction = answer->fraction(), .rows_processed = answer->rows_processed(), .rows_total = answer->rows_total()};
  }

  void Cancel(std::optional<engine::QueryId> query) override { stream_->Cancel(query); }

  bool in_transaction() const override { return stream_->in_transaction(); }

  Result<engine::SessionSnapshot> Snapshot() override {
    wire::Request request;
    request.mutable_take_snapshot();
    TAVANA_ASSIGN_OR_RETURN(const auto response, Call({}, std::move(request)));
    return SnapshotOf(response.snapshot());
  }
  Status Restore(const engine::SessionSnapshot& snapshot) override {
    wire::Request request;
    TAVANA_ASSIGN_OR_RETURN(*request.mutable_restore(), MessageOf(snapshot));
    const auto response = Call({}, std::move(request));
    return response.ok() ? Status::Ok() : Status(response.error());
  }
  Status Reset() override {
    wire::Request request;
    request.mutable_reset();
    const auto response = Call({}, std::move(request));
    for (auto& [id, result] : stream_->results()) {
      if (!result.error) result.error = Error(ErrorCode::kUndefinedCursor, "the result was closed");
      result.batches.clear();
    }
    return response.ok() ? Status::Ok() : Status(response.error());
  }

 private:
  /// As many bytes whatever the size of the batches; two, so that one comes while one leaves.
  std::uint32_t BatchesAhead(const engine::CallContext& call) const {
    if (!call.form) return batches_ahead_;
    const auto ahead = batches_ahead_ * kPieceBytes / call.form->batch_bytes;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ahead, 2, std::max<std::int64_t>(batches_ahead_, 2)));
  }
  /// What a cancelled call gives is the cancel's own error.
  Result<wire::Response> Call(const engine::CallContext& call, wire::Request request) {
    begun_.reset();
    auto response = stream_->Call(call, std::move(request));
    if (response.ok() || response.error().code() != ErrorCode::kCancelled) return response;
    if (auto why = call.cancellation->why()) return *std::move(why);
    return response;
  }

  const std::shared_ptr<SessionStream> stream_;
  const std::uint32_t batches_ahead_;
  std::set<engine::StatementId> commits_;
  // Of a statement that runs once and was started with its Prepare: until it is executed, as is next.
  std::unique_ptr<engine::ResultStream> begun_;
  engine::StatementId begun_statement_{};
};

class GrpcRemoteEngine final : public RemoteEngine {
 public:
  explicit GrpcRemoteEngine(RemoteOptions options) : link_(std::make_shared<Link>(std::move(options))) {}

  Result<std::unique_ptr<engine::Session>> Open(const engine::SessionOptions& options) override {
    if (!link_->health().reachable) return link_->Lost();
    auto stream = std::make_shared<SessionStream>(link_);
    wire::Request request;
    auto& open = *request.mutable_open();
    open.set_session(stream->name());
    open.set_gateway(link_->options().gateway);
    open.set_user(options.user);
    open.set_database(options.database);
    open.set_process_id(options.process_id);
    TAVANA_RETURN_IF_ERROR(stream->Open(options.opening, std::move(request)));
    return std::unique_ptr<engine::Session>(
        std::make_unique<RemoteSession>(std::move(stream), link_->options().batches_ahead));
  }
  std::vector<std::string> DatabaseNames() override { return link_->databases(); }
  std::string description() const override { return link_->description(); }
  bool poisoned() const override { return link_->health().poisoned; }

  const std::string& address() const override { return link_->options().address; }
  WorkerHealth health() const override { return link_->health(); }
  bool WaitUntilReachable(std::chrono::milliseconds patience) const override {
    return link_->WaitUntilReachable(patience);
  }

 private:
  const std::shared_ptr<Link> link_;
};

}  // namespace

std::unique_ptr<RemoteEngine> RemoteEngine::Connect(RemoteOptions options) {
  return std::make_unique<GrpcRemoteEngine>(std::move(options));
}

}  // namespace tavana::remote
