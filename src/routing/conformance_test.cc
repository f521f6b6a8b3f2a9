#include "engine/testing/conformance.h"

#include "remote/testing/loopback_worker.h"
#include "routing/router.h"

namespace tavana::routing {
namespace {

using namespace std::chrono_literals;

/// A router over two workers on loopback.
class RoutedEngine final : public engine::Engine {
 public:
  RoutedEngine() {
    auto workers = std::make_shared<Workers>(Workers::Options{
        .addresses = {first_.address(), second_.address()}, .home = {}, .remote = {.gateway = "gateway-1"}});
    EXPECT_TRUE(workers->home()->WaitUntilReachable(10s));
    router_ = MakeRouter(std::move(workers));
  }
  Result<std::unique_ptr<engine::Session>> Open(const engine::SessionOptions& options) override {
    return router_->Open(options);
  }
  std::vector<std::string> DatabaseNames() override { return router_->DatabaseNames(); }
  std::string description() const override { return router_->description(); }
  bool poisoned() const override { return router_->poisoned(); }

 private:
  remote::testing::LoopbackWorker first_{"worker-1"}, second_{"worker-2"};
  std::unique_ptr<engine::Engine> router_;
};

TAVANA_ENGINE_CONFORMANCE(Router, [] { return std::make_unique<RoutedEngine>(); });

TEST(WorkerAddresses, AreReadInEveryFormThatUsersWrite) {
  EXPECT_EQ(*Workers::ParseAddresses("http://worker:50053"), std::vector<std::string>{"worker:50053"});
  EXPECT_EQ(*Workers::ParseAddresses("https://a:1/, b:2\ngrpc+tls://c [::1]:4"),
            (std::vector<std::string>{"a:1", "b:2", "c:50053", "[::1]:4"}));
  for (const char* wrong : {"", " , ", "http://", "http://a:b", "a/b:1", ":1", "a:"})
    EXPECT_FALSE(Workers::ParseAddresses(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace tavana::routing
