#include "blockcache/block_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

namespace tavana::blockcache {
namespace {

using namespace std::chrono_literals;

// A small object takes at least so much of the limit, so that the limit bounds the list in memory, too: 50 GB are at
// most 760,000 entries of about 150 bytes (chosen).
constexpr std::uint64_t kLeastCharge = std::uint64_t{64} << 10;
// What stays free of a disk that others use, too: a twentieth, at most 4 GiB (chosen: room for a log and a spill).
constexpr std::uint64_t kReserveShare = 20;
constexpr std::uint64_t kMostReserve = std::uint64_t{4} << 30;
// Between two counts of the files, which is when the blocks of other processes are seen (chosen).
constexpr std::uint64_t kWrittenShare = 16;
constexpr auto kCountEvery = 5min;
// How long nothing is written after the disk refused (chosen: it is asked often enough to see that it is well again).
constexpr auto kRest = 10s;
// How old the time in a file may be for a block that is read; it is what says after a restart which were used.
constexpr auto kTouchEvery = 1min;
constexpr auto kAbandoned = 10min;  // of a file that somebody was writing (chosen: no write takes so long)

constexpr const char* kTemporary = ".writing";

std::optional<DiskSpace> SpaceOf(const std::string& directory) {
  struct statvfs found{};
  if (::statvfs(directory.c_str(), &found) != 0) return std::nullopt;
  return DiskSpace{.free_bytes = std::uint64_t{found.f_bavail} * found.f_frsize,
                   .total_bytes = std::uint64_t{found.f_blocks} * found.f_frsize};
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~File() { (void)Close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool ok() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  /// Some file systems tell only now that they are full.
  bool Close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }
  /// An ordinary file that nobody else can have written.
  bool IsOurs(std::uint64_t& bytes) const {
    struct stat found{};
    if (::fstat(fd_, &found) != 0) return false;
    bytes = static_cast<std::uint64_t>(found.st_size);
    return S_ISREG(found.st_mode) && found.st_uid == ::geteuid();
  }

 private:
  int fd_;
};

std::uint64_t ChargeOf(std::uint64_t file_bytes) { return std::max(file_bytes, kLeastCharge); }

timespec TimespecOf(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  return {.tv_sec = since / 1'000'000'000, .tv_nsec = since % 1'000'000'000};
}

}  // namespace

BlockStore::BlockStore(StoreOptions options) : options_(std::move(options)) {}

Result<std::unique_ptr<BlockStore>> BlockStore::Open(StoreOptions options) {
  if (!options.now) options.now = [] { return std::chrono::system_clock::now(); };
  if (!options.space) options.space = SpaceOf;
  const auto& directory = options.directory;
  std::error_code code;
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), code);
  struct stat found{};
  const bool is_there = ::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST;
  if (!is_there || ::lstat(directory.c_str(), &found) != 0)
    return Error(ErrorCode::kIo, "cache directory " + directory + " can not be made: " + std::strerror(errno));
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error(ErrorCode::kIo, "cache directory " + directory +
                                     " is not a directory that this user owns and nobody else can write to");
  }
  auto store = std::unique_ptr<BlockStore>(new BlockStore(std::move(options)));
  store->CountFiles();  // nobody else has it yet
  return store;
}

std::string BlockStore::PathOf(const BlockKey& key) const {
  const std::string name = FileNameOf(key);
  return options_.directory + "/" + name.substr(0, 2) + "/" + name;
}

bool BlockStore::Read(const BlockKey& key, std::size_t offset, std::span<char> into, BlockFacts& facts) {
  const File file(PathOf(key), O_RDONLY);
  std::uint64_t bytes = 0;
  if (!file.ok() || !file.IsOurs(bytes)) {
    const std::lock_guard lock(mutex_);
    Forget(key);
    return false;
  }
  switch (ReadBlock(file.fd(), key, offset, into, facts)) {
    case BlockRead::kOk: Used(key, file.fd(), bytes); return true;
    case BlockRead::kFailed: return false;
    case BlockRead::kDamaged: break;
  }
  const std::lock_guard lock(mutex_);
  ++done_.damaged;
  Remove(key);
  return false;
}

bool BlockStore::Has(const BlockKey& key) const { return ::access(PathOf(key).c_str(), F_OK) == 0; }

void BlockStore::Used(const BlockKey& key, int fd, std::uint64_t bytes) {
  const auto now = options_.now();
  TimePoint before{};
  {
    const std::lock_guard lock(mutex_);
    const auto known = by_key_.find(key);
    if (known == by_key_.end()) {  // another process wrote it, or this one did before it started again
      entries_.push_back({key, bytes, now});
      by_key_.emplace(key, std::prev(entries_.end()));
      bytes_ += ChargeOf(bytes);
    } else {
      before = known->second->used;
      if (now - before < kTouchEvery) return;
      known->second->used = now;
      entries_.splice(entries_.end(), entries_, known->second);
    }
  }
  const timespec time = TimespecOf(now);
  const std::array<timespec, 2> times = {time, time};
  (void)::futimens(fd, times.data());  // on a disk that only reads, the order is this process's own
}

void BlockStore::Forget(const BlockKey& key) {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return;
  bytes_ -= ChargeOf(known->second->bytes);
  entries_.erase(known->second);
  by_key_.erase(known);
}

