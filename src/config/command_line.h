#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/options.h"

namespace tavana::config {

/// What the user asked for.
struct CommandLine {
  enum class Action { kRun, kHelp, kCommandHelp, kVersion, kOptionsMarkdown };
  Action action = Action::kHelp;
  Options options;  ///< of kRun; of kCommandHelp the command alone
};

using Environment = std::map<std::string, std::string>;

/// The process's environment.
Environment CurrentEnvironment();

/// Reads `arguments` (without the program's name). Precedence: flag, environment, config file, default.
/// The environment and the file are read for kRun only. Errors are one line, fit for the terminal.
Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments, const Environment& environment);

/// `tavana --help`.
std::string GeneralHelp();
/// `tavana serve --help` and its like: every option of the command, grouped, with its environment name.
std::string CommandHelp(Command command);
/// docs/reference/config.md.
std::string OptionsMarkdown();

}  // namespace tavana::config
