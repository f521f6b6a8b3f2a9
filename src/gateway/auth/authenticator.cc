#include "gateway/auth/authenticator.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "observe/log.h"

namespace tavana::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirstDelay = 100ms;
constexpr auto kLongestDelay = 4000ms;
constexpr auto kForgetAfter = 10min;

}  // namespace

Authenticator::Authenticator(AuthenticatorOptions options, std::unique_ptr<TokenVerifier> tokens)
    : options_(std::move(options)), tokens_(std::move(tokens)), secret_(pgwire::ScramNonce()) {}

Result<std::unique_ptr<Authenticator>> Authenticator::Open(AuthenticatorOptions options) {
  const bool names_nobody = options.users_file.empty();
  if (names_nobody && (options.mode == AuthMode::kOptional ||
                       (options.mode == AuthMode::kRequired && options.unnamed_method == AuthMethod::kScram))) {
    return Error(ErrorCode::kInvalidParameter, "authentication wants a users file (TAVANA_USERS_FILE)")
        .WithHint("`tavana user add NAME --file FILE` makes one.");
  }
  if (options.unnamed_method != AuthMethod::kScram && options.tokens.keys.empty()) {
    return Error(ErrorCode::kInvalidParameter, "bearer tokens want a key set (TAVANA_JWT_KEYS)");
  }
  std::unique_ptr<TokenVerifier> tokens;
  if (!options.tokens.keys.empty()) {
    TAVANA_ASSIGN_OR_RETURN(tokens, TokenVerifier::Open(options.tokens));
  }
  std::unique_ptr<Authenticator> opened(new Authenticator(std::move(options), std::move(tokens)));
  if (!names_nobody) {
    opened->loaded_ = StateOfFile(opened->options_.users_file);
    TAVANA_RETURN_IF_ERROR(opened->Load());
  }
  return opened;
}

Status Authenticator::Load() {
  TAVANA_ASSIGN_OR_RETURN(auto users, ReadUsersFile(options_.users_file));
  std::map<std::string, Identity> loaded;
  for (auto& user : users) {
    if (user.method != AuthMethod::kScram && tokens_ == nullptr) {
      return Error(ErrorCode::kInvalidParameter,
                   "users file " + options_.users_file + ": " + user.name +
                       " is to bring a bearer token, which wants a key set (TAVANA_JWT_KEYS)");
    }
    std::string name = user.name;
    loaded.emplace(std::move(name), std::move(user));
  }
  users_ = std::move(loaded);
  return Status::Ok();
}

Authenticator::Challenge Authenticator::ChallengeOf(const std::string& user) {
  if (mode() == AuthMode::kPassthrough) return {};
  const std::lock_guard lock(mutex_);
  if (const auto now = StateOfFile(options_.users_file); now != loaded_) {
    loaded_ = now;
    if (const Status loaded = Load(); !loaded.ok()) {
      observe::Log(observe::LogLevel::kWarn, "the users file is not taken, the users read before stay",
                   {{"why", loaded.error().message()}});
    }
  }
  if (const auto found = users_.find(user); found != users_.end()) {
    return {.needed = true, .mock = false, .identity = found->second};
  }
  if (mode() == AuthMode::kOptional) return {};
  Challenge challenge{.needed = true, .identity = {.name = user, .method = options_.unnamed_method}};
  if (options_.unnamed_method == AuthMethod::kScram) {
    challenge.mock = true;
    challenge.identity.verifier = pgwire::MockScramVerifier(user, secret_);
  }
  return challenge;
}

std::string Authenticator::CredentialOf(const Challenge& challenge) {
  if (!challenge.needed) return "none";
  if (challenge.mock) return "nobody";
  const Identity& identity = challenge.identity;
  return identity.method == AuthMethod::kScram ? pgwire::ScramVerifierText(identity.verifier)
                                               : std::string(NameOf(identity.method));
}

Result<std::chrono::system_clock::time_point> Authenticator::CheckToken(std::string_view token,
                                                                        const std::string& user) {
  return tokens_->Verify(token, user, std::chrono::system_clock::now());
}

bool Authenticator::CheckPassword(const Challenge& challenge, std::string_view password) {
  const auto& verifier = challenge.identity.verifier;
  const auto made = pgwire::MakeScramVerifier(password, verifier.salt, verifier.iterations);
  const bool equal = made.stored_key.size() == verifier.stored_key.size() &&
                     CRYPTO_memcmp(made.stored_key.data(), verifier.stored_key.data(), made.stored_key.size()) == 0;
  return equal && !challenge.mock;
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
