#include "engine/testing/conformance.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

// SQL here is DuckDB's dialect. A test's session must be usable when it ends (the fixture checks).
namespace tavana::engine::testing {

EngineFactory ConformanceOf(EngineFactory factory) { return factory; }

namespace {

/// A count over 10^16 rows: does not end by itself.
constexpr std::string_view kEndless =
    "SELECT count(*) FROM range(100000000) a(i), range(100000000) b(i) WHERE (a.i * 7 + b.i) % 1000003 = 1";
/// Rows in order that no buffer holds.
constexpr std::string_view kManyRows = "SELECT i::BIGINT AS i FROM range(100000000) t(i)";

bool IsText(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::LARGE_STRING ||
         type.id() == arrow::Type::STRING_VIEW;
}

Error ClientCancel() { return Error(ErrorCode::kCancelled, "canceling statement due to user request"); }

/// Reads a result of one BIGINT column that counts up from `next`.
class CountingReader {
 public:
  CountingReader(std::unique_ptr<ResultStream> stream, CallContext call, std::int64_t next)
      : stream_(std::move(stream)), call_(std::move(call)), next_(next) {}

  /// Takes one batch; false at the end.
  bool Step() {
    const auto batch = stream_->Next(call_);
    EXPECT_TRUE(batch.ok()) << batch.error().message();
    if (!batch || *batch == nullptr) return false;
    CheckBatch(*batch, *stream_->schema());
    const auto values = std::dynamic_pointer_cast<arrow::Int64Array>((*batch)->column(0));
    EXPECT_NE(values, nullptr);
    for (std::int64_t row = 0; values != nullptr && row < values->length(); ++row, ++next_) {
      if (values->Value(row) == next_) continue;
      ADD_FAILURE() << "expected " << next_ << ", got " << values->Value(row);
      return false;
    }
    return true;
  }
  std::int64_t next() const { return next_; }
  const ResultStream& stream() const { return *stream_; }

 private:
  std::unique_ptr<ResultStream> stream_;
  CallContext call_;
  std::int64_t next_;
};

/// `batches` batches of one INTEGER column `i`, of `rows` rows each, counting from 0; then, perhaps, an error.
class CountingBatches final : public arrow::RecordBatchReader {
 public:
  CountingBatches(int batches, int rows, bool fails) : batches_(batches), rows_(rows), fails_(fails) {}
  std::shared_ptr<arrow::Schema> schema() const override { return arrow::schema({arrow::field("i", arrow::int32())}); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    if (given_ == batches_) return fails_ ? arrow::Status::IOError("the client went away") : arrow::Status::OK();
    arrow::Int32Builder values;
    for (int row = 0; row < rows_; ++row) ARROW_RETURN_NOT_OK(values.Append(given_ * rows_ + row));
    ARROW_ASSIGN_OR_RAISE(auto column, values.Finish());
    *batch = arrow::RecordBatch::Make(schema(), rows_, {column});
    ++given_;
    return arrow::Status::OK();
  }

 private:
  const int batches_;
  const int rows_;
  const bool fails_;
  int given_ = 0;
};

/// Calls `asked` with the number of the batch before giving it.
class AskedBatches : public arrow::RecordBatchReader {
 public:
  AskedBatches(arrow::RecordBatchReader& batches, std::function<void(int)> asked)
      : batches_(batches), asked_(std::move(asked)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return batches_.schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    asked_(++count_);
    return batches_.ReadNext(batch);
  }

 private:
  arrow::RecordBatchReader& batches_;
  const std::function<void(int)> asked_;
  int count_ = 0;
};

IngestTarget Target(std::string table, IngestTarget::Mode mode = IngestTarget::Mode::kAppend) {
  return {.database = "", .schema = "", .table = std::move(table), .mode = mode};
}

// ---- Prepare ----

TEST_P(EngineConformance, PrepareDescribesWithoutRunning) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  for (int time = 0; time < 2; ++time) {
    const auto prepared = Prepare(*session_, "INSERT INTO t VALUES (1) RETURNING i, i::VARCHAR AS s");
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    EXPECT_EQ(prepared->kind, StatementKind::kDml);
    EXPECT_EQ(prepared->command, "INSERT");
    EXPECT_TRUE(prepared->returns_rows);
    ASSERT_EQ(prepared->columns->num_fields(), 2);
    EXPECT_EQ(prepared->columns->field(0)->name(), "i");
    EXPECT_EQ(prepared->columns->field(0)->type()->id(), arrow::Type::INT32);
    EXPECT_EQ(prepared->columns->field(1)->name(), "s");
    EXPECT_TRUE(IsText(*prepared->columns->field(1)->type()));
  }
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
}

TEST_P(EngineConformance, PrepareDoesNotRunDdlOrTransactions) {
  ASSERT_TRUE(Prepare(*session_, "CREATE TABLE never(i INTEGER)").ok());
  ASSERT_TRUE(Prepare(*session_, "BEGIN").ok());
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(CodeOf(*session_, "SELECT * FROM never"), ErrorCode::kUndefinedTable);
}

TEST_P(EngineConformance, StatementsWithoutRowsHaveNoColumns) {
  for (const auto sql : {"CREATE TABLE u(i INTEGER)", "BEGIN", "SET pivot_limit = 2"}) {
    SCOPED_TRACE(sql);
    const auto prepared = Prepare(*session_, sql);
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    EXPECT_FALSE(prepared->returns_rows);
    ASSERT_NE(prepared->columns, nullptr);
    EXPECT_EQ(prepared->columns->num_fields(), 0);
  }
}

TEST_P(EngineConformance, PrepareSaysTheKindAndTheCommand) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  const struct {
    std::string_view sql;
    StatementKind kind;
    std::string_view command;
  } cases[] = {
      {"SELECT 1", StatementKind::kQuery, "SELECT"},
      {"INSERT INTO t VALUES (1)", StatementKind::kDml, "INSERT"},
      {"UPDATE t SET i = 2", StatementKind::kDml, "UPDATE"},
      {"DELETE FROM t", StatementKind::kDml, "DELETE"},
      {"CREATE TABLE u(i INTEGER)", StatementKind::kDdl, "CREATE TABLE"},
      {"DROP TABLE t", StatementKind::kDdl, "DROP TABLE"},
      {"BEGIN", StatementKind::kTransaction, "BEGIN"},
      {"SET pivot_limit = 2", StatementKind::kSetting, "SET"},
  };
  for (const auto& expected : cases) {
    SCOPED_TRACE(expected.sql);
    const auto prepared = Prepare(*session_, expected.sql);
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    EXPECT_EQ(prepared->kind, expected.kind);
    EXPECT_EQ(prepared->command, expected.command);
  }
}

