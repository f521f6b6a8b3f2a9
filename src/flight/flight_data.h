#pragma once

#include <arrow/api.h>
#include <arrow/ipc/api.h>
#include <grpcpp/support/byte_buffer.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// FlightData, the message that carries Arrow's IPC, written and read by hand: its body is the buffers as they lie in
/// memory. Thread-safe.
namespace tavana::flight {

/// A part of a stream as FlightData, its buffers borrowed until gRPC has sent them.
grpc::ByteBuffer EncodeFlightData(const arrow::ipc::IpcPayload& payload);

/// A stream of batches as FlightData. Not thread-safe.
class StreamEncoder {
 public:
  StreamEncoder(std::shared_ptr<arrow::Schema> schema, const arrow::ipc::IpcWriteOptions& options)
      : schema_(std::move(schema)), options_(options), dictionaries_(*schema_) {}
  /// The first message.
  Result<grpc::ByteBuffer> Schema() const;
  /// The dictionaries that it has and those before it had not, then the batch itself.
  Result<std::vector<grpc::ByteBuffer>> Batch(const arrow::RecordBatch& batch);

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const arrow::ipc::IpcWriteOptions options_;
  const arrow::ipc::DictionaryFieldMapper dictionaries_;
  std::map<std::int64_t, std::shared_ptr<arrow::Array>> sent_;
};
/// How FlightInfo and its like carry a schema.
Result<std::string> SchemaBytes(const arrow::Schema& schema);

struct FlightData {
  std::string descriptor;                       ///< a FlightDescriptor; empty when there is none
  std::shared_ptr<arrow::Buffer> header, body;  ///< null when there is none
  std::string app_metadata;
};
/// kProtocol when the message is not of this form. The body is copied once, into memory that Arrow may work on.
Result<FlightData> DecodeFlightData(const grpc::ByteBuffer& message);

/// The bytes of a small message, in one piece.
std::string BytesOf(const grpc::ByteBuffer& message);
grpc::ByteBuffer BufferOf(std::string_view bytes);

}  // namespace tavana::flight
