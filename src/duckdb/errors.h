#pragma once

#include <duckdb/common/error_data.hpp>
#include <exception>
#include <string_view>

#include "base/error.h"

namespace tavana::duckdb_engine {

/// DuckDB's complaint in our terms. `sql` is the text the client sent; it turns DuckDB's byte offset into characters.
/// An error that makes the whole instance unusable is marked poisoned.
Error TranslateError(const ::duckdb::ErrorData& error, std::string_view sql);

/// The same for something caught at the boundary.
Error TranslateException(const std::exception& exception, std::string_view sql);

/// For functions of ours that DuckDB runs: throws what TranslateError turns back into `error`, its code and message.
[[noreturn]] void ThrowToDuckDb(const Error& error);

}  // namespace tavana::duckdb_engine
