#pragma once

#include <arrow/api.h>
#include <arrow/util/type_fwd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"

/// The narrow waist between the doors and whatever runs SQL. An engine in this process obeys the rules of one
/// across a network: ids instead of pointers into it, batches instead of cells, errors as values.
///
/// Columns are Arrow. Types that Arrow has no word for travel as canonical or DuckDB extension types: the field
/// (or an arrow::ExtensionType) carries "ARROW:extension:name" (arrow.uuid, arrow.json, arrow.bool8, arrow.opaque
/// whose metadata names hugeint, uhugeint, time_tz, bit, varint ...). src/pgwire says what each means to PostgreSQL.
namespace tavana::engine {

enum class QueryId : std::uint64_t {};
enum class StatementId : std::uint64_t {};  ///< a prepared statement, unique in its session
enum class ResultId : std::uint64_t {};     ///< an open result, unique in its session

/// How long a session may say nothing before its client's door ends it; 0: for ever.
struct IdleLimits {
  std::chrono::milliseconds outside_transaction{0}, in_transaction{0};
};

/// Target size of a batch: large enough that a socket write costs little beside it, small enough that 64 of them
/// are nothing (chosen; DuckDB's own chunks are 2,048 rows and are joined up to this).
inline constexpr std::int64_t kBatchBytes = 1 << 20;

/// What an Arrow client wants of its batches: types, size and encoding.
struct ClientForm {
  std::int64_t batch_bytes = kBatchBytes;  ///< of a batch, about
  arrow::Compression::type compression = arrow::Compression::UNCOMPRESSED;
  bool string_views = false;  ///< utf8_view in the place of utf8
};

/// A batch as a message of Arrow's IPC (format/Columnar.rst, "Encapsulated message format").
struct EncodedBatch {
  std::shared_ptr<arrow::Buffer> metadata, body;  ///< `body` null: empty
  std::int64_t rows = 0;
};

/// What every call carries. Copied freely.
struct CallContext {
  QueryId query_id{};
  std::string user;
  /// Never null. The end of its deadline (statement_timeout, startup_timeout) arrives as a Cancel with kTimedOut.
  std::shared_ptr<Cancellation> cancellation = std::make_shared<Cancellation>();
  IdleLimits idle{};  ///< of the session, after this call
  /// Of Prepare: the statement is executed next, without parameters, and closed after that. An engine elsewhere may
  /// start at once what only reads, so that both are one round trip; an error of the execution is then Prepare's.
  bool runs_once = false;
  /// Of Execute, and of a Prepare that runs once: the rows are for such a client. Batches are about as large as it
  /// wants; an engine elsewhere may also make them what it wants (ResultStream::in_form).
  std::optional<ClientForm> form{};
};

/// What a statement reads, before it runs. `complete` is false when something may be missing (then: do not cache).
struct ReadSet {
  struct Table {
    std::string database, schema, name;
    bool operator==(const Table&) const = default;
  };
  struct File {
    std::string path;
    std::string version;  ///< ETag, or size and modification time; empty when unknown
    bool operator==(const File&) const = default;
  };
  std::vector<Table> tables;
  std::vector<File> files;
  std::vector<std::string> databases_written;  ///< by the name the statement used
  bool has_volatile_function = false;
  bool complete = false;
};

enum class StatementKind : std::uint8_t {
  kQuery,        ///< returns rows and changes nothing (SELECT, VALUES, FROM, EXPLAIN, SHOW, DESCRIBE, PRAGMA, CALL)
  kDml,          ///< INSERT, UPDATE, DELETE, MERGE: counts rows, may return them
  kDdl,          ///< CREATE, ALTER, DROP, ATTACH ...
  kTransaction,  ///< BEGIN, COMMIT, ROLLBACK
  kSetting,      ///< SET, RESET, USE
  kCopy,         ///< COPY to or from files: counts rows
  kOther,
};

/// A statement that was parsed and bound, not run.
struct Prepared {
  StatementId id{};
  StatementKind kind = StatementKind::kOther;
  /// The first words of the command tag as PostgreSQL spells it: "SELECT", "INSERT", "CREATE TABLE" ...
  std::string command;
  /// True when rows come back to the client (also for DML with RETURNING); false gives a count or nothing.
  bool returns_rows = false;
  /// One type a parameter, $1 first; arrow::null() where the engine can not know it before the values.
  std::vector<std::shared_ptr<arrow::DataType>> parameters;
  /// Never null; without fields when `returns_rows` is false. A field of arrow::null() type is unknown before the
  /// values are (then Describe must be refused with kIndeterminateType, not answered with a guess),
  /// except where SQL itself says NULL, which the engine describes as utf8.
  std::shared_ptr<arrow::Schema> columns;
  /// False when the columns can only be known by binding values (PIVOT, read_csv($1) ...).
  bool columns_known = true;
  /// False when no ORDER BY and no LIMIT says which rows come first: who reads them may take them in any order.
  bool ordered = true;
  ReadSet read_set;
  /// Names of the tables that each execution must be given (ExecuteArguments), which the engine can not know.
  std::vector<std::string> inline_tables;
};

/// How a result ended. Present only after the stream has given its last batch.
struct ResultSummary {
  std::int64_t rows = 0;      ///< given to the caller through Next
  std::int64_t affected = 0;  ///< by DML and COPY; 0 otherwise
  std::vector<std::string> notices;
};

/// Rows of one execution, pulled. One caller at a time. Destroying it early ends the statement and frees everything.
class ResultStream {
 public:
  virtual ~ResultStream() = default;
  virtual ResultId id() const = 0;
  /// The final column types; those of Prepared unless `columns_known` was false. Never null.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  /// The next batch, never empty, at most about `kBatchBytes` or what the form says; null at the end; an error may come
  /// after batches. May block for as long as the query runs. After an error or the end every call gives the same again.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next(const CallContext& call) = 0;
  /// Valid once Next gave null.
  virtual const ResultSummary& summary() const = 0;
  /// Whether schema() and the batches are in the form that Execute's call has asked for.
  virtual bool in_form() const { return false; }
  /// Next, encoded; of a stream that is in_form.
  virtual Result<std::shared_ptr<const EncodedBatch>> NextEncoded(const CallContext&) {
    return Error(ErrorCode::kInternal, "the batches are not encoded");
  }
};

/// What a statement is given beside its text.
struct ExecuteArguments {
  /// One row, one column a parameter in order; null when there are none. Values are cast to the parameter's type.
  std::shared_ptr<arrow::RecordBatch> parameters;
  /// Tables that exist for this statement only, by unqualified name.
  std::map<std::string, std::shared_ptr<arrow::Table>> inline_tables;
};

struct IngestTarget {
  std::string database, schema, table;  ///< empty database or schema: the session's current one
  enum class Mode : std::uint8_t { kAppend, kCreate, kReplace, kCreateOrAppend } mode = Mode::kAppend;
  bool temporary = false;
  std::string where;  ///< of kAppend: an SQL condition, only rows for which it holds are appended; empty: all rows
};

struct Progress {
  double fraction = -1;  ///< 0 to 1; negative when unknown
  std::uint64_t rows_processed = 0;
  std::uint64_t rows_total = 0;
};

/// Replayable state of a session: what another engine needs to go on with it.
struct SessionSnapshot {
  /// What Prepare was given.
  struct Statement {
    std::string sql;
    std::vector<std::shared_ptr<arrow::DataType>> parameter_types;
  };
  std::map<std::string, std::string> settings = {};  ///< by name, the values set in this session
  std::map<StatementId, Statement> statements = {};  ///< the prepared ones
  /// The session's own secrets and the settings that stand for some: whoever has them is the user to the storage. Never
  /// logged, shown or kept longer than the session.
  std::map<std::string, std::string> credentials = {};  ///< settings, by name
  std::map<std::string, std::string> secrets = {};      ///< by name, in the engine's own form
  /// A database that the session attached, with the statement that attaches it elsewhere (as secret as `secrets`).
  /// Without one it is in memory or in a file of the engine's machine, and pins the session.
  struct Attachment {
    std::string name, statement;
    bool operator==(const Attachment&) const = default;
  };
  std::vector<Attachment> attachments = {};
  /// Why the session can not move (open transaction, temporary table, attached file, open result); empty when it can.
  std::string pinned_by = {};
};

struct SessionOptions {
  std::string user = "tavana";
  /// A catalog's name; "tavana" and "main" both open the default catalog. Anything else that is not attached:
  /// kUndefinedDatabase.
  std::string database = "tavana";
  std::uint32_t process_id = 0;  ///< what the client may call it by; 0: nothing
  CallContext opening{};         ///< of the opening alone: a cancel of it, or its deadline, ends the attempt
};

/// One client's state. Calls come one at a time, from any thread, except Cancel and GetProgress, which come at any time
/// from any thread. Results stay open beside each other: what another statement interrupts is kept aside (spillable).
class Session {
 public:
  virtual ~Session() = default;

