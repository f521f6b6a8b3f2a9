#include "sql/number_format.h"

#include <gtest/gtest.h>

namespace tavana::sql {
namespace {

std::string Write(std::string_view number, std::string_view text) {
  const auto format = NumberFormat::Parse(text);
  return format.ok() ? format->Write(number) : std::string(format.error().message());
}

// Answers of PostgreSQL 15; tests/differential/corpus/formats.sql has hundreds more.
TEST(NumberFormat, WritesAsPostgresDoes) {
  EXPECT_EQ(Write("1234.5", "9999.99"), " 1234.50");
  EXPECT_EQ(Write("1234.5", "FM9999.99"), "1234.5");
  EXPECT_EQ(Write("-5", "999"), "  -5");
  EXPECT_EQ(Write("99.995", "99.99"), " ##.##");
  EXPECT_EQ(Write("0", "FM9.9"), "0.");
  EXPECT_EQ(Write("-12", "999PR"), " <12>");
  EXPECT_EQ(Write("1234567", "9,999,999"), " 1,234,567");
}

TEST(NumberFormat, RefusesWhatItDoesNotOffer) {
  EXPECT_EQ(NumberFormat::Parse("9.99EEEE").error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(NumberFormat::Parse("RN").error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(NumberFormat::Parse("9.9.9").error().code(), ErrorCode::kSyntax);
}

TEST(NumberFormat, AnyTemplateAndAnyTextAreAnswered) {
  for (const char* text : {"", ".", ",", "V", "S", "FM", "\"", "\\", "PR", "TH", "LLLL", "9V", "\"open"}) {
    const auto format = NumberFormat::Parse(text);
    if (!format.ok()) continue;
    for (const char* number : {"", "-", "0", "-0.5", "NaN", "Infinity", "123456789012345678901234567890.5"}) {
      (void)format->Write(number);
      (void)format->Read(number);
    }
  }
}

}  // namespace
}  // namespace tavana::sql
