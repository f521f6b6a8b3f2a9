#pragma once

#include <arrow/api.h>

#include <duckdb.hpp>
#include <memory>
#include <optional>

#include "engine/engine.h"

namespace tavana::duckdb_engine {

/// Appends Arrow batches to one of DuckDB's own tables without a statement for each: the rows go to the transaction's
/// storage as they come, once (an INSERT collects them, then merges), and a table in a file has them on disk from the
/// first row group on. One caller at a time, inside one transaction of `context`, whose lock must not be held.
class DirectAppend {
 public:
  /// Null when `target` is no table of DuckDB's own or lacks a column of `schema`: then an INSERT says why or does it.
  /// Throws what DuckDB throws.
  static std::unique_ptr<DirectAppend> Make(::duckdb::ClientContext& context, const engine::IngestTarget& target,
                                            const arrow::Schema& schema);
  ~DirectAppend();

  /// The rows for which the target's condition holds; how many they were. Columns that `batch` lacks get their
  /// defaults. Throws what DuckDB throws; then the transaction is lost.
  std::int64_t Append(const arrow::RecordBatch& batch);
  /// Which row of the batch Append threw for; nullopt when it was for none of them.
  std::optional<std::int64_t> failed_row() const { return failed_row_; }

 private:
  struct State;
  explicit DirectAppend(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  std::optional<std::int64_t> failed_row_;
};

}  // namespace tavana::duckdb_engine