TEST_P(EngineConformance, PrepareSaysWhetherTheRowsHaveAnOrder) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  MustRun(*session_, "CREATE VIEW v AS FROM t ORDER BY i");
  for (const auto sql : {"FROM t", "SELECT i + 1 FROM t WHERE i > 3", "SELECT i, count(*) FROM t GROUP BY i",
                         "SELECT a.i FROM t a JOIN t b USING (i)", "FROM t UNION ALL FROM t",
                         "SELECT i FROM t WHERE i IN (SELECT i FROM t ORDER BY i)"}) {
    const auto prepared = Prepare(*session_, sql);
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    EXPECT_FALSE(prepared->ordered) << sql;
  }
  for (const auto sql :
       {"FROM t ORDER BY i", "SELECT i + 1 FROM (FROM t ORDER BY i)", "FROM v", "FROM t LIMIT 3",
        "SELECT DISTINCT i FROM t ORDER BY i DESC LIMIT 5", "FROM t UNION FROM t ORDER BY 1",
        "WITH o AS (FROM t ORDER BY i) FROM o", "INSERT INTO t VALUES (1) RETURNING i", "EXPLAIN FROM t"}) {
    const auto prepared = Prepare(*session_, sql);
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    EXPECT_TRUE(prepared->ordered) << sql;
  }
}

TEST_P(EngineConformance, ParametersHaveTheTypesThatTheStatementGivesThem) {
  const auto prepared = Prepare(*session_, "SELECT $1::INTEGER, $2::VARCHAR, $3::DOUBLE");
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  ASSERT_EQ(prepared->parameters.size(), 3u);
  EXPECT_EQ(prepared->parameters[0]->id(), arrow::Type::INT32);
  EXPECT_TRUE(IsText(*prepared->parameters[1]));
  EXPECT_EQ(prepared->parameters[2]->id(), arrow::Type::DOUBLE);
}

TEST_P(EngineConformance, ParametersHaveTheTypesThatTheClientGivesThem) {
  const auto prepared = Prepare(*session_, "SELECT $1 AS a, $2::VARCHAR AS b", {arrow::int64(), nullptr});
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  ASSERT_EQ(prepared->parameters.size(), 2u);
  EXPECT_EQ(prepared->parameters[0]->id(), arrow::Type::INT64);
  EXPECT_TRUE(IsText(*prepared->parameters[1]));
  EXPECT_EQ(prepared->columns->field(0)->type()->id(), arrow::Type::INT64);
}

TEST_P(EngineConformance, ParametersThatCanBeAnythingAreOfNullType) {
  const auto prepared = Prepare(*session_, "SELECT $1 AS a");
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  ASSERT_EQ(prepared->parameters.size(), 1u);
  EXPECT_EQ(prepared->parameters[0]->id(), arrow::Type::NA);
}

TEST_P(EngineConformance, NullItselfIsDescribedAsText) {
  const auto prepared = Prepare(*session_, "SELECT NULL AS n");
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  ASSERT_EQ(prepared->columns->num_fields(), 1);
  EXPECT_TRUE(IsText(*prepared->columns->field(0)->type())) << prepared->columns->ToString();
  EXPECT_EQ(Text(*session_, "SELECT NULL AS n"), "NULL");
}

TEST_P(EngineConformance, ACompleteReadSetNamesTheTables) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  const auto prepared = Prepare(*session_, "SELECT count(*) FROM (SELECT * FROM t WHERE i > 1)");
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  if (!prepared->read_set.complete) return;
  const auto& tables = prepared->read_set.tables;
  EXPECT_TRUE(std::any_of(tables.begin(), tables.end(), [](const auto& table) { return table.name == "t"; }));
}

TEST_P(EngineConformance, AReadSetSeesThroughViewsAndKnowsWhatIsVolatile) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  MustRun(*session_, "CREATE VIEW v AS SELECT * FROM t");
  const auto through = Prepare(*session_, "SELECT * FROM v WHERE i = (SELECT max(range) FROM range(3))");
  ASSERT_TRUE(through.ok()) << through.error().message();
  EXPECT_TRUE(through->read_set.complete);
  EXPECT_FALSE(through->read_set.has_volatile_function);
  ASSERT_EQ(through->read_set.tables.size(), 1u);
  EXPECT_EQ(through->read_set.tables[0].name, "t");
  for (const char* sql : {"SELECT random()", "SELECT i FROM t WHERE i < random()", "SELECT now()"}) {
    const auto prepared = Prepare(*session_, sql);
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    EXPECT_TRUE(prepared->read_set.has_volatile_function) << sql;
  }
  const auto write = Prepare(*session_, "INSERT INTO t SELECT 1");
  ASSERT_TRUE(write.ok()) << write.error().message();
  EXPECT_EQ(write->read_set.databases_written.size(), 1u);
}

TEST_P(EngineConformance, AReadSetNamesFilesAndTheirVersions) {
  const std::string path = ::testing::TempDir() + "/read_set_of_this_test.csv";
  const auto version = [&]() -> std::string {
    const auto prepared = Prepare(*session_, "SELECT * FROM '" + path + "'");
    EXPECT_TRUE(prepared.ok());
    if (!prepared.ok() || prepared->read_set.files.size() != 1) return "";
    EXPECT_TRUE(prepared->read_set.complete);
    EXPECT_EQ(prepared->read_set.files[0].path, path);
    return prepared->read_set.files[0].version;
  };
  MustRun(*session_, "COPY (SELECT 1 AS a) TO '" + path + "'");
  const std::string first = version();
  MustRun(*session_, "COPY (SELECT 1 AS a UNION ALL SELECT 2) TO '" + path + "'");
  EXPECT_NE(first, "");
  EXPECT_NE(first, version());
}

TEST_P(EngineConformance, AClosedStatementIsUndefined) {
  const auto prepared = Prepare(*session_, "SELECT 1");
  ASSERT_TRUE(prepared.ok());
  session_->ClosePrepared(prepared->id);
  session_->ClosePrepared(prepared->id);
  const auto result = session_->Execute(NewCall(), prepared->id, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kUndefinedStatement);
}

// ---- Values ----

TEST_P(EngineConformance, BindsIntegersTextDoublesNullsAndLists) {
  arrow::Int64Builder items;
  ASSERT_TRUE(items.AppendValues({1, 2, 39}).ok());
  const auto row = ParameterRow({std::make_shared<arrow::Int64Scalar>(-7), std::make_shared<arrow::StringScalar>("ä'x"),
                                 std::make_shared<arrow::DoubleScalar>(1.5), arrow::MakeNullScalar(arrow::int32()),
                                 std::make_shared<arrow::ListScalar>(items.Finish().ValueOrDie())});
  EXPECT_EQ(Text(*session_,
                 "SELECT $1::BIGINT, $2::VARCHAR, $3::DOUBLE * 2, $4::INTEGER, list_sum($5::BIGINT[])::BIGINT", row),
            "-7|ä'x|3|NULL|42");
}

