#include "duckdb/reach.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace tavana::duckdb_engine {
namespace {

using namespace std::chrono_literals;

/// As DuckDB's file systems claim them: anything else is a file.
constexpr std::array kSchemes = {
    std::pair{"http://", "http://"},  std::pair{"https://", "https://"}, std::pair{"s3://", "s3://"},
    std::pair{"s3a://", "s3://"},     std::pair{"s3n://", "s3://"},      std::pair{"gs://", "gs://"},
    std::pair{"gcs://", "gs://"},     std::pair{"r2://", "r2://"},       std::pair{"hf://", "hf://"},
    std::pair{"az://", "az://"},      std::pair{"azure://", "az://"},    std::pair{"abfs://", "abfss://"},
    std::pair{"abfss://", "abfss://"}};

constexpr std::array kNeverFiles = {"/proc", "/sys", "/dev"};

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char each) { return std::tolower(each); });
  return text;
}

/// `path` with one spelling for each scheme; nothing for a file.
std::optional<std::string> AsUrl(const std::string& path) {
  for (const auto& [spelling, scheme] : kSchemes)
    if (path.starts_with(spelling)) return scheme + path.substr(std::strlen(spelling));
  return std::nullopt;
}

std::string AuthorityOf(const std::string& url) {
  const auto start = url.find("://") + 3;
  const std::string authority = url.substr(start, url.find_first_of("/?#", start) - start);
  const auto at = authority.rfind('@');
  return at == std::string::npos ? authority : authority.substr(at + 1);
}

}  // namespace

std::string EndpointOf(const std::string& host_or_url) {
  const bool is_url = host_or_url.find("://") != std::string::npos;
  std::string authority = Lower(is_url ? AuthorityOf(host_or_url) : host_or_url.substr(0, host_or_url.find('/')));
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && authority.find(']', colon) == std::string::npos &&
                        (authority.starts_with('[') || authority.find(':') == colon);
  if (!has_port && authority.find(':') != std::string::npos && !authority.starts_with('['))
    authority = "[" + authority + "]";  // an IPv6 address
  if (has_port) return authority;
  return authority + (host_or_url.starts_with("http://") ? ":80" : ":443");
}

