#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tavana::sql {

/// One statement of a simple query's text.
struct StatementText {
  std::string_view text;         ///< without the semicolon, trimmed of blanks and comments at both ends
  std::size_t offset_bytes = 0;  ///< of `text` in the whole
};

/// Splits at semicolons outside of quotes ('..', E'..', "..", $tag$..$tag$), comments (-- and nested /* */) and
/// parentheses. Empty statements are left out. Never fails: an unterminated quote or comment runs to the end (the
/// engine says so). The texts are parts of `sql`.
std::vector<StatementText> SplitStatements(std::string_view sql);

/// The statements that a door may have to answer, or to know about, itself.
enum class Command : std::uint8_t {
  kOther,  ///< the engine's, also when a statement below is not well formed: the engine's error is the better one
  kBegin,
  kCommit,
  kRollback,
  kSavepoint,
  kReleaseSavepoint,
  kRollbackToSavepoint,
  kSet,
  kReset,
  kShow,
  kDiscard,
  kDeallocate,
  kDeclareCursor,
  kFetch,
  kMove,
  kCloseCursor,
  kListen,
  kNotify,
  kUnlisten,
  kPrepare,
  kExecute,
  kSignalBackend,  ///< SELECT pg_cancel_backend(n) or pg_terminate_backend(n) and nothing else
  kAdvisoryLock,   ///< SELECT pg_advisory_lock(n) or another function of advisory locks, and nothing else
  kIgnored,        ///< GRANT, REVOKE and LOCK TABLE: the name is the tag
  kDo,
  kSetConfig,  ///< SELECT of set_config(..), and current_setting(..) beside it, and nothing else
  kCopyFromStdin,
  kCopyToStdout,
};

/// set_config('name', 'value', is_local) or current_setting('name') in a SELECT.
struct SettingCall {
  std::string setting;               ///< lower-cased
  std::optional<std::string> value;  ///< of set_config; nullopt for NULL
  bool sets = false;                 ///< set_config
  bool is_local = false;
  std::string column;  ///< its alias, else the function's name
};

/// What the leading words of a statement say.
struct Classified {
  Command command = Command::kOther;
  /// The name of the setting, savepoint, cursor, statement, channel or COPY's table (empty for COPY's query); names
  /// are lower-cased unless quoted, dots stay. Settings: TIME ZONE is "timezone"; SESSION AUTHORIZATION
  /// "session_authorization"; NAMES "client_encoding"; TRANSACTION ISOLATION LEVEL "transaction_isolation"; SET
  /// TRANSACTION without a level "transaction_read_only"; SESSION CHARACTERISTICS the same with "default_" before.
  /// DISCARD: "all", "plans", "temp" or "sequences". "all" also for RESET, SHOW, DEALLOCATE, CLOSE ALL, UNLISTEN *.
  std::string name = {};
  /// Of SET: unquoted (words as written), several values joined by ", "; nullopt for DEFAULT. Of FETCH and MOVE: the
  /// direction in lower case ("forward 10"), "" when not given. Of NOTIFY: the payload. Of PREPARE: the text after
  /// AS. Of DECLARE CURSOR: the query. Of EXECUTE: the arguments with their parentheses. Of pg_cancel_backend and
  /// pg_terminate_backend, whose function is the name: the process id, or "$1". Of an advisory lock, whose function is
  /// the name: one or two numbers or "$n" with a comma between.
  std::optional<std::string> value = std::nullopt;
  std::optional<std::string> types = std::nullopt;      ///< PREPARE: what stands in the parentheses
  bool scroll = false;                                  ///< DECLARE CURSOR: SCROLL
  bool hold = false;                                    ///< DECLARE CURSOR: WITH HOLD
  bool binary = false;                                  ///< DECLARE CURSOR: BINARY
  bool is_local = false;                                ///< SET LOCAL, SET TRANSACTION
  bool chain = false;                                   ///< COMMIT and ROLLBACK: AND CHAIN
  bool read_only = false;                               ///< BEGIN and SET TRANSACTION: READ ONLY
  std::vector<SettingCall> calls = {};                  ///< of kSetConfig
  std::optional<std::string> isolation = std::nullopt;  ///< BEGIN and SET TRANSACTION: "read committed" ...
};

/// Reads the leading tokens; comments skipped, case ignored. SET and RESET VARIABLE and GLOBAL, and DuckDB's SHOW
/// statements (SHOW TABLES, SHOW ALL TABLES, SHOW TABLES FROM x ...) are kOther.
Classified Classify(std::string_view statement);

/// 'text', whatever it holds.
std::string QuoteLiteral(std::string_view text);
/// "name", whatever it holds.
std::string QuoteIdentifier(std::string_view name);
/// The number of UTF-8 characters that begin in the first `byte_offset` bytes (all of them when it is past the end).
/// An error's one-based position is this plus one.
std::size_t CharactersBefore(std::string_view text, std::size_t byte_offset);

}  // namespace tavana::sql
