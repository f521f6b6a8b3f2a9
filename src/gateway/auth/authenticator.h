#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/file.h"
#include "gateway/auth/bearer_token.h"
#include "gateway/auth/users_file.h"

namespace tavana::gateway {

enum class AuthMode : std::uint8_t {
  kPassthrough,  ///< nobody is asked
  kOptional,     ///< who is in the users file must prove it, others are not asked
  kRequired,     ///< everybody must prove it
};

struct AuthenticatorOptions {
  AuthMode mode = AuthMode::kPassthrough;
  std::string users_file;                          ///< empty: no users
  AuthMethod unnamed_method = AuthMethod::kScram;  ///< of the roles that the users file does not name
  TokenRules tokens;
};

/// Who may come in, the same for every door. Thread-safe.
class Authenticator {
 public:
  /// Fails when the users file or the key set does, or when somebody must prove what nothing here can check.
  static Result<std::unique_ptr<Authenticator>> Open(AuthenticatorOptions options);

  AuthMode mode() const { return options_.mode; }

  /// What a role has to prove.
  struct Challenge {
    bool needed = false;
    bool mock = false;  ///< there is no such role: go through the motions of SCRAM
    Identity identity;
  };
  /// Reads the users file again when it has changed since; a file that has become unreadable keeps the users that were
  /// read last, and the log says so.
  Challenge ChallengeOf(const std::string& user);
  /// What has to be proved, as a text that changes with it. Secret.
  static std::string CredentialOf(const Challenge& challenge);

  /// Whether `token` proves that its bearer is `user`, and until when; see TokenVerifier::Verify. May block.
  Result<std::chrono::system_clock::time_point> CheckToken(std::string_view token, const std::string& user);
  /// Whether `password` is that of the challenge's role. Takes some milliseconds.
  static bool CheckPassword(const Challenge& challenge, std::string_view password);
  /// The role that `token` would prove; empty when it names none, or tokens are not taken.
  std::string RoleIn(std::string_view token) const {
    return tokens_ == nullptr ? std::string() : tokens_->RoleIn(token);
  }
  /// What tokens must say. Only where a challenge asks for one.
  const TokenRules& token_rules() const { return tokens_->rules(); }

  /// How long the answer to this failed attempt should wait: doubles with each failure in a row of one name from one
  /// address, up to 4 s (chosen: a guesser gets a thousand tries an hour, a person's typing errors cost nothing).
  std::chrono::milliseconds Failed(const std::string& user, const std::string& address);
  void Succeeded(const std::string& user, const std::string& address);

 private:
  Authenticator(AuthenticatorOptions options, std::unique_ptr<TokenVerifier> tokens);
  Status Load();

  static constexpr std::size_t kMaxFailures = 10'000;  // names and addresses remembered

  const AuthenticatorOptions options_;
  const std::unique_ptr<TokenVerifier> tokens_;  // null: none are taken
  const std::string secret_;                     // of mock exchanges
  std::mutex mutex_;
  FileState loaded_;
  std::map<std::string, Identity> users_;
  struct Failure {
    int count = 0;
    std::chrono::steady_clock::time_point last;
  };
  std::map<std::pair<std::string, std::string>, Failure> failures_;
};

}  // namespace tavana::gateway
