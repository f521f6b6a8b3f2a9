#pragma once

#include <arrow/api.h>
#include <arrow/ipc/api.h>
#include <grpcpp/support/byte_buffer.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "base/cancellation.h"
#include "base/result.h"
#include "gateway/waiter.h"

namespace tavana::gateway {

/// The messages of a DoPut, from the strand that reads them to the pool thread that needs their batches. Thread-safe.
class FlightUpload {
 public:
  FlightUpload(std::size_t max_waiting, std::shared_ptr<Waiter> room)
      : max_waiting_(max_waiting), room_(std::move(room)) {}

  /// Whether another message may be read; `room` is woken when that becomes true.
  bool has_room() const;
  void Push(grpc::ByteBuffer message);
  /// The client has sent its last.
  void End();
  /// Nobody will Pop any more.
  void StopTaking();
  bool taken_no_more() const;

  /// The next message; nothing at the end. Blocks; the cancel's error when it comes first.
  Result<std::optional<grpc::ByteBuffer>> Pop(Cancellation& cancellation);

 private:
  const std::size_t max_waiting_;
  const std::shared_ptr<Waiter> room_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<grpc::ByteBuffer> waiting_;
  bool ended_ = false;
  bool not_taken_ = false;
};

/// The batches of messages from `next` (nothing at the end), each found valid to its last offset. kProtocol when they
/// are not what they say. Blocks as `next` does.
class UploadReader final : public arrow::RecordBatchReader {
 public:
  using Next = std::function<Result<std::optional<grpc::ByteBuffer>>()>;
  /// Reads the schema. `pool` bounds what compressed buffers may become.
  static Result<std::unique_ptr<UploadReader>> Open(Next next, arrow::MemoryPool* pool);

  std::shared_ptr<arrow::Schema> schema() const override { return batches_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override;
  /// What ReadNext failed with.
  const std::optional<Error>& error() const { return *error_; }

 private:
  class Messages;
  std::shared_ptr<std::optional<Error>> error_ = std::make_shared<std::optional<Error>>();
  std::shared_ptr<arrow::RecordBatchReader> batches_;
};

}  // namespace tavana::gateway
