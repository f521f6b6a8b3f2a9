#pragma once

#include <arrow/api.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "engine/engine.h"
#include "gateway/admission.h"
#include "gateway/client_session.h"
#include "gateway/engine_settings.h"
#include "gateway/pg/pg_settings.h"
#include "sql/statement.h"

namespace tavana::gateway {

/// A connection to the engine: what runs on it runs one after another. On the door's strand, except what holds its turn
/// on a pool thread.
struct Lane {
  explicit Lane(observe::Metrics& metrics) : turn(1, kMaxWaiting, metrics, AdmissionQueue::Shown::kNo) {}

  // Calls that wait for each other on one connection (chosen: a client with more is not a client of one session).
  static constexpr std::size_t kMaxWaiting = 1'000;

  AdmissionQueue turn;
  std::shared_ptr<engine::Session> engine;  // null before its first use
  EngineSettings told;
  bool in_block = false;               // a transaction is open
  std::optional<PgSettings> settings;  // its own, of which COMMIT makes the session's
  bool failed = false;                 // and an error has ended it
  // The engine's settings before the block, or the lane, has set one of them; none while they are as they were.
  std::optional<std::map<std::string, std::string>> before;
  std::string transaction;                   // the client's name of it; empty when it was opened by BEGIN
  std::vector<engine::StatementId> closing;  // go with the next call
};

/// A prepared statement of a client.
struct FlightStatement {
  std::string handle, sql, shown;
  sql::Classified classified;
  std::string transaction;   // that it was made in; empty: none
  std::weak_ptr<Lane> lane;  // where `prepared` is
  std::optional<engine::Prepared> prepared;
  std::shared_ptr<arrow::RecordBatch> parameters;  // bound by DoPut; null: none
};

class FlightSession;

/// Rows on their way to a client: a batch, or what the engine has encoded for it already; neither at the end.
struct FlightRows {
  std::shared_ptr<arrow::RecordBatch> batch;
  std::shared_ptr<const engine::EncodedBatch> encoded;

  explicit operator bool() const { return batch != nullptr || encoded != nullptr; }
  std::int64_t rows() const;
  std::int64_t bytes() const;  ///< in memory, about
};
/// The stream's next rows, as it has them. May block.
Result<FlightRows> NextRows(engine::ResultStream& stream, const engine::CallContext& call);

/// A result between the call that ran it and those that fetch it: each batch goes to whoever asks. Its stream is
/// touched by who holds the lane's turn.
struct FlightResult {
  std::string user;
  std::shared_ptr<FlightSession> session;
  std::shared_ptr<Lane> lane;
  engine::CallContext call;
  engine::ClientForm form;  // that its clients get
  std::shared_ptr<arrow::Schema> schema;
  std::deque<FlightRows> ready;                  // made before somebody asked
  std::shared_ptr<const void> large;             // the right to have many of them; null: no such right
  std::unique_ptr<engine::ResultStream> stream;  // null: `ready` is all that is left
  std::weak_ptr<AdmissionTicket> slot;           // of those that read the stream, all together
  std::optional<engine::StatementId> once;       // the engine's statement, closed with its only result
  std::int64_t rows = 0;                         // that were made so far
  std::int64_t affected = 0;                     // once it has ended
  bool returns_rows = true;
  bool ordered = true;
  bool ended = false;  // there is no stream any more
  std::optional<Error> error;
  std::chrono::steady_clock::time_point began, expires;
  std::set<std::string> tickets;  // not yet used
  std::string poll;               // that it is the outcome of; empty: none
  int readers = 0;
  bool counted = false;  // in the metrics
};

/// What a client of Flight SQL has from call to call. On the door's strand, except what ClientSession promises.
class FlightSession : public ClientSession, public std::enable_shared_from_this<FlightSession> {
 public:
  FlightSession(std::string id, std::string user, observe::Metrics& metrics);

  void CancelStatement(Error why) override;
  void End(Error why) override;
  SessionActivity Activity() const override;
  const std::string& user() const override { return user_; }

  const std::string& id() const { return id_; }
  /// Set by End: the session is to go.
  std::optional<Error> ending() const;
  /// A statement of it runs.
  bool busy() const;

  /// While it lives, CancelStatement reaches `cancellation`, and the session shows `shown` as running.
  class Running {
   public:
    Running(std::shared_ptr<FlightSession> session, std::shared_ptr<Cancellation> cancellation,
            const std::string& shown);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    void WaitsForSlot(bool waits);

   private:
    std::shared_ptr<FlightSession> session_;
    std::shared_ptr<Cancellation> cancellation_;
  };

  /// Fills in who it is; before it is registered.
  void Describe(const SessionActivity& activity);
  void NoteEngine(const std::shared_ptr<engine::Session>& engine);
  /// What it shows while nothing runs.
  void NoteBlock(bool open);

  // Bounds of what one session may hold (chosen: far above what drivers keep, far below what would hurt).
  static constexpr std::size_t kMaxStatements = 10'000;
  static constexpr std::size_t kMaxTransactions = 100;
  static constexpr std::size_t kMaxResults = 1'000;
  static constexpr std::size_t kMaxOptions = 1'000;

  /// Those that hold for a statement of `transaction` (empty: of none).
  PgSettings& SettingsFor(const std::string& transaction);

  PgSettings settings;
  std::shared_ptr<Lane> main;
  std::shared_ptr<Lane> spare;  // for what is in no transaction while `main` is in one; null: not needed yet
  std::map<std::string, std::shared_ptr<Lane>> transactions;
  std::map<std::string, std::shared_ptr<FlightStatement>> statements;
  std::set<std::string> options;  // settings of the engine that SetSessionOptions has set
  std::size_t results = 0;
  std::uint32_t process_id = 0;
  bool has_state = false;  // something would be missed if it went
  std::chrono::steady_clock::time_point last_used;

 private:
  const std::string id_, user_;
  mutable std::mutex mutex_;
  SessionActivity activity_;
  std::weak_ptr<engine::Session> engine_;
  std::multiset<std::shared_ptr<Cancellation>> running_;
  std::optional<Error> ending_;
};

}  // namespace tavana::gateway
