#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/cancellation.h"
#include "engine/engine.h"
#include "gateway/auth/authenticator.h"
#include "gateway/client_session.h"
#include "gateway/engine_settings.h"
#include "gateway/pg/pg_settings.h"
#include "gateway/pg/portal.h"
#include "gateway/session_services.h"
#include "gateway/statement_timeout.h"
#include "net/blocking_call.h"
#include "net/connection.h"
#include "pgwire/byte_buffer.h"
#include "pgwire/messages.h"
#include "sql/copy_statement.h"

namespace tavana::gateway {

class CopyFeed;
class PgSession;

/// What to send of a portal.
struct Delivery {
  std::shared_ptr<Portal> portal;
  std::int64_t rows = kAllRows;  ///< at most
  bool describe = false;         ///< a RowDescription before them
  /// The portal's statement when the engine has still to prepare it, else null: then one visit to the pool prepares it,
  /// runs it and, when its result is small, ends it.
  std::shared_ptr<PreparedStatement> unprepared = nullptr;
  /// FETCH has formats of its own; null for the portal's.
  std::shared_ptr<pgwire::RowEncoder> encoder = nullptr;
  std::int64_t skip = 0;      ///< rows to pass over first
  bool skip_to_last = false;  ///< or all but the last
  bool discard = false;       ///< MOVE: pass over the rows instead of sending them
};

/// While it lives, CancelStatement and statement_timeout reach `cancellation`.
class Running {
 public:
  Running(PgSession& session, const std::shared_ptr<Cancellation>& cancellation);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  PgSession& session_;
  StatementTimeout timeout_;
};

/// One PostgreSQL connection, from its first byte to its last. Lives on its connection's strand; only CancelStatement,
/// End, Activity and user may be called from elsewhere. Cut by protocol phase: pg_session.cc (the loop), startup.cc,
/// authentication.cc, simple_query.cc, extended_query.cc, execution.cc (statements against the engine),
/// session_commands.cc (what the session answers itself).
class PgSession : public ClientSession, public std::enable_shared_from_this<PgSession> {
 public:
  PgSession(std::shared_ptr<net::Connection> connection, SessionServices& services);

  /// The whole life of the connection.
  boost::asio::awaitable<void> Run();

  /// Cancels the statement that runs now, if one does; never the next.
  void CancelStatement(Error why) override;
  /// Cancels the running statement and ends the session with `why` (FATAL).
  void End(Error why) override;
  /// What it does now.
  SessionActivity Activity() const override;
  /// Who the session belongs to; fixed once it is registered.
  const std::string& user() const override { return user_; }

 private:
  friend class Running;
  /// While a statement waits for a slot.
  class [[nodiscard]] Waiting {
   public:
    explicit Waiting(PgSession& session) : session_(session) { Say(true); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { Say(false); }

   private:
    void Say(bool waits) {
      const std::lock_guard lock(session_.activity_mutex_);
      session_.activity_.waits_for_slot = waits;
    }
    PgSession& session_;
  };
  template <typename T>
  using Task = boost::asio::awaitable<T>;

  enum class TransactionState : char { kIdle = 'I', kBlock = 'T', kFailed = 'E' };

  // startup.cc
  Task<bool> Startup();
  Task<bool> StartTls();
  Task<bool> AnswerStartup(const pgwire::StartupMessage& startup);
  Status TakeStartupParameters(const pgwire::StartupMessage& startup, std::string& user, std::string& database);

  // authentication.cc
  /// Asks for what the role has to prove; false when it did not, and was told so.
  Task<bool> Authenticate();
  Task<Status> Prove(const Authenticator::Challenge& challenge);
  /// The client's first message of the mechanism that it has chosen.
  Task<Result<std::string>> OfferSasl(std::vector<std::string> mechanisms, std::string& chosen);
  Task<Status> ExchangeScram(const Authenticator::Challenge& challenge);
  Task<Status> ExchangeTokenAsPassword();
  Task<Status> ExchangeOauth();
  Task<Status> CheckToken(std::string token);
  Task<Result<std::string>> ReadAuthenticationAnswer();

  // pg_session.cc
  Task<void> Serve();
  Task<bool> Dispatch(pgwire::FrontendMessage message);  // false: the session ends
  std::optional<std::chrono::steady_clock::time_point> IdleDeadline() const;
  Error IdleError() const;
  Task<bool> Flush();
  Task<void> Fatal(Error error);
  void ReportError(const Error& error);
  void Ready();
  /// What Activity shows from now on.
  void NoteStatement(const PreparedStatement& statement);
  void NoteIdle();
  pgwire::MessageWriter Out() { return pgwire::MessageWriter(out_); }

  // simple_query.cc
  Task<bool> SimpleQuery(const std::string& text);
  Task<Status> SimpleStatement(const sql::StatementText& text);
  Task<Status> OpenOrCloseImplicitBlock(std::string command);

