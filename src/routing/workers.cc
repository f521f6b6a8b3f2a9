#include "routing/workers.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <set>
#include <stop_token>

#include "net/address.h"
#include "observe/log.h"

namespace tavana::routing {
namespace {

constexpr const char* kDefaultPort = "50053";

/// The addresses that a name stands for; the name itself where it cannot be looked up now.
std::set<std::string> Resolve(const std::string& address) {
  const auto [host, port] = net::SplitHostAndPort(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::set<std::string> resolved;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return {address};
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    resolved.insert(each->ai_family == AF_INET6 ? "[" + std::string(text) + "]:" + port
                                                : std::string(text) + ":" + port);
  }
  freeaddrinfo(found);
  return resolved;
}

}  // namespace

Result<std::vector<std::string>> Workers::ParseAddresses(const std::string& text) {
  std::vector<std::string> addresses;
  for (const std::string& whole : net::SplitAddresses(text)) {
    std::string rest = whole;
    for (const char* scheme : {"http://", "https://", "grpc://", "grpc+tls://"}) {
      if (rest.starts_with(scheme)) {
        rest = rest.substr(std::string(scheme).size());
        break;
      }
    }
    while (rest.ends_with('/')) rest.pop_back();
    if (net::SplitHostAndPort(rest).port.empty() && !rest.ends_with(':')) rest += std::string(":") + kDefaultPort;
    const std::string port = rest.substr(rest.rfind(':') + 1);
    if (rest.find('/') != rest.npos || rest.starts_with(':') || port.empty() ||
        !std::ranges::all_of(port, [](unsigned char c) { return c >= '0' && c <= '9'; })) {
      return Error(ErrorCode::kInvalidParameter,
                   "\"" + whole + "\" is no address of a worker; one is http://host:port");
    }
    addresses.push_back(std::move(rest));
  }
  if (addresses.empty())
    return Error(ErrorCode::kInvalidParameter, "a gateway wants workers (WORKER_ADDR=http://host:port)");
  return addresses;
}

Workers::Workers(Options options) : options_(std::move(options)) {
  auto remote = options_.remote;
  remote.address = options_.home.empty() ? options_.addresses.front() : options_.home;
  home_ = remote::RemoteEngine::Connect(std::move(remote));
  all_.push_back(home_);
  Follow();
  follower_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, stop, options_.resolve, [] { return false; }) && !stop.stop_requested()) Follow();
  });
}

void Workers::Follow() {
  // The home is known by the address it was given; it is not to be there a second time under its number.
  std::map<std::string, std::string> wanted;  // address and the name that it came of
  const std::set<std::string> home = Resolve(home_->address());
  for (const auto& address : options_.addresses) {
    for (const auto& each : Resolve(address)) {
      if (!home.contains(each)) wanted.emplace(each, net::SplitHostAndPort(address).host);
    }
  }
  std::vector<std::shared_ptr<remote::RemoteEngine>> gone;
  const std::lock_guard lock(mutex_);
  std::erase_if(all_, [&](const auto& worker) {
    const bool goes = worker != home_ && wanted.erase(worker->address()) == 0;
    if (goes) gone.push_back(worker);  // its sessions keep it until they end
    return goes;
  });
  for (const auto& [address, name] : wanted) {
    auto remote = options_.remote;
    remote.address = address;
    remote.verified_name = name;
    all_.push_back(remote::RemoteEngine::Connect(std::move(remote)));
  }
}

std::vector<std::shared_ptr<remote::RemoteEngine>> Workers::Able() const {
  std::vector<std::shared_ptr<remote::RemoteEngine>> able;
  const std::lock_guard lock(mutex_);
  for (const auto& worker : all_) {
    if (worker->health().takes_sessions()) able.push_back(worker);
  }
  return able;
}

std::string Workers::WhyNone() const {
  return home_->health().reachable
             ? ""
             : "the worker at " + home_->address() + ", which holds the default catalog, is out of reach";
}

}  // namespace tavana::routing
