#include "duckdb/cached_files.h"

#include <duckdb/main/client_data.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file speaks DuckDB's file systems and nothing else
using namespace std::chrono_literals;

struct Object {
  std::string content, tag;
  timestamp_t modified{0};
};

/// A file system of its own name over objects in memory, which counts what it is asked.
class Far : public FileSystem {
 public:
  struct Server {
    std::map<std::string, Object> objects;
    bool refuses = false;
    int opens = 0, reads = 0;
  };
  struct Handle : FileHandle {
    Handle(Far& files, const string& path, FileOpenFlags flags, Object object)
        : FileHandle(files, path, flags), object(std::move(object)) {}
    void Close() override {}
    const Object object;
    idx_t position = 0;
  };

  Far(std::string name, Server& server) : name_(std::move(name)), server_(server) {}

  std::string GetName() const override { return name_; }
  bool CanHandleFile(const string& path) override { return path.starts_with("far://"); }
  void Read(FileHandle& handle, void* buffer, int64_t bytes, idx_t location) override {
    ++server_.reads;
    const auto& now = server_.objects.at(handle.path);
    if (now.tag != Of(handle).object.tag) throw IOException("the object has changed");
    now.content.copy(static_cast<char*>(buffer), static_cast<std::size_t>(bytes), location);
  }
  int64_t Read(FileHandle& handle, void* buffer, int64_t bytes) override {
    auto& of = static_cast<Handle&>(handle);
    bytes = std::min<int64_t>(bytes, static_cast<int64_t>(of.object.content.size() - of.position));
    Read(handle, buffer, bytes, of.position);
    of.position += static_cast<idx_t>(bytes);
    return bytes;
  }
  int64_t GetFileSize(FileHandle& handle) override { return static_cast<int64_t>(Of(handle).object.content.size()); }
  string GetVersionTag(FileHandle& handle) override { return Of(handle).object.tag; }
  timestamp_t GetLastModifiedTime(FileHandle& handle) override { return Of(handle).object.modified; }
  FileType GetFileType(FileHandle&) override { return FileType::FILE_TYPE_REGULAR; }
  bool CanSeek() override { return true; }

 protected:
  unique_ptr<FileHandle> OpenFileExtended(const OpenFileInfo& file, FileOpenFlags flags,
                                          optional_ptr<FileOpener>) override {
    if (file.extended_info && file.extended_info->options.contains("etag"))
      return make_uniq<Handle>(*this, file.path, flags, server_.objects.at(file.path));  // nobody is asked
    ++server_.opens;
    if (server_.refuses) throw IOException("the server refuses");
    return make_uniq<Handle>(*this, file.path, flags, server_.objects.at(file.path));
  }
  bool SupportsOpenFileExtended() const override { return true; }

 private:
  static Handle& Of(FileHandle& handle) { return static_cast<Handle&>(handle); }
  const std::string name_;
  Server& server_;
};

class CachedFilesTest : public testing::Test {
 protected:
  CachedFilesTest() : connection_(database_) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tavana-blocks-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    cache_ = *blockcache::BlockCache::Open({.store = {.directory = folder_ + "/cache", .limit_bytes = 64 << 20},
                                            .block_bytes = 1 << 20,
                                            .parallel_requests = 2});
    Use("S3FileSystem");
    server_.objects["far://a"] = {.content = std::string(100'000, 'a'), .tag = "\"1\""};
  }
  ~CachedFilesTest() override { std::filesystem::remove_all(folder_); }

  void Use(const std::string& name) { files_ = ThroughCache(make_uniq<Far>(name, server_), cache_); }
  FileOpener& opener() { return *ClientData::Get(*connection_.context).file_opener; }
  /// As DuckDB reads in a query.
  unique_ptr<FileHandle> Open(FileOpenFlags flags = FileFlags::FILE_FLAGS_READ, bool listed = false) {
    OpenFileInfo info("far://a");
    if (listed) {
      info.extended_info = make_shared_ptr<ExtendedOpenFileInfo>();
      info.extended_info->options["etag"] = Value("\"1\"");
    }
    unique_ptr<FileHandle> opened;
    connection_.context->RunFunctionInTransaction([&] { opened = files_->OpenFile(info, flags, &opener()); });
    return opened;
  }
  static char First(FileHandle& handle) {
    char byte = 0;
    handle.Read(&byte, 1, 0);
    return byte;
  }
  /// Keeps the object's only block.
  void Fill() { First(*Open()); }

  DuckDB database_;
  Connection connection_;
  std::string folder_;
  std::shared_ptr<blockcache::BlockCache> cache_;
  Far::Server server_;
  unique_ptr<FileSystem> files_;
};

TEST_F(CachedFilesTest, BytesAreFetchedOnceAndEveryOpenAsks) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(First(*Open()), 'a');
  EXPECT_EQ(server_.reads, 1);
  EXPECT_EQ(server_.opens, 3);
}

