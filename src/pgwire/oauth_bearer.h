#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tavana::pgwire {

inline constexpr std::string_view kOauthBearer = "OAUTHBEARER";

/// What a client of SASL's OAUTHBEARER says first (RFC 7628, 3.1).
struct OauthBearerMessage {
  std::string authorization_identity;  ///< empty: none
  std::string token;                   ///< empty: it asks where tokens are to be had
};
/// kProtocol when malformed, or when it asks for channel binding, which this mechanism has not.
Result<OauthBearerMessage> DecodeOauthBearer(std::string_view bytes);

/// What is answered where a token is missing or not taken (RFC 7628, 3.2.2), as JSON.
std::string OauthBearerRefusal(const std::string& issuer, const std::string& scope);

}  // namespace tavana::pgwire
