#include "sql/json_edit.h"

#include <gtest/gtest.h>

namespace tavana::sql {
namespace {

// What PostgreSQL 15 answers is compared in tests/differential/corpus/arrays_json.sql; here is what it cannot show.

TEST(JsonEdit, WhatIsNotTouchedStaysToTheLastDigit) {
  EXPECT_EQ(
      *JsonSet(R"({"a": 1.10, "b": 123456789012345678901234567890, "c": 1e2, "é": "\u00e9\n"})", {"a"}, "2", true),
      R"({"a": 2, "b": 123456789012345678901234567890, "c": 1e2, "é": "é\n"})");
}

TEST(JsonEdit, AnEditInTheMiddleLeavesTheRest) {
  const std::string json = R"({"a": [1, {"b": 2}, 3], "c": null})";
  EXPECT_EQ(*JsonSet(json, {"a", "1", "b"}, "[]", true), R"({"a": [1, {"b": []}, 3], "c": null})");
  EXPECT_EQ(*JsonSet(json, {"a", "-1"}, "9", true), R"({"a": [1, {"b": 2}, 9], "c": null})");
  EXPECT_EQ(*JsonSet(json, {"a", "99"}, "9", true), R"({"a": [1, {"b": 2}, 3, 9], "c": null})");
  EXPECT_EQ(*JsonSet(json, {"a", "-99"}, "9", true), R"({"a": [9, 1, {"b": 2}, 3], "c": null})");
  EXPECT_EQ(*JsonSet(json, {"a", "99"}, "9", false), R"({"a": [1, {"b": 2}, 3], "c": null})");
  EXPECT_EQ(*JsonSet(json, {"x", "y"}, "9", true), R"({"a": [1, {"b": 2}, 3], "c": null})");
  EXPECT_EQ(*JsonInsert(json, {"a", "0"}, "0", false), R"({"a": [0, 1, {"b": 2}, 3], "c": null})");
  EXPECT_EQ(*JsonInsert(json, {"a", "0"}, "0", true), R"({"a": [1, 0, {"b": 2}, 3], "c": null})");
  EXPECT_EQ(*JsonDeletePath(json, {"a", "1", "b"}), R"({"a": [1, {}, 3], "c": null})");
  EXPECT_EQ(*JsonStripNulls(json), R"({"a": [1, {"b": 2}, 3]})");
}

TEST(JsonEdit, WhatCannotBeEditedIsRefused) {
  EXPECT_EQ(JsonSet("1", {"a"}, "2", true).error().message(), "cannot set path in scalar");
  EXPECT_EQ(JsonSet("[1]", {"a"}, "2", true).error().code(), ErrorCode::kInvalidText);
  EXPECT_EQ(JsonInsert(R"({"a": 1})", {"a"}, "2", true).error().message(), "cannot replace existing key");
  EXPECT_EQ(JsonDeleteElement(R"({"a": 1})", 0).error().message(), "cannot delete from object using integer index");
  EXPECT_EQ(JsonDeleteKeys("1", {"a"}).error().message(), "cannot delete from scalar");
  for (const char* broken : {"", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\\x\""}) {
    EXPECT_EQ(JsonStripNulls(broken).error().code(), ErrorCode::kInvalidText) << broken;
  }
  EXPECT_FALSE(JsonStripNulls(std::string(100'000, '[')).ok());
  EXPECT_FALSE(JsonStripNulls(std::string(2'000, '[') + std::string(2'000, ']')).ok());
}

TEST(JsonEdit, ContainmentComparesNumbersByValueAndTextsByCharacters) {
  EXPECT_TRUE(*JsonContains(R"({"a": 1.0, "b": [1, {"c": "\u0041"}]})", R"({"a": 1, "b": [{"c": "A"}]})"));
  EXPECT_FALSE(*JsonContains(R"({"a": "1"})", R"({"a": 1})"));
  EXPECT_TRUE(*JsonContains(R"(["a", 1])", R"("a")"));
  EXPECT_FALSE(*JsonContains(R"("a")", R"(["a"])"));
  EXPECT_TRUE(*JsonHasKey(R"(["a", "b"])", "b"));
  EXPECT_FALSE(*JsonHasKey(R"({"a": "b"})", "b"));
}

}  // namespace
}  // namespace tavana::sql
