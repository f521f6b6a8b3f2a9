#include "duckdb/errors.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace tavana::duckdb_engine {
namespace {

using ::duckdb::ErrorData;
using ::duckdb::ExceptionType;

bool Contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

std::string Info(const ErrorData& error, const char* name) {
  const auto found = error.ExtraInfo().find(name);
  return found == error.ExtraInfo().end() ? std::string() : found->second;
}

ErrorCode CodeOfCatalog(const ErrorData& error) {
  const std::string subtype = Info(error, "error_subtype");
  const std::string type = Info(error, "type");
  const std::string& text = error.RawMessage();
  if (subtype == "ENTRY_ALREADY_EXISTS" || Contains(text, "already exists")) {
    return type == "Table" || type == "View" || type == "Index" || type == "Sequence" ? ErrorCode::kDuplicateTable
                                                                                      : ErrorCode::kDuplicateObject;
  }
  if (subtype == "MISSING_ENTRY" || Contains(text, "does not exist")) {
    if (Contains(type, "Function") || Contains(type, "Macro")) return ErrorCode::kUndefinedFunction;
    if (Contains(type, "Schema")) return ErrorCode::kUndefinedSchema;
    if (Contains(type, "Table") || Contains(type, "View")) return ErrorCode::kUndefinedTable;
    if (Contains(type, "Database") || Contains(type, "Catalog")) return ErrorCode::kUndefinedDatabase;
    if (type.empty() && text.rfind("Table", 0) == 0) return ErrorCode::kUndefinedTable;
    if (type.empty() && Contains(text, "Catalog \"")) return ErrorCode::kUndefinedDatabase;
    return ErrorCode::kUndefinedObject;
  }
  if (Contains(text, "write-write conflict") || Contains(text, "conflict")) return ErrorCode::kSerialization;
  if (Contains(text, "depend")) return ErrorCode::kDependentObjects;
  return ErrorCode::kUndefinedObject;
}

ErrorCode CodeOfBinder(const ErrorData& error) {
  const std::string subtype = Info(error, "error_subtype");
  const std::string& text = error.RawMessage();
  if (subtype == "COLUMN_NOT_FOUND") return ErrorCode::kUndefinedColumn;
  if (subtype == "NO_MATCHING_FUNCTION") return ErrorCode::kUndefinedFunction;
  if (subtype == "UNSUPPORTED") return ErrorCode::kUnsupported;
  if (Contains(text, "Ambiguous")) return ErrorCode::kAmbiguous;
  if (Contains(text, "does not have a column") || (Contains(text, "column") && Contains(text, "not found")))
    return ErrorCode::kUndefinedColumn;
  if (Contains(text, "Referenced table")) return ErrorCode::kUndefinedTable;
  if (Contains(text, "No function matches")) return ErrorCode::kUndefinedFunction;
  if (Contains(text, "not attached") || Contains(text, "Catalog \"")) return ErrorCode::kUndefinedDatabase;
  if (Contains(text, "already exists")) return ErrorCode::kDuplicateObject;
  if (Contains(text, "Type mismatch for binding parameter")) return ErrorCode::kInvalidText;
  if (Contains(text, "Cannot mix values of type") || Contains(text, "Cannot compare") || Contains(text, "cast")) {
    return ErrorCode::kDatatypeMismatch;
  }
  if (Contains(text, "read-only")) return ErrorCode::kReadOnly;
  return ErrorCode::kSyntax;
}

ErrorCode CodeOfTransaction(const std::string& text) {
  if (Contains(text, "No space left") || Contains(text, "max_temp_directory_size")) return ErrorCode::kDiskFull;
  if (Contains(text, "allocate") || Contains(text, "failed to pin block")) return ErrorCode::kOutOfMemory;
  if (Contains(text, "within a transaction")) return ErrorCode::kActiveTransaction;
  if (Contains(text, "no transaction is active")) return ErrorCode::kNoActiveTransaction;
  if (Contains(text, "aborted")) return ErrorCode::kFailedTransaction;
  if (Contains(text, "duplicate key") || Contains(text, "PRIMARY KEY") || Contains(text, "UNIQUE"))
    return ErrorCode::kUniqueViolation;
  if (Contains(text, "read-only")) return ErrorCode::kReadOnly;
  return ErrorCode::kSerialization;
}

ErrorCode CodeOfConstraint(const std::string& text) {
  if (Contains(text, "NOT NULL")) return ErrorCode::kNotNullViolation;
  if (Contains(text, "foreign key")) return ErrorCode::kForeignKeyViolation;
  if (Contains(text, "CHECK constraint")) return ErrorCode::kCheckViolation;
  return ErrorCode::kUniqueViolation;
}

ErrorCode CodeOfIo(const std::string& text) {
  if (Contains(text, "No space left") || Contains(text, "max_temp_directory_size")) return ErrorCode::kDiskFull;
  return ErrorCode::kIo;
}

ErrorCode CodeOfConversion(const std::string& text) {
  if (Contains(text, "out of range") || Contains(text, "overflow")) return ErrorCode::kOutOfRange;
  return ErrorCode::kInvalidText;
}

/// What PostgreSQL has a code of its own for and DuckDB only a sentence, whatever its type.
struct Sentence {
  const char* part;
  ErrorCode code;
};
constexpr Sentence kSentences[] = {
    {"field value out of range", ErrorCode::kDatetimeOverflow},
    {"Date out of range", ErrorCode::kDatetimeOverflow},
    {"invalid date field format", ErrorCode::kDatetimeFormat},
    {"invalid timestamp field format", ErrorCode::kDatetimeFormat},
    {"to INTERVAL", ErrorCode::kDatetimeFormat},
    {"must appear in the GROUP BY clause", ErrorCode::kGrouping},
    {"aggregate function calls cannot be nested", ErrorCode::kGrouping},
    {"clause cannot contain aggregates", ErrorCode::kGrouping},
    {"term out of range", ErrorCode::kInvalidColumnReference},
    {"More than one row returned by a subquery", ErrorCode::kCardinality},
    {"LIMIT/OFFSET cannot be negative", ErrorCode::kInvalidLimit},
    {"Column with name", ErrorCode::kDuplicateColumn},
    {"has more than one primary key", ErrorCode::kInvalidDefinition},
    {"cannot take square root of", ErrorCode::kInvalidPower},
    {"cannot take logarithm of", ErrorCode::kInvalidLogarithm},
    {"Invalid UTF8 Codepoint", ErrorCode::kInvalidParameter},
    {"extract specifier", ErrorCode::kInvalidParameter},
    {"Unknown TimeZone", ErrorCode::kInvalidParameter},
    {"Invalid escape string", ErrorCode::kInvalidEscape},
    {"Sequence with name", ErrorCode::kUndefinedTable},
    {"is main key table of", ErrorCode::kDependentObjects},
    {"Prepared statement \"", ErrorCode::kUndefinedStatement},
};

/// Where an error of ours keeps its code and its hint on its way through DuckDB.
constexpr const char* kOwnCode = "tavana_code";
constexpr const char* kOwnHint = "tavana_hint";

ErrorCode CodeOf(const ErrorData& error) {
  if (const std::string own = Info(error, kOwnCode); !own.empty()) return static_cast<ErrorCode>(std::stoi(own));
  const std::string& text = error.RawMessage();
  for (const auto& sentence : kSentences) {
    if (text.find(sentence.part) != std::string::npos) return sentence.code;
  }
  switch (error.Type()) {
    case ExceptionType::PARSER:
    case ExceptionType::SYNTAX: return ErrorCode::kSyntax;
    case ExceptionType::CATALOG: return CodeOfCatalog(error);
    case ExceptionType::BINDER: return CodeOfBinder(error);
    case ExceptionType::TRANSACTION: return CodeOfTransaction(text);
    case ExceptionType::CONSTRAINT: return CodeOfConstraint(text);
    case ExceptionType::CONVERSION: return CodeOfConversion(text);
    case ExceptionType::OUT_OF_RANGE:
      return Contains(text, "division by zero") ? ErrorCode::kDivisionByZero : ErrorCode::kOutOfRange;
    case ExceptionType::DECIMAL:
    case ExceptionType::OBJECT_SIZE: return ErrorCode::kOutOfRange;
    case ExceptionType::DIVIDE_BY_ZERO: return ErrorCode::kDivisionByZero;
    case ExceptionType::MISMATCH_TYPE:
    case ExceptionType::INVALID_TYPE:
    case ExceptionType::UNKNOWN_TYPE: return ErrorCode::kDatatypeMismatch;
    case ExceptionType::NOT_IMPLEMENTED: return ErrorCode::kUnsupported;
    case ExceptionType::DEPENDENCY: return ErrorCode::kDependentObjects;
    case ExceptionType::IO: return CodeOfIo(text);
    case ExceptionType::HTTP:
    case ExceptionType::NETWORK: return ErrorCode::kIo;
    case ExceptionType::INTERRUPT: return ErrorCode::kCancelled;
    case ExceptionType::OUT_OF_MEMORY:
      return Contains(text, "max_temp_directory_size") ? ErrorCode::kDiskFull : ErrorCode::kOutOfMemory;
    case ExceptionType::PERMISSION: return ErrorCode::kPermissionDenied;
    case ExceptionType::PARAMETER_NOT_RESOLVED:
    case ExceptionType::PARAMETER_NOT_ALLOWED: return ErrorCode::kIndeterminateType;
    case ExceptionType::SETTINGS: return ErrorCode::kUndefinedObject;
    case ExceptionType::MISSING_EXTENSION:
    case ExceptionType::AUTOLOAD: return ErrorCode::kUnsupported;
    case ExceptionType::SEQUENCE: return ErrorCode::kOutOfRange;
    case ExceptionType::INVALID_CONFIGURATION: return ErrorCode::kInvalidParameter;
    case ExceptionType::INVALID_INPUT:
      if (Contains(text, "read-only mode")) return ErrorCode::kReadOnly;
      if (Contains(text, "Multiple statements") || Contains(text, "parameters, but none were supplied"))
        return ErrorCode::kProtocol;
      return ErrorCode::kDataException;
    case ExceptionType::SERIALIZATION:
    case ExceptionType::FATAL:
    case ExceptionType::INTERNAL: return ErrorCode::kInternal;
    default: return ErrorCode::kDataException;
  }
}

/// DuckDB draws "LINE 1: ...\n   ^" under some messages; clients draw their own from the position.
std::string WithoutPointer(std::string text) {
  const auto at = text.find("\n\nLINE ");
  if (at != std::string::npos) text.resize(at);
  const auto stack = text.find("\n\nStack Trace");
  if (stack != std::string::npos) text.resize(stack);
  return text;
}

/// Moves "Did you mean ...", "Candidate ..." and what follows out of `text`.
std::string TakeHint(std::string& text) {
  std::size_t first = std::string::npos;
  for (const char* start : {"Did you mean", "Candidate bindings", "Candidate functions", "Candidate tables",
                            "You might need to add explicit"}) {
    first = std::min(first, text.find(start));
  }
  if (first == std::string::npos || first == 0) return {};
  std::string hint = text.substr(first);
  text.resize(first);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  while (!hint.empty() && std::isspace(static_cast<unsigned char>(hint.back()))) hint.pop_back();
  // DuckDB looks for names like the one given everywhere, also where nobody is to look.
  return hint.find("\"__tavana") == std::string::npos ? hint : std::string();
}

std::optional<std::size_t> CharacterOf(const ErrorData& error, std::string_view sql) {
  const std::string position = Info(error, "position");
  if (position.empty()) return std::nullopt;
  const std::size_t byte = std::strtoull(position.c_str(), nullptr, 10);
  // The parser's own errors count characters already, everything after it counts bytes.
  if (error.Type() == ExceptionType::PARSER && Info(error, "error_subtype") == "SYNTAX_ERROR") return byte + 1;
  if (byte > sql.size()) return std::nullopt;
  const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return 1 + static_cast<std::size_t>(
                 std::count_if(sql.begin(), sql.begin() + static_cast<std::ptrdiff_t>(byte), starts_character));
}

Error Translate(const ErrorData& error, std::string_view sql) {
  const ErrorCode code = CodeOf(error);
  std::string text = WithoutPointer(error.RawMessage());
  if (error.Type() == ExceptionType::INTERRUPT) text = "canceling statement due to user request";
  std::string hint = TakeHint(text);
  if (hint.empty()) hint = Info(error, kOwnHint);
  Error result = Error(code, text.empty() ? std::string("unknown error") : std::move(text)).WithHint(std::move(hint));
  // The setters change `result` in place and give it back; assigning it to itself would empty it.
  if (const auto position = CharacterOf(error, sql)) (void)std::move(result).AtPosition(*position);
  if (error.Type() == ExceptionType::FATAL) (void)std::move(result).Poisoned();
  return result;
}

}  // namespace

Error TranslateError(const ErrorData& error, std::string_view sql) {
  if (!error.HasError()) return Error(ErrorCode::kInternal, "unknown error");
  // With errors_as_json the message holds type and position, which the drawn form has lost.
  const std::string& text = error.RawMessage();
  if (!text.empty() && text[0] == '{' && text.find("\"exception_type\"") != std::string::npos) {
    return Translate(ErrorData(text), sql);
  }
  return Translate(error, sql);
}

void ThrowToDuckDb(const Error& error) {
  throw ::duckdb::Exception({{kOwnCode, std::to_string(static_cast<int>(error.code()))}, {kOwnHint, error.hint()}},
                            ExceptionType::CONVERSION, std::string(error.message()));
}

Error TranslateException(const std::exception& exception, std::string_view sql) {
  try {
    return TranslateError(ErrorData(exception), sql);
  } catch (const std::exception&) {
    return Error(ErrorCode::kInternal, exception.what());
  }
}

}  // namespace tavana::duckdb_engine
