#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/evp.h>

#include "flight/flight_data.h"
#include "gateway/flight/door_impl.h"
#include "observe/log.h"
#include "sql/lexer.h"

namespace tavana::gateway {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxProofBytes = 1 << 16;
constexpr std::string_view kNobody = "tavana";  // who comes in without a name where nobody is asked

/// Nothing about why: what an attacker may learn is that it did not work.
Error Refused() { return Error(ErrorCode::kAuthentication, "authentication failed"); }

/// Go's clients leave the padding out.
std::optional<std::string> FromBase64(std::string text) {
  while (text.size() % 4 != 0 && text.size() < kMaxProofBytes) text.push_back('=');
  if (text.empty() || text.size() > kMaxProofBytes || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

std::string FlightDoor::Impl::NewBearer(const Caller& caller) {
  return tokens_.Sign(SessionTokens::Purpose::kBearer,
                      {.user = caller.user,
                       .session = RandomHex(16),
                       .gateway = name_,
                       .expires = std::min(std::chrono::system_clock::now() + options_.token_lifetime, caller.until),
                       .credential = caller.credential});
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::Handshake(CallPtr call) {
  auto caller = co_await Identify(call);
  if (!caller.ok()) co_return caller.error();
  const std::string bearer = NewBearer(*caller);
  call->AddHeader("authorization", "Bearer " + bearer);
  const auto request = co_await Read(call);
  wire::HandshakeResponse response;
  if (request) response.set_payload(bearer);
  Answer(call, response);
  co_return Status::Ok();
}

FlightDoor::Impl::Task<Result<FlightDoor::Impl::Caller>> FlightDoor::Impl::Identify(CallPtr call) {
  const std::string header = call->Header("authorization").value_or("");
  const auto space = header.find(' ');
  const std::string scheme = sql::LowerCase(header.substr(0, space));
  std::string proof = space == std::string::npos ? std::string() : header.substr(space + 1);
  if (scheme == "bearer") {
    auto caller = co_await IdentifyByToken(call, std::move(proof));
    co_return caller;
  }
  if (scheme == "basic") {
    const auto decoded = FromBase64(proof);
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) co_return Refused();
    std::string user = decoded->substr(0, colon), password = decoded->substr(colon + 1);
    auto caller = co_await IdentifyByPassword(call, std::move(user), std::move(password));
    co_return caller;
  }
  if (!header.empty()) co_return Refused();
  co_return Trust(call, call->certificate_name().empty() ? std::string(kNobody) : call->certificate_name());
}

FlightDoor::Impl::Caller FlightDoor::Impl::CallerOf(const std::string& user,
                                                    const Authenticator::Challenge& challenge) const {
  Caller caller;
  caller.user = user;
  caller.credential = tokens_.Fingerprint(Authenticator::CredentialOf(challenge));
  caller.connection_limit = challenge.identity.connection_limit;
  return caller;
}

Result<FlightDoor::Impl::Caller> FlightDoor::Impl::Trust(const CallPtr& call, const std::string& user) {
  const auto challenge = services_.authenticator.ChallengeOf(user);
  const bool proved = !challenge.mock && call->certificate_name() == user;
  if (challenge.needed ? !proved : !call->from_this_machine() && !services_.options.trust_everywhere) return Refused();
  return CallerOf(user, challenge);
}

FlightDoor::Impl::Task<Result<FlightDoor::Impl::Caller>> FlightDoor::Impl::IdentifyByToken(CallPtr call,
                                                                                           std::string token) {
  const auto now = std::chrono::system_clock::now();
  if (SessionTokens::LooksLikeOurs(token)) {
    auto claims = tokens_.Read(SessionTokens::Purpose::kBearer, token, now);
    if (!claims) co_return Refused();
    Caller caller = CallerOf(claims->user, services_.authenticator.ChallengeOf(claims->user));
    // Who has gone from the users file since, or has another password, is to prove it again.
    if (claims->credential != caller.credential) co_return Refused();
    caller.until = claims->expires;
    caller.bearer = std::move(claims);
    co_return caller;
  }
  const std::string role = call->encrypted() ? services_.authenticator.RoleIn(token) : std::string();
  const auto challenge = services_.authenticator.ChallengeOf(role);
  if (role.empty() || !challenge.needed || challenge.identity.method == AuthMethod::kScram) co_return Refused();
  auto check = [&authenticator = services_.authenticator, token, role] {
    return authenticator.CheckToken(token, role);
  };
  auto running = net::StartBlocking(services_.control_pool, strand_, std::move(check));
  std::shared_ptr<net::BlockingCall> left_behind;
  const auto until = co_await net::Await(running, strand_, call->cancellation(), left_behind);
  if (!until.ok()) {
    observe::Log(observe::LogLevel::kWarn, "authentication failed",
                 {{"user", role}, {"address", call->host()}, {"why", until.error().message()}});
    co_return Refused();
  }
  Caller caller = CallerOf(role, challenge);
  caller.until = *until;
  co_return caller;
}

FlightDoor::Impl::Task<Result<FlightDoor::Impl::Caller>> FlightDoor::Impl::IdentifyByPassword(CallPtr call,
                                                                                              std::string user,
                                                                                              std::string password) {
  const auto challenge = services_.authenticator.ChallengeOf(user);
  if (!challenge.needed) co_return Trust(call, user);
  const bool brings_token = challenge.identity.method != AuthMethod::kScram;
  Result<std::chrono::system_clock::time_point> proved = Refused();
  if (!brings_token || call->encrypted()) {
    auto check = [&authenticator = services_.authenticator, challenge, user, password,
                  brings_token]() -> Result<std::chrono::system_clock::time_point> {
      if (brings_token) return authenticator.CheckToken(password, user);
      if (Authenticator::CheckPassword(challenge, password)) return std::chrono::system_clock::time_point::max();
      return Error(ErrorCode::kInvalidPassword, "the password is wrong");
    };
    auto running = net::StartBlocking(services_.control_pool, strand_, std::move(check));
    std::shared_ptr<net::BlockingCall> left_behind;
    proved = co_await net::Await(running, strand_, call->cancellation(), left_behind);
  }
  if (proved.ok()) {
    services_.authenticator.Succeeded(user, call->host());
    Caller caller = CallerOf(user, challenge);
    caller.fresh = true;
    caller.until = *proved;
    co_return caller;
  }
  observe::Log(observe::LogLevel::kWarn, "authentication failed",
               {{"user", user}, {"address", call->host()}, {"why", proved.error().message()}});
  asio::steady_timer pause(strand_, services_.authenticator.Failed(user, call->host()));
  boost::system::error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  co_await pause.async_wait(token);
  co_return Refused();
}

}  // namespace tavana::gateway
