#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

/// What the operating system is told and asked once, at the start.
namespace tavana {

/// Ignores SIGPIPE, raises the limit of open files to the hard one, and forbids core dumps unless `core_dumps`.
void PrepareProcess(bool core_dumps);

/// Blocks SIGTERM and SIGINT in this thread and those it starts, so that only WaitForStopSignal gets them.
void BlockStopSignals();
/// Waits for SIGTERM or SIGINT, at most `longest`; false when none came.
bool WaitForStopSignal(std::chrono::milliseconds longest);

/// A directory of this process's own, which goes with this object. DuckDB names its files alike in every process: two
/// in one directory would write over each other's.
class SpillDirectory {
 public:
  /// A fresh one in `path`, which is made (empty: the system's temporary directory), where what killed processes left
  /// behind is removed first. kIo when it can not be written.
  static Result<SpillDirectory> Open(const std::string& path);
  SpillDirectory(SpillDirectory&& other) noexcept;
  SpillDirectory& operator=(SpillDirectory&&) = delete;
  ~SpillDirectory();

  const std::filesystem::path& path() const { return path_; }
  /// For an exit that runs no destructors.
  void Remove() const;

 private:
  SpillDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;  // held as long as this process lives; -1 once moved from
};

/// Extensions beside the installed program (<exe>/../share/tavana/extensions) when there, else `built_in`.
std::string ExtensionDirectory(const std::string& built_in);
/// The same for the demo's data (<exe>/../share/tavana/demo).
std::string DemoDirectory(const std::string& built_in);

/// Writes `text` to `path` so that a reader sees all of it or nothing.
Status WriteWhole(const std::string& path, const std::string& text);

}  // namespace tavana
