#include "gateway/admission.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace tavana::gateway {
namespace {

namespace asio = boost::asio;

class Admission : public testing::Test {
 protected:
  void Enter(AdmissionQueue& queue, int id,
             std::shared_ptr<Cancellation> cancellation = std::make_shared<Cancellation>()) {
    asio::co_spawn(io_, EnterTask(queue, id, std::move(cancellation)), asio::detached);
    io_.restart();
    while (io_.poll_one() > 0) {
    }
  }
  asio::awaitable<void> EnterTask(AdmissionQueue& queue, int id, std::shared_ptr<Cancellation> cancellation) {
    auto ticket = co_await queue.Admit(io_.get_executor(), std::move(cancellation));
    if (ticket.ok()) {
      admitted_.push_back(id);
      tickets_.push_back(*std::move(ticket));
    } else {
      refused_.emplace_back(id, ticket.error().code());
    }
  }
  void ReleaseOldest() {
    tickets_.erase(tickets_.begin());
    io_.restart();
    while (io_.poll_one() > 0) {
    }
  }

  observe::Metrics metrics_{{.version = "test", .engine = "test"}};
  asio::io_context io_;
  std::vector<int> admitted_;
  std::vector<AdmissionTicket> tickets_;
  std::vector<std::pair<int, ErrorCode>> refused_;
};

TEST_F(Admission, LetsTheWaitingInInTheOrderTheyCame) {
  AdmissionQueue queue(2, 10, metrics_);
  for (int id = 1; id <= 5; ++id) Enter(queue, id);
  EXPECT_EQ(admitted_, (std::vector{1, 2}));
  ReleaseOldest();
  EXPECT_EQ(admitted_, (std::vector{1, 2, 3}));
  ReleaseOldest();
  ReleaseOldest();
  EXPECT_EQ(admitted_, (std::vector{1, 2, 3, 4, 5}));
  tickets_.clear();
  EXPECT_EQ(queue.running(), 0u);
}

TEST_F(Admission, RefusesWhoComesWhenTheQueueIsFull) {
  AdmissionQueue queue(1, 1, metrics_);
  for (int id = 1; id <= 3; ++id) Enter(queue, id);
  EXPECT_EQ(refused_, (std::vector{std::pair{3, ErrorCode::kOverloaded}}));
  ReleaseOldest();
  EXPECT_EQ(admitted_, (std::vector{1, 2}));
  tickets_.clear();
}

TEST_F(Admission, ACancelledWaiterLeavesTheQueueAndTakesNoSlot) {
  AdmissionQueue queue(1, 10, metrics_);
  const auto cancellation = std::make_shared<Cancellation>();
  Enter(queue, 1);
  Enter(queue, 2, cancellation);
  Enter(queue, 3);
  cancellation->Cancel(Error(ErrorCode::kCancelled, "enough"));
  io_.restart();
  while (io_.poll_one() > 0) {
  }
  EXPECT_EQ(refused_, (std::vector{std::pair{2, ErrorCode::kCancelled}}));
  EXPECT_EQ(queue.waiting(), 1u);
  ReleaseOldest();
  EXPECT_EQ(admitted_, (std::vector{1, 3}));
  tickets_.clear();
  EXPECT_EQ(queue.running(), 0u);
}

}  // namespace
}  // namespace tavana::gateway
