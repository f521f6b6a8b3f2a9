#pragma once

#include <arrow/api.h>
#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace tavana::remote {

/// Of a batch on the wire, about. Measured: with twice as many of half the size a quarter fewer rows a second arrive,
/// for each of them wakes threads on both sides.
inline constexpr std::int64_t kPieceBytes = 256 << 10;

/// Buffers behind a header, on their way out.
using BodyBuffers = std::vector<std::shared_ptr<arrow::Buffer>>;

/// A message of proto/engine.proto as gRPC carries it. The buffers of the body are borrowed until gRPC has sent them,
/// not copied; each is padded to flight::kBodyAlignment.
grpc::ByteBuffer EncodeFrame(const google::protobuf::MessageLite& header, const BodyBuffers& body = {});

/// Reads the header into `header`; what follows it, copied once into memory that Arrow may work on. kProtocol when the
/// message is not of this form. `body` becomes null where there is none.
Status DecodeFrame(const grpc::ByteBuffer& message, google::protobuf::MessageLite& header,
                   std::shared_ptr<arrow::Buffer>& body);

}  // namespace tavana::remote
