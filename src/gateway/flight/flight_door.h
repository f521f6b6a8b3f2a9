#pragma once

#include <boost/asio/io_context.hpp>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/engine.h"

namespace tavana::gateway {

struct SessionServices;

/// How the gateways of a cluster reach each other with the calls of sessions that are not their own.
struct FlightPeering {
  std::string host;        ///< of this one, as the others reach it; empty: they do not
  std::uint16_t port = 0;  ///< 0: any free one
  std::shared_ptr<grpc::ServerCredentials> server_credentials;  ///< null: in clear
  std::shared_ptr<grpc::ChannelCredentials> credentials;        ///< null: in clear
};

struct FlightDoorOptions {
  std::string bind_address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  std::string gateway;     ///< unique among the gateways of a cluster
  std::string token_key;   ///< gateways that share it know each other's tokens; empty: one is made at the start
  FlightPeering peering;
  std::string version;                             ///< of this release
  std::string compression;                         ///< of batches: none, lz4 or zstd
  std::int64_t batch_bytes = engine::kBatchBytes;  ///< of a batch, about
  std::chrono::seconds token_lifetime{86'400};
  /// A result that nobody asks for is dropped after so long, and a session that is left alone after `session_idle`.
  std::chrono::seconds result_lifetime{300};
  std::chrono::seconds session_idle{3600};
};

/// The Arrow Flight SQL door: the same sessions, identities, slots and engine as the PostgreSQL door has. Thread-safe.
class FlightDoor {
 public:
  /// The io_context and `services` outlive it. kIo when the address cannot be had.
  static Result<std::unique_ptr<FlightDoor>> Listen(boost::asio::io_context& io, SessionServices& services,
                                                    FlightDoorOptions options);
  ~FlightDoor();

  std::uint16_t port() const;
  /// No call is being answered, and no result was made so lately that its client may just be about to fetch it.
  bool idle() const;
  /// Ends every session and returns when their calls are answered. Not to be called on a thread of the io_context.
  void Close();

 private:
  class Impl;
  explicit FlightDoor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace tavana::gateway
