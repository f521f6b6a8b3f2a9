#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>

#include "engine/testing/scripted_engine.h"
#include "remote/remote_engine.h"
#include "remote/worker.h"

namespace tavana::remote {
namespace {

using namespace std::chrono_literals;
using engine::testing::Gate;
using engine::testing::ScriptedEngine;
using std::chrono::steady_clock;

std::shared_ptr<arrow::Schema> OneColumn() { return arrow::schema({arrow::field("i", arrow::int32())}); }

engine::CallContext CallWith(std::chrono::milliseconds limit) {
  engine::CallContext call{.query_id = engine::QueryId{1}, .user = "ada"};
  call.cancellation->SetDeadline(steady_clock::now() + limit);
  return call;
}

/// A worker, and a gateway that says nothing after its hello and sees to no limit itself.
class Deadlines : public ::testing::Test {
 protected:
  Deadlines() {
    engine_.Answer("waits", {.schema = OneColumn(), .gate = gate_});
    engine_.Answer("never ends", {.schema = OneColumn(), .gate = std::make_shared<Gate>()});
    engine_.Answer("SELECT 1", {.schema = OneColumn()});
    EXPECT_TRUE(gateway_->WaitUntilReachable(10s));
  }

  std::unique_ptr<engine::Session> Open() {
    auto opened = gateway_->Open({});
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return *std::move(opened);
  }
  std::unique_ptr<engine::ResultStream> Start(engine::Session& session, const std::string& sql,
                                              const engine::CallContext& call) {
    const auto prepared = session.Prepare(call, sql, {});
    EXPECT_TRUE(prepared.ok()) << prepared.error().message();
    auto result = session.Execute(call, prepared->id, {});
    EXPECT_TRUE(result.ok()) << result.error().message();
    return *std::move(result);
  }
  void WaitForSessions(std::size_t count) {
    const auto deadline = steady_clock::now() + 10s;
    while (engine_.open_sessions() != count && steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_EQ(engine_.open_sessions(), count);
  }

  ScriptedEngine engine_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  std::unique_ptr<Worker> worker_ =
      *Worker::Listen(engine_, {.name = "worker", .statement_threads = 2, .lease = 1h, .silence = 100ms});
  std::unique_ptr<RemoteEngine> gateway_ =
      RemoteEngine::Connect({.address = "127.0.0.1:" + std::to_string(worker_->port()),
                             .gateway = "gateway",
                             .ping = std::chrono::hours(1),
                             .patience = std::chrono::hours(2)});
};

TEST_F(Deadlines, TheWorkerEndsAStatementOfAGatewayThatItDoesNotHear) {
  const auto other = Open();
  const auto unlimited = engine::CallContext{.query_id = engine::QueryId{2}};
  const auto stays = Start(*other, "waits", unlimited);
  const auto session = Open();
  const auto call = CallWith(50ms);
  const auto ended = Start(*session, "never ends", call)->Next(call);
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code(), ErrorCode::kTimedOut);
  gate_->Open();
  const auto end = stays->Next(unlimited);
  EXPECT_TRUE(end.ok() && *end == nullptr);
}

TEST_F(Deadlines, AResultHasTheDeadlineOfTheCallThatReadsIt) {
  const auto session = Open();
  const auto result = Start(*session, "never ends", CallWith(1h));
  const auto ended = result->Next(CallWith(50ms));
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code(), ErrorCode::kTimedOut);
}

TEST_F(Deadlines, TheWorkerEndsAnIdleSessionOfAGatewayThatItDoesNotHear) {
  const engine::CallContext call{.query_id = engine::QueryId{1}, .idle = {.outside_transaction = 50ms}};
  const auto in_transaction = Open();
  (void)Start(*in_transaction, "BEGIN", call)->Next(call);
  const auto idle = Open();
  (void)Start(*idle, "SELECT 1", call)->Next(call);
  WaitForSessions(1);
  const engine::CallContext last{.query_id = engine::QueryId{2}, .idle = {.in_transaction = 50ms}};
  (void)Start(*in_transaction, "SELECT 1", last)->Next(last);
  WaitForSessions(0);
}

TEST_F(Deadlines, AnOpeningThatTakesTooLongIsGivenUpAndLeavesNothing) {
  std::vector<std::unique_ptr<engine::Session>> busy;
  std::vector<std::unique_ptr<engine::ResultStream>> waiting;
  for (int i = 0; i < 2; ++i) {  // both of the worker's threads
    busy.push_back(Open());
    const auto gate = std::make_shared<Gate>();
    engine_.Answer("waits " + std::to_string(i), {.schema = OneColumn(), .gate = gate});
    waiting.push_back(Start(*busy.back(), "waits " + std::to_string(i), {}));
    gate->WaitUntilReached();
  }
  const engine::CallContext opening;
  auto opened = std::async(std::launch::async, [&] { return gateway_->Open({.opening = opening}); });
  opening.cancellation->Cancel(Error(ErrorCode::kTimedOut, "too long"));
  const auto given_up = opened.get();
  ASSERT_FALSE(given_up.ok());
  EXPECT_EQ(given_up.error().code(), ErrorCode::kTimedOut);
  waiting.clear();
  busy.clear();
  WaitForSessions(0);
}

}  // namespace
}  // namespace tavana::remote
