#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tavana::observe {

struct BuildInfo {
  std::string version;  ///< of tavana
  std::string engine;   ///< e.g. "DuckDB v1.5.5"
};

/// What /metrics shows. Thread-safe and cheap: every call is a few atomic operations, except the first with a new
/// outcome.
class Metrics {
 public:
  explicit Metrics(const BuildInfo& build);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void ConnectionOpened();
  void ConnectionClosed();
  /// `outcome` is "ok" or an SQLSTATE. `elapsed` is from the message to the last byte.
  void StatementEnded(std::string_view outcome, std::chrono::duration<double> elapsed);
  void AddRowsSent(std::uint64_t rows);
  void AddBytesSent(std::uint64_t bytes);
  void SetAdmission(std::size_t running, std::size_t waiting);
  /// A cancel request arrived, whether or not it found its statement.
  void CancelReceived();

  /// Prometheus text format 0.0.4.
  std::string Render() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace tavana::observe
