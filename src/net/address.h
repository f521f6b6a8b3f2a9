#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Addresses as settings write them: host:port, [v6]:port, several with commas or blanks between.
namespace tavana::net {

/// The words of `text` between commas and blanks.
std::vector<std::string> SplitAddresses(std::string_view text);

struct HostAndPort {
  std::string host;  ///< without the brackets of an IPv6 address
  std::string port;  ///< empty: none is said
  bool operator==(const HostAndPort&) const = default;
};
HostAndPort SplitHostAndPort(std::string_view address);
/// "host:port", an IPv6 address in brackets.
std::string JoinHostAndPort(const std::string& host, std::uint16_t port);

/// Whether what is sent to `host` cannot leave this machine: localhost, or a loopback address (RFC 1122 section
/// 3.2.1.3, RFC 4291 section 2.5.3). No name is looked up.
bool IsThisMachine(const std::string& host);

/// An address that other machines may reach this one at: what its own name stands for, else the name.
std::string AddressOfThisMachine();

}  // namespace tavana::net
