#pragma once

#include <arrow/api.h>

#include <duckdb/common/types/value.hpp>

#include "base/result.h"

namespace tavana::duckdb_engine {

/// One cell as a DuckDB value of the type that stands for the array's.
Result<::duckdb::Value> ValueOf(const arrow::Array& array, std::int64_t row);

}  // namespace tavana::duckdb_engine
