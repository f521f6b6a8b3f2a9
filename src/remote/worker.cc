#include "remote/worker.h"

#include <boost/asio/thread_pool.hpp>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "engine.pb.h"
#include "observe/log.h"
#include "remote/frame.h"
#include "remote/keepalive.h"
#include "remote/messages.h"
#include "remote/served_session.h"

namespace tavana::remote {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kFlush{2};  // for what is still on its way to a gateway at the end (chosen)

Error GatewayGone() { return Error(ErrorCode::kCancelled, "the gateway has ended the session"); }

/// Writes messages one after another, as gRPC's reactors want it. What waits is bounded by the credits that were given.
template <typename Reactor>
class Writes {
 public:
  explicit Writes(Reactor& reactor) : reactor_(reactor) {}

  void Send(grpc::ByteBuffer message) {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    waiting_.push_back(std::move(message));
    if (waiting_.size() == 1) reactor_.StartWrite(&waiting_.front());
  }
  void Written(bool ok) {
    const std::lock_guard lock(mutex_);
    waiting_.pop_front();
    if (!ok) waiting_.clear();
    if (!waiting_.empty()) {
      reactor_.StartWrite(&waiting_.front());
    } else if (finishing_) {
      reactor_.Finish(status_);
    }
  }
  /// After what waits. Once; later ones do nothing. The reactor, and this, may be gone when it returns.
  void Finish(grpc::Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(finishing_, true)) return;
      status_ = status;
      if (!waiting_.empty()) return;  // Written does it
    }
    reactor_.Finish(std::move(status));
  }

 private:
  Reactor& reactor_;
  std::mutex mutex_;
  std::deque<grpc::ByteBuffer> waiting_;  // the first one is being written
  bool finishing_ = false;
  grpc::Status status_;
};

/// What all streams of a worker share.
struct Shared {
  Shared(engine::Engine& engine_in, WorkerOptions options_in)
      : engine(engine_in),
        options(std::move(options_in)),
        pool(static_cast<std::size_t>(std::max(options.statement_threads, 1))) {}

  engine::Engine& engine;
  const WorkerOptions options;
  const std::string instance = std::to_string(std::random_device()()) + "-" + std::to_string(std::random_device()());
  boost::asio::thread_pool pool;
  std::atomic<bool> draining = false;
  std::atomic<bool> overdue = false;
  std::atomic<std::uint64_t> received = 0, sent = 0;

  struct Gateway {
    steady_clock::time_point heard = steady_clock::now();
    std::map<std::string, std::weak_ptr<ServedSession>> sessions;
  };
  mutable std::mutex mutex;
  std::map<std::string, Gateway> gateways;
  std::map<const void*, std::function<void()>> controls;

  void Add(const wire::Open& open, const std::shared_ptr<ServedSession>& session) {
    const std::lock_guard lock(mutex);
    auto& gateway = gateways[open.gateway()];
    gateway.heard = steady_clock::now();
    gateway.sessions[open.session()] = session;
  }
  void Remove(const std::string& gateway, const std::string& session) {
    const std::lock_guard lock(mutex);
    const auto found = gateways.find(gateway);
    if (found != gateways.end()) found->second.sessions.erase(session);
  }
  void AddControl(const void* stream, std::function<void()> end) {
    const std::lock_guard lock(mutex);
    controls[stream] = std::move(end);
  }
  void RemoveControl(const void* stream) {
    const std::lock_guard lock(mutex);
    controls.erase(stream);
  }
  void EndControls() {
    const std::lock_guard lock(mutex);  // keeps the streams: they go through RemoveControl
    for (const auto& [stream, end] : controls) end();
  }
  void Heard(const std::string& gateway) {
    const std::lock_guard lock(mutex);
    gateways[gateway].heard = steady_clock::now();
  }
  std::shared_ptr<ServedSession> Find(const std::string& gateway, const std::string& session) const {
    const std::lock_guard lock(mutex);
    const auto found = gateways.find(gateway);
    if (found == gateways.end()) return nullptr;
    const auto at = found->second.sessions.find(session);
    return at == found->second.sessions.end() ? nullptr : at->second.lock();
  }
  /// Those that were given up too, until they have ended.
  std::vector<std::shared_ptr<ServedSession>> All() const {
    std::vector<std::shared_ptr<ServedSession>> all;
    const std::lock_guard lock(mutex);
    for (const auto& [name, gateway] : gateways) {
      for (const auto& [id, weak] : gateway.sessions) {
        if (auto session = weak.lock()) all.push_back(std::move(session));
      }
    }
    return all;
  }
  /// The sessions of gateways whose lease has run out. A gateway is forgotten once it has none left.
  std::vector<std::shared_ptr<ServedSession>> Expired() {
    std::vector<std::shared_ptr<ServedSession>> expired;
    const std::lock_guard lock(mutex);
    for (auto at = gateways.begin(); at != gateways.end();) {
      auto& [name, gateway] = *at;
      if (steady_clock::now() - gateway.heard < options.lease) {
        ++at;
      } else if (gateway.sessions.empty()) {
        at = gateways.erase(at);
      } else {
        observe::Log(observe::LogLevel::kWarn, "a gateway is not heard of any more, its sessions end",
                     {{"gateway", name}, {"sessions", std::to_string(gateway.sessions.size())}});
        for (const auto& [id, weak] : gateway.sessions) {
          if (auto session = weak.lock()) expired.push_back(std::move(session));
        }
        gateway.heard = steady_clock::now();  // they are looked for again if a lease later they have not ended
        ++at;
      }
    }
    return expired;
  }
  /// The sessions of gateways that have said nothing for a while.
  std::vector<std::shared_ptr<ServedSession>> OfSilent() const {
    std::vector<std::shared_ptr<ServedSession>> silent;
    const std::lock_guard lock(mutex);
    for (const auto& [name, gateway] : gateways) {
      if (steady_clock::now() - gateway.heard < options.silence) continue;
      for (const auto& [id, weak] : gateway.sessions) {
        if (auto session = weak.lock()) silent.push_back(std::move(session));
      }
    }
    return silent;
  }
  wire::Load CurrentLoad() const {
    wire::Load load;
    const auto sessions = All();
    load.set_sessions(static_cast<std::uint32_t>(sessions.size()));
    load.set_running(static_cast<std::uint32_t>(
        std::count_if(sessions.begin(), sessions.end(), [](const auto& session) { return session->running(); })));
    load.set_poisoned(engine.poisoned());
    load.set_draining(draining || overdue);
    for (auto& name : engine.DatabaseNames()) load.add_databases(std::move(name));
    return load;
  }
};

class SessionReactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit SessionReactor(Shared& shared) : shared_(shared), writes_(*this) {
    session_ = std::make_shared<ServedSession>(
        shared.engine, shared.pool,
        [this](grpc::ByteBuffer message) {
          ++shared_.sent;
          writes_.Send(std::move(message));
        },
        [this] { writes_.Finish(grpc::Status::OK); });
    StartRead(&message_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return session_->Abandon(GatewayGone());
    ++shared_.received;
    wire::Request request;
    std::shared_ptr<arrow::Buffer> body;
    Status taken = DecodeFrame(message_, request, body);
    if (taken.ok() && request.has_open() && (shared_.draining || shared_.overdue)) {
      taken =
          Error(ErrorCode::kUnavailable, "the worker is draining").WithDetail("Worker " + shared_.options.name + ".");
    }
    if (taken.ok() && request.has_open()) {
      gateway_ = request.open().gateway();
      name_ = request.open().session();
      shared_.Add(request.open(), session_);
    }
    if (taken.ok()) taken = session_->Take(request, std::move(body));
    if (!taken.ok()) {
      wire::Response refused;
      refused.set_call(request.call());
      *refused.mutable_failed() = MessageOf(taken.error());
      writes_.Send(EncodeFrame(refused));
      return session_->Abandon(GatewayGone());
    }
    StartRead(&message_);
  }
  void OnWriteDone(bool ok) override { writes_.Written(ok); }
  void OnCancel() override { session_->Abandon(GatewayGone()); }
  void OnDone() override {
    shared_.Remove(gateway_, name_);
    delete this;
  }

  Shared& shared_;
  Writes<SessionReactor> writes_;
  std::shared_ptr<ServedSession> session_;
  grpc::ByteBuffer message_;
  std::string gateway_, name_;
};

class ControlReactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit ControlReactor(Shared& shared) : shared_(shared), writes_(*this) {
    shared_.AddControl(this, [this] { writes_.Finish(grpc::Status::OK); });
    StartRead(&message_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return writes_.Finish(grpc::Status::OK);
    wire::ToWorker request;
    std::shared_ptr<arrow::Buffer> body;
    if (!DecodeFrame(message_, request, body).ok()) {
      return writes_.Finish({grpc::StatusCode::INVALID_ARGUMENT, "not a message of this protocol"});
    }
    Answer(request);
    StartRead(&message_);
  }
  void OnWriteDone(bool ok) override { writes_.Written(ok); }
  void OnCancel() override { writes_.Finish(grpc::Status::CANCELLED); }
  void OnDone() override {
    shared_.RemoveControl(this);
    delete this;
  }

