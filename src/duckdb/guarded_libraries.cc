#include "duckdb/guarded_libraries.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/main/database.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/parsed_data/attach_info.hpp>
#include <duckdb/parser/tableref.hpp>
#include <duckdb/planner/extension_callback.hpp>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "duckdb/errors.h"

namespace tavana::duckdb_engine {
namespace {

using ::duckdb::StringUtil;

Error Closed(const std::string& what) {
  return Error(ErrorCode::kPermissionDenied, "permission denied: " + what + " is closed to this session");
}

bool HasOnly(const std::string& text, std::string_view more) {
  return std::ranges::all_of(text, [&](unsigned char each) {
    return std::isalnum(each) != 0 || more.find(static_cast<char>(each)) != std::string_view::npos;
  });
}

// ---- what libpq reads of a connection string
// -------------------------------------------------------------------------

using Parameters = std::map<std::string, std::string>;

/// Nothing for a string that libpq might read otherwise.
std::optional<Parameters> KeyValues(const std::string& text) {
  Parameters parameters;
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  };
  for (skip(); at < text.size(); skip()) {
    std::string key, value;
    while (at < text.size() && text[at] != '=' && std::isspace(static_cast<unsigned char>(text[at])) == 0)
      key += text[at++];
    skip();
    if (at == text.size() || text[at++] != '=') return std::nullopt;
    skip();
    const bool quoted = at < text.size() && text[at] == '\'';
    if (quoted) ++at;
    for (;; ++at) {
      if (at == text.size()) {
        if (quoted) return std::nullopt;
        break;
      }
      if (quoted ? text[at] == '\'' : std::isspace(static_cast<unsigned char>(text[at])) != 0) break;
      if (text[at] == '\\' && ++at == text.size()) return std::nullopt;
      value += text[at];
    }
    if (quoted) ++at;
    parameters[StringUtil::Lower(key)] = value;
  }
  return parameters;
}

std::optional<Parameters> PostgresParameters(const std::string& text) {
  const auto scheme = text.find("://");
  if (!text.starts_with("postgres://") && !text.starts_with("postgresql://")) return KeyValues(text);
  if (text.find('%') != std::string::npos) return std::nullopt;  // an address in disguise
  Parameters parameters;
  std::string rest = text.substr(scheme + 3);
  if (const auto query = rest.find('?'); query != std::string::npos) {
    for (const auto& part : StringUtil::Split(rest.substr(query + 1), '&')) {
      const auto equals = part.find('=');
      if (equals == std::string::npos) return std::nullopt;
      parameters[StringUtil::Lower(part.substr(0, equals))] = part.substr(equals + 1);
    }
    rest.resize(query);
  }
  std::string authority = rest.substr(0, rest.find('/'));
  if (const auto user = authority.rfind('@'); user != std::string::npos) authority.erase(0, user + 1);
  if (!authority.empty() && !parameters.contains("host")) parameters["host"] = authority;
  return parameters;
}

Status MayConnectByLibpq(const SessionReach& reach, const std::string& text, bool has_secret) {
  if (reach.all()) return Status::Ok();
  const auto parameters = PostgresParameters(text);
  if (!parameters) return Closed("a connection string that is not plain");
  bool has_host = false;
  for (const auto& [key, value] : *parameters) {
    if (value.empty()) continue;
    if (key == "host" || key == "hostaddr") {
      const auto port = parameters->find("port");
      for (const auto& host : StringUtil::Split(value, ',')) {
        if (host.starts_with('/') || host.starts_with('@')) return Closed("a socket of this machine");
        const bool names_port = host.find(':') != std::string::npos &&
                                (host.find(']') == std::string::npos || host.find("]:") != std::string::npos);
        const std::string number = port == parameters->end() ? "5432" : port->second;
        TAVANA_RETURN_IF_ERROR(
            reach.Host(names_port || number.find(',') != std::string::npos ? host : host + ":" + number));
        has_host = true;
      }
    } else if ((key.starts_with("ssl") && key != "sslmode" && key != "sslsni" && key != "sslcompression") ||
               key == "passfile" || key == "service" || key == "servicefile" || key == "krbsrvname") {
      return Closed("\"" + key + "\" of a connection string");
    }
  }
  if (has_host || has_secret) return Status::Ok();
  return Closed("the database server that this machine's own settings name");
}

// ---- secrets
// ----------------------------------------------------------------------------------------------------------

/// The servers of an Azure connection string.
Status MayConnectByAzure(const SessionReach& reach, const std::string& text) {
  std::string account, suffix = "core.windows.net";
  for (const auto& part : StringUtil::Split(text, ';')) {
    const auto equals = part.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = StringUtil::Lower(part.substr(0, equals)), value = part.substr(equals + 1);
    if (key.ends_with("endpoint") && key != "defaultendpointsprotocol") TAVANA_RETURN_IF_ERROR(reach.Host(value));
    if (key.find("developmentstorage") != std::string::npos && !reach.all()) return Closed("the development storage");
    if (key == "accountname") account = value;
    if (key == "endpointsuffix") suffix = value;
  }
  if (!HasOnly(account, "-")) return Closed("an account name that is none");
  if (account.empty() || suffix == "core.windows.net") return Status::Ok();
  return reach.Host(account + ".blob." + suffix);
}

constexpr std::array<std::string_view, 6> kServers = {"endpoint",          "host", "hostaddr", "http_proxy",
                                                      "oauth2_server_uri", "proxy"};
constexpr std::array<std::string_view, 3> kFiles = {"client_certificate_path", "passfile", "sslkey"};
/// Of a host's name each is a part.
constexpr std::array<std::string_view, 3> kNames = {"region", "account_name", "account_id"};

// ---- ATTACH
// -----------------------------------------------------------------------------------------------------------

/// The value of an option of ATTACH; nothing for an expression.
std::optional<std::string> Constant(const ::duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == ::duckdb::ExpressionClass::CONSTANT)
    return expression.Cast<::duckdb::ConstantExpression>().value.ToString();
  if (expression.GetExpressionClass() == ::duckdb::ExpressionClass::COLUMN_REF)
    return expression.Cast<::duckdb::ColumnRefExpression>().GetColumnName();
  return std::nullopt;
}

