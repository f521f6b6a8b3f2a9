#pragma once

#include <atomic>
#include <cstdint>
#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <optional>

namespace tavana::duckdb_engine {

/// Says whether the tables of an instance are as they were. DuckDB plans with the statistics of its tables (a filter
/// that nothing met is planned away, sort keys are as wide as the longest string was) and keeps such a plan for later
/// executions, where it loses rows and cuts strings once somebody has written (seen with 1.5.5). Thread-safe.
class WriteGate {
 public:
  /// From before the first write of a transaction to after its end.
  void Enter() { begun_.fetch_add(1); }
  void Leave() { ended_.fetch_add(1); }

  /// Nothing while somebody writes. Equal answers at two times: nobody wrote between them.
  std::optional<std::uint64_t> Quiet() const {
    const auto ended = ended_.load();
    const auto begun = begun_.load();  // in this order: `ended_` never passes `begun_`
    return begun == ended ? std::optional(begun) : std::nullopt;
  }

 private:
  std::atomic<std::uint64_t> begun_ = 0;
  std::atomic<std::uint64_t> ended_ = 0;
};

/// A connection's side of the gate. Calls come from the thread that runs the connection's statement.
class PlanGuard : public ::duckdb::ClientContextState {
 public:
  /// The guard of `context`, made by its first call.
  static ::duckdb::shared_ptr<PlanGuard> Of(::duckdb::ClientContext& context, WriteGate& gate);

  explicit PlanGuard(WriteGate& gate) : gate_(gate) {}
  ~PlanGuard() override { Leave(); }

  /// The transaction that runs or comes next may write.
  void Enter();
  /// After a statement: one that failed before it had a transaction wrote nothing.
  void Settle(::duckdb::ClientContext& context);
  /// The prepared statements executed until the next call were planned at this answer of the gate: DuckDB plans them
  /// again when it is another by now. The question is asked inside the transaction, after its snapshot was taken.
  void ExpectQuietSince(std::optional<std::uint64_t> planned);
  void ExpectNothing() { expects_ = false; }

  ::duckdb::RebindQueryInfo OnExecutePrepared(::duckdb::ClientContext& context,
                                              ::duckdb::PreparedStatementCallbackInfo& info,
                                              ::duckdb::RebindQueryInfo current) override;
  void TransactionCommit(::duckdb::MetaTransaction&, ::duckdb::ClientContext&) override { Leave(); }
  void TransactionRollback(::duckdb::MetaTransaction&, ::duckdb::ClientContext&) override { Leave(); }

 private:
  void Leave();

  WriteGate& gate_;
  bool writes_ = false;
  bool expects_ = false;
  std::optional<std::uint64_t> planned_;
};

}  // namespace tavana::duckdb_engine
