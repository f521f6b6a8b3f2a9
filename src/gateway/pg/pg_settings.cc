#include "gateway/pg/pg_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cctype>

#include "sql/lexer.h"
#include "sql/statement.h"

namespace tavana::gateway {
namespace {

enum class Kind {
  kText,
  kFixed,
  kBool,
  kInteger,
  kMilliseconds,
  kEncoding,
  kDateStyle,
  kIsolation,
  kByteaOutput,
  kDialect,
  kPath
};

struct Spec {
  std::string_view name;      // lower case
  std::string_view spelling;  // PostgreSQL's own
  std::string_view value;     // at the start
  Kind kind;
  bool reported = false;
};

// Names, defaults and which are reported: postgresql.org/docs/15/runtime-config-client.html and protocol-flow.html.
constexpr std::array kSpecs = {
    Spec{"application_name", "application_name", "", Kind::kText, true},
    Spec{"backslash_quote", "backslash_quote", "safe_encoding", Kind::kText},
    Spec{"bytea_output", "bytea_output", "hex", Kind::kByteaOutput},
    Spec{"check_function_bodies", "check_function_bodies", "on", Kind::kBool},
    Spec{"client_encoding", "client_encoding", "UTF8", Kind::kEncoding, true},
    Spec{"client_min_messages", "client_min_messages", "notice", Kind::kText},
    Spec{"datestyle", "DateStyle", "ISO, MDY", Kind::kDateStyle, true},
    Spec{"default_table_access_method", "default_table_access_method", "heap", Kind::kText},
    Spec{"default_tablespace", "default_tablespace", "", Kind::kText},
    Spec{"default_transaction_deferrable", "default_transaction_deferrable", "off", Kind::kBool},
    Spec{"default_transaction_isolation", "default_transaction_isolation", "repeatable read", Kind::kIsolation},
    Spec{"default_transaction_read_only", "default_transaction_read_only", "off", Kind::kBool, true},
    Spec{"escape_string_warning", "escape_string_warning", "on", Kind::kBool},
    Spec{"extra_float_digits", "extra_float_digits", "1", Kind::kInteger},
    Spec{"idle_in_transaction_session_timeout", "idle_in_transaction_session_timeout", "0", Kind::kMilliseconds},
    Spec{"idle_session_timeout", "idle_session_timeout", "0", Kind::kMilliseconds},
    Spec{"in_hot_standby", "in_hot_standby", "off", Kind::kFixed, true},
    Spec{"integer_datetimes", "integer_datetimes", "on", Kind::kFixed, true},
    Spec{"intervalstyle", "IntervalStyle", "postgres", Kind::kFixed, true},
    Spec{"is_superuser", "is_superuser", "off", Kind::kFixed, true},
    Spec{"lc_collate", "lc_collate", "C", Kind::kFixed},
    Spec{"lc_ctype", "lc_ctype", "C", Kind::kFixed},
    Spec{"lock_timeout", "lock_timeout", "0", Kind::kMilliseconds},
    Spec{"jit", "jit", "off", Kind::kBool},
    Spec{"lo_compat_privileges", "lo_compat_privileges", "off", Kind::kBool},
    Spec{"maintenance_work_mem", "maintenance_work_mem", "64MB", Kind::kText},
    Spec{"max_identifier_length", "max_identifier_length", "63", Kind::kFixed},
    Spec{"max_index_keys", "max_index_keys", "32", Kind::kFixed},
    Spec{"max_parallel_workers_per_gather", "max_parallel_workers_per_gather", "2", Kind::kInteger},
    Spec{"quote_all_identifiers", "quote_all_identifiers", "off", Kind::kBool},
    Spec{"random_page_cost", "random_page_cost", "4", Kind::kText},
    Spec{"row_security", "row_security", "on", Kind::kBool},
    Spec{"search_path", "search_path", "\"$user\", public", Kind::kPath},
    Spec{"server_encoding", "server_encoding", "UTF8", Kind::kFixed, true},
    Spec{"server_version", "server_version", "15.0 (Tavana)", Kind::kFixed, true},
    Spec{"server_version_num", "server_version_num", "150000", Kind::kFixed},
    Spec{"session_authorization", "session_authorization", "", Kind::kFixed, true},
    Spec{"standard_conforming_strings", "standard_conforming_strings", "on", Kind::kFixed, true},
    Spec{"statement_timeout", "statement_timeout", "0", Kind::kMilliseconds},
    Spec{"synchronous_commit", "synchronous_commit", "on", Kind::kText},
    Spec{"tavana.dialect", "tavana.dialect", "duckdb", Kind::kDialect},
    Spec{"tavana.string_views", "tavana.string_views", "off", Kind::kBool},
    Spec{"timezone", "TimeZone", "UTC", Kind::kText, true},
    Spec{"transaction_deferrable", "transaction_deferrable", "off", Kind::kBool},
    Spec{"transaction_isolation", "transaction_isolation", "repeatable read", Kind::kIsolation},
    Spec{"transaction_read_only", "transaction_read_only", "off", Kind::kBool},
    Spec{"work_mem", "work_mem", "4MB", Kind::kText},
    Spec{"xmloption", "xmloption", "content", Kind::kText},
};

// What a session may keep of settings that only its client knows the meaning of (chosen).
constexpr std::size_t kMaxCustom = 256;
constexpr std::size_t kMaxCustomBytes = 64 << 10;

/// "schema.setting", which anybody may set (postgresql.org/docs/15/runtime-config-custom.html).
bool IsCustom(std::string_view name) { return name.find('.') != std::string_view::npos; }

const Spec* Find(std::string_view name) {
  const auto at = std::find_if(kSpecs.begin(), kSpecs.end(), [&](const Spec& spec) { return spec.name == name; });
  return at == kSpecs.end() ? nullptr : &*at;
}

Error Invalid(const Spec& spec, std::string_view value) {
  return Error(ErrorCode::kInvalidParameter,
               fmt::format("invalid value for parameter \"{}\": \"{}\"", spec.spelling, value));
}

Result<std::string> Bool(const Spec& spec, std::string_view value) {
  const std::string lower = sql::LowerCase(value);
  for (const std::string_view yes : {"on", "true", "yes", "1", "t", "y"}) {
    if (lower == yes) return std::string("on");
  }
  for (const std::string_view no : {"off", "false", "no", "0", "f", "n"}) {
    if (lower == no) return std::string("off");
  }
  return Error(ErrorCode::kInvalidParameter, fmt::format("parameter \"{}\" requires a Boolean value", spec.spelling));
}

constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}, {"", 1}}};

