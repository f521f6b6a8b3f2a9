#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "pgwire/scram.h"

namespace tavana::gateway {

/// A role that can prove who it is.
struct Identity {
  std::string name;
  pgwire::ScramVerifier verifier;
  int connection_limit = 0;  ///< 0: none but the server's
};

/// The users of a JSON file, {"users": [{"name": .., "scram": "SCRAM-SHA-256$..", "connection_limit": ..}]}.
/// kIo when it can not be read, kInvalidParameter when it is not such a file (the message names what is wrong, never a
/// verifier).
Result<std::vector<Identity>> ReadUsersFile(const std::string& path);
/// Replaces the file as a whole; only its owner may read it.
Status WriteUsersFile(const std::string& path, const std::vector<Identity>& users);

}  // namespace tavana::gateway
