#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <arrow/ipc/api.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/message.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flight.pb.h"
#include "flight/outgoing_call.h"
#include "flight/server.h"
#include "flight_sql.pb.h"
#include "gateway/flight/flight_door.h"
#include "gateway/flight/flight_session.h"
#include "gateway/flight/session_token.h"
#include "gateway/session_services.h"
#include "net/blocking_call.h"

namespace tavana::gateway {

namespace wire = arrow::flight::protocol;
namespace wire_sql = arrow::flight::protocol::sql;

class FlightUpload;
class Waiter;

Error NoSuchTicket();
Error SessionLost();
Error ShuttingDown();

/// The door. Its coroutines and all it keeps are on one strand, so nothing of it is locked; statements run on the pools
/// of the services. Cut by what a call wants: flight_door.cc (listening, and which call is which), authentication.cc,
/// sessions.cc, forwarding.cc (calls of other gateways' sessions), execution.cc (statements against the engine),
/// results.cc (FlightInfo and DoGet), polls.cc (PollFlightInfo), prepared.cc, actions.cc, uploads.cc (DoPut),
/// metadata.cc (commands about catalogs and types).
class FlightDoor::Impl : public std::enable_shared_from_this<FlightDoor::Impl> {
 public:
  template <typename T>
  using Task = boost::asio::awaitable<T>;
  using CallPtr = std::shared_ptr<flight::Call>;
  using SessionPtr = std::shared_ptr<FlightSession>;

  Impl(boost::asio::io_context& io, SessionServices& services, FlightDoorOptions options);
  Status Open();
  std::uint16_t port() const { return server_->port(); }
  bool idle() const;
  void Close();

 private:
  struct Poll;
  /// A statement to be run.
  struct Statement {
    std::string sql, shown;
    sql::Classified classified;
    std::shared_ptr<FlightStatement> prepared;       // null: for once
    std::shared_ptr<arrow::RecordBatch> parameters;  // a row an execution; null: none
    std::string transaction;                         // empty: none
    bool to_the_end = false;                         // only its count is wanted
    bool for_client = false;                         // its rows are for the client, in the form that it wants
    std::shared_ptr<Poll> poll;                      // hears where it runs; null: nobody asks
  };
  /// A statement that runs whatever becomes of the calls that ask for it.
  struct Poll {
    std::string handle;  // in tickets that stand for it
    SessionPtr session;
    engine::CallContext call;
    wire::FlightDescriptor asked;                     // by the first call
    std::weak_ptr<engine::Session> engine;            // where it runs; none while it waits
    double progress = 0;                              // as told last
    std::optional<Result<wire::FlightInfo>> outcome;  // once it is there
    std::set<std::shared_ptr<Waiter>> waiting;
    std::chrono::steady_clock::time_point expires;
  };
  /// What a lane's holder has: nobody else may use its engine meanwhile.
  struct Turn {
    std::shared_ptr<Lane> lane;
    AdmissionTicket ticket;
  };

  // flight_door.cc
  Result<std::unique_ptr<flight::Server>> ListenFor(flight::ServerOptions options);
  Task<void> Serve(std::shared_ptr<Impl> self, CallPtr call, bool from_peer);
  Task<Status> Dispatch(CallPtr call, bool from_peer);
  /// Between them something is going on that a shutdown waits for.
  void Enter();
  void Leave();
  Task<Status> GetFlightInfo(CallPtr call, SessionPtr session);
  Task<Status> GetSchema(CallPtr call, SessionPtr session);
  Task<Status> ListActions(CallPtr call);
  Task<Result<std::string>> ReadRequest(CallPtr call);
  Task<std::optional<grpc::ByteBuffer>> Read(CallPtr call);
  /// Sends the answer's headers; false when nobody is there to get them.
  Task<bool> Begin(CallPtr call);
  Task<bool> Write(CallPtr call, grpc::ByteBuffer message);
  Task<bool> WriteAll(CallPtr call, std::vector<grpc::ByteBuffer> messages);
  static void Answer(const CallPtr& call, const google::protobuf::MessageLite& message);

  // authentication.cc
  struct Caller {
    std::string user;
    std::string credential;               // fingerprint of what it had to prove
    std::optional<SessionClaims> bearer;  // of a token of ours
    bool fresh = false;                   // has just brought a password: is to be given a token
    // Of the proof it has brought: no token that it is given is good for longer.
    std::chrono::system_clock::time_point until = std::chrono::system_clock::time_point::max();
    int connection_limit = 0;
    std::string host, application;  // of the client
    int port = 0;
  };
  Task<Status> Handshake(CallPtr call);
  Task<Result<Caller>> Identify(CallPtr call);
  Task<Result<Caller>> IdentifyByPassword(CallPtr call, std::string user, std::string password);
  Task<Result<Caller>> IdentifyByToken(CallPtr call, std::string token);
  /// Those who need no proof.
  Caller CallerOf(const std::string& user, const Authenticator::Challenge& challenge) const;
  Result<Caller> Trust(const CallPtr& call, const std::string& user);
  std::string NewBearer(const Caller& caller);

