#include "gateway/auth/bearer_token.h"

#include <cjose/header.h>
#include <cjose/jwk.h>
#include <cjose/jws.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace tavana::gateway {
namespace {

using nlohmann::json;
using SignedToken = std::unique_ptr<cjose_jws_t, void (*)(cjose_jws_t*)>;

constexpr double kLeewaySeconds = 30;
constexpr double kLongestSeconds = 366 * 86'400.0;  // of what is told of a token's time (chosen)

Error Refused(std::string why) { return Error(ErrorCode::kInvalidPassword, std::move(why)); }

/// The signatures that are taken, all by a private key: a token signed with what everybody may read proves nothing.
bool IsKnownAlgorithm(std::string_view name) {
  if (name.size() != 5 || (!name.starts_with("RS") && !name.starts_with("PS") && !name.starts_with("ES"))) return false;
  return name.ends_with("256") || name.ends_with("384") || name.ends_with("512");
}

bool Fits(const SigningKey& key, std::string_view algorithm, std::string_view key_id) {
  cjose_err failure{};
  const bool is_rsa = cjose_jwk_get_kty(key.key.get(), &failure) == CJOSE_JWK_KTY_RSA;
  return is_rsa == (algorithm[0] != 'E') && (key.algorithm.empty() || key.algorithm == algorithm) &&
         (key_id.empty() || key.id == key_id);
}

SignedToken Import(std::string_view token) {
  cjose_err failure{};
  return SignedToken(cjose_jws_import(token.data(), token.size(), &failure), cjose_jws_release);
}

/// The claims, once one of `keys` has proved the signature.
std::optional<json> VerifiedClaims(std::string_view token, std::string_view algorithm, std::string_view key_id,
                                   const SigningKeys& keys) {
  for (const SigningKey& key : keys) {
    if (!Fits(key, algorithm, key_id)) continue;
    const SignedToken parsed = Import(token);
    cjose_err failure{};
    if (parsed == nullptr || !cjose_jws_verify(parsed.get(), key.key.get(), &failure)) continue;
    std::uint8_t* text = nullptr;
    std::size_t size = 0;
    if (!cjose_jws_get_plaintext(parsed.get(), &text, &size, &failure)) continue;
    return json::parse(text, text + size, nullptr, false);
  }
  return std::nullopt;
}

bool NamesAudience(const json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  return found->is_array() ? std::ranges::find(*found, json(audience)) != found->end() : *found == json(audience);
}

std::optional<double> SecondsOf(const json& claims, const char* name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

}  // namespace

TokenVerifier::TokenVerifier(TokenRules rules, std::unique_ptr<KeySource> keys)
    : rules_(std::move(rules)), keys_(std::move(keys)) {}

Result<std::unique_ptr<TokenVerifier>> TokenVerifier::Open(TokenRules rules) {
  if (rules.issuer.empty() || rules.audience.empty()) {
    return Error(ErrorCode::kInvalidParameter,
                 "bearer tokens want an issuer and an audience (TAVANA_JWT_ISSUER, TAVANA_JWT_AUDIENCE)");
  }
  TAVANA_ASSIGN_OR_RETURN(auto keys, KeySource::Open(rules.keys, rules.authority));
  return std::unique_ptr<TokenVerifier>(new TokenVerifier(std::move(rules), std::move(keys)));
}

Result<std::chrono::system_clock::time_point> TokenVerifier::Verify(std::string_view token, std::string_view role,
                                                                    std::chrono::system_clock::time_point now) {
  const SignedToken parsed = Import(token);
  if (parsed == nullptr) return Refused("it is not a signed JSON Web Token");
  cjose_header_t* const header = cjose_jws_get_protected(parsed.get());
  const auto header_text = [header](const char* name) {
    cjose_err failure{};
    const char* const text = cjose_header_get(header, name, &failure);
    return std::string(text == nullptr ? "" : text);
  };
  const std::string algorithm = header_text("alg"), key_id = header_text("kid");
  if (!IsKnownAlgorithm(algorithm)) return Refused("the token's signature is of a kind that is not taken");
  cjose_err failure{};
  if (const auto critical =
          std::unique_ptr<char, void (*)(void*)>(cjose_header_get_raw(header, "crit", &failure), free)) {
    return Refused("the token has a critical header that is not understood");  // RFC 7515, 4.1.11
  }
  const auto claims = VerifiedClaims(token, algorithm, key_id, *keys_->Current(key_id));
  if (!claims) return Refused("no key of the set has signed the token");
  if (!claims->is_object()) return Refused("the token's claims are not a JSON object");
  if (claims->value("iss", json()) != json(rules_.issuer)) return Refused("the token is of another issuer");
  if (!NamesAudience(*claims, rules_.audience)) return Refused("the token is for another audience");
  const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
  const auto expires = SecondsOf(*claims, "exp"), begins = SecondsOf(*claims, "nbf");
  if (!expires) return Refused("the token does not say when it expires");
  if (*expires + kLeewaySeconds <= seconds) return Refused("the token has expired");
  if (claims->contains("nbf") && (!begins || *begins - kLeewaySeconds > seconds))
    return Refused("the token is not valid yet");
  if (claims->value(rules_.role_claim, json()) != json(role)) {
    return Refused("the token's claim " + rules_.role_claim + " does not name this role");
  }
  // Beyond a year it may be any number.
  const auto left = std::chrono::duration<double>(std::min(*expires - seconds, kLongestSeconds));
  return now + std::chrono::duration_cast<std::chrono::system_clock::duration>(left);
}

std::string TokenVerifier::RoleIn(std::string_view token) const {
  const SignedToken parsed = Import(token);
  std::uint8_t* text = nullptr;
  std::size_t size = 0;
  cjose_err failure{};
  if (parsed == nullptr || !cjose_jws_get_plaintext(parsed.get(), &text, &size, &failure)) return {};
  const json claims = json::parse(text, text + size, nullptr, false);
  if (!claims.is_object()) return {};
  const auto found = claims.find(rules_.role_claim);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace tavana::gateway
