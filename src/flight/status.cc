#include "flight/status.h"

#include <string>

namespace tavana::flight {
namespace {

// Trailers above 16 KB lose the message (seen with gRPC 1.51); a client may have a smaller limit.
constexpr std::size_t kMaxMessageBytes = 4096;

}  // namespace

grpc::StatusCode StatusCodeOf(ErrorCode code) {
  switch (code) {  // no default: a new code must not compile until it has a status
    case ErrorCode::kUnsupported: return grpc::StatusCode::UNIMPLEMENTED;
    case ErrorCode::kProtocol:
    case ErrorCode::kSyntax:
    case ErrorCode::kUndefinedColumn:
    case ErrorCode::kUndefinedFunction:
    case ErrorCode::kUndefinedObject:
    case ErrorCode::kUndefinedParameter:
    case ErrorCode::kAmbiguous:
    case ErrorCode::kInvalidColumnReference:
    case ErrorCode::kGrouping:
    case ErrorCode::kDuplicateColumn:
    case ErrorCode::kInvalidDefinition:
    case ErrorCode::kCardinality:
    case ErrorCode::kInvalidRegex:
    case ErrorCode::kInvalidPower:
    case ErrorCode::kInvalidLogarithm:
    case ErrorCode::kInvalidLimit:
    case ErrorCode::kInvalidEscape:
    case ErrorCode::kDatetimeOverflow:
    case ErrorCode::kDatetimeFormat:
    case ErrorCode::kDatatypeMismatch:
    case ErrorCode::kIndeterminateType:
    case ErrorCode::kInvalidText:
    case ErrorCode::kInvalidBinary:
    case ErrorCode::kInvalidEncoding:
    case ErrorCode::kBadCopyFormat:
    case ErrorCode::kInvalidParameter:
    case ErrorCode::kOutOfRange:
    case ErrorCode::kDivisionByZero:
    case ErrorCode::kDataException: return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::kUndefinedTable:
    case ErrorCode::kUndefinedDatabase:
    case ErrorCode::kUndefinedSchema:
    case ErrorCode::kUndefinedStatement:
    case ErrorCode::kUndefinedCursor:
    case ErrorCode::kUndefinedSavepoint: return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::kDuplicateObject:
    case ErrorCode::kDuplicateTable:
    case ErrorCode::kDuplicateStatement:
    case ErrorCode::kDuplicateCursor:
    case ErrorCode::kUniqueViolation: return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCode::kNotNullViolation:
    case ErrorCode::kForeignKeyViolation:
    case ErrorCode::kCheckViolation:
    case ErrorCode::kDependentObjects:
    case ErrorCode::kReadOnly:
    case ErrorCode::kActiveTransaction:
    case ErrorCode::kNoActiveTransaction:
    case ErrorCode::kFailedTransaction:
    case ErrorCode::kWrongState: return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCode::kPermissionDenied: return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCode::kAuthentication:
    case ErrorCode::kInvalidPassword: return grpc::StatusCode::UNAUTHENTICATED;
    case ErrorCode::kDeadlock:
    case ErrorCode::kLockTimeout:
    case ErrorCode::kSerialization: return grpc::StatusCode::ABORTED;
    case ErrorCode::kCancelled: return grpc::StatusCode::CANCELLED;
    case ErrorCode::kTimedOut:
    case ErrorCode::kIdleTransactionTimeout:
    case ErrorCode::kIdleSessionTimeout: return grpc::StatusCode::DEADLINE_EXCEEDED;
    case ErrorCode::kTooManyConnections:
    case ErrorCode::kOverloaded:
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kDiskFull:
    case ErrorCode::kQuotaExceeded:
    case ErrorCode::kProgramLimit: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::kShuttingDown:
    case ErrorCode::kCannotConnectNow:
    case ErrorCode::kUnavailable: return grpc::StatusCode::UNAVAILABLE;
    case ErrorCode::kOutcomeUnknown: return grpc::StatusCode::UNKNOWN;
    case ErrorCode::kIo:
    case ErrorCode::kWarning:
    case ErrorCode::kInternal: return grpc::StatusCode::INTERNAL;
  }
  __builtin_unreachable();
}

grpc::Status StatusOf(const Error& error) {
  std::string text = error.message() + " (SQLSTATE " + std::string(SqlStateOf(error.code())) + ")";
  if (!error.context().empty()) text += "\nCONTEXT: " + error.context();
  if (!error.detail().empty()) text += "\nDETAIL: " + error.detail();
  if (!error.hint().empty()) text += "\nHINT: " + error.hint();
  if (text.size() > kMaxMessageBytes) {
    std::size_t end = kMaxMessageBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
    text.resize(end);
  }
  return {StatusCodeOf(error.code()), text};
}

}  // namespace tavana::flight
