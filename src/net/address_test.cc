#include "net/address.h"

#include <gtest/gtest.h>

namespace tavana::net {
namespace {

TEST(Address, ListsAreSplitAtCommasAndBlanks) {
  EXPECT_EQ(SplitAddresses(" a:1,b:2 \n,, c"), (std::vector<std::string>{"a:1", "b:2", "c"}));
  EXPECT_TRUE(SplitAddresses(" ,").empty());
}

TEST(Address, HostAndPortComeApart) {
  EXPECT_EQ(SplitHostAndPort("worker:50053"), (HostAndPort{"worker", "50053"}));
  EXPECT_EQ(SplitHostAndPort("worker"), (HostAndPort{"worker", ""}));
  EXPECT_EQ(SplitHostAndPort("[::1]:5432"), (HostAndPort{"::1", "5432"}));
  EXPECT_EQ(SplitHostAndPort("[::1]"), (HostAndPort{"::1", ""}));
}

TEST(Address, HostAndPortComeTogether) {
  for (const char* address : {"worker:50053", "[::1]:5432", "10.0.0.1:1"}) {
    const auto apart = SplitHostAndPort(address);
    EXPECT_EQ(JoinHostAndPort(apart.host, static_cast<std::uint16_t>(std::stoi(apart.port))), address);
  }
}

TEST(Address, OnlyLoopbackIsThisMachine) {
  for (const char* here : {"localhost", "127.0.0.1", "127.8.8.8", "::1"}) EXPECT_TRUE(IsThisMachine(here)) << here;
  for (const char* elsewhere : {"127.evil.example", "localhost.evil.example", "10.0.0.1", "::2", ""})
    EXPECT_FALSE(IsThisMachine(elsewhere)) << elsewhere;
}

}  // namespace
}  // namespace tavana::net
