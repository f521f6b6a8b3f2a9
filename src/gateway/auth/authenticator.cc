#include "gateway/auth/authenticator.h"

#include <sys/stat.h>

#include <algorithm>

#include "observe/log.h"

namespace tavana::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstDelay = 100ms;
constexpr auto kLongestDelay = 4000ms;
constexpr auto kForgetAfter = 10min;

}  // namespace

Authenticator::Authenticator(AuthMode mode, std::string users_file)
    : mode_(mode), users_file_(std::move(users_file)), secret_(pgwire::ScramNonce()) {}

Result<std::unique_ptr<Authenticator>> Authenticator::Open(AuthMode mode, const std::string& users_file) {
  if (mode != AuthMode::kPassthrough && users_file.empty()) {
    return Error(ErrorCode::kInvalidParameter, "authentication wants a users file (TAVANA_USERS_FILE)")
        .WithHint("`tavana user add NAME --file FILE` makes one.");
  }
  std::unique_ptr<Authenticator> opened(new Authenticator(mode, users_file));
  if (!users_file.empty()) {
    opened->loaded_ = opened->StateOfFile();
    TAVANA_RETURN_IF_ERROR(opened->Load());
  }
  return opened;
}

std::optional<Authenticator::FileState> Authenticator::StateOfFile() const {
  struct stat status{};
  if (stat(users_file_.c_str(), &status) != 0) return std::nullopt;
  return FileState{.modified_ns = status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec,
                   .size = status.st_size,
                   .inode = status.st_ino};
}

Status Authenticator::Load() {
  TAVANA_ASSIGN_OR_RETURN(auto users, ReadUsersFile(users_file_));
  users_.clear();
  for (auto& user : users) {
    std::string name = user.name;
    users_.emplace(std::move(name), std::move(user));
  }
  return Status::Ok();
}

Authenticator::Challenge Authenticator::ChallengeOf(const std::string& user) {
  if (mode_ == AuthMode::kPassthrough) return {};
  const std::lock_guard lock(mutex_);
  if (const auto now = StateOfFile(); now != loaded_) {
    loaded_ = now;
    if (const Status loaded = Load(); !loaded.ok()) {
      observe::Log(observe::LogLevel::kWarn, "the users file is not taken, the users read before stay",
                   {{"why", loaded.error().message()}});
    }
  }
  if (const auto found = users_.find(user); found != users_.end()) {
    return {.needed = true, .mock = false, .identity = found->second};
  }
  if (mode_ == AuthMode::kOptional) return {};
  return {
      .needed = true, .mock = true, .identity = {.name = user, .verifier = pgwire::MockScramVerifier(user, secret_)}};
}

std::chrono::milliseconds Authenticator::Failed(const std::string& user, const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (failures_.size() >= kMaxFailures) {
    std::erase_if(failures_, [now](const auto& entry) { return now - entry.second.last > kForgetAfter; });
    if (failures_.size() >= kMaxFailures) failures_.erase(failures_.begin());
  }
  auto& failure = failures_[{user, address}];
  if (now - failure.last > kForgetAfter) failure.count = 0;
  failure.last = now;
  const auto delay = kFirstDelay * (1 << std::min(failure.count++, 10));
  return std::min<std::chrono::milliseconds>(delay, kLongestDelay);
}

void Authenticator::Succeeded(const std::string& user, const std::string& address) {
  const std::lock_guard lock(mutex_);
  failures_.erase({user, address});
}

}  // namespace tavana::gateway
