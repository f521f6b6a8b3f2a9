#include "config/command_line.h"

#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "base/ip_address.h"
#include "config/config_file.h"
#include "config/option_table.h"

namespace tavana::config {
namespace {

constexpr std::string_view kConfigFlag = "--config";
constexpr std::string_view kConfigEnvironment = "TAVANA_CONFIG";

using Values = std::map<std::string, std::string>;

/// A value of each place, by option name, before any is read.
struct Sources {
  Values flags, environment, file;
};

Error Invalid(std::string message) { return Error(ErrorCode::kInvalidParameter, std::move(message)); }

std::string WithSuggestion(std::string message, std::string_view word, std::vector<std::string_view> candidates) {
  const std::string_view closest = ClosestName(word, candidates);
  if (!closest.empty()) message += "; did you mean " + std::string(closest) + "?";
  return message;
}

const OptionSpec* FindByFlag(std::string_view flag) {
  for (const OptionSpec& option : AllOptions()) {
    if (option.flag == flag) return &option;
  }
  return nullptr;
}

Error UnknownFlag(const std::string& flag) {
  std::vector<std::string_view> flags{kConfigFlag, "--help"};
  for (const OptionSpec& option : AllOptions()) {
    if (!option.is_secret) flags.push_back(option.flag);
  }
  return Invalid(WithSuggestion("unknown option " + flag, flag, std::move(flags)));
}

/// The flags after the command: "--name value", "--name=value", a switch also alone. "config" holds --config.
Result<Values> ParseFlags(const std::vector<std::string>& arguments, Command command) {
  Values values;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with("--")) return Invalid("unexpected argument \"" + argument + "\"");
    const std::size_t equals = argument.find('=');
    const std::string flag = argument.substr(0, equals);
    const OptionSpec* option = FindByFlag(flag);
    if (option == nullptr && flag != kConfigFlag) return UnknownFlag(flag);
    if (option != nullptr && !IsFor(*option, command)) {
      return Invalid("tavana " + std::string(NameOf(command)) + " has no option " + flag);
    }
    const std::string name = option == nullptr ? "config" : std::string(option->name);
    if (equals != std::string::npos) {
      values[name] = argument.substr(equals + 1);
    } else if (option != nullptr && KindOf(*option) == OptionKind::kSwitch) {
      values[name] = "true";
    } else if (i + 1 < arguments.size()) {
      values[name] = arguments[++i];
    } else {
      return Invalid("option " + flag + " wants a value");
    }
  }
  return values;
}

/// Kubernetes sets such names for each Service of a namespace ("tavana" gives TAVANA_PORT=tcp://...); they are not
/// ours.
bool IsKubernetesServiceVariable(std::string_view name, std::string_view value) {
  return name.find("_SERVICE_HOST") != name.npos || name.find("_SERVICE_PORT") != name.npos ||
         name.find("_PORT_") != name.npos || value.starts_with("tcp://") || value.starts_with("udp://");
}

bool IsKnownEnvironment(std::string_view name) {
  const auto matches = [name](const OptionSpec& option) { return option.env == name; };
  return name == kConfigEnvironment || std::ranges::any_of(AllOptions(), matches);
}

Result<Values> ParseEnvironment(const Environment& environment) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("TAVANA_") || IsKnownEnvironment(name) || IsKubernetesServiceVariable(name, value)) continue;
    std::vector<std::string_view> names{kConfigEnvironment};
    for (const OptionSpec& option : AllOptions()) names.push_back(option.env);
    return Invalid(WithSuggestion("unknown environment variable " + name, name, std::move(names)));
  }
  Values values;
  for (const OptionSpec& option : AllOptions()) {
    const auto found = environment.find(std::string(option.env));
    // An empty variable counts as not set: that is how a shell or a manifest switches one off.
    if (found != environment.end() && !found->second.empty()) values[std::string(option.name)] = found->second;
  }
  return values;
}

std::string ConfigPath(const Values& flags, const Environment& environment) {
  if (const auto flag = flags.find("config"); flag != flags.end()) return flag->second;
  const auto variable = environment.find(std::string(kConfigEnvironment));
  return variable == environment.end() ? "" : variable->second;
}

