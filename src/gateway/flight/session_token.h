#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tavana::gateway {

/// What a token of ours says: whose session it is, and where.
struct SessionClaims {
  std::string user, session, gateway;
  std::chrono::system_clock::time_point expires;  ///< in whole seconds
  std::string credential;                         ///< the user's at the time, as a fingerprint; empty: none is told
};

/// Signs and reads the tokens that name sessions (HMAC-SHA-256). Thread-safe.
class SessionTokens {
 public:
  /// One cannot stand for the other.
  enum class Purpose : char { kBearer = 'b', kCookie = 'c', kForwarded = 'f', kTicket = 't' };

  /// `key` of 32 random bytes; gateways that share it know each other's tokens.
  explicit SessionTokens(std::string key) : key_(std::move(key)) {}

  std::string Sign(Purpose purpose, const SessionClaims& claims) const;
  /// Nothing unless it is ours, unaltered, for this purpose and not expired at `now`.
  std::optional<SessionClaims> Read(Purpose purpose, std::string_view token,
                                    std::chrono::system_clock::time_point now) const;
  /// Tells equal texts from others, and nothing else of them.
  std::string Fingerprint(std::string_view text) const;
  /// Whether it has the look of one of ours rather than of somebody else's.
  static bool LooksLikeOurs(std::string_view token);

 private:
  const std::string key_;
};

/// `bytes` random bytes in hexadecimal.
std::string RandomHex(std::size_t bytes);

}  // namespace tavana::gateway
