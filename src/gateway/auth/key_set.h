#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

struct _cjose_jwk_int;

namespace tavana::gateway {

/// A public key that signs tokens.
struct SigningKey {
  std::string id;         ///< "kid"; empty: none
  std::string algorithm;  ///< "alg"; empty: any that its type allows
  std::shared_ptr<const _cjose_jwk_int> key;
};
using SigningKeys = std::vector<SigningKey>;

/// The keys of a JSON Web Key Set (RFC 7517). Keys that no token here is checked with (for encryption, symmetric, of
/// unknown type, RSA below 2048 bits as RFC 7518, 3.3 has it) are passed over. kInvalidParameter when the text is not a
/// key set, or none of its keys can be used.
Result<SigningKeys> ParseKeySet(const std::string& json);

/// A key set in a file or at a URL, kept up to date. Thread-safe.
class KeySource {
 public:
  /// `source`: a file, an https:// URL, or an http:// URL of this machine. `authority`: certificates in PEM that the
  /// URL's server is checked by; empty: the system's. Fails when the file does; a URL that does not answer is asked
  /// again with the first token, and the log says so.
  static Result<std::unique_ptr<KeySource>> Open(std::string source, std::string authority);

  /// The keys, fetched anew when they are due: a file's when it changed, a URL's after 5 minutes, and once in 10
  /// seconds where `key_id` is none of them (chosen: a rotated key works at once, and strangers' tokens cost no more
  /// than that). Keys that could not be fetched anew serve for an hour. Blocks for up to 10 s where it fetches.
  std::shared_ptr<const SigningKeys> Current(std::string_view key_id);

 private:
  KeySource(std::string source, std::string authority);
  bool is_url() const;
  Status Fetch();
  bool Due(std::string_view key_id);

  const std::string source_, authority_;
  std::mutex mutex_;  // also while fetching: one asks, the others wait for its answer
  std::shared_ptr<const SigningKeys> keys_;
  FileState file_state_;
  std::chrono::steady_clock::time_point asked_, fetched_, asked_for_stranger_;
};

}  // namespace tavana::gateway
