#pragma once

#include <duckdb.hpp>
#include <duckdb/common/virtual_file_system.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "blockcache/block_cache.h"
#include "duckdb/reach.h"

namespace tavana::duckdb_engine {

/// What one connection may reach. One that an extension opens for itself may reach what the policy gives a role
/// without a name (guarded_libraries.h), one of the engine's own everything.
class SessionReach : public ::duckdb::ClientContextState {
 public:
  SessionReach(std::shared_ptr<const ReachPolicy> policy, std::string role, Resolver resolver)
      : policy_(std::move(policy)), role_(std::move(role)), resolver_(std::move(resolver)) {}

  /// Of `context`; null when it has none.
  static ::duckdb::shared_ptr<SessionReach> Find(::duckdb::ClientContext& context);
  static void Put(::duckdb::ClientContext& context, ::duckdb::shared_ptr<SessionReach> reach);
  /// Lets `context` reach everything: the engine's own work.
  static void OpenAll(::duckdb::ClientContext& context);

  Status Path(const std::string& path, PathKind kind) const;
  Status Host(const std::string& host_or_url) const;
  /// Whether nothing is closed: then libraries may open what they like.
  bool all() const;

 private:
  std::shared_ptr<const ReachPolicy> policy_;  // null: everything is open
  std::string role_;
  Resolver resolver_;
};

/// DuckDB's file system, which asks what the connection of each call may reach. What DuckDB does on its own (its
/// database files, spilling) has no connection and is not asked; ATTACH is, where it is a statement. Remote files that
/// may be reached are then read through the block cache.
class GuardedFiles : public ::duckdb::VirtualFileSystem {
 public:
  /// `cache` may be null.
  explicit GuardedFiles(std::shared_ptr<blockcache::BlockCache> cache);

  using VirtualFileSystem::RegisterSubSystem;
  void RegisterSubSystem(::duckdb::unique_ptr<::duckdb::FileSystem> files) override;

  bool DirectoryExists(const std::string& directory, ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  void CreateDirectory(const std::string& directory, ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  void RemoveDirectory(const std::string& directory, ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  void MoveFile(const std::string& source, const std::string& target,
                ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  bool FileExists(const std::string& file, ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  bool IsPipe(const std::string& file, ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  void RemoveFile(const std::string& file, ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  bool TryRemoveFile(const std::string& file, ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  void RemoveFiles(const ::duckdb::vector<std::string>& files,
                   ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;

 protected:
  ::duckdb::unique_ptr<::duckdb::FileHandle> OpenFileExtended(
      const ::duckdb::OpenFileInfo& file, ::duckdb::FileOpenFlags flags,
      ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  bool ListFilesExtended(const std::string& directory,
                         const std::function<void(::duckdb::OpenFileInfo& info)>& callback,
                         ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;
  ::duckdb::unique_ptr<::duckdb::MultiFileList> GlobFilesExtended(
      const std::string& path, const ::duckdb::FileGlobInput& input,
      ::duckdb::optional_ptr<::duckdb::FileOpener> opener) override;

 private:
  static void Ask(const std::string& path, ::duckdb::optional_ptr<::duckdb::FileOpener> opener,
                  PathKind kind = PathKind::kFile);

  std::shared_ptr<blockcache::BlockCache> cache_;
};

}  // namespace tavana::duckdb_engine