TEST_P(EngineConformance, BindsAValueOfTheNullTypeAsNull) {
  EXPECT_EQ(Text(*session_, "SELECT $1::INTEGER IS NULL", ParameterRow({std::make_shared<arrow::NullScalar>()})),
            "true");
}

TEST_P(EngineConformance, CastsAValueToItsParametersType) {
  const auto text = ParameterRow({std::make_shared<arrow::StringScalar>("41")});
  EXPECT_EQ(Text(*session_, "SELECT $1::INTEGER + 1::INTEGER", text), "42");
}

TEST_P(EngineConformance, OneStatementRunsWithManyValues) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER, s VARCHAR)");
  const auto prepared = Prepare(*session_, "INSERT INTO t VALUES ($1, $2)");
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  for (int i = 0; i < 20; ++i) {
    const auto call = NewCall();
    const auto row = ParameterRow(
        {std::make_shared<arrow::Int32Scalar>(i), std::make_shared<arrow::StringScalar>("s" + std::to_string(i))});
    auto stream = session_->Execute(call, prepared->id, {.parameters = row, .inline_tables = {}});
    ASSERT_TRUE(stream.ok()) << stream.error().message();
    const auto rows = Drain(**stream, call);
    ASSERT_TRUE(rows.ok()) << rows.error().message();
    EXPECT_EQ(rows->summary.affected, 1);
  }
  EXPECT_EQ(Text(*session_, "SELECT count(*), sum(i)::BIGINT, max(s) FROM t"), "20|190|s9");
}

TEST_P(EngineConformance, MissingValuesAreAnError) {
  const auto rows = Run(*session_, "SELECT $1::INTEGER");
  EXPECT_FALSE(rows.ok());
}

// ---- Results ----

TEST_P(EngineConformance, ColumnsOfAResultWithoutRowsAreDescribed) {
  const auto rows = Run(*session_, "SELECT i::INTEGER AS i, 'x' AS s FROM range(0) t(i)");
  ASSERT_TRUE(rows.ok()) << rows.error().message();
  EXPECT_TRUE(rows->batches.empty());
  ASSERT_EQ(rows->schema->num_fields(), 2);
  EXPECT_EQ(rows->schema->field(0)->name(), "i");
  EXPECT_EQ(rows->schema->field(0)->type()->id(), arrow::Type::INT32);
  EXPECT_TRUE(IsText(*rows->schema->field(1)->type()));
}

TEST_P(EngineConformance, TheResultHasTheColumnsThatWerePrepared) {
  const auto prepared =
      Prepare(*session_,
              "SELECT 1::TINYINT AS a, 'x' AS b, [1, 2] AS c, {'k': 1.5::DOUBLE} AS d, DATE '2024-02-29' AS e, "
              "'12.34'::DECIMAL(9, 2) AS f, true AS a");
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  const auto call = NewCall();
  auto stream = session_->Execute(call, prepared->id, {});
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  EXPECT_TRUE((*stream)->schema()->Equals(*prepared->columns, /*check_metadata=*/false))
      << (*stream)->schema()->ToString() << "\nis not\n"
      << prepared->columns->ToString();
  EXPECT_TRUE(Drain(**stream, call).ok());
}

TEST_P(EngineConformance, TheSummaryCountsTheRowsThatWereGiven) {
  for (const int rows : {1, 2047, 2048, 2049, 300000}) {
    SCOPED_TRACE(rows);
    EXPECT_EQ(MustRun(*session_, "SELECT i, 'some text' AS s FROM range(" + std::to_string(rows) + ") t(i)").rows,
              rows);
  }
}

TEST_P(EngineConformance, BatchesOfWideRowsAreBounded) {
  // 64 KiB a cell, 2,000 rows: 125 MiB. Drain checks the sizes.
  const auto call = NewCall();
  auto stream = Start(*session_, "SELECT i, repeat('x', 65536) AS s FROM range(2000) t(i)", call);
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  std::int64_t rows = 0;
  for (;;) {
    const auto batch = (*stream)->Next(call);
    ASSERT_TRUE(batch.ok()) << batch.error().message();
    if (*batch == nullptr) break;
    CheckBatch(*batch, *(*stream)->schema());
    rows += (*batch)->num_rows();
  }
  EXPECT_EQ(rows, 2000);
}

TEST_P(EngineConformance, SmallChunksAreJoinedIntoLargeBatches) {
  const auto rows = Run(*session_, "SELECT i::BIGINT AS i FROM range(2000000) t(i)");
  ASSERT_TRUE(rows.ok()) << rows.error().message();
  EXPECT_EQ(rows->count(), 2000000);
  EXPECT_LE(rows->batches.size(), 500u);  // 16 MiB in batches of about 1 MiB; 2,048-row chunks would be 977
}

constexpr int kInterleaved = 8;
constexpr std::int64_t kInterleavedRows = 500000;

std::string CountFrom(std::int64_t first) {
  return "SELECT (i + " + std::to_string(first) + ")::BIGINT AS i FROM range(" + std::to_string(kInterleavedRows) +
         ") t(i)";
}

TEST_P(EngineConformance, EightOpenResultsGiveAllRowsInOrderWithStatementsBetween) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  std::vector<CountingReader> readers;
  for (int i = 0; i < kInterleaved; ++i) {
    const auto call = NewCall();
    auto stream = Start(*session_, CountFrom(i * 1000), call);
    ASSERT_TRUE(stream.ok()) << stream.error().message();
    readers.emplace_back(*std::move(stream), call, i * 1000);
  }
  int rounds = 0;
  for (bool any = true; any; ++rounds) {
    any = false;
    for (auto& reader : readers) any |= reader.Step();
    if (rounds % 2 == 0) {
      EXPECT_EQ(MustRun(*session_, "INSERT INTO t VALUES (1)").affected, 1);
    }
    if (HasFailure()) return;
  }
  for (int i = 0; i < kInterleaved; ++i) {
    EXPECT_EQ(readers[i].next(), i * 1000 + kInterleavedRows);
    EXPECT_EQ(readers[i].stream().summary().rows, kInterleavedRows);
    for (int other = 0; other < i; ++other) EXPECT_NE(readers[i].stream().id(), readers[other].stream().id());
  }
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), std::to_string((rounds + 1) / 2));
}

