// pg_advisory_lock and its kin (postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS), as statements of
// their own.
#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "gateway/pg/pg_session.h"

namespace tavana::gateway {
namespace {

/// What a function's name says: pg_[try_]advisory_[xact_][un]lock[_shared|_all].
struct Wanted {
  bool tries, unlocks, of_transaction, shared, all;
};

Wanted WantedBy(std::string_view name) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  return {.tries = has("_try_"),
          .unlocks = has("unlock"),
          .of_transaction = has("_xact_"),
          .shared = has("_shared"),
          .all = has("_all")};
}

/// Whether it says true or false; the others are void.
bool Answers(const Wanted& wanted) { return wanted.tries || (wanted.unlocks && !wanted.all); }

Error BadKey() { return Error(ErrorCode::kDatatypeMismatch, "an advisory lock's key is one bigint or two integers"); }

}  // namespace

std::shared_ptr<arrow::Schema> PgSession::ColumnsOfAdvisory(const sql::Classified& command) {
  const bool answers = Answers(WantedBy(command.name));
  return arrow::schema({arrow::field(command.name, answers ? arrow::boolean() : arrow::utf8())});
}

Result<AdvisoryKey> PgSession::AdvisoryKeyOf(const Portal& portal) {
  const sql::Classified& command = portal.statement()->classified;
  std::vector<std::int64_t> numbers;
  std::string_view rest = *command.value;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    std::int64_t number = 0;
    if (word.front() == '$') {
      int index = 0;
      std::from_chars(word.data() + 1, word.data() + word.size(), index);
      TAVANA_ASSIGN_OR_RETURN(const auto given, IntegerParameter(portal, index, BadKey()));
      if (!given) return BadKey();
      number = *given;
    } else {
      const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
      if (failure != std::errc() || end != word.data() + word.size()) return BadKey();
    }
    numbers.push_back(number);
  }
  if (numbers.size() == 1) return AdvisoryKey{.first = numbers[0], .second = std::nullopt};
  constexpr auto kLeast = std::numeric_limits<std::int32_t>::min(), kMost = std::numeric_limits<std::int32_t>::max();
  if (numbers.size() != 2 || numbers[0] < kLeast || numbers[0] > kMost || numbers[1] < kLeast || numbers[1] > kMost)
    return BadKey();
  return AdvisoryKey{.first = numbers[0], .second = static_cast<std::int32_t>(numbers[1])};
}

PgSession::Task<Status> PgSession::Advisory(const engine::CallContext& call, Portal& portal, bool describe) {
  const sql::Classified& command = portal.statement()->classified;
  const Wanted wanted = WantedBy(command.name);
  bool answer = true;
  if (wanted.all) {
    ReleaseAdvisoryLocks(false);
  } else {
    const auto key = AdvisoryKeyOf(portal);
    if (!key.ok()) co_return key.error();
    const HeldLock lock{.key = *key, .shared = wanted.shared};
    if (wanted.unlocks) {
      const auto held = std::find(session_locks_.begin(), session_locks_.end(), lock);
      answer = held != session_locks_.end();
      if (answer) {
        session_locks_.erase(held);
        services_.advisory_locks.Release(process_id_, lock.key, lock.shared);
      } else {
        Warn(ErrorCode::kWarning,
             fmt::format("you don't own a lock of type {}", wanted.shared ? "ShareLock" : "ExclusiveLock"));
      }
    } else {
      if (session_locks_.size() + transaction_locks_.size() >= kMaxAdvisoryLocks) {
        co_return Error(ErrorCode::kQuotaExceeded,
                        fmt::format("a session may hold {} advisory locks", kMaxAdvisoryLocks));
      }
      if (wanted.tries) {
        answer = services_.advisory_locks.Try(process_id_, lock.key, lock.shared);
      } else {
        const auto limit = settings_.Milliseconds("lock_timeout");
        std::optional<AdvisoryLocks::Clock::time_point> deadline;
        if (limit.count() > 0) deadline = AdvisoryLocks::Clock::now() + limit;
        const Status taken = co_await services_.advisory_locks.Take(strand_, process_id_, lock.key, lock.shared,
                                                                    deadline, call.cancellation);
        if (!taken.ok()) co_return taken;
      }
      if (answer) (wanted.of_transaction ? transaction_locks_ : session_locks_).push_back(lock);
    }
  }
  std::shared_ptr<arrow::Scalar> value = std::make_shared<arrow::StringScalar>("");  // void
  if (Answers(wanted)) value = std::make_shared<arrow::BooleanScalar>(answer);
  const Status sent = SendRow(call, portal, {value}, describe);
  // Out of a block the transaction is this statement.
  if (state_ == TransactionState::kIdle && !engine_->in_transaction()) ReleaseAdvisoryLocks(true);
  co_return sent;
}

void PgSession::ReleaseAdvisoryLocks(bool of_transaction) {
  auto& locks = of_transaction ? transaction_locks_ : session_locks_;
  for (const HeldLock& lock : locks) services_.advisory_locks.Release(process_id_, lock.key, lock.shared);
  locks.clear();
}

}  // namespace tavana::gateway
