#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace tavana::flight {

/// A call of Flight's service to another server, for who hands on what a client asks. One Read and one Write at a time;
/// Finish once, after which the others answer as at the end. Callbacks come on threads of gRPC. Thread-safe.
class OutgoingCall {
 public:
  using Headers = std::multimap<std::string, std::string>;
  struct End {
    grpc::Status status;
    Headers trailers;
  };

  virtual ~OutgoingCall() = default;
  /// The headers of the answer; empty when there is none.
  virtual void ReadHeaders(std::function<void(Headers)> on_headers) = 0;
  /// Nothing when the server has sent its last.
  virtual void Read(std::function<void(std::optional<grpc::ByteBuffer>)> on_read) = 0;
  virtual void Write(grpc::ByteBuffer message, std::function<void(bool)> on_written) = 0;
  /// The last has been written.
  virtual void WritesDone() = 0;
  virtual void Finish(std::function<void(End)> on_end) = 0;
  virtual void Cancel() = 0;
};

/// Connections to other servers of Flight's service. Thread-safe.
class Peers {
 public:
  /// `credentials` null: in clear.
  explicit Peers(std::shared_ptr<grpc::ChannelCredentials> credentials);

  /// Calls `method` ("DoGet") of the server at `address` (host:port). Fails, in Finish, when nobody is there within
  /// kPatience, or is not heard for so long.
  std::shared_ptr<OutgoingCall> Call(const std::string& address, const std::string& method,
                                     const OutgoingCall::Headers& headers);

 private:
  // Of those that nobody uses the connections are forgotten above it (chosen: more gateways than a cluster has).
  static constexpr std::size_t kMaxPeers = 64;

  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::mutex mutex_;
  // By address, and whether they carry results: those that nobody reads fill a connection, and hold up nothing else.
  std::map<std::pair<std::string, bool>, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace tavana::flight
