#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tavana::config {

/// Values of a config file by option name, each as the text ApplyOption reads. The file is one flat JSON object.
/// Unknown keys and values of the wrong JSON type are refused by name.
Result<std::map<std::string, std::string>> ParseConfigText(std::string_view json, std::string_view file_name);

/// Reads and parses the file at `path`.
Result<std::map<std::string, std::string>> ReadConfigFile(const std::string& path);

}  // namespace tavana::config
