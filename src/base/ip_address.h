#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tavana {

/// IPv6, or IPv4 as IPv6 maps it (::ffff:a.b.c.d).
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const IpAddress&) const = default;
};

/// What an address leads to.
enum class AddressKind : std::uint8_t {
  kPublic,
  kPrivate,   ///< this machine, networks that are nobody's on the internet, reserved and multicast addresses
  kMetadata,  ///< where clouds tell a machine who it is, and everything else that is link-local
};
AddressKind KindOf(const IpAddress& address);

/// Every spelling of an address that a resolver takes without asking a name server: dotted, with fewer parts, decimal,
/// octal, hexadecimal, IPv6 with or without brackets and zone. Nothing for a name.
std::optional<IpAddress> ParseIpAddress(std::string_view text);

/// Of a socket's or a resolver's answer; nothing for another family.
std::optional<IpAddress> IpAddressOf(const sockaddr* address, socklen_t length);

/// Of the four bytes of an IPv4 address.
IpAddress Ipv4Address(const std::array<std::uint8_t, 4>& bytes);

}  // namespace tavana
