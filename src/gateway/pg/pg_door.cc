#include "gateway/pg/pg_door.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include "gateway/pg/pg_session.h"
#include "gateway/session_services.h"

namespace tavana::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Nothing of ours throws: what comes here is a bug, and a session must not vanish in silence with its slot.
void EndLoudly(std::exception_ptr escaped) {
  if (escaped != nullptr) std::rethrow_exception(escaped);
}

// As many as the kernel lets wait (net.core.somaxconn is 4096 since Linux 5.4): a burst must not see resets.
constexpr int kBacklog = 4096;
// Connections beyond max_connections that may be told so at one time; the next are closed unread (chosen: a burst of
// a few thousand is answered, a flood costs nothing).
constexpr int kRefusalsAtOnce = 4096;

}  // namespace

class PgDoor::Impl : public std::enable_shared_from_this<PgDoor::Impl> {
 public:
  Impl(asio::io_context& io, engine::Engine& engine, observe::Metrics& metrics, Authenticator& authenticator,
       net::TlsServer* tls, const PgDoorOptions& options)
      : io_(io), acceptor_(io), services_(engine, metrics, authenticator, tls, options) {
    if (!options.peers.empty()) {
      services_.forwarder = std::make_shared<CancelForwarder>(io.get_executor(), options.peers);
    }
  }

  Status Open() {
    boost::system::error_code failure;
    const auto address = asio::ip::make_address(services_.options.bind_address, failure);
    if (failure) {
      return Error(ErrorCode::kInvalidParameter,
                   fmt::format("\"{}\" is not an address", services_.options.bind_address));
    }
    const tcp::endpoint endpoint(address, services_.options.port);
    acceptor_.open(endpoint.protocol(), failure);
    if (!failure) acceptor_.set_option(asio::socket_base::reuse_address(true), failure);
    if (!failure) acceptor_.bind(endpoint, failure);
    if (!failure) acceptor_.listen(kBacklog, failure);
    if (failure) {
      return Error(ErrorCode::kIo,
                   fmt::format("cannot listen for PostgreSQL clients on {}:{}: {}", services_.options.bind_address,
                               services_.options.port, failure.message()));
    }
    asio::co_spawn(io_, Accept(shared_from_this()), asio::detached);
    return Status::Ok();
  }

  asio::awaitable<void> Accept(std::shared_ptr<Impl> self) {
    for (;;) {
      boost::system::error_code failure;
      auto token = asio::redirect_error(asio::use_awaitable, failure);
      auto strand = asio::make_strand(io_);
      tcp::socket socket(strand);
      co_await acceptor_.async_accept(socket, token);
      if (!acceptor_.is_open()) co_return;
      if (failure) {  // out of descriptors, or the peer is gone again: go on, but not in a hot loop
        asio::steady_timer pause(io_, std::chrono::milliseconds(10));
        co_await pause.async_wait(token);
        continue;
      }
      {
        const std::lock_guard lock(services_.connections_mutex);
        if (services_.connections >= services_.options.max_connections + kRefusalsAtOnce) continue;
        ++services_.connections;
      }
      services_.metrics.ConnectionOpened();
      auto connection = std::make_shared<net::Connection>(std::move(socket));
      auto session = std::make_shared<PgSession>(std::move(connection), services_);
      asio::co_spawn(strand, RunSession(self, std::move(session)), EndLoudly);
    }
  }

  static asio::awaitable<void> RunSession(std::shared_ptr<Impl> self, std::shared_ptr<PgSession> session) {
    co_await session->Run();
    session.reset();
    self->services_.metrics.ConnectionClosed();
    const std::lock_guard lock(self->services_.connections_mutex);
    --self->services_.connections;
    self->services_.connections_changed.notify_all();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  SessionServices& services() { return services_; }

  void Close() {
    services_.accepting = false;
    asio::post(io_, [self = shared_from_this()] {
      boost::system::error_code ignored;
      self->acceptor_.close(ignored);
    });
    const Error why(ErrorCode::kShuttingDown, "terminating connection due to administrator command");
    std::unique_lock lock(services_.connections_mutex);
    while (services_.connections > 0) {
      lock.unlock();
      for (const auto& session : services_.registry.All()) session->End(why);
      lock.lock();
      // Sessions still in their startup are not in the registry yet: ask again.
      const auto outcome = services_.connections_changed.wait_for(lock, std::chrono::milliseconds(100));
      if (outcome == std::cv_status::timeout && ++close_rounds_ > kCloseRounds) return;
    }
  }

 private:
  // A statement that can not be interrupted is not waited for longer than this many times 100 ms.
  static constexpr int kCloseRounds = 50;

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  SessionServices services_;
  int close_rounds_ = 0;
};

Result<std::unique_ptr<PgDoor>> PgDoor::Listen(asio::io_context& io, engine::Engine& engine, observe::Metrics& metrics,
                                               Authenticator& authenticator, net::TlsServer* tls,
                                               const PgDoorOptions& options) {
  auto impl = std::make_shared<Impl>(io, engine, metrics, authenticator, tls, options);
  TAVANA_RETURN_IF_ERROR(impl->Open());
  return std::unique_ptr<PgDoor>(new PgDoor(std::move(impl)));
}

PgDoor::~PgDoor() = default;

std::uint16_t PgDoor::port() const { return impl_->port(); }

void PgDoor::StopAccepting() { impl_->services().accepting = false; }

bool PgDoor::idle() const {
  auto& admission = impl_->services().admission;
  return admission.running() == 0 && admission.waiting() == 0;
}

void PgDoor::CancelRunning() {
  for (const auto& session : impl_->services().registry.All()) {
    session->CancelStatement(Error(ErrorCode::kShuttingDown, "terminating connection due to administrator command"));
  }
}

void PgDoor::Close() { impl_->Close(); }

SessionServices& PgDoor::services() { return impl_->services(); }

}  // namespace tavana::gateway
