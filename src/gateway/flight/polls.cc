#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

#include "flight/flight_data.h"
#include "gateway/flight/door_impl.h"
#include "gateway/waiter.h"

namespace tavana::gateway {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

// What the first call waits for an outcome (chosen: most statements have one by then and need no second call).
constexpr auto kFirstWait = 50ms;
// The later ones at most (chosen: far below what proxies let a call be silent), and how often they look at the
// progress.
constexpr auto kLaterWait = 10s;
constexpr auto kLook = 250ms;
constexpr double kWorthTelling = 0.01;  // of progress (chosen)

}  // namespace

FlightDoor::Impl::Task<Status> FlightDoor::Impl::PollFlightInfo(CallPtr call, SessionPtr session) {
  const auto asked = co_await ReadCommand(call);
  if (!asked.ok()) co_return asked.error();
  const auto& [descriptor, command] = *asked;
  if (const auto schema = MetadataSchema(command)) {
    auto info = MetadataInfo(descriptor, *schema);
    if (!info.ok()) co_return info.error();
    wire::PollInfo answer;
    *answer.mutable_info() = *std::move(info);
    answer.set_progress(1);
    Answer(call, answer);
    co_return Status::Ok();
  }
  const auto cancellation = call->cancellation();
  if (command.Is<wire_sql::TicketStatementQuery>()) {
    if (const auto elsewhere = OwnerOfTicket(call, *session, descriptor.cmd())) {
      const Status forwarded = co_await Forward(call, *elsewhere, flight::BufferOf(descriptor.SerializeAsString()));
      co_return forwarded;
    }
    const auto poll = FindPoll(*session, descriptor);
    if (poll == nullptr) co_return NoSuchTicket();
    co_await WaitFor(poll, cancellation, steady_clock::now() + kLaterWait, true);
    const Status answered = co_await AnswerPoll(call, poll);
    co_return answered;
  }
  auto statement = StatementIn(*session, command);
  if (!statement.ok()) co_return statement.error();
  const auto poll = StartPoll(session, *std::move(statement), descriptor);
  // Who goes before the answer does not know how to ask again.
  const auto registration = cancellation->OnCancel(
      [statement = poll->call.cancellation] { statement->Cancel(Error(ErrorCode::kCancelled, "the client is gone")); });
  co_await WaitFor(poll, cancellation, steady_clock::now() + kFirstWait, false);
  const Status answered = co_await AnswerPoll(call, poll);
  co_return answered;
}

std::shared_ptr<FlightDoor::Impl::Poll> FlightDoor::Impl::StartPoll(const SessionPtr& session, Statement statement,
                                                                    const wire::FlightDescriptor& descriptor) {
  auto poll = std::make_shared<Poll>();
  poll->handle = RandomHex(16);
  poll->session = session;
  poll->call = NewCall(session, nullptr);
  poll->asked = descriptor;
  poll->expires = steady_clock::now() + options_.result_lifetime;
  polls_[poll->handle] = poll;
  statement.poll = poll;
  Enter();
  asio::co_spawn(strand_, RunPolled(shared_from_this(), poll, std::move(statement)), asio::detached);
  return poll;
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::RunPolled([[maybe_unused]] std::shared_ptr<Impl> self,
                                                         std::shared_ptr<Poll> poll, Statement statement) {
  auto result = co_await Run(poll->session, poll->call, std::move(statement));
  if (result.ok()) {
    (*result)->poll = poll->handle;
    poll->outcome = Announce(poll->session, *std::move(result), poll->asked);
  } else {
    poll->outcome = result.error();
  }
  for (const auto& waiter : poll->waiting) waiter->Wake();
  Leave();
}

FlightDoor::Impl::Task<void> FlightDoor::Impl::WaitFor(std::shared_ptr<Poll> poll,
                                                       std::shared_ptr<Cancellation> cancellation,
                                                       steady_clock::time_point until, bool also_progress) {
  while (!poll->outcome && !cancellation->cancelled() && steady_clock::now() < until) {
    const auto waiter = std::make_shared<Waiter>(strand_, std::min(until, steady_clock::now() + kLook));
    const auto registration = waiter->WakeOn(*cancellation);
    poll->waiting.insert(waiter);
    co_await waiter->Wait();
    poll->waiting.erase(waiter);
    if (poll->outcome || !also_progress) continue;
    const double progress = co_await ProgressOf(poll);
    if (progress - poll->progress >= kWorthTelling) break;
  }
}

FlightDoor::Impl::Task<double> FlightDoor::Impl::ProgressOf(std::shared_ptr<Poll> poll) {
  const auto engine = poll->engine.lock();
  if (engine == nullptr) co_return -1;
  auto ask = [engine] { return engine->GetProgress().fraction; };
  auto asking = net::StartBlocking(services_.control_pool, strand_, std::move(ask));
  co_await asking->Finished();
  co_return std::min(*asking->result, 1.0);
}

FlightDoor::Impl::Task<Status> FlightDoor::Impl::AnswerPoll(CallPtr call, std::shared_ptr<Poll> poll) {
  if (const auto why = call->cancellation()->why()) co_return *why;
  wire::PollInfo answer;
  const double progress = co_await ProgressOf(poll);
  if (!poll->outcome) {
    // The descriptor stands for the statement, here and in the FlightInfo, which may have to cancel it.
    auto& info = *answer.mutable_info();
    info.mutable_flight_descriptor()->set_type(wire::FlightDescriptor::CMD);
    info.mutable_flight_descriptor()->set_cmd(TicketOf(poll->handle, poll->session->user()));
    info.set_total_records(-1);
    info.set_total_bytes(-1);
    *answer.mutable_flight_descriptor() = info.flight_descriptor();
    if (progress >= 0) answer.set_progress(poll->progress = progress);
    poll->expires = steady_clock::now() + options_.result_lifetime;
    const auto until = (std::chrono::system_clock::now() + options_.result_lifetime).time_since_epoch();
    answer.mutable_expiration_time()->set_seconds(std::chrono::duration_cast<std::chrono::seconds>(until).count());
  } else if (poll->outcome->ok()) {
    *answer.mutable_info() = **poll->outcome;
    answer.set_progress(1);
  } else {
    polls_.erase(poll->handle);
    co_return poll->outcome->error();
  }
  Answer(call, answer);
  co_return Status::Ok();
}

std::shared_ptr<FlightDoor::Impl::Poll> FlightDoor::Impl::FindPoll(const FlightSession& session,
                                                                   const wire::FlightDescriptor& descriptor) const {
  const auto ticket = ReadTicket(session, descriptor.cmd());
  const auto found = ticket ? polls_.find(ticket->session) : polls_.end();
  return found == polls_.end() ? nullptr : found->second;
}

void FlightDoor::Impl::DropPolls(const std::function<bool(const Poll&)>& which) {
  for (auto at = polls_.begin(); at != polls_.end();) {
    if (!which(*at->second)) {
      ++at;
      continue;
    }
    const Poll& poll = *at->second;  // an outcome is dropped by itself
    if (!poll.outcome) poll.call.cancellation->Cancel(Error(ErrorCode::kCancelled, "nobody asks for the statement"));
    at = polls_.erase(at);
  }
}

}  // namespace tavana::gateway
