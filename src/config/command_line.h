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

/// Takes the secret options out of this process's environment, once they are read: no library finds them there
/// (DuckDB's httpfs would show them as settings), nor who looks at the process. Before other threads start.
void ForgetSecrets();

/// What `options` say of the groups that a process of ours hands to another by its environment, where no list of
/// processes shows it: storage and reach.
Environment InheritedEnvironment(const Options& options);

/// Whether sessions reach files of this machine and private networks: what local_access says or, when it is auto,
/// whether this is `serve` on 127.0.0.1 or ::1.
bool HasLocalAccess(const Options& options);

/// `tavana --help`.
std::string GeneralHelp();
/// `tavana serve --help` and its like: every option of the command, grouped, with its environment name.
std::string CommandHelp(Command command);
/// docs/reference/config.md.
std::string OptionsMarkdown();

}  // namespace tavana::config
