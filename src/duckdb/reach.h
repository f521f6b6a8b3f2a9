#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace tavana::duckdb_engine {

/// What sessions may reach outside of DuckDB. A prefix is a directory or a URL ("/data", "s3://sales/2026",
/// "https://10.1.2.3:9000/"); it opens what stands below it, and one with a host opens that host.
struct ReachPolicy {
  bool local = false;                  ///< files of this machine, and hosts of private networks
  bool external = true;                ///< whatever no prefix opens: false leaves the prefixes alone
  std::vector<std::string> allowed;    ///< prefixes that everybody may reach
  std::vector<std::string> readable;   ///< directories that everybody may read: the server's extensions
  std::vector<std::string> endpoints;  ///< host:port of the server's own storage
  std::vector<std::string> closed;     ///< files and directories of the server itself
  /// Roles that reach nothing but these prefixes and `allowed`; "*" stands for the roles without an entry.
  std::map<std::string, std::vector<std::string>, std::less<>> of_roles;
};

/// The addresses of a host's name; empty when there are none.
using Resolver = std::function<std::vector<IpAddress>(const std::string& host)>;
/// By the system, each name at most once in 10 s. From any thread.
Resolver SystemResolver();

/// host:port of a host, a host with its port, or a URL; 80 after http://, else 443 where no port is said.
std::string EndpointOf(const std::string& host_or_url);

enum class PathKind : std::uint8_t { kFile, kWritten, kPattern };

/// The policy with the one spelling of each prefix that the decisions below compare: links in directories are followed
/// now, and not again.
ReachPolicy Resolved(ReachPolicy policy);

/// Whether `role` may reach `path`: as DuckDB's file systems read it, links followed. kPermissionDenied says what an
/// administrator sets.
Status MayReach(const ReachPolicy& policy, std::string_view role, const std::string& path, PathKind kind,
                const Resolver& resolver);

/// Whether `role` may connect to `host` ("name", "name:port", a URL).
Status MayConnect(const ReachPolicy& policy, std::string_view role, const std::string& host, const Resolver& resolver);

/// Whether `role` may use what only a library outside of this policy's sight opens, because nothing is closed to it.
bool ReachesAll(const ReachPolicy& policy, std::string_view role);

}  // namespace tavana::duckdb_engine
