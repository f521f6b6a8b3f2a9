#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/auth/key_set.h"

namespace tavana::gateway {

/// What a bearer token must say, and whose signature it must bear.
struct TokenRules {
  std::string keys;                ///< see KeySource::Open; empty: no tokens are taken
  std::string authority;           ///< the same
  std::string issuer, audience;    ///< neither empty
  std::string role_claim = "sub";  ///< the claim that names the role
  std::string scope;               ///< what a client asks its identity provider for; told to OAUTHBEARER's clients
};

/// Checks bearer tokens: JSON Web Tokens (RFC 7519) signed with RS, PS or ES 256, 384 or 512. Thread-safe.
class TokenVerifier {
 public:
  static Result<std::unique_ptr<TokenVerifier>> Open(TokenRules rules);

  /// Whether `token` lets its bearer be `role` at `now`: signed by one of the keys, from the issuer, for the audience,
  /// within its time (30 s of leeway for clocks that differ), and naming exactly that role. Gives when it expires;
  /// kInvalidPassword otherwise: the message is for the log and holds nothing of the token. May block, see
  /// KeySource::Current.
  Result<std::chrono::system_clock::time_point> Verify(std::string_view token, std::string_view role,
                                                       std::chrono::system_clock::time_point now);

  /// The role that `token` names, whoever has signed it: for Verify to say whether it may. Empty when it names none.
  std::string RoleIn(std::string_view token) const;

  const TokenRules& rules() const { return rules_; }

 private:
  TokenVerifier(TokenRules rules, std::unique_ptr<KeySource> keys);

  const TokenRules rules_;
  const std::unique_ptr<KeySource> keys_;
};

}  // namespace tavana::gateway
