// The load generator of wire.py: libpq connects, then raw protocol bytes on its socket, so that the client costs little
// and the server is what is measured.
//
//   wirebench qps   CONNINFO CONNECTIONS SECONDS simple|prepared QUERY
//   wirebench drain CONNINFO text|binary QUERY       (COPY TO STDOUT too, as text: its messages count as rows)
//   wirebench load CONNINFO COPY_FROM_STDIN FILE
//
// Each prints one JSON object. An error of the server ends it with code 1: a fast failure is no result.

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kReadBytes = 1 << 20;
constexpr std::size_t kHeaderBytes = 5;
constexpr int kUsage = 64;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "wirebench: %s\n", why.c_str());
  std::exit(1);
}

// ---- Messages of the frontend
// -----------------------------------------------------------------------------------------

std::string Int16(std::int16_t value) {
  const std::uint16_t wire = htons(static_cast<std::uint16_t>(value));
  return std::string(reinterpret_cast<const char*>(&wire), sizeof wire);
}

std::string Int32(std::int32_t value) {
  const std::uint32_t wire = htonl(static_cast<std::uint32_t>(value));
  return std::string(reinterpret_cast<const char*>(&wire), sizeof wire);
}

std::string Text(std::string_view value) { return std::string(value) + '\0'; }

std::string Message(char kind, const std::string& body) {
  return kind + Int32(static_cast<std::int32_t>(body.size() + 4)) + body;
}

std::string Query(std::string_view sql) { return Message('Q', Text(sql)); }
std::string Parse(std::string_view name, std::string_view sql) {
  return Message('P', Text(name) + Text(sql) + Int16(0));
}
std::string Sync() { return Message('S', ""); }

/// Binds without parameters, all results in binary, and runs to the end.
std::string BindAndExecute(std::string_view statement) {
  const std::string bind = Text("") + Text(statement) + Int16(0) + Int16(0) + Int16(1) + Int16(1);
  return Message('B', bind) + Message('E', Text("") + Int32(0));
}

// ---- A connection
// -----------------------------------------------------------------------------------------------------

/// Sends bytes and counts what comes back up to ReadyForQuery. For one thread.
class Connection {
 public:
  explicit Connection(const char* conninfo) : handle_(PQconnectdb(conninfo), &PQfinish), buffer_(kReadBytes) {
    if (PQstatus(handle_.get()) != CONNECTION_OK) Die(PQerrorMessage(handle_.get()));
    socket_ = PQsocket(handle_.get());
    tls_ = static_cast<SSL*>(PQgetssl(handle_.get()));
  }

  struct Answer {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };

  Answer Ask(std::string_view request) {
    Send(request);
    Answer answer;
    for (;;) {
      if (Consume(answer)) return answer;
      const std::size_t got = Receive();
      end_ += got;
      answer.bytes += got;
    }
  }

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                        : send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else {
        WaitFor(static_cast<int>(sent), POLLOUT);
      }
    }
  }

 private:
  std::size_t Receive() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
    for (;;) {
      const std::size_t room = buffer_.size() - end_;
      const auto got = tls_ != nullptr ? SSL_read(tls_, buffer_.data() + end_, static_cast<int>(room))
                                       : recv(socket_, buffer_.data() + end_, room, 0);
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) Die("the server closed the connection");
      WaitFor(static_cast<int>(got), POLLIN);
    }
  }

  /// Waits until the socket can do what just failed, when it failed for that reason. libpq's sockets do not block.
  void WaitFor(int result, short events) const {
    if (tls_ != nullptr) {
      const int error = SSL_get_error(tls_, result);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) Die("TLS failed");
      events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    } else if (errno == EINTR) {
      return;
    } else if (errno != EAGAIN) {
      Die(std::strerror(errno));
    }
    pollfd wait{.fd = socket_, .events = events, .revents = 0};
    poll(&wait, 1, -1);
  }

  /// Takes whole messages off the buffer, and the parts there are of long ones; true after ReadyForQuery.
  bool Consume(Answer& answer) {
    for (;;) {
      const std::size_t skipped = std::min(skip_, end_ - begin_);
      begin_ += skipped;
      skip_ -= skipped;
      if (skip_ > 0 || end_ - begin_ < kHeaderBytes) return false;
      const char kind = buffer_[begin_];
      std::uint32_t length = 0;
      std::memcpy(&length, &buffer_[begin_ + 1], sizeof length);
      length = ntohl(length) + 1;
      const bool whole = end_ - begin_ >= length;
      if ((kind == 'E' || kind == 'Z') && !whole) return false;  // short: fits the buffer
      if (kind == 'E') Die("the server says: " + Readable(length));
      if (kind == 'D' || kind == 'd') ++answer.rows;
      skip_ = length;
      if (kind != 'Z' && kind != 'G') continue;  // the server waits: for a query, or for the data of a COPY
      begin_ += std::exchange(skip_, 0);
      return true;
    }
  }

  std::string Readable(std::size_t length) const {
    std::string text(&buffer_[begin_ + kHeaderBytes], length - kHeaderBytes);
    std::replace(text.begin(), text.end(), '\0', ' ');
    return text;
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> handle_;
  int socket_ = -1;
  SSL* tls_ = nullptr;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // buffer_[begin_, end_) is not consumed yet
  std::size_t end_ = 0;
  std::size_t skip_ = 0;  // bytes of a message that are still to come or to pass
};

