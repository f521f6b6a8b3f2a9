#include "duckdb/cached_files.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <duckdb/catalog/catalog_transaction.hpp>
#include <duckdb/common/file_opener.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/secret/secret_manager.hpp>
#include <exception>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file speaks DuckDB's file systems and nothing else
using blockcache::BlockCache;

constexpr std::array<std::string_view, 5> kRemote = {"HTTPFileSystem", "HuggingFaceFileSystem", "S3FileSystem",
                                                     "AzureBlobStorageFileSystem", "AzureDfsStorageFileSystem"};
constexpr const char* kStateName = "tavana_block_cache";
/// Under this name httpfs keeps what HEAD said of the files of a connection, until a query ends.
constexpr const char* kHttpMetadata = "http_cache";
constexpr const char* kRegion = "s3_region";  // what httpfs calls it in listings
constexpr auto kLeftAlone = std::chrono::seconds(60);

/// Of each connection: how often it was told to ask anew.
class Askings : public ClientContextState {
 public:
  static ::duckdb::shared_ptr<Askings> Of(ClientContext& context) {
    return context.registered_state->GetOrCreate<Askings>(kStateName);
  }
  std::uint64_t current() const { return current_.load(std::memory_order_relaxed); }
  void AskAnew() { current_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> current_ = 0;
};

bool IsOn(optional_ptr<FileOpener> opener, const char* setting, bool otherwise) {
  Value value;
  if (!FileOpener::TryGetCurrentSetting(opener, setting, value) || value.IsNull()) return otherwise;
  return value.GetValue<bool>();
}

bool IsCredential(const std::string& key) {
  constexpr std::array<std::string_view, 9> kCredentials = {"key_id",       "secret",        "session_token",
                                                            "bearer_token", "access_token",  "refresh_info",
                                                            "client_id",    "client_secret", "tenant_id"};
  return std::ranges::find(kCredentials, key) != kCredentials.end();
}

/// A connection string of Azure without what proves who one is.
std::string WithoutKeys(const std::string& connection) {
  std::string kept;
  for (const auto& part : StringUtil::Split(connection, ";")) {
    const std::string lower = StringUtil::Lower(part);
    if (!lower.starts_with("accountkey=") && !lower.starts_with("sharedaccesssignature=")) kept += part + ";";
  }
  return kept;
}

/// Where the requests for `path` go: two sessions that ask different servers for one URL share nothing. Nothing when
/// that cannot be told, or when the answer may be somebody else's (a proxy) or depend on who asks (headers, tokens).
std::optional<std::vector<std::string>> OriginOf(const std::string& path, FileOpener& opener) {
  std::vector<std::string> origin;
  auto manager = FileOpener::TryGetSecretManager(opener);
  const auto transaction = FileOpener::TryGetCatalogTransaction(opener);
  if (!manager || !transaction) return std::nullopt;
  for (const char* type : {"http", "bearer", "huggingface"})
    if (manager->LookupSecret(*transaction, path, type).HasMatch()) return std::nullopt;
  if (path.starts_with("http://") || path.starts_with("https://") || path.starts_with("hf://")) return origin;
  // Such a query names keys and servers of its own.
  if (!path.starts_with("az") && !path.starts_with("abfs") && path.find('?') != std::string::npos) return std::nullopt;
  for (const char* type : {"s3", "r2", "gcs", "aws", "azure"}) {
    auto match = manager->LookupSecret(*transaction, path, type);
    if (!match.HasMatch()) continue;
    const auto* known = dynamic_cast<const KeyValueSecret*>(match.secret_entry->secret.get());
    if (known == nullptr) return std::nullopt;
    origin.insert(origin.end(), {type, known->GetProvider()});
    std::vector<std::string> entries;
    for (const auto& [key, value] : known->secret_map) {
      const std::string name = StringUtil::Lower(key);
      if (value.IsNull() || value.ToString().empty() || IsCredential(name)) continue;
      if (name.find("proxy") != std::string::npos) return std::nullopt;
      entries.push_back(name + "=" + (name == "connection_string" ? WithoutKeys(value.ToString()) : value.ToString()));
    }
    std::ranges::sort(entries);
    origin.insert(origin.end(), entries.begin(), entries.end());
  }
  for (const char* setting : {"s3_endpoint", "s3_region", "s3_url_style", "s3_use_ssl", "azure_account_name",
                              "azure_endpoint", "azure_http_proxy"}) {
    Value value;
    if (FileOpener::TryGetCurrentSetting(opener, setting, value) && !value.IsNull())
      origin.push_back(std::string(setting) + "=" + value.ToString());
  }
  return origin;
}

std::chrono::system_clock::time_point TimeOf(timestamp_t timestamp) {
  if (!Timestamp::IsFinite(timestamp)) return {};
  return std::chrono::system_clock::time_point(std::chrono::microseconds(Timestamp::GetEpochMicroSeconds(timestamp)));
}

/// Which file, without what a listing has said of it but the region of its bucket.
OpenFileInfo WithoutListing(const OpenFileInfo& file) {
  OpenFileInfo bare(file.path);
  if (!file.extended_info) return bare;
  const auto region = file.extended_info->options.find(kRegion);
  if (region == file.extended_info->options.end()) return bare;
  bare.extended_info = make_shared_ptr<ExtendedOpenFileInfo>();
  bare.extended_info->options[kRegion] = region->second;
  return bare;
}

/// A file of the inner file system that was opened by a request of its own, and which version the server said it has.
struct Opened {
  unique_ptr<FileHandle> handle;
  std::string version;  ///< empty: nothing tells
  std::uint64_t size_bytes = 0;
};

/// The handle that the blocks come from. Keeps the error of the last fetch that failed, as DuckDB's own type.
class HandleSource : public blockcache::Source {
 public:
  /// `context` outlives it.
  HandleSource(unique_ptr<FileHandle> handle, const ClientContext& context)
      : handle_(std::move(handle)), context_(context) {}

