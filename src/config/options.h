#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tavana::config {

/// What a process is: everything in one, or one half of a cluster.
enum class Command : std::uint8_t { kServe, kGateway, kWorker };

/// Everything a process can be told. Defaults, bounds and help are in the table of option_table.cc; this
/// struct holds what the flags, the environment and the file made of them.
struct Options {
  Command command = Command::kServe;

  std::string bind_address;
  std::uint16_t pg_port = 0;    ///< 0: any free port
  std::uint16_t http_port = 0;  ///< 0: any free port
  int flight_sql_port = 0;      ///< 0: any free port; negative: the command's own default
  bool flight_sql_enabled = true;
  std::string flight_compression;  ///< none, lz4 or zstd
  int flight_batch_kb = 0;         ///< in 2^10 bytes
  std::chrono::seconds flight_token_lifetime{0}, flight_result_lifetime{0};

  std::string auth_mode;                                   ///< passthrough, optional or required
  std::string users_file;                                  ///< empty: none
  std::string auth_method;                                 ///< scram, jwt or oauth
  std::string jwt_keys, jwt_ca, jwt_issuer, jwt_audience;  ///< empty: none
  std::string jwt_role_claim, oauth_scope;
  bool insecure_listen = false;
  bool tls_enabled = false;
  std::string tls_certificate, tls_key, tls_client_ca;  ///< empty: none
  bool tls_self_signed = false;
  bool tls_required = false;

  int workers = 0;               ///< of serve: processes of its own; 0: the engine is in this process
  std::string worker_addresses;  ///< of a gateway
  std::string peers;             ///< doors of the other gateways; empty: none
  std::string token_key_file;    ///< empty: a key of this process
  std::string peer_address;      ///< host:port; empty: the machine's, and any free port
  std::string home_worker;       ///< empty: the first of them
  std::string cluster_certificate, cluster_key, cluster_ca;  ///< between gateways and workers; empty: none
  std::uint16_t grpc_port = 0;                               ///< of a worker; 0: any free port
  std::chrono::seconds cancel_grace{0};
  int grpc_stream_window_mb = 0, grpc_connection_window_mb = 0;  ///< upper bounds of what is on its way, in 2^20 bytes
  int grpc_channel_buffer = 0;                                   ///< upper bound of batches on their way
  std::string worker_name;                                       ///< empty: made of host and port

  std::string database_file;  ///< empty: in memory
  std::string init_file;      ///< empty: none
  bool demo = false;
  double demo_scale = 0;  ///< TPC-H scale factor

  std::string aws_access_key_id, aws_secret_access_key, aws_session_token;  ///< empty: none
  std::string aws_region, aws_endpoint_url;                                 ///< empty: the default
  std::string aws_s3_url_style;                                             ///< auto, path or vhost
  std::string azure_storage_account_name, azure_storage_account_key, azure_storage_connection_string;  ///< empty: none
  std::string gcs_access_key_id, gcs_secret_access_key;                                                ///< empty: none
  std::string gcs_endpoint_url;  ///< empty: Google's

  bool block_cache = true;
  std::string block_cache_directory;
  double block_cache_gb = 0;     ///< in 10^9 bytes
  int block_cache_block_mb = 0;  ///< in 2^20 bytes
  int block_cache_parallel_io = 0;
  bool block_cache_profiling = false;

  std::string local_access;         ///< auto, true or false
  std::string allowed_directories;  ///< with commas; empty: none
  bool disable_external_access = false;
  std::string role_prefixes_file;  ///< empty: none
  bool lock_configuration = true;
  bool sessions_reach_server = false;

  double max_memory_gb = 0;     ///< in 10^9 bytes; 0: from the cgroup
  int threads = 0;              ///< 0: from the cgroup
  std::string spill_directory;  ///< empty: one of this process under the system's temporary directory
  double spill_limit_gb = 0;    ///< in 10^9 bytes

  int max_connections = 0;
  int statement_slots = 0;  ///< 0: twice the threads
  int admission_queue = 0;
  std::chrono::milliseconds statement_timeout{0};            ///< 0: none
  std::chrono::milliseconds idle_in_transaction_timeout{0};  ///< 0: none
  std::chrono::milliseconds idle_session_timeout{0};         ///< 0: none
  std::chrono::seconds startup_timeout{0};
  std::chrono::seconds shutdown_grace{0};

  std::string log_level;
  bool log_json = false;
  bool core_dumps = false;
  std::string ready_file;  ///< empty: none
};

}  // namespace tavana::config
