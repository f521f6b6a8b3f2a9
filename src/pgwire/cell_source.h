#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "pgwire/byte_buffer.h"
#include "pgwire/text_format.h"
#include "pgwire/types.h"
#include "pgwire/zone.h"

/// Internal to pgwire: a column of a batch as raw pointers, and the slow ways to write its cells.
namespace tavana::pgwire {

/// The cells of one column, or of one level of a nested column. `Make` once a schema, `Attach` once a batch.
/// What is attached must outlive the reading.
struct CellSource {
  static Result<CellSource> Make(const arrow::Field& field);
  void Attach(const arrow::ArrayData& data);

  bool IsNull(std::int64_t row) const {
    if (kind == CellKind::kNull) return true;
    if (validity == nullptr) return false;
    const std::int64_t bit = row + offset;
    return (validity[bit >> 3] >> (bit & 7) & 1) == 0;
  }
  template <typename T>
  T At(std::int64_t row) const {
    T value;
    std::memcpy(&value, values + row * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    return value;
  }
  bool Bit(std::int64_t row) const {
    const std::int64_t bit = row + offset;
    return (values[bit >> 3] >> (bit & 7) & 1) != 0;
  }
  /// Of the text and binary kinds.
  std::string_view Bytes(std::int64_t row) const {
    if (layout == BytesLayout::kOffsets32) {
      const auto* at = reinterpret_cast<const std::int32_t*>(offsets) + row;
      return {reinterpret_cast<const char*>(values) + at[0], static_cast<std::size_t>(at[1] - at[0])};
    }
    return OtherBytes(row);
  }
  std::string_view OtherBytes(std::int64_t row) const;
  /// First child row and number of the list kinds and maps.
  std::pair<std::int64_t, std::int64_t> Elements(std::int64_t row) const;
  /// Row of the dictionary.
  std::int64_t DictionaryRow(std::int64_t row) const;
  /// Which child, and its row.
  std::pair<const CellSource*, std::int64_t> Member(std::int64_t row) const;
  const std::string& MemberName(const CellSource* member) const {
    return names[static_cast<std::size_t>(member - children.data())];
  }

  enum class BytesLayout : std::uint8_t { kOffsets32, kOffsets64, kViews, kFixed };

  CellKind kind = CellKind::kNull;
  BytesLayout layout = BytesLayout::kOffsets32;
  PgType pg;
  std::int32_t scale = 0;  // of decimals
  arrow::TimeUnit::type unit = arrow::TimeUnit::MICRO;
  std::int32_t width = 0;  // bytes of fixed binary, elements of fixed lists, bytes of dictionary indices
  std::vector<CellSource> children;
  std::vector<std::string> names;       // of children, for structs and unions
  std::vector<std::int8_t> type_codes;  // of children, for unions

  const std::uint8_t* validity = nullptr;
  std::int64_t offset = 0;
  const std::uint8_t* values = nullptr;   // at the first row, where rows are whole bytes
  const std::uint8_t* offsets = nullptr;  // at the first row
  const std::uint8_t* sizes = nullptr;    // at the first row, of list views
  const arrow::ArrayData* data = nullptr;
};

/// What writing cells needs beside them.
struct CellContext {
  Zone zone;
  bool bytea_escape = false;
  bool out_of_range = false;  ///< set when a value has no place in PostgreSQL's type
};

/// Any kind. The cell is not null.
void AppendText(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out);
void AppendBinary(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out);

}  // namespace tavana::pgwire