  // sessions.cc
  /// Whose session a call is of, and at which gateway.
  struct Owner {
    Caller caller;
    std::string session, gateway;
  };
  Task<Result<Owner>> OwnerOf(CallPtr call);
  /// The session, which is made when there is none yet.
  Result<SessionPtr> SessionOf(const Owner& owner);
  Result<SessionPtr> NewSession(const Caller& caller, const std::string& id);
  void EndSession(const SessionPtr& session);
  Task<void> Sweep(std::shared_ptr<Impl> self);
  /// The lane for what belongs to `transaction`, once it is free. In a failed block there is only its end.
  Task<Result<Turn>> TakeLane(SessionPtr session, engine::CallContext call, std::string transaction,
                              bool ends_block = false);
  Task<Result<Turn>> TakeTurn(SessionPtr session, engine::CallContext call, std::shared_ptr<Lane> lane);
  /// Opens the lane's connection, with the settings that `like` has when it is not null.
  Task<Status> OpenLane(SessionPtr session, engine::CallContext call, std::shared_ptr<Lane> lane,
                        std::shared_ptr<Lane> like);
  /// What runs in it has been cancelled; the connection goes once that has ended.
  void CloseLane(std::shared_ptr<Lane> lane);
  Task<void> CloseLaneOnceFree(std::shared_ptr<Impl> self, std::shared_ptr<Lane> lane);
  Task<Result<std::string>> BeginTransaction(SessionPtr session, engine::CallContext call);
  Task<Status> EndTransaction(SessionPtr session, engine::CallContext call, std::string id, bool commit);
  /// The engine's settings in the turn's lane.
  Task<Result<std::map<std::string, std::string>>> SettingsIn(Turn& turn, engine::CallContext call);
  /// What has been set in the turn's lane, which is not the main one, becomes the session's.
  Task<void> JoinSettings(Turn& turn, SessionPtr session, engine::CallContext call);
  /// The same, and the end of the lane.
  Task<void> JoinAndClose(SessionPtr session, engine::CallContext call, std::shared_ptr<Lane> lane);
  /// Of what names no transaction: the only one that is open; empty when there is none, or several.
  static std::string OnlyTransaction(const FlightSession& session);
  /// Ends the block that is open in the turn's lane; what cannot even be rolled back costs the session.
  Task<Status> EndBlock(Turn& turn, SessionPtr session, engine::CallContext call, bool commit);

  // forwarding.cc
  /// What the gateway that forwards a call says of it.
  Result<Owner> ForwardedOwner(const CallPtr& call) const;
  /// Has the call answered by the gateway that its session is at.
  /// `first`: what has been read of it.
  Task<Status> Forward(CallPtr call, Owner owner, std::optional<grpc::ByteBuffer> first = std::nullopt);
  Task<Status> ForwardTo(CallPtr call, Owner owner, std::string address, std::optional<grpc::ByteBuffer> first);
  /// Who the gateway of a ticket is to answer, when that is another one and has not forwarded the call itself.
  std::optional<Owner> OwnerOfTicket(const CallPtr& call, const FlightSession& session,
                                     const std::string& ticket) const;
  struct Relay;
  /// Sends what the client says on to that gateway.
  Task<void> SendOn(std::shared_ptr<Impl> self, CallPtr call, std::shared_ptr<Relay> relay,
                    std::optional<grpc::ByteBuffer> first);

  // execution.cc
  engine::CallContext NewCall(const SessionPtr& session, const CallPtr& call);
  /// Runs `function` on `pool` in the turn's lane. What is left behind after a cancel keeps the turn, and the slot.
  template <typename Function>
  Task<std::invoke_result_t<Function>> OnLane(Turn& turn, engine::CallContext call, boost::asio::thread_pool& pool,
                                              Function function, AdmissionTicket* slot = nullptr);
  /// Checks the text that a client has sent: one statement, and what it is.
  static Result<Statement> StatementOf(const std::string& sql);
  Task<Result<AdmissionTicket>> Admit(SessionPtr session, engine::CallContext call, FlightSession::Running& running);
  /// Runs it to its first rows; when it has effects, to its end.
  Task<Result<std::shared_ptr<FlightResult>>> Run(SessionPtr session, engine::CallContext context, Statement statement);
  Task<Result<std::shared_ptr<FlightResult>>> RunOnEngine(SessionPtr session, engine::CallContext call,
                                                          Statement statement, FlightSession::Running& running);
  Task<Status> RunOnLane(Turn& turn, engine::CallContext call, std::string sql);
  /// SET, SHOW, BEGIN and the like; nothing when it is the engine's.
  Task<std::optional<Result<std::shared_ptr<FlightResult>>>> RunOurs(SessionPtr session, engine::CallContext call,
                                                                     const Statement& statement);
  static bool IsOurs(const sql::Classified& classified);
  Task<Status> SetOrReset(SessionPtr session, engine::CallContext call, sql::Classified command,
                          std::string transaction);
  /// What clients get of statements of `transaction` (empty: of none).
  engine::ClientForm FormFor(FlightSession& session, const std::string& transaction) const;
  static std::shared_ptr<FlightResult> ResultOf(std::shared_ptr<arrow::RecordBatch> batch);
  void Count(FlightResult& result, const Status& status);

