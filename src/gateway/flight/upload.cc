#include "gateway/flight/upload.h"

#include <utility>

#include "flight/flight_data.h"

namespace tavana::gateway {

bool FlightUpload::has_room() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() < max_waiting_;
}

void FlightUpload::Push(grpc::ByteBuffer message) {
  const std::lock_guard lock(mutex_);
  if (not_taken_) return;
  waiting_.push_back(std::move(message));
  changed_.notify_one();
}

void FlightUpload::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_one();
}

void FlightUpload::StopTaking() {
  {
    const std::lock_guard lock(mutex_);
    not_taken_ = true;
    waiting_.clear();
  }
  room_->Wake();
}

bool FlightUpload::taken_no_more() const {
  const std::lock_guard lock(mutex_);
  return not_taken_;
}

Result<std::optional<grpc::ByteBuffer>> FlightUpload::Pop(Cancellation& cancellation) {
  const auto registration = cancellation.OnCancel([this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !waiting_.empty() || ended_ || cancellation.cancelled(); });
  if (auto why = cancellation.why()) return *std::move(why);
  if (waiting_.empty()) return std::optional<grpc::ByteBuffer>();
  std::optional message = std::move(waiting_.front());
  waiting_.pop_front();
  lock.unlock();
  room_->Wake();
  return message;
}

class UploadReader::Messages final : public arrow::ipc::MessageReader {
 public:
  Messages(Next next, std::shared_ptr<std::optional<Error>> error) : next_(std::move(next)), error_(std::move(error)) {}

  arrow::Result<std::unique_ptr<arrow::ipc::Message>> ReadNextMessage() override {
    for (;;) {
      auto message = next_();
      if (!message.ok()) return Failed(std::move(message).error());
      if (!*message) return std::unique_ptr<arrow::ipc::Message>();
      auto data = flight::DecodeFlightData(**message);
      if (!data.ok()) return Failed(std::move(data).error());
      if (data->header == nullptr) continue;  // a descriptor or metadata alone
      auto body = data->body != nullptr ? data->body : std::make_shared<arrow::Buffer>(nullptr, 0);
      return arrow::ipc::Message::Open(data->header, std::move(body));
    }
  }

 private:
  arrow::Status Failed(Error error) {
    *error_ = error;
    return arrow::Status::IOError(error.message());
  }
  Next next_;
  std::shared_ptr<std::optional<Error>> error_;
};

namespace {

Error Invalid(const arrow::Status& status) {
  return Error(status.IsOutOfMemory() ? ErrorCode::kProgramLimit : ErrorCode::kProtocol,
               "the uploaded Arrow data is not valid: " + status.message());
}

}  // namespace

Result<std::unique_ptr<UploadReader>> UploadReader::Open(Next next, arrow::MemoryPool* pool) {
  std::unique_ptr<UploadReader> reader(new UploadReader);
  arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
  options.memory_pool = pool;
  options.use_threads = false;
  auto batches =
      arrow::ipc::RecordBatchStreamReader::Open(std::make_unique<Messages>(std::move(next), reader->error_), options);
  if (!batches.ok()) return *reader->error_ ? **reader->error_ : Invalid(batches.status());
  reader->batches_ = *std::move(batches);
  return reader;
}

arrow::Status UploadReader::ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) {
  auto status = batches_->ReadNext(batch);
  if (status.ok() && *batch != nullptr) status = (*batch)->ValidateFull();
  if (!status.ok() && !*error_) *error_ = Invalid(status);
  return status;
}

}  // namespace tavana::gateway
