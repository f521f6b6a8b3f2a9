#include "net/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstring>

namespace tavana::net {

namespace {
constexpr auto kNever = asio::steady_timer::time_point::max();
}

Connection::Connection(asio::ip::tcp::socket socket)
    : socket_(std::move(socket)),
      filled_(socket_.get_executor(), kNever),
      drained_(socket_.get_executor(), kNever),
      input_(kInitialBytes) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  peer_ = socket_.remote_endpoint(ignored);
}

void Connection::Start(std::function<void()> on_disconnect) {
  on_disconnect_ = std::move(on_disconnect);
  asio::co_spawn(socket_.get_executor(), ReadAhead(shared_from_this()), asio::detached);
}

void Connection::MakeRoom() {
  if (begin_ == end_) begin_ = end_ = 0;
  const std::size_t room_wanted = std::max(kInitialBytes, std::min(wanted_bytes_, std::size_t{1} << 20));
  if (input_.size() - end_ >= kInitialBytes / 2) return;
  std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  // Grows as bytes arrive, not as a length claims.
  if (input_.size() - end_ < kInitialBytes / 2) input_.resize(std::max(input_.size() * 2, end_ + room_wanted));
}

asio::awaitable<void> Connection::ReadAhead([[maybe_unused]] std::shared_ptr<Connection> self) {
  for (;;) {
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    if (end_ - begin_ >= std::max(wanted_bytes_, kReadAheadBytes)) {
      drained_.expires_at(kNever);
      co_await drained_.async_wait(token);
      if (!socket_.is_open()) break;
      continue;
    }
    co_await socket_.async_wait(asio::socket_base::wait_read, token);
    if (failure) break;
    MakeRoom();  // here and not before the wait: Consume moves the input meanwhile
    const auto room = asio::buffer(input_.data() + end_, input_.size() - end_);
    const std::size_t read_bytes = socket_.read_some(room, failure);
    if (failure == asio::error::would_block) continue;
    if (failure) break;
    end_ += read_bytes;
    if (end_ - begin_ >= wanted_bytes_) filled_.cancel();
  }
  disconnected_ = true;
  filled_.cancel();
  if (const auto notify = std::exchange(on_disconnect_, nullptr)) notify();
}

asio::awaitable<bool> Connection::Fill(std::size_t bytes,
                                       std::optional<std::chrono::steady_clock::time_point> deadline) {
  timed_out_ = false;
  wanted_bytes_ = bytes;
  while (end_ - begin_ < bytes) {
    if (disconnected_ || stopped_) co_return false;
    if (deadline && std::chrono::steady_clock::now() >= *deadline) {
      timed_out_ = true;
      co_return false;
    }
    drained_.cancel();
    filled_.expires_at(deadline.value_or(kNever));
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await filled_.async_wait(token);
  }
  co_return true;
}

void Connection::Consume(std::size_t bytes) {
  begin_ += bytes;
  wanted_bytes_ = 0;
  if (begin_ == end_ && input_.size() > kReadAheadBytes) {  // a large message is over: give its memory back
    input_ = std::vector<char>(kInitialBytes);
    begin_ = end_ = 0;
  }
  drained_.cancel();
}

asio::awaitable<bool> Connection::Write(std::string_view bytes) {
  // After an error the reactor has told all it will ever tell of this socket: another write could wait for ever.
  if (write_failed_) co_return false;
  boost::system::error_code failure;
  auto token = asio::redirect_error(asio::use_awaitable, failure);
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  co_await asio::async_write(socket_, buffer, token);
  write_failed_ = static_cast<bool>(failure);
  co_return !write_failed_;
}

void Connection::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  drained_.cancel();
  filled_.cancel();
}

asio::awaitable<void> Connection::CloseAfterDraining() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  stopped_ = false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (!disconnected_) {
    Consume(end_ - begin_);
    const bool more = co_await Fill(1, deadline);
    if (!more) break;
  }
  Close();
}

}  // namespace tavana::net
