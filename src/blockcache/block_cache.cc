#include "blockcache/block_cache.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace tavana::blockcache {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::microseconds Since(Clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
}

// Of several threads that read an object in order, one may be so many blocks behind (chosen: as many as read ahead).
constexpr std::uint32_t kBehind = 8;
// How often who waits for another's fetch looks whether it is still wanted (chosen: soon, for who has cancelled it).
constexpr auto kLook = std::chrono::milliseconds(50);
constexpr int kMaxStreak = 16;  // of which the power of two is still a number of blocks

}  // namespace

void Latencies::Add(std::chrono::microseconds elapsed) {
  const auto width = std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed.count(), 0)));
  buckets_[std::min<std::size_t>(static_cast<std::size_t>(width), buckets_.size() - 1)].fetch_add(
      1, std::memory_order_relaxed);
}

std::chrono::microseconds Latencies::Quantile(double share) const {
  std::uint64_t all = 0, seen = 0;
  for (const auto& bucket : buckets_) all += bucket.load(std::memory_order_relaxed);
  if (all == 0) return std::chrono::microseconds(0);
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all)));
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= wanted) return std::chrono::microseconds((std::int64_t{1} << i) - 1);
  }
  return std::chrono::microseconds((std::int64_t{1} << (buckets_.size() - 1)) - 1);
}

// ---- flights --------------------------------------------------------------------------------------------------------

bool BlockCache::Flight::Claim() {
  const std::lock_guard lock(mutex);
  if (state != State::kUnclaimed) return false;
  state = State::kClaimed;
  return true;
}

void BlockCache::Flight::Land(State outcome) {
  {
    const std::lock_guard lock(mutex);
    state = outcome;
  }
  landed.notify_all();
}

bool BlockCache::Flight::Wait(const Source& reader) {
  std::unique_lock lock(mutex);
  const auto has_landed = [this] { return state == State::kDone || state == State::kFailed; };
  while (!landed.wait_for(lock, kLook, has_landed))
    if (reader.cancelled()) return false;
  return state == State::kDone;
}

// ---- the cache ------------------------------------------------------------------------------------------------------

BlockCache::BlockCache(CacheOptions options, std::unique_ptr<BlockStore> store)
    : options_(std::move(options)), store_(std::move(store)), spare_buffers_(2 * options_.parallel_requests) {
  for (int i = 0; i < options_.parallel_requests; ++i) threads_.emplace_back([this] { Work(); });
}

Result<std::shared_ptr<BlockCache>> BlockCache::Open(CacheOptions options) {
  TAVANA_ASSIGN_OR_RETURN(auto store, BlockStore::Open(options.store));
  return std::shared_ptr<BlockCache>(new BlockCache(std::move(options), std::move(store)));
}

BlockCache::~BlockCache() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void BlockCache::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const Queued next = std::move(queue_.front());
    queue_.pop_front();
    {
      const std::lock_guard object_lock(next.object->mutex_);
      ++next.object->at_work_;
    }
    lock.unlock();
    if (next.flight->Claim()) (void)Fly(*next.flight, next.object->source_);
    {
      const std::lock_guard object_lock(next.object->mutex_);
      --next.object->at_work_;
      next.object->idle_.notify_all();  // under the lock: the object goes as soon as it hears
    }
    lock.lock();
  }
}

void BlockCache::GiveUp(CachedObject& object) {
  std::deque<Queued> given_up;
  {
    const std::lock_guard lock(mutex_);
    const auto kept =
        std::stable_partition(queue_.begin(), queue_.end(), [&](const Queued& each) { return each.object != &object; });
    given_up.assign(std::make_move_iterator(kept), std::make_move_iterator(queue_.end()));
    queue_.erase(kept, queue_.end());
  }
  for (const auto& each : given_up) {
    if (!each.flight->Claim()) continue;
    Finish(*each.flight);
    each.flight->Land(Flight::State::kFailed);
  }
  std::unique_lock lock(object.mutex_);
  object.idle_.wait(lock, [&] { return object.at_work_ == 0; });
}

