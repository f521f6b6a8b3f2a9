#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace tavana::config {

/// What this process may use: the tightest of the machine and its cgroups (v1 or v2).
struct ResourceLimits {
  std::optional<std::uint64_t> memory_bytes;  ///< nothing when neither a cgroup nor /proc/meminfo tells
  int cpus = 1;                               ///< whole CPUs, at least 1

  /// 80 % of `memory_bytes`: the rest is for what DuckDB does not count (connections, Arrow batches, allocator slack).
  std::uint64_t default_memory_bytes() const;
};

/// Reads proc/ and sys/fs/cgroup/ under `root`; `machine_cpus` is what the machine has.
ResourceLimits ReadResourceLimits(const std::filesystem::path& root, int machine_cpus);

/// Of the running process.
ResourceLimits CurrentResourceLimits();

}  // namespace tavana::config
