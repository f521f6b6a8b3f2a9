#include "pgwire/cell_source.h"

#include <arrow/util/decimal.h>

#include <algorithm>

namespace tavana::pgwire {
namespace {

const arrow::DataType& StorageOf(const arrow::DataType& type) {
  return type.id() == arrow::Type::EXTENSION ? *static_cast<const arrow::ExtensionType&>(type).storage_type() : type;
}

std::int64_t RowBytes(const CellSource& cell) {
  switch (cell.kind) {
    case CellKind::kBool8:
    case CellKind::kInt8:
    case CellKind::kUInt8: return 1;
    case CellKind::kInt16:
    case CellKind::kUInt16:
    case CellKind::kHalfFloat: return 2;
    case CellKind::kInt32:
    case CellKind::kUInt32:
    case CellKind::kOid:
    case CellKind::kFloat:
    case CellKind::kDecimal32:
    case CellKind::kDate32:
    case CellKind::kTime32:
    case CellKind::kIntervalMonths: return 4;
    case CellKind::kInt64:
    case CellKind::kUInt64:
    case CellKind::kDouble:
    case CellKind::kDecimal64:
    case CellKind::kDate64:
    case CellKind::kTime64:
    case CellKind::kTimeTz:
    case CellKind::kTimestamp:
    case CellKind::kTimestampTz:
    case CellKind::kIntervalDayTime:
    case CellKind::kDuration: return 8;
    case CellKind::kHugeInt:
    case CellKind::kUHugeInt:
    case CellKind::kDecimal128:
    case CellKind::kIntervalMonthDayNano:
    case CellKind::kUuid:
    case CellKind::kUtf8View:
    case CellKind::kBinaryView: return 16;
    case CellKind::kDecimal256: return 32;
    case CellKind::kFixedBinary:
    case CellKind::kDictionary: return cell.width;
    case CellKind::kSparseUnion:
    case CellKind::kDenseUnion: return 1;
    default: return 0;
  }
}

bool HasOffsets(const CellSource& cell, arrow::Type::type storage) {
  switch (storage) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY: return true;
    default: break;
  }
  switch (cell.kind) {
    case CellKind::kList:
    case CellKind::kLargeList:
    case CellKind::kListView:
    case CellKind::kLargeListView:
    case CellKind::kMap: return true;
    default: return false;
  }
}

/// 8 for the kinds whose offsets are 64 bits.
std::int64_t OffsetBytes(arrow::Type::type storage) {
  switch (storage) {
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::LARGE_LIST_VIEW: return 8;
    default: return 4;
  }
}

const std::uint8_t* BufferAt(const arrow::ArrayData& data, std::size_t index) {
  if (index >= data.buffers.size() || data.buffers[index] == nullptr) return nullptr;
  return data.buffers[index]->data();
}

std::int64_t OffsetAt(const std::uint8_t* offsets, std::int64_t row, bool wide) {
  if (wide) {
    std::int64_t value;
    std::memcpy(&value, offsets + row * 8, 8);
    return value;
  }
  std::int32_t value;
  std::memcpy(&value, offsets + row * 4, 4);
  return value;
}

Status ReadTypeParameters(const arrow::DataType& storage, CellSource& cell) {
  switch (storage.id()) {
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: cell.scale = static_cast<const arrow::DecimalType&>(storage).scale(); break;
    case arrow::Type::FIXED_SIZE_BINARY:
      cell.width = static_cast<const arrow::FixedSizeBinaryType&>(storage).byte_width();
      break;
    case arrow::Type::FIXED_SIZE_LIST:
      cell.width = static_cast<const arrow::FixedSizeListType&>(storage).list_size();
      break;
    case arrow::Type::TIME32:
    case arrow::Type::TIME64: cell.unit = static_cast<const arrow::TimeType&>(storage).unit(); break;
    case arrow::Type::TIMESTAMP: cell.unit = static_cast<const arrow::TimestampType&>(storage).unit(); break;
    case arrow::Type::DURATION: cell.unit = static_cast<const arrow::DurationType&>(storage).unit(); break;
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION: cell.type_codes = static_cast<const arrow::UnionType&>(storage).type_codes(); break;
    default: break;
  }
  return Status::Ok();
}

Status MakeChildren(const arrow::DataType& storage, CellSource& cell) {
  if (storage.id() == arrow::Type::DICTIONARY) {
    const auto& dictionary = static_cast<const arrow::DictionaryType&>(storage);
    cell.width = dictionary.index_type()->byte_width();
    TAVANA_ASSIGN_OR_RETURN(auto values, CellSource::Make(arrow::Field("", dictionary.value_type())));
    cell.children.push_back(std::move(values));
    return Status::Ok();
  }
  for (const auto& field : storage.fields()) {
    TAVANA_ASSIGN_OR_RETURN(auto child, CellSource::Make(*field));
    cell.children.push_back(std::move(child));
    cell.names.push_back(field->name());
  }
  return Status::Ok();
}

}  // namespace

