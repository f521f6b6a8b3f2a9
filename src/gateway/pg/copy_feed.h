#pragma once

#include <arrow/api.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/result.h"
#include "net/connection.h"
#include "pgwire/byte_buffer.h"
#include "pgwire/copy_decoder.h"

namespace tavana::gateway {

/// The bytes of a COPY FROM STDIN on their way from the connection's strand to the pool thread that reads them, within
/// a bound. `Next` and `Recycle` are the pool thread's, `Close` anybody's, all else is the strand's.
class CopyFeed : public std::enable_shared_from_this<CopyFeed> {
 public:
  CopyFeed(std::shared_ptr<net::Connection> connection, std::shared_ptr<Cancellation> cancellation);

  /// From now on a cancel wakes both sides, until Detach.
  void Attach();
  /// The connection is no longer to be woken.
  void Detach();

  /// Waits while the bound is reached and anybody reads.
  boost::asio::awaitable<void> Room();
  void Push(pgwire::ByteBuffer block);
  /// An empty block, used before when there is one.
  pgwire::ByteBuffer Spare();
  /// The reader waits for bytes.
  bool starving() const;
  /// CopyDone.
  void End();
  /// CopyFail, a closed socket. The first error counts.
  void Fail(Error error);
  /// Nobody reads any more.
  bool closed() const;

  /// Blocks until there are bytes; nothing after End. The error of Fail, or of the cancel.
  Result<std::optional<pgwire::ByteBuffer>> Next();
  void Recycle(pgwire::ByteBuffer block);
  void Close();

  // Bytes of a block, and of all blocks that wait (chosen: the hand-over costs little beside a block; all of them are
  // little beside what the engine gathers).
  static constexpr std::size_t kBlockBytes = 256 << 10;
  static constexpr std::size_t kMaxWaitingBytes = 2 << 20;

 private:
  void WakeStrand();

  std::shared_ptr<net::Connection> connection_;  // null once detached
  const boost::asio::any_io_executor strand_;
  const std::shared_ptr<Cancellation> cancellation_;
  Cancellation::Registration registration_;
  boost::asio::steady_timer woken_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<pgwire::ByteBuffer> blocks_;
  std::vector<pgwire::ByteBuffer> spare_;
  std::size_t waiting_bytes_ = 0;
  bool reader_waits_ = false;
  bool strand_waits_ = false;
  bool ended_ = false;
  bool closed_ = false;
  std::optional<Error> failure_;
};

/// The batches of a COPY FROM STDIN: one thread decodes them from the feed, another pulls them.
class CopyBatches final : public arrow::RecordBatchReader {
 public:
  CopyBatches(std::shared_ptr<CopyFeed> feed, pgwire::CopyDecoder decoder)
      : feed_(std::move(feed)), decoder_(std::move(decoder)), schema_(decoder_.schema()) {}

  /// Decodes until the feed's end, an error, or Stop. Blocks.
  void Decode();

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override;
  /// What ReadNext failed with, for its caller: arrow::Status has no room for a SQLSTATE.
  const std::optional<Error>& error() const { return error_; }
  /// Nobody pulls any more; ends Decode.
  void Stop();
  /// See CopyDecoder::PlaceOf. Once Decode has run and Stop was called; waits for Decode's end.
  std::string PlaceOf(std::int64_t row);

 private:
  // Decoded and not yet pulled (chosen: one is being appended, one waits, one is being made).
  static constexpr std::size_t kMaxBatches = 1;

  void DecodeAll();
  Result<std::shared_ptr<arrow::RecordBatch>> DecodeNext();

  const std::shared_ptr<CopyFeed> feed_;
  pgwire::CopyDecoder decoder_;  // of the decoding thread
  const std::shared_ptr<arrow::Schema> schema_;
  bool finished_ = false;       // of the decoding thread
  std::optional<Error> error_;  // of the pulling thread

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<std::shared_ptr<arrow::RecordBatch>>> batches_;  // a null one or an error is the last
  bool closed_ = false;
  bool decoded_ = false;  // Decode has ended
};

}  // namespace tavana::gateway
