#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace tavana::observe {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kOff };

/// A named value beside a log line's message.
struct LogField {
  std::string_view name;  ///< snake_case, ours: not escaped
  std::string value;
};

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  bool json = false;
};

/// "trace", "debug", "info", "warn", "error" or "off"; kInfo for any other text.
LogLevel LogLevelOf(std::string_view name);

/// Sends the log to stderr, one line an event. Once, in main(), before other threads start.
void StartLogging(const LogOptions& options);

/// Writes one line. Thread-safe. Message and values may hold any bytes: what would break the line is escaped.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

/// `text` as the inside of a JSON string; bytes that are not UTF-8 become U+FFFD.
std::string JsonEscaped(std::string_view text);

}  // namespace tavana::observe
