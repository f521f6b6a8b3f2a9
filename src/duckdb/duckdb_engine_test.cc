#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "duckdb/engine.h"
#include "engine/testing/conformance.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TAVANA_ASAN 1
#endif
#endif

namespace tavana::duckdb_engine {
namespace {

using engine::testing::Drain;

class DuckDbEngineTest : public ::testing::Test {
 protected:
  void SetUp() override { Open({}); }
  void Open(EngineOptions options) {
    options.postgres_catalog = false;  // a quarter of a second each
    session_.reset();
    engine_ = *OpenDuckDb(options);
    session_ = *engine_->Open({});
  }
  Result<engine::Prepared> Prepare(std::string_view sql) { return session_->Prepare(call_, sql, {}); }
  Result<engine::testing::Rows> Run(std::string_view sql) {
    TAVANA_ASSIGN_OR_RETURN(const auto prepared, Prepare(sql));
    TAVANA_ASSIGN_OR_RETURN(const auto stream, session_->Execute(call_, prepared.id, {}));
    auto rows = Drain(*stream, call_);
    session_->ClosePrepared(prepared.id);
    return rows;
  }
  std::string Text(std::string_view sql) {
    const auto rows = Run(sql);
    return rows.ok() ? rows->Text()
                     : "error " + std::string(SqlStateOf(rows.error().code())) + ": " + rows.error().message();
  }

  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Session> session_;
  engine::CallContext call_;
};

std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t pages = 0;
  statm >> pages >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

/// A folder of its own, gone with it.
class Folder {
 public:
  Folder() { path_ = ::mkdtemp(name_.data()); }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(std::string_view file) const { return path_ / file; }

