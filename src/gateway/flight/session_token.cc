#include "gateway/flight/session_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <vector>

#include "base/check.h"
#include "base/hex.h"

namespace tavana::gateway {
namespace {

// Six fields and the signature, joined by dots: JSON Web Tokens have two dots.
constexpr std::string_view kPrefix = "tavana1";
constexpr std::size_t kFields = 6;

constexpr std::size_t kFingerprintDigits = 32;  // 128 bits (chosen)

std::optional<std::string> Unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    unsigned value = 0;
    const auto [end, problem] = std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
    if (problem != std::errc() || end != text.data() + at + 2) return std::nullopt;
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

std::string Signature(const std::string& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  TAVANA_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) != nullptr);
  return HexOf({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace

std::string SessionTokens::Sign(Purpose purpose, const SessionClaims& claims) const {
  const auto expires = std::chrono::duration_cast<std::chrono::seconds>(claims.expires.time_since_epoch()).count();
  std::string text = std::string(kPrefix) + static_cast<char>(purpose) + "." + HexOf(claims.user) + "." +
                     HexOf(claims.session) + "." + HexOf(claims.gateway) + "." + std::to_string(expires) + "." +
                     claims.credential;
  const std::string signature = Signature(key_, text);
  return text + "." + signature;
}

std::optional<SessionClaims> SessionTokens::Read(Purpose purpose, std::string_view token,
                                                 std::chrono::system_clock::time_point now) const {
  const auto end = token.rfind('.');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string expected = Signature(key_, token.substr(0, end));
  const std::string_view signature = token.substr(end + 1);
  if (signature.size() != expected.size() || CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) != 0) {
    return std::nullopt;
  }
  std::vector<std::string_view> fields;
  for (std::string_view rest = token.substr(0, end); fields.size() < kFields;) {
    const auto dot = std::min(rest.find('.'), rest.size());
    fields.push_back(rest.substr(0, dot));
    if (dot == rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
  if (fields.size() != kFields || fields[0] != std::string(kPrefix) + static_cast<char>(purpose)) return std::nullopt;
  const auto user = Unhex(fields[1]), session = Unhex(fields[2]), gateway = Unhex(fields[3]);
  std::int64_t expires = 0;
  const auto read = std::from_chars(fields[4].data(), fields[4].data() + fields[4].size(), expires);
  if (!user || !session || !gateway || read.ec != std::errc()) return std::nullopt;
  SessionClaims claims{*user, *session, *gateway, std::chrono::system_clock::time_point(std::chrono::seconds(expires)),
                       std::string(fields[5])};
  if (claims.expires <= now) return std::nullopt;
  return claims;
}

std::string SessionTokens::Fingerprint(std::string_view text) const {
  return Signature(key_, text).substr(0, kFingerprintDigits);
}

bool SessionTokens::LooksLikeOurs(std::string_view token) { return token.starts_with(kPrefix); }

std::string RandomHex(std::size_t bytes) {
  std::string random(bytes, '\0');
  TAVANA_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) == 1);
  return HexOf(random);
}

}  // namespace tavana::gateway
