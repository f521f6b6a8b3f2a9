#include "engine/testing/conformance.h"

#include "duckdb/engine.h"
#include "remote/remote_engine.h"
#include "remote/worker.h"

namespace tavana::remote {
namespace {

using namespace std::chrono_literals;

/// DuckDB behind the wire on loopback.
class LoopbackEngine final : public engine::Engine {
 public:
  LoopbackEngine() : served_(*duckdb_engine::OpenDuckDb({.postgres_catalog = false})) {
    worker_ = *Worker::Listen(*served_, {.name = "worker-1", .version = "test", .statement_threads = 8});
    engine_ =
        RemoteEngine::Connect({.address = "127.0.0.1:" + std::to_string(worker_->port()), .gateway = "gateway-1"});
    EXPECT_TRUE(engine_->WaitUntilReachable(10s));
  }
  Result<std::unique_ptr<engine::Session>> Open(const engine::SessionOptions& options) override {
    return engine_->Open(options);
  }
  std::vector<std::string> DatabaseNames() override { return engine_->DatabaseNames(); }
  std::string description() const override { return engine_->description(); }
  bool poisoned() const override { return engine_->poisoned(); }

 private:
  std::unique_ptr<engine::Engine> served_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<RemoteEngine> engine_;
};

TAVANA_ENGINE_CONFORMANCE(Remote, [] { return std::make_unique<LoopbackEngine>(); });

}  // namespace
}  // namespace tavana::remote