  bool Fetch(std::uint64_t offset, std::span<char> into) override {
    try {
      handle_->file_system.Read(*handle_, into.data(), static_cast<int64_t>(into.size()), offset);
      return true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      return false;
    }
  }
  bool cancelled() const override { return context_.interrupted; }
  [[noreturn]] void Throw() {
    if (cancelled()) throw InterruptException();
    const std::lock_guard lock(mutex_);
    if (error_) std::rethrow_exception(error_);
    throw IOException("\"%s\" could not be read", handle_->path);
  }
  FileHandle& handle() { return *handle_; }

 private:
  unique_ptr<FileHandle> handle_;
  const ClientContext& context_;
  std::mutex mutex_;
  std::exception_ptr error_;
};

class CachedFiles;

class CachedHandle : public FileHandle {
 public:
  CachedHandle(CachedFiles& files, const OpenFileInfo& bare, FileOpenFlags flags, Opened opened,
               const blockcache::ObjectDigest& digest, BlockCache& cache, ClientContext& context, FileOpener& opener);

  void Close() override {}
  void Read(void* buffer, int64_t bytes, idx_t location);

  idx_t position = 0;
  const std::uint64_t size_bytes;
  FileHandle& inner() { return source_.handle(); }

 private:
  /// Asks the server again when the connection was told to since: what is read is what is there, and the session may
  /// still read it.
  void Prove();

  const OpenFileInfo bare_;
  const std::string version_;
  FileOpener& opener_;
  ::duckdb::shared_ptr<Askings> askings_;
  std::mutex proof_mutex_;
  std::uint64_t proved_in_;
  HandleSource source_;
  blockcache::CachedObject object_;  // last: goes before its source
};

class CachedFiles : public FileSystem {
 public:
  CachedFiles(unique_ptr<FileSystem> inner, std::shared_ptr<BlockCache> cache)
      : inner_(std::move(inner)), cache_(std::move(cache)) {}