  // results.cc
  Result<wire::FlightInfo> Announce(const SessionPtr& session, std::shared_ptr<FlightResult> result,
                                    const wire::FlightDescriptor& descriptor);
  Task<Status> DoGet(CallPtr call, SessionPtr session);
  Task<Status> Stream(CallPtr call, std::shared_ptr<FlightResult> result);
  Task<Status> SendBatches(CallPtr call, std::shared_ptr<arrow::Schema> schema,
                           std::vector<std::shared_ptr<arrow::RecordBatch>> batches);
  struct Asked {
    wire::FlightDescriptor descriptor;
    google::protobuf::Any command;  // in it
  };
  Task<Result<Asked>> ReadCommand(CallPtr call);
  /// Of what the command asks about catalogs and types.
  static Result<wire::FlightInfo> MetadataInfo(const wire::FlightDescriptor& descriptor, const arrow::Schema& schema);
  /// The statement that a command is about.
  Result<Statement> StatementIn(const FlightSession& session, const google::protobuf::Any& command) const;
  /// Forgets the result, and frees what the engine has of it.
  void Drop(const std::shared_ptr<FlightResult>& result);
  Task<void> ReleaseStream(std::shared_ptr<Impl> self, std::shared_ptr<FlightResult> result);
  std::string TicketOf(const std::string& handle, const std::string& user) const;
  /// The result that a ticket of the session's user names, and where it is; nothing when it is none.
  std::optional<SessionClaims> ReadTicket(const FlightSession& session, const std::string& ticket) const;
  /// The result of a ticket that is not used yet, and of one whose rows are on their way; null when there is none, or
  /// it belongs to another user.
  std::shared_ptr<FlightResult> FindResult(const FlightSession& session, const std::string& ticket) const;
  std::shared_ptr<FlightResult> FindReading(const FlightSession& session, const std::string& ticket) const;
  /// Gives the result its full time again, and says so in the endpoint.
  void Renew(FlightResult& result, wire::FlightEndpoint& endpoint) const;

  // polls.cc
  Task<Status> PollFlightInfo(CallPtr call, SessionPtr session);
  /// Runs it on its own.
  std::shared_ptr<Poll> StartPoll(const SessionPtr& session, Statement statement,
                                  const wire::FlightDescriptor& descriptor);
  Task<void> RunPolled(std::shared_ptr<Impl> self, std::shared_ptr<Poll> poll, Statement statement);
  /// Until it has an outcome, or `until`; when `also_progress`, until it has gone on by something worth telling.
  Task<void> WaitFor(std::shared_ptr<Poll> poll, std::shared_ptr<Cancellation> cancellation,
                     std::chrono::steady_clock::time_point until, bool also_progress);
  /// 0 to 1; negative when unknown.
  Task<double> ProgressOf(std::shared_ptr<Poll> poll);
  Task<Status> AnswerPoll(CallPtr call, std::shared_ptr<Poll> poll);
  std::shared_ptr<Poll> FindPoll(const FlightSession& session, const wire::FlightDescriptor& descriptor) const;
  void DropPolls(const std::function<bool(const Poll&)>& which);

  // prepared.cc
  /// What the engine says of a statement without running it.
  Task<Result<std::shared_ptr<FlightStatement>>> Describe(CallPtr call, SessionPtr session, Statement statement);
  Task<Result<wire_sql::ActionCreatePreparedStatementResult>> CreatePrepared(
      CallPtr call, SessionPtr session, wire_sql::ActionCreatePreparedStatementRequest request);
  Result<std::shared_ptr<FlightStatement>> FindPrepared(const FlightSession& session, const std::string& handle) const;
  /// The statement with the parameters that are bound to it.
  Result<Statement> BoundStatement(const FlightSession& session, const std::string& handle) const;

  // actions.cc
  Task<Status> DoAction(CallPtr call, SessionPtr session);
  Task<Status> SetSessionOptions(CallPtr call, SessionPtr session, const std::string& body);
  Task<Status> GetSessionOptions(CallPtr call, SessionPtr session);
  bool CancelResult(const FlightSession& session, const wire::FlightInfo& info);

