#include "sql/datetime_format.h"

#include <gtest/gtest.h>

namespace tavana::sql {
namespace {

// Answers of PostgreSQL 15; tests/differential/corpus/formats.sql has hundreds more.
TEST(DateTimeFormat, WritesAsPostgresDoes) {
  const DateTimeFields leap{.year = 2024, .month = 2, .day = 29, .hour = 10, .minute = 11, .second = 12};
  EXPECT_EQ(DateTimeFormat("YYYY-MM-DD HH24:MI:SS").Write(leap), "2024-02-29 10:11:12");
  EXPECT_EQ(DateTimeFormat("FMDay, FMDDth FMMonth YYYY").Write(leap), "Thursday, 29th February 2024");
  EXPECT_EQ(DateTimeFormat("\"T\"HH12 AM").Write(leap), "T10 AM");
}

TEST(DateTimeFormat, ReadsWhatItWrites) {
  for (const char* text : {"YYYY-MM-DD HH24:MI:SS.US", "DD Mon YYYY HH24 MI SS US", "YYYY DDD HH12:MI:SS.US PM"}) {
    const DateTimeFormat format(text);
    const DateTimeFields given{
        .year = 1999, .month = 12, .day = 31, .hour = 23, .minute = 59, .second = 58, .microsecond = 7};
    const auto read = format.Read(format.Write(given));
    ASSERT_TRUE(read.ok()) << text << ": " << read.error().message();
    EXPECT_EQ(format.Write(*read), format.Write(given));
  }
}

TEST(DateTimeFormat, SaysWhatDoesNotRead) {
  EXPECT_EQ(DateTimeFormat("YYYY-MM-DD").Read("2023-02-29").error().code(), ErrorCode::kDatetimeOverflow);
  EXPECT_EQ(DateTimeFormat("YYYY").Read("abc").error().code(), ErrorCode::kDatetimeFormat);
  EXPECT_EQ(DateTimeFormat("HH12").Read("13").error().code(), ErrorCode::kDatetimeFormat);
}

TEST(DateTimeFormat, AnyTemplateAndAnyTextAreAnswered) {
  for (const char* text :
       {"", "\"", "\\", "TH", "FM", "J", "YYYYYYYY", "DDDDD", "TZHTZM", "FF", "\"open", "IW", "Y,YYY"}) {
    const DateTimeFormat format(text);
    (void)format.Write({});
    for (const char* value : {"", "-", "99999999999999999999", "999999999", "-1", ",", "é"}) (void)format.Read(value);
  }
}

}  // namespace
}  // namespace tavana::sql
