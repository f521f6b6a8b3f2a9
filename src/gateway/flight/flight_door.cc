#include "gateway/flight/flight_door.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <future>
#include <utility>

#include "flight/flight_data.h"
#include "gateway/flight/door_impl.h"
#include "net/address.h"

namespace tavana::gateway {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// Nothing of ours throws: what comes here is a bug, and a call must not vanish in silence.
void EndLoudly(std::exception_ptr escaped) {
  if (escaped != nullptr) std::rethrow_exception(escaped);
}

constexpr auto kFetchSoon = 1s;  // after its FlightInfo a client fetches a result, if it does not leave it (chosen)
constexpr auto kFlush = 2s;      // for what is still on its way to a client at the end (chosen)

}  // namespace

FlightDoor::Impl::Impl(asio::io_context& io, SessionServices& services, FlightDoorOptions options)
    : io_(io),
      strand_(asio::make_strand(io)),
      services_(services),
      options_(std::move(options)),
      tokens_(options_.token_key.empty() ? RandomHex(32) : options_.token_key),
      name_(options_.gateway),
      sweep_(strand_) {
  form_.batch_bytes = options_.batch_bytes;
  form_.compression = options_.compression == "lz4"    ? arrow::Compression::LZ4_FRAME
                      : options_.compression == "zstd" ? arrow::Compression::ZSTD
                                                       : arrow::Compression::UNCOMPRESSED;
}

Status FlightDoor::Impl::Open() {
  flight::ServerOptions server{.bind_address = options_.bind_address, .port = options_.port};
  if (services_.tls != nullptr) {
    TAVANA_ASSIGN_OR_RETURN(server.credentials, flight::ServerCredentialsOf(*services_.tls));
  }
  const FlightPeering& peering = options_.peering;
  if (!peering.host.empty()) {
    TAVANA_ASSIGN_OR_RETURN(peer_server_, ListenFor({.bind_address = options_.bind_address,
                                                     .port = peering.port,
                                                     .credentials = peering.server_credentials,
                                                     .for_peers = true}));
    name_ += "@" + net::JoinHostAndPort(peering.host, peer_server_->port());
    peers_.emplace(peering.credentials);
  }
  TAVANA_ASSIGN_OR_RETURN(server_, ListenFor(std::move(server)));
  asio::co_spawn(strand_, Sweep(shared_from_this()), EndLoudly);
  return Status::Ok();
}

Result<std::unique_ptr<flight::Server>> FlightDoor::Impl::ListenFor(flight::ServerOptions options) {
  const bool from_peer = options.for_peers;
  return flight::Server::Listen(std::move(options), [this, from_peer](CallPtr call) {
    Enter();
    asio::co_spawn(strand_, Serve(shared_from_this(), std::move(call), from_peer), EndLoudly);
  });
}

bool FlightDoor::Impl::idle() const {
  const std::lock_guard lock(calls_mutex_);
  return calls_ == 0 && std::chrono::steady_clock::now() - announced_ > kFetchSoon;
}

