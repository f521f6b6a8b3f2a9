#include "gateway/auth/authenticator.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tavana::gateway {
namespace {

class AuthenticatorTest : public testing::Test {
 protected:
  std::string path_ =
      testing::TempDir() + "/users_of_" + testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  void TearDown() override { std::filesystem::remove(path_); }
};

TEST_F(AuthenticatorTest, UsersSurviveTheirFileAndOnlyTheOwnerReadsIt) {
  const auto verifier = pgwire::MakeScramVerifier("secret");
  ASSERT_TRUE(WriteUsersFile(path_, {{.name = "ada", .verifier = verifier, .connection_limit = 3}}).ok());
  const auto users = ReadUsersFile(path_);
  ASSERT_TRUE(users.ok()) << users.error().message();
  ASSERT_EQ(users->size(), 1u);
  EXPECT_EQ((*users)[0].name, "ada");
  EXPECT_EQ((*users)[0].verifier, verifier);
  EXPECT_EQ((*users)[0].connection_limit, 3);
  EXPECT_EQ(std::filesystem::status(path_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AuthenticatorTest, AWrongFileIsRefusedByWhatIsWrongAndNeverByAVerifier) {
  for (const char* text : {"", "[]", "{\"users\": 1}", "{\"users\": [1]}", "{\"users\": [{\"name\": \"a\"}]}",
                           "{\"users\": [{\"name\": \"a\", \"scram\": \"hunter2\"}]}"}) {
    std::ofstream(path_) << text;
    const auto users = ReadUsersFile(path_);
    ASSERT_FALSE(users.ok()) << text;
    EXPECT_EQ(users.error().message().find("hunter2"), std::string::npos);
  }
}

TEST_F(AuthenticatorTest, EachModeAsksWhomItSays) {
  ASSERT_TRUE(WriteUsersFile(path_, {{.name = "ada", .verifier = pgwire::MakeScramVerifier("x")}}).ok());
  auto passthrough = Authenticator::Open({.mode = AuthMode::kPassthrough, .users_file = path_});
  EXPECT_FALSE((*passthrough)->ChallengeOf("ada").needed);
  auto optional = Authenticator::Open({.mode = AuthMode::kOptional, .users_file = path_});
  EXPECT_TRUE((*optional)->ChallengeOf("ada").needed);
  EXPECT_FALSE((*optional)->ChallengeOf("nobody").needed);
  auto required = Authenticator::Open({.mode = AuthMode::kRequired, .users_file = path_});
  EXPECT_FALSE((*required)->ChallengeOf("ada").mock);
  EXPECT_TRUE((*required)->ChallengeOf("nobody").mock);
  EXPECT_FALSE(Authenticator::Open({.mode = AuthMode::kRequired}).ok());
}

TEST_F(AuthenticatorTest, AChangedFileIsReadAgainAndABrokenOneKeepsTheUsers) {
  ASSERT_TRUE(WriteUsersFile(path_, {{.name = "ada", .verifier = pgwire::MakeScramVerifier("x")}}).ok());
  auto authenticator = Authenticator::Open({.mode = AuthMode::kRequired, .users_file = path_});
  EXPECT_TRUE((*authenticator)->ChallengeOf("bob").mock);
  ASSERT_TRUE(WriteUsersFile(path_, {{.name = "bob", .verifier = pgwire::MakeScramVerifier("y")}}).ok());
  EXPECT_FALSE((*authenticator)->ChallengeOf("bob").mock);
  EXPECT_TRUE((*authenticator)->ChallengeOf("ada").mock);
  std::ofstream(path_) << "broken";
  EXPECT_FALSE((*authenticator)->ChallengeOf("bob").mock);
}

TEST_F(AuthenticatorTest, FailuresInARowWaitLongerUntilASuccess) {
  auto authenticator = Authenticator::Open({});
  const auto first = (*authenticator)->Failed("ada", "1.2.3.4");
  EXPECT_GT((*authenticator)->Failed("ada", "1.2.3.4"), first);
  EXPECT_EQ((*authenticator)->Failed("ada", "5.6.7.8"), first);
  (*authenticator)->Succeeded("ada", "1.2.3.4");
  EXPECT_EQ((*authenticator)->Failed("ada", "1.2.3.4"), first);
  for (int i = 0; i < 40; ++i) EXPECT_LE((*authenticator)->Failed("ada", "1.2.3.4"), std::chrono::seconds(4));
}

}  // namespace
}  // namespace tavana::gateway
