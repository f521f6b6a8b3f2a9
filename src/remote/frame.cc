#include "remote/frame.h"

#include <grpcpp/support/slice.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tavana::remote {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::array<char, kBodyAlignment> kZeros{};

grpc::Slice Borrow(std::shared_ptr<arrow::Buffer> buffer) {
  auto* const held = new std::shared_ptr<arrow::Buffer>(std::move(buffer));
  return grpc::Slice(
      const_cast<std::uint8_t*>((*held)->data()), static_cast<std::size_t>((*held)->size()),
      [](void* pointer) { delete static_cast<std::shared_ptr<arrow::Buffer>*>(pointer); }, held);
}

Error Torn() { return Error(ErrorCode::kProtocol, "a message between gateway and worker is torn"); }

/// Reads across the slices of a message.
class SliceReader {
 public:
  explicit SliceReader(const std::vector<grpc::Slice>& slices) : slices_(slices) {}

  /// False when there are fewer bytes. A null `target` passes over them.
  bool Read(void* target, std::size_t bytes) {
    auto* to = static_cast<std::uint8_t*>(target);
    while (bytes > 0) {
      if (slice_ == slices_.size()) return false;
      const auto& slice = slices_[slice_];
      const std::size_t there = std::min(bytes, slice.size() - at_);
      if (to != nullptr) {
        std::memcpy(to, slice.begin() + at_, there);
        to += there;
      }
      bytes -= there;
      at_ += there;
      if (at_ == slice.size()) ++slice_, at_ = 0;
    }
    return true;
  }

 private:
  const std::vector<grpc::Slice>& slices_;
  std::size_t slice_ = 0;
  std::size_t at_ = 0;
};

}  // namespace

grpc::ByteBuffer EncodeFrame(const google::protobuf::MessageLite& header, const BodyBuffers& body) {
  const std::size_t header_bytes = header.ByteSizeLong();
  grpc::Slice head(kLengthBytes + header_bytes);
  auto* const bytes = const_cast<std::uint8_t*>(head.begin());
  for (std::size_t i = 0; i < kLengthBytes; ++i) bytes[i] = static_cast<std::uint8_t>(header_bytes >> (8 * i));
  header.SerializeWithCachedSizesToArray(bytes + kLengthBytes);
  std::vector<grpc::Slice> slices;
  slices.reserve(1 + 2 * body.size());
  slices.push_back(std::move(head));
  for (const auto& buffer : body) {
    slices.push_back(Borrow(buffer));
    const auto padding = static_cast<std::size_t>(-buffer->size() & (kBodyAlignment - 1));
    if (padding > 0) slices.emplace_back(kZeros.data(), padding, grpc::Slice::STATIC_SLICE);
  }
  return {slices.data(), slices.size()};
}

Status DecodeFrame(const grpc::ByteBuffer& message, google::protobuf::MessageLite& header,
                   std::shared_ptr<arrow::Buffer>& body) {
  std::vector<grpc::Slice> slices;
  if (!message.Dump(&slices).ok()) return Torn();
  SliceReader reader(slices);
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
