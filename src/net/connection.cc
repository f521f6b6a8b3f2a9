#include "net/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <openssl/x509.h>

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

void Connection::MakeRoom(std::size_t bytes) {
  if (begin_ == end_) begin_ = end_ = 0;
  const std::size_t room_wanted = std::max(kInitialBytes, std::min(wanted_bytes_, std::size_t{1} << 20));
  if (input_.size() - end_ >= bytes) return;
  std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  // Grows as bytes arrive, not as a length claims.
  if (input_.size() - end_ < bytes) input_.resize(std::max(input_.size() * 2, end_ + std::max(room_wanted, bytes)));
}

asio::awaitable<void> Connection::ReadAhead([[maybe_unused]] std::shared_ptr<Connection> self) {
  for (;;) {
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    if (upgrading_ || end_ - begin_ >= std::max(wanted_bytes_, kReadAheadBytes)) {
      drained_.expires_at(kNever);
      co_await drained_.async_wait(token);
      if (!socket_.is_open()) break;
      continue;
    }
    std::size_t read_bytes = 0;
    if (tls_ != nullptr) {
      const auto room = asio::buffer(record_.get(), kRecordBytes);
      read_bytes = co_await tls_->async_read_some(room, token);
      if (failure) break;
      MakeRoom(read_bytes);
      std::memcpy(input_.data() + end_, record_.get(), read_bytes);
    } else {
      co_await socket_.async_wait(asio::socket_base::wait_read, token);
      if (failure) break;
      if (upgrading_ || tls_ != nullptr) continue;
      MakeRoom(in_bulk_ ? kBulkBytes
                        : kInitialBytes / 2);  // here and not before the wait: Consume moves the input meanwhile
      const auto room = asio::buffer(input_.data() + end_, input_.size() - end_);
      read_bytes = socket_.read_some(room, failure);
      if (failure == asio::error::would_block) continue;
      if (failure) break;
    }
    end_ += read_bytes;
    if (end_ - begin_ >= wanted_bytes_) filled_.cancel();
  }
  disconnected_ = true;
  filled_.cancel();
  if (const auto notify = std::exchange(on_disconnect_, nullptr)) notify();
}

asio::awaitable<bool> Connection::StartTls(std::shared_ptr<asio::ssl::context> context,
                                           std::chrono::steady_clock::time_point deadline) {
  tls_context_ = std::move(context);
  auto tls = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, *tls_context_);
  record_ = std::make_unique<char[]>(kRecordBytes);
  const std::string first(buffered());
  begin_ = end_ = 0;
  asio::steady_timer limit(socket_.get_executor(), deadline);
  limit.async_wait([this](const boost::system::error_code& failure) {
    boost::system::error_code ignored;
    if (!failure) socket_.close(ignored);
  });
  boost::system::error_code failure;
  auto token = asio::redirect_error(asio::use_awaitable, failure);
  const auto received = asio::buffer(first);
  co_await tls->async_handshake(asio::ssl::stream_base::server, received, token);
  limit.cancel();
  if (failure || !socket_.is_open()) {
    disconnected_ = true;
    co_return false;
  }
  tls_ = std::move(tls);
  upgrading_ = false;
  drained_.cancel();
  co_return true;
}

bool Connection::protocol_agreed() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  if (tls_ != nullptr) SSL_get0_alpn_selected(tls_->native_handle(), &name, &size);
  return size > 0;
}

std::optional<std::string> Connection::certificate_hash() const {
  if (tls_ == nullptr) return std::nullopt;
  X509* certificate = SSL_get_certificate(tls_->native_handle());
  int digest = NID_undef;
  if (certificate == nullptr || X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1)
    return std::nullopt;
  if (digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;  // RFC 5929, section 4.1
  const EVP_MD* algorithm = EVP_get_digestbynid(digest);
  std::string hash(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (algorithm == nullptr ||
      X509_digest(certificate, algorithm, reinterpret_cast<unsigned char*>(hash.data()), &size) != 1) {
    return std::nullopt;
  }
  hash.resize(size);
  return hash;
}

std::optional<std::string> Connection::peer_common_name() const {
  if (tls_ == nullptr) return std::nullopt;
  X509* certificate = SSL_get0_peer_certificate(tls_->native_handle());
  if (certificate == nullptr || SSL_get_verify_result(tls_->native_handle()) != X509_V_OK) return std::nullopt;
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return std::nullopt;
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return std::nullopt;
  std::string name(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  if (name.find('\0') != std::string::npos) return std::nullopt;  // "ada\0.evil"
  return name;
}

asio::awaitable<bool> Connection::Fill(std::size_t bytes,
                                       std::optional<std::chrono::steady_clock::time_point> deadline) {
  timed_out_ = false;
  interrupted_ = false;
  wanted_bytes_ = bytes;
  while (end_ - begin_ < bytes) {
    if (disconnected_ || stopped_ || interrupted_) co_return false;
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
  if (begin_ == end_ && input_.size() > kReadAheadBytes &&
      !in_bulk_) {  // a large message is over: give its memory back
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
  auto buffer = asio::buffer(bytes.data(), bytes.size());
  if (tls_ != nullptr) {
    co_await asio::async_write(*tls_, buffer, token);
  } else {
    // Most answers fit in the socket's buffer: then nothing waits, and no turn of the executor is spent.
    buffer += socket_.write_some(buffer, failure);
    if (failure == asio::error::would_block) failure.clear();
    if (!failure && buffer.size() > 0) co_await asio::async_write(socket_, buffer, token);
  }
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
  if (tls_ != nullptr)
    SSL_set_quiet_shutdown(tls_->native_handle(), 1);  // PostgreSQL's clients wait for no close_notify
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