/// `path` as a database of `type` ("": the path says it).
Status MayOpenDatabase(const SessionReach& reach, std::string type, std::string path, bool has_secret) {
  if (type.empty()) {
    for (const char* known : {"duckdb", "ducklake", "postgres", "postgres_scanner", "delta", "iceberg"}) {
      if (!StringUtil::Lower(path).starts_with(std::string(known) + ":")) continue;
      type = known;
      path.erase(0, type.size() + 1);
      break;
    }
  }
  if (type == "postgres" || type == "postgres_scanner") return MayConnectByLibpq(reach, path, has_secret);
  if (type == "ducklake") {
    if (StringUtil::Lower(path).starts_with("ducklake:")) path.erase(0, 9);
    return path.empty() && has_secret ? Status::Ok() : MayOpenDatabase(reach, "", path, has_secret);
  }
  if (type == "iceberg" || type == "uc_catalog" || type == "unity_catalog") return Status::Ok();  // a name
  if (path.empty() || path == ":memory:") return Status::Ok();
  return reach.Path(path, PathKind::kFile);
}

// ---- functions
// --------------------------------------------------------------------------------------------------------

void ThrowUnless(const Status& allowed) {
  if (!allowed.ok()) ThrowToDuckDb(allowed.error());
}

using Replacement = ::duckdb::unique_ptr<::duckdb::TableRef>;

template <typename Ask>
Replacement AskOfFirst(::duckdb::ClientContext& context, ::duckdb::TableFunctionBindInput& input, const Ask& ask) {
  const auto reach = SessionReach::Find(context);
  if (!reach || input.inputs.empty() || input.inputs[0].IsNull()) return nullptr;
  const auto& first = input.inputs[0];
  if (first.type().id() != ::duckdb::LogicalTypeId::LIST) return ThrowUnless(ask(*reach, first.ToString())), nullptr;
  for (const auto& each : ::duckdb::ListValue::GetChildren(first)) ThrowUnless(ask(*reach, each.ToString()));
  return nullptr;
}

Replacement AskOfPath(::duckdb::ClientContext& context, ::duckdb::TableFunctionBindInput& input) {
  return AskOfFirst(context, input, [](const SessionReach& reach, const std::string& path) -> Status {
    // Delta's own client reads a path as a URL.
    if (path.find('%') != std::string::npos && path.find("://") == std::string::npos && !reach.all())
      return Closed("a path with %");
    return reach.Path(path, PathKind::kPattern);
  });
}

Replacement AskOfServer(::duckdb::ClientContext& context, ::duckdb::TableFunctionBindInput& input) {
  return AskOfFirst(context, input, [](const SessionReach& reach, const std::string& text) {
    return MayConnectByLibpq(reach, text, false);
  });
}

Replacement Refuse(::duckdb::ClientContext&, ::duckdb::TableFunctionBindInput& input) {
  ThrowToDuckDb(Closed(input.table_function.name + "(), whose library opens files and servers of its own,")
                    .WithHint("ST_ReadSHP and read_parquet read what this session may."));
}

