#include "remote/arrow_wire.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/api.h>

#include <algorithm>

namespace tavana::remote {
namespace {

constexpr const char* kNoType = "none";  // the name of a field that stands for no type

Error Unreadable(const arrow::Status& status) {
  return Error(ErrorCode::kProtocol, "Arrow data between gateway and worker: " + status.message());
}

std::shared_ptr<arrow::Buffer> Borrowed(std::string_view bytes) {
  return std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                         static_cast<std::int64_t>(bytes.size()));
}

Result<std::string> StreamBytes(arrow::RecordBatchReader& batches) {
  auto sink = arrow::io::BufferOutputStream::Create();
  if (!sink.ok()) return Unreadable(sink.status());
  auto writer = arrow::ipc::MakeStreamWriter(*sink, batches.schema(), arrow::ipc::IpcWriteOptions::Defaults());
  if (!writer.ok()) return Unreadable(writer.status());
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    auto status = batches.ReadNext(&batch);
    if (status.ok() && batch != nullptr) status = (*writer)->WriteRecordBatch(*batch);
    if (!status.ok()) return Unreadable(status);
    if (batch == nullptr) break;
  }
  if (const auto closed = (*writer)->Close(); !closed.ok()) return Unreadable(closed);
  auto bytes = (*sink)->Finish();
  if (!bytes.ok()) return Unreadable(bytes.status());
  return (*bytes)->ToString();
}

/// The batches own what they hold: `bytes` may go.
Result<std::shared_ptr<arrow::Table>> ReadStream(std::string_view bytes) {
  auto owned = arrow::AllocateBuffer(static_cast<std::int64_t>(bytes.size()));
  if (!owned.ok()) return Error(ErrorCode::kOutOfMemory, owned.status().message());
  std::copy(bytes.begin(), bytes.end(), (*owned)->mutable_data());
  auto source = std::make_shared<arrow::io::BufferReader>(std::shared_ptr<arrow::Buffer>(std::move(*owned)));
  auto reader = arrow::ipc::RecordBatchStreamReader::Open(source);
  if (!reader.ok()) return Unreadable(reader.status());
  auto table = (*reader)->ToTable();
  if (!table.ok()) return Unreadable(table.status());
  return *table;
}

bool HasDictionary(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) return true;
  if (type.id() == arrow::Type::EXTENSION) {
    return HasDictionary(*static_cast<const arrow::ExtensionType&>(type).storage_type());
  }
  return std::ranges::any_of(type.fields(), [](const auto& field) { return HasDictionary(*field->type()); });
}

}  // namespace

Result<std::string> SchemaBytes(const arrow::Schema& schema) {
  const auto bytes = arrow::ipc::SerializeSchema(schema);
  if (!bytes.ok()) return Unreadable(bytes.status());
  return (*bytes)->ToString();
}

Result<std::shared_ptr<arrow::Schema>> SchemaOf(std::string_view bytes) {
  arrow::io::BufferReader source(Borrowed(bytes));
  arrow::ipc::DictionaryMemo memo;
  const auto schema = arrow::ipc::ReadSchema(&source, &memo);
  if (!schema.ok()) return Unreadable(schema.status());
  return *schema;
}

Result<std::string> TypesBytes(std::span<const std::shared_ptr<arrow::DataType>> types) {
  arrow::FieldVector fields;
  for (const auto& type : types) fields.push_back(type ? arrow::field("", type) : arrow::field(kNoType, arrow::null()));
  return SchemaBytes(*arrow::schema(std::move(fields)));
}

Result<std::vector<std::shared_ptr<arrow::DataType>>> TypesOf(std::string_view bytes) {
  std::vector<std::shared_ptr<arrow::DataType>> types;
  TAVANA_ASSIGN_OR_RETURN(const auto schema, SchemaOf(bytes));
  for (const auto& field : schema->fields()) types.push_back(field->name() == kNoType ? nullptr : field->type());
  return types;
}

Result<std::string> TableBytes(const arrow::Table& table) {
  arrow::TableBatchReader batches(table);
  return StreamBytes(batches);
}

Result<std::shared_ptr<arrow::Table>> TableOf(std::string_view bytes) { return ReadStream(bytes); }

Result<std::string> BatchBytes(const std::shared_ptr<arrow::RecordBatch>& batch) {
  auto batches = arrow::RecordBatchReader::Make({batch}, batch->schema());
  if (!batches.ok()) return Unreadable(batches.status());
  return StreamBytes(**batches);
}

Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(std::string_view bytes) {
  TAVANA_ASSIGN_OR_RETURN(const auto table, ReadStream(bytes));
  const auto batch = table->CombineChunksToBatch();
  if (!batch.ok()) return Unreadable(batch.status());
  return *batch;
}

bool HasDictionary(const arrow::Schema& schema) {
  return std::ranges::any_of(schema.fields(), [](const auto& field) { return HasDictionary(*field->type()); });
}

Status EncodeBatch(const std::shared_ptr<arrow::RecordBatch>& batch, wire::Batch& header, BodyBuffers& body,
                   const arrow::ipc::IpcWriteOptions& options) {
  header.set_rows(batch->num_rows());
  if (HasDictionary(*batch->schema())) {
    TAVANA_ASSIGN_OR_RETURN(*header.mutable_stream(), BatchBytes(batch));
    return Status::Ok();
  }
  arrow::ipc::IpcPayload payload;
  const auto status = arrow::ipc::GetRecordBatchPayload(*batch, options, &payload);
  if (!status.ok()) return Unreadable(status);
  header.set_metadata(payload.metadata->data(), static_cast<std::size_t>(payload.metadata->size()));
  for (auto& buffer : payload.body_buffers) {
    if (buffer != nullptr && buffer->size() > 0) body.push_back(std::move(buffer));
  }
  return Status::Ok();
}

Result<std::shared_ptr<arrow::RecordBatch>> DecodeBatch(const wire::Batch& header,
                                                        const std::shared_ptr<arrow::Buffer>& body,
                                                        const std::shared_ptr<arrow::Schema>& schema) {
  if (!header.stream().empty()) return BatchOf(header.stream());
  const auto message =
      arrow::ipc::Message::Open(arrow::Buffer::FromString(header.metadata()), body ? body : Borrowed({}));
  if (!message.ok()) return Unreadable(message.status());
  arrow::ipc::DictionaryMemo memo;
  const auto batch = arrow::ipc::ReadRecordBatch(**message, schema, &memo, arrow::ipc::IpcReadOptions::Defaults());
  if (!batch.ok()) return Unreadable(batch.status());
  if (const auto valid = (*batch)->Validate(); !valid.ok()) return Unreadable(valid);
  return *batch;
}

}  // namespace tavana::remote
