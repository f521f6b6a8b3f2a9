#include "base/cancellation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace tavana {
namespace {

TEST(Cancellation, KeepsTheFirstReasonOnly) {
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.cancelled());
  cancellation.Cancel(Error(ErrorCode::kTimedOut, "late"));
  cancellation.Cancel(Error(ErrorCode::kCancelled, "user"));
  EXPECT_TRUE(cancellation.cancelled());
  EXPECT_EQ(cancellation.why()->code(), ErrorCode::kTimedOut);
}

TEST(Cancellation, TellsWhoRegistersLateAtOnce) {
  Cancellation cancellation;
  cancellation.Cancel(Error(ErrorCode::kCancelled, "user"));
  int calls = 0;
  const auto registration = cancellation.OnCancel([&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(Cancellation, DoesNotCallWhoHasLeft) {
  Cancellation cancellation;
  int calls = 0;
  {
    const auto registration = cancellation.OnCancel([&] { ++calls; });
  }
  cancellation.Cancel(Error(ErrorCode::kCancelled, "user"));
  EXPECT_EQ(calls, 0);
}

TEST(Cancellation, SaysWhyWhileACallbackWaitsForTheOneWhoAsks) {
  Cancellation cancellation;
  std::future<std::optional<Error>> asked;
  bool answered = false;
  const auto registration = cancellation.OnCancel([&] {
    asked = std::async(std::launch::async, [&] { return cancellation.why(); });
    answered = asked.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  });
  cancellation.Cancel(Error(ErrorCode::kCancelled, "user"));
  EXPECT_TRUE(answered);
  EXPECT_EQ(asked.get()->message(), "user");
}

}  // namespace
}  // namespace tavana
