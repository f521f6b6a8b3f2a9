#pragma once

#include "config/options.h"

namespace tavana {

/// `tavana serve` and `tavana gateway`: opens the engine (DuckDB here, or workers elsewhere) and the doors, serves
/// until SIGTERM or SIGINT, shuts down. The exit code.
int Serve(const config::Options& options);

}  // namespace tavana
