#pragma once

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/engine.h"
#include "gateway/admission.h"
#include "gateway/advisory_locks.h"
#include "gateway/auth/authenticator.h"
#include "gateway/client_session.h"
#include "gateway/pg/cancel_forwarder.h"
#include "gateway/pg/pg_door.h"
#include "net/tls.h"
#include "observe/metrics.h"

namespace tavana::gateway {

/// What all sessions share, of whichever door. Thread-safe; outlives them.
struct SessionServices {
  SessionServices(engine::Engine& engine, observe::Metrics& metrics, Authenticator& authenticator, net::TlsServer* tls,
                  const PgDoorOptions& options)
      : engine(engine),
        metrics(metrics),
        authenticator(authenticator),
        tls(tls),
        options(options),
        admission(static_cast<std::size_t>(options.statement_slots), static_cast<std::size_t>(options.admission_queue),
                  metrics),
        statement_pool(static_cast<std::size_t>(options.statement_slots)),
        decode_pool(static_cast<std::size_t>(options.statement_slots)),
        control_pool(kControlThreads),
        registry(options.first_process_id) {}

  // For what needs no slot: opening, preparing, BEGIN, COMMIT, SET. A prepare may open a remote file, hence a few
  // (chosen).
  static constexpr std::size_t kControlThreads = 4;

  engine::Engine& engine;
  observe::Metrics& metrics;
  Authenticator& authenticator;
  net::TlsServer* const tls;  // null: plain text only
  const PgDoorOptions options;
  AdmissionQueue admission;
  AdvisoryLocks advisory_locks;
  boost::asio::thread_pool statement_pool;  // a thread a slot, so that an admitted statement never waits for one
  boost::asio::thread_pool decode_pool;     // a second thread for those that read a COPY while the engine takes it
  boost::asio::thread_pool control_pool;
  std::atomic<bool> accepting = true;
  std::atomic<std::uint64_t> next_query_id = 1;

  /// Who is connected, by the key that BackendKeyData gave.
  class Registry {
   public:
    explicit Registry(std::uint32_t first_process_id) : last_process_id_(first_process_id) {}
    /// A fresh process id and secret for `session`.
    std::pair<std::uint32_t, std::string> Add(const std::shared_ptr<ClientSession>& session);
    void Remove(std::uint32_t process_id);
    /// Does nothing when the secret is wrong, as PostgreSQL; false when there is no such session.
    bool CancelStatement(std::uint32_t process_id, const std::string& secret);
    std::vector<std::shared_ptr<ClientSession>> All() const;
    /// Null when there is none with this process id.
    std::shared_ptr<ClientSession> Find(std::uint32_t process_id) const;

   private:
    struct Entry {
      std::string secret;
      std::weak_ptr<ClientSession> session;
    };
    mutable std::mutex mutex_;
    std::uint32_t last_process_id_;
    std::map<std::uint32_t, Entry> entries_;
  } registry;
  std::shared_ptr<CancelForwarder> forwarder;  // null: there are no other gateways

  /// A place among max_connections; kTooManyConnections when there is none. Who has got one gives it back.
  Status AdmitConnection();
  void LeaveConnection();
  /// The same among those of a role, which are `limit`; 0: any number.
  Status AdmitConnectionOf(const std::string& role, int limit);
  void LeaveConnectionOf(const std::string& role);

  /// Connections of any state, those still in their startup included.
  std::mutex connections_mutex;
  std::condition_variable connections_changed;
  int connections = 0;
  int admitted_connections = 0;                    // against max_connections; guarded by connections_mutex
  std::map<std::string, int> connections_of_role;  // those admitted; guarded by connections_mutex
};

}  // namespace tavana::gateway
