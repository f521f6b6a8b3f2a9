#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "pgwire/byte_buffer.h"
#include "pgwire/types.h"
#include "pgwire/zone.h"

/// Internal to pgwire: values that clients send, many to a column, into Arrow.
namespace tavana::pgwire {

/// Reads the values of one column, in text or binary, by the rules of PostgreSQL's input functions. Booleans, integers,
/// floats, decimals, dates, times, timestamps, uuid, bytea and arrays of one dimension become typed columns; what
/// remains becomes its text (utf8), which the engine casts. Not thread-safe.
class ValueReader {
 public:
  /// `column` is the engine's. `zone` reads timestamps with time zone that do not say theirs, and outlives this.
  static Result<ValueReader> Make(const arrow::Field& column, bool binary, Zone* zone);

  /// Of the columns that Finish gives; named like the engine's.
  const std::shared_ptr<arrow::Field>& field() const { return field_; }

  Status AppendNull();
  /// `text` is UTF-8. kInvalidText, kOutOfRange, kDatetimeFormat, kDatetimeOverflow, kInvalidParameter in PostgreSQL's
  /// words.
  Status AppendText(std::string_view text);
  /// kInvalidBinary, kProtocol ("insufficient data left in message"), kOutOfRange, kInvalidEncoding.
  Status AppendBinary(std::string_view bytes);
  /// The values since the last call.
  Result<std::shared_ptr<arrow::Array>> Finish();

 private:
  /// What the column is built as.
  enum class Kind : std::uint8_t {
    kBool,
    kInt8,
    kInt16,
    kInt32,
    kInt64,
    kUInt8,
    kUInt16,
    kUInt32,
    kUInt64,
    kFloat,
    kDouble,
    kDecimal,
    kText,
    kBytes,
    kDate,
    kTime,
    kTimestamp,
    kTimestampTz,
    kInterval,
    kUuid,
    kList,
  };

  ValueReader() = default;
  static Kind KindOf(const ResolvedType& resolved, bool binary);
  static std::shared_ptr<arrow::DataType> BuiltType(Kind kind, const arrow::DataType& storage);

  Error BadText(std::string_view text) const;
  Error OutOfRange(std::string_view text) const;
  Status AppendListText(std::string_view text);
  Status AppendListBinary(std::string_view bytes);
  Status AppendTextualBinary(std::string_view bytes);
  Status AppendDecimal(std::string_view text);
  Status AppendTimestampText(std::string_view text);
  Status AppendUuidText(std::string_view text);
  template <typename Builder>
  Status AppendIntegerText(std::string_view text);
  template <typename Builder, typename Wire>
  Status AppendIntegerBinary(std::string_view bytes);

  template <typename Builder>
  Builder& As() {
    return static_cast<Builder&>(*builder_);
  }

  Kind kind_ = Kind::kText;
  std::uint32_t oid_ = kTextOid;
  std::int32_t precision_ = 0, scale_ = 0;  // of decimals
  std::shared_ptr<arrow::Field> field_;
  std::shared_ptr<arrow::ArrayBuilder> builder_;
  std::unique_ptr<ValueReader> element_;  // of lists; appends to the list's child
  Zone* zone_ = nullptr;
};

}  // namespace tavana::pgwire
