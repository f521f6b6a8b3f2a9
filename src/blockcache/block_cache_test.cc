#include "blockcache/block_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <latch>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace tavana::blockcache {
namespace {

constexpr std::size_t kBlock = 128 << 10;

std::string Bytes(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& each : bytes) each = static_cast<char>(random());
  return bytes;
}
ObjectDigest DigestOf(const std::string& name) { return blockcache::DigestOf(std::vector<std::string>{name}); }

/// An object in memory that counts what is asked of it, by offset.
class Remote : public Source {
 public:
  explicit Remote(std::string content) : content(std::move(content)) {}

  bool Fetch(std::uint64_t offset, std::span<char> into) override {
    {
      const std::lock_guard lock(mutex);
      ++requests[offset];
    }
    if (before_answer) before_answer(offset);
    if (fails) return false;
    EXPECT_LE(offset + into.size(), content.size());
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return true;
  }
  std::size_t asked() {
    const std::lock_guard lock(mutex);
    std::size_t all = 0;
    for (const auto& [offset, times] : requests) all += times;
    return all;
  }

  bool cancelled() const override { return is_cancelled; }

  const std::string content;
  std::atomic<bool> is_cancelled = false;
  std::function<void(std::uint64_t)> before_answer;
  std::atomic<bool> fails = false;
  std::mutex mutex;
  std::map<std::uint64_t, std::size_t> requests;
};

class BlockCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tavana-blocks-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::shared_ptr<BlockCache> Open(int parallel = 4) {
    auto opened = BlockCache::Open({.store = {.directory = (folder_ / "cache").string(), .limit_bytes = 64 << 20},
                                    .block_bytes = kBlock,
                                    .parallel_requests = parallel,
                                    .profiling = true});
    EXPECT_TRUE(opened.ok());
    return *std::move(opened);
  }
  static std::string Read(CachedObject& object, std::uint64_t offset, std::size_t size) {
    std::string into(size, '\0');
    return object.Read(offset, into) ? into : "failed";
  }

  /// A reader has its bytes before they are written.
  static void AwaitWritten(const BlockCache& cache, std::uint64_t blocks) {
    while (cache.figures().store.blocks < blocks) std::this_thread::yield();
  }

  std::filesystem::path folder_;
};

TEST_F(BlockCacheTest, GivesWhatTheSourceHasWhateverTheRangesAndFetchesEachBlockOnce) {
  const auto cache = Open();
  Remote remote(Bytes(9 * kBlock + 777, 1));
  CachedObject object(*cache, remote, DigestOf("a"), remote.content.size());
  std::mt19937 random(2);
  for (int i = 0; i < 200; ++i) {
    const std::size_t from = random() % remote.content.size();
    const std::size_t size = random() % std::min<std::size_t>(remote.content.size() - from + 1, 4 * kBlock);
    ASSERT_EQ(Read(object, from, size), remote.content.substr(from, size));
  }
  EXPECT_EQ(remote.asked(), 10);
  const auto figures = cache->figures();
  EXPECT_EQ(figures.misses + figures.read_ahead, 10);
  EXPECT_EQ(figures.fetched_bytes, remote.content.size());
  EXPECT_GT(figures.hits, 0);
}

TEST_F(BlockCacheTest, WorksWithoutThreadsOfItsOwn) {
  const auto cache = Open(0);
  Remote remote(Bytes(5 * kBlock, 1));
  CachedObject object(*cache, remote, DigestOf("a"), remote.content.size());
  EXPECT_EQ(Read(object, 10, 4 * kBlock), remote.content.substr(10, 4 * kBlock));
  EXPECT_EQ(remote.asked(), 5);
}

TEST_F(BlockCacheTest, AfterARestartNothingIsFetchedAgain) {
  Remote remote(Bytes(3 * kBlock, 1));
  for (int run = 0; run < 2; ++run) {
    const auto cache = Open();
    CachedObject object(*cache, remote, DigestOf("a"), remote.content.size());
    EXPECT_EQ(Read(object, 0, 3 * kBlock), remote.content);
  }
  EXPECT_EQ(remote.asked(), 3);
}

TEST_F(BlockCacheTest, AnotherVersionIsAnotherObject) {
  const auto cache = Open();
  Remote before(Bytes(kBlock, 1)), after(Bytes(kBlock, 2));
  CachedObject first(*cache, before, DigestOf("version 1"), kBlock);
  EXPECT_EQ(Read(first, 0, kBlock), before.content);
  CachedObject second(*cache, after, DigestOf("version 2"), kBlock);
  EXPECT_EQ(Read(second, 0, kBlock), after.content);
}

