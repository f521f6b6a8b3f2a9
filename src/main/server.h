#pragma once

#include "config/serve_options.h"

namespace tavana {

/// `tavana serve`: opens the engine and the doors, serves until SIGTERM or SIGINT, shuts down. The exit code.
int Serve(const config::ServeOptions& options);

}  // namespace tavana