  // extended_query.cc
  Task<Status> OnParse(pgwire::Parse& message);
  Task<Status> OnBind(pgwire::Bind& message);
  Task<Status> OnDescribe(const pgwire::Describe& message);
  Task<Status> OnExecute(const pgwire::Execute& message);
  Task<Status> OnClose(const pgwire::Close& message);
  Task<void> OnSync();
  /// What runs until the next Sync is one transaction; opens it unless this Execute is the only one.
  Task<Status> OpenPipelineBlock(const engine::CallContext& call);
  /// Fills in what `statement` is: ours, or prepared by the engine.
  Task<Status> PrepareStatement(const engine::CallContext& call, std::shared_ptr<PreparedStatement> statement);
  Task<void> CloseStatement(std::string_view name);
  Status DescribeRows(const PreparedStatement& statement, std::span<const std::int16_t> formats);

  // execution.cc
  engine::CallContext NewCall();
  /// Lets the engine prepare `statement`. Blocks, on a pool thread; touches nothing of the session.
  static Status PrepareOnEngine(engine::Session& engine, const engine::CallContext& call, PreparedStatement& statement);
  /// Delivers, then sends the tag or PortalSuspended.
  Task<Status> Execute(const engine::CallContext& call, Delivery delivery);
  /// The rows sent (or passed over).
  Task<Result<std::int64_t>> Deliver(const engine::CallContext& call, Delivery delivery);
  Task<Result<std::int64_t>> Stream(const engine::CallContext& call, Delivery delivery);
  /// After `statement` has run in a block: what savepoints must know.
  void NoteWrites(const PreparedStatement& statement);
  void MarkSavepointsWritten();
  /// A call that was left behind still runs: its slot stays taken.
  void HoldTicketOfLeftBehind();
  /// The running statement was told to stop.
  bool CancelledNow();
  void CountStatement(const Status& status, std::chrono::steady_clock::time_point began);
  /// Runs a statement of ours that returns nothing.
  Task<Status> RunOnEngine(const engine::CallContext& call, std::string sql);
  /// Ends what the portal holds of the engine.
  Task<void> Release(std::shared_ptr<Portal> portal);
  /// Takes all portals but those that `keeps` says (none when it is null) out of the session.
  std::vector<std::shared_ptr<Portal>> TakePortals(const std::function<bool(const Portal&)>& keeps = nullptr);
  Task<void> ReleaseAll(std::vector<std::shared_ptr<Portal>> portals);
  /// Waits for a call that was left behind; the cancel's error when that comes first.
  Task<Status> EngineFree(const engine::CallContext& call);
  pgwire::TextSettings CurrentTextSettings() const;

  // session_commands.cc
  static bool IsOurs(const sql::Classified& classified);
  /// Of a statement of ours, as things are now; null without rows.
  std::shared_ptr<arrow::Schema> ColumnsOf(const sql::Classified& classified) const;
  Task<Status> RunOurs(const engine::CallContext& call, std::shared_ptr<Portal> portal, bool describe);

  // advisory.cc
  struct HeldLock {
    AdvisoryKey key;
    bool shared = false;
    bool operator==(const HeldLock&) const = default;
  };
  static std::shared_ptr<arrow::Schema> ColumnsOfAdvisory(const sql::Classified& command);
  static Result<AdvisoryKey> AdvisoryKeyOf(const Portal& portal);
  Task<Status> Advisory(const engine::CallContext& call, Portal& portal, bool describe);
  /// Those that end with the transaction, or those of the session.
  void ReleaseAdvisoryLocks(bool of_transaction);

  // cursors.cc
  /// The query of a DECLARE CURSOR, to be prepared.
  static std::shared_ptr<PreparedStatement> QueryOf(const PreparedStatement& declare);
  Task<Result<std::string>> Declare(const engine::CallContext& call, const Portal& portal);
  Task<Result<std::string>> FetchOrMove(const engine::CallContext& call, const Portal& portal, bool describe);
  Task<Result<std::string>> CloseCursor(const sql::Classified& command);

  // copy.cc
  /// COPY between the client and the engine, its tag included.
  Task<Status> Copy(const engine::CallContext& call, std::string sql);
  Task<Result<std::int64_t>> CopyOut(const engine::CallContext& call, sql::CopyStatement copy);
  Task<Result<std::int64_t>> CopyIn(const engine::CallContext& call, sql::CopyStatement copy);
  /// Takes the client's messages until the copy's end, a failure, or nobody reads any more.
  Task<void> ReadCopyData(CopyFeed& feed);

  // sql_prepare.cc
  Task<Result<std::string>> SqlPrepare(const engine::CallContext& call, const sql::Classified& command);
  Task<Status> SqlExecute(const engine::CallContext& call, const Portal& portal, bool describe);

