#include "flight/server.h"

#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <charconv>
#include <deque>
#include <iterator>
#include <climits>
#include <utility>

#include "base/file.h"
#include "flight/status.h"
#include "net/address.h"

namespace tavana::flight {
namespace {

namespace tls_api = grpc::experimental;

constexpr const char* kConnectionProperty = "tavana_connection";
// Of one message of an upload (chosen: clients send batches of a few MiB; a value may be large).
constexpr int kMaxUploadBytes = 256 << 20;
constexpr unsigned kLookAgainSeconds = 5;  // whether the files have changed (chosen)

/// "ipv4:127.0.0.1:1234" or "ipv6:%5B::1%5D:1234".
void ReadPeer(std::string peer, std::string& host, int& port) {
  for (const auto& [code, character] : {std::pair{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}}) {
    for (auto at = peer.find(code); at != std::string::npos; at = peer.find(code)) {
      peer.replace(at, std::string_view(code).size(), character);
    }
  }
  const auto begin = peer.find(':'), end = peer.rfind(':');
  if (begin == std::string::npos || end <= begin) return;
  host = peer.substr(begin + 1, end - begin - 1);
  std::from_chars(peer.data() + end + 1, peer.data() + peer.size(), port);
}

class GrpcCall;

/// gRPC's half of a call, which gRPC keeps until OnDone.
class Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Reactor(std::shared_ptr<GrpcCall> call) : call_(std::move(call)) {}
  void OnReadDone(bool ok) override;
  void OnSendInitialMetadataDone(bool ok) override { OnWriteDone(ok); }
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  friend class GrpcCall;
  std::shared_ptr<GrpcCall> call_;
  grpc::ByteBuffer read_, written_;
};

class GrpcCall final : public Call {
 public:
  GrpcCall(grpc::GenericCallbackServerContext& context, const std::string& connection) : context_(&context) {
    method_ = context.method().substr(kService.size());
    for (const auto& [name, value] : context.client_metadata()) {
      headers_.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
    ReadPeer(context.peer(), host_, port_);
    from_this_machine_ = net::IsThisMachine(host_);
    connection_ = connection;
    const auto identity = context.auth_context();
    encrypted_ = !identity->FindPropertyValues("transport_security_type").empty() &&
                 identity->FindPropertyValues("transport_security_type").front() != "insecure";
    if (identity->IsPeerAuthenticated()) {
      const auto names = identity->FindPropertyValues("x509_common_name");
      if (!names.empty()) certificate_name_.assign(names.front().data(), names.front().size());
    }
  }

  void AddHeader(const std::string& name, const std::string& value) override {
    const std::lock_guard lock(mutex_);
    if (reactor_ != nullptr && !began_) context_->AddInitialMetadata(name, value);
  }
  void Read(OnRead on_read) override {
    std::optional<grpc::ByteBuffer> message;
    {
      const std::lock_guard lock(mutex_);
      if (ahead_ == Ahead::kCome) {
        ahead_ = Ahead::kNone;
        message = std::exchange(first_, std::nullopt);
      } else if (reactor_ != nullptr && !finished_) {
        on_read_ = std::move(on_read);
        if (std::exchange(ahead_, Ahead::kNone) == Ahead::kNone) reactor_->StartRead(&reactor_->read_);
        return;
      }
    }
    on_read(std::move(message));
  }
  void Write(grpc::ByteBuffer message, OnWritten on_written) override {
    {
      const std::lock_guard lock(mutex_);
      if (reactor_ != nullptr && !finished_) {
        began_ = true;
        on_written_ = std::move(on_written);
        reactor_->written_ = std::move(message);
        reactor_->StartWrite(&reactor_->written_);
        return;
      }
    }
    on_written(false);
  }
  void Begin(OnWritten on_begun) override {
    {
      const std::lock_guard lock(mutex_);
      if (reactor_ != nullptr && !finished_ && !began_) {
        began_ = true;
        on_written_ = std::move(on_begun);
        reactor_->StartSendInitialMetadata();
        return;
      }
    }
    on_begun(false);
  }
  void Finish(const Status& status) override {
    const std::lock_guard lock(mutex_);
    if (reactor_ == nullptr || std::exchange(finished_, true)) return;
    if (!status.ok()) context_->AddTrailingMetadata("sqlstate", std::string(SqlStateOf(status.error().code())));
    reactor_->Finish(status.ok() ? grpc::Status::OK : StatusOf(status.error()));
  }
  void FinishWith(std::vector<grpc::ByteBuffer> messages) override {
    const std::lock_guard lock(mutex_);
    if (reactor_ == nullptr || std::exchange(finished_, true)) return;
    began_ = true;
    leaving_.assign(std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
    WriteNext();
  }
  void FinishAs(const grpc::Status& status, const std::multimap<std::string, std::string>& trailers) override {
    const std::lock_guard lock(mutex_);
    if (reactor_ == nullptr || std::exchange(finished_, true)) return;
    for (const auto& [name, value] : trailers) context_->AddTrailingMetadata(name, value);
    reactor_->Finish(status);
  }

  /// The first message is read at once: nearly every call has one, which has come with its headers.
  void Attach(Reactor& reactor) {
    reactor_ = &reactor;
    ahead_ = Ahead::kReading;
    reactor.StartRead(&reactor.read_);
  }
  void ReadDone(bool ok, grpc::ByteBuffer message) {
    OnRead on_read;
    {
      const std::lock_guard lock(mutex_);
      if (ahead_ == Ahead::kReading) {
        ahead_ = Ahead::kCome;
        if (ok) first_ = std::move(message);
        return;
      }
      on_read = std::exchange(on_read_, nullptr);
    }
    if (on_read != nullptr) on_read(ok ? std::optional(std::move(message)) : std::nullopt);
  }
  void WriteDone(bool ok) {
    OnWritten on_written;
    {
      const std::lock_guard lock(mutex_);
      if (!leaving_.empty()) {
        if (reactor_ == nullptr) {
          leaving_.clear();
        } else if (ok) {
          WriteNext();
        } else {
          leaving_.clear();
          reactor_->Finish(grpc::Status::CANCELLED);
        }
        return;
      }
      on_written = std::exchange(on_written_, nullptr);
    }
    if (on_written != nullptr) on_written(ok);
  }
  void Done() {
    const std::lock_guard lock(mutex_);
    reactor_ = nullptr;
    context_ = nullptr;
  }

 private:
  /// Of `leaving_`, under the lock.
  void WriteNext() {
    reactor_->written_ = std::move(leaving_.front());
    leaving_.pop_front();
    if (leaving_.empty()) {
      reactor_->StartWriteAndFinish(&reactor_->written_, grpc::WriteOptions(), grpc::Status::OK);
    } else {
      reactor_->StartWrite(&reactor_->written_);
    }
  }

  std::mutex mutex_;
  grpc::GenericCallbackServerContext* context_;  // null once gRPC is done with the call
  Reactor* reactor_ = nullptr;
  bool began_ = false;
  bool finished_ = false;
  OnRead on_read_;
  OnWritten on_written_;
  enum class Ahead : std::uint8_t { kNone, kReading, kCome } ahead_ = Ahead::kNone;  // of the first message
  std::optional<grpc::ByteBuffer> first_;
  std::deque<grpc::ByteBuffer> leaving_;  // the rest of the answer
};

void Reactor::OnReadDone(bool ok) { call_->ReadDone(ok, std::exchange(read_, {})); }
void Reactor::OnWriteDone(bool ok) { call_->WriteDone(ok); }
void Reactor::OnCancel() { call_->cancellation()->Cancel(Error(ErrorCode::kCancelled, "the client is gone")); }
void Reactor::OnDone() {
  call_->Done();
  call_->WriteDone(false);
  call_->ReadDone(false, {});
  delete this;
}

class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(std::function<void(std::shared_ptr<Call>)> serve) : serve_(std::move(serve)) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    if (!context->method().starts_with(kService)) return grpc::CallbackGenericService::CreateReactor(context);
    auto call = std::make_shared<GrpcCall>(*context, ConnectionOf(*context));
    auto* const reactor = new Reactor(call);
    call->Attach(*reactor);
    serve_(std::move(call));
    return reactor;
  }

