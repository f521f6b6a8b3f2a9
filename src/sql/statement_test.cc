#include "sql/statement.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace tavana::sql {
namespace {

std::vector<std::string> Split(std::string_view sql) {
  std::vector<std::string> texts;
  for (const auto& statement : SplitStatements(sql)) {
    EXPECT_EQ(sql.substr(statement.offset_bytes, statement.text.size()), statement.text);
    texts.emplace_back(statement.text);
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(SplitStatements, CutsAtSemicolonsAndTrims) {
  EXPECT_EQ(Split(" select 1 ;\n-- second\nselect 2 /* two */ ; "), (Texts{"select 1", "select 2"}));
}

TEST(SplitStatements, LeavesEmptyStatementsOut) {
  EXPECT_EQ(Split(""), Texts{});
  EXPECT_EQ(Split(" ;; -- nothing ; \n ; /* ; */"), Texts{});
}

TEST(SplitStatements, KeepsSemicolonsInQuotes) {
  for (const std::string quoted : {"select ';'", "select 'it''s;'", "select E'\\';'", "select \";\"", "select $$;$$",
                                   "select $a$;$$;$a$", "select '\\'", "select E'\\\\'", "select U&'a;b'"}) {
    EXPECT_EQ(Split(quoted + ";select 2"), (Texts{quoted, "select 2"}));
  }
}

TEST(SplitStatements, KeepsSemicolonsInCommentsWithinAStatement) {
  EXPECT_EQ(Split("select /* ; /* ; */ ; */ 1 -- ;\n+ 2; x"), (Texts{"select /* ; /* ; */ ; */ 1 -- ;\n+ 2", "x"}));
}

TEST(SplitStatements, KeepsSemicolonsInParentheses) {
  EXPECT_EQ(Split("create rule r do (a; b); c"), (Texts{"create rule r do (a; b)", "c"}));
  EXPECT_EQ(Split("a); b"), (Texts{"a)", "b"}));
}

TEST(SplitStatements, GivesWhatDoesNotEndToTheEngine) {
  EXPECT_EQ(Split("a; select 'b; c "), (Texts{"a", "select 'b; c "}));
  EXPECT_EQ(Split("a; select 1 /* b; c"), (Texts{"a", "select 1 /* b; c"}));
}

/// True when `gap` holds only blanks, semicolons and whole comments.
bool IsGap(std::string_view gap) {
  for (std::size_t i = 0; i < gap.size();) {
    if (gap.substr(i, 2) == "--") {
      while (i < gap.size() && gap[i] != '\n' && gap[i] != '\r') ++i;
    } else if (gap.substr(i, 2) == "/*") {
      int depth = 0;
      do {
        if (i >= gap.size()) return false;
        const bool opens = gap.substr(i, 2) == "/*";
        const bool closes = gap.substr(i, 2) == "*/";
        depth += opens ? 1 : closes ? -1 : 0;
        i += opens || closes ? 2 : 1;
      } while (depth > 0);
    } else if (std::string_view(" \t\n\r\f\v;").find(gap[i]) != std::string_view::npos) {
      ++i;
    } else {
      return false;
    }
  }
  return true;
}

TEST(SplitStatements, LosesNothingOfRandomTokenSoup) {
  constexpr std::array<std::string_view, 36> kPieces = {
      "select", "E",  "e'", "'", "''", "\"",  "$$",    "$a$", "$1", "$",  "--",   "\n",
      "/*",     "*/", ";",  ";", ";",  " ",   " ",     "(",   ")",  "\\", "\\'",  "ä",
      "1.5e",   "-",  "*",  "/", "x",  "set", "begin", "=",   ",",  "\r", "$tag", "\xff"};
  for (unsigned seed = 0; seed < 20000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string sql;
    for (unsigned count = random() % 24; count > 0; --count) sql += kPieces[random() % kPieces.size()];
    std::size_t end = 0;
    for (const auto& statement : SplitStatements(sql)) {
      ASSERT_GE(statement.offset_bytes, end) << sql;
      ASSERT_FALSE(statement.text.empty()) << sql;
      ASSERT_EQ(statement.text.data(), sql.data() + statement.offset_bytes) << sql;
      ASSERT_TRUE(IsGap(std::string_view(sql).substr(end, statement.offset_bytes - end))) << sql;
      end = statement.offset_bytes + statement.text.size();
      ASSERT_LE(end, sql.size()) << sql;
      // A statement is one statement: splitting it again changes nothing.
      const auto again = SplitStatements(statement.text);
      ASSERT_EQ(again.size(), 1u) << sql;
      ASSERT_EQ(again.front().text, statement.text) << sql;
      Classify(statement.text);
    }
    ASSERT_TRUE(IsGap(std::string_view(sql).substr(end))) << sql;
    Classify(sql);
  }
}

TEST(Quote, DoublesTheQuote) {
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteLiteral(""), "''");
  EXPECT_EQ(QuoteIdentifier("a\"B"), "\"a\"\"B\"");
}

TEST(CharactersBefore, CountsUtf8CharactersNotBytes) {
  EXPECT_EQ(CharactersBefore("aä€😀b", 0), 0u);
  EXPECT_EQ(CharactersBefore("aä€😀b", 1), 1u);
  EXPECT_EQ(CharactersBefore("aä€😀b", 3), 2u);
  EXPECT_EQ(CharactersBefore("aä€😀b", 10), 4u);
  EXPECT_EQ(CharactersBefore("aä€😀b", 1000), 5u);
}

}  // namespace
}  // namespace tavana::sql
