#include "engine/client_form.h"

#include <arrow/extension/opaque.h>
#include <arrow/extension/uuid.h>
#include <arrow/util/compression.h>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/hex.h"

namespace tavana::engine {
namespace {

/// Of an extension type of the engine: the name of DuckDB's type; empty for others.
std::string NameOf(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return {};
  const auto& extension = static_cast<const arrow::ExtensionType&>(type);
  if (extension.extension_name() == "arrow.uuid") return "uuid";
  if (extension.extension_name() == "arrow.json") return "json";
  if (extension.extension_name() != "arrow.opaque") return {};
  return std::string(static_cast<const arrow::extension::OpaqueType&>(type).type_name());
}

std::shared_ptr<arrow::DataType> ClientType(const std::shared_ptr<arrow::DataType>& type, bool views);

std::shared_ptr<arrow::Field> ClientField(const std::shared_ptr<arrow::Field>& field, bool views) {
  auto type = ClientType(field->type(), views);
  return type == field->type() ? field : field->WithType(std::move(type));
}

std::shared_ptr<arrow::DataType> ClientType(const std::shared_ptr<arrow::DataType>& type, bool views) {
  switch (type->id()) {
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(*type);
      return arrow::decimal128(decimal.precision(), decimal.scale());
    }
    case arrow::Type::EXTENSION: {
      const std::string name = NameOf(*type);
      if (name == "hugeint" || name == "uhugeint") return arrow::decimal128(38, 0);
      if (name == "time_tz") return arrow::time64(arrow::TimeUnit::MICRO);
      if (name == "uuid") return ClientType(arrow::utf8(), views);
      if (name == "bit" || name == "json") {
        return ClientType(static_cast<const arrow::ExtensionType&>(*type).storage_type(), views);
      }
      return type;
    }
    case arrow::Type::STRING: return views ? arrow::utf8_view() : type;
    case arrow::Type::LIST: {
      auto item = ClientField(type->field(0), views);
      return item == type->field(0) ? type : arrow::list(std::move(item));
    }
    case arrow::Type::LARGE_LIST: {
      auto item = ClientField(type->field(0), views);
      return item == type->field(0) ? type : arrow::large_list(std::move(item));
    }
    case arrow::Type::FIXED_SIZE_LIST: {
      auto item = ClientField(type->field(0), views);
      if (item == type->field(0)) return type;
      return arrow::fixed_size_list(std::move(item), static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    }
    case arrow::Type::MAP: {
      auto entries = ClientField(type->field(0), views);
      if (entries == type->field(0)) return type;
      return std::make_shared<arrow::MapType>(std::move(entries));
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      bool same = true;
      for (const auto& field : type->fields()) {
        fields.push_back(ClientField(field, views));
        same = same && fields.back() == field;
      }
      return same ? type : arrow::struct_(std::move(fields));
    }
    case arrow::Type::SPARSE_UNION: {
      arrow::FieldVector fields;
      bool same = true;
      for (const auto& field : type->fields()) {
        fields.push_back(ClientField(field, views));
        same = same && fields.back() == field;
      }
      return same ? type
                  : arrow::sparse_union(std::move(fields), static_cast<const arrow::UnionType&>(*type).type_codes());
    }
    default: return type;
  }
}

Result<std::shared_ptr<arrow::Buffer>> Allocate(std::int64_t bytes) {
  auto buffer = arrow::AllocateBuffer(bytes, arrow::system_memory_pool());
  if (!buffer.ok()) return Error(ErrorCode::kOutOfMemory, buffer.status().message());
  return std::shared_ptr<arrow::Buffer>(*std::move(buffer));
}

/// A decimal of fewer bytes as one of sixteen.
template <typename Narrow>
Result<std::shared_ptr<arrow::Buffer>> Widen(const arrow::Buffer& from, std::int64_t values) {
  TAVANA_ASSIGN_OR_RETURN(auto buffer, Allocate(values * 16));
  const auto* const narrow = reinterpret_cast<const Narrow*>(from.data());
  auto* const wide = reinterpret_cast<std::int64_t*>(buffer->mutable_data());
  for (std::int64_t i = 0; i < values; ++i) {
    wide[2 * i] = narrow[i];
    wide[2 * i + 1] = narrow[i] < 0 ? -1 : 0;
  }
  return buffer;
}

/// DuckDB's TIME WITH TIME ZONE: microseconds above 24 bits of the offset.
Result<std::shared_ptr<arrow::Buffer>> Times(const arrow::Buffer& from, std::int64_t values) {
  TAVANA_ASSIGN_OR_RETURN(auto buffer, Allocate(values * 8));
  const auto* const bits = reinterpret_cast<const std::uint64_t*>(from.data());
  auto* const micros = reinterpret_cast<std::int64_t*>(buffer->mutable_data());
  for (std::int64_t i = 0; i < values; ++i) micros[i] = static_cast<std::int64_t>(bits[i] >> 24);
  return buffer;
}

Status PutUuids(arrow::ArrayData& data, std::int64_t values) {
  constexpr std::int64_t kTextBytes = 36;
  if (values > INT32_MAX / kTextBytes) return Error(ErrorCode::kProgramLimit, "too many UUIDs in one batch");
  TAVANA_ASSIGN_OR_RETURN(auto offsets, Allocate((values + 1) * 4));
  TAVANA_ASSIGN_OR_RETURN(auto text, Allocate(values * kTextBytes));
  auto* const offset = reinterpret_cast<std::int32_t*>(offsets->mutable_data());
  auto* out = reinterpret_cast<char*>(text->mutable_data());
  const auto* const bytes = reinterpret_cast<const char*>(data.buffers[1]->data());
  for (std::int64_t i = 0; i <= values; ++i) offset[i] = static_cast<std::int32_t>(i * kTextBytes);
  for (std::int64_t i = 0; i < values; ++i) out = PutUuid(out, bytes + 16 * i);
  data.buffers = {data.buffers[0], std::move(offsets), std::move(text)};
  return Status::Ok();
}

/// Strings as views into the same bytes (format/Columnar.rst, "Variable-size Binary View Layout").
Status PutViews(arrow::ArrayData& data, std::int64_t values) {
  constexpr std::int64_t kViewBytes = 16, kPrefixBytes = 4;
  constexpr std::int32_t kInlineBytes = 12;
  TAVANA_ASSIGN_OR_RETURN(auto views, Allocate(values * kViewBytes));
  auto* out = views->mutable_data();
  const auto* const offsets = values == 0 ? nullptr : reinterpret_cast<const std::int32_t*>(data.buffers[1]->data());
  const auto& text = data.buffers[2];
  for (std::int64_t i = 0; i < values; ++i, out += kViewBytes) {
    const std::int32_t from = offsets[i], length = offsets[i + 1] - from;
    std::memset(out, 0, static_cast<std::size_t>(kViewBytes));
    std::memcpy(out, &length, sizeof length);
    if (length <= kInlineBytes) {
      if (length > 0) std::memcpy(out + 4, text->data() + from, static_cast<std::size_t>(length));
    } else {  // its first bytes, the number of the buffer (0), and where it is there
      std::memcpy(out + 4, text->data() + from, static_cast<std::size_t>(kPrefixBytes));
      std::memcpy(out + 12, &from, sizeof from);
    }
  }
  data.buffers[1] = std::move(views);
  if (text == nullptr) data.buffers.pop_back();
  return Status::Ok();
}

Result<std::shared_ptr<arrow::ArrayData>> Converted(const std::shared_ptr<arrow::ArrayData>& data,
                                                    const std::shared_ptr<arrow::DataType>& type) {
  if (data->type->Equals(*type)) return data;
  auto made = data->Copy();
  made->type = type;
  const std::int64_t values = data->offset + data->length;
  const std::string name = NameOf(*data->type);
  const bool is_text = type->id() == arrow::Type::STRING || type->id() == arrow::Type::STRING_VIEW;
  if (values == 0 && data->child_data.empty() && !is_text) return made;
  if (data->type->id() == arrow::Type::DECIMAL32) {
    TAVANA_ASSIGN_OR_RETURN(made->buffers[1], Widen<std::int32_t>(*data->buffers[1], values));
  } else if (data->type->id() == arrow::Type::DECIMAL64) {
    TAVANA_ASSIGN_OR_RETURN(made->buffers[1], Widen<std::int64_t>(*data->buffers[1], values));
  } else if (name == "time_tz") {
    TAVANA_ASSIGN_OR_RETURN(made->buffers[1], Times(*data->buffers[1], values));
  } else if (name == "uuid") {
    TAVANA_RETURN_IF_ERROR(PutUuids(*made, values));
  }  // hugeint and bit are labels only
  if (type->id() == arrow::Type::STRING_VIEW) TAVANA_RETURN_IF_ERROR(PutViews(*made, values));
  for (std::size_t i = 0; i < made->child_data.size(); ++i) {
    TAVANA_ASSIGN_OR_RETURN(made->child_data[i],
                            Converted(data->child_data[i], type->field(static_cast<int>(i))->type()));
  }
  return made;
}

}  // namespace

std::shared_ptr<arrow::Schema> ClientSchema(const std::shared_ptr<arrow::Schema>& schema, bool string_views) {
  arrow::FieldVector fields;
  bool same = true;
  for (const auto& field : schema->fields()) {
    fields.push_back(ClientField(field, string_views));
    same = same && fields.back() == field;
  }
  return same ? schema : arrow::schema(std::move(fields), schema->metadata());
}

Result<std::shared_ptr<arrow::RecordBatch>> ClientBatch(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                        const std::shared_ptr<arrow::Schema>& client_schema) {
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  columns.reserve(static_cast<std::size_t>(batch->num_columns()));
  for (int i = 0; i < batch->num_columns(); ++i) {
    TAVANA_ASSIGN_OR_RETURN(auto column, Converted(batch->column_data(i), client_schema->field(i)->type()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(client_schema, batch->num_rows(), std::move(columns));
}

Result<arrow::ipc::IpcWriteOptions> EncodingOf(const ClientForm& form) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.use_threads = false;  // the engine needs them
  if (form.compression == arrow::Compression::UNCOMPRESSED) return options;
  auto codec = arrow::util::Codec::Create(form.compression);
  if (!codec.ok()) return Error(ErrorCode::kUnsupported, codec.status().message());
  options.codec = *std::move(codec);
  return options;
}

}  // namespace tavana::engine
