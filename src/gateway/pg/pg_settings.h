#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "gateway/live_tables.h"

namespace tavana::gateway {

/// The names in a search_path, unquoted.
std::vector<std::string> SchemasOf(std::string_view path);

/// The PostgreSQL settings that the door itself keeps for a session, with their transaction rules: a SET in a block is
/// undone by ROLLBACK, a SET LOCAL by the end of the block (postgresql.org/docs/15/sql-set.html).
/// Names are lower case. Not thread-safe.
class PgSettings {
 public:
  /// `report` hears of every change of a setting that PostgreSQL reports by ParameterStatus.
  using Report = std::function<void(std::string_view name, std::string_view value)>;
  explicit PgSettings(Report report);

  /// True for the settings kept here: PostgreSQL's, and those with a dot in their name, which are the client's own. All
  /// others belong to the engine.
  static bool Knows(std::string_view name);
  /// Whether it has a value: a client's own has none before it is set.
  bool Has(std::string_view name) const;
  /// As PostgreSQL writes the name (DateStyle).
  static std::string Spelled(std::string_view name);
  /// The value now; there must be one.
  const std::string& Get(std::string_view name) const;
  /// Checks and normalises `value`. kInvalidParameter, or kReadOnly-like kUnsupported for what can not change.
  Status Set(std::string_view name, std::string_view value, bool local);
  /// A value from the startup packet or the server: also the default that RESET goes back to.
  Status SetDefault(std::string_view name, std::string_view value);
  /// For values that are facts of the session rather than settings (session_authorization, is_superuser ...).
  void Force(std::string_view name, std::string value);
  void Reset(std::string_view name);
  void ResetAll();

  void Begin();
  void Commit();
  void Rollback();

  /// A copy in which a block has begun, for one that is not the session's only: its Commit or Rollback is a matter of
  /// the copy, and Join brings what it has committed.
  PgSettings ForBlock() const;
  /// Takes over what `block`, of ForBlock, has set for longer than itself. What both have set is then the block's.
  void Join(const PgSettings& block);

  /// What a savepoint goes back to.
  struct State {
    std::map<std::string, std::string, std::less<>> values, at_commit;
  };
  State Save() const { return {values_, at_commit_.value_or(values_)}; }
  void GoBack(State to);

  /// Name as PostgreSQL spells it, and value, of what ParameterStatus reports.
  std::vector<std::pair<std::string, std::string>> Reported() const;
  /// Every setting, by name. The list stays as it is.
  std::shared_ptr<const SettingList> All();

  /// Of a time setting; zero means none.
  std::chrono::milliseconds Milliseconds(std::string_view name) const;

 private:
  using Values = std::map<std::string, std::string, std::less<>>;
  void Replace(Values to);
  void Assign(std::string_view name, std::string value);

  Report report_;
  std::shared_ptr<const SettingList> listed_;  // made when asked for; null when something has changed since
  Values defaults_;
  Values values_;
  std::optional<Values> at_begin_;   // to go back to on ROLLBACK
  std::optional<Values> at_commit_;  // what stays after COMMIT: values_ without the SET LOCALs
};

}  // namespace tavana::gateway
