#include <arrow/ipc/api.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "remote/testing/loopback_worker.h"

namespace tavana::remote {
namespace {

using namespace std::chrono_literals;

constexpr const char* kQuery =
    "SELECT i, i::DECIMAL(15, 2) AS d, CASE WHEN i % 3 > 0 THEN repeat('text ', (i % 7)::INTEGER) END AS t "
    "FROM range(100000) r(i)";

/// A session over the wire whose rows are for an Arrow client.
class ClientFormOverTheWire : public ::testing::TestWithParam<arrow::Compression::type> {
 protected:
  ClientFormOverTheWire() {
    EXPECT_TRUE(engine_->WaitUntilReachable(10s));
    session_ = *engine_->Open({});
  }

  std::unique_ptr<engine::ResultStream> Execute(const std::string& sql) {
    const auto prepared = session_->Prepare(call_, sql, {});
    EXPECT_TRUE(prepared.ok()) << prepared.error().message();
    auto result = session_->Execute(call_, prepared->id, {});
    EXPECT_TRUE(result.ok()) << result.error().message();
    return *std::move(result);
  }
  /// As its client would.
  static std::shared_ptr<arrow::RecordBatch> Decode(const engine::EncodedBatch& batch,
                                                    const std::shared_ptr<arrow::Schema>& schema) {
    auto message = arrow::ipc::Message::Open(batch.metadata, batch.body);
    EXPECT_TRUE(message.ok()) << message.status();
    arrow::ipc::DictionaryMemo memo;
    auto decoded = arrow::ipc::ReadRecordBatch(**message, schema, &memo, arrow::ipc::IpcReadOptions::Defaults());
    EXPECT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE((*decoded)->ValidateFull().ok());
    return *decoded;
  }

  testing::LoopbackWorker worker_{"worker-1"};
  std::unique_ptr<RemoteEngine> engine_ = RemoteEngine::Connect({.address = worker_.address(), .gateway = "gateway-1"});
  std::unique_ptr<engine::Session> session_;
  engine::CallContext call_{
      .query_id = engine::QueryId{1},
      .user = "ada",
      .form = engine::ClientForm{.batch_bytes = 64 << 10, .compression = GetParam(), .string_views = true}};
};

TEST_P(ClientFormOverTheWire, TheWorkerMakesTheMessagesThatTheClientGets) {
  const auto decoded = Execute(kQuery);
  ASSERT_TRUE(decoded->in_form());
  EXPECT_TRUE(decoded->schema()->field(1)->type()->Equals(arrow::decimal128(15, 2)));
  EXPECT_TRUE(decoded->schema()->field(2)->type()->Equals(arrow::utf8_view()));
  std::vector<std::shared_ptr<arrow::RecordBatch>> wanted;
  for (;;) {
    const auto batch = decoded->Next(call_);
    ASSERT_TRUE(batch.ok()) << batch.error().message();
    if (*batch == nullptr) break;
    wanted.push_back(*batch);
  }
  const auto encoded = Execute(kQuery);
  std::vector<std::shared_ptr<arrow::RecordBatch>> seen;
  for (;;) {
    const auto batch = encoded->NextEncoded(call_);
    ASSERT_TRUE(batch.ok()) << batch.error().message();
    if (*batch == nullptr) break;
    seen.push_back(Decode(**batch, encoded->schema()));
    EXPECT_EQ(seen.back()->num_rows(), (*batch)->rows);
  }
  EXPECT_GT(seen.size(), 10U);
  EXPECT_EQ(encoded->summary().rows, 100'000);
  const auto table = arrow::Table::FromRecordBatches(encoded->schema(), seen);
  ASSERT_TRUE(table.ok());
  EXPECT_TRUE((*table)->Equals(**arrow::Table::FromRecordBatches(decoded->schema(), wanted)));
}

TEST_P(ClientFormOverTheWire, BatchesWithDictionariesComeAsTheEngineHasThem) {
  const auto result = Execute("SELECT 'b'::ENUM('a', 'b') AS e");
  EXPECT_FALSE(result->in_form());
  const auto batch = result->Next(call_);
  ASSERT_TRUE(batch.ok()) << batch.error().message();
  EXPECT_EQ((*batch)->num_rows(), 1);
}

INSTANTIATE_TEST_SUITE_P(Codecs, ClientFormOverTheWire,
                         ::testing::Values(arrow::Compression::UNCOMPRESSED, arrow::Compression::LZ4_FRAME,
                                           arrow::Compression::ZSTD));

}  // namespace
}  // namespace tavana::remote
