#include "observe/log.h"

#include <gtest/gtest.h>

namespace tavana::observe {
namespace {

TEST(JsonEscaped, KeepsOneEventOnOneLine) {
  EXPECT_EQ(JsonEscaped("a\"b\\c\nd\x1b[0m"), "a\\\"b\\\\c\\u000ad\\u001b[0m");
}

TEST(JsonEscaped, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(JsonEscaped("Zürich \xF0\x9F\xA6\x86"), "Zürich \xF0\x9F\xA6\x86");
  EXPECT_EQ(JsonEscaped("\xC0\xAF|\xED\xA0\x80|\xE2\x82"),
            "\xEF\xBF\xBD\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Log, WritesOneJsonObjectALine) {
  testing::internal::CaptureStderr();
  StartLogging({.level = LogLevel::kInfo, .json = true});
  Log(LogLevel::kDebug, "hidden");
  Log(LogLevel::kWarn, "100% {} \"quoted\"", {{"path", "a\nb"}});
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(line.starts_with("{\"time\":\"")) << line;
  EXPECT_TRUE(line.ends_with("\"level\":\"warning\",\"message\":\"100% {} \\\"quoted\\\"\",\"path\":\"a\\u000ab\"}\n"))
      << line;
}

}  // namespace
}  // namespace tavana::observe