 private:
  std::string name_ = std::filesystem::temp_directory_path() / "tavana-test-XXXXXX";
  std::filesystem::path path_;
};

// Its transaction was left to the session's next statement once, which rolled it back.
TEST_F(DuckDbEngineTest, WhatASelectHasWrittenIsDurableWhenItsResultHasEnded) {
  const Folder folder;
  Open({.database_path = folder / "first.db"});
  ASSERT_EQ(Text("CREATE SEQUENCE s"), "");
  ASSERT_EQ(Text("CREATE TABLE named AS SELECT 's' AS name"), "");
  for (const auto& [sql, next] :
       {std::pair("SELECT nextval('s')", "2"), std::pair("SELECT nextval(name) FROM named", "3"),
        std::pair("SELECT setval('s', 7)", "8"), std::pair("SELECT setval('s', 7, false)", "7")}) {
    SCOPED_TRACE(sql);
    ASSERT_EQ(Text(sql).find("error"), std::string::npos) << Text(sql);
    // What a crash would leave.
    std::filesystem::copy_file(folder / "first.db", folder / "second.db");
    std::filesystem::copy_file(folder / "first.db.wal", folder / "second.db.wal");
    const auto other = *OpenDuckDb({.database_path = folder / "second.db", .postgres_catalog = false});
    const auto session = *other->Open({});
    const auto prepared = session->Prepare(call_, "SELECT nextval('s')", {});
    ASSERT_TRUE(prepared.ok());
    const auto stream = session->Execute(call_, prepared->id, {});
    ASSERT_TRUE(stream.ok());
    EXPECT_EQ(Drain(**stream, call_)->Text(), next);
    std::filesystem::remove(folder / "second.db");
    std::filesystem::remove(folder / "second.db.wal");
  }
}

TEST_F(DuckDbEngineTest, WhatItMayUseIsFollowedWhileItRuns) {
  std::atomic<int> threads = 2;
  Open({.resources = {.memory_bytes = 1'000'000'000, .threads = 2},
        .follow =
            [&] {
              return EngineResources{.memory_bytes = static_cast<std::uint64_t>(threads) * 500'000'000,
                                     .threads = threads};
            },
        .follow_period = std::chrono::milliseconds(1)});
  const auto now = [this] { return Text("SELECT current_setting('memory_limit'), current_setting('threads')"); };
  EXPECT_EQ(now(), "953.6 MiB|2");
  threads = 3;
  while (now() != "1.3 GiB|3") std::this_thread::yield();
  threads = 1;
  while (now() != "476.8 MiB|1") std::this_thread::yield();
  session_.reset();
  engine_.reset();  // before what it asks goes
}

TEST_F(DuckDbEngineTest, ACancelAtAnyMomentOfADefinitionOfSeveralStatementsLeavesNothingBehind) {
  for (int time = 0; time < 300; ++time) {
    SCOPED_TRACE(time);
    const auto prepared = Prepare("CREATE TABLE t(id serial)");  // a sequence and a table
    ASSERT_TRUE(prepared.ok()) << prepared.error().message();
    const engine::CallContext call;
    std::thread canceller([&] {
      const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(5 * time);
      while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
      call.cancellation->Cancel(Error(ErrorCode::kCancelled, "canceling statement due to user request"));
    });
    const auto stream = session_->Execute(call, prepared->id, {});
    canceller.join();
    ASSERT_FALSE(session_->in_transaction());
    const std::string made = stream.ok() ? "1" : "0";
    ASSERT_EQ(Text("SELECT count(*) FROM duckdb_tables() WHERE NOT internal"), made);
    ASSERT_EQ(Text("SELECT count(*) FROM duckdb_sequences()"), made);
    ASSERT_EQ(Text("DROP TABLE IF EXISTS t"), "");
  }
}

TEST_F(DuckDbEngineTest, CurrentValuesOfSequencesAreTheSessionsOwn) {
  ASSERT_EQ(Text("CREATE SEQUENCE s"), "");
  ASSERT_EQ(Text("CREATE SEQUENCE other"), "");
  EXPECT_EQ(Text("SELECT currval('s')"), "error 55000: currval of sequence \"s\" is not yet defined in this session");
  EXPECT_EQ(Text("SELECT lastval()"), "error 55000: lastval is not yet defined in this session");
  EXPECT_EQ(Text("SELECT nextval('public.s')"), "1");
  auto mine = std::exchange(session_, *engine_->Open({}));
  EXPECT_EQ(Text("SELECT nextval('s')"), "2");
  EXPECT_EQ(Text("SELECT setval('other', 50)"), "50");
  EXPECT_EQ(Text("SELECT currval('s'), lastval(), currval('other')"), "2|2|50");
  EXPECT_EQ(Text("SELECT setval('s', 0)"),
            "error 22003: setval: value 0 is out of bounds for sequence \"s\" (1..9223372036854775807)");
  std::swap(session_, mine);
  EXPECT_EQ(Text("SELECT currval('s'), lastval()"), "1|1");
  ASSERT_TRUE(session_->Reset().ok());
  EXPECT_EQ(Text("SELECT lastval()"), "error 55000: lastval is not yet defined in this session");
}

TEST_F(DuckDbEngineTest, AHundredMillionRowsStreamInConstantMemory) {
  const auto prepared = Prepare("SELECT range FROM range(100000000)");
  ASSERT_TRUE(prepared.ok());
  auto stream = session_->Execute(call_, prepared->id, {});
  ASSERT_TRUE(stream.ok());
  const auto before = ResidentBytes();
  std::int64_t rows = 0;
  for (;;) {
    auto batch = (*stream)->Next(call_);
    ASSERT_TRUE(batch.ok()) << batch.error().message();
    if (*batch == nullptr) break;
    rows += (*batch)->num_rows();
  }
  EXPECT_EQ(rows, 100'000'000);
#ifdef TAVANA_ASAN
  constexpr long kQuarantineBytes = 256 << 20;  // freed blocks that AddressSanitizer keeps (its quarantine_size_mb)
#else
  constexpr long kQuarantineBytes = 0;
#endif
  EXPECT_LT(ResidentBytes() - before, kQuarantineBytes + (100 << 20));
}

// Also one that comes between DuckDB's threads having begun and DuckDB forgetting it: they were waited for, for ever.
TEST_F(DuckDbEngineTest, ACancelAtAnyMomentEndsALongJoin) {
  const auto prepared =
      Prepare("SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE a.range + b.range = -1");
  ASSERT_TRUE(prepared.ok());
  for (int round = 0; round < 1000; ++round) {
    const engine::CallContext call;
    std::thread canceller([&] {
      const auto at = std::chrono::steady_clock::now() + std::chrono::nanoseconds(round * 500);
      while (std::chrono::steady_clock::now() < at) {
      }
      call.cancellation->Cancel(Error(ErrorCode::kCancelled, "cancelled"));
    });
    auto stream = session_->Execute(call, prepared->id, {});
    const auto code = stream.ok() ? (*stream)->Next(call).error().code() : stream.error().code();
    canceller.join();
    EXPECT_EQ(code, ErrorCode::kCancelled);
  }
}

TEST_F(DuckDbEngineTest, TheFirstBatchIsSmallSoThatRowsLeaveEarly) {
  const auto prepared = Prepare("SELECT range FROM range(10000000)");
  auto stream = session_->Execute(call_, prepared->id, {});
  ASSERT_TRUE(stream.ok());
  EXPECT_LE((*(*stream)->Next(call_))->num_rows(), 2048);
}

TEST_F(DuckDbEngineTest, AnOpenParameterIsTextAndOneInArithmeticIsANumber) {
  const auto text = Prepare("SELECT $1 AS a");
  ASSERT_TRUE(text.ok());
  EXPECT_TRUE(text->columns_known);
  EXPECT_EQ(text->columns->field(0)->type()->id(), arrow::Type::STRING);
  const auto number = Prepare("SELECT $1 + 1");
  ASSERT_TRUE(number.ok());
  EXPECT_EQ(number->parameters[0]->id(), arrow::Type::INT64);
}

TEST_F(DuckDbEngineTest, ColumnsThatDependOnValuesAreNotGuessed) {
  const auto prepared = Prepare("SELECT * FROM read_csv($1)");
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  EXPECT_FALSE(prepared->columns_known);
}

TEST_F(DuckDbEngineTest, PivotRunsThoughItCanNotBePrepared) {
  ASSERT_EQ(Text("CREATE TABLE p AS SELECT * FROM (VALUES ('a', 1), ('b', 2)) v(k, n)"), "");
  const auto prepared = Prepare("PIVOT p ON k USING sum(n)");
  ASSERT_TRUE(prepared.ok()) << prepared.error().message();
  EXPECT_FALSE(prepared->columns_known);
  EXPECT_EQ(Text("SELECT a::INTEGER, b::INTEGER FROM (PIVOT p ON k USING sum(n))"), "1|2");
}

TEST_F(DuckDbEngineTest, CreateTableAsCountsItsRows) {
  const auto prepared = Prepare("CREATE TABLE t AS SELECT * FROM range(7)");
  ASSERT_TRUE(prepared.ok());
  EXPECT_EQ(prepared->command, "SELECT");
  EXPECT_EQ(prepared->kind, engine::StatementKind::kDdl);
  const auto rows = Run("CREATE TABLE u AS SELECT * FROM range(7)");
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->summary.affected, 7);
}

TEST_F(DuckDbEngineTest, CommitOfAFailedTransactionIsAnError) {
  ASSERT_EQ(Text("CREATE TABLE t(i INTEGER)"), "");
  ASSERT_EQ(Text("BEGIN"), "");
  ASSERT_EQ(Text("INSERT INTO t VALUES (1)"), "");
  ASSERT_FALSE(Run("SELECT s::INTEGER FROM (VALUES ('1'), ('x')) v(s)").ok());
  const auto commit = Run("COMMIT");
  ASSERT_FALSE(commit.ok());
  EXPECT_EQ(commit.error().code(), ErrorCode::kFailedTransaction);
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(Text("SELECT count(*) FROM t"), "0");
}

TEST_F(DuckDbEngineTest, ErrorsKeepTheirPositionAndMoveAdviceToTheHint) {
  const auto rows = Run("SELECT 'ä', no_such FROM (SELECT 1 AS no_sich)");
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code(), ErrorCode::kUndefinedColumn);
  EXPECT_EQ(rows.error().position(), std::optional<std::size_t>(13));
  EXPECT_NE(rows.error().hint().find("no_sich"), std::string::npos);
  EXPECT_EQ(rows.error().message().find("LINE"), std::string::npos);
}

TEST_F(DuckDbEngineTest, TheSessionsDatabaseHasTheNameItWasOpenedBy) {
  engine_ = *OpenDuckDb({});
  EXPECT_EQ(Text("SELECT current_database()"), "tavana");
  session_ = *engine_->Open({.user = "u", .database = "main"});
  EXPECT_EQ(Text("SELECT current_database()"), "main");
}

TEST_F(DuckDbEngineTest, ADatabaseFileThatIsLockedOrDamagedGivesOneClearMessage) {
  const auto directory = std::filesystem::temp_directory_path() / ("tavana_duckdb_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const std::string damaged = directory / "damaged.db";
  std::ofstream(damaged) << std::string(8192, 'x');
  const auto opened = OpenDuckDb({.database_path = damaged});
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message().find(damaged), std::string::npos) << opened.error().message();
  const auto missing = OpenDuckDb({.database_path = directory / "no" / "such" / "file.db"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kIo) << missing.error().message();
  EXPECT_FALSE(OpenDuckDb({.init_sql = "SELEC 1"}).ok());
  EXPECT_FALSE(OpenDuckDb({.spill_directory = "/proc/no_such_place"}).ok());
  std::filesystem::remove_all(directory);
}

TEST_F(DuckDbEngineTest, MoreThanTheQuotaIsNotKeptAside) {
  Open({.open_results_limit_bytes = 1 << 20});
  const auto prepared = Prepare("SELECT range FROM range(10000000)");
  auto stream = session_->Execute(call_, prepared->id, {});
  ASSERT_TRUE((*stream)->Next(call_).ok());
  const auto refused = Run("SELECT 1");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kQuotaExceeded);
  std::int64_t rows = 2048;
  for (;;) {
    auto batch = (*stream)->Next(call_);
    ASSERT_TRUE(batch.ok()) << batch.error().message();
    if (*batch == nullptr) break;
    rows += (*batch)->num_rows();
  }
  EXPECT_EQ(rows, 10'000'000);
}

TEST_F(DuckDbEngineTest, EveryTypeHasAnArrowForm) {
  const auto rows = Run("SELECT * FROM test_all_types()");
  ASSERT_TRUE(rows.ok()) << rows.error().message();
  EXPECT_EQ(rows->count(), 3);
  for (const auto& batch : rows->batches)
    EXPECT_TRUE(batch->Validate().ok()) << batch->Validate().message();  // not in full: 24:00 is a time here
  const auto find = [&](const char* name) { return rows->schema->GetFieldByName(name)->type(); };
  EXPECT_EQ(find("bool")->id(), arrow::Type::BOOL);
  EXPECT_EQ(find("varchar")->id(), arrow::Type::STRING);
  EXPECT_EQ(find("blob")->id(), arrow::Type::BINARY);
  EXPECT_EQ(find("dec_4_1")->id(), arrow::Type::DECIMAL32);
  EXPECT_EQ(find("dec_18_6")->id(), arrow::Type::DECIMAL64);
  EXPECT_EQ(find("dec38_10")->id(), arrow::Type::DECIMAL128);
  EXPECT_EQ(find("interval")->id(), arrow::Type::INTERVAL_MONTH_DAY_NANO);
  EXPECT_EQ(find("small_enum")->id(), arrow::Type::DICTIONARY);
}

}  // namespace
}  // namespace tavana::duckdb_engine
