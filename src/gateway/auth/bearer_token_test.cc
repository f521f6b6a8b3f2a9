#include "gateway/auth/bearer_token.h"

#include <cjose/jwk.h>
#include <cjose/jws.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace tavana::gateway {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::system_clock;

const system_clock::time_point kNow{seconds(1'800'000'000)};

/// A key that signs, and its public half.
class Signer {
 public:
  explicit Signer(std::string id, int rsa_bits = 0) : id_(std::move(id)) {
    cjose_err failure{};
    key_ = rsa_bits > 0
               ? cjose_jwk_create_RSA_random(static_cast<std::size_t>(rsa_bits), kExponent, sizeof kExponent, &failure)
               : cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &failure);
  }
  ~Signer() { cjose_jwk_release(key_); }
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  json PublicKey() const {
    cjose_err failure{};
    char* const text = cjose_jwk_to_json(key_, false, &failure);
    json key = json::parse(text);
    free(text);
    key["kid"] = id_;
    return key;
  }
  std::string Sign(const json& claims, const std::string& algorithm, json header = json::object()) const {
    cjose_err failure{};
    cjose_header_t* const signed_header = cjose_header_new(&failure);
    cjose_header_set(signed_header, "alg", algorithm.c_str(), &failure);
    if (!header.contains("kid")) header["kid"] = id_;
    for (const auto& [name, value] : header.items()) {
      const bool set = value.is_string()
                           ? cjose_header_set(signed_header, name.c_str(), value.get<std::string>().c_str(), &failure)
                           : cjose_header_set_raw(signed_header, name.c_str(), value.dump().c_str(), &failure);
      EXPECT_TRUE(set) << name;
    }
    const std::string text = claims.dump();
    cjose_jws_t* const token =
        cjose_jws_sign(key_, signed_header, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), &failure);
    const char* serialized = nullptr;
    EXPECT_TRUE(token != nullptr && cjose_jws_export(token, &serialized, &failure));
    std::string result = serialized == nullptr ? "" : serialized;
    cjose_jws_release(token);
    cjose_header_release(signed_header);
    return result;
  }

 private:
  static constexpr std::uint8_t kExponent[] = {1, 0, 1};
  const std::string id_;
  cjose_jwk_t* key_ = nullptr;
};

std::string KeySet(const std::vector<json>& keys) {
  json set;
  set["keys"] = keys;
  return set.dump();
}

class BearerToken : public testing::Test {
 protected:
  std::string path_ =
      testing::TempDir() + "/keys_of_" + testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  void TearDown() override { std::filesystem::remove(path_); }