  /// With a request for this file alone (WithoutListing): a listing says what is there, not that it may be read.
  Opened Ask(const OpenFileInfo& bare, FileOpenFlags flags, FileOpener& opener) {
    Opened opened;
    opened.handle = inner_->OpenFile(bare, flags, opener);
    if (!opened.handle) return opened;
    const auto size = inner_->GetFileSize(*opened.handle);
    opened.size_bytes = size < 0 ? 0 : static_cast<std::uint64_t>(size);
    if (size < 0 || inner_->GetFileType(*opened.handle) == FileType::FILE_TYPE_DIR) return opened;
    opened.version =
        VersionOf(inner_->GetVersionTag(*opened.handle), TimeOf(inner_->GetLastModifiedTime(*opened.handle)),
                  std::chrono::system_clock::now(), !GetName().starts_with("Azure"))
            .value_or("");
    return opened;
  }

  // ---- handles, ours or of the inner file system: DuckDB gives both to the file system that opened them

  void Read(FileHandle& handle, void* buffer, int64_t bytes, idx_t location) override {
    if (auto* const cached = Mine(handle)) return cached->Read(buffer, bytes, location);
    inner_->Read(handle, buffer, bytes, location);
  }
  int64_t Read(FileHandle& handle, void* buffer, int64_t bytes) override {
    auto* const cached = Mine(handle);
    if (cached == nullptr) return inner_->Read(handle, buffer, bytes);
    const auto left = cached->size_bytes - std::min<std::uint64_t>(cached->position, cached->size_bytes);
    const auto read = std::min<int64_t>(bytes, static_cast<int64_t>(left));
    cached->Read(buffer, read, cached->position);
    cached->position += static_cast<idx_t>(read);
    return read;
  }
  void Seek(FileHandle& handle, idx_t location) override {
    if (auto* const cached = Mine(handle)) {
      cached->position = location;
    } else {
      inner_->Seek(handle, location);
    }
  }
  void Reset(FileHandle& handle) override { Seek(handle, 0); }
  idx_t SeekPosition(FileHandle& handle) override {
    const auto* const cached = Mine(handle);
    return cached != nullptr ? cached->position : inner_->SeekPosition(handle);
  }
  int64_t GetFileSize(FileHandle& handle) override { return inner_->GetFileSize(Inner(handle)); }
  timestamp_t GetLastModifiedTime(FileHandle& handle) override { return inner_->GetLastModifiedTime(Inner(handle)); }
  string GetVersionTag(FileHandle& handle) override { return inner_->GetVersionTag(Inner(handle)); }
  FileType GetFileType(FileHandle& handle) override { return inner_->GetFileType(Inner(handle)); }
  FileMetadata Stats(FileHandle& handle) override { return inner_->Stats(Inner(handle)); }
  bool OnDiskFile(FileHandle& handle) override { return inner_->OnDiskFile(Inner(handle)); }
  bool CanSeek() override { return inner_->CanSeek(); }
  void Write(FileHandle& handle, void* buffer, int64_t bytes, idx_t location) override {
    inner_->Write(Inner(handle), buffer, bytes, location);
  }
  int64_t Write(FileHandle& handle, void* buffer, int64_t bytes) override {
    return inner_->Write(Inner(handle), buffer, bytes);
  }
  void Truncate(FileHandle& handle, int64_t size) override { inner_->Truncate(Inner(handle), size); }
  void FileSync(FileHandle& handle) override { inner_->FileSync(Inner(handle)); }

  // ---- everything else is the inner one's

