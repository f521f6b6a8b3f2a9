#include "pgwire/scram.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace tavana::pgwire {
namespace {

// RFC 7677, section 3.
constexpr std::string_view kClientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view kClientFinal =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr std::string_view kServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

std::string ExampleSalt() {
  std::string salt(18, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(salt.data()),
                  reinterpret_cast<const unsigned char*>("W22ZaJ0SNY7soEsUEjb6gQ=="), 24);
  salt.resize(16);
  return salt;
}

ScramServer Example(bool mock = false, std::optional<std::string> hash = std::nullopt) {
  return {MakeScramVerifier("pencil", ExampleSalt()), mock, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", std::move(hash)};
}

TEST(Scram, TheExampleOfTheRfcIsReproduced) {
  auto server = Example();
  const auto first = server.First(kScramSha256, kClientFirst);
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(*first, kServerFirst);
  const auto final = server.Final(kClientFinal);
  ASSERT_TRUE(final.ok()) << final.error().message();
  EXPECT_EQ(*final, kServerFinal);
}

TEST(Scram, AVerifierSurvivesItsTextAndIsPostgresqls) {
  const auto verifier = MakeScramVerifier("pencil", ExampleSalt());
  const std::string text = ScramVerifierText(verifier);
  EXPECT_TRUE(text.starts_with("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")) << text;
  const auto read = ParseScramVerifier(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, verifier);
  for (const char* wrong :
       {"", "md5abc", "SCRAM-SHA-256$", "SCRAM-SHA-256$0:AAAA$AAAA:AAAA",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$AAAA:AAAA", "SCRAM-SHA-256$x:AAAA$AAAA:AAAA"}) {
    EXPECT_FALSE(ParseScramVerifier(wrong).ok()) << wrong;
  }
}

TEST(Scram, AWrongProofAndAMockEndTheSame) {
  std::string tampered(kClientFinal);
  tampered[tampered.find("p=") + 2] = 'e';
  auto server = Example();
  ASSERT_TRUE(server.First(kScramSha256, kClientFirst).ok());
  EXPECT_EQ(server.Final(tampered).error().code(), ErrorCode::kInvalidPassword);
  auto mock = Example(true);
  ASSERT_TRUE(mock.First(kScramSha256, kClientFirst).ok());
  EXPECT_EQ(mock.Final(kClientFinal).error().code(), ErrorCode::kInvalidPassword);
  EXPECT_EQ(MockScramVerifier("nobody", "s"), MockScramVerifier("nobody", "s"));
  EXPECT_NE(MockScramVerifier("nobody", "s").salt, MockScramVerifier("somebody", "s").salt);
}

TEST(Scram, AnotherExchangesNonceIsRefused) {
  auto server = ScramServer(MakeScramVerifier("pencil", ExampleSalt()), false, "other", std::nullopt);
  ASSERT_TRUE(server.First(kScramSha256, kClientFirst).ok());
  EXPECT_EQ(server.Final(kClientFinal).error().code(), ErrorCode::kProtocol);
}

TEST(Scram, StrippedChannelBindingIsSeen) {
  auto stripped = Example(false, "hash");
  EXPECT_EQ(stripped.First(kScramSha256, "y,,n=user,r=abc").error().code(), ErrorCode::kAuthentication);
  auto without_tls = Example();
  EXPECT_EQ(without_tls.First(kScramSha256Plus, "p=tls-server-end-point,,n=,r=abc").error().code(),
            ErrorCode::kAuthentication);
  auto other_certificate = Example(false, "hash");
  ASSERT_TRUE(other_certificate.First(kScramSha256Plus, "p=tls-server-end-point,,n=,r=abc").ok());
  EXPECT_EQ(other_certificate.Final("c=biws,r=abc%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=" + std::string(43, 'A') + "=")
                .error()
                .code(),
            ErrorCode::kAuthentication);
}

TEST(Scram, MalformedMessagesAreProtocolErrors) {
  for (const char* first : {"", "n", "n,", "n,,", "n,,n=user", "n,,r=abc", "n,,n=user,r=", "x,,n=user,r=a",
                            "n,a=root,n=user,r=a", "p=tls-server-end-point,,n=,r=abc", "n,,n=user,r=a b"}) {
    auto server = Example();
    EXPECT_FALSE(server.First(kScramSha256, first).ok()) << first;
  }
  for (const char* final : {"", "c=biws", "c=biws,r=x", "r=x,c=biws,p=AAAA", "c=biws,r=x,p=", "c=biws,r=x,p=AAAA",
                            "c=biws,r=x,p=AAAA,z=1"}) {
    auto server = Example();
    ASSERT_TRUE(server.First(kScramSha256, kClientFirst).ok());
    EXPECT_FALSE(server.Final(final).ok()) << final;
  }
}

}  // namespace
}  // namespace tavana::pgwire
