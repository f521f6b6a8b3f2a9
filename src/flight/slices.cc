#include "flight/slices.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace tavana::flight {
namespace {

constexpr std::array<char, kBodyAlignment> kZeros{};

}  // namespace

grpc::Slice Borrow(std::shared_ptr<arrow::Buffer> buffer) {
  auto* const held = new std::shared_ptr<arrow::Buffer>(std::move(buffer));
  return grpc::Slice(
      const_cast<std::uint8_t*>((*held)->data()), static_cast<std::size_t>((*held)->size()),
      [](void* pointer) { delete static_cast<std::shared_ptr<arrow::Buffer>*>(pointer); }, held);
}

void AppendBody(const std::vector<std::shared_ptr<arrow::Buffer>>& body, std::vector<grpc::Slice>& slices) {
  slices.reserve(slices.size() + 2 * body.size());
  for (const auto& buffer : body) {
    if (buffer == nullptr || buffer->size() == 0) continue;
    slices.push_back(Borrow(buffer));
    const auto padding = static_cast<std::size_t>(-buffer->size() & (kBodyAlignment - 1));
    if (padding > 0) slices.emplace_back(kZeros.data(), padding, grpc::Slice::STATIC_SLICE);
  }
}

bool SliceReader::Read(void* target, std::size_t bytes) {
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

}  // namespace tavana::flight
