#include "net/address.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <utility>

namespace tavana::net {

std::vector<std::string> SplitAddresses(std::string_view text) {
  constexpr std::string_view kBetween = ", \t\r\n";
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(kBetween); at != text.npos; at = text.find_first_not_of(kBetween, at)) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

HostAndPort SplitHostAndPort(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const bool has_port = colon != address.npos && address.find(']', colon) == address.npos;
  std::string_view host = address.substr(0, has_port ? colon : address.npos);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), has_port ? std::string(address.substr(colon + 1)) : ""};
}

std::string JoinHostAndPort(const std::string& host, std::uint16_t port) {
  const bool is_v6 = host.find(':') != host.npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool IsThisMachine(const std::string& host) {
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(host, not_an_address);
  return not_an_address ? host == "localhost" : address.is_loopback();
}

std::string AddressOfThisMachine() {
  boost::system::error_code problem;
  const std::string name = boost::asio::ip::host_name(problem);
  boost::asio::io_context io;
  const auto found = boost::asio::ip::tcp::resolver(io).resolve(name, "", problem);
  return problem || found.empty() ? name : found.begin()->endpoint().address().to_string();
}

}  // namespace tavana::net
