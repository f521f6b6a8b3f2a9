#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace tavana {

/// All of the regular file at `path`. kIo, with the path and why, when it cannot be read or has more than `max_bytes`.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes);

/// What a file that was written or replaced has changed of itself. All zero: there is no such file.
struct FileState {
  std::int64_t modified_ns = 0, size = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileState&) const = default;
};
FileState StateOfFile(const std::string& path);

}  // namespace tavana
