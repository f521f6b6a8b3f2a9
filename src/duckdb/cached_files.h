#pragma once

#include <chrono>
#include <duckdb.hpp>
#include <duckdb/common/file_system.hpp>
#include <memory>
#include <optional>
#include <string>

#include "blockcache/block_cache.h"

namespace tavana::duckdb_engine {

/// The setting of a session that reads past the cache, and fills it with nothing.
inline constexpr const char* kBlockCacheSetting = "tavana_block_cache";

/// Whether files of this file system of DuckDB's are far away, and worth keeping near.
bool IsRemote(const ::duckdb::FileSystem& files);

/// What tells two states of one object apart; nothing when nothing does, and then it is not cached. `tag` is its ETag
/// as the server said it. Azure's file system has none: there it is the time of the last change, which has whole
/// seconds, so that an object must have been left alone for a minute (chosen: clocks differ by less).
std::optional<std::string> VersionOf(const std::string& tag, std::chrono::system_clock::time_point modified,
                                     std::chrono::system_clock::time_point now, bool has_tags);

/// What servers have said of remote files is forgotten: the connection asks for it again. Called where a statement is
/// planned, and where one is executed that was planned some time ago. Nothing runs on the connection meanwhile.
void AskServersAnew(::duckdb::ClientContext& context);

/// `remote`, read through `cache`. Every open asks the server itself, with the credentials of the connection that
/// opens: what it may not read, or what is gone, it is not given however well it is cached, and what the server calls
/// its version is what is read. Connections that belong to no session are not cached, nor is what another than the
/// server could have answered (proxies of a session, headers of its own).
::duckdb::unique_ptr<::duckdb::FileSystem> ThroughCache(::duckdb::unique_ptr<::duckdb::FileSystem> remote,
                                                        std::shared_ptr<blockcache::BlockCache> cache);

}  // namespace tavana::duckdb_engine