TEST_P(EngineConformance, EightOpenResultsOutliveTheCommitOfTheirTransaction) {
  MustRun(*session_, "CREATE TABLE t AS SELECT i::BIGINT AS i FROM range(500000) r(i)");
  MustRun(*session_, "BEGIN");
  std::vector<CountingReader> readers;
  for (int i = 0; i < kInterleaved; ++i) {
    const auto call = NewCall();
    auto stream = Start(*session_, "SELECT i FROM t ORDER BY i", call);
    ASSERT_TRUE(stream.ok()) << stream.error().message();
    readers.emplace_back(*std::move(stream), call, 0);
  }
  int round = 0;
  for (bool any = true; any; ++round) {
    any = false;
    for (auto& reader : readers) any |= reader.Step();
    if (round == 0) MustRun(*session_, "INSERT INTO t VALUES (-1)");
    if (round == 1) MustRun(*session_, "COMMIT");
    if (round == 2) MustRun(*session_, "DELETE FROM t");
    if (HasFailure()) return;
  }
  for (const auto& reader : readers) EXPECT_EQ(reader.next(), kInterleavedRows);
  if (session_->in_transaction()) MustRun(*session_, "COMMIT");
}

TEST_P(EngineConformance, ResultsInATransactionSeeTheirOwnMomentOnly) {
  MustRun(*session_, "CREATE TABLE t AS SELECT i::BIGINT AS i FROM range(500000) r(i)");
  MustRun(*session_, "BEGIN");
  const auto call = NewCall();
  auto stream = Start(*session_, "SELECT i FROM t ORDER BY i", call);
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  CountingReader reader(*std::move(stream), call, 0);
  EXPECT_TRUE(reader.Step());
  EXPECT_EQ(MustRun(*session_, "DELETE FROM t").affected, 500000);
  while (reader.Step()) {
  }
  EXPECT_EQ(reader.next(), 500000);
  MustRun(*session_, "ROLLBACK");
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "500000");
}

TEST_P(EngineConformance, EndingStreamsEarlyLeavesTheSessionUsable) {
  for (int time = 0; time < 20; ++time) {
    const auto call = NewCall();
    auto stream = Start(*session_, kManyRows, call);
    ASSERT_TRUE(stream.ok()) << stream.error().message();
    if (time % 2 == 0) {
      const auto batch = (*stream)->Next(call);
      ASSERT_TRUE(batch.ok()) << batch.error().message();
      EXPECT_NE(*batch, nullptr);
    }
    stream->reset();
    CheckUsable(*session_);
  }
}

TEST_P(EngineConformance, EndingStreamsEarlyInATransactionKeepsTheTransaction) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  MustRun(*session_, "BEGIN");
  MustRun(*session_, "INSERT INTO t VALUES (1)");
  {
    const auto call = NewCall();
    auto stream = Start(*session_, kManyRows, call);
    ASSERT_TRUE(stream.ok()) << stream.error().message();
    ASSERT_TRUE((*stream)->Next(call).ok());
  }
  EXPECT_TRUE(session_->in_transaction());
  MustRun(*session_, "COMMIT");
  EXPECT_EQ(Text(*session_, "SELECT i FROM t"), "1");
}

// ---- Cancel ----

TEST_P(EngineConformance, ACancelBeforeTheStartStopsTheStart) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  const auto prepared = Prepare(*session_, "INSERT INTO t VALUES (1)");
  ASSERT_TRUE(prepared.ok());
  const auto call = NewCall();
  call.cancellation->Cancel(ClientCancel());
  auto stream = session_->Execute(call, prepared->id, {});
  const auto rows = stream ? Drain(**stream, call) : Result<Rows>(stream.error());
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code(), ErrorCode::kCancelled);
  if (stream) stream->reset();
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
}

/// Runs kEndless on another thread and calls `cancel` until it has ended; its error.
template <typename CancelFunction>
Error EndOfEndless(Session& session, const CallContext& call, StatementId statement, CancelFunction cancel) {
  std::atomic<bool> ended = false;
  Result<Rows> rows = Error(ErrorCode::kInternal, "not run");
  std::thread runner([&] {
    auto stream = session.Execute(call, statement, {});
    rows = stream ? Drain(**stream, call) : Result<Rows>(stream.error());
    ended = true;
  });
  // Lets it get under way; should the machine be slower than this, the test is the one of an earlier cancel.
  const auto under_way = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  while (std::chrono::steady_clock::now() < under_way) std::this_thread::yield();
  while (!ended) {
    cancel();
    std::this_thread::yield();
  }
  runner.join();
  return rows ? Error(ErrorCode::kInternal, "it ended without an error") : rows.error();
}

TEST_P(EngineConformance, ACancelDuringAStatementEndsIt) {
  const auto prepared = Prepare(*session_, kEndless);
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  const auto call = NewCall();
  const auto error = EndOfEndless(*session_, call, prepared->id, [&] { call.cancellation->Cancel(ClientCancel()); });
  EXPECT_EQ(error.code(), ErrorCode::kCancelled) << error.message();
}

TEST_P(EngineConformance, TheFirstReasonOfACancelIsItsError) {
  const auto prepared = Prepare(*session_, kEndless);
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  const auto call = NewCall();
  const auto error = EndOfEndless(*session_, call, prepared->id, [&] {
    call.cancellation->Cancel(Error(ErrorCode::kTimedOut, "statement timeout"));
    call.cancellation->Cancel(ClientCancel());
  });
  EXPECT_EQ(error.code(), ErrorCode::kTimedOut) << error.message();
}

TEST_P(EngineConformance, TheSessionCancelsByQueryId) {
  const auto prepared = Prepare(*session_, kEndless);
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  const auto call = NewCall();
  const auto error = EndOfEndless(*session_, call, prepared->id, [&] { session_->Cancel(call.query_id); });
  EXPECT_EQ(error.code(), ErrorCode::kCancelled) << error.message();
}

TEST_P(EngineConformance, TheSessionCancelsWhateverRuns) {
  const auto prepared = Prepare(*session_, kEndless);
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  const auto error = EndOfEndless(*session_, NewCall(), prepared->id, [&] { session_->Cancel(std::nullopt); });
  EXPECT_EQ(error.code(), ErrorCode::kCancelled) << error.message();
}

TEST_P(EngineConformance, ACancelOfAnotherIdDoesNotReachTheStatement) {
  const auto other = NewCall().query_id;
  std::atomic<bool> ended = false;
  std::thread canceller([&] {
    while (!ended) {
      session_->Cancel(other);
      session_->GetProgress();
    }
  });
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM range(5000) a(i), range(5000) b(i) WHERE (a.i + b.i) % 2 = 0"),
            "12500000");
  ended = true;
  canceller.join();
}

TEST_P(EngineConformance, ACancelBetweenBatchesEndsTheResultWithAnError) {
  const auto call = NewCall();
  auto stream = Start(*session_, kManyRows, call);
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  ASSERT_TRUE((*stream)->Next(call).ok());
  call.cancellation->Cancel(ClientCancel());
  const auto rest = Drain(**stream, call);
  ASSERT_FALSE(rest.ok());
  EXPECT_EQ(rest.error().code(), ErrorCode::kCancelled);
}

