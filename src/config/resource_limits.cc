#include "config/resource_limits.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

namespace tavana::config {
namespace {

namespace fs = std::filesystem;

// cgroup v1 says "unlimited" with the largest page-aligned number; anything above an exabyte is that.
constexpr std::uint64_t kUnlimitedBytes = std::uint64_t{1} << 60;
// When nothing tells the memory at all (chosen: starts on any machine, spills early).
constexpr std::uint64_t kFallbackMemoryBytes = std::uint64_t{1} << 30;

struct Tightest {
  std::optional<std::uint64_t> memory_bytes;
  std::optional<double> cpus;

  void Memory(std::uint64_t bytes) {
    if (bytes < kUnlimitedBytes) memory_bytes = std::min(memory_bytes.value_or(bytes), bytes);
  }
  void Cpus(double quota, double period) {
    if (quota > 0 && period > 0) cpus = std::min(cpus.value_or(quota / period), quota / period);
  }
};

template <typename... T>
bool ReadWords(const fs::path& path, T&... words) {
  std::ifstream file(path);
  return file && (file >> ... >> words);
}

void ReadGroupV2(const fs::path& directory, Tightest& tightest) {
  std::uint64_t bytes = 0;
  if (ReadWords(directory / "memory.max", bytes)) tightest.Memory(bytes);  // "max" does not read as a number
  double quota = 0, period = 0;
  if (ReadWords(directory / "cpu.max", quota, period)) tightest.Cpus(quota, period);
}

void ReadGroupV1Memory(const fs::path& directory, Tightest& tightest) {
  std::uint64_t bytes = 0;
  if (ReadWords(directory / "memory.limit_in_bytes", bytes)) tightest.Memory(bytes);
}

void ReadGroupV1Cpu(const fs::path& directory, Tightest& tightest) {
  double quota = 0, period = 0;
  if (ReadWords(directory / "cpu.cfs_quota_us", quota) && ReadWords(directory / "cpu.cfs_period_us", period)) {
    tightest.Cpus(quota, period);
  }
}

/// A limit holds for all groups below, so every one on the way up is read. In a container the path may name a
/// directory of the host that is not mounted; then only the mount's own root exists, and counts.
template <typename Read>
void ReadUpwards(const fs::path& mount, std::string_view group, Read read, Tightest& tightest) {
  fs::path relative = fs::path(group).relative_path();
  while (!relative.empty()) {
    read(mount / relative, tightest);
    relative = relative.parent_path();
  }
  read(mount, tightest);
}

bool HasController(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const std::size_t end = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, end) == wanted) return true;
    controllers.remove_prefix(std::min(end + 1, controllers.size()));
  }
  return false;
}

/// One line of /proc/self/cgroup: "hierarchy:controllers:path"; "0::path" is v2.
void ReadGroupLine(const fs::path& mount, std::string_view line, Tightest& tightest) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
  if (second == line.npos) return;
  const std::string_view controllers = line.substr(first + 1, second - first - 1);
  const std::string_view group = line.substr(second + 1);
  if (controllers.empty()) ReadUpwards(mount, group, ReadGroupV2, tightest);
  if (HasController(controllers, "memory")) ReadUpwards(mount / "memory", group, ReadGroupV1Memory, tightest);
  if (!HasController(controllers, "cpu")) return;
  ReadUpwards(mount / "cpu", group, ReadGroupV1Cpu, tightest);
  ReadUpwards(mount / "cpu,cpuacct", group, ReadGroupV1Cpu, tightest);
}

void ReadMachineMemory(const fs::path& root, Tightest& tightest) {
  std::ifstream file(root / "proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  while (file >> name >> kilobytes) {
    if (name == "MemTotal:") return tightest.Memory(kilobytes * 1024);
    std::getline(file, name);
  }
}

int AllowedCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

std::uint64_t ResourceLimits::default_memory_bytes() const {
  return memory_bytes.value_or(kFallbackMemoryBytes) / 10 * 8;
}

ResourceLimits ReadResourceLimits(const fs::path& root, int machine_cpus) {
  Tightest tightest;
  ReadMachineMemory(root, tightest);
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) ReadGroupLine(root / "sys/fs/cgroup", line, tightest);
  // Rounded down: a thread more than the quota is throttled, and with it every statement it works for.
  const int quota = static_cast<int>(std::min(tightest.cpus.value_or(machine_cpus), static_cast<double>(machine_cpus)));
  return ResourceLimits{.memory_bytes = tightest.memory_bytes, .cpus = std::max(1, quota)};
}

ResourceLimits CurrentResourceLimits() { return ReadResourceLimits("/", AllowedCpus()); }

}  // namespace tavana::config
