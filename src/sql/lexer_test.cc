#include "sql/lexer.h"

#include <gtest/gtest.h>

#include <vector>

namespace tavana::sql {
namespace {

std::vector<Token> Tokens(std::string_view text) {
  std::vector<Token> tokens;
  Lexer lexer(text);
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) tokens.push_back(token);
  return tokens;
}

Token Only(std::string_view text) {
  const auto tokens = Tokens(text);
  EXPECT_EQ(tokens.size(), 1u) << text;
  return tokens.empty() ? Token{} : tokens.front();
}

TEST(Lexer, ReadsEachKindOfToken) {
  EXPECT_EQ(Only("seleCt").kind, TokenKind::kWord);
  EXPECT_EQ(Only("größe$1").kind, TokenKind::kWord);
  EXPECT_EQ(Only("\"a b\"").kind, TokenKind::kQuotedIdentifier);
  EXPECT_EQ(Only("'a;b'").kind, TokenKind::kString);
  EXPECT_EQ(Only("1_000.5e-3").kind, TokenKind::kNumber);
  EXPECT_EQ(Only(".5").kind, TokenKind::kNumber);
  EXPECT_EQ(Only("$12").kind, TokenKind::kParameter);
  EXPECT_EQ(Only("$name").kind, TokenKind::kParameter);
  EXPECT_EQ(Only(";").kind, TokenKind::kSemicolon);
  EXPECT_EQ(Only("=").kind, TokenKind::kSymbol);
}

TEST(Lexer, TakesQuotesOff) {
  EXPECT_EQ(Only("'it''s'").Unquoted(), "it's");
  EXPECT_EQ(Only("'back\\slash'").Unquoted(), "back\\slash");
  EXPECT_EQ(Only("E'it\\'s\\n'").Unquoted(), "it's\n");
  EXPECT_EQ(Only("e'a''b'").Unquoted(), "a'b");
  EXPECT_EQ(Only("E'a'\n 'b\\''").Unquoted(), "ab'");
  EXPECT_EQ(Only("\"a\"\"B\"").Unquoted(), "a\"B");
  EXPECT_EQ(Only("$$a'b$$").Unquoted(), "a'b");
  EXPECT_EQ(Only("$tag$a$$b$tag$").Unquoted(), "a$$b");
}

TEST(Lexer, LowersNamesThatAreNotQuoted) {
  EXPECT_EQ(Only("NaMe").AsName(), "name");
  EXPECT_EQ(Only("\"NaMe\"").AsName(), "NaMe");
}

TEST(Lexer, SkipsCommentsAlsoNestedOnes) { EXPECT_EQ(Only("-- a ' ;\n /* b /* ' */ ; */ x -- the end").text, "x"); }

TEST(Lexer, SaysWhatDoesNotEnd) {
  for (const auto text : {"'a", "\"a", "E'a\\'", "$a$ $b$", "/* /* */", "'a''"}) {
    EXPECT_EQ(Only(text).kind, TokenKind::kUnterminated) << text;
    EXPECT_EQ(Only(text).text, text);
  }
}

TEST(Lexer, DoesNotTakeADollarInAWordForAQuote) {
  EXPECT_EQ(Only("a$b$c").kind, TokenKind::kWord);
  EXPECT_EQ(Tokens("$1$2").size(), 2u);
}

}  // namespace
}  // namespace tavana::sql
