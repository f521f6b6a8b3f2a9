#include "pgwire/oauth_bearer.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace tavana::pgwire {
namespace {

constexpr char kSeparator = '\x01';

Error Malformed() { return Error(ErrorCode::kProtocol, "malformed OAUTHBEARER message"); }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

Result<OauthBearerMessage> DecodeOauthBearer(std::string_view bytes) {
  // gs2-header: "n,," or "n,a=name,"; then \x01, pairs of key=value each with \x01 behind, and one more \x01.
  if (bytes.size() < 3 || (bytes[0] != 'n' && bytes[0] != 'y') || bytes[1] != ',') return Malformed();
  const std::size_t header_end = bytes.find(',', 2);
  if (header_end == bytes.npos) return Malformed();
  OauthBearerMessage message;
  const std::string_view identity = bytes.substr(2, header_end - 2);
  if (!identity.empty()) {
    if (!identity.starts_with("a=")) return Malformed();
    message.authorization_identity = identity.substr(2);
  }
  std::string_view rest = bytes.substr(header_end + 1);
  if (rest.size() < 2 || rest.front() != kSeparator || rest.back() != kSeparator) return Malformed();
  rest = rest.substr(1, rest.size() - 2);
  bool has_authorization = false;
  while (!rest.empty()) {
    const std::size_t end = rest.find(kSeparator);
    if (end == rest.npos || end == 0) return Malformed();
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0) return Malformed();
    if (pair.substr(0, equals) != "auth") continue;
    if (std::exchange(has_authorization, true)) return Malformed();
    std::string_view value = pair.substr(equals + 1);
    if (value.empty()) continue;
    constexpr std::string_view kScheme = "Bearer ";
    if (value.size() <= kScheme.size() || !EqualsIgnoringCase(value.substr(0, kScheme.size()), kScheme))
      return Malformed();
    value.remove_prefix(std::min(value.find_first_not_of(' ', kScheme.size()), value.size()));
    message.token = value;
  }
  if (!has_authorization) return Malformed();
  return message;
}

std::string OauthBearerRefusal(const std::string& issuer, const std::string& scope) {
  const std::string_view base = issuer.ends_with('/') ? std::string_view(issuer).substr(0, issuer.size() - 1) : issuer;
  return nlohmann::ordered_json{{"status", "invalid_token"},
                                {"openid-configuration", std::string(base) + "/.well-known/openid-configuration"},
                                {"scope", scope}}
      .dump();
}

}  // namespace tavana::pgwire