TEST_P(EngineConformance, ACancelAfterTheEndDoesNotReachTheNextStatement) {
  for (int time = 0; time < 50; ++time) {
    const auto call = NewCall();
    auto stream = Start(*session_, "SELECT 1", call);
    ASSERT_TRUE(stream.ok()) << stream.error().message();
    ASSERT_TRUE(Drain(**stream, call).ok());
    stream->reset();
    call.cancellation->Cancel(ClientCancel());
    session_->Cancel(call.query_id);
    session_->Cancel(std::nullopt);
    EXPECT_EQ(Text(*session_, "SELECT count(*) FROM range(10000)"), "10000");
  }
}

TEST_P(EngineConformance, ACancelOfOneResultLeavesTheOthers) {
  const auto kept_call = NewCall();
  auto kept = Start(*session_, CountFrom(0), kept_call);
  ASSERT_TRUE(kept.ok()) << kept.error().message();
  CountingReader reader(*std::move(kept), kept_call, 0);
  EXPECT_TRUE(reader.Step());
  const auto call = NewCall();
  auto stream = Start(*session_, kManyRows, call);
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  ASSERT_TRUE((*stream)->Next(call).ok());
  call.cancellation->Cancel(ClientCancel());
  EXPECT_FALSE(Drain(**stream, call).ok());
  while (reader.Step()) {
  }
  EXPECT_EQ(reader.next(), kInterleavedRows);
}

// ---- Statements that run once ----

TEST_P(EngineConformance, WhatRunsOnceGivesItsRowsAndMayBeSaidAgain) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  for (int i = 1; i <= 3; ++i) {
    for (const auto& [sql, text] : {std::pair<std::string, std::string>("INSERT INTO t VALUES (1)", ""),
                                    {"SELECT count(*) FROM t", std::to_string(i)},
                                    {"SELECT i FROM range(0) r(i)", ""}}) {
      auto call = NewCall();
      call.runs_once = true;
      const auto prepared = session_->Prepare(call, sql, {});
      ASSERT_TRUE(prepared.ok()) << prepared.error().message();
      {
        auto stream = session_->Execute(call, prepared->id, {});
        ASSERT_TRUE(stream.ok()) << stream.error().message();
        const auto rows = Drain(**stream, call);
        ASSERT_TRUE(rows.ok()) << rows.error().message();
        EXPECT_EQ(rows->Text(), text) << sql;
      }
      session_->ClosePrepared(prepared->id);
    }
  }
}

TEST_P(EngineConformance, WhatRunsOnceAndIsNotExecutedHasNoEffect) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  for (const std::string_view sql : {std::string_view("INSERT INTO t VALUES (1)"), kManyRows}) {
    auto call = NewCall();
    call.runs_once = true;
    const auto prepared = session_->Prepare(call, sql, {});
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    session_->ClosePrepared(prepared->id);
  }
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
}

TEST_P(EngineConformance, AnErrorOfWhatRunsOnceComesFromPrepareOrItsExecution) {
  auto call = NewCall();
  call.runs_once = true;
  const auto prepared = session_->Prepare(call, "SELECT error('it failed') FROM range(10)", {});
  Error error(ErrorCode::kInternal, "none");
  if (!prepared.ok()) {
    error = prepared.error();
  } else if (auto stream = session_->Execute(call, prepared->id, {}); !stream.ok()) {
    error = stream.error();
  } else if (auto rows = Drain(**stream, call); !rows.ok()) {
    error = rows.error();
  }
  EXPECT_NE(error.message().find("it failed"), std::string::npos) << error.message();
}

TEST_P(EngineConformance, ACancelReachesWhatRunsOnce) {
  auto call = NewCall();
  call.runs_once = true;
  std::thread canceller([&] { call.cancellation->Cancel(ClientCancel()); });
  std::optional<Error> error;
  if (const auto prepared = session_->Prepare(call, kEndless, {}); !prepared.ok()) {
    error = prepared.error();
  } else if (auto stream = session_->Execute(call, prepared->id, {}); !stream.ok()) {
    error = stream.error();
  } else if (auto rows = Drain(**stream, call); !rows.ok()) {
    error = rows.error();
  }
  canceller.join();
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), ErrorCode::kCancelled);
}

// ---- Errors ----

TEST_P(EngineConformance, ErrorsHaveTheCodeOfTheirCause) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER PRIMARY KEY, n INTEGER NOT NULL, c INTEGER CHECK (c > 0))");
  MustRun(*session_, "INSERT INTO t VALUES (1, 1, 1)");
  const struct {
    std::string_view sql;
    ErrorCode code;
  } cases[] = {
      {"SELECT * FROM no_such_table", ErrorCode::kUndefinedTable},
      {"INSERT INTO no_such_table VALUES (1)", ErrorCode::kUndefinedTable},
      {"SELECT no_such_column FROM t", ErrorCode::kUndefinedColumn},
      {"SELECT no_such_function(1)", ErrorCode::kUndefinedFunction},
      {"SELEC 1", ErrorCode::kSyntax},
      {"SELECT 'x'::INTEGER", ErrorCode::kInvalidText},
      {"SELECT s::INTEGER FROM (VALUES ('1'), ('x')) v(s)", ErrorCode::kInvalidText},
      {"SELECT 2147483647::INTEGER + i FROM t", ErrorCode::kOutOfRange},
      {"INSERT INTO t VALUES (1, 1, 1)", ErrorCode::kUniqueViolation},
      {"INSERT INTO t VALUES (2, NULL, 1)", ErrorCode::kNotNullViolation},
      {"INSERT INTO t VALUES (3, 1, -1)", ErrorCode::kCheckViolation},
      {"CREATE TABLE t(i INTEGER)", ErrorCode::kDuplicateTable},
  };
  for (const auto& expected : cases) {
    SCOPED_TRACE(expected.sql);
    const auto rows = Run(*session_, expected.sql);
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(SqlStateOf(rows.error().code()), SqlStateOf(expected.code)) << rows.error().message();
    EXPECT_FALSE(rows.error().message().empty());
    EXPECT_FALSE(rows.error().poisoned());
    CheckUsable(*session_);
  }
}

TEST_P(EngineConformance, ASyntaxErrorHasItsPositionInCharacters) {
  const auto ascii = Run(*session_, "SELECT 1 x y");
  ASSERT_FALSE(ascii.ok());
  EXPECT_EQ(ascii.error().code(), ErrorCode::kSyntax);
  EXPECT_EQ(ascii.error().position(), std::optional<std::size_t>(12));
  const auto wide = Run(*session_, "SELECT 'ä', 1 x y");
  ASSERT_FALSE(wide.ok());
  EXPECT_EQ(wide.error().position(), std::optional<std::size_t>(17));  // the 18th byte
}

