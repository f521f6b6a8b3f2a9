#include <fmt/format.h>

#include "gateway/pg/pg_session.h"
#include "sql/fetch_direction.h"

namespace tavana::gateway {

using sql::Command;

namespace {

Error NoSuchCursor(const std::string& name) {
  return Error(ErrorCode::kUndefinedCursor, fmt::format("cursor \"{}\" does not exist", name));
}

}  // namespace

std::shared_ptr<PreparedStatement> PgSession::QueryOf(const PreparedStatement& declare) {
  auto query = std::make_shared<PreparedStatement>();
  query->sql = *declare.classified.value;
  query->classified = sql::Classify(query->sql);
  query->parameter_oids = declare.parameter_oids;
  return query;
}

// A cursor is a portal that a name was given in SQL. It starts here, so that it shows what was there when it was
// declared; what the engine then still computes moves aside when another statement runs.
PgSession::Task<Result<std::string>> PgSession::Declare(const engine::CallContext& call, const Portal& portal) {
  const sql::Classified& command = portal.statement()->classified;
  if (state_ == TransactionState::kIdle && !implicit_block_ && !command.hold) {
    co_return Error(ErrorCode::kNoActiveTransaction, "DECLARE CURSOR can only be used in transaction blocks");
  }
  if (command.scroll) {
    co_return Error(ErrorCode::kUnsupported, "scrollable cursors are not supported")
        .WithHint("Cursors are read once, from the first row to the last: leave SCROLL out.");
  }
  if (portals_.contains(command.name)) {
    co_return Error(ErrorCode::kDuplicateCursor, fmt::format("cursor \"{}\" already exists", command.name));
  }
  if (portals_.size() >= kMaxPortals) {
    co_return Error(ErrorCode::kQuotaExceeded, fmt::format("a session may hold {} portals", kMaxPortals));
  }
  std::shared_ptr<PreparedStatement> query = portal.statement()->query;
  if (query == nullptr) {  // the simple protocol
    query = QueryOf(*portal.statement());
    query->once = true;
    const Status prepared = co_await PrepareStatement(call, query);
    if (!prepared.ok()) co_return prepared.error();
  }
  if (query->prepared->kind != engine::StatementKind::kQuery || !query->prepared->returns_rows) {
    if (query->once) closing_.push_back(query->prepared->id);
    co_return Error(ErrorCode::kSyntax, "DECLARE CURSOR must be for a query");
  }
  auto formats = command.binary ? std::vector<std::int16_t>{1} : std::vector<std::int16_t>{};
  auto cursor = std::make_shared<Portal>(query, portal.parameters(), std::move(formats));
  Delivery delivery{.portal = cursor, .rows = 0};
  const auto started = co_await Deliver(call, std::move(delivery));
  if (!started.ok()) {
    co_await Release(std::move(cursor));
    co_return started.error();
  }
  cursor->hold = command.hold;
  cursor->of_this_block = state_ != TransactionState::kIdle || implicit_block_;
  cursor->savepoints = savepoints_.size();
  portals_[command.name] = std::move(cursor);
  co_return std::string("DECLARE CURSOR");
}

PgSession::Task<Result<std::string>> PgSession::FetchOrMove(const engine::CallContext& call, const Portal& portal,
                                                            bool describe) {
  const sql::Classified& command = portal.statement()->classified;
  const bool moves = command.command == Command::kMove;
  const auto found = portals_.find(command.name);
  if (found == portals_.end() || !found->second->started()) co_return NoSuchCursor(command.name);
  const std::shared_ptr<Portal> cursor = found->second;
  const auto steps = sql::StepsOf(command.value.value_or(""), cursor->position());
  if (!steps.ok()) co_return steps.error();
  Delivery delivery{.portal = cursor,
                    .rows = steps->take,
                    .describe = describe && !moves,
                    .skip = steps->skip,
                    .skip_to_last = steps->last,
                    .discard = moves};
  if (!moves) {
    const auto& formats = describe ? cursor->formats() : portal.formats();
    auto encoder = pgwire::RowEncoder::Make(*cursor->schema(), formats, CurrentTextSettings());
    if (!encoder.ok()) co_return std::move(encoder).error();
    delivery.encoder = std::make_shared<pgwire::RowEncoder>(*std::move(encoder));
  }
  const auto rows = co_await Deliver(call, std::move(delivery));
  if (!rows.ok()) co_return rows.error();
  co_return fmt::format("{} {}", moves ? "MOVE" : "FETCH", *rows);
}

PgSession::Task<Result<std::string>> PgSession::CloseCursor(const sql::Classified& command) {
  if (command.name == "all") {
    auto portals = TakePortals();
    co_await ReleaseAll(std::move(portals));
    co_return std::string("CLOSE CURSOR ALL");
  }
  const auto found = portals_.find(command.name);
  if (found == portals_.end()) co_return NoSuchCursor(command.name);
  auto cursor = std::move(found->second);
  portals_.erase(found);
  co_await Release(std::move(cursor));
  co_return std::string("CLOSE CURSOR");
}

}  // namespace tavana::gateway
