#pragma once

#include <duckdb.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/instance.h"
#include "engine/engine.h"

namespace tavana::duckdb_engine {

class DuckDbResult;

/// What a session and its open results share: the DuckDB connection, who streams on it and who may be cancelled.
/// `mutex` is held by every call for as long as it runs; `running` has a lock of its own.
struct SharedConnection {
  explicit SharedConnection(std::shared_ptr<Instance> owner) : instance(std::move(owner)) {}

  ::duckdb::ClientContext& context() { return *connection->context; }
  /// Ends what DuckDB still runs for a result that nobody will read.
  void EndActiveQuery();
  void Interrupt();

  std::shared_ptr<Instance> instance;
  std::recursive_mutex mutex;
  std::unique_ptr<::duckdb::Connection> connection;
  std::set<DuckDbResult*> results;    ///< open ones
  DuckDbResult* streaming = nullptr;  ///< the one whose rows DuckDB still computes
  std::uint64_t aside_bytes = 0;      ///< of all results
  std::uint64_t last_result = 0;

  struct Running {
    engine::QueryId query;
    std::shared_ptr<Cancellation> cancellation;
  };
  mutable std::mutex running_mutex;  ///< also guards `connection` being replaced
  std::vector<Running> running;      ///< calls in progress and open results
};

/// A call in progress: its cancel reaches DuckDB while this lives, and not after.
class [[nodiscard]] RunningCall {
 public:
  RunningCall(SharedConnection& shared, const engine::CallContext& call);
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;
  ~RunningCall();

  /// The cancel's error when there was one, else `error`: an interrupted statement failed because it was told to.
  Error Explain(Error error) const;
  std::optional<Error> why() const { return cancellation_->why(); }

  /// From here on a cancel does not reach DuckDB: a rollback that is interrupted leaves its transaction open.
  void Shield();

 private:
  SharedConnection& shared_;
  std::shared_ptr<Cancellation> cancellation_;
  engine::QueryId query_;
  Cancellation::Registration registration_;
};

}  // namespace tavana::duckdb_engine
