#include "gateway/flight/session_token.h"

#include <gtest/gtest.h>

namespace tavana::gateway {
namespace {

using namespace std::chrono_literals;
using Purpose = SessionTokens::Purpose;

const std::chrono::system_clock::time_point kNow{1'800'000'000s};
const SessionClaims kClaims{"ada.\n", "5e55", "gateway-1", kNow + 60s, "00ff"};

TEST(SessionTokens, SayWhatTheyWereMadeOf) {
  const SessionTokens tokens("key");
  const auto read = tokens.Read(Purpose::kBearer, tokens.Sign(Purpose::kBearer, kClaims), kNow);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->user, kClaims.user);
  EXPECT_EQ(read->session, kClaims.session);
  EXPECT_EQ(read->gateway, kClaims.gateway);
  EXPECT_EQ(read->expires, kClaims.expires);
  EXPECT_EQ(read->credential, kClaims.credential);
}

TEST(SessionTokens, FingerprintsTellTextsApartAndNothingElse) {
  const SessionTokens tokens("key"), others("another");
  EXPECT_EQ(tokens.Fingerprint("secret"), tokens.Fingerprint("secret"));
  EXPECT_NE(tokens.Fingerprint("secret"), tokens.Fingerprint("Secret"));
  EXPECT_NE(tokens.Fingerprint("secret"), others.Fingerprint("secret"));
}

TEST(SessionTokens, AreRefusedOnceTheyHaveExpired) {
  const SessionTokens tokens("key");
  EXPECT_FALSE(tokens.Read(Purpose::kBearer, tokens.Sign(Purpose::kBearer, kClaims), kNow + 60s).has_value());
}

TEST(SessionTokens, AreRefusedWhenAnotherKeyHasSignedThem) {
  const SessionTokens tokens("key"), others("another");
  EXPECT_FALSE(tokens.Read(Purpose::kBearer, others.Sign(Purpose::kBearer, kClaims), kNow).has_value());
}

TEST(SessionTokens, AreRefusedForAnotherPurpose) {
  const SessionTokens tokens("key");
  EXPECT_FALSE(tokens.Read(Purpose::kBearer, tokens.Sign(Purpose::kCookie, kClaims), kNow).has_value());
}

TEST(SessionTokens, AreRefusedWithAnyByteAltered) {
  const SessionTokens tokens("key");
  const std::string token = tokens.Sign(Purpose::kBearer, kClaims);
  for (std::size_t at = 0; at < token.size(); ++at) {
    SCOPED_TRACE(at);
    std::string altered = token;
    altered[at] = altered[at] == '0' ? '1' : '0';
    EXPECT_FALSE(tokens.Read(Purpose::kBearer, altered, kNow).has_value());
    EXPECT_FALSE(tokens.Read(Purpose::kBearer, token.substr(0, at), kNow).has_value());
  }
}

}  // namespace
}  // namespace tavana::gateway
