#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pgwire/scram.h"

namespace tavana::gateway {

/// How a role proves who it is. A client cannot choose: the protocol's server asks for one thing.
enum class AuthMethod : std::uint8_t {
  kScram,  ///< a password, by SCRAM-SHA-256(-PLUS)
  kJwt,    ///< a bearer token in place of a password
  kOauth,  ///< a bearer token by SASL's OAUTHBEARER (RFC 7628)
};
std::optional<AuthMethod> AuthMethodNamed(std::string_view name);  ///< scram, jwt, oauth
std::string_view NameOf(AuthMethod method);

/// A role that can prove who it is.
struct Identity {
  std::string name;
  AuthMethod method = AuthMethod::kScram;
  pgwire::ScramVerifier verifier;  ///< of kScram only
  int connection_limit = 0;        ///< 0: none but the server's
};

/// The users of a JSON file, {"users": [{"name": .., "scram": "SCRAM-SHA-256$..", "connection_limit": ..}]},
/// or "method": "jwt" or "oauth" in place of "scram".
/// kIo when it can not be read, kInvalidParameter when it is not such a file (the message names what is wrong, never a
/// verifier).
Result<std::vector<Identity>> ReadUsersFile(const std::string& path);
/// Replaces the file as a whole; only its owner may read it.
Status WriteUsersFile(const std::string& path, const std::vector<Identity>& users);

}  // namespace tavana::gateway
