#include <fmt/format.h>

#include <algorithm>

#include "gateway/pg/pg_session.h"
#include "observe/log.h"
#include "sql/lexer.h"

namespace tavana::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kProtocolMajor = 3;
constexpr char kTlsHandshake = 0x16;  // the first byte of a ClientHello's record (RFC 8446, 5.1); no startup packet's

// `options` of the startup packet: "-c name=value --name=value", blanks escaped by a backslash
// (postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNECT-OPTIONS).
Result<std::vector<std::pair<std::string, std::string>>> ReadOptions(std::string_view options) {
  std::vector<std::string> words;
  std::string word;
  for (std::size_t i = 0; i <= options.size(); ++i) {
    if (i == options.size() || options[i] == ' ') {
      if (!word.empty()) words.push_back(std::exchange(word, {}));
    } else if (options[i] == '\\' && i + 1 < options.size()) {
      word += options[++i];
    } else {
      word += options[i];
    }
  }
  std::vector<std::pair<std::string, std::string>> settings;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string assignment;
    if (words[i] == "-c" && i + 1 < words.size()) {
      assignment = words[++i];
    } else if (words[i].starts_with("-c") || words[i].starts_with("--")) {
      assignment = words[i].substr(2);
    }
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      return Error(ErrorCode::kInvalidParameter,
                   fmt::format("invalid command-line argument for server process: {}", words[i]));
    }
    settings.emplace_back(assignment.substr(0, equals), assignment.substr(equals + 1));
  }
  return settings;
}

}  // namespace

PgSession::Task<bool> PgSession::StartTls() {
  auto context = services_.tls->Current();
  const bool started = co_await connection_->StartTls(std::move(context), startup_deadline_);
  if (!started)
    observe::Log(observe::LogLevel::kInfo, "TLS handshake failed",
                 {{"address", connection_->peer().address().to_string()}});
  co_return started;
}

PgSession::Task<bool> PgSession::Startup() {
  const auto deadline = std::chrono::steady_clock::now() + services_.options.startup_timeout;
  startup_deadline_ = deadline;
  // At most SSLRequest, GSSENCRequest and the startup message itself.
  for (int packets = 0; packets < 3; ++packets) {
    const bool have_length = co_await connection_->Fill(4, deadline);
    if (!have_length) co_return false;
    if (packets == 0 && connection_->buffered()[0] == kTlsHandshake && services_.tls != nullptr) {
      // Direct TLS, as PostgreSQL 17 has it: no SSLRequest before, and ALPN must say what is spoken.
      connection_->PrepareTls();
      const bool started = co_await StartTls();
      if (!started || !connection_->protocol_agreed()) co_return false;
      continue;
    }
    const auto body_bytes = pgwire::DecodeStartupLength(connection_->buffered().substr(0, 4));
    if (!body_bytes.ok()) {
      co_await Fatal(body_bytes.error());
      co_return false;
    }
    const bool have_body = co_await connection_->Fill(4 + *body_bytes, deadline);
    if (!have_body) co_return false;
    const auto packet = pgwire::DecodeStartup(connection_->buffered().substr(4, *body_bytes));
    connection_->Consume(4 + *body_bytes);
    if (!packet.ok()) {
      co_await Fatal(packet.error());
      co_return false;
    }
    if (const auto* cancel = std::get_if<pgwire::CancelRequest>(&*packet)) {
      services_.metrics.CancelReceived();
      const bool found = services_.registry.CancelStatement(cancel->process_id, cancel->secret);
      if (!found && !cancel->forwarded && services_.forwarder != nullptr) services_.forwarder->Forward(*cancel);
      co_return false;
    }
    if (const auto* startup = std::get_if<pgwire::StartupMessage>(&*packet)) {
      const bool answered = co_await AnswerStartup(*startup);
      co_return answered;
    }
    if (std::holds_alternative<pgwire::SslRequest>(*packet) && services_.tls != nullptr && !connection_->encrypted()) {
      connection_->PrepareTls();
      if (!connection_->buffered().empty()) {  // plain text that would be taken for encrypted (CVE-2021-23214)
        co_await Fatal(Error(ErrorCode::kProtocol, "received unencrypted data after SSL request"));
        co_return false;
      }
      constexpr std::string_view kYes = "S";
      const bool agreed = co_await connection_->Write(kYes);
      if (!agreed) co_return false;
      const bool started = co_await StartTls();
      if (!started) co_return false;
      continue;
    }
    constexpr std::string_view kNo = "N";  // no GSSAPI, and no TLS where there is none
    const bool written = co_await connection_->Write(kNo);
    if (!written) co_return false;
  }
  co_await Fatal(Error(ErrorCode::kProtocol, "too many encryption requests before the startup message"));
  co_return false;
}

