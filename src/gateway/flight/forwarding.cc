#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <charconv>

#include "gateway/flight/door_impl.h"
#include "gateway/waiter.h"

namespace tavana::gateway {

namespace asio = boost::asio;
using flight::OutgoingCall;

namespace {

// Of a forwarded call: who it is of, signed; the client's port and address; the client's name of itself.
constexpr const char* kForwarded = "tavana-forwarded";
constexpr const char* kClient = "tavana-client";
constexpr const char* kApplication = "tavana-application";
// As long as a forwarded call's header is good (chosen: far above the time that it takes, and what clocks differ by).
constexpr std::chrono::minutes kGood{5};
constexpr int kMaxForwarded = 1000;  // calls at once (chosen: more are somebody's flood)

/// "HOST:PORT" in the name of a gateway; empty when it is not to be reached.
std::string AddressIn(const std::string& gateway) {
  const auto at = gateway.rfind('@');
  return at == std::string::npos ? std::string() : gateway.substr(at + 1);
}

/// Of headers and trailers, those that are not of one connection only.
bool IsOfTheCall(const std::string& name) { return !name.starts_with("grpc-") && name != "content-type"; }

}  // namespace

/// What the two directions of a forwarded call share; on the strand.
struct FlightDoor::Impl::Relay {
  std::shared_ptr<OutgoingCall> outgoing;
  std::shared_ptr<Waiter> begun;
  bool beginning = false;  // the answer's headers are on their way
  bool answering = false;
};

Result<FlightDoor::Impl::Owner> FlightDoor::Impl::ForwardedOwner(const CallPtr& call) const {
  const auto claims = tokens_.Read(SessionTokens::Purpose::kForwarded, call->Header(kForwarded).value_or(""),
                                   std::chrono::system_clock::now());
  if (!claims) return Error(ErrorCode::kAuthentication, "authentication failed");
  Owner owner;
  owner.session = claims->session;
  owner.gateway = claims->gateway;
  owner.caller.user = claims->user;
  owner.caller.connection_limit = services_.authenticator.ChallengeOf(claims->user).identity.connection_limit;
  const std::string client = call->Header(kClient).value_or("");
  const auto [end, ignored] = std::from_chars(client.data(), client.data() + client.size(), owner.caller.port);
  owner.caller.host.assign(std::min(end + 1, client.data() + client.size()), client.data() + client.size());
  owner.caller.application = call->Header(kApplication).value_or("");
  return owner;
}

std::optional<FlightDoor::Impl::Owner> FlightDoor::Impl::OwnerOfTicket(const CallPtr& call,
                                                                       const FlightSession& session,
                                                                       const std::string& ticket) const {
  const auto claims = ReadTicket(session, ticket);
  if (!claims || claims->gateway == name_ || call->Header(kForwarded)) return std::nullopt;
  Owner owner;
  owner.session = session.id() + "@" + name_;  // there it is a session of its own
  owner.gateway = claims->gateway;
  owner.caller.user = session.user();
  owner.caller.host = call->host();
  owner.caller.port = call->port();
  owner.caller.application = call->Header("user-agent").value_or("");
  return owner;
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::Forward(CallPtr call, Owner owner,
                                                         std::optional<grpc::ByteBuffer> first) {
  const std::string address = AddressIn(owner.gateway);
  if (!peers_ || address.empty()) co_return SessionLost();
  if (forwarded_ >= kMaxForwarded) {
    co_return Error(ErrorCode::kOverloaded, "too many calls are on their way to other gateways");
  }
  ++forwarded_;
  const Status status = co_await ForwardTo(call, std::move(owner), address, std::move(first));
  --forwarded_;
  co_return status;
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::ForwardTo(CallPtr call, Owner owner, std::string address,
                                                           std::optional<grpc::ByteBuffer> first) {
  const OutgoingCall::Headers headers{{kForwarded, tokens_.Sign(SessionTokens::Purpose::kForwarded,
                                                                {.user = owner.caller.user,
                                                                 .session = owner.session,
                                                                 .gateway = owner.gateway,
                                                                 .expires = std::chrono::system_clock::now() + kGood})},
                                      {kClient, std::to_string(owner.caller.port) + " " + owner.caller.host},
                                      {kApplication, owner.caller.application}};
  const auto relay = std::make_shared<Relay>();
  relay->begun = std::make_shared<Waiter>(strand_);
  const auto outgoing = relay->outgoing = peers_->Call(address, call->method(), headers);
  const auto registration = call->cancellation()->OnCancel([outgoing] { outgoing->Cancel(); });
  asio::co_spawn(strand_, SendOn(shared_from_this(), call, relay, std::move(first)), asio::detached);

  const auto read_headers = [outgoing](auto done) { outgoing->ReadHeaders(std::move(done)); };
  const auto answered = co_await Callback<OutgoingCall::Headers>(read_headers);
  for (const auto& [name, value] : answered) {
    if (IsOfTheCall(name)) call->AddHeader(name, value);
  }
  for (;;) {
    const auto read = [outgoing](auto done) { outgoing->Read(std::move(done)); };
    auto message = co_await Callback<std::optional<grpc::ByteBuffer>>(read);
    if (!message) break;
    relay->answering = true;
    while (relay->beginning) co_await relay->begun->Wait();
    services_.metrics.AddBytesSent(message->Length());
    const bool written = co_await Write(call, *std::move(message));
    if (written) continue;
    outgoing->Cancel();
    break;
  }
  const auto finish = [outgoing](auto done) { outgoing->Finish(std::move(done)); };
  auto end = co_await Callback<OutgoingCall::End>(finish);
  if (const auto why = call->cancellation()->why()) co_return *why;
  // Every error of a gateway says its SQLSTATE: this one is of the connection to it.
  const bool is_gone = end.status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                       end.status.error_code() == grpc::StatusCode::CANCELLED;
  if (is_gone && !end.trailers.contains("sqlstate")) co_return SessionLost();
  std::erase_if(end.trailers, [](const auto& trailer) { return !IsOfTheCall(trailer.first); });
  call->FinishAs(end.status, end.trailers);
  co_return Status::Ok();
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::SendOn([[maybe_unused]] std::shared_ptr<Impl> self, CallPtr call,
                                                      std::shared_ptr<Relay> relay,
                                                      std::optional<grpc::ByteBuffer> first) {
  const auto outgoing = relay->outgoing;
  for (;;) {
    auto message = std::exchange(first, std::nullopt);
    if (!message) message = co_await Read(call);
    if (!message) break;
    const auto write = [outgoing, message = *std::move(message)](auto done) {
      outgoing->Write(message, std::move(done));
    };
    const bool written = co_await Callback<bool>(write);
    if (!written) co_return;
  }
  // The end of an upload, or of the client: only one that is there can be begun to be answered.
  if (call->method() == "DoPut" && !relay->answering) {
    relay->beginning = true;
    const bool is_there = co_await Begin(call);
    relay->beginning = false;
    relay->begun->Wake();
    if (!is_there) {
      outgoing->Cancel();
      co_return;
    }
  }
  outgoing->WritesDone();
}

}  // namespace tavana::gateway
