#include "gateway/pg/cancel_forwarder.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>

#include "net/address.h"
#include "observe/log.h"

namespace tavana::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kPatience{2};  // a cancel that comes later is of no use (chosen)

/// Sends `packet` and waits until the peer has read it and hung up, as PostgreSQL's clients do.
asio::awaitable<bool> Send(std::shared_ptr<tcp::socket> socket, tcp::endpoint endpoint, std::string packet) {
  boost::system::error_code failure;
  auto token = asio::redirect_error(asio::use_awaitable, failure);
  co_await socket->async_connect(endpoint, token);
  if (failure) co_return false;
  const auto bytes = asio::buffer(packet);
  co_await asio::async_write(*socket, bytes, token);
  if (failure) co_return false;
  std::array<char, 1> nothing{};
  const auto into = asio::buffer(nothing);
  co_await socket->async_read_some(into, token);
  co_return failure == asio::error::eof;
}

}  // namespace

void CancelForwarder::Forward(const pgwire::CancelRequest& cancel) {
  const std::string packet = pgwire::EncodeForwardedCancel(cancel);
  for (const std::string& peer : peers_) {
    if (forwards_.fetch_add(1) >= kMaxForwards) {
      forwards_.fetch_sub(1);
      return;
    }
    const auto strand = asio::make_strand(executor_);
    asio::co_spawn(strand, ForwardTo(shared_from_this(), peer, packet), asio::detached);
  }
}

asio::awaitable<void> CancelForwarder::ForwardTo(std::shared_ptr<CancelForwarder> self, std::string peer,
                                                 std::string packet) {
  const auto executor = co_await asio::this_coro::executor;
  boost::system::error_code failure;
  auto token = asio::redirect_error(asio::use_awaitable, failure);
  const auto [host, port] = net::SplitHostAndPort(peer);
  tcp::resolver resolver(executor);
  const auto found = co_await resolver.async_resolve(host, port, token);
  bool heard = false;
  for (const auto& entry : found) {
    const auto socket = std::make_shared<tcp::socket>(executor);
    const auto deadline = std::make_shared<asio::steady_timer>(executor, kPatience);
    deadline->async_wait([socket](const boost::system::error_code& moved) {
      boost::system::error_code ignored;
      if (!moved) socket->close(ignored);
    });
    const bool sent = co_await Send(socket, entry.endpoint(), packet);
    deadline->cancel();
    heard = heard || sent;
  }
  if (!heard) observe::Log(observe::LogLevel::kWarn, "a cancel did not reach another gateway", {{"peer", peer}});
  self->forwards_.fetch_sub(1);
}

}  // namespace tavana::gateway
