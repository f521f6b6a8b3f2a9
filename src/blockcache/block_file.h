#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tavana::blockcache {

/// Names one version of one object: a digest of where it is, what it is called and which version it is. SHA-256, so
/// that nobody can make a name that is another's.
using ObjectDigest = std::array<std::uint8_t, 32>;
ObjectDigest DigestOf(std::span<const std::string> parts);

struct BlockKey {
  ObjectDigest object{};
  std::uint32_t index = 0;  ///< of the block in the object, from 0
  bool operator==(const BlockKey&) const = default;
};
struct BlockKeyHash {
  std::size_t operator()(const BlockKey& key) const;
};

/// The file of a block is called by its key, and only by it.
std::string FileNameOf(const BlockKey& key);
std::optional<BlockKey> KeyOfFileName(std::string_view name);

/// A checksum for each so many bytes of a block, so that a small read checks little (chosen: 16 of the kernel's pages).
inline constexpr std::size_t kPageBytes = std::size_t{64} << 10;

// The form of a block's file, all numbers little-endian:
//   "TVNBLK01", digest (32 bytes), index (4), page size (4), payload size (8), microseconds its fetch took (8),
//   XXH3-64 of each page (8 each), XXH3-64 of all before (8), zeros up to a multiple of 4096, payload.
// Checksums are seeded by the key, so that a block under another's name is not taken for it.

/// How many bytes the file of a block has before its payload.
std::size_t HeaderBytes(std::size_t payload_bytes);

/// Writes a whole file at the start of `fd`; false with errno when that failed, after which the file is worth nothing.
bool WriteBlock(int fd, const BlockKey& key, std::span<const char> payload, std::chrono::microseconds fetch_time);

enum class BlockRead : std::uint8_t {
  kOk,
  kDamaged,  ///< not what WriteBlock wrote: torn, changed, or of another key
  kFailed,   ///< the disk said no (errno)
};
struct BlockFacts {
  std::size_t payload_bytes = 0;
  std::chrono::microseconds fetch_time{0};
};
/// Fills `into` from `offset` of the payload, and checks every page it touches. `into` is anything after another answer
/// than kOk. A range beyond the payload is kDamaged: who knows the key knows the size.
BlockRead ReadBlock(int fd, const BlockKey& key, std::size_t offset, std::span<char> into, BlockFacts& facts);

}  // namespace tavana::blockcache
