#include "gateway/auth/users_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"

namespace tavana::gateway {
namespace {

constexpr std::size_t kMaxFileBytes = 16 << 20;  // chosen: 100,000 users

Error Wrong(const std::string& path, const std::string& what) {
  return Error(ErrorCode::kInvalidParameter, "users file " + path + ": " + what);
}

}  // namespace

std::optional<AuthMethod> AuthMethodNamed(std::string_view name) {
  for (const auto method : {AuthMethod::kScram, AuthMethod::kJwt, AuthMethod::kOauth}) {
    if (NameOf(method) == name) return method;
  }
  return std::nullopt;
}

std::string_view NameOf(AuthMethod method) {
  switch (method) {
    case AuthMethod::kScram: return "scram";
    case AuthMethod::kJwt: return "jwt";
    case AuthMethod::kOauth: return "oauth";
  }
  return "unknown";
}

Result<std::vector<Identity>> ReadUsersFile(const std::string& path) {
  const auto text = ReadFile(path, kMaxFileBytes);
  if (!text.ok()) return Error(text.error().code(), "users file: " + text.error().message());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("users") || !json["users"].is_array()) {
    return Wrong(path, "not of the form {\"users\": [...]}");
  }
  std::vector<Identity> users;
  std::set<std::string> names;
  for (const auto& entry : json["users"]) {
    const std::string which = "user " + std::to_string(users.size() + 1);
    if (!entry.is_object() || !entry.value("name", nlohmann::json()).is_string()) {
      return Wrong(path, which + " wants \"name\", a text");
    }
    Identity identity;
    identity.name = entry["name"];
    if (entry.contains("method")) {
      const auto& method = entry["method"];
      const auto known = method.is_string() ? AuthMethodNamed(method.get<std::string>()) : std::nullopt;
      if (!known) return Wrong(path, which + " (" + identity.name + "): method wants scram, jwt or oauth");
      identity.method = *known;
    }
    if (identity.method == AuthMethod::kScram) {
      if (!entry.value("scram", nlohmann::json()).is_string()) {
        return Wrong(path, which + " (" + identity.name + ") wants \"scram\", a text");
      }
      auto verifier = pgwire::ParseScramVerifier(entry["scram"].get<std::string>());
      if (!verifier.ok()) return Wrong(path, which + " (" + identity.name + "): " + verifier.error().message());
      identity.verifier = *std::move(verifier);
    }
    if (const auto limit = entry.find("connection_limit"); limit != entry.end()) {
      if (!limit->is_number_unsigned() || limit->get<std::uint64_t>() > 1'000'000) {
        return Wrong(path, which + " (" + identity.name + "): connection_limit wants a number from 0 to 1000000");
      }
      identity.connection_limit = limit->get<int>();
    }
    if (identity.name.empty() || !names.insert(identity.name).second) {
      return Wrong(path, which + ": the name is empty or there twice");
    }
    users.push_back(std::move(identity));
  }
  return users;
}

Status WriteUsersFile(const std::string& path, const std::vector<Identity>& users) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& user : users) {
    nlohmann::ordered_json entry{{"name", user.name}};
    if (user.method == AuthMethod::kScram) {
      entry["scram"] = pgwire::ScramVerifierText(user.verifier);
    } else {
      entry["method"] = NameOf(user.method);
    }
    if (user.connection_limit > 0) entry["connection_limit"] = user.connection_limit;
    list.push_back(std::move(entry));
  }
  const std::string text = nlohmann::ordered_json{{"users", std::move(list)}}.dump(2) + "\n";
  const std::string temporary = path + ".tmp";
  const auto failed = [&] {
    const std::string why = std::strerror(errno);
    unlink(temporary.c_str());
    return Error(ErrorCode::kIo, "users file " + path + " cannot be written: " + why);
  };
  unlink(temporary.c_str());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed();
  bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  written = close(file) == 0 && written;
  if (!written || rename(temporary.c_str(), path.c_str()) != 0) return failed();
  return Status::Ok();
}

}  // namespace tavana::gateway