Status PgSession::TakeStartupParameters(const pgwire::StartupMessage& startup, std::string& user,
                                        std::string& database) {
  for (const auto& [name, value] : startup.parameters) {
    if (name == "user") {
      user = value;
    } else if (name == "database") {
      database = value;
    } else if (name == "options") {
      TAVANA_ASSIGN_OR_RETURN(const auto options, ReadOptions(value));
      for (const auto& [option, option_value] : options) {
        const std::string lower = sql::LowerCase(option);
        if (!PgSettings::Knows(lower)) {
          return Error(ErrorCode::kUndefinedObject, fmt::format("unrecognized configuration parameter \"{}\"", option));
        }
        TAVANA_RETURN_IF_ERROR(settings_.SetDefault(lower, option_value));
      }
    } else if (name == "replication") {
      if (value != "false" && value != "off" && value != "0") {
        return Error(ErrorCode::kUnsupported, "replication connections are not supported");
      }
    } else if (!name.starts_with("_pq_.")) {
      const std::string lower = sql::LowerCase(name);
      if (!PgSettings::Knows(lower)) {
        return Error(ErrorCode::kUndefinedObject, fmt::format("unrecognized configuration parameter \"{}\"", name));
      }
      TAVANA_RETURN_IF_ERROR(settings_.SetDefault(lower, value));
    }
  }
  if (user.empty()) return Error(ErrorCode::kAuthentication, "no PostgreSQL user name specified in startup packet");
  if (database.empty()) database = user;  // as PostgreSQL does
  return Status::Ok();
}

PgSession::Task<bool> PgSession::AnswerStartup(const pgwire::StartupMessage& startup) {
  if (startup.major != kProtocolMajor) {
    co_await Fatal(
        Error(ErrorCode::kUnsupported,
              fmt::format("unsupported frontend protocol {}.{}: server supports 3.0", startup.major, startup.minor)));
    co_return false;
  }
  if (!services_.accepting) {
    co_await Fatal(Error(ErrorCode::kCannotConnectNow, "the database system is shutting down"));
    co_return false;
  }
  const Status has_room = services_.AdmitConnection();
  has_slot_ = has_room.ok();
  if (!has_slot_) {
    co_await Fatal(has_room.error());
    co_return false;
  }
  std::string database;
  const Status taken = TakeStartupParameters(startup, user_, database);
  if (!taken.ok()) {
    co_await Fatal(taken.error());
    co_return false;
  }
  if (services_.options.tls_required && !connection_->encrypted()) {
    co_await Fatal(Error(ErrorCode::kAuthentication, "this server takes encrypted connections only")
                       .WithHint("Connect with sslmode=require or stronger."));
    co_return false;
  }
  const bool proved = co_await Authenticate();
  if (!proved) co_return false;
  const Status has_role_room = services_.AdmitConnectionOf(user_, connection_limit_);
  has_role_slot_ = has_role_room.ok();
  if (!has_role_slot_) {
    co_await Fatal(has_role_room.error());
    co_return false;
  }
  const bool trusted = connection_->peer().address().is_loopback() || services_.options.trust_everywhere;
  if (!trusted && !services_.authenticator.ChallengeOf(user_).needed) {
    co_await Fatal(Error(ErrorCode::kAuthentication,
                         fmt::format("no authentication method for host \"{}\", user \"{}\", database \"{}\"",
                                     connection_->peer().address().to_string(), user_, database))
                       .WithHint("Only connections from this machine are trusted; others need TAVANA_AUTH_MODE."));
    co_return false;
  }
  settings_.Force("session_authorization", user_);

  auto [process_id, secret] = services_.registry.Add(shared_from_this());
  process_id_ = process_id;
  {
    const std::lock_guard lock(activity_mutex_);
    activity_.process_id = process_id;
    activity_.user = user_;
    activity_.database = database;
    activity_.client_address = connection_->peer().address().to_string();
    activity_.client_port = connection_->peer().port();
    activity_.connected = activity_.state_changed = std::chrono::system_clock::now();
  }
  const auto opening = NewCall();
  const auto left = startup_deadline_ - std::chrono::steady_clock::now();
  const StatementTimeout timeout(strand_, opening.cancellation,
                                 std::max(std::chrono::ceil<std::chrono::milliseconds>(left), 1ms),
                                 "the session could not be opened within the startup timeout");
  auto open = [&engine = services_.engine,
               options = engine::SessionOptions{
                   .user = user_, .database = database, .process_id = process_id_, .opening = opening}] {
    return engine.Open(options);
  };
  auto call = net::StartBlocking(services_.control_pool, strand_, std::move(open));
  auto opened = co_await net::Await(call, strand_, opening.cancellation, left_behind_);
  if (!opened.ok()) {
    co_await Fatal(opened.error());
    co_return false;
  }
  engine_ = *std::move(opened);
  {
    const std::lock_guard lock(activity_mutex_);
    running_engine_ = engine_;
  }

  std::vector<std::string> unrecognised;
  for (const auto& [name, value] : startup.parameters) {
    if (name.starts_with("_pq_.")) unrecognised.push_back(name);
  }
  if (startup.minor > 0 || !unrecognised.empty()) Out().NegotiateProtocolVersion(0, unrecognised);
  Out().AuthenticationOk();
  for (const auto& [name, value] : settings_.Reported()) Out().ParameterStatus(name, value);
  Out().BackendKeyData(process_id, secret);
  const auto call_context = NewCall();
  const Status told = co_await TellEngine(call_context);
  if (!told.ok()) {
    co_await Fatal(told.error());
    co_return false;
  }
  started_ = true;
  Ready();
  const bool flushed = co_await Flush();
  co_return flushed;
}

}  // namespace tavana::gateway
