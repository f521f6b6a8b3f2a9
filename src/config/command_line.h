#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/serve_options.h"

namespace tavana::config {

/// What the user asked for.
struct CommandLine {
  enum class Action { kServe, kHelp, kServeHelp, kVersion, kOptionsMarkdown };
  Action action = Action::kHelp;
  ServeOptions serve;  ///< meaningful for kServe
};

using Environment = std::map<std::string, std::string>;

/// The process's environment.
Environment CurrentEnvironment();

/// Reads `arguments` (without the program's name). Precedence: flag, environment, config file, default.
/// The environment and the file are read for `serve` only. Errors are one line, fit for the terminal.
Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments, const Environment& environment);

/// `tavana --help`.
std::string GeneralHelp();
/// `tavana serve --help`: every option, grouped, with its environment name.
std::string ServeHelp();
/// docs/reference/config.md.
std::string OptionsMarkdown();

}  // namespace tavana::config
