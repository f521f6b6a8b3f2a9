#pragma once

#include <arrow/api.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tavana::gateway {

struct SessionServices;

/// What a session shows of itself to others; PostgreSQL's pg_stat_activity says what each means.
struct SessionActivity {
  using Time = std::chrono::system_clock::time_point;
  std::uint32_t process_id = 0;
  std::string user, database, application_name, client_address;
  int client_port = 0;
  Time connected;
  std::optional<Time> transaction_began, statement_began;
  Time state_changed;
  std::string state = "idle";
  std::string statement;  ///< the last one, as others may see it
  bool waits_for_slot = false;
  /// Of the running statement; negative when unknown.
  double fraction_done = -1;
  std::uint64_t rows_processed = 0, rows_total = 0;
};

/// Names and values, as SHOW ALL lists them.
using SettingList = std::vector<std::pair<std::string, std::string>>;

/// The relations of the catalog that only the gateway can fill (engine::Prepared::inline_tables), as they are now, for
/// a session of `user`: statements of other users are not shown. Thread-safe.
std::map<std::string, std::shared_ptr<arrow::Table>> LiveTables(const std::vector<std::string>& names,
                                                                const SettingList& settings, const std::string& user,
                                                                const SessionServices& services);

}  // namespace tavana::gateway