 private:
  /// gRPC tells nothing of a connection but its peer's port, which another may have next; what it knows of the peer's
  /// identity lives as long as the connection does, and has room for a name.
  std::string ConnectionOf(grpc::ServerContextBase& context) {
    const auto identity = std::const_pointer_cast<grpc::AuthContext>(context.auth_context());
    const std::lock_guard lock(mutex_);
    const auto names = identity->FindPropertyValues(kConnectionProperty);
    if (!names.empty()) return {names.front().data(), names.front().size()};
    std::string name = std::to_string(++last_connection_);
    identity->AddProperty(kConnectionProperty, name);
    return name;
  }

  const std::function<void(std::shared_ptr<Call>)> serve_;
  std::mutex mutex_;
  std::uint64_t last_connection_ = 0;
};

class GrpcServer final : public Server {
 public:
  explicit GrpcServer(std::function<void(std::shared_ptr<Call>)> serve) : service_(std::move(serve)) {}

  Status Start(const ServerOptions& options) {
    grpc::ServerBuilder builder;
    int port = 0;
    const std::string address = net::JoinHostAndPort(options.bind_address, options.port);
    builder.AddListeningPort(address, options.credentials ? options.credentials : grpc::InsecureServerCredentials(),
                             &port);
    builder.SetMaxReceiveMessageSize(kMaxUploadBytes);
    builder.SetMaxSendMessageSize(INT_MAX);  // a value may be as large as memory allows
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxHeaderBytes);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // two servers on one port are a mistake
    if (options.for_peers) {
      builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                                 static_cast<int>(kPeerPing.count()) / 2);
    }
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return Error(ErrorCode::kIo, "cannot listen for Flight SQL clients on " + address)
          .WithHint("FLIGHT_SQL_PORT is another port, TAVANA_FLIGHT_SQL_ENABLED=false none.");
    }
    port_ = static_cast<std::uint16_t>(port);
    return Status::Ok();
  }
  ~GrpcServer() override { Shutdown(std::chrono::system_clock::now()); }

  std::uint16_t port() const override { return port_; }
  void Shutdown(std::chrono::system_clock::time_point deadline) override {
    if (server_ != nullptr) server_->Shutdown(deadline);
  }

 private:
  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::uint16_t port_ = 0;
};

}  // namespace