// ---- Modes
// ------------------------------------------------------------------------------------------------------------

int MeasureQueries(const char* conninfo, int connections, double seconds, bool prepared, std::string_view sql) {
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < connections; ++i) clients.push_back(std::make_unique<Connection>(conninfo));
  if (prepared) {
    for (const auto& client : clients) client->Ask(Parse("bench", sql) + Sync());
  }
  const std::string request = prepared ? BindAndExecute("bench") + Sync() : Query(sql);

  std::atomic<bool> stop = false;
  std::vector<std::vector<float>> latencies(clients.size());
  std::vector<std::thread> threads;
  const auto began = Clock::now();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    threads.emplace_back([&, i] {
      while (!stop) {
        const auto sent = Clock::now();
        clients[i]->Ask(request);
        latencies[i].push_back(std::chrono::duration<float, std::micro>(Clock::now() - sent).count());
      }
    });
  }
  std::this_thread::sleep_for(Seconds(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const double elapsed = Seconds(Clock::now() - began).count();

  std::vector<float> all;
  for (const auto& each : latencies) all.insert(all.end(), each.begin(), each.end());
  if (all.empty()) Die("no query ended in time");
  std::sort(all.begin(), all.end());
  const auto quantile = [&](double part) {
    return all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
  };
  std::printf("{\"qps\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"queries\": %zu}\n",
              static_cast<double>(all.size()) / elapsed, quantile(0.5), quantile(0.99), all.back(), all.size());
  return 0;
}

int MeasureDrain(const char* conninfo, bool binary, std::string_view sql) {
  Connection client(conninfo);
  const std::string request = binary ? Parse("", sql) + BindAndExecute("") + Sync() : Query(sql);
  const auto began = Clock::now();
  const Connection::Answer answer = client.Ask(request);
  const double elapsed = Seconds(Clock::now() - began).count();
  std::printf("{\"rows\": %llu, \"bytes\": %llu, \"seconds\": %.6f}\n", static_cast<unsigned long long>(answer.rows),
              static_cast<unsigned long long>(answer.bytes), elapsed);
  return 0;
}

int MeasureLoad(const char* conninfo, std::string_view sql, const char* path) {
  constexpr std::size_t kMessageBytes = 64 << 10;
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path, "rb"), &std::fclose);
  if (file == nullptr) Die(std::string("cannot open ") + path);
  Connection client(conninfo);
  std::vector<char> message(kHeaderBytes + kMessageBytes);
  std::uint64_t bytes = 0;
  const auto began = Clock::now();
  client.Ask(Query(sql));
  while (const std::size_t got = std::fread(&message[kHeaderBytes], 1, kMessageBytes, file.get())) {
    message[0] = 'd';
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(got + 4));
    std::memcpy(&message[1], &length, sizeof length);
    client.Send({message.data(), kHeaderBytes + got});
    bytes += got;
  }
  client.Ask(Message('c', ""));
  const double elapsed = Seconds(Clock::now() - began).count();
  std::printf("{\"bytes\": %llu, \"seconds\": %.6f}\n", static_cast<unsigned long long>(bytes), elapsed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (argc == 7 && words[1] == "qps" && (words[5] == "simple" || words[5] == "prepared")) {
    return MeasureQueries(argv[2], std::max(1, std::atoi(argv[3])), std::atof(argv[4]), words[5] == "prepared",
                          words[6]);
  }
  if (argc == 5 && words[1] == "drain" && (words[3] == "text" || words[3] == "binary")) {
    return MeasureDrain(argv[2], words[3] == "binary", words[4]);
  }
  if (argc == 5 && words[1] == "load") return MeasureLoad(argv[2], words[3], argv[4]);
  std::fprintf(stderr,
               "wirebench qps CONNINFO CONNECTIONS SECONDS simple|prepared QUERY\n"
               "wirebench drain CONNINFO text|binary QUERY\n"
               "wirebench load CONNINFO COPY_FROM_STDIN FILE\n");
  return kUsage;
}