TEST_F(CachedFilesTest, AListingIsNoProof) {
  Fill();
  (void)Open(FileFlags::FILE_FLAGS_READ, true);
  EXPECT_EQ(server_.opens, 2);
  server_.refuses = true;
  EXPECT_THROW((void)Open(FileFlags::FILE_FLAGS_READ, true), IOException);
}

TEST_F(CachedFilesTest, AHandleOfAnEarlierStatementAsksAgain) {
  const auto handle = Open();
  EXPECT_EQ(First(*handle), 'a');
  AskServersAnew(*connection_.context);
  connection_.context->RunFunctionInTransaction([&] { EXPECT_EQ(First(*handle), 'a'); });
  EXPECT_EQ(server_.opens, 2);
  server_.objects["far://a"] = {.content = std::string(100'000, 'b'), .tag = "\"2\""};
  AskServersAnew(*connection_.context);
  connection_.context->RunFunctionInTransaction([&] { EXPECT_THROW(First(*handle), IOException); });
  server_.refuses = true;
  AskServersAnew(*connection_.context);
  connection_.context->RunFunctionInTransaction([&] { EXPECT_THROW(First(*handle), IOException); });
  server_.refuses = false;
  EXPECT_EQ(First(*Open()), 'b');
}

TEST_F(CachedFilesTest, AnErrorIsTheOneOfTheFileSystemBelow) {
  const auto handle = Open();
  server_.objects["far://a"].tag = "\"2\"";
  try {
    First(*handle);
    FAIL() << "the object was read though it has changed";
  } catch (const IOException& exception) {
    EXPECT_NE(std::string(exception.what()).find("the object has changed"), std::string::npos);
  }
  EXPECT_EQ(cache_->figures().store.blocks, 0);
}

TEST_F(CachedFilesTest, AReadBeyondTheEndIsAnErrorAndOneUpToItIsShort) {
  const auto handle = Open();
  std::string into(10, ' ');
  EXPECT_THROW(handle->Read(into.data(), 10, 99'999), IOException);
  handle->Seek(99'995);
  EXPECT_EQ(handle->Read(into.data(), 10), 5);
  EXPECT_EQ(handle->SeekPosition(), 100'000);
  EXPECT_EQ(handle->Read(into.data(), 10), 0);
}

TEST_F(CachedFilesTest, WhatBelongsToNoSessionIsNotCached) {
  Fill();
  server_.reads = 0;
  EXPECT_EQ(First(*files_->OpenFile("far://a", FileFlags::FILE_FLAGS_READ, nullptr)), 'a');
  EXPECT_EQ(First(*Open(FileOpenFlags(FileOpenFlags::FILE_FLAGS_READ | FileOpenFlags::FILE_FLAGS_MULTI_CLIENT_ACCESS))),
            'a');
  EXPECT_EQ(server_.reads, 2);
}

TEST_F(CachedFilesTest, AnObjectWithoutAVersionIsReadPastTheCache) {
  for (const std::string tag : {"", "W/\"1\"", "\"\""}) {
    server_.objects["far://a"].tag = tag;
    EXPECT_EQ(First(*Open()), 'a');
  }
  EXPECT_EQ(cache_->figures().store.blocks, 0);
}

TEST_F(CachedFilesTest, AzuresFilesAreKeptOnceTheyWereLeftAloneForAWhile) {
  Use("AzureBlobStorageFileSystem");
  auto& object = server_.objects["far://a"];
  object.tag = "";
  object.modified = Timestamp::GetCurrentTimestamp();
  Fill();
  EXPECT_EQ(cache_->figures().store.blocks, 0);
  object.modified = timestamp_t(object.modified.value - 3'600'000'000);
  Fill();
  EXPECT_EQ(cache_->figures().store.blocks, 1);
  server_.reads = 0;
  Fill();
  EXPECT_EQ(server_.reads, 0);
}

TEST(VersionOf, IsTheTagWithoutItsQuotesAndNeverAWeakOne) {
  const std::chrono::system_clock::time_point now(1'000'000s);
  EXPECT_EQ(VersionOf("\"abc\"", {}, now, true), VersionOf("abc", {}, now, true));
  EXPECT_NE(VersionOf("\"abc\"", {}, now, true), VersionOf("\"abd\"", {}, now, true));
  EXPECT_EQ(VersionOf("W/\"abc\"", now - 1h, now, true), std::nullopt);
  EXPECT_EQ(VersionOf("", now - 1h, now, true), std::nullopt);
}

TEST(VersionOf, IsTheTimeOfTheLastChangeWhereThereAreNoTagsOnceThatIsAMinuteAgo) {
  const std::chrono::system_clock::time_point now(1'000'000s);
  EXPECT_NE(VersionOf("", now - 60s, now, false), std::nullopt);
  EXPECT_EQ(VersionOf("", now - 59s, now, false), std::nullopt);
  EXPECT_EQ(VersionOf("", now + 1h, now, false), std::nullopt);
  EXPECT_EQ(VersionOf("", {}, now, false), std::nullopt);
  EXPECT_NE(VersionOf("", now - 60s, now, false), VersionOf("", now - 61s, now, false));
}

}  // namespace
}  // namespace tavana::duckdb_engine