bool BlockCache::ReadFromDisk(const BlockKey& key, std::size_t offset, std::span<char> into) {
  const auto began = Clock::now();
  BlockFacts facts;
  if (!store_->Read(key, offset, into, facts)) return false;
  const auto elapsed = Since(began);
  if (options_.profiling) disk_.Add(elapsed);
  hits_.fetch_add(1, std::memory_order_relaxed);
  hit_bytes_.fetch_add(into.size(), std::memory_order_relaxed);
  const double share = static_cast<double>(into.size()) / static_cast<double>(facts.payload_bytes);
  const auto fetching = static_cast<std::int64_t>(share * static_cast<double>(facts.fetch_time.count()));
  saved_microseconds_.fetch_add(std::max<std::int64_t>(fetching - elapsed.count(), 0), std::memory_order_relaxed);
  return true;
}

BlockCache::FlightPtr BlockCache::Board(CachedObject& object, std::uint32_t index, bool must, bool& is_new) {
  const BlockKey key{object.digest_, index};
  is_new = false;
  const std::lock_guard lock(mutex_);
  if (const auto under_way = flights_.find(key); under_way != flights_.end()) return under_way->second;
  if (!must && spare_buffers_ == 0) return nullptr;
  if (!must) --spare_buffers_;
  is_new = true;
  auto flight =
      std::make_shared<Flight>(key, std::uint64_t{index} * options_.block_bytes, object.BytesOf(index), !must);
  flights_.emplace(key, flight);
  return flight;
}

void BlockCache::Enqueue(FlightPtr flight, CachedObject& object) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(flight), &object});
  }
  work_.notify_one();
}

bool BlockCache::Fly(Flight& flight, Source& source) {
  BlockFacts facts;
  // Somebody may have kept it since it was looked for.
  if (store_->Read(flight.key, 0, flight.bytes, facts)) {
    flight.Land(Flight::State::kDone);
    Finish(flight);
    return true;
  }
  const auto began = Clock::now();
  const bool fetched = source.Fetch(flight.offset, flight.bytes);
  const auto elapsed = Since(began);
  if (!fetched) {
    failed_fetches_.fetch_add(1, std::memory_order_relaxed);
    Finish(flight);
    flight.Land(Flight::State::kFailed);
    return false;
  }
  if (options_.profiling) requests_.Add(elapsed);
  fetched_bytes_.fetch_add(flight.bytes.size(), std::memory_order_relaxed);
  flight.Land(Flight::State::kDone);
  store_->Write(flight.key, flight.bytes, elapsed);
  Finish(flight);  // not before it is kept: who looks for it finds it in one place or the other
  return true;
}

void BlockCache::Finish(const Flight& flight) {
  const std::lock_guard lock(mutex_);
  flights_.erase(flight.key);
  if (flight.is_spare) ++spare_buffers_;
}

void BlockCache::FetchAhead(CachedObject& object, std::uint32_t next, std::uint32_t count) {
  const std::uint32_t end = std::min(next + count, object.blocks());
  for (std::uint32_t index = next; index < end; ++index) {
    if (store_->Has({object.digest_, index})) continue;
    bool is_new = false;
    auto flight = Board(object, index, false, is_new);
    if (!flight) return;
    if (!is_new) continue;
    read_ahead_.fetch_add(1, std::memory_order_relaxed);
    Enqueue(std::move(flight), object);
  }
}

CacheFigures BlockCache::figures() const {
  return {.store = store_->figures(),
          .hits = hits_,
          .hit_bytes = hit_bytes_,
          .misses = misses_,
          .joined = joined_,
          .read_ahead = read_ahead_,
          .fetched_bytes = fetched_bytes_,
          .failed_fetches = failed_fetches_,
          .saved = std::chrono::microseconds(saved_microseconds_.load()),
          .request_p50 = requests_.Quantile(0.5),
          .request_p99 = requests_.Quantile(0.99),
          .disk_p50 = disk_.Quantile(0.5),
          .disk_p99 = disk_.Quantile(0.99)};
}

// ---- an open object -------------------------------------------------------------------------------------------------

