#include <gtest/gtest.h>

#include <string>

#include "remote/testing/loopback_worker.h"

namespace tavana::remote {
namespace {

using namespace std::chrono_literals;

/// A session over the wire, and what its statements cost there.
class RoundTrips : public ::testing::Test {
 protected:
  RoundTrips() {
    EXPECT_TRUE(engine_->WaitUntilReachable(10s));
    session_ = *engine_->Open({});
  }

  engine::Prepared Prepare(const std::string& sql, bool runs_once) {
    const auto prepared =
        session_->Prepare({.query_id = engine::QueryId{1}, .user = "ada", .runs_once = runs_once}, sql, {});
    EXPECT_TRUE(prepared.ok()) << prepared.error().message();
    return *prepared;
  }
  void Execute(engine::StatementId statement) {
    const engine::CallContext call{.query_id = engine::QueryId{1}, .user = "ada"};
    const auto result = session_->Execute(call, statement, {});
    ASSERT_TRUE(result.ok()) << result.error().message();
    for (;;) {
      const auto batch = (*result)->Next(call);
      ASSERT_TRUE(batch.ok()) << batch.error().message();
      if (*batch == nullptr) break;
    }
  }
  /// Messages to and from the worker for each of ten runs of `run`.
  template <typename Run>
  void ExpectMessages(const Run& run, std::uint64_t received, std::uint64_t sent) {
    run();
    EXPECT_TRUE(session_->Snapshot().ok());  // comes after whatever was sent before it
    const auto before = worker_.worker->traffic();
    for (int i = 0; i < 10; ++i) run();
    EXPECT_TRUE(session_->Snapshot().ok());
    const auto after = worker_.worker->traffic();
    EXPECT_EQ(after.received - before.received, 10 * received + 1);
    EXPECT_EQ(after.sent - before.sent, 10 * sent + 1);
  }

  testing::LoopbackWorker worker_{"worker-1"};
  std::unique_ptr<RemoteEngine> engine_ = RemoteEngine::Connect({.address = worker_.address(), .gateway = "gateway-1"});
  std::unique_ptr<engine::Session> session_;
};

TEST_F(RoundTrips, AQueryThatRunsOnceIsOneMessageToTheWorker) {
  const auto run = [&] {
    const auto prepared = Prepare("SELECT 1", true);
    Execute(prepared.id);
    session_->ClosePrepared(prepared.id);
  };
  ExpectMessages(run, 1, 2);  // what it is with its first rows, and its end
}

TEST_F(RoundTrips, AWriteThatRunsOnceIsSentOnlyAfterTheWorkerHasAnswered) {
  const auto made = Prepare("CREATE TABLE t(i INTEGER)", true);
  Execute(made.id);
  session_->ClosePrepared(made.id);
  const auto run = [&] {
    const auto prepared = Prepare("INSERT INTO t VALUES (1)", true);
    Execute(prepared.id);
    session_->ClosePrepared(prepared.id);
  };
  ExpectMessages(run, 2, 3);
}

TEST_F(RoundTrips, APreparedStatementIsOneMessageEachTime) {
  const auto prepared = Prepare("SELECT 1", false);
  ExpectMessages([&] { Execute(prepared.id); }, 1, 3);
}

}  // namespace
}  // namespace tavana::remote
