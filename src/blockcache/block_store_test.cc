#include "blockcache/block_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace tavana::blockcache {
namespace {

using namespace std::chrono_literals;

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tavana-blocks-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return (path_ / "cache").string(); }

 private:
  std::filesystem::path path_;
};

BlockKey KeyOf(const std::string& object, std::uint32_t index = 0) {
  return {DigestOf(std::vector<std::string>{object}), index};
}

std::string Bytes(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& each : bytes) each = static_cast<char>(random());
  return bytes;
}

class BlockStoreTest : public testing::Test {
 protected:
  std::unique_ptr<BlockStore> Open(std::uint64_t limit_bytes = 64 << 20) {
    auto opened = BlockStore::Open({.directory = folder_.path(),
                                    .limit_bytes = limit_bytes,
                                    .now = [this] { return now_; },
                                    .space = [this](const std::string&) { return std::optional(space_); }});
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return *std::move(opened);
  }
  static std::optional<std::string> Read(BlockStore& store, const BlockKey& key, std::size_t offset, std::size_t size) {
    std::string into(size, '\0');
    BlockFacts facts;
    return store.Read(key, offset, into, facts) ? std::optional(into) : std::nullopt;
  }
  std::vector<std::filesystem::path> Files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
      if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
  }

  Folder folder_;
  std::chrono::system_clock::time_point now_{1'000'000s};
  DiskSpace space_{.free_bytes = std::uint64_t{1} << 40, .total_bytes = std::uint64_t{2} << 40};
};

TEST_F(BlockStoreTest, GivesEveryRangeOfABlockAsItWasWritten) {
  const auto store = Open();
  const std::string block = Bytes(3 * kPageBytes + 1234, 1);
  store->Write(KeyOf("a"), block, 5ms);
  const std::vector<std::size_t> edges = {
      0, 1, kPageBytes - 1, kPageBytes, kPageBytes + 1, 2 * kPageBytes, 3 * kPageBytes, block.size() - 1, block.size()};
  for (const auto from : edges) {
    for (const auto to : edges) {
      if (to < from) continue;
      SCOPED_TRACE(std::to_string(from) + " to " + std::to_string(to));
      EXPECT_EQ(Read(*store, KeyOf("a"), from, to - from), block.substr(from, to - from));
    }
  }
  EXPECT_EQ(Read(*store, KeyOf("b"), 0, 1), std::nullopt);
  EXPECT_EQ(Read(*store, KeyOf("a", 1), 0, 1), std::nullopt);
}

TEST_F(BlockStoreTest, TellsHowLongABlockTookToFetch) {
  const auto store = Open();
  store->Write(KeyOf("a"), std::string("12345"), 7ms);
  std::string into(2, '\0');
  BlockFacts facts;
  ASSERT_TRUE(store->Read(KeyOf("a"), 1, into, facts));
  EXPECT_EQ(facts.fetch_time, 7ms);
  EXPECT_EQ(facts.payload_bytes, 5);
}

TEST_F(BlockStoreTest, NamesAreReadBackAndNothingElseIs) {
  const auto key = KeyOf("x", 4711);
  EXPECT_EQ(KeyOfFileName(FileNameOf(key)), key);
  for (const std::string& name :
       std::vector<std::string>{"", ".writing-1-1", "abc", FileNameOf(key) + "x", "../../passwd"})
    EXPECT_EQ(KeyOfFileName(name), std::nullopt) << name;
}

