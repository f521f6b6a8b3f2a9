#include "gateway/http/http_door.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <iterator>
#include <thread>

namespace tavana::gateway::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class HttpDoorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto door = HttpDoor::Listen(io_, {asio::ip::address_v4::loopback(), 0}, Dependencies());
    ASSERT_TRUE(door.ok());
    door_ = *std::move(door);
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    io_.stop();
    thread_.join();
  }

  HttpDependencies Dependencies() {
    return {.metrics = [] { return std::string("tavana_x 1\n"); },
            .not_ready_reason = [this]() -> std::optional<std::string> {
              if (ready_) return std::nullopt;
              return "it is \"early\"";
            },
            .healthy = [this] { return healthy_.load(); }};
  }

  /// The whole answer to `request`, which must ask to close.
  std::string Exchange(const std::string& request) {
    asio::io_context io;
    tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), door_->port()});
    asio::write(socket, asio::buffer(request));
    std::string answer;
    boost::system::error_code end;
    asio::read(socket, asio::dynamic_buffer(answer), end);
    return answer;
  }
  std::string Get(const std::string& path) {
    return Exchange("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  std::atomic<bool> ready_ = true;
  std::atomic<bool> healthy_ = true;
  asio::io_context io_;
  std::unique_ptr<HttpDoor> door_;
  std::thread thread_;
};

TEST_F(HttpDoorTest, TellsHealth) {
  EXPECT_TRUE(Get("/health").starts_with("HTTP/1.1 200"));
  healthy_ = false;
  EXPECT_TRUE(Get("/health").starts_with("HTTP/1.1 503"));
}

TEST_F(HttpDoorTest, TellsWhyItIsNotReady) {
  EXPECT_TRUE(Get("/ready?verbose").starts_with("HTTP/1.1 200"));
  ready_ = false;
  const std::string answer = Get("/ready");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(answer.ends_with("{\"ready\":false,\"reason\":\"it is \\\"early\\\"\"}\n")) << answer;
}

TEST_F(HttpDoorTest, ServesMetrics) { EXPECT_TRUE(Get("/metrics").ends_with("\r\n\r\ntavana_x 1\n")); }

TEST_F(HttpDoorTest, RefusesOtherPathsAndMethods) {
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(Get("/other").starts_with("HTTP/1.1 404"));
  const std::string answer =
      Exchange("POST /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 405")) << answer;
}

TEST_F(HttpDoorTest, ClosesOnWhatIsTooLargeOrNotHttpAndGoesOn) {
  EXPECT_EQ(Exchange("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"), "");
  EXPECT_EQ(Exchange("\x16\x03\x01 not http\r\n\r\n"), "");
  EXPECT_TRUE(Get("/health").starts_with("HTTP/1.1 200"));
}

TEST_F(HttpDoorTest, RefusesAPortInUse) {
  const auto second = HttpDoor::Listen(io_, {asio::ip::address_v4::loopback(), door_->port()}, Dependencies());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace tavana::gateway::http