  void Answer(const wire::ToWorker& request) {
    wire::ToGateway answer;
    switch (request.kind_case()) {
      case wire::ToWorker::kHello: {
        gateway_ = request.hello().gateway();
        if (request.hello().protocol() != kProtocol) {
          *answer.mutable_refused() =
              MessageOf(Error(ErrorCode::kUnsupported, "worker " + shared_.options.name + " speaks protocol " +
                                                           std::to_string(kProtocol) + ", the gateway " +
                                                           std::to_string(request.hello().protocol())));
          break;
        }
        shared_.Heard(gateway_);
        auto& welcome = *answer.mutable_welcome();
        welcome.set_protocol(kProtocol);
        welcome.set_worker(shared_.options.name);
        welcome.set_version(shared_.options.version);
        welcome.set_description(shared_.engine.description());
        welcome.set_instance(shared_.instance);
        welcome.set_durable(shared_.options.durable);
        writes_.Send(EncodeFrame(answer));
        *answer.mutable_load() = shared_.CurrentLoad();
        break;
      }
      case wire::ToWorker::kPing:
        shared_.Heard(gateway_);
        *answer.mutable_load() = shared_.CurrentLoad();
        break;
      case wire::ToWorker::kCancel:
        if (const auto session = shared_.Find(gateway_, request.cancel().session())) session->Cancel(request.cancel());
        return;
      case wire::ToWorker::kAskProgress: {
        auto& progress = *answer.mutable_progress();
        progress.set_question(request.ask_progress().question());
        progress.set_fraction(-1);
        if (const auto session = shared_.Find(gateway_, request.ask_progress().session())) {
          const auto now = session->GetProgress();
          progress.set_fraction(now.fraction);
          progress.set_rows_processed(now.rows_processed);
          progress.set_rows_total(now.rows_total);
        }
        break;
      }
      case wire::ToWorker::KIND_NOT_SET: return;  // of a newer release: nothing depends on it here
    }
    writes_.Send(EncodeFrame(answer));
  }

  Shared& shared_;
  Writes<ControlReactor> writes_;
  grpc::ByteBuffer message_;
  std::string gateway_;
};

class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(Shared& shared) : shared_(shared) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* call) override {
    if (call->method() == kSessionMethod) return new SessionReactor(shared_);
    if (call->method() == kControlMethod) return new ControlReactor(shared_);
    return grpc::CallbackGenericService::CreateReactor(call);  // UNIMPLEMENTED
  }

 private:
  Shared& shared_;
};

class GrpcWorker final : public Worker {
 public:
  GrpcWorker(engine::Engine& engine, WorkerOptions options) : shared_(engine, std::move(options)), service_(shared_) {}

  Status Start() {
    grpc::ServerBuilder builder;
    int port = 0;
    const auto& options = shared_.options;
    const bool is_v6 = options.bind_address.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + options.bind_address + "]" : options.bind_address;
    builder.AddListeningPort(host + ":" + std::to_string(options.port),
                             options.credentials ? options.credentials : grpc::InsecureServerCredentials(), &port);
    builder.SetMaxReceiveMessageSize(INT_MAX);  // a row may be as large as memory allows; gRPC's own limit is 4 MiB
    builder.SetMaxSendMessageSize(INT_MAX);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // two workers on one port are a mistake
    GiveUpWhenSilent(options.lease, [&](const char* name, int value) { builder.AddChannelArgument(name, value); });
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return Error(ErrorCode::kIo, "cannot listen on " + host + ":" + std::to_string(options.port));
    }
    port_ = static_cast<std::uint16_t>(port);
    lease_thread_ = std::jthread([this](std::stop_token stop) { WatchLeases(std::move(stop)); });
    return Status::Ok();
  }

  ~GrpcWorker() override {
    lease_thread_ = {};
    // What was sent arrives before the streams end: a result that is complete here is complete there.
    for (const auto& session : shared_.All()) {
      session->Abandon(Error(ErrorCode::kUnavailable, "the worker is shutting down")
                           .WithDetail("Worker " + shared_.options.name + "."));
    }
    shared_.EndControls();
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + kFlush);
    server_.reset();
    shared_.pool.join();
  }

  std::uint16_t port() const override { return port_; }
  void Drain() override { shared_.draining = true; }
  bool overdue() const override { return shared_.overdue; }
  std::size_t sessions() const override { return shared_.All().size(); }
  Traffic traffic() const override { return {.received = shared_.received, .sent = shared_.sent}; }
  void EndIdle() override {
    for (const auto& session : shared_.All()) session->EndIfIdle();
  }

 private:
  void WatchLeases(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    const auto& options = shared_.options;
    const auto look = std::min({options.lease / 10, options.cancel_grace / 4, options.silence / 2});
    while (!changed.wait_for(lock, stop, look, [] { return false; }) && !stop.stop_requested()) {
      for (const auto& session : shared_.OfSilent()) {
        if (session->EndWhatIsOver())
          observe::Log(observe::LogLevel::kWarn,
                       "a gateway is not heard of, a limit of its session is over: the worker ends it");
      }
      for (const auto& session : shared_.Expired()) session->Abandon(GatewayGone());
      const auto moment = steady_clock::now() - shared_.options.cancel_grace;
      const auto ignores = [moment](const auto& session) { return session->ignores_cancel_since(moment); };
      if (shared_.overdue || std::ranges::none_of(shared_.All(), ignores)) continue;
      shared_.overdue = true;
      observe::Log(observe::LogLevel::kError,
                   "a statement goes on although it was cancelled: this worker takes nothing new");
    }
  }

  Shared shared_;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::uint16_t port_ = 0;
  std::jthread lease_thread_;
};

}  // namespace

Result<std::unique_ptr<Worker>> Worker::Listen(engine::Engine& engine, WorkerOptions options) {
  auto worker = std::make_unique<GrpcWorker>(engine, std::move(options));
  TAVANA_RETURN_IF_ERROR(worker->Start());
  return std::unique_ptr<Worker>(std::move(worker));
}

}  // namespace tavana::remote
