#include "duckdb/plan_guard.h"

#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/database_manager.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/transaction/transaction.hpp>

namespace tavana::duckdb_engine {

::duckdb::shared_ptr<PlanGuard> PlanGuard::Of(::duckdb::ClientContext& context, WriteGate& gate) {
  return context.registered_state->GetOrCreate<PlanGuard>("tavana_plan_guard", gate);
}

void PlanGuard::Enter() {
  if (writes_) return;
  writes_ = true;
  gate_.Enter();
}

void PlanGuard::Leave() {
  if (!writes_) return;
  writes_ = false;
  gate_.Leave();
}

void PlanGuard::Settle(::duckdb::ClientContext& context) {
  if (!context.transaction.HasActiveTransaction()) Leave();
}

void PlanGuard::ExpectQuietSince(std::optional<std::uint64_t> planned) {
  expects_ = true;
  planned_ = planned;
}

::duckdb::RebindQueryInfo PlanGuard::OnExecutePrepared(::duckdb::ClientContext& context,
                                                       ::duckdb::PreparedStatementCallbackInfo& info,
                                                       ::duckdb::RebindQueryInfo current) {
  if (!expects_) return current;
  for (const auto& [name, identity] : info.prepared_statement.properties.read_databases) {
    // Takes the snapshot, unless the transaction has one.
    if (auto database = ::duckdb::DatabaseManager::Get(context).GetDatabase(context, name))
      ::duckdb::Transaction::Get(context, *database);
  }
  if (planned_ && gate_.Quiet() == planned_) return current;
  return ::duckdb::RebindQueryInfo::ATTEMPT_TO_REBIND;
}

}  // namespace tavana::duckdb_engine