CachedObject::CachedObject(BlockCache& cache, Source& source, const ObjectDigest& digest, std::uint64_t size_bytes)
    : cache_(cache), source_(source), digest_(digest), size_bytes_(size_bytes) {}

CachedObject::~CachedObject() { cache_.GiveUp(*this); }

std::uint32_t CachedObject::blocks() const {
  return static_cast<std::uint32_t>((size_bytes_ + cache_.block_bytes() - 1) / cache_.block_bytes());
}

std::size_t CachedObject::BytesOf(std::uint32_t index) const {
  return std::min<std::uint64_t>(cache_.block_bytes(), size_bytes_ - std::uint64_t{index} * cache_.block_bytes());
}

std::uint32_t CachedObject::Foresee(std::uint32_t first, std::uint32_t last) {
  const std::lock_guard lock(mutex_);
  const bool moves_on = last > frontier_ && first <= frontier_ + 1;
  const bool is_near = first <= frontier_ && frontier_ - first <= kBehind && streak_ > 0;
  if (!moves_on && (is_near || first == frontier_)) return 0;
  streak_ = moves_on ? std::min(streak_ + 1, kMaxStreak) : 0;
  frontier_ = last;
  if (streak_ == 0) return 0;
  return std::min(std::uint32_t{1} << streak_, static_cast<std::uint32_t>(cache_.options_.parallel_requests));
}

bool CachedObject::Read(std::uint64_t offset, std::span<char> into) {
  std::vector<Part> parts;
  while (!into.empty()) {
    const auto index = static_cast<std::uint32_t>(offset / cache_.block_bytes());
    const std::size_t in_block = offset % cache_.block_bytes();
    const std::size_t size = std::min(into.size(), cache_.block_bytes() - in_block);
    parts.push_back({index, in_block, into.first(size)});
    offset += size;
    into = into.subspan(size);
  }
  if (parts.empty()) return true;
  const std::uint32_t ahead = Foresee(parts.front().index, parts.back().index);
  for (std::span<const Part> left(parts); !left.empty();) {
    const std::size_t read = ReadSome(left, ahead);
    if (read == 0) return false;
    left = left.subspan(read);
  }
  return true;
}

std::size_t CachedObject::ReadSome(std::span<const Part> parts, std::uint32_t ahead) {
  struct Boarded {
    const Part* part;
    BlockCache::FlightPtr flight;
  };
  std::vector<Boarded> boarded;
  std::size_t taken = 0;
  for (const auto& part : parts) {
    if (cache_.ReadFromDisk({digest_, part.index}, part.offset, part.into)) {
      ++taken;
      continue;
    }
    bool is_new = false;
    auto flight = cache_.Board(*this, part.index, boarded.empty(), is_new);
    if (!flight) break;
    ++taken;
    (is_new ? cache_.misses_ : cache_.joined_).fetch_add(1, std::memory_order_relaxed);
    if (is_new && !boarded.empty()) cache_.Enqueue(flight, *this);
    boarded.push_back({&part, std::move(flight)});
  }
  if (taken == parts.size() && ahead > 0) cache_.FetchAhead(*this, parts.back().index + 1, ahead);
  for (const auto& each : boarded) {
    if (!each.flight->Claim()) continue;
    if (!cache_.Fly(*each.flight, source_)) return 0;
  }
  for (const auto& each : boarded) {
    if (each.flight->Wait(source_)) {
      std::memcpy(each.part->into.data(), each.flight->bytes.data() + each.part->offset, each.part->into.size());
    } else if (!ReadAlone(*each.part)) {
      return 0;
    }
  }
  return taken;
}

bool CachedObject::ReadAlone(const Part& part) {
  while (!source_.cancelled()) {
    if (cache_.ReadFromDisk({digest_, part.index}, part.offset, part.into)) return true;
    bool is_new = false;
    const auto flight = cache_.Board(*this, part.index, true, is_new);
    if (flight->Claim() && !cache_.Fly(*flight, source_)) return false;
    if (!flight->Wait(source_)) continue;
    std::memcpy(part.into.data(), flight->bytes.data() + part.offset, part.into.size());
    return true;
  }
  return false;
}

}  // namespace tavana::blockcache