void BlockStore::Remove(const BlockKey& key) {
  (void)::unlink(PathOf(key).c_str());
  Forget(key);
}

void BlockStore::CountFiles() {
  const auto now = options_.now();
  std::vector<Entry> found;
  const auto count = [&](int folder, const std::string& name) {
    struct stat file{};
    if (::fstatat(folder, name.c_str(), &file, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(file.st_mode)) return;
    const TimePoint used{std::chrono::duration_cast<TimePoint::duration>(
        std::chrono::seconds(file.st_mtim.tv_sec) + std::chrono::nanoseconds(file.st_mtim.tv_nsec))};
    if (const auto key = KeyOfFileName(name)) {
      found.push_back({*key, static_cast<std::uint64_t>(file.st_size), used});
    } else if (name.starts_with(kTemporary) && now - used > kAbandoned) {
      (void)::unlinkat(folder, name.c_str(), 0);
    }
  };
  std::error_code code;
  for (std::filesystem::directory_iterator folders(options_.directory, code), end; !code && folders != end;
       folders.increment(code)) {
    const File folder(folders->path().string(), O_RDONLY | O_DIRECTORY);
    if (!folder.ok()) continue;
    std::error_code inner;
    for (std::filesystem::directory_iterator files(folders->path(), inner); !inner && files != end;
         files.increment(inner))
      count(folder.fd(), files->path().filename().string());
  }
  for (auto& entry : found) {
    const auto known = by_key_.find(entry.key);
    if (known != by_key_.end()) entry.used = std::max(entry.used, known->second->used);
  }
  std::ranges::stable_sort(found, {}, &Entry::used);
  entries_.assign(found.begin(), found.end());
  by_key_.clear();
  bytes_ = 0;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    by_key_.emplace(entry->key, entry);
    bytes_ += ChargeOf(entry->bytes);
  }
  counted_ = now;
  written_since_count_ = 0;
}

bool BlockStore::MakeRoom(std::uint64_t bytes) {
  const bool is_due = !counted_ || options_.now() - *counted_ > kCountEvery ||
                      written_since_count_ > options_.limit_bytes / kWrittenShare;
  if (is_due) CountFiles();
  const auto evict = [&] {
    const Entry oldest = entries_.front();
    Remove(oldest.key);
    ++done_.evicted;
    return oldest.bytes;
  };
  const auto is_full = [&] { return bytes_ + reserved_ + ChargeOf(bytes) > options_.limit_bytes; };
  while (is_full() && !entries_.empty()) (void)evict();
  if (is_full()) return false;
  const auto space = options_.space(options_.directory);
  if (!space) return true;  // the write will tell
  const std::uint64_t needed = bytes + std::min(space->total_bytes / kReserveShare, kMostReserve);
  std::uint64_t free = space->free_bytes;
  while (free < needed && !entries_.empty()) free += evict();
  return free >= needed;
}

bool BlockStore::WriteFile(const BlockKey& key, std::span<const char> payload, std::chrono::microseconds fetch_time) {
  const std::string path = PathOf(key);
  const std::string folder = path.substr(0, path.rfind('/'));
  std::string temporary;
  {
    const std::lock_guard lock(mutex_);
    temporary = folder + "/" + kTemporary + "-" + std::to_string(::getpid()) + "-" + std::to_string(++last_temporary_);
  }
  // The directory may have been deleted since.
  if (::mkdir(folder.c_str(), 0700) != 0 && errno == ENOENT) {
    (void)::mkdir(options_.directory.c_str(), 0700);
    (void)::mkdir(folder.c_str(), 0700);
  }
  File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.ok()) return false;
  // No fsync: after a power cut a block that is not whole has the wrong checksum.
  const timespec time = TimespecOf(options_.now());
  const std::array<timespec, 2> times = {time, time};
  const bool written = WriteBlock(file.fd(), key, payload, fetch_time) && ::futimens(file.fd(), times.data()) == 0 &&
                       file.Close() && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) (void)::unlink(temporary.c_str());
  return written;
}

void BlockStore::Write(const BlockKey& key, std::span<const char> payload, std::chrono::microseconds fetch_time) {
  const std::uint64_t bytes = HeaderBytes(payload.size()) + payload.size();
  {
    const std::lock_guard lock(mutex_);
    if (resting_until_ && options_.now() < *resting_until_) return;
    resting_until_.reset();
    if (!MakeRoom(bytes)) {
      ++done_.write_failures;
      resting_until_ = options_.now() + kRest;
      return;
    }
    reserved_ += ChargeOf(bytes);
  }
  const bool written = WriteFile(key, payload, fetch_time);
  const std::lock_guard lock(mutex_);
  reserved_ -= ChargeOf(bytes);
  if (!written) {
    ++done_.write_failures;
    resting_until_ = options_.now() + kRest;
    return;
  }
  Forget(key);
  entries_.push_back({key, bytes, options_.now()});
  by_key_.emplace(key, std::prev(entries_.end()));
  bytes_ += ChargeOf(bytes);
  written_since_count_ += bytes;
}

StoreFigures BlockStore::figures() const {
  const std::lock_guard lock(mutex_);
  StoreFigures figures = done_;
  figures.blocks = entries_.size();
  figures.bytes = bytes_;
  figures.limit_bytes = options_.limit_bytes;
  return figures;
}

}  // namespace tavana::blockcache
