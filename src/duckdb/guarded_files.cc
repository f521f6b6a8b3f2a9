#include "duckdb/guarded_files.h"

#include <duckdb/common/file_opener.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>

#include "duckdb/cached_files.h"
#include "duckdb/errors.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file speaks DuckDB's file systems and nothing else

constexpr const char* kStateName = "tavana_reach";

}  // namespace

::duckdb::shared_ptr<SessionReach> SessionReach::Find(ClientContext& context) {
  return context.registered_state->Get<SessionReach>(kStateName);
}
void SessionReach::Put(ClientContext& context, ::duckdb::shared_ptr<SessionReach> reach) {
  context.registered_state->Remove(kStateName);
  context.registered_state->Insert(kStateName, std::move(reach));
}
void SessionReach::OpenAll(ClientContext& context) {
  Put(context, make_shared_ptr<SessionReach>(nullptr, std::string(), Resolver()));
}

Status SessionReach::Path(const std::string& path, PathKind kind) const {
  return policy_ == nullptr ? Status::Ok() : MayReach(*policy_, role_, path, kind, resolver_);
}
Status SessionReach::Host(const std::string& host_or_url) const {
  return policy_ == nullptr ? Status::Ok() : MayConnect(*policy_, role_, host_or_url, resolver_);
}
bool SessionReach::all() const { return policy_ == nullptr || ReachesAll(*policy_, role_); }

GuardedFiles::GuardedFiles(std::shared_ptr<blockcache::BlockCache> cache)
    : VirtualFileSystem(FileSystem::CreateLocal()), cache_(std::move(cache)) {}

void GuardedFiles::RegisterSubSystem(unique_ptr<FileSystem> files) {
  if (cache_ && IsRemote(*files)) files = ThroughCache(std::move(files), cache_);
  VirtualFileSystem::RegisterSubSystem(std::move(files));
}

void GuardedFiles::Ask(const std::string& path, optional_ptr<FileOpener> opener, PathKind kind) {
  auto context = FileOpener::TryGetClientContext(opener);
  const auto reach = context ? SessionReach::Find(*context) : nullptr;
  if (!reach) return;
  const auto allowed = reach->Path(path, kind);
  if (!allowed.ok()) ThrowToDuckDb(allowed.error());
}

bool GuardedFiles::DirectoryExists(const std::string& directory, optional_ptr<FileOpener> opener) {
  Ask(directory, opener);
  return VirtualFileSystem::DirectoryExists(directory, opener);
}
void GuardedFiles::CreateDirectory(const std::string& directory, optional_ptr<FileOpener> opener) {
  Ask(directory, opener, PathKind::kWritten);
  VirtualFileSystem::CreateDirectory(directory, opener);
}
void GuardedFiles::RemoveDirectory(const std::string& directory, optional_ptr<FileOpener> opener) {
  Ask(directory, opener, PathKind::kWritten);
  VirtualFileSystem::RemoveDirectory(directory, opener);
}
void GuardedFiles::MoveFile(const std::string& source, const std::string& target, optional_ptr<FileOpener> opener) {
  Ask(source, opener, PathKind::kWritten);
  Ask(target, opener, PathKind::kWritten);
  VirtualFileSystem::MoveFile(source, target, opener);
}
bool GuardedFiles::FileExists(const std::string& file, optional_ptr<FileOpener> opener) {
  Ask(file, opener);
  return VirtualFileSystem::FileExists(file, opener);
}
bool GuardedFiles::IsPipe(const std::string& file, optional_ptr<FileOpener> opener) {
  Ask(file, opener);
  return VirtualFileSystem::IsPipe(file, opener);
}
void GuardedFiles::RemoveFile(const std::string& file, optional_ptr<FileOpener> opener) {
  Ask(file, opener, PathKind::kWritten);
  VirtualFileSystem::RemoveFile(file, opener);
}
bool GuardedFiles::TryRemoveFile(const std::string& file, optional_ptr<FileOpener> opener) {
  Ask(file, opener, PathKind::kWritten);
  return VirtualFileSystem::TryRemoveFile(file, opener);
}
void GuardedFiles::RemoveFiles(const vector<std::string>& files, optional_ptr<FileOpener> opener) {
  for (const auto& file : files) Ask(file, opener, PathKind::kWritten);
  VirtualFileSystem::RemoveFiles(files, opener);
}

unique_ptr<FileHandle> GuardedFiles::OpenFileExtended(const OpenFileInfo& file, FileOpenFlags flags,
                                                      optional_ptr<FileOpener> opener) {
  Ask(file.path, opener, flags.OpenForWriting() ? PathKind::kWritten : PathKind::kFile);
  return VirtualFileSystem::OpenFileExtended(file, flags, opener);
}
bool GuardedFiles::ListFilesExtended(const std::string& directory,
                                     const std::function<void(OpenFileInfo& info)>& callback,
                                     optional_ptr<FileOpener> opener) {
  Ask(directory, opener);
  return VirtualFileSystem::ListFilesExtended(directory, callback, opener);
}
unique_ptr<MultiFileList> GuardedFiles::GlobFilesExtended(const std::string& path, const FileGlobInput& input,
                                                          optional_ptr<FileOpener> opener) {
  Ask(path, opener, PathKind::kPattern);
  return VirtualFileSystem::GlobFilesExtended(path, input, opener);
}

}  // namespace tavana::duckdb_engine
