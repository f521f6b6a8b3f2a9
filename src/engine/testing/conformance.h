#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

/// Runs the suite that every engine passes over the engines that the factory (a callable that gives a
/// std::unique_ptr<engine::Engine>, fresh and empty) makes. At namespace scope of a *_test.cc:
///     TAVANA_ENGINE_CONFORMANCE(DuckDb, [] { return duckdb::OpenInMemory(); });
#define TAVANA_ENGINE_CONFORMANCE(Name, ...)          \
  using ::tavana::engine::testing::EngineConformance; \
  INSTANTIATE_TEST_SUITE_P(Name, EngineConformance,   \
                           ::testing::Values(::tavana::engine::testing::ConformanceOf(__VA_ARGS__)))

namespace tavana::engine::testing {

using EngineFactory = std::function<std::unique_ptr<Engine>()>;

/// `factory` itself. Stands in the file of the tests, so that a linker takes them out of their library.
EngineFactory ConformanceOf(EngineFactory factory);

/// No batch may be larger: eight times `kBatchBytes`, for a target is not a bound (chosen).
inline constexpr std::int64_t kMaxBatchBytes = 8 * kBatchBytes;

/// A result read to its end.
struct Rows {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  ResultSummary summary;

  std::int64_t count() const;
  /// Cells joined by "|", rows by "\n"; "NULL" for null.
  std::string Text() const;
};

/// One row of these values.
std::shared_ptr<arrow::RecordBatch> ParameterRow(const std::vector<std::shared_ptr<arrow::Scalar>>& values);

/// Fails the running test when a batch is null, empty, too large or of another schema than `schema`.
void CheckBatch(const std::shared_ptr<arrow::RecordBatch>& batch, const arrow::Schema& schema);

/// Reads `stream` to its end; checks every batch, the row count and that the end (or the error) stays.
Result<Rows> Drain(ResultStream& stream, const CallContext& call);

/// A fresh engine with one session in it. Its parameter makes the engine.
class EngineConformance : public ::testing::TestWithParam<EngineFactory> {
 protected:
  using InlineTables = std::map<std::string, std::shared_ptr<arrow::Table>>;

  EngineConformance();
  ~EngineConformance() override;
  void SetUp() override;

  /// A context with an id of its own.
  CallContext NewCall();
  std::unique_ptr<Session> OpenSession();
  Result<Prepared> Prepare(Session& session, std::string_view sql,
                           const std::vector<std::shared_ptr<arrow::DataType>>& types = {});
  /// Prepares and executes; the statement stays prepared.
  Result<std::unique_ptr<ResultStream>> Start(Session& session, std::string_view sql, const CallContext& call,
                                              std::shared_ptr<arrow::RecordBatch> parameters = nullptr);
  /// Prepares, executes, drains and closes.
  Result<Rows> Run(Session& session, std::string_view sql, std::shared_ptr<arrow::RecordBatch> parameters = nullptr);
  /// The rows' text; "error <SQLSTATE>: <message>" when it failed.
  std::string Text(Session& session, std::string_view sql, std::shared_ptr<arrow::RecordBatch> parameters = nullptr);
  /// Runs; fails the test on an error.
  ResultSummary MustRun(Session& session, std::string_view sql);
  /// The error's code; fails the test when there is none.
  ErrorCode CodeOf(Session& session, std::string_view sql);
  /// Fails the test when the session does not answer a plain query.
  void CheckUsable(Session& session);
  /// CheckUsable of the fixture's session.
  void TearDown() override;

  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Session> session_;

 private:
  std::uint64_t last_query_ = 0;
};

}  // namespace tavana::engine::testing
