#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "pgwire/byte_order.h"
#include "pgwire/datetime_text.h"
#include "pgwire/numeric.h"
#include "pgwire/text_format.h"
#include "pgwire/types.h"
#include "pgwire/utf8.h"
#include "pgwire/zone.h"

/// Internal to pgwire: values that clients send, many to a column, into Arrow.
namespace tavana::pgwire {

namespace internal {

/// A plain integer, of at most 18 digits; false for anything else.
inline bool ReadShortInteger(std::string_view text, std::int64_t& value) {
  const char* at = text.data();
  const char* end = at + text.size();
  const bool negative = at < end && *at == '-';
  if (negative) ++at;
  if (at == end || end - at > 18) return false;
  std::uint64_t magnitude = 0;
  for (; at < end; ++at) {
    const auto digit = static_cast<unsigned char>(*at - '0');
    if (digit > 9) return false;
    magnitude = magnitude * 10 + digit;
  }
  value = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  return true;
}

/// [+-]digits[.digits] of at most 18 digits, as an integer scaled by 10^`scale`; false for anything else.
inline bool ReadShortDecimal(std::string_view text, std::int32_t scale, std::int64_t& value) {
  const char* at = text.data();
  const char* end = at + text.size();
  const bool negative = at < end && *at == '-';
  if (negative) ++at;
  if (at == end || end - at > 19 || scale > 18) return false;
  std::uint64_t magnitude = 0;
  int digits = 0, fraction_digits = 0;
  bool in_fraction = false;
  for (; at < end; ++at) {
    const auto digit = static_cast<unsigned char>(*at - '0');
    if (digit <= 9) {
      magnitude = magnitude * 10 + digit;
      ++digits;
      fraction_digits += in_fraction ? 1 : 0;
    } else if (*at == '.' && !in_fraction) {
      in_fraction = true;
    } else {
      return false;
    }
  }
  const int missing = scale - fraction_digits;
  if (digits == 0 || missing < 0 || digits + missing > 18) return false;
  magnitude *= internal::kPowersOfTen[static_cast<std::size_t>(missing)];
  value = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  return true;
}

}  // namespace internal

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
  Status AppendText(std::string_view text) {
    if (AppendPlainText(text)) [[likely]]
      return Status::Ok();
    return AppendAnyText(text);
  }
  /// kInvalidBinary, kProtocol ("insufficient data left in message"), kOutOfRange, kInvalidEncoding.
  Status AppendBinary(std::string_view bytes) {
    if (AppendPlainBinary(bytes)) [[likely]]
      return Status::Ok();
    return AppendAnyBinary(bytes);
  }
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

  // Digits that fit 64 bits: those decimals are built, and DuckDB keeps them, as such.
  static constexpr std::int32_t kMaxShortPrecision = 18;

  /// The text of most values of most columns, without a call that is not inline; false leaves it to AppendAnyText.
  bool AppendPlainText(std::string_view text) {
    if (!is_plain_) return false;
    if (room_ == 0) [[unlikely]] {
      if (!MakeRoom().ok()) return false;
    }
    switch (kind_) {
      case Kind::kInt32: return AppendPlainInteger<arrow::Int32Builder>(text);
      case Kind::kInt64: return AppendPlainInteger<arrow::Int64Builder>(text);
      case Kind::kDecimal: {
        std::int64_t value = 0;
        if (!internal::ReadShortDecimal(text, scale_, value) || Magnitude(value) >= limit_) return false;
        if (precision_ <= kMaxShortPrecision) {
          As<arrow::Decimal64Builder>().UnsafeAppend(arrow::Decimal64(value));
        } else {
          As<arrow::Decimal128Builder>().UnsafeAppend(arrow::Decimal128(value));
        }
        break;
      }
      case Kind::kDate: {
        std::int32_t days = 0;
        if (!ParsePlainDate(text, days)) return false;
        As<arrow::Date32Builder>().UnsafeAppend(days);
        break;
      }
      case Kind::kText: return AppendPlainBytes(text);
      default: return false;
    }
    --room_;
    return true;
  }
  /// The same for the binary form.
  bool AppendPlainBinary(std::string_view bytes) {
    if (!is_plain_) return false;
    if (room_ == 0) [[unlikely]] {
      if (!MakeRoom().ok()) return false;
    }
    switch (kind_) {
      case Kind::kInt32:
        if (bytes.size() != 4) return false;
        As<arrow::Int32Builder>().UnsafeAppend(GetBigEndian<std::int32_t>(bytes.data()));
        break;
      case Kind::kInt64:
        if (bytes.size() != 8) return false;
        As<arrow::Int64Builder>().UnsafeAppend(GetBigEndian<std::int64_t>(bytes.data()));
        break;
      case Kind::kDecimal: {
        std::int64_t value = 0;
        if (precision_ > kMaxShortPrecision || !ReadNumericBinary(bytes, scale_, value) || Magnitude(value) >= limit_) {
          return false;
        }
        As<arrow::Decimal64Builder>().UnsafeAppend(arrow::Decimal64(value));
        break;
      }
      case Kind::kText:
        if (oid_ == kNumericOid || oid_ == kTimeTzOid || !CheckUtf8(bytes).ok()) return false;
        return AppendPlainBytes(bytes);
      default: return false;
    }
    --room_;
    return true;
  }
  bool AppendPlainBytes(std::string_view bytes) {
    if (bytes.size() > data_room_) [[unlikely]] {
      if (!MakeDataRoom(bytes.size()).ok()) return false;
    }
    data_room_ -= bytes.size();
    As<arrow::StringBuilder>().UnsafeAppend(bytes);
    --room_;
    return true;
  }
  template <typename Builder>
  bool AppendPlainInteger(std::string_view text) {
    std::int64_t value = 0;
    if (!internal::ReadShortInteger(text, value)) return false;
    const auto narrow = static_cast<typename Builder::value_type>(value);
    if (narrow != value) return false;
    As<Builder>().UnsafeAppend(narrow);
    --room_;
    return true;
  }
  Status AppendAnyText(std::string_view text);
  Status AppendAnyBinary(std::string_view bytes);
  Status MakeRoom();
  Status MakeDataRoom(std::size_t bytes);
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
  bool is_plain_ = false;  // AppendPlainText knows the kind
  std::uint32_t oid_ = kTextOid;
  std::int32_t precision_ = 0, scale_ = 0;  // of decimals
  std::uint64_t limit_ = 0;                 // no decimal reaches it; 0 where it has no room here
  std::int64_t room_ = 0;                   // values that the builder has memory for
  std::size_t data_room_ = 0;               // bytes of text that it has memory for
  std::shared_ptr<arrow::Field> field_;
  std::shared_ptr<arrow::ArrayBuilder> builder_;
  std::unique_ptr<ValueReader> element_;  // of lists; appends to the list's child
  Zone* zone_ = nullptr;
};

}  // namespace tavana::pgwire