TEST_F(BlockStoreTest, NoChangedByteIsEverGiven) {
  const std::string block = Bytes(kPageBytes + 100, 2);
  const auto whole = HeaderBytes(block.size()) + block.size();
  std::mt19937 random(3);
  constexpr std::size_t kPadding = 4000;
  std::vector<std::size_t> places = {0, 8, 40, 44, 48, 63, 64, 79, 87, kPadding, whole - 1, HeaderBytes(block.size())};
  for (int i = 0; i < 40; ++i) places.push_back(HeaderBytes(block.size()) + random() % block.size());
  for (const auto place : places) {
    SCOPED_TRACE("byte " + std::to_string(place));
    const auto store = Open();
    store->Write(KeyOf("a"), block, 1ms);
    {
      std::fstream file(Files().at(0), std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(place));
      const int byte = file.get();
      file.seekp(static_cast<std::streamoff>(place));
      file.put(static_cast<char>(byte ^ (1 << (random() % 8))));
    }
    const auto found = Read(*store, KeyOf("a"), 0, block.size());
    // What pads the header is part of nothing.
    EXPECT_TRUE(found == std::nullopt || found == block);
    EXPECT_EQ(found == std::nullopt, store->figures().damaged == 1);
    EXPECT_TRUE(place == kPadding || found == std::nullopt);
    std::filesystem::remove_all(folder_.path());
  }
}

TEST_F(BlockStoreTest, ABlockThatIsCutOffAnywhereIsNotThereAndItsFileGoes) {
  const std::string block = Bytes(2 * kPageBytes, 4);
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{64}, std::size_t{4095}, std::size_t{4096},
                                 4096 + kPageBytes, 4095 + 2 * kPageBytes}) {
    SCOPED_TRACE(size);
    const auto store = Open();
    store->Write(KeyOf("a"), block, 1ms);
    std::filesystem::resize_file(Files().at(0), size);
    EXPECT_EQ(Read(*store, KeyOf("a"), 0, block.size()), std::nullopt);
    EXPECT_TRUE(Files().empty());
    EXPECT_EQ(store->figures().damaged, 1);
    EXPECT_EQ(store->figures().bytes, 0);
  }
}

TEST_F(BlockStoreTest, ABlockUnderAnothersNameIsNotTakenForIt) {
  const auto store = Open();
  store->Write(KeyOf("a"), "of a", 1ms);
  const auto file = Files().at(0);
  const auto name = FileNameOf(KeyOf("b"));
  std::filesystem::create_directory(std::filesystem::path(folder_.path()) / name.substr(0, 2));
  std::filesystem::copy_file(file, std::filesystem::path(folder_.path()) / name.substr(0, 2) / name);
  EXPECT_EQ(Read(*store, KeyOf("b"), 0, 4), std::nullopt);
  EXPECT_EQ(Read(*store, KeyOf("a"), 0, 4), "of a");
}

TEST_F(BlockStoreTest, SurvivesBeingOpenedAgain) {
  Open()->Write(KeyOf("a"), "kept", 1ms);  // and nothing is said at the end, as when the process is killed
  const auto store = Open();
  EXPECT_EQ(store->figures().blocks, 1);
  EXPECT_EQ(Read(*store, KeyOf("a"), 0, 4), "kept");
}