namespace {

std::string HostOf(const std::string& endpoint) {
  std::string host = endpoint.substr(0, endpoint.rfind(':'));
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool HasOnlyOf(const std::string& text, std::string_view more) {
  return std::ranges::all_of(text, [&](unsigned char each) {
    return std::isalnum(each) != 0 || more.find(static_cast<char>(each)) != std::string_view::npos;
  });
}

bool IsBelow(const std::string& path, std::string directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  if (!path.starts_with(directory)) return false;
  return directory == "/" || path.size() == directory.size() || path[directory.size()] == '/';
}

/// Without its "file:" in any of the spellings that DuckDB and Delta take.
std::string WithoutFileScheme(const std::string& path) {
  if (!Lower(path.substr(0, 5)).starts_with("file:")) return path;
  std::string rest = path.substr(5);
  if (rest.starts_with("//localhost/")) rest.erase(0, 11);
  return rest;
}

/// The file that `path` leads to, links followed; nothing when that can not be known.
std::optional<std::string> FileOf(const std::string& path) {
  std::string text = WithoutFileScheme(path);
  if (text.starts_with('~')) {
    const char* home = std::getenv("HOME");
    text = (home == nullptr ? "" : home) + text.substr(1);
  }
  std::error_code problem;
  auto file = std::filesystem::absolute(text.empty() ? "." : text, problem);
  if (!problem) file = std::filesystem::weakly_canonical(file, problem);
  if (problem) return std::nullopt;
  std::string name = file.lexically_normal().string();
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  return name;
}

/// The directory that everything a pattern matches is below.
std::string Unpatterned(const std::string& pattern) {
  const auto wild = pattern.find_first_of("*?[{");
  if (wild == std::string::npos) return pattern;
  const auto slash = pattern.rfind('/', wild);
  return slash == std::string::npos ? "." : pattern.substr(0, std::max<std::size_t>(slash, 1));
}

bool ClimbsAfterPattern(const std::string& pattern) {
  const auto wild = pattern.find_first_of("*?[{");
  return wild != std::string::npos && pattern.find("..", wild) != std::string::npos;
}

std::string Decoded(const std::string& text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) {
      return at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at])) != 0;
    };
    if (text[i] == '%' && digit(i + 1) && digit(i + 2)) {
      decoded += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

/// Whether a server, or a client on the way, may read the path as that of something else.
bool HasDotSegments(const std::string& url) {
  const std::string path = Decoded(url.substr(0, url.find('?')));
  for (std::size_t at = path.find("://") + 3; at != std::string::npos; at = path.find('/', at)) {
    if (path[at] == '/') ++at;
    const std::string segment = path.substr(at, path.find('/', at) - at);
    if (segment == "." || segment == "..") return true;
  }
  return path.find('\\') != std::string::npos;
}

std::string Shown(const std::string& path) {
  const auto end = AsUrl(path) ? path.find('?') : std::string::npos;  // a query may hold a token
  std::string text = path.substr(0, std::min<std::size_t>(end, 200));
  const auto scheme = text.find("://");
  const auto at = text.find('@');
  if (text.starts_with("http") && scheme != std::string::npos && at < text.find('/', scheme + 3))
    text.erase(scheme + 3, at - scheme - 2);  // and so may what stands before the host
  return text;
}

class Decision {
 public:
  Decision(const ReachPolicy& policy, std::string_view role, const Resolver& resolver)
      : policy_(policy), resolver_(resolver) {
    auto found = policy.of_roles.find(role);
    if (found == policy.of_roles.end()) found = policy.of_roles.find("*");
    if (found != policy.of_roles.end()) of_role_ = &found->second;
  }

  /// Whether only prefixes open anything.
  bool limited() const { return of_role_ != nullptr || !policy_.external; }

  Status File(const std::string& path, PathKind kind) const {
    if (kind == PathKind::kPattern && ClimbsAfterPattern(path)) return Refused(path);
    const auto file = FileOf(kind == PathKind::kPattern ? Unpatterned(path) : path);
    if (!file) return Refused(path);
    for (const char* never : kNeverFiles)
      if (IsBelow(*file, never) && !Opened(*file, never)) return Refused(path);
    for (const auto& closed : policy_.closed)
      if (IsBelow(*file, closed)) return Refused(path);
    const auto is_above = [&](const std::string& directory) { return IsBelow(*file, directory); };
    if (kind != PathKind::kWritten && std::ranges::any_of(policy_.readable, is_above)) return Status::Ok();
    if (Opened(*file, "") || (policy_.local && !limited())) return Status::Ok();
    return Refused(path);
  }

  Status Url(const std::string& path, const std::string& url) const {
    const bool opened = OpenedUrl(url);
    if (limited() && (!opened || HasDotSegments(url))) return Refused(path);
    // httpfs takes another server, and keys, from the query of such a URL.
    const auto query = url.find('?');
    if (!url.starts_with("http") && query != std::string::npos &&
        Lower(Decoded(url.substr(query))).find("endpoint") != std::string::npos)
      return Refused(path);
    const auto start = url.find("://") + 3;
    const bool is_bucket = url.starts_with("s3://") || url.starts_with("gs://") || url.starts_with("r2://");
    // It becomes a part of a host's name.
    if (is_bucket && !HasOnlyOf(url.substr(start, url.find('/', start) - start), ".-_*")) return Refused(path);
    const std::string authority = AuthorityOf(url);
    const bool names_host = url.starts_with("http") || url.find('@') < url.find('/', url.find("://") + 3) ||
                            (url.starts_with("az://") && authority.find_first_of(".:") != std::string::npos);
    if (!names_host || opened) return Status::Ok();
    return Host(url.starts_with("http://") ? "http://" + authority : authority, Shown(path));
  }

  Status Host(const std::string& host_or_url, const std::string& shown) const {
    const std::string endpoint = EndpointOf(host_or_url);
    if (!HasOnlyOf(endpoint, ".-_:[]%")) return Refused(shown);
    if (std::ranges::find(policy_.endpoints, endpoint) != policy_.endpoints.end() || OpenedHost(endpoint))
      return Status::Ok();
    if (limited()) return Refused(shown);
    std::vector<IpAddress> addresses;
    if (const auto literal = ParseIpAddress(HostOf(endpoint))) {
      addresses.push_back(*literal);
    } else if (resolver_) {
      addresses = resolver_(HostOf(endpoint));
    }
    for (const auto& address : addresses) {
      const auto kind = KindOf(address);
      if (kind == AddressKind::kMetadata || (kind == AddressKind::kPrivate && !policy_.local)) return Refused(shown);
    }
    return Status::Ok();
  }

 private:
  template <typename Test>
  bool AnyPrefix(const Test& test) const {
    return std::ranges::any_of(policy_.allowed, test) || (of_role_ != nullptr && std::ranges::any_of(*of_role_, test));
  }

  /// By a directory that is itself below `inside`.
  bool Opened(const std::string& file, const std::string& inside) const {
    return AnyPrefix([&](const std::string& prefix) {
      return prefix.starts_with('/') && IsBelow(file, prefix) && (inside.empty() || IsBelow(prefix, inside));
    });
  }

  bool OpenedUrl(const std::string& url) const {
    return AnyPrefix([&](const std::string& prefix) { return !prefix.starts_with('/') && IsBelow(url, prefix); });
  }

  bool OpenedHost(const std::string& endpoint) const {
    return AnyPrefix([&](const std::string& prefix) {
      const bool names_host =
          prefix.starts_with("http://") || prefix.starts_with("https://") || prefix.starts_with("tcp://");
      return names_host && EndpointOf(prefix) == endpoint;
    });
  }

  static Error Refused(const std::string& path) {
    return Error(ErrorCode::kPermissionDenied, "permission denied: \"" + Shown(path) + "\" is closed to this session")
        .WithHint("An administrator opens directories and URL prefixes with TAVANA_ALLOWED_DIRECTORIES.");
  }

  const ReachPolicy& policy_;
  const Resolver& resolver_;
  const std::vector<std::string>* of_role_ = nullptr;  // null: not limited by role
};

std::vector<IpAddress> ResolveNow(const std::string& host) {
  addrinfo* found = nullptr;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  std::vector<IpAddress> addresses;
  if (getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (const auto address = IpAddressOf(each->ai_addr, each->ai_addrlen)) addresses.push_back(*address);
  }
  freeaddrinfo(found);
  return addresses;
}

}  // namespace

