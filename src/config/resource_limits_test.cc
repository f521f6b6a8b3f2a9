#include "config/resource_limits.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace tavana::config {
namespace {

namespace fs = std::filesystem;

/// A file system root made of the files a test writes.
class ResourceLimitsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = (fs::temp_directory_path() / "tavana-limits-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    root_ = path;
    Write("proc/meminfo", "MemTotal:       16000000 kB\nMemFree: 1 kB\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST_F(ResourceLimitsTest, IsTheMachineWithoutCgroups) {
  const ResourceLimits limits = ReadResourceLimits(root_, 8);
  EXPECT_EQ(limits.memory_bytes, 16'000'000ull * 1024);
  EXPECT_EQ(limits.cpus, 8);
  EXPECT_EQ(limits.default_memory_bytes(), 16'000'000ull * 1024 / 10 * 8);
}

TEST_F(ResourceLimitsTest, TakesTheTightestGroupOnTheWayUpInV2) {
  Write("proc/self/cgroup", "0::/a/b\n");
  Write("sys/fs/cgroup/a/b/memory.max", "max\n");
  Write("sys/fs/cgroup/a/memory.max", "1073741824\n");
  Write("sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
  Write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  const ResourceLimits limits = ReadResourceLimits(root_, 8);
  EXPECT_EQ(limits.memory_bytes, 1073741824u);
  EXPECT_EQ(limits.cpus, 2);
}

TEST_F(ResourceLimitsTest, ReadsTheMountsRootWhenThePathIsTheHosts) {
  Write("proc/self/cgroup", "0::/kubepods/pod1/container\n");
  Write("sys/fs/cgroup/memory.max", "2000000000\n");
  Write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  const ResourceLimits limits = ReadResourceLimits(root_, 8);
  EXPECT_EQ(limits.memory_bytes, 2000000000u);
  EXPECT_EQ(limits.cpus, 1);
}

TEST_F(ResourceLimitsTest, ReadsV1) {
  Write("proc/self/cgroup", "7:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n1:name=systemd:/\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "536870912\n");
  Write("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "400000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  const ResourceLimits limits = ReadResourceLimits(root_, 8);
  EXPECT_EQ(limits.memory_bytes, 536870912u);
  EXPECT_EQ(limits.cpus, 4);
}

TEST_F(ResourceLimitsTest, NeverExceedsTheMachineAndIsNeverZero) {
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/memory.max", "99999999999999\n");
  Write("sys/fs/cgroup/cpu.max", "6400000 100000\n");
  EXPECT_EQ(ReadResourceLimits(root_, 8).memory_bytes, 16'000'000ull * 1024);
  EXPECT_EQ(ReadResourceLimits(root_, 8).cpus, 8);
  Write("sys/fs/cgroup/cpu.max", "garbage\n");
  EXPECT_EQ(ReadResourceLimits(root_, 1).cpus, 1);
}

}  // namespace
}  // namespace tavana::config