void FlightDoor::Impl::Close() {
  asio::post(strand_, [self = shared_from_this()] {
    self->closing_ = true;
    self->sweep_.cancel();
    for (const auto& [id, session] : self->sessions_) {
      session->End(Error(ErrorCode::kShuttingDown, "the server is shutting down"));
    }
  });
  const auto deadline = std::chrono::system_clock::now() + kFlush;
  server_->Shutdown(deadline);
  if (peer_server_ != nullptr) peer_server_->Shutdown(deadline);
  {
    std::unique_lock lock(calls_mutex_);
    calls_changed_.wait_for(lock, 5s, [this] { return calls_ == 0; });
  }
  std::promise<void> ended;
  asio::post(strand_, [self = shared_from_this(), &ended] {
    const auto sessions = self->sessions_;
    for (const auto& [id, session] : sessions) self->EndSession(session);
    ended.set_value();
  });
  ended.get_future().wait();
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::Serve([[maybe_unused]] std::shared_ptr<Impl> self, CallPtr call,
                                                     bool from_peer) {
  const Status status = co_await Dispatch(call, from_peer);
  call->Finish(status);
  Leave();
}

void FlightDoor::Impl::Enter() {
  const std::lock_guard lock(calls_mutex_);
  ++calls_;
}

void FlightDoor::Impl::Leave() {
  const std::lock_guard lock(calls_mutex_);
  --calls_;
  calls_changed_.notify_all();
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::Dispatch(CallPtr call, bool from_peer) {
  using Handler = Task<Status> (Impl::*)(CallPtr, SessionPtr);
  static const std::map<std::string, Handler, std::less<>> kOfSessions = {
      {"DoGet", &Impl::DoGet},       {"GetFlightInfo", &Impl::GetFlightInfo},   {"DoPut", &Impl::DoPut},
      {"DoAction", &Impl::DoAction}, {"PollFlightInfo", &Impl::PollFlightInfo}, {"GetSchema", &Impl::GetSchema},
  };
  if (closing_) co_return ShuttingDown();
  if (services_.options.tls_required && !call->encrypted() && !from_peer) {
    co_return Error(ErrorCode::kAuthentication, "this server takes encrypted connections only");
  }
  const std::string& method = call->method();
  Status status;
  if (const auto found = kOfSessions.find(method); found != kOfSessions.end()) {
    Result<Owner> owner = ForwardedOwner(call);
    if (!from_peer) owner = co_await OwnerOf(call);
    if (!owner.ok()) co_return owner.error();
    if (owner->gateway != name_) {
      if (from_peer) co_return SessionLost();  // it was of one that was here before; nobody is asked a second time
      status = co_await Forward(call, *owner);
      co_return status;
    }
    auto session = SessionOf(*owner);
    if (!session.ok()) co_return session.error();
    status = co_await (this->*found->second)(call, *std::move(session));
  } else if (from_peer) {
    status = Error(ErrorCode::kUnsupported, "no gateway forwards " + method);
  } else if (method == "Handshake") {
    if (!services_.accepting) co_return ShuttingDown();
    status = co_await Handshake(call);
  } else if (method == "ListActions") {
    status = co_await ListActions(call);
  } else if (method != "ListFlights") {  // of which there are none: results are their clients' own
    status = Error(ErrorCode::kUnsupported, "Flight SQL has no use for " + method);
  }
  co_return status;
}

FlightDoor::Impl::Task<std::optional<grpc::ByteBuffer>> FlightDoor::Impl::Read(CallPtr call) {
  const auto start = [call](auto done) { call->Read(std::move(done)); };
  auto message = co_await Callback<std::optional<grpc::ByteBuffer>>(start);
  co_return message;
}

FlightDoor::Impl::Task<bool> FlightDoor::Impl::Begin(CallPtr call) {
  const auto start = [call](auto done) { call->Begin(std::move(done)); };
  const bool begun = co_await Callback<bool>(start);
  co_return begun;
}

FlightDoor::Impl::Task<bool> FlightDoor::Impl::Write(CallPtr call, grpc::ByteBuffer message) {
  const auto start = [call, message = std::move(message)](auto done) { call->Write(message, std::move(done)); };
  const bool written = co_await Callback<bool>(start);
  co_return written;
}

FlightDoor::Impl::Task<Result<std::string>> FlightDoor::Impl::ReadRequest(CallPtr call) {
  const auto message = co_await Read(call);
  if (!message) co_return Error(ErrorCode::kProtocol, "the call has no request");
  co_return flight::BytesOf(*message);
}

void FlightDoor::Impl::Answer(const CallPtr& call, const google::protobuf::MessageLite& message) {
  call->FinishWith({flight::BufferOf(message.SerializeAsString())});
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::ListActions(CallPtr call) {
  constexpr std::pair<const char*, const char*> kActions[] = {
      {"CreatePreparedStatement", "Prepares a statement."},
      {"ClosePreparedStatement", "Forgets a prepared statement."},
      {"BeginTransaction", "Opens a transaction."},
      {"EndTransaction", "Commits a transaction or rolls it back."},
      {"CancelQuery", "Cancels a query by its FlightInfo."},
      {"CancelFlightInfo", "Cancels a query by its FlightInfo."},
      {"RenewFlightEndpoint", "Keeps a result longer."},
      {"SetSessionOptions", "Sets options of the session."},
      {"GetSessionOptions", "The session's options."},
      {"CloseSession", "Ends the session."},
  };
  const auto caller = co_await Identify(call);
  if (!caller.ok()) co_return caller.error();
  for (const auto& [type, description] : kActions) {
    wire::ActionType action;
    action.set_type(type);
    action.set_description(description);
    auto message = flight::BufferOf(action.SerializeAsString());
    const bool written = co_await Write(call, std::move(message));
    if (!written) break;
  }
  co_return Status::Ok();
}

Result<std::unique_ptr<FlightDoor>> FlightDoor::Listen(asio::io_context& io, SessionServices& services,
                                                       FlightDoorOptions options) {
  auto impl = std::make_shared<Impl>(io, services, std::move(options));
  TAVANA_RETURN_IF_ERROR(impl->Open());
  return std::unique_ptr<FlightDoor>(new FlightDoor(std::move(impl)));
}

FlightDoor::~FlightDoor() = default;

std::uint16_t FlightDoor::port() const { return impl_->port(); }

bool FlightDoor::idle() const { return impl_->idle(); }

void FlightDoor::Close() { impl_->Close(); }

}  // namespace tavana::gateway