std::optional<std::string> Call::Header(std::string_view name) const {
  const auto found = headers_.find(name);
  return found == headers_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::unique_ptr<Server>> Server::Listen(ServerOptions options,
                                               std::function<void(std::shared_ptr<Call>)> serve) {
  auto server = std::make_unique<GrpcServer>(std::move(serve));
  TAVANA_RETURN_IF_ERROR(server->Start(options));
  return std::unique_ptr<Server>(std::move(server));
}

Result<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(net::TlsServer& tls) {
  const net::TlsFiles& files = tls.files();
  std::shared_ptr<tls_api::CertificateProviderInterface> provider;
  if (files.certificate.empty()) {
    TAVANA_ASSIGN_OR_RETURN(const auto made, tls.CurrentPem());
    std::string authority;
    if (!files.client_ca.empty()) {
      TAVANA_ASSIGN_OR_RETURN(authority, ReadFile(files.client_ca, net::kMaxPemBytes));
    }
    provider = std::make_shared<tls_api::StaticDataCertificateProvider>(
        authority, std::vector<tls_api::IdentityKeyCertPair>{{made.key, made.certificate}});
  } else {
    provider = std::make_shared<tls_api::FileWatcherCertificateProvider>(files.key, files.certificate, files.client_ca,
                                                                         kLookAgainSeconds);
  }
  tls_api::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls_api::TlsServerCredentials(options);
}

}  // namespace tavana::flight
