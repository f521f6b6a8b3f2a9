#include "gateway/pg/copy_feed.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tavana::gateway {

namespace asio = boost::asio;

CopyFeed::CopyFeed(std::shared_ptr<net::Connection> connection, std::shared_ptr<Cancellation> cancellation)
    : connection_(std::move(connection)),
      strand_(connection_->executor()),
      cancellation_(std::move(cancellation)),
      woken_(strand_, asio::steady_timer::time_point::max()) {}

void CopyFeed::Attach() {
  registration_ = cancellation_->OnCancel([weak = weak_from_this()] {
    const auto feed = weak.lock();
    if (feed == nullptr) return;
    {
      const std::lock_guard lock(feed->mutex_);  // so that a reader about to wait sees the cancel
    }
    feed->changed_.notify_all();
    feed->WakeStrand();
  });
}

void CopyFeed::Detach() {
  registration_ = {};
  connection_.reset();
}

void CopyFeed::WakeStrand() {
  asio::post(strand_, [feed = shared_from_this()] {
    feed->woken_.cancel();
    if (feed->connection_ != nullptr) feed->connection_->InterruptFill();
  });
}

asio::awaitable<void> CopyFeed::Room() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      strand_waits_ = waiting_bytes_ >= kMaxWaitingBytes && !closed_ && !cancellation_->cancelled();
      if (!strand_waits_) co_return;
    }
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await woken_.async_wait(token);
  }
}

void CopyFeed::Push(pgwire::ByteBuffer block) {
  {
    const std::lock_guard lock(mutex_);
    waiting_bytes_ += block.size();
    blocks_.push_back(std::move(block));
  }
  changed_.notify_all();
}

pgwire::ByteBuffer CopyFeed::Spare() {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return {};
  pgwire::ByteBuffer block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

bool CopyFeed::starving() const {
  const std::lock_guard lock(mutex_);
  return reader_waits_;
}

void CopyFeed::End() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

void CopyFeed::Fail(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(error);
  }
  changed_.notify_all();
}

bool CopyFeed::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

Result<std::optional<pgwire::ByteBuffer>> CopyFeed::Next() {
  std::unique_lock lock(mutex_);
  reader_waits_ = true;
  changed_.wait(lock, [&] { return !blocks_.empty() || ended_ || failure_ || closed_ || cancellation_->cancelled(); });
  reader_waits_ = false;
  if (auto why = cancellation_->why()) return *std::move(why);
  if (failure_) return *failure_;
  if (closed_) return Error(ErrorCode::kCancelled, "nobody reads this COPY any more");
  if (blocks_.empty()) return std::optional<pgwire::ByteBuffer>();
  std::optional<pgwire::ByteBuffer> block = std::move(blocks_.front());
  blocks_.pop_front();
  waiting_bytes_ -= block->size();
  if (std::exchange(strand_waits_, false)) WakeStrand();
  return block;
}

void CopyFeed::Recycle(pgwire::ByteBuffer block) {
  block.clear();
  const std::lock_guard lock(mutex_);
  if (spare_.size() < 2) spare_.push_back(std::move(block));
}

void CopyFeed::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  WakeStrand();
}

void CopyBatches::Decode() {
  DecodeAll();
  {
    const std::lock_guard lock(mutex_);
    decoded_ = true;
  }
  changed_.notify_all();
}

std::string CopyBatches::PlaceOf(std::int64_t row) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return decoded_; });
  return decoder_.PlaceOf(row);
}

void CopyBatches::DecodeAll() {
  for (bool last = false; !last;) {
    auto batch = DecodeNext();
    last = !batch.ok() || *batch == nullptr;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return batches_.size() < kMaxBatches || closed_; });
    if (closed_) return;
    batches_.push_back(std::move(batch));
    lock.unlock();
    changed_.notify_all();
  }
}

Result<std::shared_ptr<arrow::RecordBatch>> CopyBatches::DecodeNext() {
  for (;;) {
    TAVANA_ASSIGN_OR_RETURN(auto batch, decoder_.Take());
    if (batch != nullptr || finished_) return batch;
    TAVANA_ASSIGN_OR_RETURN(auto block, feed_->Next());
    if (!block) {
      finished_ = true;
      TAVANA_RETURN_IF_ERROR(decoder_.Finish());
      continue;
    }
    TAVANA_RETURN_IF_ERROR(decoder_.Add(block->view()));
    feed_->Recycle(*std::move(block));
  }
}

arrow::Status CopyBatches::ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !batches_.empty(); });  // Decode ends with an error when the statement is cancelled
  if (!batches_.front().ok()) {
    error_ = batches_.front().error();
    return arrow::Status::Invalid(error_->message());
  }
  *batch = *batches_.front();
  if (*batch != nullptr) batches_.pop_front();  // the end stays the end
  lock.unlock();
  changed_.notify_all();
  return arrow::Status::OK();
}

void CopyBatches::Stop() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  feed_->Close();
}

}  // namespace tavana::gateway