  // uploads.cc
  Task<Status> DoPut(CallPtr call, SessionPtr session);
  Task<Status> Update(CallPtr call, SessionPtr session, Statement statement);
  Task<Status> Ingest(CallPtr call, SessionPtr session, wire_sql::CommandStatementIngest command,
                      grpc::ByteBuffer first);
  /// All that the client sends, as one batch; null when that is nothing.
  Task<Result<std::shared_ptr<arrow::RecordBatch>>> ReadParameters(CallPtr call, grpc::ByteBuffer first);
  /// Moves the client's messages into `upload` until one of them has an end.
  Task<void> ReadUpload(std::shared_ptr<Impl> self, CallPtr call, std::shared_ptr<FlightUpload> upload,
                        std::shared_ptr<Waiter> room);

  // metadata.cc
  struct Metadata {
    std::shared_ptr<arrow::Schema> schema;
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  };
  /// The schema of what the command asks for; null when it is no command about metadata.
  static std::shared_ptr<arrow::Schema> MetadataSchema(const google::protobuf::Any& command);
  Task<Result<Metadata>> MetadataOf(CallPtr call, SessionPtr session, google::protobuf::Any command);
  /// A query of ours, whole: small by what it asks for.
  Task<Result<std::vector<std::shared_ptr<arrow::RecordBatch>>>> Query(CallPtr call, SessionPtr session,
                                                                       std::string sql);
  Task<Status> AddTableSchemas(CallPtr call, SessionPtr session, Metadata& tables);

  // Of a DoPut's messages that wait for the engine (chosen: one is being read while one is being appended).
  static constexpr std::size_t kUploadMessages = 2;

  boost::asio::io_context& io_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  SessionServices& services_;
  const FlightDoorOptions options_;
  const SessionTokens tokens_;
  std::string name_;                    // in tokens: the gateway's, and where the others reach it
  std::optional<flight::Peers> peers_;  // none: the others are not reached
  int forwarded_ = 0;                   // calls that others answer
  engine::ClientForm form_;             // that clients get, unless their session says otherwise
  std::unique_ptr<flight::Server> server_, peer_server_;
  boost::asio::steady_timer sweep_;
  std::map<std::string, SessionPtr> sessions_;
  std::set<std::string> lost_;  // ids of sessions that had state and went
  std::map<std::string, std::shared_ptr<FlightResult>> tickets_, reading_;
  std::map<std::string, std::shared_ptr<Poll>> polls_;  // whose clients may ask again
  // Bounds what the compressed buffers of uploads may become (chosen: above the largest message, far below a machine).
  arrow::CappedMemoryPool upload_pool_{arrow::system_memory_pool(), std::int64_t{4} << 30};
  const std::shared_ptr<const void> large_ = std::make_shared<int>();  // counts, by its users, results of many bytes
  bool closing_ = false;

  mutable std::mutex calls_mutex_;
  std::condition_variable calls_changed_;
  int calls_ = 0;                                    // being answered
  std::chrono::steady_clock::time_point announced_;  // the last result that waits to be fetched
};

// ---- templates
// --------------------------------------------------------------------------------------------------------

/// Waits for a callback from a thread of gRPC, and goes on where it was.
template <typename Value, typename Start>
boost::asio::awaitable<Value> Callback(Start start) {
  const auto initiate = [](auto handler, Start start) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    start([shared](Value value) {
      const auto executor = boost::asio::get_associated_executor(*shared);
      boost::asio::post(executor,
                        [shared, value = std::move(value)]() mutable { std::move (*shared)(std::move(value)); });
    });
  };
  auto value = co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Value)>(
      initiate, boost::asio::use_awaitable, std::move(start));
  co_return value;
}

boost::asio::awaitable<void> HoldUntilFinished(std::shared_ptr<net::BlockingCall> call, AdmissionTicket turn,
                                               AdmissionTicket slot);
void SpawnHold(boost::asio::any_io_executor strand, std::shared_ptr<net::BlockingCall> call, AdmissionTicket turn,
               AdmissionTicket slot);

template <typename Function>
boost::asio::awaitable<std::invoke_result_t<Function>> FlightDoor::Impl::OnLane(Turn& turn, engine::CallContext call,
                                                                                boost::asio::thread_pool& pool,
                                                                                Function function,
                                                                                AdmissionTicket* slot) {
  auto running = net::StartBlocking(pool, strand_, std::move(function));
  std::shared_ptr<net::BlockingCall> left_behind;
  auto result = co_await net::Await(running, strand_, call.cancellation, left_behind);
  if (left_behind != nullptr) {
    AdmissionTicket no_slot;
    SpawnHold(strand_, left_behind, std::move(turn.ticket), std::move(slot != nullptr ? *slot : no_slot));
  }
  co_return result;
}

}  // namespace tavana::gateway
