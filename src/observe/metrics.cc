#include "observe/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace tavana::observe {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

Counter& OneCounter(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

Gauge& OneGauge(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

/// From a cached point lookup to a long report, a factor of about 2.5 a step (chosen).
const Histogram::BucketBoundaries kStatementSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                       0.5,   1,      2.5,   5,    10,    30,   60,  300};

}  // namespace

struct Metrics::Families {
  Registry registry;
  Gauge& connections = OneGauge(registry, "tavana_connections", "PostgreSQL connections open now.");
  Counter& connections_total = OneCounter(registry, "tavana_connections_total", "PostgreSQL connections ever opened.");
  prometheus::Family<Counter>& statements = prometheus::BuildCounter()
                                                .Name("tavana_statements_total")
                                                .Help("Statements that ended, by outcome: ok or an SQLSTATE.")
                                                .Register(registry);
  Counter& statements_ok = statements.Add({{"outcome", "ok"}});
  Histogram& statement_seconds = prometheus::BuildHistogram()
                                     .Name("tavana_statement_seconds")
                                     .Help("Time from a statement's message to the last byte of its answer.")
                                     .Register(registry)
                                     .Add({}, kStatementSeconds);
  Counter& rows_sent = OneCounter(registry, "tavana_rows_sent_total", "Rows sent to clients.");
  Counter& bytes_sent = OneCounter(registry, "tavana_bytes_sent_total", "Bytes sent to clients.");
  Gauge& waiting = OneGauge(registry, "tavana_admission_waiting", "Statements that wait for a slot.");
  Gauge& running = OneGauge(registry, "tavana_admission_running", "Statements that hold a slot.");
  Counter& cancels = OneCounter(registry, "tavana_cancels_total", "Cancel requests received.");
};

Metrics::Metrics(const BuildInfo& build) : families_(std::make_unique<Families>()) {
  prometheus::BuildGauge()
      .Name("tavana_build_info")
      .Help("Always 1; the labels say what runs.")
      .Register(families_->registry)
      .Add({{"version", build.version}, {"engine", build.engine}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::ConnectionOpened() {
  families_->connections.Increment();
  families_->connections_total.Increment();
}

void Metrics::ConnectionClosed() { families_->connections.Decrement(); }

void Metrics::StatementEnded(std::string_view outcome, std::chrono::duration<double> elapsed) {
  families_->statement_seconds.Observe(elapsed.count());
  if (outcome == "ok") return families_->statements_ok.Increment();
  // Add gives the same counter again for the same labels. Outcomes are SQLSTATEs of ours, so they are few.
  families_->statements.Add({{"outcome", std::string(outcome)}}).Increment();
}

void Metrics::AddRowsSent(std::uint64_t rows) { families_->rows_sent.Increment(static_cast<double>(rows)); }

void Metrics::AddBytesSent(std::uint64_t bytes) { families_->bytes_sent.Increment(static_cast<double>(bytes)); }

void Metrics::SetAdmission(std::size_t running, std::size_t waiting) {
  families_->running.Set(static_cast<double>(running));
  families_->waiting.Set(static_cast<double>(waiting));
}

void Metrics::CancelReceived() { families_->cancels.Increment(); }

std::string Metrics::Render() const { return prometheus::TextSerializer().Serialize(families_->registry.Collect()); }

}  // namespace tavana::observe