/// As PostgreSQL shows it: in the largest unit that leaves nothing over.
std::string DurationText(std::int64_t milliseconds) {
  if (milliseconds == 0) return "0";
  for (const auto& [name, factor] : kUnits) {
    if (milliseconds % factor == 0) return fmt::format("{}{}", milliseconds / factor, name);
  }
  __builtin_unreachable();
}

/// What a text of DurationText, or one of a client, says; nullopt when it says nothing.
std::optional<std::int64_t> MillisecondsOf(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failure != std::errc() || number < 0) return std::nullopt;
  std::string_view unit(end, static_cast<std::size_t>(value.data() + value.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  for (const auto& [name, factor] : kUnits) {
    if (unit == name && number <= 2'147'483'647 / factor) return number * factor;
  }
  return std::nullopt;
}

// "250", "250ms", "5s", "1min", "2h", "1d" (postgresql.org/docs/15/config-setting.html).
Result<std::string> Duration(const Spec& spec, std::string_view value) {
  if (const auto milliseconds = MillisecondsOf(value)) return DurationText(*milliseconds);
  return std::move(Invalid(spec, value))
      .WithHint("Valid units for this parameter are \"ms\", \"s\", \"min\", \"h\" and \"d\".");
}

Result<std::string> Normalise(const Spec& spec, std::string_view value) {
  switch (spec.kind) {
    case Kind::kText: return std::string(value);
    case Kind::kFixed:
      if (sql::LowerCase(value) == sql::LowerCase(spec.value)) return std::string(spec.value);
      return Error(ErrorCode::kUnsupported, fmt::format("parameter \"{}\" cannot be changed", spec.spelling));
    case Kind::kBool: return Bool(spec, value);
    case Kind::kInteger: {
      int number = 0;
      const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (failure != std::errc() || end != value.data() + value.size()) return Invalid(spec, value);
      return std::to_string(number);
    }
    case Kind::kMilliseconds: return Duration(spec, value);
    case Kind::kEncoding: {
      std::string lower = sql::LowerCase(value);
      std::erase_if(lower, [](char c) { return c == '-' || c == '_' || c == '\''; });  // asyncpg quotes it
      if (lower == "utf8" || lower == "unicode") return std::string("UTF8");
      return std::move(Invalid(spec, value)).WithHint("Tavana speaks UTF8 only.");
    }
    case Kind::kDateStyle: {
      const std::string lower = sql::LowerCase(value);
      if (lower.find("sql") != std::string::npos || lower.find("german") != std::string::npos ||
          lower.find("postgres") != std::string::npos) {
        return std::move(Invalid(spec, value)).WithHint("Dates are written in ISO style only.");
      }
      if (lower.find("dmy") != std::string::npos) return std::string("ISO, DMY");
      if (lower.find("ymd") != std::string::npos) return std::string("ISO, YMD");
      return std::string("ISO, MDY");
    }
    case Kind::kIsolation: {
      const std::string lower = sql::LowerCase(value);
      for (const std::string_view level : {"serializable", "repeatable read", "read committed", "read uncommitted"}) {
        if (lower == level) return lower;
      }
      return Invalid(spec, value);
    }
    case Kind::kPath: {
      std::string path;
      for (const std::string& name : SchemasOf(value)) {
        const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
          return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
        });
        path += path.empty() ? "" : ", ";
        path += plain ? name : sql::QuoteIdentifier(name);
      }
      return path;
    }
    case Kind::kDialect: {
      std::string lower = sql::LowerCase(value);
      if (lower == "postgresql") lower = "postgres";
      if (lower != "duckdb" && lower != "postgres")
        return Invalid(spec, value).WithHint("Available values: duckdb, postgres.");
      return lower;
    }
    case Kind::kByteaOutput: {
      const std::string lower = sql::LowerCase(value);
      if (lower == "hex" || lower == "escape") return lower;
      return Invalid(spec, value);
    }
  }
  __builtin_unreachable();
}

