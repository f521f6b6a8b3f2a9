#include "engine/testing/conformance.h"

#include "remote/testing/loopback_worker.h"

namespace tavana::remote {
namespace {

using namespace std::chrono_literals;

/// DuckDB behind the wire on loopback.
class LoopbackEngine final : public engine::Engine {
 public:
  LoopbackEngine() {
    engine_ = RemoteEngine::Connect({.address = worker_.address(), .gateway = "gateway-1"});
    EXPECT_TRUE(engine_->WaitUntilReachable(10s));
  }
  Result<std::unique_ptr<engine::Session>> Open(const engine::SessionOptions& options) override {
    return engine_->Open(options);
  }
  std::vector<std::string> DatabaseNames() override { return engine_->DatabaseNames(); }
  std::string description() const override { return engine_->description(); }
  bool poisoned() const override { return engine_->poisoned(); }

 private:
  testing::LoopbackWorker worker_{"worker-1"};
  std::unique_ptr<RemoteEngine> engine_;
};

TAVANA_ENGINE_CONFORMANCE(Remote, [] { return std::make_unique<LoopbackEngine>(); });

/// One batch that is too long for the Arrow IPC format.
class TooLong final : public arrow::RecordBatchReader {
 public:
  std::shared_ptr<arrow::Schema> schema() const override { return arrow::schema({arrow::field("i", arrow::int32())}); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    constexpr std::int64_t kRows = std::int64_t{1} << 31;
    *batch = arrow::RecordBatch::Make(schema(), kRows, {std::make_shared<arrow::NullArray>(kRows)});
    return arrow::Status::OK();
  }
};

TEST(RemoteIngest, ThatCannotBeSentFailsAndTheSessionGoesOn) {
  LoopbackEngine engine;
  const auto session = engine.Open({.user = "ada", .database = "tavana"});
  ASSERT_TRUE(session.ok());
  TooLong batches;
  const engine::CallContext call{
      .query_id = engine::QueryId{1}, .user = "ada", .cancellation = std::make_shared<Cancellation>()};
  const auto rows = (*session)->Ingest(call, {.table = "made", .mode = engine::IngestTarget::Mode::kCreate}, batches);
  ASSERT_FALSE(rows.ok());
  EXPECT_NE(rows.error().message().find("2^31"), std::string::npos) << rows.error().message();
  const auto prepared = (*session)->Prepare(call, "SELECT count(*) FROM made", {});
  ASSERT_FALSE(prepared.ok());
  EXPECT_EQ(prepared.error().code(), ErrorCode::kUndefinedTable) << prepared.error().message();
}

}  // namespace
}  // namespace tavana::remote