  bool DirectoryExists(const string& path, optional_ptr<FileOpener> opener) override {
    return inner_->DirectoryExists(path, opener);
  }
  void CreateDirectory(const string& path, optional_ptr<FileOpener> opener) override {
    inner_->CreateDirectory(path, opener);
  }
  void CreateDirectoriesRecursive(const string& path, optional_ptr<FileOpener> opener) override {
    inner_->CreateDirectoriesRecursive(path, opener);
  }
  void RemoveDirectory(const string& path, optional_ptr<FileOpener> opener) override {
    inner_->RemoveDirectory(path, opener);
  }
  void MoveFile(const string& source, const string& target, optional_ptr<FileOpener> opener) override {
    inner_->MoveFile(source, target, opener);
  }
  bool FileExists(const string& path, optional_ptr<FileOpener> opener) override {
    return inner_->FileExists(path, opener);
  }
  bool IsPipe(const string& path, optional_ptr<FileOpener> opener) override { return inner_->IsPipe(path, opener); }
  void RemoveFile(const string& path, optional_ptr<FileOpener> opener) override { inner_->RemoveFile(path, opener); }
  bool TryRemoveFile(const string& path, optional_ptr<FileOpener> opener) override {
    return inner_->TryRemoveFile(path, opener);
  }
  void RemoveFiles(const vector<string>& paths, optional_ptr<FileOpener> opener) override {
    inner_->RemoveFiles(paths, opener);
  }
  string PathSeparator(const string& path) override { return inner_->PathSeparator(path); }
  bool IsPathAbsolute(const string& path) override { return inner_->IsPathAbsolute(path); }
  string ExpandPath(const string& path) override { return inner_->ExpandPath(path); }
  bool CanHandleFile(const string& path) override { return inner_->CanHandleFile(path); }
  bool IsManuallySet() override { return inner_->IsManuallySet(); }
  std::string GetName() const override { return inner_->GetName(); }
  string CanonicalizePath(const string& path, optional_ptr<FileOpener> opener) override {
    return inner_->CanonicalizePath(path, opener);
  }
  vector<OpenFileInfo> Glob(const string& path, FileOpener* opener) override { return inner_->Glob(path, opener); }

 protected:
  unique_ptr<FileHandle> OpenFileExtended(const OpenFileInfo& file, FileOpenFlags flags,
                                          optional_ptr<FileOpener> opener) override;
  bool SupportsOpenFileExtended() const override { return true; }
  bool ListFilesExtended(const string& directory, const std::function<void(OpenFileInfo& info)>& callback,
                         optional_ptr<FileOpener> opener) override {
    return inner_->ListFiles(directory, callback, opener);
  }
  bool SupportsListFilesExtended() const override { return true; }
  unique_ptr<MultiFileList> GlobFilesExtended(const string& path, const FileGlobInput& input,
                                              optional_ptr<FileOpener> opener) override {
    return inner_->Glob(path, input, opener);
  }
  bool SupportsGlobExtended() const override { return true; }

 private:
  CachedHandle* Mine(FileHandle& handle) {
    return &handle.file_system == this ? &static_cast<CachedHandle&>(handle) : nullptr;
  }
  FileHandle& Inner(FileHandle& handle) {
    auto* const cached = Mine(handle);
    return cached != nullptr ? cached->inner() : handle;
  }

