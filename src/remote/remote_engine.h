#pragma once

#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/engine.h"

namespace tavana::remote {

struct RemoteOptions {
  std::string address;        ///< host:port
  std::string verified_name;  ///< that the worker's certificate must be of; empty: the host of `address`
  std::string gateway;        ///< this gateway's own name, unique among those that a worker serves
  std::string version;        ///< of this release
  std::shared_ptr<grpc::ChannelCredentials> credentials;  ///< null: in clear
  /// Batches of a result (of kPieceBytes) that may be on their way before the first of them is taken.
  std::uint32_t batches_ahead = 4;
  std::chrono::milliseconds ping{500};
  /// A worker that does not answer for so long is lost: its calls fail, its streams are cut (chosen: eight pings, so
  /// that what was waited for goes on elsewhere within 5 s).
  std::chrono::milliseconds patience{4'000};
};

/// How a worker does, as it said last.
struct WorkerHealth {
  bool reachable = false;
  bool poisoned = false;
  bool draining = false;
  std::uint32_t running = 0;
  std::uint32_t sessions = 0;
  std::string instance;  ///< another one each time the worker's process starts; empty before the first
  bool durable = false;  ///< its default catalog outlives the process
  bool takes_sessions() const { return reachable && !poisoned && !draining; }
};

/// The engine of a worker across the network. Connects by itself, again and again; while the worker is out of reach,
/// Open gives kUnavailable, and so does every call of a session whose worker is lost (kOutcomeUnknown for a COMMIT that
/// was sent). Errors of that kind name the worker in their detail.
class RemoteEngine : public engine::Engine {
 public:
  static std::unique_ptr<RemoteEngine> Connect(RemoteOptions options);

  virtual const std::string& address() const = 0;
  virtual WorkerHealth health() const = 0;
  /// Until the worker is reachable; false when `patience` passed before.
  virtual bool WaitUntilReachable(std::chrono::milliseconds patience) const = 0;
};

}  // namespace tavana::remote
