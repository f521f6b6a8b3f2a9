#include "duckdb/confine.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/parsed_data/alter_info.hpp>
#include <duckdb/parser/parsed_data/attach_info.hpp>
#include <duckdb/parser/parsed_data/copy_info.hpp>
#include <duckdb/parser/parsed_data/create_secret_info.hpp>
#include <duckdb/parser/parsed_data/drop_info.hpp>
#include <duckdb/parser/parsed_data/extra_drop_info.hpp>
#include <duckdb/parser/parsed_data/load_info.hpp>
#include <duckdb/parser/statement/alter_statement.hpp>
#include <duckdb/parser/statement/attach_statement.hpp>
#include <duckdb/parser/statement/copy_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/detach_statement.hpp>
#include <duckdb/parser/statement/drop_statement.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/load_statement.hpp>
#include <duckdb/parser/statement/prepare_statement.hpp>
#include <duckdb/parser/statement/set_statement.hpp>
#include <optional>
#include <string_view>

#include "duckdb/guarded_files.h"
#include "duckdb/guarded_libraries.h"
#include "duckdb/vault.h"

namespace tavana::duckdb_engine {
namespace {

using ::duckdb::StatementType;

// DuckDB keeps these a session apart, and nobody else sees them changed.
constexpr std::string_view kOfSession[] = {
    "asof_loop_join_threshold",
    "azure_context_caching",
    "azure_read_buffer_size",
    "azure_read_transfer_chunk_size",
    "azure_read_transfer_concurrency",
    "azure_write_block_size",
    "azure_write_staged_blocks_per_commit",
    "binary_as_string",
    "calendar",
    "custom_profiling_settings",
    "delta_scan_explain_files_filtered",
    "disable_parquet_prefetching",
    "disable_timestamptz_casts",
    "dynamic_or_filter_threshold",
    "enable_caching_operators",
    "enable_geoparquet_conversion",
    "enable_progress_bar",
    "enable_progress_bar_print",
    "explain_output",
    "force_download",
    "geometry_always_xy",
    "hf_max_per_page",
    "hnsw_ef_search",
    "http_retries",
    "http_retry_backoff",
    "http_retry_wait_ms",
    "http_timeout",
    "ieee_floating_point_ops",
    "integer_division",
    "lambda_syntax",
    "late_materialization_max_rows",
    "max_expression_depth",
    "merge_join_threshold",
    "nested_loop_join_threshold",
    "order_by_non_integer_literal",
    "ordered_aggregate_threshold",
    "partitioned_write_flush_threshold",
    "partitioned_write_max_open_files",
    "perfect_ht_threshold",
    "pg_array_as_varchar",
    "pivot_filter_threshold",
    "pivot_limit",
    "prefer_range_joins",
    "prefetch_all_parquet_files",
    "preserve_identifier_case",
    "progress_bar_time",
    "s3_allow_recursive_globbing",
    "s3_uploader_max_filesize",
    "s3_uploader_max_parts_per_file",
    "s3_uploader_thread_limit",
    "s3_version_id_pinning",
    "scalar_subquery_error_on_multiple_rows",
    "schema",
    "search_path",
    "streaming_buffer_size",
    "timezone",
    "unsafe_enable_version_guessing",
    "variant_minimum_shredding_size",
};

// Of these DuckDB has one for all sessions.
constexpr std::string_view kOfAdministrator[] = {
    "allocator_background_threads",
    "allocator_bulk_deallocation_flush_threshold",
    "allocator_flush_threshold",
    "arrow_large_buffer_size",
    "arrow_lossless_conversion",
    "arrow_output_list_view",
    "auto_checkpoint_skip_wal_threshold",
    "auto_fallback_to_full_download",
    "azure_http_stats",
    "block_allocator_memory",
    "catalog_error_max_schemas",
    "checkpoint_threshold",
    "default_block_size",
    "default_collation",
    "default_null_order",
    "default_order",
    "disabled_compression_methods",
    "disabled_optimizers",
    "ducklake_default_data_inlining_row_limit",
    "ducklake_max_retry_count",
    "ducklake_retry_backoff",
    "ducklake_retry_wait_ms",
    "ducklake_target_file_size",
    "ducklake_write_deletion_vectors",
    "enable_fsst_vectors",
    "enable_macro_dependencies",
    "enable_view_dependencies",
    "experimental_metadata_reuse",
    "external_threads",
    "force_column_metadata_reuse",
    "force_compression",
    "force_download_threshold",
    "geometry_minimum_shredding_size",
    "http_keep_alive",
    "httpfs_connection_caching",
    "iceberg_use_metadata_log",
    "ignore_row_group_size_for_partitioned_tables",
    "ignore_target_file_size_for_partitioned_tables",
    "ignore_unknown_crs",
    "immediate_transaction_mode",
    "index_scan_max_count",
    "index_scan_percentage",
    "max_memory",
    "max_temp_directory_size",
    "max_vacuum_tasks",
    "memory_limit",
    "null_order",
    "old_implicit_casting",
    "pg_connection_cache",
    "pg_connection_limit",
    "pg_experimental_filter_pushdown",
    "pg_idle_in_transaction_timeout_millis",
    "pg_null_byte_replacement",
    "pg_pages_per_task",
    "pg_pool_acquire_mode",
    "pg_pool_enable_reaper_thread",
    "pg_pool_enable_thread_local_cache",
    "pg_pool_idle_timeout_millis",
    "pg_pool_max_connections",
    "pg_pool_max_lifetime_millis",
    "pg_pool_wait_timeout_millis",
    "pg_statement_timeout_millis",
    "pg_use_binary_copy",
    "pg_use_ctid_scan",
    "pg_use_information_schema_introspection",
    "pg_use_text_protocol",
    "pin_threads",
    "preserve_insertion_order",
    "produce_arrow_string_view",
    "rtree_index_scan_min_rows",
    "rtree_index_scan_ratio",
    "scheduler_process_partial",
    "storage_block_prefetch",
    "threads",
    "vacuum_rebuild_indexes",
    "wal_autocheckpoint",
    "wal_autocheckpoint_entries",
    "worker_threads",
    "write_buffer_row_group_count",
    "write_buffer_row_group_memory_limit",
    "zstd_min_string_length",
};

// They would open what is closed, show what others do, or break what the engine counts on. Caches of files in memory
// are among them: they take a listing, or nothing, for a proof that a session may read (docs/adr/0009).
constexpr std::string_view kOfNobody[] = {
    "__delta_only_variant_encoding_enabled",
    "access_mode",
    "allow_asterisks_in_http_paths",
    "allow_community_extensions",
    "allow_extensions_metadata_mismatch",
    "allow_parser_override_extension",
    "allow_persistent_secrets",
    "allow_unredacted_secrets",
    "allow_unsigned_extensions",
    "allowed_configs",
    "allowed_directories",
    "allowed_paths",
    "arrow_output_version",
    "autoinstall_extension_repository",
    "autoinstall_known_extensions",
    "autoload_known_extensions",
    "azure_credential_chain",
    "azure_http_logging",
    "azure_http_logging_redact_headers",
    "azure_http_logging_redact_query_params",
    "azure_http_proxy",
    "azure_proxy_password",
    "azure_proxy_user_name",
    "azure_transport_option_type",
    "ca_cert_file",
    "current_transaction_invalidation_policy",
    "custom_extension_repository",
    "custom_user_agent",
    "debug_asof_iejoin",
    "debug_checkpoint_abort",
    "debug_checkpoint_sleep_ms",
    "debug_eviction_queue_sleep_micro_seconds",
    "debug_force_external",
    "debug_force_no_cross_product",
    "debug_physical_table_scan_execution_strategy",
    "debug_skip_checkpoint_on_commit",
    "debug_verify_blocks",
    "debug_verify_vector",
    "debug_window_mode",
    "default_secret_storage",
    "delta_kernel_logging",
    "deprecated_using_key_syntax",
    "disable_database_invalidation",
    "disabled_filesystems",
    "disabled_log_types",
    "duckdb_api",
    "enable_curl_server_cert_verification",
    "enable_external_access",
    "enable_external_file_cache",
    "enable_global_s3_configuration",
    "enable_http_logging",
    "enable_http_metadata_cache",
    "enable_server_cert_verification",
    "enable_logging",
    "enable_object_cache",
    "enable_profiling",
    "enabled_log_types",
    "errors_as_json",
    "extension_directories",
    "extension_directory",
    "file_search_path",
    "force_bitpacking_mode",
    "force_mbedtls_unsafe",
    "force_variant_shredding",
    "hnsw_enable_experimental_persistence",
    "home_directory",
    "http_logging_output",
    "http_proxy",
    "http_proxy_password",
    "http_proxy_username",
    "httpfs_client_implementation",
    "httpfs_enable_credential_refresh",
    "iceberg_logging_post_body_truncate_limit",
    "iceberg_test_force_token_expiry",
    "iceberg_via_aws_sdk_for_catalog_interactions",
    "lock_configuration",
    "log_query_path",
    "logging_level",
    "logging_mode",
    "logging_storage",
    "merge_http_secret_into_s3_request",
    "parquet_metadata_cache",
    "password",
    "pg_debug_show_queries",
    "pg_oauth_token",
    "pg_pool_health_check_query",
    "pg_staleness_query",
    "pg_staleness_query_enabled",
    "profile_output",
    "profiling_coverage",
    "profiling_mode",
    "profiling_output",
    "secret_directory",
    "storage_compatibility_version",
    "temp_directory",
    "temp_file_encryption",
    "unsafe_disable_etag_checks",
    "unsafe_iceberg_ignore_sort_order",
    "user",
    "username",
    "validate_external_file_cache",
    "warnings_as_errors",
};

constexpr std::array kClosedFunctions = {"enable_logging",       "disable_logging",     "truncate_duckdb_logs",
                                         "duckdb_logs",          "duckdb_log_contexts", "duckdb_external_file_cache",
                                         "load_aws_credentials", "enable_profiling"};

::duckdb::unique_ptr<::duckdb::FunctionData> RefuseFunction(::duckdb::ClientContext&,
                                                            ::duckdb::TableFunctionBindInput& input,
                                                            ::duckdb::vector<::duckdb::LogicalType>&,
                                                            ::duckdb::vector<std::string>&) {
  throw ::duckdb::PermissionException("%s() is the server's", input.table_function.name);
}

Error Denied(const std::string& what) { return Error(ErrorCode::kPermissionDenied, "permission denied: " + what); }

Status ConfineSecret(::duckdb::CreateSecretInfo& info, const Instance& instance) {
  if (info.persist_type == ::duckdb::SecretPersistType::PERSISTENT) {
    return Error(ErrorCode::kUnsupported, "a secret is of its session and is not kept")
        .WithHint("CREATE SECRET without PERSISTENT; an administrator gives one to everybody in the init SQL.");
  }
  if (!info.storage_type.empty()) return Denied("a secret of a session has no storage to choose");
  // A chain finds the server's own identity and signs for whatever endpoint the statement names.
  if (info.provider && !instance.options.sessions_reach_server) {
    const bool is_constant = info.provider->GetExpressionClass() == ::duckdb::ExpressionClass::CONSTANT;
    const std::string provider =
        is_constant ? ::duckdb::StringUtil::Lower(info.provider->Cast<::duckdb::ConstantExpression>().value.ToString())
                    : "";
    constexpr std::array<std::string_view, 4> kOwn = {"config", "access_token", "service_principal", "oauth2"};
    if (std::find(kOwn.begin(), kOwn.end(), provider) == kOwn.end())
      return Denied("this provider would look for credentials of the server");
  }
  info.storage_type = kVaultStorage;
  info.persist_type = ::duckdb::SecretPersistType::TEMPORARY;
  return Status::Ok();
}

Status ConfineDrop(::duckdb::DropInfo& info) {
  if (info.type != ::duckdb::CatalogType::SECRET_ENTRY || !info.extra_drop_info) return Status::Ok();
  auto& secret = info.extra_drop_info->Cast<::duckdb::ExtraDropSecretInfo>();
  if (secret.persist_mode == ::duckdb::SecretPersistType::PERSISTENT)
    return Error(ErrorCode::kUnsupported, "there are no persistent secrets here");
  if (!secret.secret_storage.empty()) return Denied("a secret of a session has no storage to choose");
  secret.secret_storage = kVaultStorage;
  secret.persist_mode = ::duckdb::SecretPersistType::TEMPORARY;
  return Status::Ok();
}

Status ConfineCredential(::duckdb::SetStatement& set, const CredentialSetting& credential, Statement& statement) {
  if (set.scope == ::duckdb::SetScope::GLOBAL)
    return Denied("\"" + set.name + "\" is of each session; SET it without GLOBAL");
  statement.credential = &credential;
  statement.credential_value.reset();
  if (set.set_type == ::duckdb::SetType::RESET) return Status::Ok();
  const auto* given = set.Cast<::duckdb::SetVariableStatement>().value.get();
  // The parser makes a cast of true and false.
  while (given->GetExpressionClass() == ::duckdb::ExpressionClass::CAST)
    given = given->Cast<::duckdb::CastExpression>().child.get();
  const auto& value = *given;
  if (value.GetExpressionClass() == ::duckdb::ExpressionClass::CONSTANT) {
    statement.credential_value = value.Cast<::duckdb::ConstantExpression>().value.ToString();
  } else if (value.GetExpressionClass() == ::duckdb::ExpressionClass::COLUMN_REF) {
    statement.credential_value = value.Cast<::duckdb::ColumnRefExpression>().GetColumnName();
  } else {
    return Error(ErrorCode::kUnsupported, "\"" + set.name + "\" wants a constant");
  }
  if (credential.is_switch) {
    ::duckdb::Value cast;
    std::string problem;
    if (!::duckdb::Value(*statement.credential_value).DefaultTryCastAs(::duckdb::LogicalType::BOOLEAN, cast, &problem))
      return Error(ErrorCode::kInvalidParameter, "\"" + set.name + "\" is true or false");
  }
  return Status::Ok();
}

Status ConfineAttach(const ::duckdb::AttachInfo& info, ::duckdb::ClientContext& context) {
  const auto reach = SessionReach::Find(context);
  const auto vault = Vault::Find(context);
  if (!reach || !vault) return Status::Ok();
  bool is_named = false;
  for (const auto& [name, secret] : vault->contents()->secrets) {
    const auto* known = dynamic_cast<const ::duckdb::KeyValueSecret*>(secret.get());
    if (known == nullptr || (known->GetType() != "postgres" && known->GetType() != "ducklake")) continue;
    is_named = true;
    ::duckdb::Value host;
    const bool has_host = known->TryGetValue("host", host) && !host.IsNull() && !host.ToString().empty();
    if (known->GetType() == "postgres" && !has_host) return MayAttach(*reach, info, false);
  }
  return MayAttach(*reach, info, is_named);
}

Status ConfineCopy(const ::duckdb::CopyInfo& info, const Instance& instance) {
  if (::duckdb::StringUtil::Lower(info.format) != "gdal" || instance.options.sessions_reach_server) return Status::Ok();
  return Denied("GDAL opens files of its own").WithHint("COPY as Parquet, CSV or JSON.");
}

Status ConfineAlter(const ::duckdb::AlterInfo& info) {
  if (info.type != ::duckdb::AlterType::ALTER_DATABASE) return Status::Ok();
  return Error(ErrorCode::kUnsupported, "databases are not renamed")
      .WithHint("DETACH it and ATTACH it under the other name.");
}

/// DuckDB would run what EXPLAIN ANALYZE and EXECUTE name without asking again.
Status ConfineInner(const ::duckdb::SQLStatement& inner, const Instance& instance) {
  switch (inner.type) {
    case StatementType::SELECT_STATEMENT:
    case StatementType::INSERT_STATEMENT:
    case StatementType::UPDATE_STATEMENT:
    case StatementType::DELETE_STATEMENT:
    case StatementType::MERGE_INTO_STATEMENT:
    case StatementType::CALL_STATEMENT:
    case StatementType::PRAGMA_STATEMENT:
    case StatementType::EXECUTE_STATEMENT: return Status::Ok();
    case StatementType::COPY_STATEMENT: return ConfineCopy(*inner.Cast<::duckdb::CopyStatement>().info, instance);
    case StatementType::CREATE_STATEMENT:
      if (inner.Cast<::duckdb::CreateStatement>().info->type != ::duckdb::CatalogType::SECRET_ENTRY)
        return Status::Ok();
      break;
    case StatementType::DROP_STATEMENT:
      if (inner.Cast<::duckdb::DropStatement>().info->type != ::duckdb::CatalogType::SECRET_ENTRY) return Status::Ok();
      break;
    case StatementType::ALTER_STATEMENT: return ConfineAlter(*inner.Cast<::duckdb::AlterStatement>().info);
    default: break;
  }
  return Error(ErrorCode::kUnsupported, "this statement is neither explained nor prepared; run it as it is");
}

Status ConfineSetting(::duckdb::SetStatement& set, const Instance& instance, ::duckdb::ClientContext& context,
                      Statement& statement) {
  if (set.scope == ::duckdb::SetScope::VARIABLE) return Status::Ok();
  if (const auto* credential = FindCredentialSetting(set.name)) {
    TAVANA_RETURN_IF_ERROR(ConfineCredential(set, *credential, statement));
    const auto reach = SessionReach::Find(context);
    if (!reach || !statement.credential_value) return Status::Ok();
    return MayHold(*reach, std::string(credential->type), std::string(credential->key), *statement.credential_value);
  }
  const auto owner = OwnerOf(set.name).value_or(SettingOwner::kNobody);
  if (owner == SettingOwner::kNobody && !::duckdb::StringUtil::Contains(set.name, '.')) {
    ::duckdb::Value value;
    ::duckdb::Connection probe(*instance.database);
    if (!probe.context->TryGetCurrentSetting(set.name, value)) return Status::Ok();  // DuckDB says that there is none
  }
  if (owner == SettingOwner::kSession && set.scope != ::duckdb::SetScope::GLOBAL) return Status::Ok();
  if (owner != SettingOwner::kNobody && !instance.options.lock_configuration) return Status::Ok();
  return Denied("\"" + set.name + "\" is set for the whole server")
      .WithHint(owner == SettingOwner::kSession ? "SET it without GLOBAL." : "Its administrator can, in the init SQL.");
}

Status ConfineLoad(const ::duckdb::LoadInfo& info) {
  const bool is_name = std::all_of(info.filename.begin(), info.filename.end(),
                                   [](unsigned char each) { return std::isalnum(each) != 0 || each == '_'; });
  if (info.load_type == ::duckdb::LoadType::LOAD && is_name) return Status::Ok();
  return Denied("extensions are the server's").WithHint("Those that it has are loaded when a statement needs them.");
}

}  // namespace

void CloseFunctions(::duckdb::ClientContext& context) {
  context.RunFunctionInTransaction([&] {
    auto transaction = ::duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
    for (const char* name : kClosedFunctions) {
      ::duckdb::TableFunction refusal(name, {}, nullptr, RefuseFunction);
      refusal.varargs = ::duckdb::LogicalType::ANY;
      ::duckdb::CreateTableFunctionInfo info(std::move(refusal));
      info.internal = true;
      info.on_conflict = ::duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
      ::duckdb::Catalog::GetSystemCatalog(context).CreateTableFunction(transaction, info);
    }
  });
}

std::optional<SettingOwner> OwnerOf(const std::string& setting) {
  const std::string lower = ::duckdb::StringUtil::Lower(setting);
  const auto is_in = [&](const auto& names) { return std::ranges::find(names, lower) != std::end(names); };
  if (FindCredentialSetting(lower) != nullptr || is_in(kOfSession)) return SettingOwner::kSession;
  if (is_in(kOfAdministrator)) return SettingOwner::kAdministrator;
  if (is_in(kOfNobody)) return SettingOwner::kNobody;
  return lower.starts_with("tavana") ? std::optional(SettingOwner::kSession) : std::nullopt;
}

Status Confine(::duckdb::SQLStatement& part, const Instance& instance, ::duckdb::ClientContext& context,
               Statement& statement) {
  switch (part.type) {
    case StatementType::CREATE_STATEMENT: {
      auto& info = *part.Cast<::duckdb::CreateStatement>().info;
      if (info.type != ::duckdb::CatalogType::SECRET_ENTRY) return Status::Ok();
      return ConfineSecret(info.Cast<::duckdb::CreateSecretInfo>(), instance);
    }
    case StatementType::DROP_STATEMENT: return ConfineDrop(*part.Cast<::duckdb::DropStatement>().info);
    case StatementType::SET_STATEMENT:
    case StatementType::VARIABLE_SET_STATEMENT:
      return ConfineSetting(part.Cast<::duckdb::SetStatement>(), instance, context, statement);
    case StatementType::ATTACH_STATEMENT: {
      const auto& info = *part.Cast<::duckdb::AttachStatement>().info;
      statement.attach = info.Copy();
      return ConfineAttach(info, context);
    }
    case StatementType::DETACH_STATEMENT:
      statement.detach = part.Cast<::duckdb::DetachStatement>().info->Copy();
      return Status::Ok();
    case StatementType::ALTER_STATEMENT: return ConfineAlter(*part.Cast<::duckdb::AlterStatement>().info);
    case StatementType::COPY_STATEMENT: return ConfineCopy(*part.Cast<::duckdb::CopyStatement>().info, instance);
    case StatementType::EXPLAIN_STATEMENT: return ConfineInner(*part.Cast<::duckdb::ExplainStatement>().stmt, instance);
    case StatementType::PREPARE_STATEMENT:
      return ConfineInner(*part.Cast<::duckdb::PrepareStatement>().statement, instance);
    case StatementType::LOAD_STATEMENT: return ConfineLoad(*part.Cast<::duckdb::LoadStatement>().info);
    case StatementType::UPDATE_EXTENSIONS_STATEMENT: return Denied("extensions are the server's");
    default: return Status::Ok();
  }
}

}  // namespace tavana::duckdb_engine
