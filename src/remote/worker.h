#pragma once

#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/engine.h"

namespace tavana::remote {

struct WorkerOptions {
  std::string bind_address = "127.0.0.1";
  std::uint16_t port = 0;     ///< 0: any free port
  std::string name;           ///< told to gateways, and in the detail of errors
  std::string version;        ///< of this release
  bool durable = false;       ///< the default catalog outlives the process
  int statement_threads = 0;  ///< statements that may run at once; more wait (chosen by the caller, at least 1)
  /// A gateway that is not heard of for so long is gone: its sessions end (chosen: several of its pings).
  std::chrono::milliseconds lease{10'000};
  /// A gateway that is not heard of for so long may be unable to end what is over its deadlines and idle limits: then
  /// the worker does, within a second (chosen: five pings).
  std::chrono::milliseconds silence{2'500};
  /// A statement that goes on for so long after its cancel makes the worker overdue.
  std::chrono::milliseconds cancel_grace{10'000};
  std::shared_ptr<grpc::ServerCredentials> credentials;  ///< null: in clear
};

/// Messages of sessions since the start.
struct Traffic {
  std::uint64_t received = 0, sent = 0;
};

/// Serves an engine to gateways: the Session and Control streams of proto/engine.proto. Thread-safe.
class Worker {
 public:
  /// `engine` outlives it. kIo when the address cannot be listened on.
  static Result<std::unique_ptr<Worker>> Listen(engine::Engine& engine, WorkerOptions options);
  /// Ends every session at once.
  virtual ~Worker() = default;

  virtual std::uint16_t port() const = 0;
  /// Tells the gateways to give it nothing new. What is open goes on.
  virtual void Drain() = 0;
  virtual std::size_t sessions() const = 0;
  virtual Traffic traffic() const = 0;
  /// Ends the sessions that lose nothing by it.
  virtual void EndIdle() = 0;
  /// A statement ignores its cancel: the gateways give it nothing new, and the process is to be replaced.
  virtual bool overdue() const = 0;
};

}  // namespace tavana::remote
