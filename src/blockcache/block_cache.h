#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "blockcache/block_store.h"

namespace tavana::blockcache {

struct CacheOptions {
  StoreOptions store;
  std::size_t block_bytes = std::size_t{8} << 20;
  /// Requests that are made at once beside those of the readers themselves, by as many threads.
  int parallel_requests = 8;
  bool profiling = false;  ///< measure how long requests and reads from disk take
};

/// Where the bytes of one open object come from. Called from several threads at once.
class Source {
 public:
  virtual ~Source() = default;
  /// Fills `into` from `offset` of the object; false when that failed. Why is for the source to keep: nothing of it is
  /// kept here, and other readers try for themselves.
  virtual bool Fetch(std::uint64_t offset, std::span<char> into) = 0;
  /// Whether its reader has no use for more: then it does not wait for what others fetch.
  virtual bool cancelled() const { return false; }
};

/// How long something took, as a histogram in powers of two. Thread-safe.
class Latencies {
 public:
  void Add(std::chrono::microseconds elapsed);
  /// The upper bound of the bucket that holds this share of them; 0 without any.
  std::chrono::microseconds Quantile(double share) const;

 private:
  std::array<std::atomic<std::uint64_t>, 32> buckets_{};
};

/// Counted since the cache was opened.
struct CacheFigures {
  StoreFigures store;
  std::uint64_t hits = 0, hit_bytes = 0;  ///< blocks that a reader found on disk, and the bytes it took of them
  std::uint64_t misses = 0;               ///< blocks that a reader had to fetch
  std::uint64_t joined = 0;               ///< blocks that another reader was fetching already
  std::uint64_t read_ahead = 0;           ///< blocks that were fetched before a reader asked
  std::uint64_t fetched_bytes = 0;        ///< by readers and read-ahead
  std::uint64_t failed_fetches = 0;       ///< of which nothing is kept
  std::chrono::microseconds saved{0};     ///< what fetching took of the bytes that were found, less their reading
  std::chrono::microseconds request_p50{0}, request_p99{0}, disk_p50{0}, disk_p99{0};  ///< with profiling, else 0
};

class BlockCache;

/// One open object, read through the cache. Read may be called from several threads. When it goes, no thread of the
/// cache uses its source any more: what is being read ahead is waited for, what only waits to be is given up.
class CachedObject {
 public:
  /// `cache` and `source` outlive it.
  CachedObject(BlockCache& cache, Source& source, const ObjectDigest& digest, std::uint64_t size_bytes);
  ~CachedObject();
  CachedObject(const CachedObject&) = delete;
  CachedObject& operator=(const CachedObject&) = delete;

  /// Fills `into` from `offset`, which lie within the object; false when the source failed or was cancelled.
  bool Read(std::uint64_t offset, std::span<char> into);

 private:
  friend class BlockCache;
  /// A range of one block.
  struct Part {
    std::uint32_t index;
    std::size_t offset;  ///< in the block
    std::span<char> into;
  };

  /// Reads the first of `parts`, and as many of the others as go with it; how many, 0 when the source failed. When
  /// these were all, so many blocks after them are fetched, too.
  std::size_t ReadSome(std::span<const Part> parts, std::uint32_t ahead);
  /// Reads one that somebody else could not fetch.
  bool ReadAlone(const Part& part);
  /// How many blocks after `last` are worth fetching now that `first` to `last` are read.
  std::uint32_t Foresee(std::uint32_t first, std::uint32_t last);
  std::size_t BytesOf(std::uint32_t index) const;
  std::uint32_t blocks() const;

  BlockCache& cache_;
  Source& source_;
  const ObjectDigest digest_;
  const std::uint64_t size_bytes_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int at_work_ = 0;             ///< threads of the cache that use `source_`
  std::uint32_t frontier_ = 0;  ///< the last block read of those that were read in order
  int streak_ = 0;              ///< how often it moved on
};

/// Blocks of remote objects on disk, each fetched once however many readers want it. Thread-safe.
///
/// Who reads must have shown that it may: this class knows objects by their digests alone.
class BlockCache {
 public:
  static Result<std::shared_ptr<BlockCache>> Open(CacheOptions options);
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  std::size_t block_bytes() const { return options_.block_bytes; }
  bool profiling() const { return options_.profiling; }
  CacheFigures figures() const;

 private:
  friend class CachedObject;

  /// A block on its way. Whoever claims it fetches it, by its own source; all others wait.
  struct Flight {
    enum class State : std::uint8_t { kUnclaimed, kClaimed, kDone, kFailed };

    Flight(const BlockKey& of, std::uint64_t at, std::size_t size, bool spare)
        : key(of), offset(at), is_spare(spare), bytes(size) {}
    bool Claim();
    void Land(State outcome);
    /// Whether it came to something before `reader` was cancelled.
    bool Wait(const Source& reader);

    const BlockKey key;
    const std::uint64_t offset;  ///< in the object
    const bool is_spare;         ///< its buffer is one of `spare_buffers_`
    /// Read only once it is kDone. Zeros before: a server that sends less than it says shows nobody what was here.
    std::vector<char> bytes;
    std::mutex mutex;
    std::condition_variable landed;
    State state = State::kUnclaimed;
  };
  using FlightPtr = std::shared_ptr<Flight>;
  struct Queued {
    FlightPtr flight;
    CachedObject* object;
  };

  BlockCache(CacheOptions options, std::unique_ptr<BlockStore> store);

  bool ReadFromDisk(const BlockKey& key, std::size_t offset, std::span<char> into);
  /// The flight of a block: one that is under way, or a new one (`is_new`). Null when there is no buffer for it, which
  /// `must` does not take for an answer.
  FlightPtr Board(CachedObject& object, std::uint32_t index, bool must, bool& is_new);
  void Enqueue(FlightPtr flight, CachedObject& object);
  /// Fetches and keeps a block that was claimed; false when the source failed.
  bool Fly(Flight& flight, Source& source);
  void Finish(const Flight& flight);
  void FetchAhead(CachedObject& object, std::uint32_t next, std::uint32_t count);
  void GiveUp(CachedObject& object);
  void Work();

  const CacheOptions options_;
  const std::unique_ptr<BlockStore> store_;
  std::mutex mutex_;
  std::condition_variable work_;
  bool stopping_ = false;
  std::unordered_map<BlockKey, FlightPtr, BlockKeyHash> flights_;
  std::deque<Queued> queue_;
  int spare_buffers_;  ///< for blocks beside the one that each reader may always have
  std::vector<std::thread> threads_;

  std::atomic<std::uint64_t> hits_ = 0, hit_bytes_ = 0, misses_ = 0, joined_ = 0, read_ahead_ = 0, fetched_bytes_ = 0,
                             failed_fetches_ = 0;
  std::atomic<std::int64_t> saved_microseconds_ = 0;
  Latencies requests_, disk_;
};

}  // namespace tavana::blockcache
