#include "remote/frame.h"

#include <grpcpp/support/slice.h>

#include <array>

#include "flight/slices.h"

namespace tavana::remote {
namespace {

constexpr std::size_t kLengthBytes = 4;
Error Torn() { return Error(ErrorCode::kProtocol, "a message between gateway and worker is torn"); }

}  // namespace

grpc::ByteBuffer EncodeFrame(const google::protobuf::MessageLite& header, const BodyBuffers& body) {
  const std::size_t header_bytes = header.ByteSizeLong();
  grpc::Slice head(kLengthBytes + header_bytes);
  auto* const bytes = const_cast<std::uint8_t*>(head.begin());
  for (std::size_t i = 0; i < kLengthBytes; ++i) bytes[i] = static_cast<std::uint8_t>(header_bytes >> (8 * i));
  header.SerializeWithCachedSizesToArray(bytes + kLengthBytes);
  std::vector<grpc::Slice> slices;
  slices.push_back(std::move(head));
  flight::AppendBody(body, slices);
  return {slices.data(), slices.size()};
}

Status DecodeFrame(const grpc::ByteBuffer& message, google::protobuf::MessageLite& header,
                   std::shared_ptr<arrow::Buffer>& body) {
  std::vector<grpc::Slice> slices;
  if (!message.Dump(&slices).ok()) return Torn();
  flight::SliceReader reader(slices);
  std::array<std::uint8_t, kLengthBytes> length{};
  if (!reader.Read(length.data(), kLengthBytes)) return Torn();
  std::size_t header_bytes = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) header_bytes |= std::size_t{length[i]} << (8 * i);
  const std::size_t rest = message.Length() - kLengthBytes;
  if (header_bytes > rest) return Torn();
  std::string scattered;
  const void* from = slices[0].begin() + kLengthBytes;
  if (slices[0].size() >= kLengthBytes + header_bytes) {
    reader.Read(nullptr, header_bytes);
  } else {
    scattered.resize(header_bytes);
    if (!reader.Read(scattered.data(), header_bytes)) return Torn();
    from = scattered.data();
  }
  if (!header.ParseFromArray(from, static_cast<int>(header_bytes))) return Torn();
  body = nullptr;
  if (header_bytes == rest) return Status::Ok();
  // Not from Arrow's own pool, whose threads keep what they once had.
  auto allocated = arrow::AllocateBuffer(static_cast<std::int64_t>(rest - header_bytes), arrow::system_memory_pool());
  if (!allocated.ok()) return Error(ErrorCode::kOutOfMemory, allocated.status().message());
  if (!reader.Read((*allocated)->mutable_data(), rest - header_bytes)) return Torn();
  body = std::move(*allocated);
  return Status::Ok();
}

}  // namespace tavana::remote
