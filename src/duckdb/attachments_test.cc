#include "duckdb/attachments.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "duckdb/engine.h"
#include "engine/testing/answer.h"

namespace tavana::duckdb_engine {
namespace {

using engine::testing::Answer;

class AttachmentsTest : public ::testing::Test {
 protected:
  AttachmentsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "attachments.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    EngineOptions options;
    options.extension_directory = TAVANA_EXTENSION_DIR;
    options.reach.local = true;
    engine_ = *OpenDuckDb(options);
    a_ = *engine_->Open({});
    b_ = *engine_->Open({});
  }
  ~AttachmentsTest() override {
    a_.reset();
    b_.reset();
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string File(const std::string& name) const { return "'" + (folder_ / name).string() + "'"; }
  std::string Lake() const {
    return "ATTACH 'ducklake:" + (folder_ / "l.ducklake").string() + "' AS lake (DATA_PATH " + File("lake") + ")";
  }

  std::filesystem::path folder_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Session> a_, b_;
};

TEST_F(AttachmentsTest, AreNamedListedAndDetachedByTheirSessionAlone) {
  EXPECT_EQ(Answer(*a_, "ATTACH ':memory:' AS mine"), "");
  EXPECT_EQ(Answer(*a_, "CREATE TABLE mine.t AS SELECT 'of a' AS s"), "");
  EXPECT_EQ(Answer(*b_, "FROM mine.t"), "42P01");
  EXPECT_EQ(Answer(*b_, "FROM query('FROM mine.t')"), "42P01");
  EXPECT_EQ(Answer(*b_, "FROM query_table('mine.t')"), "42P01");
  EXPECT_EQ(Answer(*b_, "DETACH mine"), "3D000");
  EXPECT_EQ(Answer(*b_, "ATTACH ':memory:' AS mine"), "");
  EXPECT_EQ(Answer(*b_, "CREATE TABLE mine.t AS SELECT 'of b' AS s"), "");
  EXPECT_EQ(Answer(*a_, "FROM mine.t"), "of a ");
  EXPECT_EQ(Answer(*b_, "FROM mine.t"), "of b ");
  EXPECT_EQ(Answer(*b_, "DETACH mine"), "");
  for (const char* lists : {"duckdb_databases()", "duckdb_tables()", "duckdb_columns()", "duckdb_schemas()"}) {
    const std::string query =
        "SELECT DISTINCT database_name FROM " + std::string(lists) + " WHERE database_name = 'mine'";
    EXPECT_EQ(Answer(*a_, query), "mine ") << lists;
    EXPECT_EQ(Answer(*b_, query), "") << lists;
  }
  EXPECT_EQ(Answer(*a_, "SELECT datname FROM pg_database WHERE datname = 'mine'"), "mine ");
  EXPECT_EQ(Answer(*b_, "SELECT datname FROM pg_database WHERE datname = 'mine'"), "");
}

TEST_F(AttachmentsTest, BrowseAsTheCurrentDatabase) {
  Answer(*a_, "ATTACH ':memory:' AS mine");
  EXPECT_EQ(Answer(*a_, "USE mine"), "");
  EXPECT_EQ(Answer(*a_, "CREATE TABLE t (i INTEGER)"), "");
  EXPECT_EQ(Answer(*a_, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = 't'"), "t ");
  EXPECT_EQ(Answer(*a_, "SELECT table_catalog FROM information_schema.tables WHERE table_name = 't'"), "mine ");
  EXPECT_EQ(Answer(*a_, "DETACH mine"), "55000");
  EXPECT_EQ(Answer(*a_, "USE tavana"), "");
  EXPECT_EQ(Answer(*a_, "DETACH mine"), "");
}

TEST_F(AttachmentsTest, TheServersDatabasesAreNobodysToDetachOrRename) {
  EXPECT_EQ(Answer(*a_, "DETACH memory"), "42501");
  EXPECT_EQ(Answer(*a_, "USE memory"), "");
  EXPECT_EQ(Answer(*a_, "DETACH tavana"), "42501");
  EXPECT_EQ(Answer(*a_, "ALTER DATABASE tavana SET ALIAS TO other"), "0A000");
  EXPECT_EQ(Answer(*a_, "ATTACH ':memory:' AS tavana"), "42710");
  EXPECT_EQ(Answer(*a_, "ATTACH ':memory:' AS __tavana"), "42710");
  EXPECT_EQ(Answer(*a_, "ATTACH ':memory:' AS temp"), "42710");
  EXPECT_EQ(Answer(*b_, "SELECT 1"), "1 ");
}

TEST_F(AttachmentsTest, ARollbackUndoesAttachAndDetach) {
  Answer(*a_, "ATTACH ':memory:' AS old");
  Answer(*a_, "BEGIN");
  EXPECT_EQ(Answer(*a_, "DETACH old"), "");
  EXPECT_EQ(Answer(*a_, "ATTACH ':memory:' AS fresh"), "");
  EXPECT_EQ(Answer(*a_, "CREATE TABLE fresh.t AS SELECT 1 AS i"), "");
  EXPECT_EQ(Answer(*a_, "FROM fresh.t"), "1 ");
  Answer(*a_, "ROLLBACK");
  EXPECT_EQ(Answer(*a_, "SELECT database_name FROM duckdb_databases() WHERE database_name IN ('old', 'fresh')"),
            "old ");
}

TEST_F(AttachmentsTest, ADatabaseThatTheTransactionHasUsedIsNotDetached) {
  Answer(*a_, "ATTACH ':memory:' AS mine");
  Answer(*a_, "BEGIN");
  Answer(*a_, "CREATE TABLE mine.t (i INTEGER)");
  EXPECT_EQ(Answer(*a_, "DETACH mine"), "25001");
  Answer(*a_, "COMMIT");
  EXPECT_EQ(Answer(*a_, "DETACH mine"), "");
}

TEST_F(AttachmentsTest, SessionsShareAFileUnderOneName) {
  EXPECT_EQ(Answer(*a_, "ATTACH " + File("x.db") + " AS x"), "");
  EXPECT_EQ(Answer(*a_, "CREATE TABLE x.t AS SELECT 1 AS i"), "");
  EXPECT_EQ(Answer(*b_, "ATTACH " + File("x.db") + " AS y"), "55000");
  EXPECT_EQ(Answer(*b_, "ATTACH " + File("x.db") + " AS x (READ_ONLY)"), "55000");
  EXPECT_EQ(Answer(*b_, "ATTACH " + File("x.db") + " AS x"), "");
  EXPECT_EQ(Answer(*b_, "INSERT INTO x.t VALUES (2)"), "");
  EXPECT_EQ(Answer(*a_, "SELECT sum(i)::INTEGER FROM x.t"), "3 ");
  EXPECT_EQ(Answer(*a_, "DETACH x"), "");
  EXPECT_EQ(Answer(*b_, "SELECT sum(i)::INTEGER FROM x.t"), "3 ");
  b_.reset();
  EXPECT_EQ(Answer(*a_, "ATTACH " + File("x.db") + " AS again"), "");
  EXPECT_EQ(Answer(*a_, "SELECT sum(i)::INTEGER FROM again.t"), "3 ");
}

TEST_F(AttachmentsTest, NothingOfADuckLakesMetadataShowsInOtherSessions) {
  ASSERT_EQ(Answer(*a_, Lake()), "");
  EXPECT_EQ(Answer(*a_, "CREATE TABLE lake.t AS SELECT 42 AS i"), "");
  EXPECT_EQ(Answer(*a_, "FROM lake.t"), "42 ");
  EXPECT_EQ(Answer(*b_, "FROM lake.t"), "42P01");
  for (const char* lists : {"duckdb_databases()", "duckdb_tables()", "duckdb_columns()", "duckdb_schemas()",
                            "pragma_database_size()", "pg_database"}) {
    const auto seen = Answer(*b_, "FROM " + std::string(lists));
    EXPECT_EQ(seen.find("__tavana_private"), std::string::npos) << lists;
    EXPECT_EQ(seen.find("ducklake"), std::string::npos) << lists;
  }
  const auto error = b_->Prepare({}, "FROM ducklake_table", {}).error();
  EXPECT_EQ(error.message().find("__tavana"), std::string::npos) << error.message();
  EXPECT_EQ(error.hint().find("__tavana"), std::string::npos) << error.hint();
  EXPECT_EQ(Answer(*a_, "DETACH lake"), "");
  EXPECT_EQ(Answer(*a_, Lake()), "");  // its metadata was let go
  EXPECT_EQ(Answer(*a_, "FROM lake.t"), "42 ");
  ASSERT_TRUE(a_->Reset().ok());
  EXPECT_EQ(Answer(*a_, "FROM lake.t"), "42P01");
  EXPECT_EQ(Answer(*b_, Lake()), "");
}

TEST_F(AttachmentsTest, WhatIsInFilesOfThisMachinePinsTheSession) {
  Answer(*a_, "ATTACH " + File("x.db") + " AS x");
  const auto snapshot = a_->Snapshot();
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(snapshot->pinned_by, "attached database");
  ASSERT_EQ(snapshot->attachments.size(), 1);
  EXPECT_EQ(snapshot->attachments[0].statement, "");
  EXPECT_FALSE(b_->Restore(*snapshot).ok());
  Answer(*a_, "DETACH x");
  EXPECT_EQ(a_->Snapshot()->pinned_by, "");
}

TEST_F(AttachmentsTest, ExplainDoesNotReachWhatIsConfined) {
  EXPECT_EQ(Answer(*a_, "EXPLAIN ANALYZE SET GLOBAL threads = 1"), "0A000");
  EXPECT_EQ(Answer(*a_, "EXPLAIN SELECT 1").empty(), false);
}

}  // namespace
}  // namespace tavana::duckdb_engine
