#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "gateway/auth/authenticator.h"
#include "net/tls.h"
#include "observe/metrics.h"

namespace tavana::gateway {

struct SessionServices;

struct PgDoorOptions {
  std::string bind_address = "127.0.0.1";
  std::uint16_t port = 15432;  ///< 0: any free one
  int max_connections = 500;
  /// Clients of other machines come in without a proof too (they never do otherwise).
  bool trust_everywhere = false;
  bool tls_required = false;  ///< plain text is refused
  int statement_slots = 4;
  int admission_queue = 1000;  ///< statements that may wait for a slot
  /// Defaults of the settings with these names; zero means none.
  std::chrono::milliseconds statement_timeout{0};
  std::chrono::milliseconds idle_in_transaction_timeout{0};
  std::chrono::milliseconds idle_session_timeout{0};
  /// The doors of other gateways, host:port, which hear cancels that no session here answers to.
  std::vector<std::string> peers;
  /// Process ids count up from here: gateways side by side begin at different ones.
  std::uint32_t first_process_id = 0;
  /// From accept to the end of the startup exchange.
  std::chrono::milliseconds startup_timeout{60'000};
};

/// The PostgreSQL door: listens, and gives every connection a session. Thread-safe.
/// The io_context, the engine, the metrics, the authenticator and `tls` outlive it.
class PgDoor {
 public:
  /// `tls` null: plain text only. kIo when the address can not be had.
  static Result<std::unique_ptr<PgDoor>> Listen(boost::asio::io_context& io, engine::Engine& engine,
                                                observe::Metrics& metrics, Authenticator& authenticator,
                                                net::TlsServer* tls, const PgDoorOptions& options);
  ~PgDoor();

  std::uint16_t port() const;
  /// From now on new connections are told 57P03.
  void StopAccepting();
  /// True when no statement runs or waits.
  bool idle() const;
  /// Ends every running statement with 57P01.
  void CancelRunning();
  /// Ends every connection with 57P01 and returns when all are gone. Not to be called on a thread of the io_context.
  void Close();
  /// What this door's sessions share, for other doors to share too. Lives as long as the door.
  SessionServices& services();

 private:
  class Impl;
  explicit PgDoor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace tavana::gateway