/// A setting of the client's own takes any text.
Result<std::string> Normalise(std::string_view name, std::string_view value) {
  const Spec* spec = Find(name);
  return spec == nullptr ? Result<std::string>(std::string(value)) : Normalise(*spec, value);
}

}  // namespace

std::vector<std::string> SchemasOf(std::string_view path) {
  std::vector<std::string> names;
  sql::Lexer lexer(path);
  std::string name;
  for (sql::Token token = lexer.Next();; token = lexer.Next()) {
    const bool ends = token.kind == sql::TokenKind::kEnd || token.IsSymbol(',');
    if (!ends) name += token.kind == sql::TokenKind::kWord ? token.AsName() : token.Unquoted();
    if (ends && !name.empty()) names.push_back(std::exchange(name, {}));
    if (token.kind == sql::TokenKind::kEnd) return names;
  }
}

PgSettings::PgSettings(Report report) : report_(std::move(report)) {
  for (const Spec& spec : kSpecs) defaults_.emplace(spec.name, spec.value);
  values_ = defaults_;
}

bool PgSettings::Knows(std::string_view name) { return Find(name) != nullptr || IsCustom(name); }

bool PgSettings::Has(std::string_view name) const { return values_.find(name) != values_.end(); }

std::string PgSettings::Spelled(std::string_view name) {
  const Spec* spec = Find(name);
  return std::string(spec == nullptr ? name : spec->spelling);
}

