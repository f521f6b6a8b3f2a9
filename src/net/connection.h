#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace tavana::net {

namespace asio = boost::asio;

/// One TCP connection, plain or in TLS, whose bytes are read ahead, within a bound, so that a closed socket is seen
/// while a statement runs. Everything happens on the socket's strand.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// The socket's executor is its strand.
  explicit Connection(asio::ip::tcp::socket socket);

  /// Starts to read. `on_disconnect` runs once, when the peer is gone.
  void Start(std::function<void()> on_disconnect);

  /// Waits until at least `bytes` are buffered; false when the peer is gone first or `deadline` passes (`timed_out`).
  asio::awaitable<bool> Fill(std::size_t bytes,
                             std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt);
  std::string_view buffered() const { return {input_.data() + begin_, end_ - begin_}; }
  void Consume(std::size_t bytes);
  bool timed_out() const { return timed_out_; }
  /// Makes a Fill that waits now return false.
  void InterruptFill() {
    interrupted_ = true;
    filled_.cancel();
  }
  /// Much is to come: reads with a large buffer, which is kept until this is taken back.
  void ReadInBulk(bool in_bulk) { in_bulk_ = in_bulk; }
  /// Makes Fill, now and from now on, return false.
  void StopFilling() {
    stopped_ = true;
    filled_.cancel();
  }

  /// From here on what arrives is left for StartTls.
  void PrepareTls() { upgrading_ = true; }
  /// The server's side of a handshake, after PrepareTls; what is buffered is its first part. False when it fails or
  /// `deadline` passes: then only closing is left.
  asio::awaitable<bool> StartTls(std::shared_ptr<asio::ssl::context> context,
                                 std::chrono::steady_clock::time_point deadline);
  bool encrypted() const { return tls_ != nullptr; }
  /// The client has named the protocol in its handshake (ALPN).
  bool protocol_agreed() const;
  /// Hash of the server's certificate for channel binding (RFC 5929, tls-server-end-point); absent in plain text.
  std::optional<std::string> certificate_hash() const;
  /// The common name of the client's certificate, which was verified; absent when it showed none.
  std::optional<std::string> peer_common_name() const;

  /// Writes all of `bytes`; false when the peer is gone.
  asio::awaitable<bool> Write(std::string_view bytes);

  void Close();
  /// Tells the peer that nothing more comes, and drops what it still sends, for a moment: so that the last error
  /// message is read rather than lost to a reset.
  asio::awaitable<void> CloseAfterDraining();
  bool disconnected() const { return disconnected_; }
  asio::any_io_executor executor() { return socket_.get_executor(); }
  const asio::ip::tcp::endpoint& peer() const { return peer_; }

 private:
  asio::awaitable<void> ReadAhead(std::shared_ptr<Connection> self);
  void MakeRoom(std::size_t bytes);

  // Read ahead at most this much beside what a message needs (chosen: a pipeline of small statements in one go).
  static constexpr std::size_t kReadAheadBytes = 64 << 10;
  static constexpr std::size_t kInitialBytes = 4 << 10;
  static constexpr std::size_t kBulkBytes = 128
                                            << 10;  // a read in bulk (chosen: its system call costs little beside it)
  static constexpr std::size_t kRecordBytes = 16 << 10;  // the largest TLS record's content (RFC 8446, 5.1)

  asio::ip::tcp::socket socket_;
  std::shared_ptr<asio::ssl::context> tls_context_;  // what tls_ was made with
  std::unique_ptr<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  std::unique_ptr<char[]> record_;  // where TLS reads to; input_ moves meanwhile
  bool upgrading_ = false;
  asio::ip::tcp::endpoint peer_;
  asio::steady_timer filled_;   // wakes Fill
  asio::steady_timer drained_;  // wakes ReadAhead
  std::vector<char> input_;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t wanted_bytes_ = 0;
  bool disconnected_ = false;
  bool timed_out_ = false;
  bool stopped_ = false;
  bool interrupted_ = false;
  bool in_bulk_ = false;
  bool write_failed_ = false;
  std::function<void()> on_disconnect_;
};

}  // namespace tavana::net
