#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace tavana::engine::testing {

/// Where a scripted statement stops until the test lets it go on. Thread-safe.
class Gate {
 public:
  void Open();
  /// Blocks until a statement stands at the gate (also when it has gone on since).
  void WaitUntilReached();
  /// For the engine: blocks until the gate is open; the cancel's error when that comes first.
  Status Pass(Cancellation& cancellation);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool reached_ = false;
};

/// What a text is answered with.
struct ScriptedAnswer {
  StatementKind kind = StatementKind::kQuery;
  std::string command = "SELECT";
  std::vector<std::shared_ptr<arrow::DataType>> parameters = {};
  std::shared_ptr<arrow::Schema> schema = nullptr;  ///< null: no rows come back
  bool columns_known = true;                        ///< false: `schema` shows only in the result
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches = {};
  std::int64_t affected = 0;
  std::vector<std::string> notices = {};
  std::optional<Error> prepare_error = std::nullopt;
  std::optional<Error> execute_error = std::nullopt;
  std::optional<Error> error_at_end = std::nullopt;  ///< after the batches, in place of the end
  /// Stops the first Next; a gate that nobody opens blocks until the cancel.
  std::shared_ptr<Gate> gate = nullptr;
};

/// One execution, as the engine saw it.
struct ScriptedExecution {
  std::string sql;
  QueryId query_id{};
  std::string user;
  std::shared_ptr<arrow::RecordBatch> parameters;
};

/// An engine for tests of doors: answers texts as it was told, without running anything. BEGIN, COMMIT and ROLLBACK are
/// known from the start (any answer of kTransaction with these commands moves `in_transaction`). A text without an
/// answer is kSyntax at position 1. Thread-safe; keeps its counts after its sessions have gone.
class ScriptedEngine final : public Engine {
 public:
  struct State;  ///< shared with sessions and results

  ScriptedEngine();
  ~ScriptedEngine() override;

  /// Answers `sql` (compared byte by byte) with `answer` from the next Prepare on.
  void Answer(std::string sql, ScriptedAnswer answer);
  void SetDatabaseNames(std::vector<std::string> names);
  void SetPoisoned(bool poisoned);

  std::size_t open_sessions() const;
  std::size_t open_results() const;
  std::size_t open_statements() const;
  /// Sessions ever opened.
  std::size_t sessions_opened() const;
  std::vector<ScriptedExecution> executions() const;
  /// What Ingest was given, by the target's table name.
  std::map<std::string, std::vector<std::shared_ptr<arrow::RecordBatch>>> ingested() const;

  Result<std::unique_ptr<Session>> Open(const SessionOptions& options) override;
  std::vector<std::string> DatabaseNames() override;
  std::string description() const override { return "Scripted"; }
  bool poisoned() const override;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace tavana::engine::testing
