#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tavana::pgwire {

/// The elements of an array's text of one dimension, as array_in reads it: {a,"b c",NULL}; nothing for NULL.
/// kInvalidText when malformed; kUnsupported for several dimensions and explicit bounds.
Result<std::vector<std::optional<std::string>>> ParseArrayText(std::string_view text);

}  // namespace tavana::pgwire