TEST_P(EngineConformance, AnErrorInTheLastOfAMillionRowsIsNeverAShortResult) {
  const auto rows = Run(
      *session_, "SELECT (CASE WHEN i = 999999 THEN 'x' ELSE i::VARCHAR END)::INTEGER AS i FROM range(1000000) t(i)");
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code(), ErrorCode::kInvalidText);
}

TEST_P(EngineConformance, ALateErrorInterruptedByAnotherStatementStillArrives) {
  const auto call = NewCall();
  auto stream =
      Start(*session_,
            "SELECT (CASE WHEN i = 999999 THEN 'x' ELSE i::VARCHAR END)::INTEGER AS i FROM range(1000000) t(i)", call);
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  CheckUsable(*session_);
  const auto rows = Drain(**stream, call);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code(), ErrorCode::kInvalidText);
}

// ---- Transactions and changes ----

TEST_P(EngineConformance, ATransactionWithAnErrorRollsBack) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER PRIMARY KEY)");
  for (const auto wrong : {"SELECT 'x'::INTEGER", "SELECT * FROM no_such_table", "INSERT INTO t VALUES (1)"}) {
    SCOPED_TRACE(wrong);
    MustRun(*session_, "BEGIN");
    EXPECT_TRUE(session_->in_transaction());
    MustRun(*session_, "INSERT INTO t VALUES (1)");
    EXPECT_FALSE(Run(*session_, wrong).ok());
    EXPECT_TRUE(session_->in_transaction());
    MustRun(*session_, "ROLLBACK");
    EXPECT_FALSE(session_->in_transaction());
    EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
  }
}

TEST_P(EngineConformance, ATransactionsChangesStayAfterItsCommit) {
  MustRun(*session_, "BEGIN");
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  MustRun(*session_, "INSERT INTO t VALUES (1)");
  MustRun(*session_, "COMMIT");
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(Text(*OpenSession(), "SELECT i FROM t"), "1");
}

TEST_P(EngineConformance, ChangesCountTheirRows) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  EXPECT_EQ(MustRun(*session_, "INSERT INTO t SELECT i::INTEGER FROM range(10) r(i)").affected, 10);
  EXPECT_EQ(MustRun(*session_, "UPDATE t SET i = i + 1 WHERE i < 4").affected, 4);
  EXPECT_EQ(MustRun(*session_, "DELETE FROM t WHERE i > 7").affected, 2);
  EXPECT_EQ(MustRun(*session_, "DELETE FROM t WHERE i > 100").affected, 0);
  const auto summary = MustRun(*session_, "INSERT INTO t VALUES (100), (101) RETURNING i");
  EXPECT_EQ(summary.rows, 2);
  EXPECT_EQ(summary.affected, 2);
  EXPECT_EQ(MustRun(*session_, "SELECT * FROM t").affected, 0);
}

TEST_P(EngineConformance, ChangesRunOnceThoughTheirResultIsNotRead) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  const auto call = NewCall();
  auto stream = Start(*session_, "INSERT INTO t VALUES (1)", call);
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  ASSERT_TRUE(Drain(**stream, call).ok());
  stream->reset();
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "1");
}

TEST_P(EngineConformance, TablesAreCreatedAlteredAndDropped) {
  const auto created = Run(*session_, "CREATE TABLE t(i INTEGER)");
  ASSERT_TRUE(created.ok()) << created.error().message();
  EXPECT_TRUE(created->batches.empty());
  EXPECT_EQ(created->schema->num_fields(), 0);
  MustRun(*session_, "ALTER TABLE t ADD COLUMN s VARCHAR DEFAULT 'x'");
  MustRun(*session_, "INSERT INTO t(i) VALUES (1)");
  EXPECT_EQ(Text(*session_, "SELECT * FROM t"), "1|x");
  MustRun(*session_, "DROP TABLE t");
  EXPECT_EQ(CodeOf(*session_, "SELECT * FROM t"), ErrorCode::kUndefinedTable);
}

TEST_P(EngineConformance, APreparedStatementFollowsAChangeOfItsTable) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  MustRun(*session_, "INSERT INTO t VALUES (1)");
  const auto prepared = Prepare(*session_, "SELECT i FROM t");
  ASSERT_TRUE(prepared.ok());
  MustRun(*session_, "ALTER TABLE t ADD COLUMN s VARCHAR");
  const auto call = NewCall();
  auto stream = session_->Execute(call, prepared->id, {});
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  const auto rows = Drain(**stream, call);
  ASSERT_TRUE(rows.ok()) << rows.error().message();
  EXPECT_EQ(rows->Text(), "1");
}

/// Executed again after writes, a prepared statement answers as if it were new: nothing that was known of its tables
/// when it was planned (longest string, smallest and largest value, no nulls) may show.
TEST_P(EngineConformance, APreparedStatementFollowsWhatWasWrittenSince) {
  const std::vector<std::string> queries = {"SELECT s, i FROM t ORDER BY 1, 2",
                                            "SELECT count(*) FROM t WHERE i > 10",
                                            "SELECT count(*) FROM t WHERE i IS NULL",
                                            "SELECT count(i), min(s), max(s) FROM t",
                                            "SELECT s, count(*) FROM t GROUP BY s ORDER BY s",
                                            "SELECT sum(i)::BIGINT FROM t WHERE i BETWEEN 0 AND 100",
                                            "SELECT count(*) FROM t a JOIN t b ON a.s = b.s AND a.i = b.i",
                                            "SELECT count(*) FROM t WHERE s LIKE 'long%'"};
  MustRun(*session_, "CREATE TABLE t(i INTEGER, s VARCHAR)");
  MustRun(*session_, "INSERT INTO t VALUES (1, 'a'), (5, 'b')");
  const auto other = OpenSession();
  const auto again = [&](StatementId id) {
    const auto call = NewCall();
    auto stream = session_->Execute(call, id, {});
    if (!stream.ok()) return stream.error().message();
    const auto rows = Drain(**stream, call);
    return rows.ok() ? rows->Text() : rows.error().message();
  };
  std::vector<StatementId> prepared;
  for (const auto& query : queries) {
    const auto statement = Prepare(*session_, query);
    ASSERT_TRUE(statement.ok()) << statement.error().message();
    prepared.push_back(statement->id);
  }
  const auto check = [&](const std::string& when) {
    for (std::size_t i = 0; i < queries.size(); ++i)
      EXPECT_EQ(again(prepared[i]), Text(*session_, queries[i])) << queries[i] << " " << when;
  };
  check("at first");
  MustRun(*session_, "INSERT INTO t VALUES (20, 'longer than any before it')");
  check("after an INSERT");
  MustRun(*other, "INSERT INTO t VALUES (NULL, 'long and from another session')");
  check("after another session's INSERT");
  MustRun(*session_, "BEGIN");
  MustRun(*session_, "UPDATE t SET s = s || ' and longer still, so that it is the longest', i = i * 1000");
  check("after an UPDATE in the transaction");
  MustRun(*session_, "ROLLBACK");
  check("after a ROLLBACK");
  MustRun(*session_, "BEGIN");
  check("at the start of a transaction");
  MustRun(*other, "INSERT INTO t VALUES (1000000, 'long: written beside the transaction, which does not see it')");
  check("after a commit beside the transaction");
  MustRun(*session_, "COMMIT");
  check("after the transaction");
  CountingBatches batches(1, 3000, false);
  ASSERT_TRUE(other->Ingest(NewCall(), Target("t"), batches).ok());
  check("after an ingest");
}