TEST_F(BlockStoreTest, WhatAKilledProcessWasWritingIsNotABlockAndGoesInTime) {
  Open()->Write(KeyOf("a"), "kept", 1ms);
  const auto half = Files().at(0).parent_path() / ".writing-1-1";
  std::ofstream(half) << "half a block";
  const auto time = now_;
  struct timespec times[2] = {{.tv_sec = time.time_since_epoch().count() / 1'000'000'000, .tv_nsec = 0}, {}};
  times[1] = times[0];
  ASSERT_EQ(utimensat(AT_FDCWD, half.c_str(), times, 0), 0);
  EXPECT_EQ(Open()->figures().blocks, 1);
  EXPECT_TRUE(std::filesystem::exists(half));  // somebody may be at it
  now_ += 1h;
  EXPECT_EQ(Open()->figures().blocks, 1);
  EXPECT_FALSE(std::filesystem::exists(half));
}

constexpr std::size_t kBlock = 256 << 10;
constexpr std::size_t kFile = kBlock + 4096;

TEST_F(BlockStoreTest, WhatWasUsedLongestAgoMakesWayAndTheLimitHolds) {
  const auto store = Open(4 * kFile);
  for (const char* name : {"a", "b", "c", "d"}) {
    store->Write(KeyOf(name), Bytes(kBlock, 5), 1ms);
    now_ += 2min;
  }
  ASSERT_TRUE(Read(*store, KeyOf("a"), 0, 10));
  store->Write(KeyOf("e"), Bytes(kBlock, 6), 1ms);
  EXPECT_TRUE(Read(*store, KeyOf("a"), 0, 10));
  EXPECT_FALSE(Read(*store, KeyOf("b"), 0, 10));
  EXPECT_EQ(Files().size(), 4);
  EXPECT_EQ(store->figures().evicted, 1);
  EXPECT_LE(store->figures().bytes, 4 * kFile);
}

TEST_F(BlockStoreTest, TheOrderOfUseSurvivesBeingOpenedAgain) {
  {
    const auto store = Open(3 * kFile);
    for (const char* name : {"a", "b", "c"}) {
      store->Write(KeyOf(name), Bytes(kBlock, 5), 1ms);
      now_ += 2min;
    }
    ASSERT_TRUE(Read(*store, KeyOf("a"), 0, 10));
  }
  const auto store = Open(3 * kFile);
  store->Write(KeyOf("d"), Bytes(kBlock, 6), 1ms);
  EXPECT_TRUE(Read(*store, KeyOf("a"), 0, 10));
  EXPECT_FALSE(Read(*store, KeyOf("b"), 0, 10));
}

TEST_F(BlockStoreTest, ASmallerLimitHoldsForWhatIsThereAlready) {
  {
    const auto store = Open(8 * kFile);
    for (int i = 0; i < 8; ++i) store->Write(KeyOf("a", i), Bytes(kBlock, 5), 1ms);
  }
  const auto store = Open(2 * kFile);
  store->Write(KeyOf("b"), Bytes(kBlock, 6), 1ms);
  EXPECT_EQ(Files().size(), 2);
}

TEST_F(BlockStoreTest, SmallBlocksCountAsMoreThanTheyAre) {
  const auto store = Open(10 * kPageBytes);
  for (int i = 0; i < 100; ++i) store->Write(KeyOf("a", i), "small", 1ms);
  EXPECT_EQ(Files().size(), 10);
}

TEST_F(BlockStoreTest, ABlockLargerThanTheLimitIsNotKept) {
  const auto store = Open(kBlock / 2);
  store->Write(KeyOf("a"), Bytes(kBlock, 5), 1ms);
  EXPECT_TRUE(Files().empty());
  EXPECT_EQ(store->figures().write_failures, 1);
}

TEST_F(BlockStoreTest, TheReserveOfTheDiskStaysFree) {
  const auto store = Open(1 << 30);
  for (int i = 0; i < 4; ++i) store->Write(KeyOf("a", i), Bytes(kBlock, 5), 1ms);
  space_ = {.free_bytes = 5 * kFile, .total_bytes = 100 * kFile};  // of which a twentieth is 5
  store->Write(KeyOf("b"), Bytes(kBlock, 6), 1ms);
  EXPECT_TRUE(Read(*store, KeyOf("b"), 0, 10));
  EXPECT_EQ(Files().size(), 4);  // one made way
  space_.free_bytes = 0;
  store->Write(KeyOf("c"), Bytes(kBlock, 6), 1ms);
  EXPECT_TRUE(Files().empty());  // all did, for nothing
  EXPECT_EQ(store->figures().write_failures, 1);
}

TEST_F(BlockStoreTest, ADiskThatRefusedIsLeftAloneForAWhile) {
  const auto store = Open();
  space_.free_bytes = 0;
  store->Write(KeyOf("a"), "x", 1ms);
  space_.free_bytes = space_.total_bytes;
  store->Write(KeyOf("a"), "x", 1ms);
  EXPECT_TRUE(Files().empty());
  now_ += 11s;
  store->Write(KeyOf("a"), "x", 1ms);
  EXPECT_EQ(Files().size(), 1);
}

TEST_F(BlockStoreTest, ADeletedDirectoryIsMadeAgain) {
  const auto store = Open();
  store->Write(KeyOf("a"), "gone", 1ms);
  std::filesystem::remove_all(folder_.path());
  EXPECT_EQ(Read(*store, KeyOf("a"), 0, 4), std::nullopt);
  EXPECT_EQ(store->figures().bytes, 0);
  store->Write(KeyOf("a"), "back", 1ms);
  EXPECT_EQ(Read(*store, KeyOf("a"), 0, 4), "back");
  struct stat found{};
  ASSERT_EQ(stat(folder_.path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700);
}

TEST_F(BlockStoreTest, AFileInThePlaceOfTheDirectoryIsAnErrorAtTheStartAndALossLater) {
  const auto store = Open();
  std::filesystem::remove_all(folder_.path());
  std::ofstream(folder_.path()) << "not a directory";
  store->Write(KeyOf("a"), "x", 1ms);
  EXPECT_EQ(Read(*store, KeyOf("a"), 0, 1), std::nullopt);
  EXPECT_EQ(store->figures().write_failures, 1);
  const auto again = BlockStore::Open({.directory = folder_.path(), .limit_bytes = 1});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), ErrorCode::kIo);
}

TEST_F(BlockStoreTest, ADirectoryThatOthersMayWriteToIsNotBelieved) {
  std::filesystem::create_directory(folder_.path());
  ASSERT_EQ(chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_FALSE(BlockStore::Open({.directory = folder_.path(), .limit_bytes = 1}).ok());
  std::filesystem::remove(folder_.path());
  std::filesystem::create_symlink(std::filesystem::temp_directory_path(), folder_.path());
  EXPECT_FALSE(BlockStore::Open({.directory = folder_.path(), .limit_bytes = 1}).ok());
}

TEST_F(BlockStoreTest, ALinkInABlocksPlaceIsNotFollowed) {
  const auto store = Open();
  store->Write(KeyOf("a"), "x", 1ms);
  const auto file = Files().at(0);
  const auto elsewhere = std::filesystem::path(folder_.path()) / "elsewhere";
  std::filesystem::rename(file, elsewhere);
  std::filesystem::create_symlink(elsewhere, file);
  EXPECT_EQ(Read(*store, KeyOf("a"), 0, 1), std::nullopt);
}

TEST_F(BlockStoreTest, FilesAreForTheirOwnerOnly) {
  const auto store = Open();
  store->Write(KeyOf("a"), "x", 1ms);
  struct stat found{};
  ASSERT_EQ(stat(Files().at(0).c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600);
}

TEST_F(BlockStoreTest, TwoProcessesShareADirectoryAndItsLimit) {
  const auto one = Open(4 * kFile);
  const auto other = Open(4 * kFile);
  one->Write(KeyOf("a"), Bytes(kBlock, 5), 1ms);
  EXPECT_TRUE(Read(*other, KeyOf("a"), 0, 10));
  for (int i = 0; i < 3; ++i) one->Write(KeyOf("b", i), Bytes(kBlock, 5), 1ms);
  now_ += 6min;  // after which the other counts
  other->Write(KeyOf("c"), Bytes(kBlock, 5), 1ms);
  EXPECT_EQ(Files().size(), 4);
}

TEST_F(BlockStoreTest, ManyThreadsReadWriteAndEvictAtOnceAndSeeOnlyWholeBlocks) {
  const auto store = Open(6 * kFile);
  std::vector<std::string> blocks;
  for (std::uint32_t i = 0; i < 10; ++i) blocks.push_back(Bytes(kBlock, i));
  std::vector<std::thread> threads;
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 200; ++i) {
        const std::uint32_t index = random() % 10;
        if (const auto found = Read(*store, KeyOf("a", index), 0, kBlock)) {
          EXPECT_EQ(*found, blocks[index]);
        } else {
          store->Write(KeyOf("a", index), blocks[index], 1ms);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store->figures().damaged, 0);
  EXPECT_LE(Files().size(), 6);
  EXPECT_LE(store->figures().bytes, 6 * kFile);
}

}  // namespace
}  // namespace tavana::blockcache
