#include "main/process.h"

#include <sys/resource.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

namespace tavana {
namespace {

namespace fs = std::filesystem;

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

std::string BesideProgram(const char* name, const std::string& built_in) {
  std::error_code problem;
  const fs::path program = fs::read_symlink("/proc/self/exe", problem);
  if (problem) return built_in;
  const fs::path installed = program.parent_path().parent_path() / "share/tavana" / name;
  return fs::is_directory(installed, problem) ? installed.string() : built_in;
}

Error SpillError(const fs::path& path, const std::string& why) {
  return Error(ErrorCode::kIo, "spill directory " + path.string() + " cannot be written: " + why);
}

const std::string kSpillPrefix = "tavana-spill-";

/// A lock that goes with the process, whatever ends it; -1 when another holds it.
int LockDirectory(const fs::path& directory) {
  const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  if (file >= 0) close(file);
  return -1;
}

/// A process that was killed could not remove its spill directory, but its lock is gone.
void RemoveAbandonedSpills(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    struct stat status{};
    if (!entry.path().filename().string().starts_with(kSpillPrefix)) continue;
    if (lstat(entry.path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid()) continue;
    const int lock = LockDirectory(entry.path());
    if (lock < 0) continue;
    fs::remove_all(entry.path(), ignored);
    close(lock);
  }
}

}  // namespace

void PrepareProcess(bool core_dumps) {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  if (core_dumps) return;
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
}

void BlockStopSignals() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool WaitForStopSignal(std::chrono::milliseconds longest) {
  const sigset_t set = StopSignals();
  const timespec wait{.tv_sec = longest.count() / 1000, .tv_nsec = longest.count() % 1000 * 1'000'000};
  return sigtimedwait(&set, nullptr, &wait) > 0;
}

Result<SpillDirectory> SpillDirectory::Open(const std::string& path) {
  std::error_code problem;
  const fs::path parent = path.empty() ? fs::temp_directory_path(problem) : fs::path(path);
  if (!problem) fs::create_directories(parent, problem);
  if (problem) return SpillError(parent, problem.message());
  RemoveAbandonedSpills(parent);
  for (int attempt = 0; attempt < 10; ++attempt) {  // another process may sweep it away before it is locked
    std::string fresh = (parent / (kSpillPrefix + std::to_string(getpid()) + "-XXXXXX")).string();
    if (mkdtemp(fresh.data()) == nullptr) return SpillError(parent, std::strerror(errno));
    const int lock = LockDirectory(fresh);
    if (lock >= 0 && fs::exists(fresh, problem)) return SpillDirectory(fresh, lock);
    if (lock >= 0) close(lock);
  }
  return SpillError(parent, "no directory could be locked there");
}

SpillDirectory::SpillDirectory(SpillDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

SpillDirectory::~SpillDirectory() {
  if (lock_ < 0) return;
  Remove();
  close(lock_);
}

void SpillDirectory::Remove() const {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string ExtensionDirectory(const std::string& built_in) { return BesideProgram("extensions", built_in); }

std::string DemoDirectory(const std::string& built_in) { return BesideProgram("demo", built_in); }

Status WriteWhole(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code problem;
  if (file) fs::rename(temporary, path, problem);
  if (!file || problem) return Error(ErrorCode::kIo, "cannot write " + path);
  return Status::Ok();
}

}  // namespace tavana
