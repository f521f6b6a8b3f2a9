#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

/// The server's half of SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it
/// (postgresql.org/docs/15/sasl-authentication.html). Functions of bytes; no I/O, thread-safe unless said.
namespace tavana::pgwire {

inline constexpr std::string_view kScramSha256 = "SCRAM-SHA-256";
inline constexpr std::string_view kScramSha256Plus = "SCRAM-SHA-256-PLUS";
/// PostgreSQL's default (scram_iterations).
inline constexpr int kScramIterations = 4096;

/// What a server keeps of a password: enough to check a proof, not enough to make one.
struct ScramVerifier {
  int iterations = kScramIterations;
  std::string salt, stored_key, server_key;  ///< bytes
  bool operator==(const ScramVerifier&) const = default;
};

/// PostgreSQL's text of a verifier, as in pg_authid.rolpassword:
/// SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, in base64. kInvalidText when it is not one.
Result<ScramVerifier> ParseScramVerifier(std::string_view text);
std::string ScramVerifierText(const ScramVerifier& verifier);

/// Of `password` (UTF-8; prepared by SASLprep, or taken as it is where that forbids it, as PostgreSQL does).
ScramVerifier MakeScramVerifier(std::string_view password, std::string salt, int iterations = kScramIterations);
/// With a salt of 16 random bytes.
ScramVerifier MakeScramVerifier(std::string_view password);
/// For a user that does not exist: always the same for one name and `secret`, so that guessing names gains nothing.
ScramVerifier MockScramVerifier(std::string_view user, std::string_view secret);

/// 18 random bytes in base64, the server's part of a nonce.
std::string ScramNonce();

/// One exchange. Not thread-safe. First, then Final, once each.
class ScramServer {
 public:
  /// `mock` exchanges fail at their end whatever the proof. `certificate_hash` is the hash of the server's certificate
  /// (RFC 5929, tls-server-end-point), absent without TLS.
  ScramServer(ScramVerifier verifier, bool mock, std::string nonce, std::optional<std::string> certificate_hash)
      : verifier_(std::move(verifier)), mock_(mock), nonce_(std::move(nonce)), hash_(std::move(certificate_hash)) {}

  /// The server's first message. kProtocol when malformed, kAuthentication when channel binding was stripped or is
  /// wanted where it can not be.
  Result<std::string> First(std::string_view mechanism, std::string_view client_first);
  /// The server's final message. kInvalidPassword when the proof is wrong, kProtocol when malformed or of another
  /// exchange.
  Result<std::string> Final(std::string_view client_final);

 private:
  ScramVerifier verifier_;
  bool mock_;
  std::string nonce_;  // the server's part, then both
  std::optional<std::string> hash_;
  std::string gs2_header_, client_first_bare_, server_first_;
  bool binds_channel_ = false;
};

}  // namespace tavana::pgwire
