#pragma once

#include <memory>
#include <string>

#include "duckdb/engine.h"
#include "remote/remote_engine.h"
#include "remote/worker.h"

namespace tavana::remote::testing {

/// A worker with DuckDB in this process, on a port of its own.
struct LoopbackWorker {
  explicit LoopbackWorker(std::string name)
      : engine(*duckdb_engine::OpenDuckDb({.postgres_catalog = false, .reach = {.local = true}})),
        worker(*Worker::Listen(*engine, {.name = std::move(name), .version = "test", .statement_threads = 8})) {}

  std::string address() const { return "127.0.0.1:" + std::to_string(worker->port()); }

  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<Worker> worker;
};

}  // namespace tavana::remote::testing
