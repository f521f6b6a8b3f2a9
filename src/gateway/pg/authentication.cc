#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "gateway/pg/pg_session.h"
#include "observe/log.h"
#include "pgwire/oauth_bearer.h"
#include "pgwire/scram.h"

namespace tavana::gateway {

namespace asio = boost::asio;

namespace {

/// SASLInitialResponse: the mechanism's name, then the length of what follows (-1 for nothing) and that
/// (postgresql.org/docs/15/protocol-message-formats.html).
Result<std::pair<std::string, std::string>> DecodeSaslInitialResponse(std::string_view body) {
  const Error malformed(ErrorCode::kProtocol, "malformed SASL message");
  const std::size_t nul = body.find('\0');
  if (nul == std::string_view::npos || body.size() < nul + 5) return malformed;
  std::int32_t size = 0;
  for (int i = 0; i < 4; ++i)
    size = static_cast<std::int32_t>(static_cast<std::uint32_t>(size) << 8 |
                                     static_cast<unsigned char>(body[nul + 1 + static_cast<std::size_t>(i)]));
  const std::string_view data = body.substr(nul + 5);
  if (size != static_cast<std::int32_t>(data.size())) return malformed;
  return std::pair(std::string(body.substr(0, nul)), std::string(data));
}

}  // namespace

PgSession::Task<Result<std::string>> PgSession::ReadAuthenticationAnswer() {
  const Error gone(ErrorCode::kProtocol, "the client went away while it authenticated");
  const bool have_header = co_await connection_->Fill(5, startup_deadline_);
  if (!have_header) co_return gone;
  const auto header = pgwire::DecodeFrameHeader(connection_->buffered().substr(0, 5));
  if (!header.ok()) co_return header.error();
  if (header->type != 'p') {
    co_return Error(ErrorCode::kProtocol, fmt::format("expected an authentication response, got message type {}",
                                                      static_cast<int>(header->type)));
  }
  const bool have_body = co_await connection_->Fill(5 + header->body_bytes, startup_deadline_);
  if (!have_body) co_return gone;
  std::string body(connection_->buffered().substr(5, header->body_bytes));
  connection_->Consume(5 + header->body_bytes);
  co_return body;
}

PgSession::Task<Result<std::string>> PgSession::OfferSasl(std::vector<std::string> mechanisms, std::string& chosen) {
  Out().AuthenticationSasl(mechanisms);
  const bool asked = co_await Flush();
  if (!asked) co_return Error(ErrorCode::kProtocol, "the client went away while it authenticated");
  const auto answer = co_await ReadAuthenticationAnswer();
  if (!answer.ok()) co_return answer.error();
  auto initial = DecodeSaslInitialResponse(*answer);
  if (!initial.ok()) co_return initial.error();
  chosen = std::move(initial->first);
  if (std::find(mechanisms.begin(), mechanisms.end(), chosen) == mechanisms.end()) {
    co_return Error(ErrorCode::kProtocol, "client selected an invalid SASL authentication mechanism");
  }
  co_return std::move(initial->second);
}

PgSession::Task<Status> PgSession::ExchangeScram(const Authenticator::Challenge& challenge) {
  auto certificate_hash = connection_->certificate_hash();
  std::vector<std::string> mechanisms;  // the better one first
  if (certificate_hash) mechanisms.emplace_back(pgwire::kScramSha256Plus);
  mechanisms.emplace_back(pgwire::kScramSha256);
  std::string mechanism;
  const auto client_first = co_await OfferSasl(mechanisms, mechanism);
  if (!client_first.ok()) co_return client_first.error();
  pgwire::ScramServer scram(challenge.identity.verifier, challenge.mock, pgwire::ScramNonce(),
                            std::move(certificate_hash));
  const auto server_first = scram.First(mechanism, *client_first);
  if (!server_first.ok()) co_return server_first.error();
  Out().AuthenticationSaslContinue(*server_first);
  const bool continued = co_await Flush();
  if (!continued) co_return Error(ErrorCode::kProtocol, "the client went away while it authenticated");
  const auto client_final = co_await ReadAuthenticationAnswer();
  if (!client_final.ok()) co_return client_final.error();
  const auto server_final = scram.Final(*client_final);
  if (!server_final.ok()) co_return server_final.error();
  Out().AuthenticationSaslFinal(*server_final);
  co_return Status::Ok();
}

PgSession::Task<Status> PgSession::CheckToken(std::string token) {
  // The keys may have to be fetched, so not on the thread of the doors.
  auto check = [&authenticator = services_.authenticator, token = std::move(token), user = user_]() -> Status {
    const auto until = authenticator.CheckToken(token, user);
    return until.ok() ? Status::Ok() : Status(until.error());
  };
  auto cancellation = std::make_shared<Cancellation>();
  auto call = net::StartBlocking(services_.control_pool, strand_, std::move(check));
  auto checked = co_await net::Await(call, strand_, cancellation, left_behind_);
  co_return checked;
}

PgSession::Task<Status> PgSession::ExchangeTokenAsPassword() {
  Out().AuthenticationCleartextPassword();
  const bool asked = co_await Flush();
  if (!asked) co_return Error(ErrorCode::kProtocol, "the client went away while it authenticated");
  auto answer = co_await ReadAuthenticationAnswer();
  if (!answer.ok()) co_return answer.error();
  if (!answer->ends_with('\0')) co_return Error(ErrorCode::kProtocol, "invalid password packet size");
  answer->pop_back();
  const auto checked = co_await CheckToken(*std::move(answer));
  co_return checked;
}

PgSession::Task<Status> PgSession::ExchangeOauth() {
  std::vector<std::string> mechanisms{std::string(pgwire::kOauthBearer)};
  std::string mechanism;
  const auto first = co_await OfferSasl(mechanisms, mechanism);
  if (!first.ok()) co_return first.error();
  const auto message = pgwire::DecodeOauthBearer(*first);
  if (!message.ok()) co_return message.error();
  Status checked = Error(ErrorCode::kInvalidPassword, "it brought no token yet");
  if (!message->authorization_identity.empty() && message->authorization_identity != user_) {
    checked = Error(ErrorCode::kInvalidPassword, "the exchange names another role than the connection");
  } else if (!message->token.empty()) {
    checked = co_await CheckToken(message->token);
  }
  if (checked.ok()) co_return checked;
  // The client hears where tokens are to be had, says that it has heard, and the exchange has failed (RFC 7628, 3.2.3).
  const auto& rules = services_.authenticator.token_rules();
  Out().AuthenticationSaslContinue(pgwire::OauthBearerRefusal(rules.issuer, rules.scope));
  const bool told = co_await Flush();
  if (!told) co_return Error(ErrorCode::kProtocol, "the client went away while it authenticated");
  const auto heard = co_await ReadAuthenticationAnswer();
  if (!heard.ok()) co_return heard.error();
  co_return checked;
}

PgSession::Task<Status> PgSession::Prove(const Authenticator::Challenge& challenge) {
  if (challenge.identity.method == AuthMethod::kScram) {
    const auto proved = co_await ExchangeScram(challenge);
    co_return proved;
  }
  if (!connection_->encrypted()) {
    co_return Error(ErrorCode::kAuthentication, "bearer tokens are taken over encrypted connections only")
        .WithHint("Connect with sslmode=require or stronger.");
  }
  if (challenge.identity.method == AuthMethod::kJwt) {
    const auto proved = co_await ExchangeTokenAsPassword();
    co_return proved;
  }
  const auto proved = co_await ExchangeOauth();
  co_return proved;
}

PgSession::Task<bool> PgSession::Authenticate() {
  const auto challenge = services_.authenticator.ChallengeOf(user_);
  connection_limit_ = challenge.identity.connection_limit;
  if (!challenge.needed) co_return true;
  if (!challenge.mock && connection_->peer_common_name() == user_) co_return true;  // its certificate has proved it
  const std::string address = connection_->peer().address().to_string();
  const Status proved = co_await Prove(challenge);
  if (proved.ok()) {
    services_.authenticator.Succeeded(user_, address);
    co_return true;
  }
  if (connection_->disconnected()) co_return false;
  Error error = proved.error();
  observe::Log(observe::LogLevel::kWarn, "authentication failed",
               {{"user", user_},
                {"address", address},
                {"sqlstate", std::string(SqlStateOf(error.code()))},
                {"why", error.message()}});
  if (error.code() == ErrorCode::kInvalidPassword) {
    error = challenge.identity.method == AuthMethod::kOauth
                ? Error(ErrorCode::kAuthentication,
                        fmt::format("OAuth bearer authentication failed for user \"{}\"", user_))
                : Error(error.code(), fmt::format("password authentication failed for user \"{}\"", user_));
    asio::steady_timer pause(strand_, services_.authenticator.Failed(user_, address));
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await pause.async_wait(token);
  }
  co_await Fatal(error);
  co_return false;
}

}  // namespace tavana::gateway