  // transactions.cc
  Task<Result<std::string>> Begin(const engine::CallContext& call, const sql::Classified& command, std::string tag);
  Task<Result<std::string>> Commit(const engine::CallContext& call, const sql::Classified& command);
  Task<Result<std::string>> Rollback(const engine::CallContext& call, const sql::Classified& command);
  Task<Status> EndTransaction(const engine::CallContext& call, bool commit);
  Result<std::string> Savepoint(const sql::Classified& command);
  Result<std::string> ReleaseSavepoint(const sql::Classified& command);
  Task<Result<std::string>> RollbackToSavepoint(const engine::CallContext& call, const sql::Classified& command);
  /// The engine computes with the session's time zone and search path: tells it what has changed, by whatever way.
  Task<Status> TellEngine(const engine::CallContext& call);
  Task<Result<std::string>> SetOrReset(const engine::CallContext& call, const sql::Classified& command);
  Task<Status> SetConfig(const engine::CallContext& call, Portal& portal, bool describe);
  Task<Result<std::string>> Discard(const engine::CallContext& call, const sql::Classified& command);
  Task<Result<std::string>> Deallocate(const engine::CallContext& call, const sql::Classified& command);
  Result<std::shared_ptr<arrow::RecordBatch>> Show(const sql::Classified& command);
  /// pg_cancel_backend and pg_terminate_backend: true when there was such a session.
  Result<bool> SignalBackend(const Portal& portal);
  /// The value of parameter `number` (from 1); nullopt for NULL. `otherwise` when it is no integer.
  static Result<std::optional<std::int64_t>> IntegerParameter(const Portal& portal, int number, Error otherwise);
  /// Sends the one row that the session itself has.
  Status SendRow(const engine::CallContext& call, Portal& portal,
                 const std::vector<std::shared_ptr<arrow::Scalar>>& row, bool describe);
  /// Sends rows that the session itself has.
  Status SendRows(const engine::CallContext& call, Portal& portal, std::shared_ptr<arrow::RecordBatch> rows,
                  bool describe);
  void Warn(ErrorCode code, std::string_view message);
  Status RefuseInFailedBlock(const sql::Classified& command) const;

  struct SavepointState {
    std::string name;
    bool written = false;  // by a statement since
    PgSettings::State settings;
  };

  // Bounds of what one session may hold (chosen: far above what drivers keep, far below what would hurt).
  static constexpr std::size_t kMaxStatements = 10'000;
  static constexpr std::size_t kMaxPortals = 1'000;
  static constexpr std::size_t kMaxSavepoints = 10'000;
  static constexpr std::size_t kMaxAdvisoryLocks = 10'000;
  // Answers wait in out_ for Sync up to this much (chosen: a large pipeline must not be held whole).
  static constexpr std::size_t kMaxWaitingBytes = 256 << 10;

  std::shared_ptr<net::Connection> connection_;
  SessionServices& services_;
  boost::asio::any_io_executor strand_;
  std::map<std::string, std::string> changed_settings_;  // told before the next ReadyForQuery, as PostgreSQL does
  PgSettings settings_;
  std::string user_;
  std::chrono::steady_clock::time_point startup_deadline_;
  int connection_limit_ = 0;  // of the role; 0: none
  std::uint32_t process_id_ = 0;

  std::shared_ptr<engine::Session> engine_;
  std::vector<engine::StatementId> closing_;        // go with the next call of the engine, or with the session
  std::shared_ptr<net::BlockingCall> left_behind_;  // the engine is busy with a cancelled call until it ends
  TransactionState state_ = TransactionState::kIdle;
  std::vector<SavepointState> savepoints_;                   // of the open block
  EngineSettings told_;                                      // what the engine was told
  std::vector<HeldLock> session_locks_, transaction_locks_;  // as often as each was taken
  bool skip_until_sync_ = false;
  bool implicit_block_ = false;  // the statements up to the next Sync are one transaction
  bool started_ = false;         // the startup exchange is over
  bool has_slot_ = false;        // counts against max_connections
  bool has_role_slot_ = false;   // counts against its role's connection_limit
  std::map<std::string, std::shared_ptr<PreparedStatement>, std::less<>> statements_;
  std::map<std::string, std::shared_ptr<Portal>, std::less<>> portals_;
  pgwire::ByteBuffer out_;
  pgwire::ByteBuffer spare_;  // kept for the next pull
  AdmissionTicket ticket_;    // of the statement whose bytes are still in out_

  std::size_t unread_body_bytes_ = 0;  // of a CopyData message that nobody wants any more

  mutable std::mutex activity_mutex_;
  SessionActivity activity_;                       // guarded by activity_mutex_
  std::weak_ptr<engine::Session> running_engine_;  // guarded by activity_mutex_

  std::mutex running_mutex_;
  std::shared_ptr<Cancellation> running_;  // guarded by running_mutex_
  std::optional<Error> ending_;            // guarded by running_mutex_
};

}  // namespace tavana::gateway
