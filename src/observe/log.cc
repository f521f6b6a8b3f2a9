#include "observe/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <utility>

namespace tavana::observe {
namespace {

bool log_is_json = false;  // set by StartLogging before other threads start

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace: return spdlog::level::trace;
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
    case LogLevel::kOff: return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// Length of the well-formed UTF-8 character at the start of `text`, 0 when there is none (RFC 3629, section 4).
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : (first & 0xF0) == 0xE0         ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;  // overlong; surrogate
  if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;  // overlong; past U+10FFFF
  return length;
}

void AppendControl(std::string& out, unsigned char c) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
  out += buffer;
}

std::string JsonBody(std::string_view message, std::initializer_list<LogField> fields) {
  std::string body = "\"message\":\"" + JsonEscaped(message) + '"';
  for (const LogField& field : fields) {
    body += ",\"" + std::string(field.name) + "\":\"" + JsonEscaped(field.value) + '"';
  }
  return body;
}

std::string TextBody(std::string_view message, std::initializer_list<LogField> fields) {
  // The JSON escapes also serve text: no value can start a line or move the cursor of a terminal.
  std::string body = JsonEscaped(message);
  for (const LogField& field : fields) {
    body += ' ' + std::string(field.name) + "=\"" + JsonEscaped(field.value) + '"';
  }
  return body;
}

}  // namespace

LogLevel LogLevelOf(std::string_view name) {
  if (name == "trace") return LogLevel::kTrace;
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  if (name == "off") return LogLevel::kOff;
  return LogLevel::kInfo;
}

void StartLogging(const LogOptions& options) {
  log_is_json = options.json;
  auto logger = std::make_shared<spdlog::logger>("tavana", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(
      options.json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
      spdlog::pattern_time_type::utc);
  logger->set_level(SpdlogLevel(options.level));
  spdlog::set_default_logger(std::move(logger));
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  spdlog::logger* logger = spdlog::default_logger_raw();
  const auto spdlog_level = SpdlogLevel(level);
  if (level == LogLevel::kOff || !logger->should_log(spdlog_level)) return;
  const std::string body = log_is_json ? JsonBody(message, fields) : TextBody(message, fields);
  logger->log(spdlog_level, spdlog::string_view_t(body.data(), body.size()));
}

std::string JsonEscaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text[0];
    } else if (c < 0x20 || c == 0x7F) {
      AppendControl(out, c);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace tavana::observe
