#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace tavana::pgwire {

/// Bytes to be sent. Unlike std::string it never fills with zeros what is about to be overwritten; `clear` keeps
/// the memory. Move-only; a moved-from buffer is empty. Not thread-safe.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  char* data() { return bytes_.get(); }
  const char* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {bytes_.get(), size_}; }

  void clear() { size_ = 0; }
  void reserve(std::size_t capacity_bytes) {
    if (capacity_bytes > capacity_) Reallocate(capacity_bytes);
  }

  /// Room for `extra_bytes` after the end; where it begins. Valid until the next call that can grow.
  char* Room(std::size_t extra_bytes) {
    if (capacity_ - size_ < extra_bytes) Reallocate(size_ + extra_bytes);
    return bytes_.get() + size_;
  }
  /// Sets the size after bytes were written into Room. `size_bytes` <= capacity().
  void SetSize(std::size_t size_bytes) { size_ = size_bytes; }

  void Append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(Room(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void Append(char byte) {
    *Room(1) = byte;
    ++size_;
  }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };

  void Reallocate(std::size_t least_bytes) {
    std::size_t capacity = capacity_ < 256 ? 256 : capacity_ * 2;
    if (capacity < least_bytes) capacity = least_bytes;
    void* grown = std::realloc(bytes_.get(), capacity);
    TAVANA_CHECK(grown != nullptr);  // what is sent is bounded by its callers; without memory nothing goes on
    (void)bytes_.release();
    bytes_.reset(static_cast<char*>(grown));
    capacity_ = capacity;
  }

  std::unique_ptr<char, Free> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tavana::pgwire
