#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "net/tls.h"

namespace tavana::flight {

/// Before the name of a method, in its path.
inline constexpr std::string_view kService = "/arrow.flight.protocol.FlightService/";
/// A token with groups may be 32 KB (chosen); the rest is room for the other headers.
inline constexpr int kMaxHeaderBytes = (32 << 10) + 1024;
/// How often a peer asks whether this server lives, while it has calls here (chosen).
inline constexpr std::chrono::milliseconds kPeerPing{10'000};

/// A call as gRPC hands it over: messages in, messages out, a status. One Read and one Write at a time; Finish once,
/// after the last Write has been answered. Thread-safe.
class Call : public std::enable_shared_from_this<Call> {
 public:
  /// Nothing when the client has sent its last.
  using OnRead = std::function<void(std::optional<grpc::ByteBuffer>)>;
  using OnWritten = std::function<void(bool)>;

  virtual ~Call() = default;

  /// "DoGet"; empty for a method of another service.
  const std::string& method() const { return method_; }
  /// The first value of the header, by its name in lower case.
  std::optional<std::string> Header(std::string_view name) const;
  const std::string& host() const { return host_; }  ///< the client's address
  int port() const { return port_; }
  bool from_this_machine() const { return from_this_machine_; }
  bool encrypted() const { return encrypted_; }
  /// Of the certificate that the client has shown, and an authority of ours has signed; empty without one.
  const std::string& certificate_name() const { return certificate_name_; }
  /// Another one for each connection, the same for its calls.
  const std::string& connection() const { return connection_; }
  /// Fires when the client gives up.
  const std::shared_ptr<Cancellation>& cancellation() const { return cancellation_; }

  /// Of the answer; before the first Write.
  virtual void AddHeader(const std::string& name, const std::string& value) = 0;
  virtual void Read(OnRead on_read) = 0;
  /// Sends the answer's headers, at most once and not beside a Write; false when the client is gone.
  virtual void Begin(OnWritten on_begun) = 0;
  virtual void Write(grpc::ByteBuffer message, OnWritten on_written) = 0;
  virtual void Finish(const Status& status) = 0;
  /// What is left of the answer, at least one message, and that all went well. Its messages leave one after another
  /// without anybody being asked.
  virtual void FinishWith(std::vector<grpc::ByteBuffer> messages) = 0;
  /// Ends as a call to another server did.
  virtual void FinishAs(const grpc::Status& status, const std::multimap<std::string, std::string>& trailers) = 0;

 protected:
  std::string method_, host_, certificate_name_, connection_;
  int port_ = 0;
  bool from_this_machine_ = false, encrypted_ = false;
  std::multimap<std::string, std::string, std::less<>> headers_;
  std::shared_ptr<Cancellation> cancellation_ = std::make_shared<Cancellation>();
};

struct ServerOptions {
  std::string bind_address = "127.0.0.1";
  std::uint16_t port = 0;                                ///< 0: any free port
  std::shared_ptr<grpc::ServerCredentials> credentials;  ///< null: in clear
  bool for_peers = false;                                ///< who calls is another server, see Peers
};

/// Listens for the calls of Flight's service. Thread-safe.
class Server {
 public:
  /// `serve` takes each call, on a thread of gRPC, and must not block. kIo when the address cannot be listened on.
  static Result<std::unique_ptr<Server>> Listen(ServerOptions options,
                                                std::function<void(std::shared_ptr<Call>)> serve);
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  /// No new calls; those that are open are cancelled at `deadline`. Returns when all have ended.
  virtual void Shutdown(std::chrono::system_clock::time_point deadline) = 0;
};

/// A server's side of TLS with the files that `tls` follows, or the certificate it has made.
Result<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(net::TlsServer& tls);

}  // namespace tavana::flight
