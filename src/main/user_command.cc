#include "main/user_command.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "gateway/auth/users_file.h"
#include "pgwire/scram.h"

namespace tavana {
namespace {

constexpr const char* kUsage =
    "usage: tavana user add NAME [--connection-limit N] [--file FILE]   asks for the password, or reads it from stdin\n"
    "       tavana user add NAME --method jwt|oauth ...   a bearer token in the password's place, or by OAUTHBEARER\n"
    "       tavana user remove NAME [--file FILE]\n"
    "       tavana user list [--file FILE]\n"
    "FILE may also be in TAVANA_USERS_FILE. Only SCRAM-SHA-256 verifiers are kept; a running server reads the file "
    "again.\n";

int Complain(const std::string& why) {
  std::fprintf(stderr, "tavana user: %s\n", why.c_str());
  return 1;
}

/// One line of stdin, unseen where it is a terminal.
std::optional<std::string> ReadSecret(const char* prompt) {
  termios before{};
  const bool terminal = isatty(STDIN_FILENO) != 0 && tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    std::fputs(prompt, stderr);
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  std::string line;
  const bool read = static_cast<bool>(std::getline(std::cin, line));
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fputs("\n", stderr);
  }
  if (!read) return std::nullopt;
  return line;
}

struct Parsed {
  std::string verb, name, file;
  int connection_limit = 0;
  gateway::AuthMethod method = gateway::AuthMethod::kScram;
};

Result<Parsed> Parse(const std::vector<std::string>& arguments) {
  const auto wrong = [](const std::string& what) { return Error(ErrorCode::kInvalidParameter, what + "\n" + kUsage); };
  Parsed parsed;
  if (const char* file = std::getenv("TAVANA_USERS_FILE"); file != nullptr) parsed.file = file;
  if (arguments.empty()) return wrong("what shall be done with it?");
  parsed.verb = arguments[0];
  if (parsed.verb != "add" && parsed.verb != "remove" && parsed.verb != "list")
    return wrong("unknown command " + parsed.verb);
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--file" || argument == "--connection-limit" || argument == "--method") {
      if (i + 1 == arguments.size()) return wrong(argument + " wants a value");
      const std::string& value = arguments[++i];
      if (argument == "--file") {
        parsed.file = value;
        continue;
      }
      if (argument == "--method") {
        const auto method = gateway::AuthMethodNamed(value);
        if (!method) return wrong("--method wants scram, jwt or oauth, not " + value);
        parsed.method = *method;
        continue;
      }
      const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), parsed.connection_limit);
      if (failure != std::errc() || end != value.data() + value.size() || parsed.connection_limit < 0) {
        return wrong("--connection-limit wants a number, not " + value);
      }
    } else if (argument.starts_with("-") || !parsed.name.empty() || parsed.verb == "list") {
      return wrong("unexpected " + argument);
    } else {
      parsed.name = argument;
    }
  }
  if (parsed.verb != "list" && parsed.name.empty()) return wrong("whose name?");
  if (parsed.file.empty()) return wrong("which file? (--file, or TAVANA_USERS_FILE)");
  return parsed;
}

Result<std::string> NewPassword() {
  auto password = ReadSecret("password: ");
  if (!password || password->empty()) return Error(ErrorCode::kInvalidParameter, "an empty password is no password");
  if (isatty(STDIN_FILENO) != 0 && ReadSecret("again: ") != password) {
    return Error(ErrorCode::kInvalidParameter, "the two differ");
  }
  return *std::move(password);
}

Status Run(const Parsed& parsed) {
  std::vector<gateway::Identity> users;
  std::error_code problem;
  if (parsed.verb != "add" || std::filesystem::exists(parsed.file, problem)) {
    TAVANA_ASSIGN_OR_RETURN(users, gateway::ReadUsersFile(parsed.file));
  }
  if (parsed.verb == "list") {
    for (const auto& user : users) {
      std::string line = user.name;
      if (user.method != gateway::AuthMethod::kScram) line += "  by " + std::string(NameOf(user.method));
      if (user.connection_limit > 0) line += "  (at most " + std::to_string(user.connection_limit) + " connections)";
      std::printf("%s\n", line.c_str());
    }
    return Status::Ok();
  }
  const auto found =
      std::find_if(users.begin(), users.end(), [&](const auto& user) { return user.name == parsed.name; });
  if (parsed.verb == "remove") {
    if (found == users.end()) return Error(ErrorCode::kUndefinedObject, "there is no user " + parsed.name);
    users.erase(found);
    return gateway::WriteUsersFile(parsed.file, users);
  }
  gateway::Identity user{.name = parsed.name, .method = parsed.method, .connection_limit = parsed.connection_limit};
  if (parsed.method == gateway::AuthMethod::kScram) {
    TAVANA_ASSIGN_OR_RETURN(const std::string password, NewPassword());
    user.verifier = pgwire::MakeScramVerifier(password);
  }
  if (found == users.end()) {
    users.push_back(std::move(user));
  } else {
    *found = std::move(user);
  }
  return gateway::WriteUsersFile(parsed.file, users);
}

}  // namespace

int UserCommand(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h"))
    return std::fputs(kUsage, stdout) < 0 ? 1 : 0;
  const auto parsed = Parse(arguments);
  if (!parsed.ok()) return Complain(parsed.error().message());
  const Status done = Run(*parsed);
  return done.ok() ? 0 : Complain(done.error().message());
}

}  // namespace tavana