struct GuardedFunction {
  std::string_view extension;  ///< empty: DuckDB's own
  const char* name;
  ::duckdb::table_function_bind_replace_t ask;
};
constexpr GuardedFunction kGuarded[] = {
    {"", "read_duckdb", AskOfPath},
    {"delta", "delta_scan", AskOfPath},
    {"delta", "delta_list_files", AskOfPath},
    {"delta", "delta_domain_metadata", AskOfPath},
    {"delta", "delta_get_transaction_version", AskOfPath},
    {"delta", "delta_set_transaction_version", AskOfPath},
    {"postgres_scanner", "postgres_scan", AskOfServer},
    {"postgres_scanner", "postgres_scan_pushdown", AskOfServer},
    {"postgres_scanner", "postgres_attach", AskOfServer},
    {"spatial", "st_readshp", AskOfPath},
    {"spatial", "shapefile_meta", AskOfPath},
    {"spatial", "st_readosm", AskOfPath},
    {"spatial", "st_read", Refuse},
    {"spatial", "st_read_meta", Refuse},
};

void GuardFunctions(::duckdb::DatabaseInstance& database, const std::string& extension) {
  const auto transaction = ::duckdb::CatalogTransaction::GetSystemTransaction(database);
  auto& schema = ::duckdb::Catalog::GetSystemCatalog(database).GetSchema(transaction, DEFAULT_SCHEMA);
  for (const auto& guarded : kGuarded) {
    if (guarded.extension != extension) continue;
    auto entry = schema.GetEntry(transaction, ::duckdb::CatalogType::TABLE_FUNCTION_ENTRY, guarded.name);
    if (!entry) continue;
    // DuckDB asks a function for a replacement before it binds it; the answer here is none, or an error.
    for (auto& each : entry->Cast<::duckdb::TableFunctionCatalogEntry>().functions.functions)
      each.bind_replace = guarded.ask;
  }
}

class Guard : public ::duckdb::ExtensionCallback {
 public:
  Guard(::duckdb::shared_ptr<SessionReach> anybody, bool all) : anybody_(std::move(anybody)), all_(all) {}

  void OnConnectionOpened(::duckdb::ClientContext& context) override { SessionReach::Put(context, anybody_); }
  void OnExtensionLoaded(::duckdb::DatabaseInstance& database, const std::string& name) override {
    if (!all_) GuardFunctions(database, name);
  }

 private:
  ::duckdb::shared_ptr<SessionReach> anybody_;
  bool all_;
};

}  // namespace

::duckdb::shared_ptr<::duckdb::ExtensionCallback> GuardOfLibraries(::duckdb::shared_ptr<SessionReach> anybody,
                                                                   bool all) {
  return ::duckdb::make_shared_ptr<Guard>(std::move(anybody), all);
}

void GuardCoreFunctions(::duckdb::DatabaseInstance& database) { GuardFunctions(database, ""); }

Status MayHold(const SessionReach& reach, const std::string& type, const std::string& key, const std::string& value) {
  const auto is_in = [&](const auto& keys) { return std::ranges::find(keys, key) != std::end(keys); };
  if (value.empty()) return Status::Ok();
  if (is_in(kNames) && !HasOnly(value, "-_"))
    return Error(ErrorCode::kInvalidParameter, "\"" + key + "\" has letters, digits, - and _ only");
  if (type == "postgres" && (is_in(kServers) || is_in(kFiles)))
    return reach.all() || (is_in(kServers) && !value.starts_with('/') && !value.starts_with('@'))
               ? reach.Host(value)
               : Closed("\"" + key + "\" of a secret");
  if (is_in(kServers)) return reach.Host(value);
  if (is_in(kFiles)) return reach.Path(value, PathKind::kFile);
  if (key == "connection_string") return MayConnectByAzure(reach, value);
  if (key == "metadata_path") return MayOpenDatabase(reach, "", value, true);
  if (key == "data_path") return reach.Path(value, PathKind::kFile);
  return Status::Ok();
}

Status MayAttach(const SessionReach& reach, const ::duckdb::AttachInfo& info, bool has_secret) {
  std::string type;
  for (const auto& [name, expression] : info.parsed_options) {
    const std::string key = StringUtil::Lower(name);
    const auto value = Constant(*expression);
    if (key == "type" && value) type = StringUtil::Lower(*value);
    const bool names_place = key == "type" || key == "endpoint" || key == "oauth2_server_uri" || key == "data_path" ||
                             key == "metadata_path";
    if (names_place && !value) return Error(ErrorCode::kUnsupported, name + " of ATTACH wants a constant");
    if (names_place && key != "type") TAVANA_RETURN_IF_ERROR(MayHold(reach, type, key, *value));
  }
  return MayOpenDatabase(reach, type, info.path, has_secret);
}

}  // namespace tavana::duckdb_engine