  void WriteKeys(const std::vector<json>& keys) { std::ofstream(path_) << KeySet(keys); }
  std::unique_ptr<TokenVerifier> Open() {
    auto opened = TokenVerifier::Open({.keys = path_, .issuer = "https://id.example", .audience = "lake"});
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return *std::move(opened);
  }
  static json Claims(const json& changes = json::object()) {
    json claims{{"iss", "https://id.example"}, {"aud", "lake"}, {"sub", "ada"}, {"exp", 1'800'000'060}};
    claims.merge_patch(changes);
    return claims;
  }
};

TEST_F(BearerToken, ASignedTokenOfEveryAlgorithmNamesItsRole) {
  const Signer rsa("r", 2048), ec("e");
  WriteKeys({rsa.PublicKey(), ec.PublicKey()});
  const auto verifier = Open();
  for (const char* algorithm : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}) {
    EXPECT_TRUE(verifier->Verify(rsa.Sign(Claims(), algorithm), "ada", kNow).ok()) << algorithm;
  }
  EXPECT_TRUE(verifier->Verify(ec.Sign(Claims(), "ES256"), "ada", kNow).ok());
  EXPECT_TRUE(verifier->Verify(ec.Sign(Claims({{"aud", {"other", "lake"}}}), "ES256"), "ada", kNow).ok());
}

TEST_F(BearerToken, EachClaimThatIsNotAsItMustBeIsNamed) {
  const Signer ec("e");
  WriteKeys({ec.PublicKey()});
  const auto verifier = Open();
  const auto why = [&](const json& changes) {
    const auto refused = verifier->Verify(ec.Sign(Claims(changes), "ES256"), "ada", kNow);
    EXPECT_FALSE(refused.ok()) << changes;
    return refused.ok() ? "" : refused.error().message();
  };
  EXPECT_EQ(why({{"sub", "eve"}}), "the token's claim sub does not name this role");
  EXPECT_EQ(why({{"sub", nullptr}}), "the token's claim sub does not name this role");
  EXPECT_EQ(why({{"sub", {"ada"}}}), "the token's claim sub does not name this role");
  EXPECT_EQ(why({{"iss", "https://evil.example"}}), "the token is of another issuer");
  EXPECT_EQ(why({{"iss", nullptr}}), "the token is of another issuer");
  EXPECT_EQ(why({{"aud", "lakes"}}), "the token is for another audience");
  EXPECT_EQ(why({{"aud", json::array()}}), "the token is for another audience");
  EXPECT_EQ(why({{"exp", nullptr}}), "the token does not say when it expires");
  EXPECT_EQ(why({{"exp", "1900000000"}}), "the token does not say when it expires");
  EXPECT_EQ(why({{"exp", 1'799'999'970}}), "the token has expired");
  EXPECT_EQ(why({{"nbf", 1'800'000'031}}), "the token is not valid yet");
  EXPECT_EQ(why({{"nbf", "soon"}}), "the token is not valid yet");
  EXPECT_TRUE(
      verifier->Verify(ec.Sign(Claims({{"exp", 1'799'999'971}, {"nbf", 1'800'000'030}}), "ES256"), "ada", kNow).ok());
}

TEST_F(BearerToken, WhatIsNotSignedByAKeyOfTheSetIsRefused) {
  const Signer ec("e"), stranger("e"), rsa("r", 2048);
  WriteKeys({ec.PublicKey(), rsa.PublicKey()});
  const auto verifier = Open();
  const std::string good = ec.Sign(Claims(), "ES256");
  const auto refused = [&](const std::string& token) { return !verifier->Verify(token, "ada", kNow).ok(); };
  EXPECT_TRUE(refused(stranger.Sign(Claims(), "ES256")));
  EXPECT_TRUE(refused(ec.Sign(Claims(), "ES256", {{"kid", "r"}})));
  EXPECT_TRUE(refused(ec.Sign(Claims(), "ES256", {{"crit", {"exp"}}})));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("a.b.c"));
  EXPECT_TRUE(refused(good.substr(0, good.rfind('.') + 1)));
  EXPECT_TRUE(refused(good.substr(0, good.size() - 4) + "AAAA"));
  // {"alg":"none"} with the good claims and no signature.
  const std::string claims = good.substr(good.find('.'), good.rfind('.') - good.find('.') + 1);
  EXPECT_TRUE(refused("eyJhbGciOiJub25lIn0" + claims));
  // Not the last sextet, some bits of which mean nothing.
  for (std::size_t i = 0; i + 2 < good.size(); i += 7) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(refused(changed)) << i;
  }
  EXPECT_FALSE(refused(good));
}

TEST_F(BearerToken, ATokenSignedWithThePublicKeyAsASharedSecretIsRefused) {
  const Signer rsa("r", 2048);
  WriteKeys({rsa.PublicKey()});
  const auto verifier = Open();
  const std::string secret = rsa.PublicKey().dump();
  cjose_err failure{};
  cjose_jwk_t* const shared =
      cjose_jwk_create_oct_spec(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size(), &failure);
  cjose_header_t* const header = cjose_header_new(&failure);
  cjose_header_set(header, "alg", "HS256", &failure);
  const std::string text = Claims().dump();
  cjose_jws_t* const token =
      cjose_jws_sign(shared, header, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), &failure);
  const char* serialized = nullptr;
  ASSERT_TRUE(cjose_jws_export(token, &serialized, &failure));
  EXPECT_EQ(verifier->Verify(serialized, "ada", kNow).error().message(),
            "the token's signature is of a kind that is not taken");
  cjose_jws_release(token);
  cjose_header_release(header);
  cjose_jwk_release(shared);
}

TEST_F(BearerToken, AKeyThatIsAddedToTheFileWorksAndOneThatIsTakenOutNoLonger) {
  const Signer first("first"), second("second");
  WriteKeys({first.PublicKey()});
  const auto verifier = Open();
  EXPECT_FALSE(verifier->Verify(second.Sign(Claims(), "ES256"), "ada", kNow).ok());
  WriteKeys({second.PublicKey(), json{{"kty", "oct"}, {"k", "c2VjcmV0"}}});
  EXPECT_TRUE(verifier->Verify(second.Sign(Claims(), "ES256"), "ada", kNow).ok());
  EXPECT_FALSE(verifier->Verify(first.Sign(Claims(), "ES256"), "ada", kNow).ok());
  std::ofstream(path_) << "broken";  // keeps what was read last
  EXPECT_TRUE(verifier->Verify(second.Sign(Claims(), "ES256"), "ada", kNow).ok());
}

TEST_F(BearerToken, AKeySetWithoutAUsableKeyIsRefused) {
  EXPECT_FALSE(ParseKeySet("").ok());
  EXPECT_FALSE(ParseKeySet("[]").ok());
  EXPECT_FALSE(ParseKeySet(R"({"keys": 1})").ok());
  EXPECT_FALSE(ParseKeySet(R"({"keys": [1, {}, {"kty": "oct", "k": "c2VjcmV0"}]})").ok());
  EXPECT_FALSE(ParseKeySet(KeySet({Signer("short", 1024).PublicKey()})).ok());
  json encrypts = Signer("e").PublicKey();
  encrypts["use"] = "enc";
  EXPECT_FALSE(ParseKeySet(KeySet({encrypts})).ok());
  EXPECT_FALSE(KeySource::Open("http://id.example/keys", "").ok());
  EXPECT_FALSE(KeySource::Open("http://127.0.0.1.evil.example/keys", "").ok());
}

}  // namespace
}  // namespace tavana::gateway
