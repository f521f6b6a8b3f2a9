#pragma once

#include <chrono>
#include <memory>

#include "engine/engine.h"
#include "routing/workers.h"

namespace tavana::routing {

struct RouterOptions {
  /// How long a statement that may be tried again waits for a worker that is out of reach (chosen: a restart).
  std::chrono::milliseconds patience{10'000};
};

/// Many workers as one engine (docs/architecture.md, "The cluster"). A session lives on the home worker, where the
/// default catalog is; a query that reads only files goes to whichever worker has the least to do, the same files to
/// the same worker where that is no busier. What is lost with a worker is tried again where nobody can tell: a
/// statement that only reads, has given no row, and runs outside a transaction. Everything else is an error that names
/// the worker.
std::unique_ptr<engine::Engine> MakeRouter(std::shared_ptr<Workers> workers, RouterOptions options = {});

}  // namespace tavana::routing
