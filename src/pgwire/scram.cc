#include "pgwire/scram.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stringprep.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/check.h"

namespace tavana::pgwire {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kSaltBytes = 16;   // PostgreSQL's SCRAM_DEFAULT_SALT_LEN
constexpr std::size_t kNonceBytes = 18;  // PostgreSQL's SCRAM_RAW_NONCE_LEN
// A client's message is a few hundred bytes; a nonce is as long as it likes within this (chosen).
constexpr std::size_t kMaxMessageBytes = 8 << 10;
constexpr int kMaxIterations = 10'000'000;  // chosen: seconds of work for a client, still an int everywhere

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string Random(std::size_t count) {
  std::string bytes(count, '\0');
  TAVANA_CHECK(RAND_bytes(Bytes(bytes), static_cast<int>(count)) == 1);
  return bytes;
}

std::string Hmac(std::string_view key, std::string_view text) {
  std::string hash(kHashBytes, '\0');
  unsigned int size = kHashBytes;
  TAVANA_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(text), text.size(), Bytes(hash),
                    &size) != nullptr);
  return hash;
}

std::string Sha256(std::string_view text) {
  std::string hash(kHashBytes, '\0');
  TAVANA_CHECK(EVP_Digest(text.data(), text.size(), Bytes(hash), nullptr, EVP_sha256(), nullptr) == 1);
  return hash;
}

std::string ToBase64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(Bytes(text), Bytes(bytes), static_cast<int>(bytes.size()))));
  return text;
}

std::optional<std::string> FromBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kMaxMessageBytes) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(Bytes(bytes), Bytes(text), static_cast<int>(text.size())) < 0) return std::nullopt;
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  bytes.resize(bytes.size() - padding);
  if (ToBase64(bytes) != text) return std::nullopt;  // blanks and stray padding
  return bytes;
}

std::string Prepared(std::string_view password) {
  std::string text(password);
  char* prepared = nullptr;
  if (text.find('\0') != std::string::npos ||
      stringprep_profile(text.c_str(), &prepared, "SASLprep", STRINGPREP_NO_UNASSIGNED) != STRINGPREP_OK) {
    return text;
  }
  std::string result(prepared);
  std::free(prepared);
  return result.empty() ? text : result;
}

Error Malformed(std::string detail) {
  return Error(ErrorCode::kProtocol, "malformed SCRAM message").WithDetail(std::move(detail));
}

/// Takes "x=value" up to the next comma (or the end) from the front of `message`.
std::optional<std::string_view> TakeAttribute(std::string_view& message, char name) {
  if (message.size() < 2 || message[0] != name || message[1] != '=') return std::nullopt;
  const std::size_t comma = std::min(message.find(','), message.size());
  const std::string_view value = message.substr(2, comma - 2);
  message.remove_prefix(std::min(comma + 1, message.size()));
  return value;
}

bool IsPrintable(std::string_view nonce) {  // RFC 5802: printable = %x21-2B / %x2D-7E
  return !nonce.empty() &&
         std::all_of(nonce.begin(), nonce.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

}  // namespace

Result<ScramVerifier> ParseScramVerifier(std::string_view text) {
  const Error wrong(ErrorCode::kInvalidText, "not a SCRAM-SHA-256 verifier");
  const std::string prefix = std::string(kScramSha256) + "$";
  if (!text.starts_with(prefix)) return wrong;
  text.remove_prefix(prefix.size());
  const auto take = [&](char end) {
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos) return std::string_view();
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at + 1);
    return part;
  };
  const std::string_view iterations = take(':');
  const auto salt = FromBase64(take('$'));
  const auto stored_key = FromBase64(take(':'));
  const auto server_key = FromBase64(text);
  ScramVerifier verifier;
  const auto [end, failure] =
      std::from_chars(iterations.data(), iterations.data() + iterations.size(), verifier.iterations);
  if (failure != std::errc() || end != iterations.data() + iterations.size() || verifier.iterations < 1 ||
      verifier.iterations > kMaxIterations || !salt || !stored_key || stored_key->size() != kHashBytes || !server_key ||
      server_key->size() != kHashBytes) {
    return wrong;
  }
  verifier.salt = *salt;
  verifier.stored_key = *stored_key;
  verifier.server_key = *server_key;
  return verifier;
}

std::string ScramVerifierText(const ScramVerifier& verifier) {
  return fmt::format("{}${}:{}${}:{}", kScramSha256, verifier.iterations, ToBase64(verifier.salt),
                     ToBase64(verifier.stored_key), ToBase64(verifier.server_key));
}

ScramVerifier MakeScramVerifier(std::string_view password, std::string salt, int iterations) {
  const std::string prepared = Prepared(password);
  std::string salted(kHashBytes, '\0');
  TAVANA_CHECK(PKCS5_PBKDF2_HMAC(prepared.data(), static_cast<int>(prepared.size()), Bytes(salt),
                                 static_cast<int>(salt.size()), iterations, EVP_sha256(), kHashBytes,
                                 Bytes(salted)) == 1);
  return {.iterations = iterations,
          .salt = std::move(salt),
          .stored_key = Sha256(Hmac(salted, "Client Key")),
          .server_key = Hmac(salted, "Server Key")};
}

