#include "flight/outgoing_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <climits>
#include <utility>

#include "flight/server.h"

namespace tavana::flight {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kPatience = 5s;  // for a server that does not answer (chosen)

OutgoingCall::Headers HeadersOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  OutgoingCall::Headers headers;
  for (const auto& [name, value] : metadata) {
    headers.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  return headers;
}

class Outgoing;

/// gRPC's half of a call, which gRPC keeps until OnDone.
class Reactor final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Reactor(std::shared_ptr<Outgoing> call) : call_(std::move(call)) {}
  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  friend class Outgoing;
  std::shared_ptr<Outgoing> call_;
  grpc::ByteBuffer read_, written_;
};

class Outgoing final : public OutgoingCall, public std::enable_shared_from_this<Outgoing> {
 public:
  explicit Outgoing(std::shared_ptr<grpc::Channel> channel) : channel_(std::move(channel)), stub_(channel_) {}

  void Start(const std::string& method, const Headers& headers) {
    for (const auto& [name, value] : headers) context_.AddMetadata(name, value);
    method_ = std::string(kService) + method;
    reactor_ = new Reactor(shared_from_this());
    stub_.PrepareBidiStreamingCall(&context_, method_, {}, reactor_);
    reactor_->AddHold();  // until Finish: reads and writes begin outside of gRPC's callbacks
    reactor_->StartCall();
  }

  void ReadHeaders(std::function<void(Headers)> on_headers) override {
    {
      const std::lock_guard lock(mutex_);
      if (!headers_) {
        on_headers_ = std::move(on_headers);
        return;
      }
    }
    on_headers(*headers_);
  }
  void Read(std::function<void(std::optional<grpc::ByteBuffer>)> on_read) override {
    {
      const std::lock_guard lock(mutex_);
      if (!finishing_) {
        on_read_ = std::move(on_read);
        reactor_->StartRead(&reactor_->read_);
        return;
      }
    }
    on_read(std::nullopt);
  }
  void Write(grpc::ByteBuffer message, std::function<void(bool)> on_written) override {
    {
      const std::lock_guard lock(mutex_);
      if (!finishing_) {
        on_written_ = std::move(on_written);
        reactor_->written_ = std::move(message);
        reactor_->StartWrite(&reactor_->written_);
        return;
      }
    }
    on_written(false);
  }
  void WritesDone() override {
    const std::lock_guard lock(mutex_);
    if (!finishing_) reactor_->StartWritesDone();
  }
  void Finish(std::function<void(End)> on_end) override {
    {
      const std::lock_guard lock(mutex_);
      finishing_ = true;
      on_end_ = std::move(on_end);
    }
    reactor_->RemoveHold();
  }
  void Cancel() override { context_.TryCancel(); }

  void HeadersDone(bool ok) {
    std::function<void(Headers)> on_headers;
    {
      const std::lock_guard lock(mutex_);
      headers_ = ok ? HeadersOf(context_.GetServerInitialMetadata()) : Headers();
      on_headers = std::exchange(on_headers_, nullptr);
    }
    if (on_headers != nullptr) on_headers(*headers_);
  }
  void ReadDone(bool ok, grpc::ByteBuffer message) {
    std::function<void(std::optional<grpc::ByteBuffer>)> on_read;
    {
      const std::lock_guard lock(mutex_);
      on_read = std::exchange(on_read_, nullptr);
    }
    if (on_read != nullptr) on_read(ok ? std::optional(std::move(message)) : std::nullopt);
  }
  void WriteDone(bool ok) {
    std::function<void(bool)> on_written;
    {
      const std::lock_guard lock(mutex_);
      on_written = std::exchange(on_written_, nullptr);
    }
    if (on_written != nullptr) on_written(ok);
  }
  void Done(const grpc::Status& status) {
    on_end_({status, HeadersOf(context_.GetServerTrailingMetadata())});
    on_end_ = nullptr;
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  std::string method_;
  std::mutex mutex_;
  Reactor* reactor_ = nullptr;  // gone after OnDone, which comes after Finish
  bool finishing_ = false;
  std::optional<Headers> headers_;  // once they have come
  std::function<void(Headers)> on_headers_;
  std::function<void(std::optional<grpc::ByteBuffer>)> on_read_;
  std::function<void(bool)> on_written_;
  std::function<void(End)> on_end_;
};

void Reactor::OnReadInitialMetadataDone(bool ok) { call_->HeadersDone(ok); }
void Reactor::OnReadDone(bool ok) { call_->ReadDone(ok, std::exchange(read_, {})); }
void Reactor::OnWriteDone(bool ok) { call_->WriteDone(ok); }
void Reactor::OnDone(const grpc::Status& status) {
  call_->Done(status);
  delete this;
}

}  // namespace

Peers::Peers(std::shared_ptr<grpc::ChannelCredentials> credentials)
    : credentials_(credentials ? std::move(credentials) : grpc::InsecureChannelCredentials()) {}

std::shared_ptr<OutgoingCall> Peers::Call(const std::string& address, const std::string& method,
                                          const OutgoingCall::Headers& headers) {
  std::shared_ptr<grpc::Channel> channel;
  {
    const std::lock_guard lock(mutex_);
    if (channels_.size() >= kMaxPeers) {
      std::erase_if(channels_, [](const auto& entry) { return entry.second.use_count() == 1; });
    }
    auto& kept = channels_[{address, method == "DoGet"}];
    if (kept == nullptr) {
      const int patience_ms = static_cast<int>(kPatience.count());
      grpc::ChannelArguments arguments;
      arguments.SetMaxReceiveMessageSize(INT_MAX);
      arguments.SetMaxSendMessageSize(INT_MAX);
      arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxHeaderBytes);
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
      arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, patience_ms);  // also how long a connection may take
      arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, patience_ms);
      arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(kPeerPing.count()));
      arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, patience_ms);
      arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // as many as that takes
      arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // hangs small calls beside unread streams (gRPC 1.51)
      arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1 << 20);
      kept = grpc::CreateCustomChannel(address, credentials_, arguments);
    }
    channel = kept;
  }
  auto call = std::make_shared<Outgoing>(std::move(channel));
  call->Start(method, headers);
  return call;
}

}  // namespace tavana::flight
