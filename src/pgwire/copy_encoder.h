#pragma once

#include <arrow/api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "pgwire/byte_buffer.h"
#include "pgwire/copy_options.h"
#include "pgwire/rows.h"

namespace tavana::pgwire {

/// Writes rows of Arrow batches as the CopyData messages that PostgreSQL sends, one a row: values are those of DataRow,
/// escaped as the format wants. Made once a COPY; one caller at a time.
class CopyEncoder {
 public:
  /// `force_quote`: which columns FORCE_QUOTE names; may be empty. kUnsupported for a column type that cannot be sent;
  /// kInvalidParameter for an unknown time zone.
  static Result<CopyEncoder> Make(const arrow::Schema& schema, const CopyOptions& options,
                                  std::vector<bool> force_quote, const TextSettings& settings);
  CopyEncoder(CopyEncoder&& other) noexcept;
  CopyEncoder& operator=(CopyEncoder&& other) noexcept;
  ~CopyEncoder();

  /// What comes before the first row: the header line, or in binary the first part of the first message.
  void Begin(ByteBuffer& out);
  /// Appends the rows from `first_row` up to, not including, `last_row`. `batch` has the schema's columns.
  /// kProgramLimit for a value above 1 GiB or a row above 2 GiB, kOutOfRange for a date outside PostgreSQL's range;
  /// after an error `out` has the whole rows before the bad one.
  Status Encode(const arrow::RecordBatch& batch, std::int64_t first_row, std::int64_t last_row, ByteBuffer& out);
  /// What comes after the last row: the trailer of binary.
  void End(ByteBuffer& out);

 private:
  struct State;
  explicit CopyEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tavana::pgwire
