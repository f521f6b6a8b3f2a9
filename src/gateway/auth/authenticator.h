#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/auth/users_file.h"

namespace tavana::gateway {

enum class AuthMode : std::uint8_t {
  kPassthrough,  ///< nobody is asked
  kOptional,     ///< who is in the users file must prove it, others are not asked
  kRequired,     ///< everybody must prove it
};

/// Who may come in, the same for every door. Thread-safe.
class Authenticator {
 public:
  /// `users_file` empty: no users. Fails when the file does.
  static Result<std::unique_ptr<Authenticator>> Open(AuthMode mode, const std::string& users_file);

  AuthMode mode() const { return mode_; }

  /// What a role has to prove.
  struct Challenge {
    bool needed = false;
    bool mock = false;  ///< there is no such role: go through the motions
    Identity identity;
  };
  /// Reads the users file again when it has changed since; a file that has become unreadable keeps the users that were
  /// read last, and the log says so.
  Challenge ChallengeOf(const std::string& user);

  /// How long the answer to this failed attempt should wait: doubles with each failure in a row of one name from one
  /// address, up to 4 s (chosen: a guesser gets a thousand tries an hour, a person's typing errors cost nothing).
  std::chrono::milliseconds Failed(const std::string& user, const std::string& address);
  void Succeeded(const std::string& user, const std::string& address);

 private:
  Authenticator(AuthMode mode, std::string users_file);
  struct FileState {
    std::int64_t modified_ns = 0, size = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileState&) const = default;
  };
  std::optional<FileState> StateOfFile() const;
  Status Load();

  static constexpr std::size_t kMaxFailures = 10'000;  // names and addresses remembered

  const AuthMode mode_;
  const std::string users_file_;
  const std::string secret_;  // of mock exchanges
  std::mutex mutex_;
  std::optional<FileState> loaded_;
  std::map<std::string, Identity> users_;
  struct Failure {
    int count = 0;
    std::chrono::steady_clock::time_point last;
  };
  std::map<std::pair<std::string, std::string>, Failure> failures_;
};

}  // namespace tavana::gateway