ScramVerifier MakeScramVerifier(std::string_view password) { return MakeScramVerifier(password, Random(kSaltBytes)); }

ScramVerifier MockScramVerifier(std::string_view user, std::string_view secret) {
  return {.salt = Hmac(secret, user).substr(0, kSaltBytes),
          .stored_key = Hmac(secret, "stored"),
          .server_key = Hmac(secret, "server")};
}

std::string ScramNonce() { return ToBase64(Random(kNonceBytes)); }

Result<std::string> ScramServer::First(std::string_view mechanism, std::string_view client_first) {
  if (client_first.size() > kMaxMessageBytes) return Malformed("The message is too long.");
  const bool plus = mechanism == kScramSha256Plus;
  std::string_view rest = client_first;
  const auto take_flag = [&](std::string_view flag) {
    return rest.starts_with(flag) && (rest.remove_prefix(flag.size()), true);
  };
  if (plus) {
    if (!hash_) return Error(ErrorCode::kAuthentication, "channel binding needs TLS");
    if (!take_flag("p=tls-server-end-point,"))
      return Malformed("Channel binding of type tls-server-end-point was expected.");
    binds_channel_ = true;
  } else if (take_flag("y,")) {
    if (hash_) {
      return Error(ErrorCode::kAuthentication, "SCRAM channel binding negotiation error")
          .WithDetail(
              "The client supports SCRAM channel binding but thinks the server does not. However, this server does.");
    }
  } else if (!take_flag("n,")) {
    return Malformed(
        "The client selected SCRAM-SHA-256 without channel binding, but the message includes channel binding data.");
  }
  if (rest.starts_with("a=")) {
    return Error(ErrorCode::kUnsupported, "client uses authorization identity, but it is not supported");
  }
  if (!take_flag(",")) return Malformed("A comma was expected behind the channel binding flag.");
  gs2_header_ = client_first.substr(0, client_first.size() - rest.size());
  client_first_bare_ = rest;
  if (rest.starts_with("m=")) return Error(ErrorCode::kUnsupported, "client requires an unsupported SCRAM extension");
  if (!TakeAttribute(rest, 'n')) return Malformed("A user name was expected.");  // the startup packet's counts
  const auto client_nonce = TakeAttribute(rest, 'r');
  if (!client_nonce || !IsPrintable(*client_nonce)) return Malformed("A nonce was expected.");
  nonce_ = std::string(*client_nonce) + nonce_;
  server_first_ = fmt::format("r={},s={},i={}", nonce_, ToBase64(verifier_.salt), verifier_.iterations);
  return server_first_;
}

Result<std::string> ScramServer::Final(std::string_view client_final) {
  if (client_final.size() > kMaxMessageBytes) return Malformed("The message is too long.");
  std::string_view rest = client_final;
  const auto binding = TakeAttribute(rest, 'c');
  if (!binding) return Malformed("Channel binding data was expected.");
  const auto nonce = TakeAttribute(rest, 'r');
  if (!nonce) return Malformed("A nonce was expected.");
  while (!rest.empty() && rest[0] != 'p') {  // extensions may follow
    if (!TakeAttribute(rest, rest[0])) return Malformed("An attribute was expected.");
  }
  const std::size_t proof_at = client_final.size() - rest.size();
  const auto proof_text = TakeAttribute(rest, 'p');
  const auto proof = proof_text ? FromBase64(*proof_text) : std::nullopt;
  if (!proof || proof->size() != kHashBytes || !rest.empty()) return Malformed("A proof was expected at the end.");
  if (*binding != ToBase64(gs2_header_ + (binds_channel_ ? *hash_ : std::string()))) {
    return Error(ErrorCode::kAuthentication, "SCRAM channel binding check failed");
  }
  if (*nonce != nonce_)
    return Error(ErrorCode::kProtocol, "invalid SCRAM response").WithDetail("Nonce does not match.");

  const std::string auth_message =
      fmt::format("{},{},{}", client_first_bare_, server_first_, client_final.substr(0, proof_at - 1));
  const std::string signature = Hmac(verifier_.stored_key, auth_message);
  std::string client_key(kHashBytes, '\0');
  for (std::size_t i = 0; i < kHashBytes; ++i) client_key[i] = static_cast<char>((*proof)[i] ^ signature[i]);
  const bool right = CRYPTO_memcmp(Sha256(client_key).data(), verifier_.stored_key.data(), kHashBytes) == 0;
  if (!right || mock_) return Error(ErrorCode::kInvalidPassword, "password authentication failed");
  return "v=" + ToBase64(Hmac(verifier_.server_key, auth_message));
}

}  // namespace tavana::pgwire
