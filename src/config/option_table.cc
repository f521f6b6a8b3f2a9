#include "config/option_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <type_traits>
#include <vector>

namespace tavana::config {
namespace {

using S = Options;

constexpr double kMaxPort = 65535;
constexpr double kMaxGb = 1'000'000;             // a petabyte: above any machine, below overflow in bytes
constexpr double kMaxTimeoutMs = 2'147'483'647;  // PostgreSQL's own bound of statement_timeout

// clang-format off
const OptionSpec kOptions[] = {
    {"Doors", "bind_address", "--bind-address", "TAVANA_BIND_ADDRESS", &S::bind_address, "127.0.0.1", 0, 0, "IP address",
     "Address the doors listen on. Beyond loopback it wants TAVANA_AUTH_MODE=required, or TAVANA_INSECURE_LISTEN=yes."},
    {"Doors", "pg_port", "--pg-port", "PG_PORT", &S::pg_port, "15432", 0, kMaxPort, "port",
     "PostgreSQL protocol. 0: any free port."},
    {"Doors", "http_port", "--http-port", "HTTP_PORT", &S::http_port, "8080", 0, kMaxPort, "port",
     "HTTP: /health, /ready, /metrics. 0: any free port."},
    {"Doors", "flight_sql_port", "--flight-sql-port", "FLIGHT_SQL_PORT", &S::flight_sql_port, "-1", -1, kMaxPort, "port",
     "Arrow Flight SQL. -1: 31337 for serve, 443 for gateway. 0: any free port."},
    {"Doors", "flight_sql_enabled", "--flight-sql-enabled", "TAVANA_FLIGHT_SQL_ENABLED", &S::flight_sql_enabled, "true", 0, 0, "",
     "Open the Arrow Flight SQL door."},
    {"Doors", "flight_compression", "--flight-compression", "TAVANA_FLIGHT_COMPRESSION", &S::flight_compression, "none", 0, 0, "",
     "How the buffers of Arrow batches are compressed; every client reads all of them.", "none|lz4|zstd"},
    {"Doors", "flight_batch_kb", "--flight-batch-kb", "TAVANA_FLIGHT_BATCH_KB", &S::flight_batch_kb, "1024", 16, 16384, "KiB",
     "About how large an Arrow batch is; a client that takes messages of 4 MiB at most wants it well below that."},
    {"Doors", "flight_token_seconds", "--flight-token-seconds", "TAVANA_FLIGHT_TOKEN_SECONDS", &S::flight_token_lifetime, "86400", 1, 31536000, "s",
     "How long the bearer token that a password is exchanged for is good."},
    {"Doors", "flight_result_seconds", "--flight-result-seconds", "TAVANA_FLIGHT_RESULT_SECONDS", &S::flight_result_lifetime, "300", 1, 86400, "s",
     "How long a result waits for the client to fetch it."},

    {"Authentication", "auth_mode", "--auth-mode", "TAVANA_AUTH_MODE", &S::auth_mode, "passthrough", 0, 0, "",
     "Who must prove who they are: nobody, those in the users file, or everybody.", "passthrough|none|optional|required"},
    {"Authentication", "users_file", "--users-file", "TAVANA_USERS_FILE", &S::users_file, "", 0, 0, "file",
     "Roles and their SCRAM verifiers, made by `tavana user add`; read again when it changes."},
    {"Authentication", "auth_method", "--auth-method", "TAVANA_AUTH_METHOD", &S::auth_method, "scram", 0, 0, "",
     "How roles that the users file does not name prove who they are: by a password, by a token in its place, by OAUTHBEARER.", "scram|jwt|oauth"},
    {"Authentication", "jwt_keys", "--jwt-keys", "TAVANA_JWT_KEYS", &S::jwt_keys, "", 0, 0, "file or URL",
     "JSON Web Key Set that signs bearer tokens; read again when it changes. A URL is https://, or of this machine."},
    {"Authentication", "jwt_ca_path", "--jwt-ca-path", "TAVANA_JWT_CA_PATH", &S::jwt_ca, "", 0, 0, "file",
     "Certificate authority of that URL's server. Empty: the system's."},
    {"Authentication", "jwt_issuer", "--jwt-issuer", "TAVANA_JWT_ISSUER", &S::jwt_issuer, "", 0, 0, "text",
     "Who must have issued a token (iss)."},
    {"Authentication", "jwt_audience", "--jwt-audience", "TAVANA_JWT_AUDIENCE", &S::jwt_audience, "", 0, 0, "text",
     "Whom a token must be for (aud)."},
    {"Authentication", "jwt_role_claim", "--jwt-role-claim", "TAVANA_JWT_ROLE_CLAIM", &S::jwt_role_claim, "sub", 0, 0, "claim",
     "The claim of a token that is the role's name."},
    {"Authentication", "oauth_scope", "--oauth-scope", "TAVANA_OAUTH_SCOPE", &S::oauth_scope, "openid", 0, 0, "scopes",
     "What clients of OAUTHBEARER are told to ask the issuer for."},
    {"Authentication", "insecure_listen", "--insecure-listen", "TAVANA_INSECURE_LISTEN", &S::insecure_listen, "false", 0, 0, "",
     "Listen beyond loopback although not everybody must prove who they are."},

    {"TLS", "tls_enabled", "--tls-enabled", "TLS_ENABLED", &S::tls_enabled, "false", 0, 0, "",
     "Offer TLS 1.2 and 1.3, by SSLRequest and directly."},
    {"TLS", "tls_cert_path", "--tls-cert-path", "TAVANA_TLS_CERT_PATH", &S::tls_certificate, "", 0, 0, "file",
     "Certificate chain in PEM; read again when it changes."},
    {"TLS", "tls_key_path", "--tls-key-path", "TAVANA_TLS_KEY_PATH", &S::tls_key, "", 0, 0, "file",
     "Its key in PEM."},
    {"TLS", "tls_self_signed", "--tls-self-signed", "TAVANA_TLS_SELF_SIGNED", &S::tls_self_signed, "false", 0, 0, "",
     "Without a certificate, make one at the start; for development."},
    {"TLS", "tls_client_ca_path", "--tls-client-ca-path", "TAVANA_TLS_CLIENT_CA_PATH", &S::tls_client_ca, "", 0, 0, "file",
     "Certificate authority of clients: a certificate with the role's name as its common name needs no password."},
    {"TLS", "tls_required", "--tls-required", "TAVANA_TLS_REQUIRED", &S::tls_required, "false", 0, 0, "",
     "Refuse connections without TLS."},

    {"Cluster", "workers", "--workers", "TAVANA_WORKERS", &S::workers, "0", 0, 64, "processes",
     "Worker processes that serve starts, watches and starts again. 0: the engine runs in the server's own process."},
    {"Cluster", "worker_addr", "--worker-addr", "WORKER_ADDR", &S::worker_addresses, "", 0, 0, "addresses",
     "Workers of a gateway: http://host:port, several with commas. A name that stands for several machines is all of them."},
    {"Cluster", "home_worker", "--home-worker", "TAVANA_HOME_WORKER", &S::home_worker, "", 0, 0, "host:port",
     "The worker that holds the default catalog. Empty: the first of WORKER_ADDR."},
    {"Cluster", "peers", "--peers", "TAVANA_PEERS", &S::peers, "", 0, 0, "addresses",
     "PostgreSQL doors of the other gateways, host:port, several with commas: a cancel that comes to one reaches all."},
    {"Cluster", "token_key_file", "--token-key-file", "TAVANA_TOKEN_KEY_FILE", &S::token_key_file, "", 0, 0, "file",
     "Key (32 bytes or more, the same for all gateways) that signs Flight SQL's tokens: a call that comes to another gateway than its session's is forwarded. Empty: a key of this process."},
    {"Cluster", "peer_address", "--peer-address", "TAVANA_PEER_ADDRESS", &S::peer_address, "", 0, 0, "host:port",
     "Where the other gateways reach this one with calls of its Flight SQL sessions. Empty: the bind address, or what the machine's name stands for, and any free port."},
    {"Cluster", "cluster_cert_path", "--cluster-cert-path", "TAVANA_CLUSTER_CERT_PATH", &S::cluster_certificate, "", 0, 0, "file",
     "Certificate in PEM that gateways and workers show each other; read again when it changes."},
    {"Cluster", "cluster_key_path", "--cluster-key-path", "TAVANA_CLUSTER_KEY_PATH", &S::cluster_key, "", 0, 0, "file",
     "Its key in PEM."},
    {"Cluster", "cluster_ca_path", "--cluster-ca-path", "TAVANA_CLUSTER_CA_PATH", &S::cluster_ca, "", 0, 0, "file",
     "The authority whose certificates the other side must show."},
    {"Cluster", "grpc_port", "--grpc-port", "GRPC_PORT", &S::grpc_port, "50053", 0, kMaxPort, "port",
     "Port that a worker serves gateways on. 0: any free port."},
    {"Cluster", "grpc_stream_window_mb", "--grpc-stream-window-mb", "TAVANA_GRPC_STREAM_WINDOW_MB", &S::grpc_stream_window_mb, "512", 1, 2047, "MiB",
     "Upper bound of what is on its way from a worker for one result; a gateway needs 1."},
    {"Cluster", "grpc_conn_window_mb", "--grpc-conn-window-mb", "TAVANA_GRPC_CONN_WINDOW_MB", &S::grpc_connection_window_mb, "1024", 1, 65535, "MiB",
     "Upper bound of what is on its way from a worker for all results; each of TAVANA_MAX_CONNECTIONS has at least 128 KiB."},
    {"Cluster", "grpc_channel_buffer", "--grpc-channel-buffer", "TAVANA_GRPC_CHANNEL_BUFFER", &S::grpc_channel_buffer, "256", 1, 65535, "batches",
     "Upper bound of batches (of about 128 KiB) on their way for one result; a gateway has 8."},
    {"Cluster", "cancel_grace_seconds", "--cancel-grace-seconds", "TAVANA_CANCEL_GRACE_SECONDS", &S::cancel_grace, "10", 1, 3600, "s",
     "A statement that goes on for so long after its cancel makes a worker end once the others are done, to be started again."},
    {"Cluster", "worker_name", "--worker-name", "TAVANA_WORKER_NAME", &S::worker_name, "", 0, 0, "name",
     "What errors and logs call the worker. Empty: the machine's name and the port."},

    {"Data", "database", "--database", "TAVANA_DATABASE", &S::database_file, "", 0, 0, "file",
     "DuckDB database file, made when missing. Empty: in memory, gone at exit."},
    {"Data", "init", "--init", "TAVANA_INIT", &S::init_file, "", 0, 0, "file",
     "SQL file that runs before the doors open."},
    {"Data", "demo", "--demo", "TAVANA_DEMO", &S::demo, "false", 0, 0, "",
     "Brings real data (flights, weather, cars, TPC-H) and prints three queries."},
    {"Data", "demo_scale", "--demo-scale", "TAVANA_DEMO_SCALE", &S::demo_scale, "0.1", 0.001, 100, "scale factor",
     "TPC-H size of --demo; 0.1 is 600,000 rows of lineitem and about a second of start."},

    {"Storage", "aws_access_key_id", "", "AWS_ACCESS_KEY_ID", &S::aws_access_key_id, "", 0, 0, "key",
     "What sessions without credentials of their own reach s3:// with; never shown.", "", true},
    {"Storage", "aws_secret_access_key", "", "AWS_SECRET_ACCESS_KEY", &S::aws_secret_access_key, "", 0, 0, "key",
     "Its secret.", "", true},
    {"Storage", "aws_session_token", "", "AWS_SESSION_TOKEN", &S::aws_session_token, "", 0, 0, "token",
     "Of temporary credentials.", "", true},
    {"Storage", "aws_region", "--aws-region", "AWS_REGION", &S::aws_region, "", 0, 0, "region",
     "Region of s3://. Empty: us-east-1."},
    {"Storage", "aws_endpoint_url", "--aws-endpoint-url", "AWS_ENDPOINT_URL", &S::aws_endpoint_url, "", 0, 0, "URL",
     "http:// or https:// address of a server other than Amazon's."},
    {"Storage", "aws_s3_url_style", "--aws-s3-url-style", "AWS_S3_URL_STYLE", &S::aws_s3_url_style, "auto", 0, 0, "",
     "Where the bucket stands in a URL. auto: in the path at AWS_ENDPOINT_URL, else in the host.", "auto|path|vhost"},
    {"Storage", "azure_storage_account_name", "--azure-storage-account-name", "AZURE_STORAGE_ACCOUNT_NAME",
     &S::azure_storage_account_name, "", 0, 0, "name", "Account of az:// and abfss:// for sessions without credentials of their own."},
    {"Storage", "azure_storage_account_key", "", "AZURE_STORAGE_ACCOUNT_KEY", &S::azure_storage_account_key, "", 0, 0, "key",
     "Its key.", "", true},
    {"Storage", "azure_storage_connection_string", "", "AZURE_STORAGE_CONNECTION_STRING", &S::azure_storage_connection_string, "", 0, 0, "text",
     "Account, key and endpoints in one; wins over the two above.", "", true},
    {"Storage", "gcs_access_key_id", "", "GCS_ACCESS_KEY_ID", &S::gcs_access_key_id, "", 0, 0, "key",
     "HMAC key that sessions without credentials of their own reach gs:// with; never shown.", "", true},
    {"Storage", "gcs_secret_access_key", "", "GCS_SECRET_ACCESS_KEY", &S::gcs_secret_access_key, "", 0, 0, "key",
     "Its secret.", "", true},
    {"Storage", "gcs_endpoint_url", "--gcs-endpoint-url", "GCS_ENDPOINT_URL", &S::gcs_endpoint_url, "", 0, 0, "URL",
     "http:// or https:// address of a server other than Google's."},

    {"File cache", "cache_httpfs_enabled", "--cache-httpfs-enabled", "TAVANA_CACHE_HTTPFS_ENABLED", &S::block_cache, "true", 0, 0, "",
     "Keep blocks of remote files on disk; a session reads past it after SET tavana_block_cache = false."},
    {"File cache", "cache_httpfs_dir", "--cache-httpfs-dir", "TAVANA_CACHE_HTTPFS_DIR", &S::block_cache_directory, "/tmp/duckdb_cache", 0, 0, "directory",
     "Where; made when missing, and shared by processes of one user that name the same one."},
    {"File cache", "cache_httpfs_size_gb", "--cache-httpfs-size-gb", "TAVANA_CACHE_HTTPFS_SIZE_GB", &S::block_cache_gb, "50", 0.001, kMaxGb, "GB (10^9 bytes)",
     "Disk they may take; what was used longest ago makes way. A twentieth of the disk stays free, at most 4 GiB."},
    {"File cache", "cache_httpfs_block_size_mb", "--cache-httpfs-block-size-mb", "TAVANA_CACHE_HTTPFS_BLOCK_SIZE_MB", &S::block_cache_block_mb, "8", 1, 64, "MiB",
     "What is fetched at once, and kept and forgotten as one."},
    {"File cache", "cache_httpfs_parallel_io", "--cache-httpfs-parallel-io", "TAVANA_CACHE_HTTPFS_PARALLEL_IO", &S::block_cache_parallel_io, "8", 0, 256, "requests",
     "Requests for blocks at once beside one of each thread that reads. 0: nothing is read ahead."},
    {"File cache", "cache_httpfs_profiling", "--cache-httpfs-profiling", "TAVANA_CACHE_HTTPFS_PROFILING", &S::block_cache_profiling, "false", 0, 0, "",
     "Measure how long requests and reads from the cache take; tavana_cache_stats() shows it."},

    {"Reach", "local_access", "--local-access", "TAVANA_LOCAL_ACCESS", &S::local_access, "auto", 0, 0, "",
     "Whether sessions reach ordinary files of this machine and servers of private networks. auto: serve on loopback does.", "auto|true|false"},
    {"Reach", "allowed_directories", "--allowed-directories", "TAVANA_ALLOWED_DIRECTORIES", &S::allowed_directories, "", 0, 0, "list",
     "Directories and URL prefixes that sessions reach whatever else is closed, several with commas; http://HOST:PORT/ opens that server."},
    {"Reach", "disable_external_access", "--disable-external-access", "TAVANA_DISABLE_EXTERNAL_ACCESS", &S::disable_external_access, "false", 0, 0, "",
     "Sessions reach nothing but those directories and prefixes."},
    {"Reach", "role_prefixes_file", "--role-prefixes-file", "TAVANA_ROLE_PREFIXES_FILE", &S::role_prefixes_file, "", 0, 0, "file",
     "JSON object of roles, each with the list of prefixes that it is limited to; \"*\" stands for the roles without an entry."},
    {"Reach", "lock_configuration", "--lock-configuration", "TAVANA_LOCK_CONFIGURATION", &S::lock_configuration, "true", 0, 0, "",
     "Settings of DuckDB that reach every session are changed by the init SQL alone."},
    {"Reach", "sessions_reach_server", "--sessions-reach-server", "TAVANA_SESSIONS_REACH_SERVER", &S::sessions_reach_server, "false", 0, 0, "",
     "Sessions may use identities of this machine (credential_chain), and libraries that open files and servers without asking (ST_Read)."},

    {"Resources", "max_memory_gb", "--max-memory-gb", "MAX_MEMORY_GB", &S::max_memory_gb, "0", 0, kMaxGb, "GB (10^9 bytes)",
     "Memory of the engine. 0: 80 % of the cgroup's limit, or of the machine's memory."},
    {"Resources", "threads", "--threads", "THREADS", &S::threads, "0", 0, 4096, "threads",
     "Threads of the engine. 0: the cgroup's CPU quota, or the machine's CPUs."},
    {"Resources", "spill_dir", "--spill-dir", "TAVANA_SPILL_DIR", &S::spill_directory, "", 0, 0, "directory",
     "Where results too large for memory go, below it in a directory of the process's own. Empty: the temporary directory."},
    {"Resources", "spill_limit_gb", "--spill-limit-gb", "TAVANA_SPILL_LIMIT_GB", &S::spill_limit_gb, "16", 0, kMaxGb, "GB (10^9 bytes)",
     "Disk the spill directory may take. 0: 90 % of what is free at the start."},

    {"Limits", "max_connections", "--max-connections", "TAVANA_MAX_CONNECTIONS", &S::max_connections, "500", 1, 100000, "connections",
     "PostgreSQL connections; more are refused with 53300."},
    {"Limits", "statement_slots", "--statement-slots", "TAVANA_STATEMENT_SLOTS", &S::statement_slots, "0", 0, 4096, "statements",
     "Statements that run at once. 0: twice the threads."},
    {"Limits", "admission_queue", "--admission-queue", "TAVANA_ADMISSION_QUEUE", &S::admission_queue, "1000", 0, 1000000, "statements",
     "Statements that wait for a slot; more are refused with 53300."},
    {"Limits", "statement_timeout_ms", "--statement-timeout-ms", "TAVANA_STATEMENT_TIMEOUT_MS", &S::statement_timeout, "0", 0, kMaxTimeoutMs, "ms",
     "Longest a statement may run. 0: no limit. A session may SET its own."},
    {"Limits", "idle_in_transaction_timeout_ms", "--idle-in-transaction-timeout-ms", "TAVANA_IDLE_IN_TRANSACTION_TIMEOUT_MS",
     &S::idle_in_transaction_timeout, "0", 0, kMaxTimeoutMs, "ms",
     "Longest a session may sit idle in a transaction. 0: no limit."},
    {"Limits", "idle_session_timeout_ms", "--idle-session-timeout-ms", "TAVANA_IDLE_SESSION_TIMEOUT_MS",
     &S::idle_session_timeout, "0", 0, kMaxTimeoutMs, "ms",
     "Longest a session may sit idle outside a transaction. 0: no limit."},
    {"Limits", "startup_timeout_seconds", "--startup-timeout-seconds", "TAVANA_STARTUP_TIMEOUT_SECONDS", &S::startup_timeout, "60", 1, 600, "s",
     "Longest from connect to authenticated."},
    {"Limits", "shutdown_grace_seconds", "--shutdown-grace-seconds", "TAVANA_SHUTDOWN_GRACE_SECONDS", &S::shutdown_grace, "30", 0, 3600, "s",
     "How long running statements may go on after SIGTERM."},

    {"Operation", "log_level", "--log-level", "LOG_LEVEL", &S::log_level, "info", 0, 0, "",
     "What the log on stderr holds.", "trace|debug|info|warn|error|off"},
    {"Operation", "log_json", "--log-json", "TAVANA_LOG_JSON", &S::log_json, "false", 0, 0, "",
     "One JSON object a line instead of text."},
    {"Operation", "core_dumps", "--core-dumps", "TAVANA_CORE_DUMPS", &S::core_dumps, "false", 0, 0, "",
     "Allow core dumps. They hold data of queries."},
    {"Operation", "ready_file", "--ready-file", "TAVANA_READY_FILE", &S::ready_file, "", 0, 0, "file",
     "Written once ready: {\"pg_port\":..,\"http_port\":..,\"pid\":..}."},
};
// clang-format on

Error Refusal(std::string_view origin, std::string_view text, const std::string& wanted) {
  return Error(ErrorCode::kInvalidParameter,
               std::string(origin) + ": \"" + std::string(text) + "\" is not allowed; wanted " + wanted);
}

std::string NumberText(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.10g", value);
  return buffer;
}

std::string RangeText(const OptionSpec& option, std::string_view noun) {
  return std::string(noun) + " from " + NumberText(option.min) + " to " + NumberText(option.max);
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

template <typename T>
Result<T> ParseBounded(const OptionSpec& option, std::string_view text, std::string_view origin,
                       std::string_view noun) {
  const auto value = ParseNumber<T>(text);
  if (!value || static_cast<double>(*value) < option.min || static_cast<double>(*value) > option.max) {
    return Refusal(origin, text, RangeText(option, noun));
  }
  return *value;
}

Result<bool> ParseSwitch(std::string_view text, std::string_view origin) {
  if (text == "true" || text == "1" || text == "on" || text == "yes") return true;
  if (text == "false" || text == "0" || text == "off" || text == "no") return false;
  return Refusal(origin, text, "true or false");
}

bool IsChoice(std::string_view choices, std::string_view text) {
  if (choices.empty()) return true;
  while (!choices.empty()) {
    const auto end = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, end) == text) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::span<const OptionSpec> AllOptions() { return kOptions; }

bool IsFor(const OptionSpec& option, Command command) {
  const bool is_worker = command == Command::kWorker;
  if (option.group == "Cluster") {
    const bool of_gateway = option.name == "worker_addr" || option.name == "home_worker" || option.name == "peers" ||
                            option.name == "token_key_file" || option.name == "peer_address" ||
                            (option.name.starts_with("grpc_") && option.name != "grpc_port");
    if (option.name == "workers") return command == Command::kServe;
    if (option.name.starts_with("cluster_")) return command != Command::kServe;
    return command == (of_gateway ? Command::kGateway : Command::kWorker);
  }
  if (option.group == "Data" || option.group == "Storage" || option.group == "File cache" || option.group == "Reach" ||
      option.group == "Resources")
    return command != Command::kGateway;
  if (option.group == "Operation" || option.name == "bind_address" || option.name == "http_port" ||
      option.name == "insecure_listen" || option.name == "shutdown_grace_seconds" || option.name == "statement_slots") {
    return true;
  }
  return !is_worker;
}

std::string_view NameOf(Command command) {
  switch (command) {
    case Command::kServe: return "serve";
    case Command::kGateway: return "gateway";
    case Command::kWorker: return "worker";
  }
  return "unknown";
}

OptionKind KindOf(const OptionSpec& option) {
  if (std::holds_alternative<std::string S::*>(option.target)) return OptionKind::kText;
  if (std::holds_alternative<bool S::*>(option.target)) return OptionKind::kSwitch;
  if (std::holds_alternative<double S::*>(option.target)) return OptionKind::kDecimal;
  return OptionKind::kInteger;
}

Status ApplyOption(const OptionSpec& option, std::string_view text, std::string_view origin, Options& options) {
  const OptionKind kind = KindOf(option);
  if (kind == OptionKind::kText) {
    if (!IsChoice(option.choices, text)) return Refusal(origin, text, "one of " + std::string(option.choices));
    if (text.find('\0') != std::string_view::npos) return Refusal(origin, "...", "text without a zero byte");
    options.*std::get<std::string S::*>(option.target) = text;
    return Status::Ok();
  }
  if (kind == OptionKind::kSwitch) {
    TAVANA_ASSIGN_OR_RETURN(options.*std::get<bool S::*>(option.target), ParseSwitch(text, origin));
    return Status::Ok();
  }
  if (kind == OptionKind::kDecimal) {
    TAVANA_ASSIGN_OR_RETURN(options.*std::get<double S::*>(option.target),
                            ParseBounded<double>(option, text, origin, "a number"));
    return Status::Ok();
  }
  TAVANA_ASSIGN_OR_RETURN(const long long value, ParseBounded<long long>(option, text, origin, "a whole number"));
  const auto assign = [&](auto member) {
    using Member = std::remove_reference_t<decltype(options.*member)>;
    if constexpr (std::is_same_v<Member, bool> || std::is_same_v<Member, std::string>) {
      TAVANA_CHECK(false);
    } else {
      options.*member = static_cast<Member>(value);
    }
  };
  std::visit(assign, option.target);
  return Status::Ok();
}

Options DefaultOptions() {
  Options options;
  for (const OptionSpec& option : AllOptions()) {
    TAVANA_CHECK(ApplyOption(option, option.default_value, "default", options).ok());
  }
  return options;
}

std::string_view ClosestName(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view closest;
  // A third of the word may be wrong (chosen: "--pgport" and "--thread" are found, other words are not).
  std::size_t closest_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance >= closest_distance) continue;
    closest = candidate;
    closest_distance = distance;
  }
  return closest;
}

}  // namespace tavana::config
