#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "pgwire/byte_buffer.h"
#include "pgwire/messages.h"

namespace tavana::pgwire {

/// Settings of the session that change how values read as text.
struct TextSettings {
  std::string time_zone = "UTC";  ///< a name of the tz database
  bool bytea_escape = false;      ///< bytea_output = 'escape'
};

/// Writes rows of Arrow batches as DataRow messages. Made once a result; one caller at a time.
class RowEncoder {
 public:
  /// `formats`: none (all text), one for all columns, or one a column; each 0 text or 1 binary.
  /// kProtocol when their number fits neither; kUnsupported for a column type that cannot be sent;
  /// kInvalidParameter for an unknown time zone.
  static Result<RowEncoder> Make(const arrow::Schema& schema, std::span<const std::int16_t> formats,
                                 TextSettings settings);
  RowEncoder(RowEncoder&& other) noexcept;
  RowEncoder& operator=(RowEncoder&& other) noexcept;
  ~RowEncoder();

  /// Appends the rows from `first_row` up to, not including, `last_row`; the next row, which is `last_row`.
  /// `batch` has the schema's columns. kProgramLimit for a value above 1 GiB or a row above 2 GiB, kOutOfRange for
  /// a date outside PostgreSQL's range; after an error `out` has the whole rows before the bad one.
  Result<std::int64_t> Encode(const arrow::RecordBatch& batch, std::int64_t first_row, std::int64_t last_row,
                              ByteBuffer& out);

  /// For RowDescription.
  std::vector<FieldDescription> fields;

 private:
  struct State;
  RowEncoder(std::vector<FieldDescription> described, std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tavana::pgwire
