#include "gateway/http/http_door.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <chrono>
#include <string_view>
#include <utility>

namespace tavana::gateway::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

using Request = beast::http::request<beast::http::string_body>;
using Response = beast::http::response<beast::http::string_body>;
using beast::http::status;

// Probes and scrapers send a few hundred bytes and no body (chosen, with room for a proxy's headers).
constexpr std::uint32_t kMaxHeaderBytes = 8 << 10;
constexpr std::uint64_t kMaxBodyBytes = 1 << 10;
// For one request to arrive and one answer to leave; also how long a connection may sit idle (chosen).
constexpr auto kRequestTimeout = 10s;
// Far above the probes and scrapers of one process (chosen); more are closed at once.
constexpr int kMaxConnections = 64;
// Pause after a failed accept, e.g. without file descriptors, so as not to spin (chosen).
constexpr auto kAcceptPause = 100ms;

Response Answer(const Request& request, status code, std::string_view type, std::string body) {
  Response response{code, request.version()};
  response.set(beast::http::field::content_type, beast::string_view(type.data(), type.size()));
  response.set(beast::http::field::cache_control, "no-store");
  if (code == status::method_not_allowed) response.set(beast::http::field::allow, "GET");
  response.keep_alive(request.keep_alive());
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

/// The reasons are ours, yet a quote in one must not break the JSON.
std::string ReadyBody(const std::optional<std::string>& reason) {
  if (!reason) return "{\"ready\":true}\n";
  std::string escaped;
  for (const char c : *reason) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return "{\"ready\":false,\"reason\":\"" + escaped + "\"}\n";
}

Response Route(const Request& request, const HttpDependencies& dependencies) {
  constexpr std::string_view kText = "text/plain; charset=utf-8";
  if (request.method() != beast::http::verb::get) {
    return Answer(request, status::method_not_allowed, kText, "only GET\n");
  }
  std::string_view path(request.target().data(), request.target().size());
  path = path.substr(0, path.find('?'));
  if (path == "/health") {
    const bool healthy = dependencies.healthy();
    return Answer(request, healthy ? status::ok : status::service_unavailable, kText,
                  healthy ? "ok\n" : "engine failed\n");
  }
  if (path == "/ready") {
    const auto reason = dependencies.not_ready_reason();
    return Answer(request, reason ? status::service_unavailable : status::ok, "application/json", ReadyBody(reason));
  }
  if (path == "/metrics") {
    return Answer(request, status::ok, "text/plain; version=0.0.4; charset=utf-8", dependencies.metrics());
  }
  if (path == "/") return Answer(request, status::ok, kText, "tavana: see /health, /ready and /metrics\n");
  return Answer(request, status::not_found, kText, "not found\n");
}

}  // namespace

class HttpDoor::Impl {
 public:
  Impl(asio::io_context& io, HttpDependencies dependencies)
      : io_(io), acceptor_(asio::make_strand(io)), dependencies_(std::move(dependencies)) {}

  Status Bind(const tcp::endpoint& endpoint);
  static asio::awaitable<void> Accept(std::shared_ptr<Impl> self);
  static asio::awaitable<void> Serve(std::shared_ptr<Impl> self, tcp::socket socket);

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  HttpDependencies dependencies_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
};

Status HttpDoor::Impl::Bind(const tcp::endpoint& endpoint) {
  error_code problem;
  acceptor_.open(endpoint.protocol(), problem);
  if (!problem) acceptor_.set_option(tcp::acceptor::reuse_address(true), problem);
  if (!problem) acceptor_.bind(endpoint, problem);
  if (!problem) acceptor_.listen(asio::socket_base::max_listen_connections, problem);
  if (problem) {
    return Error(ErrorCode::kIo, "HTTP cannot listen on " + endpoint.address().to_string() + ":" +
                                     std::to_string(endpoint.port()) + ": " + problem.message());
  }
  port_ = acceptor_.local_endpoint().port();
  return Status::Ok();
}

asio::awaitable<void> HttpDoor::Impl::Accept(std::shared_ptr<Impl> self) {
  error_code problem;
  auto token = asio::redirect_error(asio::use_awaitable, problem);
  asio::steady_timer pause(self->acceptor_.get_executor());
  while (!self->stopping_) {
    tcp::socket socket(asio::make_strand(self->io_));
    co_await self->acceptor_.async_accept(socket, token);
    if (problem && !self->stopping_) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(token);
      continue;
    }
    if (problem || self->connections_ >= kMaxConnections) continue;  // the socket's destructor closes it
    ++self->connections_;
    const auto strand = socket.get_executor();
    asio::co_spawn(strand, Serve(self, std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> HttpDoor::Impl::Serve(std::shared_ptr<Impl> self, tcp::socket socket) {
  struct CountGuard {
    std::atomic<int>& connections;
    ~CountGuard() { --connections; }
  } guard{self->connections_};
  error_code problem;
  auto token = asio::redirect_error(asio::use_awaitable, problem);
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer(kMaxHeaderBytes + kMaxBodyBytes);
  while (!self->stopping_) {
    beast::http::request_parser<beast::http::string_body> parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(kMaxBodyBytes);
    stream.expires_after(kRequestTimeout);
    co_await beast::http::async_read(stream, buffer, parser, token);
    if (problem) break;
    Response response = Route(parser.get(), self->dependencies_);
    if (self->stopping_) response.keep_alive(false);
    stream.expires_after(kRequestTimeout);
    co_await beast::http::async_write(stream, response, token);
    if (problem || response.need_eof()) break;
  }
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

Result<std::unique_ptr<HttpDoor>> HttpDoor::Listen(asio::io_context& io, const tcp::endpoint& endpoint,
                                                   HttpDependencies dependencies) {
  auto impl = std::make_shared<Impl>(io, std::move(dependencies));
  TAVANA_RETURN_IF_ERROR(impl->Bind(endpoint));
  const auto strand = impl->acceptor_.get_executor();
  asio::co_spawn(strand, Impl::Accept(impl), asio::detached);
  return std::unique_ptr<HttpDoor>(new HttpDoor(std::move(impl)));
}

HttpDoor::HttpDoor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpDoor::~HttpDoor() { Stop(); }

std::uint16_t HttpDoor::port() const { return impl_->port_; }

void HttpDoor::Stop() {
  if (impl_->stopping_.exchange(true)) return;
  const auto close = [impl = impl_] {
    error_code ignored;
    impl->acceptor_.close(ignored);
  };
  asio::post(impl_->acceptor_.get_executor(), close);
}

}  // namespace tavana::gateway::http