TEST_P(EngineConformance, APreparedStatementWhoseColumnsChangedIsRefused) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  const auto prepared = Prepare(*session_, "SELECT * FROM t");
  ASSERT_TRUE(prepared.ok());
  MustRun(*session_, "ALTER TABLE t ADD COLUMN s VARCHAR");
  const auto stream = session_->Execute(NewCall(), prepared->id, {});
  ASSERT_FALSE(stream.ok());
  EXPECT_EQ(stream.error().code(), ErrorCode::kUnsupported) << stream.error().message();
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
}

// ---- Arrow in ----

TEST_P(EngineConformance, IngestAppendsEveryBatch) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  CountingBatches batches(5, 3000, false);
  const auto rows = session_->Ingest(NewCall(), Target("t"), batches);
  ASSERT_TRUE(rows.ok()) << rows.error().message();
  EXPECT_EQ(*rows, 15000);
  EXPECT_EQ(Text(*session_, "SELECT count(*), min(i), max(i), sum(i)::BIGINT FROM t"), "15000|0|14999|112492500");
  EXPECT_FALSE(session_->in_transaction());
}

TEST_P(EngineConformance, IngestThatFailsAppendsNothing) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  CountingBatches batches(5, 3000, true);
  EXPECT_FALSE(session_->Ingest(NewCall(), Target("t"), batches).ok());
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
}

TEST_P(EngineConformance, IngestThatBreaksAConstraintAppendsNothing) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER PRIMARY KEY)");
  MustRun(*session_, "INSERT INTO t VALUES (14000)");
  CountingBatches batches(5, 3000, false);
  const auto rows = session_->Ingest(NewCall(), Target("t"), batches);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code(), ErrorCode::kUniqueViolation) << rows.error().message();
  EXPECT_EQ(Text(*session_, "SELECT i FROM t"), "14000");
}

TEST_P(EngineConformance, IngestInATransactionIsPartOfIt) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  MustRun(*session_, "BEGIN");
  CountingBatches batches(2, 10, false);
  EXPECT_TRUE(session_->Ingest(NewCall(), Target("t"), batches).ok());
  EXPECT_TRUE(session_->in_transaction());
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "20");
  MustRun(*session_, "ROLLBACK");
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
}

TEST_P(EngineConformance, IngestCreatesAndReplacesTables) {
  const auto ingest = [this](int rows, IngestTarget::Mode mode) {
    CountingBatches batches(1, rows, false);
    return session_->Ingest(NewCall(), Target("made", mode), batches);
  };
  const auto missing = ingest(1, IngestTarget::Mode::kAppend);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kUndefinedTable) << missing.error().message();
  EXPECT_TRUE(ingest(10, IngestTarget::Mode::kCreate).ok());
  const auto again = ingest(10, IngestTarget::Mode::kCreate);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), ErrorCode::kDuplicateTable) << again.error().message();
  EXPECT_TRUE(ingest(5, IngestTarget::Mode::kCreateOrAppend).ok());
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM made"), "15");
  EXPECT_TRUE(ingest(3, IngestTarget::Mode::kReplace).ok());
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM made"), "3");
}

TEST_P(EngineConformance, IngestHonoursACancel) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  const auto call = NewCall();
  call.cancellation->Cancel(ClientCancel());
  CountingBatches batches(5, 3000, false);
  const auto rows = session_->Ingest(call, Target("t"), batches);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
}

// A cancel is known before it reaches the engine: it may come while the engine takes back what the ingest wrote.
TEST_P(EngineConformance, ACancelAtAnyMomentOfAnIngestLeavesNothingBehind) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  for (int time = 0; time < 200; ++time) {
    SCOPED_TRACE(time);
    const auto call = NewCall();
    const auto late = call.cancellation->OnCancel([time] {
      const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(time);
      while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    });
    std::thread canceller;
    CountingBatches counting(1 << 20, 10, false);
    AskedBatches batches(counting, [&](int asked) {
      if (asked == 3) canceller = std::thread([&] { call.cancellation->Cancel(ClientCancel()); });
    });
    const auto rows = session_->Ingest(call, Target("t"), batches);
    canceller.join();
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(rows.error().code(), ErrorCode::kCancelled) << rows.error().message();
    ASSERT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
    ASSERT_FALSE(session_->in_transaction());
  }
}

TEST_P(EngineConformance, InlineTablesJoinWithRealOnes) {
  MustRun(*session_, "CREATE TABLE t AS SELECT i::INTEGER AS i, 'r' || i AS s FROM range(10) r(i)");
  constexpr std::string_view kJoin = "SELECT t.s FROM t JOIN given ON t.i = given.i ORDER BY t.i";
  CountingBatches batches(1, 3, false);
  const auto table = batches.ToTable().ValueOrDie();
  // Prepare is not given the tables. An engine that must know their columns by then may ask for a table of that
  // name and shape to exist; the inline one hides it.
  auto prepared = Prepare(*session_, kJoin);
  if (!prepared) {
    ASSERT_EQ(prepared.error().code(), ErrorCode::kUndefinedTable) << prepared.error().message();
    MustRun(*session_, "CREATE TEMP TABLE given(i INTEGER)");
    prepared = Prepare(*session_, kJoin);
  }
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  for (int time = 0; time < 2; ++time) {
    const auto call = NewCall();
    auto stream = session_->Execute(call, prepared->id, {.parameters = nullptr, .inline_tables = {{"given", table}}});
    ASSERT_TRUE(stream.ok()) << stream.error().message();
    const auto rows = Drain(**stream, call);
    ASSERT_TRUE(rows.ok()) << rows.error().message();
    EXPECT_EQ(rows->Text(), "r0\nr1\nr2");
  }
  MustRun(*session_, "DROP TABLE IF EXISTS temp.given");
  EXPECT_EQ(CodeOf(*session_, "SELECT * FROM given"), ErrorCode::kUndefinedTable);
}

// ---- Sessions ----

