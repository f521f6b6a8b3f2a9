#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pgwire/copy_options.h"

namespace tavana::pgwire {

/// Longest line, or row in binary, that a COPY may bring (chosen: as long as the longest message).
inline constexpr std::size_t kMaxCopyLineBytes = std::size_t{64} << 20;

/// The table that a COPY fills.
struct CopyTarget {
  std::string relation;        ///< its name, for the context of errors
  arrow::FieldVector columns;  ///< in the order of the data, as the engine has them
  std::string time_zone = "UTC";
};

/// Reads the bytes of COPY FROM STDIN, cut anywhere, into Arrow batches of about kCopyBatchBytes. Values become the
/// types of the columns where PostgreSQL's text and binary forms of them are read here, else their text. Memory is
/// bounded by the longest line and one batch. One caller at a time.
///
/// Errors are PostgreSQL's: kBadCopyFormat for what breaks the format, kInvalidEncoding, the value's own, kProgramLimit
/// for a line above kMaxCopyLineBytes; their context names line, column and value as CopyFromErrorCallback does. After
/// an error nothing more may be asked.
class CopyDecoder {
 public:
  /// kInvalidColumnReference or kUndefinedColumn for a column of the options that is not there; kInvalidParameter for
  /// an unknown time zone.
  static Result<CopyDecoder> Make(const CopyTarget& target, const CopyOptions& options);
  CopyDecoder(CopyDecoder&& other) noexcept;
  CopyDecoder& operator=(CopyDecoder&& other) noexcept;
  ~CopyDecoder();

  /// Of the batches; columns are named like the table's.
  const std::shared_ptr<arrow::Schema>& schema() const;

  /// Takes the next bytes.
  Status Add(std::string_view bytes);
  /// Nothing more comes.
  Status Finish();
  /// The rows there are once they make a batch, or after Finish; else null.
  Result<std::shared_ptr<arrow::RecordBatch>> Take();
  /// Where a row that came out of Take came from ("COPY t, line 3"), as the context of an error; `row` counts from 0.
  /// Of rows long gone (kRowsRemembered) the table alone.
  std::string PlaceOf(std::int64_t row) const;

 private:
  struct State;
  explicit CopyDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// How far back PlaceOf looks (chosen: more rows than an engine has in hand).
inline constexpr std::int64_t kRowsRemembered = 1 << 20;

/// What a batch aims at, in bytes of the data it comes from (the engine's own target, engine::kBatchBytes).
inline constexpr std::size_t kCopyBatchBytes = std::size_t{1} << 20;

}  // namespace tavana::pgwire
