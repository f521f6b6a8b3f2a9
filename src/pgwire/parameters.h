#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace tavana::pgwire {

/// The values of Bind as one row with one column a parameter, named "1", "2" ... A parameter's PostgreSQL type is
/// what Parse said (`oids`, may be shorter, 0 where it said nothing), else what the engine's type (`types`, may be
/// shorter or hold nulls) is to PostgreSQL, else text.
///
/// Booleans, integers, floats, bytea and arrays become typed columns in both formats. In text format everything else
/// stays text (utf8) for the engine to cast. In binary format dates, times, timestamps and intervals become typed
/// columns (infinities are DuckDB's) and numeric, uuid, time with time zone and json become their exact text.
///
/// kInvalidText, kOutOfRange and kInvalidBinary in PostgreSQL's words; kInvalidEncoding; kProtocol when the number of
/// formats is not 0, 1 or that of the values; kUnsupported for a binary value of a type not known here and
/// for arrays of several dimensions.
Result<std::shared_ptr<arrow::RecordBatch>> DecodeParameters(std::span<const std::shared_ptr<arrow::DataType>> types,
                                                             std::span<const std::uint32_t> oids,
                                                             std::span<const std::int16_t> formats,
                                                             std::span<const std::optional<std::string>> values);

}  // namespace tavana::pgwire
