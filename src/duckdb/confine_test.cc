#include "duckdb/confine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "duckdb/engine.h"
#include "engine/testing/answer.h"

namespace tavana::duckdb_engine {
namespace {

std::unique_ptr<engine::Engine> Open(EngineOptions options = {}) {
  options.extension_directory = TAVANA_EXTENSION_DIR;
  auto engine = OpenDuckDb(options);
  EXPECT_TRUE(engine.ok()) << engine.error().message();
  return *std::move(engine);
}

using engine::testing::Answer;

TEST(Confine, SecretsAreSeenAndUsedByTheirSessionAlone) {
  const auto engine = Open();
  const auto a = *engine->Open({}), b = *engine->Open({});
  EXPECT_EQ(Answer(*a, "CREATE SECRET s (TYPE s3, KEY_ID 'AAA', SECRET 'zzz')"), "");
  EXPECT_EQ(Answer(*b, "SELECT count(*) FROM duckdb_secrets()"), "0 ");
  EXPECT_EQ(Answer(*b, "FROM which_secret('s3://x/y', 's3')"), "");
  EXPECT_EQ(Answer(*b, "CREATE SECRET s (TYPE s3, KEY_ID 'BBB', SECRET 'yyy')"), "");
  EXPECT_EQ(Answer(*a, "CREATE SECRET s (TYPE s3, KEY_ID 'CCC', SECRET 'yyy')"), "42710");
  const auto shown = Answer(*a, "SELECT secret_string FROM duckdb_secrets()");
  EXPECT_EQ(shown.find("AAA"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("zzz"), std::string::npos) << shown;
  EXPECT_EQ(Answer(*a, "DROP SECRET s"), "");
  EXPECT_EQ(Answer(*b, "SELECT name FROM duckdb_secrets()"), "s ");
}

TEST(Confine, ARollbackUndoesWhatItsTransactionDidToSecrets) {
  const auto engine = Open();
  const auto a = *engine->Open({});
  Answer(*a, "BEGIN");
  Answer(*a, "CREATE SECRET s (TYPE s3, KEY_ID 'AAA', SECRET 'zzz')");
  Answer(*a, "ROLLBACK");
  EXPECT_EQ(Answer(*a, "SELECT count(*) FROM duckdb_secrets()"), "0 ");
}

TEST(Confine, ASwitchOfACredentialIsReadAsSqlHasIt) {
  const auto engine = Open();
  const auto a = *engine->Open({});
  for (const char* value : {"false", "'false'", "0"})
    EXPECT_EQ(Answer(*a, std::string("SET s3_use_ssl = ") + value), "") << value;
  EXPECT_EQ(Answer(*a, "SET s3_use_ssl = 'perhaps'"), "22023");
}

TEST(Confine, ASnapshotMovesSecretsAndCredentialSettings) {
  const auto engine = Open(), other = Open();
  const auto a = *engine->Open({});
  Answer(*a, "CREATE SECRET s (TYPE s3, KEY_ID 'AAA', SECRET 'zzz', SCOPE 's3://mine')");
  Answer(*a, "SET s3_access_key_id = 'KEY'");
  Answer(*a, "SET s3_region = 'eu-west-1'");
  const auto snapshot = a->Snapshot();
  ASSERT_TRUE(snapshot.ok());
  const auto b = *other->Open({});
  ASSERT_TRUE(b->Restore(*snapshot).ok());
  EXPECT_EQ(Answer(*b, "SELECT name FROM which_secret('s3://mine/x', 's3')"), "s ");
  EXPECT_EQ(Answer(*b, "SELECT name FROM which_secret('s3://other/x', 's3')"), "settings_s3 ");
  EXPECT_EQ(Answer(*b, "SELECT value FROM duckdb_settings() WHERE name = 's3_region'"), "eu-west-1 ");
  EXPECT_EQ(b->Snapshot()->credentials, snapshot->credentials);
  ASSERT_TRUE(b->Reset().ok());
  EXPECT_EQ(Answer(*b, "FROM which_secret('s3://mine/x', 's3')"), "");
}

TEST(Confine, WhatWouldReachOthersIsRefused) {
  const auto engine = Open();
  const auto a = *engine->Open({});
  for (const char* sql : {
           "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'A', SECRET 'B')",
       })
    EXPECT_EQ(Answer(*a, sql), "0A000") << sql;
  for (const char* sql : {
           "CREATE SECRET s IN memory (TYPE s3, KEY_ID 'A', SECRET 'B')",
           "CREATE SECRET s (TYPE s3, PROVIDER credential_chain)",
           "DROP SECRET s FROM memory",
           "SET GLOBAL s3_region = 'x'",
           "SET GLOBAL TimeZone = 'UTC'",
           "SET memory_limit = '1GB'",
           "PRAGMA memory_limit = '1GB'",
           "SET enable_external_access = true",
           "SET allowed_directories = ['/']",
           "SET allow_unsigned_extensions = true",
           "SET secret_directory = '/tmp'",
           "SET lock_configuration = true",
           "RESET enable_external_access",
           "SET enable_logging = true",
           "INSTALL httpfs",
           "LOAD '/tmp/x.duckdb_extension'",
           "UPDATE EXTENSIONS",
       })
    EXPECT_EQ(Answer(*a, sql), "42501") << sql;
}

TEST(Confine, NobodySeesWhatOthersDidOrWhoTheServerIs) {
  const auto engine = Open();
  const auto a = *engine->Open({});
  for (const char* sql :
       {"CALL enable_logging()", "CALL enable_logging('HTTP')", "FROM duckdb_logs()", "FROM duckdb_logs",
        "CALL enable_logging(level = 'debug')", "FROM query('FROM duckdb_logs()')", "PRAGMA enable_logging",
        "FROM duckdb_external_file_cache()"}) {
    const auto answer = Answer(*a, sql);
    EXPECT_EQ(answer.size(), 5U) << sql << ": " << answer;  // an SQLSTATE
  }
  EXPECT_EQ(Answer(*a, "SELECT value FROM duckdb_settings() WHERE name = 'enable_logging'"), "0 ");
}

TEST(Confine, AnAdministratorsSecretsServeAllAndAreShownToNone) {
  const auto engine =
      Open({.init_sql = "CREATE SECRET infra (TYPE s3, KEY_ID 'III', SECRET 'zzz', SCOPE 's3://long/scope')"});
  const auto a = *engine->Open({});
  EXPECT_EQ(Answer(*a, "SELECT count(*) FROM duckdb_secrets()"), "0 ");
  EXPECT_EQ(Answer(*a, "SELECT name FROM which_secret('s3://long/scope/x', 's3')"), "infra ");
  Answer(*a, "CREATE SECRET mine (TYPE s3, KEY_ID 'AAA', SECRET 'zzz')");
  EXPECT_EQ(Answer(*a, "SELECT name FROM which_secret('s3://long/scope/x', 's3')"), "mine ");
  EXPECT_EQ(Answer(*a, "DROP SECRET infra"), "42704");
  Answer(*a, "DROP SECRET mine");
  EXPECT_EQ(Answer(*a, "SELECT name FROM which_secret('s3://long/scope/x', 's3')"), "infra ");
}

TEST(Confine, OnlySettingsThatDuckDbKeepsApartAreTheSessions) {
  const auto engine = Open();
  const auto a = *engine->Open({}), b = *engine->Open({});
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"integer_division", "true"},
                                                        {"TimeZone", "'Asia/Tokyo'"},
                                                        {"pivot_limit", "7"},
                                                        {"ieee_floating_point_ops", "false"},
                                                        {"max_expression_depth", "77"},
                                                        {"binary_as_string", "true"},
                                                        {"explain_output", "'all'"}}) {
    const auto ask = "SELECT value FROM duckdb_settings() WHERE name = '" + name + "'";
    const auto before = Answer(*b, ask);
    EXPECT_EQ(Answer(*a, "SET " + name + " = " + value), "") << name;
    EXPECT_EQ(Answer(*b, ask), before) << name;
    EXPECT_NE(Answer(*a, ask), before) << name;
  }
}

TEST(Confine, EverySettingOfEveryExtensionIsInTheTable) {
  const auto engine = Open();
  const auto a = *engine->Open({});
  int extensions = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(TAVANA_EXTENSION_DIR)) {
    if (file.path().extension() != ".duckdb_extension") continue;
    EXPECT_EQ(Answer(*a, "LOAD " + file.path().stem().string()), "") << file.path();
    ++extensions;
  }
  EXPECT_GT(extensions, 10);
  std::istringstream names(Answer(*a, "SELECT name FROM duckdb_settings()"));
  int settings = 0;
  for (std::string name; names >> name; ++settings) EXPECT_TRUE(OwnerOf(name).has_value()) << name;
  EXPECT_GT(settings, 200);
  // What was closed at the start stays closed when its extension comes.
  for (const char* sql : {"CALL load_aws_credentials()", "FROM st_read('/etc/passwd')", "SET aws_nothing = 1"})
    EXPECT_EQ(Answer(*a, sql).substr(0, 2), "42") << sql;
  EXPECT_EQ(Answer(*a, "FROM st_read('/etc/passwd')"), "42501");
}

}  // namespace
}  // namespace tavana::duckdb_engine
