#include "gateway/pg/pg_settings.h"

#include <gtest/gtest.h>

namespace tavana::gateway {
namespace {

PgSettings Quiet() {
  return PgSettings([](std::string_view, std::string_view) {});
}

TEST(PgSettings, JoinTakesWhatABlockBesideHasSetForLongerThanItself) {
  PgSettings settings([](std::string_view, std::string_view) {});
  PgSettings block = settings.ForBlock();
  ASSERT_TRUE(settings.Set("extra_float_digits", "2", false).ok());
  ASSERT_TRUE(block.Set("timezone", "Asia/Tokyo", false).ok());
  ASSERT_TRUE(block.Set("application_name", "of the block", true).ok());
  ASSERT_TRUE(block.Set("our.own", "new", false).ok());
  EXPECT_FALSE(settings.Has("our.own"));
  settings.Join(block);
  EXPECT_EQ(settings.Get("extra_float_digits"), "2");
  EXPECT_EQ(settings.Get("timezone"), "Asia/Tokyo");
  EXPECT_EQ(settings.Get("application_name"), "");
  EXPECT_EQ(settings.Get("our.own"), "new");
}

TEST(PgSettings, RollbackTakesBackWhatTheBlockSet) {
  auto settings = Quiet();
  settings.Begin();
  ASSERT_TRUE(settings.Set("application_name", "inside", false).ok());
  EXPECT_EQ(settings.Get("application_name"), "inside");
  settings.Rollback();
  EXPECT_EQ(settings.Get("application_name"), "");
}

TEST(PgSettings, SetLocalEndsWithTheBlockAndSetStays) {
  auto settings = Quiet();
  settings.Begin();
  ASSERT_TRUE(settings.Set("application_name", "stays", false).ok());
  ASSERT_TRUE(settings.Set("application_name", "local", true).ok());
  EXPECT_EQ(settings.Get("application_name"), "local");
  settings.Commit();
  EXPECT_EQ(settings.Get("application_name"), "stays");
}

TEST(PgSettings, ReadsTimesWithAndWithoutUnit) {
  auto settings = Quiet();
  for (const auto& [text, milliseconds] : {std::pair{"250", 250}, {"5s", 5000}, {"2 min", 120000}, {"0", 0}}) {
    ASSERT_TRUE(settings.Set("statement_timeout", text, false).ok()) << text;
    EXPECT_EQ(settings.Milliseconds("statement_timeout").count(), milliseconds);
  }
  for (const char* bad : {"", "-1", "5 parsecs", "99999999999999999999", "30d"}) {
    EXPECT_FALSE(settings.Set("statement_timeout", bad, false).ok()) << bad;
  }
}

TEST(PgSettings, ReportsOnlyWhatPostgresReportsAndOnlyChanges) {
  std::vector<std::string> heard;
  PgSettings settings([&](std::string_view name, std::string_view) { heard.emplace_back(name); });
  ASSERT_TRUE(settings.Set("application_name", "psql", false).ok());
  ASSERT_TRUE(settings.Set("application_name", "psql", false).ok());
  ASSERT_TRUE(settings.Set("statement_timeout", "1", false).ok());
  EXPECT_EQ(heard, (std::vector<std::string>{"application_name"}));
}

TEST(PgSettings, RefusesWhatItCanNotBe) {
  auto settings = Quiet();
  EXPECT_FALSE(settings.Set("client_encoding", "latin1", false).ok());
  EXPECT_TRUE(settings.Set("client_encoding", "utf-8", false).ok());
  EXPECT_FALSE(settings.Set("datestyle", "German", false).ok());
  EXPECT_FALSE(settings.Set("server_version", "16", false).ok());
  EXPECT_FALSE(settings.Set("standard_conforming_strings", "off", false).ok());
}

}  // namespace
}  // namespace tavana::gateway
