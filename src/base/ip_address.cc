#include "base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace tavana {
namespace {

struct Network {
  std::string_view address;
  int bits;
};

// IANA's registries of special-purpose addresses (iana.org/assignments/iana-ipv4-special-registry and -ipv6-), less
// what carries another address inside: that one is asked.
constexpr Network kPrivate[] = {
    {"0.0.0.0", 8},      {"10.0.0.0", 8},   {"100.64.0.0", 10},  {"127.0.0.0", 8},   {"172.16.0.0", 12},
    {"192.0.0.0", 24},   {"192.0.2.0", 24}, {"192.168.0.0", 16}, {"198.18.0.0", 15}, {"198.51.100.0", 24},
    {"203.0.113.0", 24}, {"224.0.0.0", 3},  {"::", 127},         {"100::", 64},      {"2001::", 23},
    {"2001:db8::", 32},  {"fc00::", 7},     {"fec0::", 10},      {"ff00::", 8},
};

constexpr Network kMetadata[] = {
    {"169.254.0.0", 16},     {"fe80::", 10}, {"fd00:ec2::254", 128},  // Amazon's, by IPv6
    {"100.100.100.200", 32},                                          // Alibaba's
    {"192.0.0.192", 32},                                              // Oracle's
    {"168.63.129.16", 32},                                            // Azure's host
};

bool IsMapped(const IpAddress& address) {
  constexpr std::array<std::uint8_t, 12> kPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kPrefix.begin(), kPrefix.end(), address.bytes.begin());
}

bool IsIn(const IpAddress& address, const Network& network) {
  const auto base = *ParseIpAddress(network.address);
  const bool is_v4 = network.address.find(':') == std::string_view::npos;
  if (is_v4 != IsMapped(address)) return false;
  int bits = network.bits + (is_v4 ? 96 : 0);
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    const auto mask = static_cast<std::uint8_t>(bits >= 8 ? 0xff : 0xff << (8 - bits));
    if ((address.bytes[i] & mask) != (base.bytes[i] & mask)) return false;
  }
  return true;
}

/// The IPv4 address that a translated IPv6 address leads to: NAT64, 6to4, and the form of ::a.b.c.d.
std::optional<IpAddress> Inside(const IpAddress& address) {
  const auto at = [&](std::size_t first) {
    std::array<std::uint8_t, 4> bytes{};
    std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(first), 4, bytes.begin());
    return Ipv4Address(bytes);
  };
  if (IsIn(address, {"64:ff9b::", 96}) || IsIn(address, {"64:ff9b:1::", 48})) return at(12);
  if (IsIn(address, {"2002::", 16})) return at(2);
  if (IsIn(address, {"::", 96}) && !IsIn(address, {"::", 127})) return at(12);
  return std::nullopt;
}

}  // namespace

IpAddress Ipv4Address(const std::array<std::uint8_t, 4>& bytes) {
  IpAddress address;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin() + 12);
  return address;
}

std::optional<IpAddress> ParseIpAddress(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string terminated(text.substr(0, text.find('%')));
  if (in_addr v4{}; inet_aton(terminated.c_str(), &v4) != 0) {
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4, bytes.size());
    return Ipv4Address(bytes);
  }
  IpAddress v6;
  if (inet_pton(AF_INET6, terminated.c_str(), v6.bytes.data()) == 1) return v6;
  return std::nullopt;
}

std::optional<IpAddress> IpAddressOf(const sockaddr* address, socklen_t length) {
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, bytes.size());
    return Ipv4Address(bytes);
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    IpAddress v6;
    std::memcpy(v6.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, v6.bytes.size());
    return v6;
  }
  return std::nullopt;
}

AddressKind KindOf(const IpAddress& address) {
  if (const auto inside = Inside(address)) return KindOf(*inside);
  const auto is_in = [&](const Network& network) { return IsIn(address, network); };
  if (std::ranges::any_of(kMetadata, is_in)) return AddressKind::kMetadata;
  return std::ranges::any_of(kPrivate, is_in) ? AddressKind::kPrivate : AddressKind::kPublic;
}

}  // namespace tavana