TEST_F(BlockCacheTest, ReadersOfOneBlockAtOnceFetchItOnce) {
  const auto cache = Open();
  Remote remote(Bytes(kBlock, 1));
  constexpr int kReaders = 8;
  // The first request is answered once every other reader has found it under way.
  remote.before_answer = [&](std::uint64_t) {
    while (cache->figures().joined < kReaders - 1) std::this_thread::yield();
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      CachedObject object(*cache, remote, DigestOf("a"), kBlock);
      EXPECT_EQ(Read(object, 100, 1000), remote.content.substr(100, 1000));
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(remote.asked(), 1);
}

TEST_F(BlockCacheTest, PartsOfOneReadAreFetchedAtOnce) {
  const auto cache = Open(3);
  Remote remote(Bytes(4 * kBlock, 1));
  std::latch all_asked(4);
  remote.before_answer = [&](std::uint64_t) { all_asked.arrive_and_wait(); };
  CachedObject object(*cache, remote, DigestOf("a"), remote.content.size());
  EXPECT_EQ(Read(object, 0, 4 * kBlock), remote.content);
}

TEST_F(BlockCacheTest, AnErrorIsTheReadersOwnAndNothingOfItIsKept) {
  const auto cache = Open();
  Remote refusing(Bytes(2 * kBlock, 1)), answering(refusing.content);
  refusing.fails = true;
  CachedObject one(*cache, refusing, DigestOf("a"), 2 * kBlock);
  EXPECT_EQ(Read(one, 0, 2 * kBlock), "failed");
  EXPECT_EQ(cache->figures().store.blocks, 0);
  CachedObject other(*cache, answering, DigestOf("a"), 2 * kBlock);
  EXPECT_EQ(Read(other, 0, 2 * kBlock), answering.content);
  refusing.fails = false;
  EXPECT_EQ(Read(one, 0, 2 * kBlock), answering.content);
}

TEST_F(BlockCacheTest, WhoWaitsForAFetchThatFailsTriesForItself) {
  const auto cache = Open();
  Remote refusing(Bytes(kBlock, 1)), answering(refusing.content);
  refusing.fails = true;
  std::latch asked(1);
  refusing.before_answer = [&](std::uint64_t) {
    asked.count_down();
    while (cache->figures().joined < 1) std::this_thread::yield();
  };
  std::thread first([&] {
    CachedObject object(*cache, refusing, DigestOf("a"), kBlock);
    EXPECT_EQ(Read(object, 0, kBlock), "failed");
  });
  asked.wait();
  CachedObject object(*cache, answering, DigestOf("a"), kBlock);
  EXPECT_EQ(Read(object, 0, kBlock), answering.content);
  first.join();
}

TEST_F(BlockCacheTest, WhoIsCancelledDoesNotWaitForAnothersFetch) {
  const auto cache = Open();
  Remote slow(Bytes(kBlock, 1)), impatient(slow.content);
  std::latch asked(1), cancelled(1);
  slow.before_answer = [&](std::uint64_t) {
    asked.count_down();
    cancelled.wait();
  };
  CachedObject first(*cache, slow, DigestOf("a"), kBlock), second(*cache, impatient, DigestOf("a"), kBlock);
  std::string seen;
  std::jthread reader([&] { seen = Read(first, 0, kBlock); });
  asked.wait();
  impatient.is_cancelled = true;
  EXPECT_EQ(Read(second, 0, kBlock), "failed");
  EXPECT_EQ(impatient.asked(), 0);
  cancelled.count_down();
  reader.join();
  EXPECT_EQ(seen, slow.content);
}

TEST_F(BlockCacheTest, WhatIsReadInOrderIsReadAheadAndLittleElse) {
  const auto cache = Open();
  Remote remote(Bytes(16 * kBlock, 1));
  {
    CachedObject object(*cache, remote, DigestOf("a"), remote.content.size());
    EXPECT_EQ(Read(object, 16 * kBlock - 100, 100), remote.content.substr(16 * kBlock - 100));  // as Parquet's footer
    EXPECT_EQ(cache->figures().read_ahead, 0);
    for (std::uint64_t block = 0; block < 15; ++block)
      EXPECT_EQ(Read(object, block * kBlock, 500), remote.content.substr(block * kBlock, 500));
    EXPECT_GT(cache->figures().read_ahead, 0);
  }
  EXPECT_EQ(remote.asked(), 16);
  Remote scattered(Bytes(16 * kBlock, 2));
  {
    CachedObject object(*cache, scattered, DigestOf("b"), scattered.content.size());
    for (const std::uint64_t block : {12, 3, 9, 0, 6}) (void)Read(object, block * kBlock, 500);
  }
  EXPECT_EQ(scattered.asked(), 5);
}

TEST_F(BlockCacheTest, WhatIsOnDiskIsNotReadAhead) {
  const auto cache = Open();
  Remote remote(Bytes(8 * kBlock, 1));
  CachedObject object(*cache, remote, DigestOf("a"), remote.content.size());
  (void)Read(object, 0, 8 * kBlock);
  const auto before = cache->figures();
  for (std::uint64_t block = 0; block < 8; ++block) (void)Read(object, block * kBlock, 500);
  EXPECT_EQ(cache->figures().read_ahead, before.read_ahead);
  EXPECT_EQ(remote.asked(), 8);
}

TEST_F(BlockCacheTest, WhatIsGoneFromDiskIsReadAheadAgain) {
  const auto cache = Open();
  Remote remote(Bytes(8 * kBlock, 1));
  CachedObject first(*cache, remote, DigestOf("a"), remote.content.size());
  (void)Read(first, 0, 8 * kBlock);
  AwaitWritten(*cache, 8);
  std::filesystem::remove_all(folder_ / "cache");
  const auto before = cache->figures().read_ahead;
  CachedObject object(*cache, remote, DigestOf("a"), remote.content.size());
  (void)Read(object, 0, 500);
  (void)Read(object, kBlock, 500);
  EXPECT_GT(cache->figures().read_ahead, before);
}

TEST_F(BlockCacheTest, AClosedObjectIsAskedNothingMore) {
  const auto cache = Open(1);
  std::latch asked(1), answer(1);
  std::once_flag once;
  Remote remote(Bytes(8 * kBlock, 1));
  remote.before_answer = [&](std::uint64_t offset) {
    if (offset == 0) return;
    std::call_once(once, [&] { asked.count_down(); });
    answer.wait();
  };
  auto object = std::make_unique<CachedObject>(*cache, remote, DigestOf("a"), remote.content.size());
  (void)Read(*object, 0, 10);
  std::thread reader([&] { (void)Read(*object, kBlock, 10); });  // and reads ahead
  asked.wait();
  answer.count_down();
  reader.join();
  object.reset();
  const auto after = remote.asked();
  Remote other(Bytes(kBlock, 2));
  CachedObject next(*cache, other, DigestOf("b"), kBlock);
  EXPECT_EQ(Read(next, 0, kBlock), other.content);
  EXPECT_EQ(remote.asked(), after);
}

TEST_F(BlockCacheTest, FailsOpenWhenTheDirectoryIsNoMore) {
  const auto cache = Open();
  Remote remote(Bytes(4 * kBlock, 1));
  CachedObject object(*cache, remote, DigestOf("a"), remote.content.size());
  (void)Read(object, 0, 4 * kBlock);
  AwaitWritten(*cache, 4);
  std::filesystem::remove_all(folder_ / "cache");
  std::filesystem::create_symlink("/nowhere/at/all", folder_ / "cache");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Read(object, 1, 3 * kBlock), remote.content.substr(1, 3 * kBlock));
}

