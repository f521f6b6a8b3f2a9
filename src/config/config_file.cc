#include "config/config_file.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/file.h"
#include "config/option_table.h"

namespace tavana::config {
namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20;  // chosen: hundreds of times a full file

Error Invalid(std::string message) { return Error(ErrorCode::kInvalidParameter, std::move(message)); }

const OptionSpec* FindByName(std::string_view name) {
  for (const OptionSpec& option : AllOptions()) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

Error UnknownKey(std::string_view file_name, const std::string& key) {
  std::vector<std::string_view> names;
  for (const OptionSpec& option : AllOptions()) names.push_back(option.name);
  const std::string_view closest = ClosestName(key, names);
  std::string message = "config file " + std::string(file_name) + ": unknown key \"" + key + "\"";
  if (!closest.empty()) message += "; did you mean \"" + std::string(closest) + "\"?";
  return Invalid(std::move(message));
}

Result<std::string> TextOf(const OptionSpec& option, const nlohmann::json& value, std::string_view file_name) {
  const OptionKind kind = KindOf(option);
  if (kind == OptionKind::kText && value.is_string()) return value.get<std::string>();
  if (kind == OptionKind::kSwitch && value.is_boolean()) return std::string(value.get<bool>() ? "true" : "false");
  const bool is_number_kind = kind == OptionKind::kInteger || kind == OptionKind::kDecimal;
  if (is_number_kind && value.is_number()) return value.dump();
  const char* wanted = kind == OptionKind::kText     ? "a string"
                       : kind == OptionKind::kSwitch ? "true or false"
                                                     : "a number";
  return Invalid("config file " + std::string(file_name) + ": \"" + std::string(option.name) + "\" wants " + wanted);
}

}  // namespace

Result<std::map<std::string, std::string>> ParseConfigText(std::string_view json, std::string_view file_name) {
  const auto document = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false, /*ignore_comments=*/true);
  if (!document.is_object()) {
    return Invalid("config file " + std::string(file_name) + ": not a JSON object");
  }
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : document.items()) {
    const OptionSpec* option = FindByName(key);
    if (option == nullptr) return UnknownKey(file_name, key);
    TAVANA_ASSIGN_OR_RETURN(values[key], TextOf(*option, value, file_name));
  }
  return values;
}

Result<std::map<std::string, std::string>> ReadConfigFile(const std::string& path) {
  const auto json = ReadFile(path, kMaxConfigBytes);
  if (!json.ok()) return Invalid("config file: " + json.error().message());
  return ParseConfigText(*json, path);
}

}  // namespace tavana::config