const std::string& PgSettings::Get(std::string_view name) const {
  const auto at = values_.find(name);
  TAVANA_CHECK(at != values_.end());
  return at->second;
}

void PgSettings::Assign(std::string_view name, std::string value) {
  listed_.reset();
  auto& slot = values_[std::string(name)];
  if (slot == value) return;
  slot = std::move(value);
  const Spec* spec = Find(name);
  if (spec != nullptr && spec->reported) report_(spec->spelling, slot);
}

Status PgSettings::Set(std::string_view name, std::string_view value, bool local) {
  TAVANA_ASSIGN_OR_RETURN(std::string normal, Normalise(name, value));
  const bool too_much = value.size() > kMaxCustomBytes || (!Has(name) && values_.size() >= kSpecs.size() + kMaxCustom);
  if (Find(name) == nullptr && too_much) {
    return Error(ErrorCode::kQuotaExceeded, fmt::format("a session may hold {} settings of its own, of {} bytes each",
                                                        kMaxCustom, kMaxCustomBytes));
  }
  if (at_commit_ && !local) (*at_commit_)[std::string(name)] = normal;
  if (local && !at_begin_) return Status::Ok();  // outside a block it ends before it begins
  Assign(name, std::move(normal));
  return Status::Ok();
}

Status PgSettings::SetDefault(std::string_view name, std::string_view value) {
  TAVANA_ASSIGN_OR_RETURN(std::string normal, Normalise(name, value));
  Force(name, std::move(normal));
  return Status::Ok();
}

void PgSettings::Force(std::string_view name, std::string value) {
  defaults_[std::string(name)] = value;
  Assign(name, std::move(value));
}

void PgSettings::Reset(std::string_view name) {
  const auto known = defaults_.find(name);
  const std::string value = known == defaults_.end() ? std::string() : known->second;
  if (at_commit_) (*at_commit_)[std::string(name)] = value;
  Assign(name, value);
}

void PgSettings::ResetAll() {
  if (at_commit_) at_commit_ = defaults_;
  Replace(defaults_);
}

void PgSettings::Replace(Values to) {
  std::erase_if(values_, [&](const auto& each) { return !to.contains(each.first); });
  listed_.reset();
  for (auto& [name, value] : to) Assign(name, std::move(value));
}

void PgSettings::Begin() {
  at_begin_ = values_;
  at_commit_ = values_;
}

void PgSettings::Commit() {
  if (auto to = std::exchange(at_commit_, std::nullopt)) Replace(std::move(*to));
  at_begin_.reset();
}

void PgSettings::Rollback() {
  if (auto to = std::exchange(at_begin_, std::nullopt)) Replace(std::move(*to));
  at_commit_.reset();
}

PgSettings PgSettings::ForBlock() const {
  PgSettings block = *this;
  block.Begin();
  return block;
}

void PgSettings::Join(const PgSettings& block) {
  for (const auto& [name, value] : block.at_commit_.value_or(Values())) {
    const auto before = block.at_begin_->find(name);
    if (before == block.at_begin_->end() || before->second != value) Assign(name, value);
  }
}

void PgSettings::GoBack(State to) {
  if (at_commit_) at_commit_ = std::move(to.at_commit);
  Replace(std::move(to.values));
}

std::vector<std::pair<std::string, std::string>> PgSettings::Reported() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Spec& spec : kSpecs) {
    if (spec.reported) all.emplace_back(spec.spelling, Get(spec.name));
  }
  return all;
}

std::shared_ptr<const SettingList> PgSettings::All() {
  if (listed_ == nullptr) {
    auto all = std::make_shared<SettingList>();
    for (const auto& [name, value] : values_) all->emplace_back(Spelled(name), value);
    listed_ = std::move(all);
  }
  return listed_;
}

std::chrono::milliseconds PgSettings::Milliseconds(std::string_view name) const {
  return std::chrono::milliseconds(MillisecondsOf(Get(name)).value_or(0));
}

}  // namespace tavana::gateway