TEST_F(BlockCacheTest, TheTimeThatWasSavedIsWhatFetchingTook) {
  const auto cache = Open();
  Remote remote(Bytes(kBlock, 1));
  CachedObject object(*cache, remote, DigestOf("a"), kBlock);
  (void)Read(object, 0, kBlock);
  EXPECT_EQ(cache->figures().saved.count(), 0);
  EXPECT_EQ(cache->figures().hits, 0);
  (void)Read(object, 0, kBlock);
  EXPECT_EQ(cache->figures().hits, 1);
  EXPECT_EQ(cache->figures().hit_bytes, kBlock);
}

TEST(Latencies, GivesTheBucketThatHoldsTheShare) {
  Latencies latencies;
  EXPECT_EQ(latencies.Quantile(0.5).count(), 0);
  for (int i = 0; i < 99; ++i) latencies.Add(std::chrono::microseconds(100));
  latencies.Add(std::chrono::microseconds(5000));
  EXPECT_EQ(latencies.Quantile(0.5).count(), 127);
  EXPECT_EQ(latencies.Quantile(0.99).count(), 127);
  EXPECT_EQ(latencies.Quantile(1).count(), 8191);
}

TEST_F(BlockCacheTest, ManyReadersOfManyObjectsSeeWhatTheirSourcesHave) {
  const auto cache = Open(3);
  std::vector<std::unique_ptr<Remote>> remotes;
  for (std::uint32_t i = 0; i < 4; ++i) remotes.push_back(std::make_unique<Remote>(Bytes(7 * kBlock + i, i)));
  std::vector<std::thread> readers;
  for (std::uint32_t seed = 0; seed < 6; ++seed) {
    readers.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 60; ++i) {
        const std::size_t which = random() % remotes.size();
        auto& remote = *remotes[which];
        CachedObject object(*cache, remote, DigestOf(std::to_string(which)), remote.content.size());
        for (int j = 0; j < 3; ++j) {
          const std::size_t from = random() % remote.content.size();
          const std::size_t size = random() % std::min<std::size_t>(remote.content.size() - from + 1, 3 * kBlock);
          EXPECT_EQ(Read(object, from, size), remote.content.substr(from, size));
        }
      }
    });
  }
  for (auto& reader : readers) reader.join();
  for (auto& remote : remotes) EXPECT_LE(remote->asked(), 8);
}

}  // namespace
}  // namespace tavana::blockcache
