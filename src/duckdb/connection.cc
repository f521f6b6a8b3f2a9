#include "duckdb/connection.h"

#include <algorithm>

namespace tavana::duckdb_engine {

void SharedConnection::EndActiveQuery() {
  try {
    // DuckDB waits for its threads to finish what they are at: an interrupt is what makes them stop.
    context().Interrupt();
    // No statements: DuckDB only cleans up after the last one. There is no other public way to say so.
    context().Query("", ::duckdb::QueryParameters(false));
  } catch (const std::exception&) {
    // What can not be cleaned up now is cleaned up by the next statement.
  }
  context().ClearInterrupt();
}

void SharedConnection::Interrupt() {
  const std::lock_guard lock(running_mutex);
  if (connection) connection->context->Interrupt();
}

RunningCall::RunningCall(SharedConnection& shared, const engine::CallContext& call)
    : shared_(shared), cancellation_(call.cancellation), query_(call.query_id) {
  {
    const std::lock_guard lock(shared_.running_mutex);
    shared_.running.push_back({query_, cancellation_});
  }
  registration_ = cancellation_->OnCancel([&shared] { shared.Interrupt(); });
}

void RunningCall::Shield() {
  registration_ = {};
  if (cancellation_->cancelled()) shared_.context().ClearInterrupt();
}

RunningCall::~RunningCall() {
  Shield();
  const std::lock_guard lock(shared_.running_mutex);
  const auto at =
      std::find_if(shared_.running.begin(), shared_.running.end(), [&](const SharedConnection::Running& running) {
        return running.query == query_ && running.cancellation == cancellation_;
      });
  if (at != shared_.running.end()) shared_.running.erase(at);
}

Error RunningCall::Explain(Error error) const {
  if (error.code() != ErrorCode::kCancelled && error.code() != ErrorCode::kInternal) return error;
  if (auto why = cancellation_->why(); why && error.code() == ErrorCode::kCancelled) return *std::move(why);
  return error;
}

}  // namespace tavana::duckdb_engine
