#include "sql/copy_statement.h"

#include <gtest/gtest.h>

namespace tavana::sql {
namespace {

using pgwire::CopyFormat;
using pgwire::CopyOptions;

CopyStatement Parsed(std::string_view sql) {
  auto copy = ParseCopy(sql);
  EXPECT_TRUE(copy.ok()) << sql << ": " << (copy.ok() ? "" : copy.error().message());
  return copy.ok() ? *copy : CopyStatement{};
}

TEST(ParseCopy, FillsInTheDefaultsOfEachFormat) {
  EXPECT_EQ(Parsed("COPY t TO STDOUT"), (CopyStatement{.table = {"t"}}));
  EXPECT_EQ(Parsed("COPY t FROM STDIN (FORMAT csv)"),
            (CopyStatement{.from_client = true,
                           .table = {"t"},
                           .options = {.format = CopyFormat::kCsv, .delimiter = ',', .null_text = ""}}));
  EXPECT_TRUE(Parsed("copy binary t from stdin").options.binary());
  EXPECT_EQ(Parsed("COPY t FROM STDIN (FORMAT csv, QUOTE '''')").options.escape, '\'');
}

TEST(ParseCopy, ReadsNamesAsPostgresDoes) {
  const auto copy = Parsed(R"(COPY Db."S.x".T (A, "B c") FROM STDIN)");
  EXPECT_EQ(copy.table, (std::vector<std::string>{"db", "S.x", "t"}));
  EXPECT_EQ(copy.columns, (std::vector<std::string>{"a", "B c"}));
}

TEST(ParseCopy, TakesTheQueryBetweenItsParentheses) {
  const auto copy = Parsed("COPY (SELECT ')' , (1) -- )\n) TO STDOUT");
  EXPECT_EQ(copy.query, "SELECT ')' , (1) -- )\n");
  EXPECT_EQ(copy.query_offset_bytes, 6U);
}

TEST(ParseCopy, ReadsBothSyntaxesOfTheOptions) {
  const CopyOptions options{.format = CopyFormat::kCsv,
                            .header = CopyOptions::Header::kLine,
                            .delimiter = ';',
                            .null_text = "nil",
                            .quote = '\'',
                            .escape = '\\',
                            .force_quote = {"a", "B"}};
  EXPECT_EQ(Parsed("COPY t TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';', NULL 'nil', QUOTE '''', ESCAPE '\\', "
                   "FORCE_QUOTE (a, \"B\"), ENCODING 'utf-8', FREEZE off)")
                .options,
            options);
  EXPECT_EQ(Parsed("COPY t TO STDOUT WITH CSV HEADER DELIMITER AS ';' NULL AS 'nil' QUOTE '''' ESCAPE AS E'\\\\' "
                   "FORCE QUOTE a, \"B\" ENCODING 'UTF8' FREEZE;")
                .options,
            options);
  EXPECT_TRUE(Parsed("COPY t TO STDOUT CSV FORCE QUOTE *").options.force_quote_all);
  EXPECT_EQ(Parsed("COPY t FROM STDIN CSV FORCE NOT NULL a FORCE NULL b").options.force_null,
            std::vector<std::string>{"b"});
  EXPECT_EQ(Parsed("COPY t TO STDOUT USING DELIMITERS '|'").options.delimiter, '|');
}

TEST(ParseCopy, KeepsTheConditionAsItIs) {
  EXPECT_EQ(Parsed("COPY t FROM STDIN WHERE a > (1) AND b = ')' ; ").where, "a > (1) AND b = ')'");
}

struct Wrong {
  std::string_view sql;
  ErrorCode code;
  std::string_view message;
  std::optional<std::size_t> position = {};
};

TEST(ParseCopy, SaysWhatIsWrongAndWhere) {
  const Wrong wrongs[] = {
      {"COPY t TO", ErrorCode::kSyntax, "syntax error at end of input", 10},
      {"COPY t TO STDOUT x", ErrorCode::kSyntax, "syntax error at or near \"x\"", 18},
      {"COPY (SELECT 1 TO STDOUT", ErrorCode::kSyntax, "syntax error at end of input", 25},
      {"COPY (SELECT 1) FROM STDIN", ErrorCode::kSyntax, "syntax error at or near \"FROM\"", 17},
      {"COPY t FROM STDIN WHERE a) OR (b", ErrorCode::kSyntax, "syntax error at or near \")\"", 26},
      {"COPY t TO STDOUT (é 1)", ErrorCode::kSyntax, "option \"é\" not recognized", 19},
      {"COPY t TO STDOUT (DELIMITER 'ab')", ErrorCode::kUnsupported,
       "COPY delimiter must be a single one-byte character"},
      {"COPY t TO STDOUT (FORMAT csv, NULL 'a', NULL 'b')", ErrorCode::kSyntax, "conflicting or redundant options", 41},
      {"COPY t TO STDOUT (ENCODING 'LATIN1')", ErrorCode::kUnsupported, "COPY in encoding \"LATIN1\" is not supported"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto copy = ParseCopy(wrong.sql);
    ASSERT_FALSE(copy.ok()) << wrong.sql;
    EXPECT_EQ(copy.error().code(), wrong.code) << wrong.sql;
    EXPECT_EQ(copy.error().message(), wrong.message) << wrong.sql;
    EXPECT_EQ(copy.error().position(), wrong.position) << wrong.sql;
  }
}

}  // namespace
}  // namespace tavana::sql
