#include "net/egress.h"

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "base/ip_address.h"

namespace tavana::net {
namespace {

using std::chrono::steady_clock;

// How long the addresses of a name are taken for true; a name of a service in a cluster moves seldom (chosen).
constexpr auto kResolvedFor = std::chrono::seconds(5);

struct Peer {
  IpAddress address;
  std::uint16_t port = 0;
  bool operator==(const Peer&) const = default;
};

std::optional<Peer> PeerOf(const sockaddr* address, socklen_t length) {
  const auto ip = IpAddressOf(address, length);
  if (!ip) return std::nullopt;
  in_port_t port = 0;  // both families have it at the same place
  std::memcpy(&port, &reinterpret_cast<const sockaddr_in*>(address)->sin_port, sizeof port);
  return Peer{*ip, ntohs(port)};
}

std::vector<Peer> Resolve(const std::string& endpoint) {
  const auto colon = endpoint.rfind(':');
  std::string host = endpoint.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo* found = nullptr;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  std::vector<Peer> peers;
  if (getaddrinfo(host.c_str(), endpoint.c_str() + colon + 1, &wanted, &found) != 0) return peers;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (auto peer = PeerOf(each->ai_addr, each->ai_addrlen)) peers.push_back(*peer);
  }
  freeaddrinfo(found);
  return peers;
}

class Guard {
 public:
  explicit Guard(EgressPolicy policy) : policy_(std::move(policy)) {}

  bool Allows(const Peer& peer) {
    const auto kind = KindOf(peer.address);
    if (kind == AddressKind::kPublic || (kind == AddressKind::kPrivate && policy_.private_networks)) return true;
    const std::lock_guard lock(mutex_);
    if (!resolved_at_ || steady_clock::now() - *resolved_at_ > kResolvedFor) {
      opened_.clear();
      for (const auto& endpoint : policy_.allowed) std::ranges::copy(Resolve(endpoint), std::back_inserter(opened_));
      resolved_at_ = steady_clock::now();
    }
    return std::ranges::find(opened_, peer) != opened_.end();
  }

 private:
  const EgressPolicy policy_;
  std::mutex mutex_;
  std::vector<Peer> opened_;
  std::optional<steady_clock::time_point> resolved_at_;
};

static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));

std::atomic<Guard*> guard = nullptr;  // lives as long as the process

bool IsStream(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

}  // namespace

void GuardConnections(EgressPolicy policy) { guard.store(new Guard(std::move(policy)), std::memory_order_release); }

}  // namespace tavana::net

// In place of the C library's, for this program and every library that it loads.
extern "C" __attribute__((visibility("default"))) int connect(int socket, const sockaddr* address, socklen_t length) {
  using Connect = int (*)(int, const sockaddr*, socklen_t);
  static const auto next = reinterpret_cast<Connect>(dlsym(RTLD_NEXT, "connect"));
  auto* const asked = tavana::net::guard.load(std::memory_order_acquire);
  if (asked != nullptr && address != nullptr) {
    const auto peer = tavana::net::PeerOf(address, length);
    if (peer && tavana::net::IsStream(socket) && !asked->Allows(*peer)) {
      errno = EACCES;
      return -1;
    }
  }
  return next(socket, address, length);
}
