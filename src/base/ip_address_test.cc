#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace tavana {
namespace {

AddressKind Kind(std::string_view text) {
  const auto address = ParseIpAddress(text);
  EXPECT_TRUE(address.has_value()) << text;
  return KindOf(*address);
}

TEST(IpAddress, IsReadInEverySpellingThatAResolverTakes) {
  for (const char* text : {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "::ffff:127.0.0.1",
                           "[::ffff:7f00:1]", "::ffff:127.0.0.1%lo"})
    EXPECT_EQ(ParseIpAddress(text), Ipv4Address({127, 0, 0, 1})) << text;
  for (const char* text : {"localhost", "example.com", "", "a1", "1.2.3.4.5", "0xg"})
    EXPECT_FALSE(ParseIpAddress(text).has_value()) << text;
}

TEST(IpAddress, OfThisMachineAndOfPrivateNetworksIsPrivate) {
  for (const char* text : {"0.0.0.0", "0", "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                           "100.64.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fd00::1", "fc00::1", "ff02::1",
                           "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:0a00:0001::", "::10.0.0.1"})
    EXPECT_EQ(Kind(text), AddressKind::kPrivate) << text;
}

TEST(IpAddress, WhereCloudsTellAMachineWhoItIsIsMetadata) {
  for (const char* text : {"169.254.169.254", "2852039166", "0xa9fea9fe", "::ffff:169.254.169.254", "fe80::1",
                           "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "64:ff9b::a9fe:a9fe"})
    EXPECT_EQ(Kind(text), AddressKind::kMetadata) << text;
}

TEST(IpAddress, OfTheInternetIsPublic) {
  for (const char* text :
       {"8.8.8.8", "172.32.0.1", "100.128.0.1", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"})
    EXPECT_EQ(Kind(text), AddressKind::kPublic) << text;
}

}  // namespace
}  // namespace tavana
