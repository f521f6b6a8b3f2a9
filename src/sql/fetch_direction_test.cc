#include "sql/fetch_direction.h"

#include <gtest/gtest.h>

namespace tavana::sql {
namespace {

TEST(FetchDirection, ForwardDirectionsBecomeSkipsAndTakes) {
  const struct {
    const char* direction;
    std::int64_t position;
    FetchSteps steps;
  } cases[] = {
      {"", 0, {.take = 1}},
      {"next", 5, {.take = 1}},
      {"forward", 5, {.take = 1}},
      {"10", 5, {.take = 10}},
      {"+10", 5, {.take = 10}},
      {"forward 10", 5, {.take = 10}},
      {"all", 5, {.take = FetchSteps::kAllRows}},
      {"forward all", 5, {.take = FetchSteps::kAllRows}},
      {"first", 0, {.take = 1}},
      {"absolute 8", 5, {.skip = 2, .take = 1}},
      {"absolute 6", 5, {.take = 1}},
      {"absolute 0", 0, {}},
      {"relative 3", 5, {.skip = 2, .take = 1}},
      {"last", 5, {.take = 1, .last = true}},
      {"absolute -1", 5, {.take = 1, .last = true}},
      {"0", 0, {}},
  };
  for (const auto& each : cases) {
    const auto steps = StepsOf(each.direction, each.position);
    ASSERT_TRUE(steps.ok()) << each.direction << ": " << steps.error().message();
    EXPECT_EQ(*steps, each.steps) << each.direction;
  }
}

TEST(FetchDirection, BackwardIsRefusedAsPostgresqlRefusesIt) {
  for (const char* direction : {"prior", "backward", "backward 2", "backward all", "-1", "first", "absolute 3",
                                "absolute 5", "absolute 0", "relative 0", "relative -2", "0", "absolute -2"}) {
    const auto steps = StepsOf(direction, 5);
    ASSERT_FALSE(steps.ok()) << direction;
    EXPECT_EQ(SqlStateOf(steps.error().code()), "55000") << direction;
  }
}

TEST(FetchDirection, WhatIsNoDirectionIsASyntaxError) {
  for (const char* direction : {"sideways", "forward x", "absolute", "relative", "99999999999999999999"}) {
    const auto steps = StepsOf(direction, 0);
    ASSERT_FALSE(steps.ok()) << direction;
    EXPECT_EQ(steps.error().code(), ErrorCode::kSyntax) << direction;
  }
}

}  // namespace
}  // namespace tavana::sql