// 7 / 2 is 3 in a session with this setting, 3.5 in one without.
constexpr std::string_view kSetting = "SET integer_division = true";
constexpr std::string_view kAskSetting = "SELECT (7 / 2)::VARCHAR";

TEST_P(EngineConformance, ASnapshotCarriesSettingsAndStatements) {
  MustRun(*session_, kSetting);
  const auto prepared = Prepare(*session_, "SELECT $1 + 1::INTEGER AS x", {arrow::int32()});
  ASSERT_TRUE(prepared.ok());
  const auto snapshot = session_->Snapshot();
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message();
  EXPECT_EQ(snapshot->pinned_by, "");
  EXPECT_TRUE(snapshot->settings.contains("integer_division"));
  ASSERT_TRUE(snapshot->statements.contains(prepared->id));

  const auto other = OpenSession();
  EXPECT_EQ(Text(*other, kAskSetting), "3.5");
  const auto restored = other->Restore(*snapshot);
  ASSERT_TRUE(restored.ok()) << restored.error().message();
  EXPECT_EQ(Text(*other, kAskSetting), "3");
  const auto call = NewCall();
  auto stream =
      other->Execute(call, prepared->id,
                     {.parameters = ParameterRow({std::make_shared<arrow::Int32Scalar>(41)}), .inline_tables = {}});
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  const auto rows = Drain(**stream, call);
  ASSERT_TRUE(rows.ok()) << rows.error().message();
  EXPECT_EQ(rows->Text(), "42");
}

TEST_P(EngineConformance, ASnapshotSaysWhatPinsTheSession) {
  const auto pinned_by = [this] {
    const auto snapshot = session_->Snapshot();
    EXPECT_TRUE(snapshot.ok());
    return snapshot ? snapshot->pinned_by : "";
  };
  EXPECT_EQ(pinned_by(), "");
  MustRun(*session_, "BEGIN");
  EXPECT_NE(pinned_by(), "");
  MustRun(*session_, "ROLLBACK");
  EXPECT_EQ(pinned_by(), "");
  MustRun(*session_, "CREATE TEMP TABLE t(i INTEGER)");
  EXPECT_NE(pinned_by(), "");
  MustRun(*session_, "DROP TABLE t");
  EXPECT_EQ(pinned_by(), "");
  const auto call = NewCall();
  auto stream = Start(*session_, kManyRows, call);
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  EXPECT_NE(pinned_by(), "");
  stream->reset();
  EXPECT_EQ(pinned_by(), "");
}

TEST_P(EngineConformance, ResetBringsTheFirstStateBack) {
  MustRun(*session_, "CREATE TABLE kept(i INTEGER)");
  MustRun(*session_, "CREATE TEMP TABLE dropped(i INTEGER)");
  MustRun(*session_, kSetting);
  const auto prepared = Prepare(*session_, "SELECT 1");
  ASSERT_TRUE(prepared.ok());
  MustRun(*session_, "BEGIN");
  MustRun(*session_, "INSERT INTO kept VALUES (1)");
  const auto reset = session_->Reset();
  ASSERT_TRUE(reset.ok()) << reset.error().message();
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM kept"), "0");
  EXPECT_EQ(CodeOf(*session_, "SELECT * FROM dropped"), ErrorCode::kUndefinedTable);
  EXPECT_EQ(Text(*session_, kAskSetting), "3.5");
  const auto result = session_->Execute(NewCall(), prepared->id, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kUndefinedStatement);
}

TEST_P(EngineConformance, ResetEndsAFailedTransaction) {
  MustRun(*session_, "BEGIN");
  EXPECT_FALSE(Run(*session_, "SELECT 'x'::INTEGER").ok());
  EXPECT_TRUE(session_->Reset().ok());
  EXPECT_FALSE(session_->in_transaction());
}

TEST_P(EngineConformance, TwoSessionsDoNotSeeEachOthersState) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  const auto other = OpenSession();
  MustRun(*session_, "BEGIN");
  MustRun(*session_, "INSERT INTO t VALUES (1)");
  MustRun(*session_, "CREATE TEMP TABLE mine(i INTEGER)");
  MustRun(*session_, kSetting);
  EXPECT_FALSE(other->in_transaction());
  EXPECT_EQ(Text(*other, "SELECT count(*) FROM t"), "0");
  EXPECT_EQ(CodeOf(*other, "SELECT * FROM mine"), ErrorCode::kUndefinedTable);
  EXPECT_EQ(Text(*other, kAskSetting), "3.5");
  MustRun(*session_, "COMMIT");
  EXPECT_EQ(Text(*other, "SELECT count(*) FROM t"), "1");
  EXPECT_EQ(CodeOf(*other, "SELECT * FROM mine"), ErrorCode::kUndefinedTable);
}

TEST_P(EngineConformance, ASessionThatEndsRollsBack) {
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  {
    const auto other = OpenSession();
    MustRun(*other, "BEGIN");
    MustRun(*other, "INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), "0");
}

TEST_P(EngineConformance, EveryNamedDatabaseOpensAndNoOther) {
  const auto names = engine_->DatabaseNames();
  EXPECT_FALSE(names.empty());
  for (const auto& name : names) EXPECT_TRUE(engine_->Open({.user = "u", .database = name}).ok()) << name;
  for (const auto name : {"tavana", "main"}) EXPECT_TRUE(engine_->Open({.user = "u", .database = name}).ok()) << name;
  const auto unknown = engine_->Open({.user = "u", .database = "no such 'database'"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code(), ErrorCode::kUndefinedDatabase);
  EXPECT_FALSE(engine_->description().empty());
}

TEST_P(EngineConformance, AnOpeningThatWasCancelledGivesNoSession) {
  auto opening = NewCall();
  opening.cancellation->Cancel(Error(ErrorCode::kTimedOut, "too long"));
  const auto opened = engine_->Open({.opening = opening});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::kTimedOut);
}

TEST_P(EngineConformance, ManySessionsOpenWorkAndClose) {
  constexpr int kThreads = 8;
  constexpr int kSessionsPerThread = 50;
  MustRun(*session_, "CREATE TABLE t(i INTEGER)");
  std::atomic<int> succeeded = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kSessionsPerThread; ++i) {
        auto session = engine_->Open({});
        if (!session) continue;
        const CallContext call;
        const auto prepared = (*session)->Prepare(call, "INSERT INTO t VALUES (1)", {});
        if (!prepared) continue;
        auto stream = (*session)->Execute(call, prepared->id, {});
        if (stream && Drain(**stream, call).ok()) ++succeeded;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(succeeded, kThreads * kSessionsPerThread);
  EXPECT_EQ(Text(*session_, "SELECT count(*) FROM t"), std::to_string(kThreads * kSessionsPerThread));
}

}  // namespace
}  // namespace tavana::engine::testing
