#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "config/options.h"

namespace tavana::config {

/// Where an option's value goes; which member it is also says how its text is read.
using OptionTarget =
    std::variant<std::string Options::*, bool Options::*, int Options::*, double Options::*, std::uint16_t Options::*,
                 std::chrono::milliseconds Options::*, std::chrono::seconds Options::*>;

/// One option, declared once: the flag, the environment name, the file's key, the help and the reference come from it.
struct OptionSpec {
  std::string_view group;
  std::string_view name;  ///< key of the config file
  std::string_view flag;
  std::string_view env;
  OptionTarget target;
  std::string_view default_value;
  double min = 0;  ///< bounds count for numbers only
  double max = 0;
  std::string_view unit;
  std::string_view help;
  std::string_view choices = {};  ///< separated by '|'; empty: any text
  bool is_secret = false;         ///< has no flag, which any process could read, and its value is shown nowhere
};

/// Whether `command` has the option.
bool IsFor(const OptionSpec& option, Command command);

/// "serve", "gateway" or "worker".
std::string_view NameOf(Command command);

/// How a value is written, for help and messages.
enum class OptionKind { kText, kSwitch, kInteger, kDecimal };

/// All options, grouped, in the order of the help.
std::span<const OptionSpec> AllOptions();

OptionKind KindOf(const OptionSpec& option);

/// Reads `text` as the option's value into `options`. `origin` ("flag --pg-port") begins the error's message.
Status ApplyOption(const OptionSpec& option, std::string_view text, std::string_view origin, Options& options);

/// The options with every default.
Options DefaultOptions();

/// The candidate closest to `word`, or "" when none is close.
std::string_view ClosestName(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tavana::config