  /// Parses and binds one statement; never runs it. `parameter_types` may be shorter than the parameters, with
  /// null pointers where the client gave no type.
  virtual Result<Prepared> Prepare(const CallContext& call, std::string_view sql,
                                   std::span<const std::shared_ptr<arrow::DataType>> parameter_types) = 0;
  virtual void ClosePrepared(StatementId statement) = 0;

  virtual Result<std::unique_ptr<ResultStream>> Execute(const CallContext& call, StatementId statement,
                                                        ExecuteArguments arguments) = 0;

  /// Appends `batches` to a table, all or nothing; the number of rows. Pulls `batches` on the calling thread.
  virtual Result<std::int64_t> Ingest(const CallContext& call, const IngestTarget& target,
                                      arrow::RecordBatchReader& batches) = 0;

  /// Of the statement now running.
  virtual Progress GetProgress() const = 0;
  /// Cancels the statement with this id if it runs; any statement of the session when `query` is not given.
  virtual void Cancel(std::optional<QueryId> query) = 0;

  virtual bool in_transaction() const = 0;
  virtual Result<SessionSnapshot> Snapshot() = 0;
  virtual Status Restore(const SessionSnapshot& snapshot) = 0;
  /// Back to the state after Open: rolls back, closes results and statements, drops temporary objects, resets settings.
  virtual Status Reset() = 0;
};

/// Thread-safe. Outlives its sessions.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<std::unique_ptr<Session>> Open(const SessionOptions& options) = 0;
  /// Names of the databases a client may connect to.
  virtual std::vector<std::string> DatabaseNames() = 0;
  /// For `--version`, server_version and the like, e.g. "DuckDB v1.5.5".
  virtual std::string description() const = 0;
  /// Set when a fatal error was seen: takes no new work and must be replaced.
  virtual bool poisoned() const = 0;
};

}  // namespace tavana::engine
