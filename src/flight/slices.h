#pragma once

#include <arrow/api.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace tavana::flight {

/// A slice over `buffer`, which lives until gRPC has sent it.
grpc::Slice Borrow(std::shared_ptr<arrow::Buffer> buffer);

/// Of each buffer in a body, in bytes: what Arrow's IPC assumes of a batch's buffers (format/Columnar.rst).
inline constexpr std::int64_t kBodyAlignment = 8;

/// Appends `body`, borrowed, each buffer padded to kBodyAlignment. Null and empty buffers are left out.
void AppendBody(const std::vector<std::shared_ptr<arrow::Buffer>>& body, std::vector<grpc::Slice>& slices);

/// Reads across the slices of a message, which outlive it.
class SliceReader {
 public:
  explicit SliceReader(const std::vector<grpc::Slice>& slices) : slices_(slices) {}

  /// False when there are fewer bytes. A null `target` passes over them.
  bool Read(void* target, std::size_t bytes);

 private:
  const std::vector<grpc::Slice>& slices_;
  std::size_t slice_ = 0;
  std::size_t at_ = 0;
};

}  // namespace tavana::flight
