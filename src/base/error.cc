#include "base/error.h"

namespace tavana {

std::string_view SqlStateOf(ErrorCode code) {
  switch (code) {  // no default: a new code must not compile until it has a SQLSTATE
    case ErrorCode::kProtocol: return "08P01";
    case ErrorCode::kUnsupported: return "0A000";
    case ErrorCode::kSyntax: return "42601";
    case ErrorCode::kUndefinedTable: return "42P01";
    case ErrorCode::kUndefinedColumn: return "42703";
    case ErrorCode::kUndefinedFunction: return "42883";
    case ErrorCode::kUndefinedObject: return "42704";
    case ErrorCode::kUndefinedParameter: return "42P02";
    case ErrorCode::kUndefinedDatabase: return "3D000";
    case ErrorCode::kUndefinedSchema: return "3F000";
    case ErrorCode::kUndefinedStatement: return "26000";
    case ErrorCode::kUndefinedCursor: return "34000";
    case ErrorCode::kDuplicateObject: return "42710";
    case ErrorCode::kDuplicateTable: return "42P07";
    case ErrorCode::kDuplicateStatement: return "42P05";
    case ErrorCode::kDuplicateCursor: return "42P03";
    case ErrorCode::kAmbiguous: return "42702";
    case ErrorCode::kDatatypeMismatch: return "42804";
    case ErrorCode::kIndeterminateType: return "42P18";
    case ErrorCode::kInvalidText: return "22P02";
    case ErrorCode::kInvalidBinary: return "22P03";
    case ErrorCode::kInvalidEncoding: return "22021";
    case ErrorCode::kBadCopyFormat: return "22P04";
    case ErrorCode::kInvalidParameter: return "22023";
    case ErrorCode::kInvalidColumnReference: return "42P10";
    case ErrorCode::kGrouping: return "42803";
    case ErrorCode::kDuplicateColumn: return "42701";
    case ErrorCode::kInvalidDefinition: return "42P16";
    case ErrorCode::kCardinality: return "21000";
    case ErrorCode::kInvalidRegex: return "2201B";
    case ErrorCode::kInvalidPower: return "2201F";
    case ErrorCode::kInvalidLogarithm: return "2201E";
    case ErrorCode::kInvalidLimit: return "2201W";
    case ErrorCode::kInvalidEscape: return "22025";
    case ErrorCode::kDatetimeOverflow: return "22008";
    case ErrorCode::kDatetimeFormat: return "22007";
    case ErrorCode::kOutOfRange: return "22003";
    case ErrorCode::kDivisionByZero: return "22012";
    case ErrorCode::kDataException: return "22000";
    case ErrorCode::kNotNullViolation: return "23502";
    case ErrorCode::kUniqueViolation: return "23505";
    case ErrorCode::kForeignKeyViolation: return "23503";
    case ErrorCode::kCheckViolation: return "23514";
    case ErrorCode::kDependentObjects: return "2BP01";
    case ErrorCode::kReadOnly: return "25006";
    case ErrorCode::kPermissionDenied: return "42501";
    case ErrorCode::kAuthentication: return "28000";
    case ErrorCode::kInvalidPassword: return "28P01";
    case ErrorCode::kActiveTransaction: return "25001";
    case ErrorCode::kNoActiveTransaction: return "25P01";
    case ErrorCode::kFailedTransaction: return "25P02";
    case ErrorCode::kUndefinedSavepoint: return "3B001";
    case ErrorCode::kWrongState: return "55000";
    case ErrorCode::kDeadlock: return "40P01";
    case ErrorCode::kLockTimeout: return "55P03";
    case ErrorCode::kSerialization: return "40001";
    case ErrorCode::kCancelled: return "57014";
    case ErrorCode::kTimedOut: return "57014";
    case ErrorCode::kIdleTransactionTimeout: return "25P03";
    case ErrorCode::kIdleSessionTimeout: return "57P05";
    case ErrorCode::kTooManyConnections: return "53300";
    case ErrorCode::kOverloaded: return "53300";
    case ErrorCode::kOutOfMemory: return "53200";
    case ErrorCode::kDiskFull: return "53100";
    case ErrorCode::kQuotaExceeded: return "53400";
    case ErrorCode::kProgramLimit: return "54000";
    case ErrorCode::kShuttingDown: return "57P01";
    case ErrorCode::kCannotConnectNow: return "57P03";
    case ErrorCode::kIo: return "58030";
    case ErrorCode::kOutcomeUnknown: return "08007";
    case ErrorCode::kUnavailable: return "57P01";
    case ErrorCode::kWarning: return "01000";
    case ErrorCode::kInternal: return "XX000";
  }
  __builtin_unreachable();
}

}  // namespace tavana
