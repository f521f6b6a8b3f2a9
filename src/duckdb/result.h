#pragma once

#include <deque>
#include <duckdb/common/types/column/column_data_collection.hpp>
#include <memory>
#include <optional>
#include <string>

#include "duckdb/arrow_export.h"
#include "duckdb/connection.h"

namespace tavana::duckdb_engine {

/// An open result. Its rows come from DuckDB's stream, after those that were moved aside when another statement ran.
class DuckDbResult : public engine::ResultStream {
 public:
  /// Takes a result that succeeded. Without `returns_rows`, only its count is read; `counts_rows` when each row
  /// returned is one changed (RETURNING).
  static Result<std::unique_ptr<DuckDbResult>> Create(std::shared_ptr<SharedConnection> shared,
                                                      const engine::CallContext& call,
                                                      std::unique_ptr<::duckdb::QueryResult> result, std::string sql,
                                                      bool returns_rows, bool counts_rows);
  ~DuckDbResult() override;

  engine::ResultId id() const override { return id_; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> Next(const engine::CallContext& call) override;
  const engine::ResultSummary& summary() const override { return summary_; }

  /// Moves what DuckDB still computes into buffers that spill. Stops early on `cancellation`; what is left streams on.
  Status MoveAside(const Cancellation& cancellation);
  /// Every later Next gives `error`.
  void Fail(Error error);

 private:
  DuckDbResult(std::shared_ptr<SharedConnection> shared, const engine::CallContext& call, std::string sql);

  struct Aside {
    std::unique_ptr<::duckdb::ColumnDataCollection> rows;
    ::duckdb::ColumnDataScanState scan;
    std::uint64_t bytes = 0;
  };

  /// The next rows, null at the end.
  Result<::duckdb::unique_ptr<::duckdb::DataChunk>> Fetch();
  Result<::duckdb::unique_ptr<::duckdb::DataChunk>> FetchFromDuckDb();
  /// Appends `chunk`, or as much of it as one batch may hold; the rest waits in `rest_`.
  Status Take(::duckdb::unique_ptr<::duckdb::DataChunk> chunk);
  Status TakeRest();
  Status ReadCount();
  void ReleaseDuckDb(bool ended);
  void DropAside();

  std::shared_ptr<SharedConnection> shared_;
  engine::ResultId id_;
  engine::QueryId query_;
  std::shared_ptr<Cancellation> cancellation_;
  std::string sql_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<ArrowExporter> exporter_;
  std::unique_ptr<::duckdb::QueryResult> result_;  ///< null when DuckDB has given its last row
  std::deque<Aside> aside_;
  ::duckdb::unique_ptr<::duckdb::DataChunk> rest_;  ///< of a chunk of wide rows
  ::duckdb::idx_t rest_from_ = 0;
  ::duckdb::idx_t rest_step_ = 0;
  bool counts_rows_ = false;
  const std::int64_t batch_bytes_;
  std::int64_t target_bytes_ = 1;  ///< the first chunk leaves at once, then batches grow
  std::optional<Error> error_;
  engine::ResultSummary summary_;
};

}  // namespace tavana::duckdb_engine
