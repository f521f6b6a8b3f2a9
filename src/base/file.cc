#include "base/file.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace tavana {

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  const auto failed = [&path](const std::string& why) {
    return Error(ErrorCode::kIo, "cannot read " + path + ": " + why);
  };
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return failed("not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(std::strerror(errno));
  std::string text;
  std::array<char, 64 << 10> block;
  while (file.read(block.data(), block.size()), file.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_bytes) return failed("larger than " + std::to_string(max_bytes >> 20) + " MiB");
  }
  if (file.bad()) return failed(std::strerror(errno));
  return text;
}

FileState StateOfFile(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return {};
  return {.modified_ns = status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec,
          .size = status.st_size,
          .inode = status.st_ino};
}

}  // namespace tavana