  unique_ptr<FileSystem> inner_;
  std::shared_ptr<BlockCache> cache_;
};

// Blocks are fetched by several threads, and whole.
constexpr FileOpenFlags kFetchFlags{FileOpenFlags::FILE_FLAGS_READ | FileOpenFlags::FILE_FLAGS_PARALLEL_ACCESS |
                                    FileOpenFlags::FILE_FLAGS_DIRECT_IO};

unique_ptr<FileHandle> CachedFiles::OpenFileExtended(const OpenFileInfo& file, FileOpenFlags flags,
                                                     optional_ptr<FileOpener> opener) {
  auto context = FileOpener::TryGetClientContext(opener);
  // With httpfs's cache of metadata for all sessions, an open asks nobody; with the others, a block may be of another
  // version than the open said, or the whole file is fetched anyway.
  const bool asks = flags.OpenForReading() && !flags.OpenForWriting() && !flags.MultiClientAccess() && context &&
                    IsOn(opener, kBlockCacheSetting, true) && !IsOn(opener, "enable_http_metadata_cache", false) &&
                    !IsOn(opener, "unsafe_disable_etag_checks", false) && !IsOn(opener, "force_download", false);
  const auto origin = asks ? OriginOf(file.path, *opener) : std::nullopt;
  if (!origin) return inner_->OpenFile(file, flags, opener);
  FileOpenFlags fetch_flags = kFetchFlags;
  if (flags.ReturnNullIfNotExists()) fetch_flags |= FileOpenFlags(FileOpenFlags::FILE_FLAGS_NULL_IF_NOT_EXISTS);
  const OpenFileInfo bare = WithoutListing(file);
  auto opened = Ask(bare, fetch_flags, *opener);
  if (!opened.handle) return nullptr;
  if (opened.version.empty()) return inner_->OpenFile(file, flags, opener);
  std::vector<std::string> parts = {GetName(), file.path, opened.version, std::to_string(opened.size_bytes),
                                    std::to_string(cache_->block_bytes())};
  if (bare.extended_info) parts.push_back(bare.extended_info->options.at(kRegion).ToString());
  parts.insert(parts.end(), origin->begin(), origin->end());
  return make_uniq<CachedHandle>(*this, bare, flags, std::move(opened), blockcache::DigestOf(parts), *cache_, *context,
                                 *opener);
}

CachedHandle::CachedHandle(CachedFiles& files, const OpenFileInfo& bare, FileOpenFlags open_flags, Opened opened,
                           const blockcache::ObjectDigest& digest, BlockCache& cache, ClientContext& context,
                           FileOpener& opener)
    : FileHandle(files, opened.handle->path, open_flags),
      size_bytes(opened.size_bytes),
      bare_(bare),
      version_(std::move(opened.version)),
      opener_(opener),
      askings_(Askings::Of(context)),
      proved_in_(askings_->current()),
      source_(std::move(opened.handle), context),
      object_(cache, source_, digest, size_bytes) {}

void CachedHandle::Prove() {
  const std::lock_guard lock(proof_mutex_);
  const auto now = askings_->current();
  if (proved_in_ == now) return;
  const auto again = static_cast<CachedFiles&>(file_system).Ask(bare_, kFetchFlags, opener_);
  if (again.version != version_ || again.size_bytes != size_bytes)
    throw IOException("\"%s\" has changed while it was read; run the statement again", path);
  proved_in_ = now;
}

void CachedHandle::Read(void* buffer, int64_t bytes, idx_t location) {
  if (bytes <= 0) return;
  Prove();
  const auto wanted = static_cast<std::uint64_t>(bytes);
  if (location > size_bytes || wanted > size_bytes - location) {
    throw IOException("\"%s\" has %llu bytes; %llu from %llu on are not there", path, size_bytes, wanted,
                      std::uint64_t{location});
  }
  if (!object_.Read(location, {static_cast<char*>(buffer), wanted})) source_.Throw();
}

}  // namespace

bool IsRemote(const FileSystem& files) { return std::ranges::find(kRemote, files.GetName()) != kRemote.end(); }

std::optional<std::string> VersionOf(const std::string& tag, std::chrono::system_clock::time_point modified,
                                     std::chrono::system_clock::time_point now, bool has_tags) {
  if (has_tags) {
    // Weak tags are alike for contents that only mean the same (RFC 9110, 8.8.1).
    if (tag.empty() || tag.starts_with("W/")) return std::nullopt;
    const bool is_quoted = tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
    const auto inside = is_quoted ? tag.substr(1, tag.size() - 2) : tag;
    return inside.empty() ? std::nullopt : std::optional("tag " + inside);
  }
  if (modified <= std::chrono::system_clock::time_point{} || now - modified < kLeftAlone) return std::nullopt;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(modified.time_since_epoch()).count();
  return "time " + std::to_string(micros);
}

void AskServersAnew(ClientContext& context) {
  Askings::Of(context)->AskAnew();
  // It forgets at the end of each query; there is no other way to say so.
  if (const auto http = context.registered_state->Get<ClientContextState>(kHttpMetadata)) http->QueryEnd(context);
}

unique_ptr<FileSystem> ThroughCache(unique_ptr<FileSystem> remote, std::shared_ptr<BlockCache> cache) {
  return make_uniq<CachedFiles>(std::move(remote), std::move(cache));
}

}  // namespace tavana::duckdb_engine
