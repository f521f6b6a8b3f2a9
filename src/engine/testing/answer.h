#pragma once

#include <string>

#include "engine/engine.h"

namespace tavana::engine::testing {

/// All values that `sql` gives, each with a space behind, or the error's SQLSTATE.
std::string Answer(Session& session, const std::string& sql);

}  // namespace tavana::engine::testing
