#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "blockcache/block_file.h"

namespace tavana::blockcache {

struct DiskSpace {
  std::uint64_t free_bytes = 0, total_bytes = 0;
};

struct StoreOptions {
  std::string directory;
  std::uint64_t limit_bytes = 0;  ///< of all block files together
  /// What to ask for the time and the disk; the system, unless a test says otherwise.
  std::function<std::chrono::system_clock::time_point()> now;
  std::function<std::optional<DiskSpace>(const std::string& directory)> space;
};

/// What a store has done since it was opened, and what it holds.
struct StoreFigures {
  std::uint64_t blocks = 0, bytes = 0, limit_bytes = 0;
  std::uint64_t evicted = 0;         ///< blocks that made way for others
  std::uint64_t damaged = 0;         ///< blocks that were not what had been written
  std::uint64_t write_failures = 0;  ///< blocks that the disk did not take, or had no room for
};

/// Blocks in files of a directory. Nothing here fails: a block that cannot be read is one that is not there, and one
/// that cannot be written is not kept. Several processes may share a directory and its limit; each sees what the others
/// write at once, and counts it from time to time. Thread-safe.
class BlockStore {
 public:
  /// Makes the directory when it is missing. kIo when it cannot be made, or is somebody else's: what others may write
  /// to is not believed.
  static Result<std::unique_ptr<BlockStore>> Open(StoreOptions options);

  /// False when the whole range of that block is not there.
  bool Read(const BlockKey& key, std::size_t offset, std::span<char> into, BlockFacts& facts);
  /// Whether there is a file for that block, whatever is in it.
  bool Has(const BlockKey& key) const;
  void Write(const BlockKey& key, std::span<const char> payload, std::chrono::microseconds fetch_time);

  StoreFigures figures() const;

 private:
  using TimePoint = std::chrono::system_clock::time_point;
  struct Entry {
    BlockKey key;
    std::uint64_t bytes = 0;
    TimePoint used;
  };

  explicit BlockStore(StoreOptions options);

  std::string PathOf(const BlockKey& key) const;
  void Used(const BlockKey& key, int fd, std::uint64_t bytes);
  void Forget(const BlockKey& key);
  void Remove(const BlockKey& key);
  /// Makes room for so many more bytes; false when there is none.
  bool MakeRoom(std::uint64_t bytes);
  void CountFiles();
  bool WriteFile(const BlockKey& key, std::span<const char> payload, std::chrono::microseconds fetch_time);

  const StoreOptions options_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  ///< that this process knows of, the one used longest ago first
  std::unordered_map<BlockKey, std::list<Entry>::iterator, BlockKeyHash> by_key_;
  std::uint64_t bytes_ = 0;     ///< of `entries_`
  std::uint64_t reserved_ = 0;  ///< of blocks that are being written
  std::uint64_t written_since_count_ = 0;
  std::optional<TimePoint> counted_, resting_until_;
  std::uint64_t last_temporary_ = 0;
  StoreFigures done_;
};

}  // namespace tavana::blockcache
