#pragma once

#include "config/options.h"

namespace tavana {

/// `tavana worker`: opens DuckDB, serves gateways until SIGTERM or SIGINT, drains. The exit code.
int RunWorker(const config::Options& options);

}  // namespace tavana