Result<CellSource> CellSource::Make(const arrow::Field& field) {
  const ResolvedType resolved = Resolve(field);
  if (resolved.kind == CellKind::kUnsupported) {
    return Error(ErrorCode::kUnsupported,
                 "column \"" + field.name() + "\" has a type that cannot be sent: " + field.type()->ToString());
  }
  CellSource cell;
  cell.kind = resolved.kind;
  cell.pg = resolved.pg;
  TAVANA_RETURN_IF_ERROR(ReadTypeParameters(*resolved.storage, cell));
  TAVANA_RETURN_IF_ERROR(MakeChildren(*resolved.storage, cell));
  return cell;
}

void CellSource::Attach(const arrow::ArrayData& array) {
  data = &array;
  offset = array.offset;
  const arrow::Type::type storage = StorageOf(*array.type).id();
  const bool is_union = kind == CellKind::kSparseUnion || kind == CellKind::kDenseUnion;
  validity = is_union || array.null_count == 0 ? nullptr : BufferAt(array, 0);
  values = BufferAt(array, 1);
  offsets = sizes = nullptr;
  if (HasOffsets(*this, storage)) {
    layout = OffsetBytes(storage) == 8 ? BytesLayout::kOffsets64 : BytesLayout::kOffsets32;
    offsets = values == nullptr ? nullptr : values + offset * OffsetBytes(storage);
    values = BufferAt(array, 2);
    if (kind == CellKind::kListView || kind == CellKind::kLargeListView) {
      sizes = values == nullptr ? nullptr : values + offset * OffsetBytes(storage);
    }
  } else if (storage == arrow::Type::STRING_VIEW || storage == arrow::Type::BINARY_VIEW) {
    layout = BytesLayout::kViews;
    if (values != nullptr) values += offset * 16;
  } else if (kind != CellKind::kBool && values != nullptr) {
    layout = BytesLayout::kFixed;
    values += offset * RowBytes(*this);
  }
  if (kind == CellKind::kDenseUnion && BufferAt(array, 2) != nullptr) offsets = BufferAt(array, 2) + offset * 4;
  if (kind == CellKind::kDictionary) {
    children[0].Attach(*array.dictionary);
    return;
  }
  for (std::size_t i = 0; i < children.size(); ++i) children[i].Attach(*array.child_data[i]);
}

std::string_view CellSource::OtherBytes(std::int64_t row) const {
  if (layout == BytesLayout::kFixed) {
    return {reinterpret_cast<const char*>(values) + row * width, static_cast<std::size_t>(width)};
  }
  if (layout == BytesLayout::kViews) {
    // Length, then either up to 12 bytes in place, or a prefix, a buffer's index and an offset in it.
    const std::uint8_t* view = values + row * 16;
    std::int32_t parts[4];
    std::memcpy(parts, view, 16);
    const auto length = static_cast<std::size_t>(parts[0]);
    if (length <= 12) return {reinterpret_cast<const char*>(view + 4), length};
    const std::uint8_t* bytes = data->buffers[static_cast<std::size_t>(parts[2]) + 2]->data();
    return {reinterpret_cast<const char*>(bytes + parts[3]), length};
  }
  const std::int64_t begin = OffsetAt(offsets, row, true), end = OffsetAt(offsets, row + 1, true);
  return {reinterpret_cast<const char*>(values) + begin, static_cast<std::size_t>(end - begin)};
}

std::pair<std::int64_t, std::int64_t> CellSource::Elements(std::int64_t row) const {
  if (kind == CellKind::kFixedList) return {(row + offset) * width, width};
  const bool wide = kind == CellKind::kLargeList || kind == CellKind::kLargeListView;
  const std::int64_t begin = OffsetAt(offsets, row, wide);
  if (sizes != nullptr) return {begin, OffsetAt(sizes, row, wide)};
  return {begin, OffsetAt(offsets, row + 1, wide) - begin};
}

std::int64_t CellSource::DictionaryRow(std::int64_t row) const {
  switch (width) {
    case 1: return At<std::uint8_t>(row);
    case 2: return At<std::uint16_t>(row);
    case 4: return At<std::uint32_t>(row);
    default: return At<std::int64_t>(row);
  }
}

std::pair<const CellSource*, std::int64_t> CellSource::Member(std::int64_t row) const {
  const auto code = At<std::int8_t>(row);
  const auto found = std::find(type_codes.begin(), type_codes.end(), code);
  TAVANA_CHECK(found != type_codes.end());
  const CellSource* member = &children[static_cast<std::size_t>(found - type_codes.begin())];
  return {member, kind == CellKind::kDenseUnion ? OffsetAt(offsets, row, false) : row + offset};
}

}  // namespace tavana::pgwire
