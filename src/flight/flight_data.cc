#include "flight/flight_data.h"

#include <array>
#include <optional>
#include <vector>

#include "flight/slices.h"

namespace tavana::flight {
namespace {

// Protocol Buffers' encoding (protobuf.dev/programming-guides/encoding): a field is its number and kind, both in one
// varint, and for bytes their number and they themselves.
constexpr std::uint32_t kDescriptor = 1, kHeader = 2, kAppMetadata = 3, kBody = 1000;
constexpr std::uint32_t kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

void PutVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void PutLength(std::string& out, std::uint32_t field, std::int64_t bytes) {
  PutVarint(out, field << 3 | kBytes);
  PutVarint(out, static_cast<std::uint64_t>(bytes));
}

Error Torn() { return Error(ErrorCode::kProtocol, "not a FlightData message"); }
Error Unreadable(const arrow::Status& status) { return Error(ErrorCode::kInternal, "Arrow: " + status.message()); }

/// Reads fields, never past the message's end.
class FieldReader {
 public:
  FieldReader(const std::vector<grpc::Slice>& slices, std::size_t bytes) : slices_(slices), left_(bytes) {}

  bool at_end() const { return left_ == 0; }
  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      std::uint8_t byte = 0;
      if (!Take(&byte, 1)) return std::nullopt;
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }
  /// The length of what follows; nullopt when there is less.
  std::optional<std::size_t> Length() {
    const auto bytes = Varint();
    return bytes && *bytes <= left_ ? std::optional(static_cast<std::size_t>(*bytes)) : std::nullopt;
  }
  /// A null `target` passes over the bytes.
  bool Take(void* target, std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return slices_.Read(target, bytes);
  }
  Result<std::string> Text() {
    const auto bytes = Length();
    if (!bytes) return Torn();
    std::string text(*bytes, '\0');
    if (!Take(text.data(), *bytes)) return Torn();
    return text;
  }
  Result<std::shared_ptr<arrow::Buffer>> Buffer() {
    const auto bytes = Length();
    if (!bytes) return Torn();
    // Not from Arrow's own pool, whose threads keep what they once had.
    auto buffer = arrow::AllocateBuffer(static_cast<std::int64_t>(*bytes), arrow::system_memory_pool());
    if (!buffer.ok()) return Error(ErrorCode::kOutOfMemory, buffer.status().message());
    if (!Take((*buffer)->mutable_data(), *bytes)) return Torn();
    return std::shared_ptr<arrow::Buffer>(*std::move(buffer));
  }

 private:
  SliceReader slices_;
  std::size_t left_;
};

}  // namespace

grpc::ByteBuffer EncodeFlightData(const arrow::ipc::IpcPayload& payload) {
  std::string head;  // everything before the body is small and copied into one slice
  PutLength(head, kHeader, payload.metadata->size());
  head.append(reinterpret_cast<const char*>(payload.metadata->data()),
              static_cast<std::size_t>(payload.metadata->size()));
  if (payload.type != arrow::ipc::MessageType::SCHEMA) PutLength(head, kBody, payload.body_length);
  std::vector<grpc::Slice> slices;
  slices.emplace_back(head);
  AppendBody(payload.body_buffers, slices);
  return {slices.data(), slices.size()};
}

Result<grpc::ByteBuffer> StreamEncoder::Schema() const {
  arrow::ipc::IpcPayload payload;
  const auto made = arrow::ipc::GetSchemaPayload(*schema_, options_, dictionaries_, &payload);
  if (!made.ok()) return Unreadable(made);
  return EncodeFlightData(payload);
}

Result<std::vector<grpc::ByteBuffer>> StreamEncoder::Batch(const arrow::RecordBatch& batch) {
  std::vector<grpc::ByteBuffer> messages;
  arrow::ipc::IpcPayload payload;
  if (dictionaries_.num_fields() > 0) {
    const auto found = arrow::ipc::CollectDictionaries(batch, dictionaries_);
    if (!found.ok()) return Unreadable(found.status());
    for (const auto& [id, dictionary] : *found) {
      auto& sent = sent_[id];
      if (sent != nullptr && (sent == dictionary || sent->Equals(*dictionary))) continue;
      arrow::ipc::IpcPayload values;
      const auto made = arrow::ipc::GetDictionaryPayload(id, dictionary, options_, &values);
      if (!made.ok()) return Unreadable(made);
      messages.push_back(EncodeFlightData(values));
      sent = dictionary;
    }
  }
  const auto made = arrow::ipc::GetRecordBatchPayload(batch, options_, &payload);
  if (!made.ok()) return Unreadable(made);
  messages.push_back(EncodeFlightData(payload));
  return messages;
}

Result<std::string> SchemaBytes(const arrow::Schema& schema) {
  const auto bytes = arrow::ipc::SerializeSchema(schema);
  if (!bytes.ok()) return Unreadable(bytes.status());
  return (*bytes)->ToString();
}

Result<FlightData> DecodeFlightData(const grpc::ByteBuffer& message) {
  std::vector<grpc::Slice> slices;
  if (!message.Dump(&slices).ok()) return Torn();
  FieldReader reader(slices, message.Length());
  FlightData data;
  while (!reader.at_end()) {
    const auto tag = reader.Varint();
    if (!tag) return Torn();
    if (*tag == (kDescriptor << 3 | kBytes)) {
      TAVANA_ASSIGN_OR_RETURN(data.descriptor, reader.Text());
    } else if (*tag == (kHeader << 3 | kBytes)) {
      TAVANA_ASSIGN_OR_RETURN(data.header, reader.Buffer());
    } else if (*tag == (kAppMetadata << 3 | kBytes)) {
      TAVANA_ASSIGN_OR_RETURN(data.app_metadata, reader.Text());
    } else if (*tag == (kBody << 3 | kBytes)) {
      TAVANA_ASSIGN_OR_RETURN(data.body, reader.Buffer());
    } else {  // of a newer release
      std::optional<std::size_t> bytes;
      switch (*tag & 7) {
        case kVarint: bytes = reader.Varint() ? std::optional(std::size_t{0}) : std::nullopt; break;
        case kFixed64: bytes = 8; break;
        case kBytes: bytes = reader.Length(); break;
        case kFixed32: bytes = 4; break;
        default: break;
      }
      if (!bytes || !reader.Take(nullptr, *bytes)) return Torn();
    }
  }
  return data;
}

std::string BytesOf(const grpc::ByteBuffer& message) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!message.Dump(&slices).ok()) return bytes;
  for (const auto& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

grpc::ByteBuffer BufferOf(std::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return {&slice, 1};
}

}  // namespace tavana::flight
