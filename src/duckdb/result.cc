#include "duckdb/result.h"

#include <algorithm>
#include <duckdb/execution/executor.hpp>
#include <duckdb/main/buffered_data/buffered_data.hpp>
#include <duckdb/main/stream_query_result.hpp>
#include <duckdb/storage/buffer_manager.hpp>
#include <thread>
#include <utility>

#include "duckdb/errors.h"

namespace tavana::duckdb_engine {

using ::duckdb::ClientContext;
using ::duckdb::DataChunk;
using ::duckdb::StreamExecutionResult;
using ::duckdb::StreamQueryResult;

namespace {

// DuckDB keeps these private. An explicit instantiation may name a private member ([temp.spec.general]/6), and the
// friends it defines hand them out.
::duckdb::shared_ptr<::duckdb::BufferedData>& BufferOf(StreamQueryResult& stream);
template <auto kMember>
struct BufferAccess {
  friend ::duckdb::shared_ptr<::duckdb::BufferedData>& BufferOf(StreamQueryResult& stream) { return stream.*kMember; }
};
template struct BufferAccess<&StreamQueryResult::buffered_data>;

::duckdb::unique_ptr<::duckdb::ClientContextLock> Lock(ClientContext& context);
void Cleanup(ClientContext& context, ::duckdb::ClientContextLock& lock, ::duckdb::BaseQueryResult& result);
template <auto kLock, auto kCleanup>
struct ContextAccess {
  friend ::duckdb::unique_ptr<::duckdb::ClientContextLock> Lock(ClientContext& context) { return (context.*kLock)(); }
  friend void Cleanup(ClientContext& context, ::duckdb::ClientContextLock& lock, ::duckdb::BaseQueryResult& result) {
    (context.*kCleanup)(lock, &result, false);
  }
};
template struct ContextAccess<&ClientContext::LockContext, &ClientContext::CleanupInternal>;

/// Ends the query and, where there is no block, its transaction: commits unless the stream holds an error; what goes
/// wrong there is in the stream then. Fetching does so too, but only of a buffer that nobody else has emptied.
void EndStream(ClientContext& context, StreamQueryResult& stream) {
  const auto lock = Lock(context);
  Cleanup(context, *lock, stream);
}

/// Runs the query until it has rows and takes them; null at its end, and after an error, which the stream then holds.
///
/// Not FetchRaw: when a thread fails, DuckDB interrupts the others, and FetchRaw may meet that interrupt before the
/// failure and throw the failure away with the query. Here the query still stands when the interrupt is seen, and the
/// executor is asked what was first.
::duckdb::unique_ptr<DataChunk> NextOfStream(StreamQueryResult& stream) {
  try {
    for (;;) {
      switch (stream.ExecuteTask()) {
        case StreamExecutionResult::CHUNK_READY:
        case StreamExecutionResult::EXECUTION_FINISHED: return BufferOf(stream)->Scan();
        case StreamExecutionResult::NO_TASKS_AVAILABLE:
        case StreamExecutionResult::CHUNK_NOT_READY:
          std::this_thread::yield();
          break;  // DuckDB's threads have the tasks
        case StreamExecutionResult::BLOCKED: stream.WaitForTask(); break;
        case StreamExecutionResult::EXECUTION_CANCELLED:
          if (!stream.HasError()) throw ::duckdb::InterruptException();
          return nullptr;
        case StreamExecutionResult::EXECUTION_ERROR: return nullptr;
      }
    }
  } catch (const ::duckdb::InterruptException& interrupt) {
    auto& executor = stream.context->GetExecutor();
    stream.SetError(executor.HasError() ? executor.GetError() : ::duckdb::ErrorData(interrupt));
    return nullptr;
  }
}

}  // namespace

DuckDbResult::DuckDbResult(std::shared_ptr<SharedConnection> shared, const engine::CallContext& call, std::string sql)
    : shared_(std::move(shared)),
      id_(engine::ResultId{++shared_->last_result}),
      query_(call.query_id),
      cancellation_(call.cancellation),
      sql_(std::move(sql)),
      batch_bytes_(call.form ? call.form->batch_bytes : engine::kBatchBytes) {
  shared_->results.insert(this);
}

DuckDbResult::~DuckDbResult() {
  const std::lock_guard lock(shared_->mutex);
  ReleaseDuckDb(false);
  DropAside();
  shared_->results.erase(this);
}

Result<std::unique_ptr<DuckDbResult>> DuckDbResult::Create(std::shared_ptr<SharedConnection> shared,
                                                           const engine::CallContext& call,
                                                           std::unique_ptr<::duckdb::QueryResult> result,
                                                           std::string sql, bool returns_rows, bool counts_rows) {
  std::unique_ptr<DuckDbResult> created(new DuckDbResult(std::move(shared), call, std::move(sql)));
  created->result_ = std::move(result);
  created->counts_rows_ = counts_rows;
  if (created->result_->type == ::duckdb::QueryResultType::STREAM_RESULT) {
    created->shared_->streaming = created.get();
    const std::lock_guard lock(created->shared_->running_mutex);
    created->shared_->running.push_back({call.query_id, call.cancellation});
  }
  if (!returns_rows) {
    created->schema_ = arrow::schema({});
    TAVANA_RETURN_IF_ERROR(created->ReadCount());
    created->ReleaseDuckDb(true);
    return created;
  }
  TAVANA_ASSIGN_OR_RETURN(created->exporter_, ArrowExporter::Create(created->shared_->context(),
                                                                    created->result_->types, created->result_->names));
  created->schema_ = created->exporter_->schema();
  return created;
}

Status DuckDbResult::ReadCount() {
  // CREATE TABLE AS counts too, though DuckDB says that it returns nothing.
  const bool counts = result_->properties.return_type == ::duckdb::StatementReturnType::CHANGED_ROWS ||
                      (result_->names.size() == 1 && result_->names[0] == "Count" &&
                       result_->types[0].id() == ::duckdb::LogicalTypeId::BIGINT);
  for (;;) {
    TAVANA_ASSIGN_OR_RETURN(const auto chunk, FetchFromDuckDb());
    if (!chunk) return Status::Ok();
    if (!counts || chunk->ColumnCount() == 0) continue;
    for (::duckdb::idx_t row = 0; row < chunk->size(); ++row) {
      ::duckdb::Value count;
      std::string problem;
      if (chunk->GetValue(0, row).DefaultTryCastAs(::duckdb::LogicalType::BIGINT, count, &problem) && !count.IsNull()) {
        summary_.affected += count.GetValue<std::int64_t>();
      }
    }
  }
}

void DuckDbResult::ReleaseDuckDb(bool ended) {
  if (!result_) return;
  if (shared_->streaming == this) {
    shared_->streaming = nullptr;
    if (!ended) shared_->EndActiveQuery();
    const std::lock_guard lock(shared_->running_mutex);
    auto& running = shared_->running;
    const auto at = std::find_if(running.begin(), running.end(), [&](const auto& entry) {
      return entry.query == query_ && entry.cancellation == cancellation_;
    });
    if (at != running.end()) running.erase(at);
  }
  result_.reset();
}

void DuckDbResult::DropAside() {
  rest_.reset();
  for (const auto& part : aside_) shared_->aside_bytes -= part.bytes;
  aside_.clear();
}

void DuckDbResult::Fail(Error error) {
  if (!error_) error_ = std::move(error);
  ReleaseDuckDb(false);
  DropAside();
}

Result<::duckdb::unique_ptr<DataChunk>> DuckDbResult::FetchFromDuckDb() {
  if (!result_) return ::duckdb::unique_ptr<DataChunk>();
  try {
    ::duckdb::unique_ptr<DataChunk> chunk;
    if (result_->type == ::duckdb::QueryResultType::STREAM_RESULT) {
      auto& stream = result_->Cast<StreamQueryResult>();
      chunk = NextOfStream(stream);
      if (!chunk || chunk->size() == 0) EndStream(shared_->context(), stream);
    } else {
      chunk = result_->FetchRaw();
    }
    if (result_->HasError()) return Complain(*shared_->instance, result_->GetErrorObject(), sql_);
    if (!chunk || chunk->size() == 0) {
      ReleaseDuckDb(true);
      return ::duckdb::unique_ptr<DataChunk>();
    }
    return chunk;
  } catch (const std::exception& exception) {
    return Complain(*shared_->instance, ::duckdb::ErrorData(exception), sql_);
  }
}

Result<::duckdb::unique_ptr<DataChunk>> DuckDbResult::Fetch() {
  while (!aside_.empty()) {
    auto& part = aside_.front();
    try {
      auto chunk = ::duckdb::make_uniq<DataChunk>();
      part.rows->InitializeScanChunk(part.scan, *chunk);
      if (part.rows->Scan(part.scan, *chunk) && chunk->size() > 0) return chunk;
    } catch (const std::exception& exception) {
      return Complain(*shared_->instance, ::duckdb::ErrorData(exception), sql_);
    }
    shared_->aside_bytes -= part.bytes;
    aside_.pop_front();
  }
  return FetchFromDuckDb();
}

Status DuckDbResult::MoveAside(const Cancellation& cancellation) {
  if (!result_ || shared_->streaming != this) return Status::Ok();
  try {
    auto& buffers = ::duckdb::BufferManager::GetBufferManager(*shared_->instance->database->instance);
    aside_.emplace_back();
    auto& part = aside_.back();
    part.rows = std::make_unique<::duckdb::ColumnDataCollection>(buffers, result_->types);
    ::duckdb::ColumnDataAppendState append;
    part.rows->InitializeAppend(append);
    part.rows->InitializeScan(part.scan, ::duckdb::ColumnDataScanProperties::DISALLOW_ZERO_COPY);
    std::optional<Error> problem;
    while (!problem) {
      if (auto why = cancellation.cancelled() ? cancellation.why() : std::nullopt) {
        problem = std::move(why);
        break;
      }
      auto chunk = FetchFromDuckDb();
      if (!chunk.ok()) {
        error_ =
            std::move(chunk).error();  // the reader of this result hears of it, not the statement that came between
        ReleaseDuckDb(true);
        break;
      }
      if (!*chunk) break;
      part.rows->Append(append, **chunk);
      part.bytes += (*chunk)->GetAllocationSize();
      shared_->aside_bytes += (*chunk)->GetAllocationSize();
      if (shared_->aside_bytes > shared_->instance->options.open_results_limit_bytes) {
        problem =
            Error(ErrorCode::kQuotaExceeded, "the open results of this session need more than " +
                                                 std::to_string(shared_->instance->options.open_results_limit_bytes) +
                                                 " bytes of temporary space")
                .WithHint("Read or close the open result before running another statement.");
      }
    }
    if (problem) return *std::move(problem);
    return Status::Ok();
  } catch (const std::exception& exception) {
    return Complain(*shared_->instance, ::duckdb::ErrorData(exception), sql_);
  }
}

Status DuckDbResult::Take(::duckdb::unique_ptr<DataChunk> chunk) {
  const auto bytes = exporter_->BytesOf(*chunk);
  if (bytes <= 2 * batch_bytes_) return exporter_->Append(*chunk);
  rest_ = std::move(chunk);
  rest_from_ = 0;
  rest_step_ = std::max<::duckdb::idx_t>(
      1, rest_->size() * static_cast<std::uint64_t>(batch_bytes_) / static_cast<std::uint64_t>(bytes));
  return TakeRest();
}

Status DuckDbResult::TakeRest() {
  try {
    const auto rows = std::min(rest_step_, rest_->size() - rest_from_);
    ::duckdb::SelectionVector selected(rows);
    for (::duckdb::idx_t row = 0; row < rows; ++row) selected.set_index(row, rest_from_ + row);
    DataChunk slice;
    slice.InitializeEmpty(rest_->GetTypes());
    slice.Slice(*rest_, selected, rows);
    TAVANA_RETURN_IF_ERROR(exporter_->Append(slice));
    rest_from_ += rows;
    if (rest_from_ >= rest_->size()) rest_.reset();
    return Status::Ok();
  } catch (const std::exception& exception) {
    return Complain(*shared_->instance, ::duckdb::ErrorData(exception), sql_);
  }
}

Result<std::shared_ptr<arrow::RecordBatch>> DuckDbResult::Next(const engine::CallContext& call) {
  const std::lock_guard lock(shared_->mutex);
  // An error met while moving aside comes after the rows before it.
  if (error_ && aside_.empty() && !rest_) return *error_;
  if (!result_ && aside_.empty() && !rest_) return std::shared_ptr<arrow::RecordBatch>();
  if (const auto why = call.cancellation->why()) {
    Fail(*why);
    return *why;
  }
  const RunningCall running(*shared_, call);
  while (exporter_->bytes() < target_bytes_) {
    if (rest_) {
      if (auto status = TakeRest(); !status.ok()) {
        Fail(std::move(status).error());
        return *error_;
      }
      continue;
    }
    auto chunk = Fetch();
    if (!chunk.ok()) {
      Fail(running.Explain(std::move(chunk).error()));
      return *error_;
    }
    if (!*chunk) break;
    if (auto status = Take(std::move(*chunk)); !status.ok()) {
      Fail(std::move(status).error());
      return *error_;
    }
  }
  target_bytes_ = std::min(batch_bytes_, std::max<std::int64_t>(target_bytes_ * 4, 1 << 16));
  if (exporter_->rows() == 0) {
    if (error_) return *error_;
    return std::shared_ptr<arrow::RecordBatch>();
  }
  auto batch = exporter_->Finish();
  if (!batch.ok()) {
    Fail(std::move(batch).error());
    return *error_;
  }
  summary_.rows += (*batch)->num_rows();
  if (counts_rows_) summary_.affected = summary_.rows;
  return batch;
}

}  // namespace tavana::duckdb_engine
