#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <duckdb.hpp>
#include <duckdb/main/client_properties.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace tavana::duckdb_engine {

/// The Arrow type that stands for a DuckDB type in parameters and results; arrow::null() for one that is unknown.
Result<std::shared_ptr<arrow::DataType>> ArrowTypeOf(::duckdb::ClientContext& context,
                                                     const ::duckdb::LogicalType& type);

/// The DuckDB type that stands for an Arrow type.
Result<::duckdb::LogicalType> DuckDbTypeOf(const arrow::DataType& type);

/// Joins DuckDB chunks into Arrow batches. Plain columns go through one pass of our own; nested and exotic ones
/// through DuckDB's appender. Not thread-safe.
class ArrowExporter {
 public:
  static Result<std::unique_ptr<ArrowExporter>> Create(::duckdb::ClientContext& context,
                                                       const ::duckdb::vector<::duckdb::LogicalType>& types,
                                                       const ::duckdb::vector<std::string>& names);
  virtual ~ArrowExporter() = default;

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// Rows and bytes appended since the last Finish; bytes are approximate for nested columns.
  std::int64_t rows() const { return rows_; }
  virtual std::int64_t bytes() const = 0;

  /// What Append would add for the whole chunk, about.
  virtual std::int64_t BytesOf(::duckdb::DataChunk& chunk) const = 0;
  virtual Status Append(::duckdb::DataChunk& chunk) = 0;
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Finish() = 0;

 protected:
  std::shared_ptr<arrow::Schema> schema_;
  std::int64_t rows_ = 0;
};

}  // namespace tavana::duckdb_engine
