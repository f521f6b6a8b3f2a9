#include "engine/testing/conformance.h"

#include "remote/testing/loopback_worker.h"

namespace tavana::remote {
namespace {

using namespace std::chrono_literals;

/// DuckDB behind the wire on loopback.
class LoopbackEngine final : public engine::Engine {
 public:
  LoopbackEngine() {
    engine_ = RemoteEngine::Connect({.address = worker_.address(), .gateway = "gateway-1"});
    EXPECT_TRUE(engine_->WaitUntilReachable(10s));
  }
  Result<std::unique_ptr<engine::Session>> Open(const engine::SessionOptions& options) override {
    return engine_->Open(options);
  }
  std::vector<std::string> DatabaseNames() override { return engine_->DatabaseNames(); }
  std::string description() const override { return engine_->description(); }
  bool poisoned() const override { return engine_->poisoned(); }

 private:
  testing::LoopbackWorker worker_{"worker-1"};
  std::unique_ptr<RemoteEngine> engine_;
};

TAVANA_ENGINE_CONFORMANCE(Remote, [] { return std::make_unique<LoopbackEngine>(); });

}  // namespace
}  // namespace tavana::remote
