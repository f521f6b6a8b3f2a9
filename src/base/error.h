#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tavana {

/// What went wrong, in terms of what the caller may do about it. Each protocol maps every code once:
/// `SqlStateOf` here; Flight and HTTP beside their doors. Gateways and workers of neighbouring releases send each other
/// the numbers: new codes go to the end.
enum class ErrorCode : std::uint8_t {
  kProtocol,     ///< the peer broke the wire protocol
  kUnsupported,  ///< well formed, but not offered
  kSyntax,       ///< the text does not parse
  kUndefinedTable,
  kUndefinedColumn,
  kUndefinedFunction,
  kUndefinedObject,     ///< a type, a setting, any other name
  kUndefinedParameter,  ///< $n where there are no parameters
  kUndefinedDatabase,
  kUndefinedSchema,
  kUndefinedStatement,  ///< a prepared statement's name
  kUndefinedCursor,     ///< a portal's name
  kDuplicateObject,
  kDuplicateTable,
  kDuplicateStatement,
  kDuplicateCursor,
  kAmbiguous,
  kInvalidColumnReference,  ///< ORDER BY 2 of one column
  kGrouping,                ///< aggregates where there can be none, columns that are not grouped
  kDuplicateColumn,
  kInvalidDefinition,  ///< two primary keys
  kCardinality,        ///< several rows where one is wanted
  kInvalidRegex,
  kInvalidPower,  ///< the root of a negative number
  kInvalidLogarithm,
  kInvalidLimit,
  kInvalidEscape,
  kDatetimeOverflow,  ///< a day or an hour that does not exist
  kDatetimeFormat,
  kDatatypeMismatch,
  kIndeterminateType,  ///< a parameter or column whose type cannot be known before the values are
  kInvalidText,        ///< a value's text does not read as its type
  kInvalidBinary,      ///< a value's bytes do not read as its type
  kInvalidEncoding,
  kBadCopyFormat,  ///< COPY data that breaks its format
  kInvalidParameter,
  kOutOfRange,
  kDivisionByZero,
  kDataException,  ///< any other complaint about values
  kNotNullViolation,
  kUniqueViolation,
  kForeignKeyViolation,
  kCheckViolation,
  kDependentObjects,
  kReadOnly,
  kPermissionDenied,
  kAuthentication,
  kInvalidPassword,
  kActiveTransaction,  ///< BEGIN inside a block
  kNoActiveTransaction,
  kFailedTransaction,  ///< any statement in an aborted block
  kUndefinedSavepoint,
  kWrongState,  ///< well formed, but not now: the object is in another state
  kDeadlock,
  kLockTimeout,    ///< lock_timeout
  kSerialization,  ///< lost a race with another transaction; worth a retry
  kCancelled,
  kTimedOut,  ///< statement_timeout
  kIdleTransactionTimeout,
  kIdleSessionTimeout,
  kTooManyConnections,
  kOverloaded,  ///< the admission queue is full
  kOutOfMemory,
  kDiskFull,
  kQuotaExceeded,     ///< a limit of this configuration
  kProgramLimit,      ///< a limit of this program
  kShuttingDown,      ///< the statement was ended by a shutdown
  kCannotConnectNow,  ///< starting or stopping
  kIo,                ///< files and networks below the engine
  kOutcomeUnknown,    ///< a COMMIT whose answer was lost
  kUnavailable,       ///< the engine's process is gone
  kWarning,           ///< of a notice, not of an error
  kInternal,
};

/// SQLSTATE of `code` (PostgreSQL 15 documentation, appendix A). Five characters.
std::string_view SqlStateOf(ErrorCode code);

/// An error as a value. `message`, `detail` and `hint` may be shown to the client and never hold a secret.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  Error&& WithDetail(std::string detail) && { return detail_ = std::move(detail), std::move(*this); }
  Error&& WithHint(std::string hint) && { return hint_ = std::move(hint), std::move(*this); }
  /// One-based character (not byte) offset in the text the client sent, as the P field wants it.
  Error&& AtPosition(std::size_t characters) && { return position_ = characters, std::move(*this); }
  /// The same place in a text that has `characters` more in front. Without a position nothing changes.
  Error&& MovedBy(std::size_t characters) && {
    if (position_) *position_ += characters;
    return std::move(*this);
  }
  /// For a text that the client did not send.
  Error&& WithoutPosition() && { return position_.reset(), std::move(*this); }
  /// Where in the input it happened ("COPY t, line 3"), as the W field tells it.
  Error&& WithContext(std::string context) && { return context_ = std::move(context), std::move(*this); }
  /// Which of the rows that were ingested it is about, from 0.
  Error&& AtRow(std::int64_t row) && { return row_ = row, std::move(*this); }
  /// The statement only read, sent nothing, and may run again elsewhere.
  Error&& Retryable() && { return retryable_ = true, std::move(*this); }
  /// The engine instance can not be trusted any more and must be replaced.
  Error&& Poisoned() && { return poisoned_ = true, std::move(*this); }

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& detail() const { return detail_; }
  const std::string& hint() const { return hint_; }
  const std::string& context() const { return context_; }
  std::optional<std::size_t> position() const { return position_; }
  std::optional<std::int64_t> row() const { return row_; }
  bool retryable() const { return retryable_; }
  bool poisoned() const { return poisoned_; }

 private:
  ErrorCode code_;
  bool retryable_ = false;
  bool poisoned_ = false;
  std::optional<std::size_t> position_;
  std::optional<std::int64_t> row_;
  std::string message_;
  std::string detail_;
  std::string hint_;
  std::string context_;
};

}  // namespace tavana
