#pragma once

#include <arrow/ipc/options.h>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/cancellation.h"
#include "engine/engine.h"
#include "engine.pb.h"
#include "remote/frame.h"

namespace tavana::remote {

/// A session of the engine, driven by the requests of one stream. Requests are worked on one after another on the pool;
/// between them, results that have credits give their batches. `Take`, `Cancel`, `GetProgress` and `Abandon` never
/// block on the engine and may be called from any thread.
class ServedSession : public std::enable_shared_from_this<ServedSession> {
 public:
  /// `send` takes what goes back, in order; `finished` is called once, when nothing more will be sent.
  ServedSession(engine::Engine& engine, boost::asio::thread_pool& pool, std::function<void(grpc::ByteBuffer)> send,
                std::function<void()> finished);

  /// kProtocol when the request cannot be: the stream is to end then.
  Status Take(wire::Request request, std::shared_ptr<arrow::Buffer> body);
  void Cancel(const wire::Cancel& cancel);
  engine::Progress GetProgress() const;
  /// The stream is to end: what runs is cancelled with `why`, and the engine's session is closed.
  void Abandon(const Error& why);
  /// Whether what it works on was cancelled before `moment` and goes on all the same.
  bool ignores_cancel_since(std::chrono::steady_clock::time_point moment) const;
  /// For a gateway that is not heard of any more: cancels what it works on, and ends the session, where their limits
  /// are over. True when something was.
  bool EndWhatIsOver();
  /// Ends the stream if that loses nothing: no statement runs or waits, no transaction or result is open, and the
  /// session has nothing of its own.
  void EndIfIdle();
  /// Works on something now.
  bool running() const { return running_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    wire::Request request;
    std::shared_ptr<arrow::Buffer> body;
    std::shared_ptr<Cancellation> cancellation;
  };
  struct OpenResult {
    std::unique_ptr<engine::ResultStream> stream;
    engine::CallContext call;
    std::uint32_t credits = 0;                 // guarded by mutex_
    std::uint64_t closes = 0;                  // the statement that ends with it; 0: none
    std::shared_ptr<arrow::RecordBatch> rest;  // of the engine's batch, not yet sent
    std::shared_ptr<arrow::Schema> form;       // that the batches get; null: the engine's own
    arrow::ipc::IpcWriteOptions encoding = arrow::ipc::IpcWriteOptions::Defaults();
  };
  struct Message {
    wire::Response response;
    BodyBuffers body;
  };
  class IngestReader;

  void Schedule();
  void Work();
  void Close();
  void NoteCancel();
  void CheckPins();
  void Handle(Item item);
  Status HandleOpen(const wire::Open& open);
  Result<Message> Answer(const Item& item);
  Result<Message> Prepare(const Item& item);
  Result<wire::Executed> Execute(const Item& item);
  Result<wire::Executed> Start(const engine::CallContext& call, std::uint64_t statement,
                               engine::ExecuteArguments arguments, std::uint32_t credits);
  Result<wire::Response> Ingest(const Item& item);
  /// The next rows of a result; or its end, or error, with which it is gone.
  Message Next(std::uint64_t id, OpenResult& result);
  void ClosePrepared(std::uint64_t statement);
  void Send(Message message);
  engine::CallContext ContextOf(std::uint64_t query, std::string user,
                                std::shared_ptr<Cancellation> cancellation) const;

  // Requests that wait (chosen: the protocol has one call at a time; the rest is what needs no answer).
  static constexpr std::size_t kMaxWaiting = 10'000;

  static constexpr std::size_t kMaxEarlyCancels = 100;

  engine::Engine& engine_;
  boost::asio::thread_pool& pool_;
  const std::function<void(grpc::ByteBuffer)> send_;
  const std::function<void()> finished_;

  mutable std::mutex mutex_;
  std::deque<Item> waiting_;
  std::deque<Item> ingested_;  // the parts of the ingest that runs
  std::condition_variable ingest_changed_;
  bool ingesting_ = false;
  bool working_ = false;
  bool pinned_ = false;  // the session has temporary objects or variables
  bool pins_due_after_result_ = false;
  bool pins_due_ = false;  // whether it has is to be looked up
  bool abandoned_ = false;
  bool closed_ = false;
  std::uint64_t current_call_ = 0;
  std::uint64_t last_taken_ = 0;
  std::optional<std::chrono::steady_clock::time_point> cancelled_at_;  // of the present thing
  wire::Limits limits_;                                                // of the last call
  std::chrono::steady_clock::time_point idle_since_;                   // while it works on nothing
  std::map<std::uint64_t, Error> early_cancels_;                       // of calls that have not come yet
  std::shared_ptr<Cancellation> current_;
  std::map<std::uint64_t, OpenResult> results_;  // changed under mutex_, by the working thread
  std::shared_ptr<engine::Session> session_;     // set under mutex_, by the working thread
  std::string user_;
  std::set<std::uint64_t> definers_;          // statements that may make something of the session's own
  std::set<std::uint64_t> once_;              // statements that are closed with the end of their result
  std::atomic<bool> in_transaction_ = false;  // as told last
  std::atomic<bool> running_ = false;
};

}  // namespace tavana::remote
