#include "pgwire/oauth_bearer.h"

#include <gtest/gtest.h>

namespace tavana::pgwire {
namespace {

using std::string_literals::operator""s;

TEST(OauthBearer, ReadsTheTokenAndTheRoleOfAClientsFirstMessage) {
  // The example of RFC 7628, 4.1.
  const auto message = DecodeOauthBearer(
      "n,a=user@example.com,\1host=server.example.com\1port=143\1auth=Bearer "
      "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1");
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->authorization_identity, "user@example.com");
  EXPECT_EQ(message->token, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
  EXPECT_EQ(DecodeOauthBearer("n,,\1auth=bearer  abc\1\1")->token, "abc");
}

TEST(OauthBearer, AnEmptyTokenAsksWhereTokensAreToBeHad) {
  const auto message = DecodeOauthBearer("n,,\1auth=\1\1");
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->token, "");
  EXPECT_EQ(OauthBearerRefusal("https://id.example/", "openid sql"),
            R"({"status":"invalid_token","openid-configuration":"https://id.example/.well-known/openid-configuration",)"
            R"("scope":"openid sql"})");
}

TEST(OauthBearer, AMalformedMessageIsRefused) {
  for (const std::string& bytes :
       {""s, "n"s, "n,"s, "n,,"s, "n,,\1"s, "n,,\1\1"s, "p=tls-exporter,,\1auth=Bearer x\1\1"s,
        "n,b=x,\1auth=Bearer x\1\1"s, "n,,\1auth=Bearer x\1"s, "n,,auth=Bearer x\1\1"s, "n,,\1auth=Basic x\1\1"s,
        "n,,\1auth=Bearer \1\1"s, "n,,\1auth=Bearer x\1auth=Bearer y\1\1"s, "n,,\1=x\1auth=Bearer x\1\1"s,
        "n,,\1host=x\1\1"s, "n,,\1\1auth=Bearer x\1\1"s}) {
    const auto message = DecodeOauthBearer(bytes);
    ASSERT_FALSE(message.ok()) << bytes;
    EXPECT_EQ(message.error().code(), ErrorCode::kProtocol);
  }
}

}  // namespace
}  // namespace tavana::pgwire
