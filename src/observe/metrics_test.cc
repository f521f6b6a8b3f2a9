#include "observe/metrics.h"

#include <gtest/gtest.h>

namespace tavana::observe {
namespace {

using namespace std::chrono_literals;

bool Has(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

TEST(Metrics, RendersWhatHappened) {
  Metrics metrics({.version = "0.1.0", .engine = "DuckDB v1.5.5"});
  metrics.ConnectionOpened();
  metrics.ConnectionOpened();
  metrics.ConnectionClosed();
  metrics.StatementEnded("ok", 3ms);
  metrics.StatementEnded("57014", 2s);
  metrics.StatementEnded("57014", 2s);
  metrics.AddRowsSent(7);
  metrics.SetAdmission(2, 5);
  const std::string text = metrics.Render();
  EXPECT_TRUE(Has(text, "tavana_connections 1")) << text;
  EXPECT_TRUE(Has(text, "tavana_connections_total 2")) << text;
  EXPECT_TRUE(Has(text, "tavana_statements_total{outcome=\"ok\"} 1")) << text;
  EXPECT_TRUE(Has(text, "tavana_statements_total{outcome=\"57014\"} 2")) << text;
  EXPECT_TRUE(Has(text, "tavana_statement_seconds_count 3")) << text;
  EXPECT_TRUE(Has(text, "tavana_rows_sent_total 7")) << text;
  EXPECT_TRUE(Has(text, "tavana_admission_running 2")) << text;
  EXPECT_TRUE(Has(text, "tavana_admission_waiting 5")) << text;
  EXPECT_NE(text.find("tavana_build_info{"), std::string::npos) << text;
}

}  // namespace
}  // namespace tavana::observe
