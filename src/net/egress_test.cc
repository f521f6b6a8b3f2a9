#include "net/egress.h"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace tavana::net {
namespace {

/// A listening socket of 127.0.0.1.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    socklen_t size = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { close(socket_); }
  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

/// 0 or errno.
int Connect(std::uint16_t port, int type = SOCK_STREAM) {
  const int socket = ::socket(AF_INET, type, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int result = connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
  const int problem = result == 0 ? 0 : errno;
  close(socket);
  return problem;
}

TEST(Egress, OpensPrivateAddressesByNameAndPortOnly) {
  const Listener opened, closed;
  EXPECT_EQ(Connect(closed.port()), 0);
  GuardConnections({.private_networks = false, .allowed = {"localhost:" + std::to_string(opened.port())}});
  EXPECT_EQ(Connect(opened.port()), 0);
  EXPECT_EQ(Connect(closed.port()), EACCES);
  EXPECT_EQ(Connect(closed.port(), SOCK_DGRAM), 0) << "names are asked for by datagrams";
  GuardConnections({.private_networks = true, .allowed = {}});
  EXPECT_EQ(Connect(closed.port()), 0);
}

}  // namespace
}  // namespace tavana::net
