#pragma once

#include <string>
#include <vector>

namespace tavana {

/// `tavana user add|remove|list ...`; `arguments` are those behind "user". The exit code.
int UserCommand(const std::vector<std::string>& arguments);

}  // namespace tavana