/// Every given value is read, also one that a stronger place hides: a wrong one is a mistake wherever it stands.
Result<Options> Combine(const Sources& sources, const std::string& config_path) {
  Options options = DefaultOptions();
  for (const OptionSpec& option : AllOptions()) {
    const std::string name(option.name);
    if (const auto value = sources.file.find(name); value != sources.file.end()) {
      const std::string origin = "config file " + config_path + ", key " + name;
      TAVANA_RETURN_IF_ERROR(ApplyOption(option, value->second, origin, options));
    }
    if (const auto value = sources.environment.find(name); value != sources.environment.end()) {
      TAVANA_RETURN_IF_ERROR(ApplyOption(option, value->second, "environment " + std::string(option.env), options));
    }
    if (const auto value = sources.flags.find(name); value != sources.flags.end()) {
      TAVANA_RETURN_IF_ERROR(ApplyOption(option, value->second, "flag " + std::string(option.flag), options));
    }
  }
  return options;
}

Result<Options> ParseOptions(const std::vector<std::string>& arguments, const Environment& environment,
                             Command command) {
  Sources sources;
  TAVANA_ASSIGN_OR_RETURN(sources.flags, ParseFlags(arguments, command));
  TAVANA_ASSIGN_OR_RETURN(sources.environment, ParseEnvironment(environment));
  const std::string config_path = ConfigPath(sources.flags, environment);
  if (!config_path.empty()) {
    TAVANA_ASSIGN_OR_RETURN(sources.file, ReadConfigFile(config_path));
  }
  TAVANA_ASSIGN_OR_RETURN(Options options, Combine(sources, config_path));
  options.command = command;
  return options;
}

}  // namespace

Environment CurrentEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

void ForgetSecrets() {
  for (const OptionSpec& option : AllOptions()) {
    if (!option.is_secret) continue;
    const std::string name(option.env);
    if (char* value = std::getenv(name.c_str())) explicit_bzero(value, std::strlen(value));
    unsetenv(name.c_str());
  }
}

Environment InheritedEnvironment(const Options& options) {
  Environment environment;
  for (const OptionSpec& option : AllOptions()) {
    if (option.group != "Storage" && option.group != "File cache" && option.group != "Reach") continue;
    auto& value = environment[std::string(option.env)];
    if (const auto* text = std::get_if<std::string Options::*>(&option.target)) value = options.**text;
    if (const auto* yes = std::get_if<bool Options::*>(&option.target)) value = options.**yes ? "true" : "false";
    if (const auto* decimal = std::get_if<double Options::*>(&option.target)) value = std::to_string(options.**decimal);
    if (const auto* number = std::get_if<int Options::*>(&option.target)) value = std::to_string(options.**number);
  }
  environment["TAVANA_LOCAL_ACCESS"] = HasLocalAccess(options) ? "true" : "false";
  return environment;
}

bool HasLocalAccess(const Options& options) {
  if (options.local_access != "auto") return options.local_access == "true";
  const auto address = ParseIpAddress(options.bind_address);
  const bool is_loopback = address && (*address == IpAddress{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}} ||
                                       (*ParseIpAddress("127.0.0.1") == *address));
  return options.command == Command::kServe && is_loopback;
}

Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments, const Environment& environment) {
  using Action = CommandLine::Action;
  const auto plain = [](Action action) { return CommandLine{.action = action, .options = {}}; };
  if (arguments.empty()) return plain(Action::kHelp);
  const std::string& word = arguments[0];
  if (word == "--help" || word == "-h" || word == "help") return plain(Action::kHelp);
  if (word == "--version" || word == "-V") return plain(Action::kVersion);
  if (word == "options" && arguments.size() == 2 && arguments[1] == "--markdown")
    return plain(Action::kOptionsMarkdown);
  constexpr std::array kCommands = {Command::kServe, Command::kGateway, Command::kWorker};
  const auto command = std::ranges::find(kCommands, word, NameOf);
  if (command == kCommands.end()) {
    return Invalid(
        WithSuggestion("unknown command " + word, word, {"serve", "gateway", "worker", "user", "--help", "--version"}));
  }
  const auto is_help = [](const std::string& argument) { return argument == "--help" || argument == "-h"; };
  if (std::any_of(arguments.begin() + 1, arguments.end(), is_help)) {
    CommandLine help = plain(Action::kCommandHelp);
    help.options.command = *command;
    return help;
  }
  TAVANA_ASSIGN_OR_RETURN(Options options, ParseOptions(arguments, environment, *command));
  return CommandLine{.action = Action::kRun, .options = std::move(options)};
}

}  // namespace tavana::config