Resolver SystemResolver() {
  static constexpr auto kKept = 10s;
  static constexpr std::size_t kNames = 256;  // chosen: more hosts than one lake has
  struct Known {
    std::mutex mutex;
    std::map<std::string, std::pair<std::chrono::steady_clock::time_point, std::vector<IpAddress>>> names;
  };
  return [known = std::make_shared<Known>()](const std::string& host) {
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(known->mutex);
      const auto found = known->names.find(host);
      if (found != known->names.end() && now - found->second.first < kKept) return found->second.second;
    }
    auto addresses = ResolveNow(host);
    const std::lock_guard lock(known->mutex);
    if (known->names.size() >= kNames) known->names.clear();
    known->names[host] = {now, addresses};
    return addresses;
  };
}

ReachPolicy Resolved(ReachPolicy policy) {
  const auto resolve = [](std::vector<std::string>& paths) {
    for (auto& path : paths) {
      if (auto url = AsUrl(path)) {
        path = *std::move(url);
      } else if (!path.starts_with("tcp://")) {
        path = FileOf(path).value_or(path);
      }
    }
  };
  resolve(policy.allowed);
  resolve(policy.readable);
  resolve(policy.closed);
  for (auto& [role, prefixes] : policy.of_roles) resolve(prefixes);
  return policy;
}

Status MayReach(const ReachPolicy& policy, std::string_view role, const std::string& path, PathKind kind,
                const Resolver& resolver) {
  const Decision decision(policy, role, resolver);
  if (path.find('\0') != std::string::npos) return Error(ErrorCode::kInvalidParameter, "a path has no zero byte");
  const auto url = AsUrl(path);
  return url ? decision.Url(path, *url) : decision.File(path, kind);
}

Status MayConnect(const ReachPolicy& policy, std::string_view role, const std::string& host, const Resolver& resolver) {
  return Decision(policy, role, resolver).Host(host, Shown(host));
}

bool ReachesAll(const ReachPolicy& policy, std::string_view role) {
  return policy.local && !Decision(policy, role, {}).limited();
}

}  // namespace tavana::duckdb_engine
