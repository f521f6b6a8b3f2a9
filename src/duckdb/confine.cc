#include "duckdb/confine.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/parsed_data/create_secret_info.hpp>
#include <duckdb/parser/parsed_data/drop_info.hpp>
#include <duckdb/parser/parsed_data/extra_drop_info.hpp>
#include <duckdb/parser/parsed_data/load_info.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/drop_statement.hpp>
#include <duckdb/parser/statement/load_statement.hpp>
#include <duckdb/parser/statement/set_statement.hpp>
#include <optional>
#include <string_view>

#include "duckdb/vault.h"

namespace tavana::duckdb_engine {
namespace {

using ::duckdb::StatementType;

// DuckDB keeps these a session apart, and nobody else sees them changed.
constexpr std::array kOfSession = {
    std::string_view("asof_loop_join_threshold"),
    std::string_view("azure_context_caching"),
    std::string_view("azure_read_buffer_size"),
    std::string_view("azure_read_transfer_chunk_size"),
    std::string_view("azure_read_transfer_concurrency"),
    std::string_view("azure_write_block_size"),
    std::string_view("azure_write_staged_blocks_per_commit"),
    std::string_view("binary_as_string"),
    std::string_view("calendar"),
    std::string_view("custom_profiling_settings"),
    std::string_view("delta_scan_explain_files_filtered"),
    std::string_view("disable_parquet_prefetching"),
    std::string_view("disable_timestamptz_casts"),
    std::string_view("dynamic_or_filter_threshold"),
    std::string_view("enable_caching_operators"),
    std::string_view("enable_geoparquet_conversion"),
    std::string_view("enable_progress_bar"),
    std::string_view("enable_progress_bar_print"),
    std::string_view("explain_output"),
    std::string_view("force_download"),
    std::string_view("geometry_always_xy"),
    std::string_view("hf_max_per_page"),
    std::string_view("hnsw_ef_search"),
    std::string_view("http_retries"),
    std::string_view("http_retry_backoff"),
    std::string_view("http_retry_wait_ms"),
    std::string_view("http_timeout"),
    std::string_view("ieee_floating_point_ops"),
    std::string_view("integer_division"),
    std::string_view("lambda_syntax"),
    std::string_view("late_materialization_max_rows"),
    std::string_view("max_expression_depth"),
    std::string_view("merge_join_threshold"),
    std::string_view("nested_loop_join_threshold"),
    std::string_view("order_by_non_integer_literal"),
    std::string_view("ordered_aggregate_threshold"),
    std::string_view("parquet_metadata_cache"),
    std::string_view("partitioned_write_flush_threshold"),
    std::string_view("partitioned_write_max_open_files"),
    std::string_view("perfect_ht_threshold"),
    std::string_view("pg_array_as_varchar"),
    std::string_view("pivot_filter_threshold"),
    std::string_view("pivot_limit"),
    std::string_view("prefer_range_joins"),
    std::string_view("prefetch_all_parquet_files"),
    std::string_view("preserve_identifier_case"),
    std::string_view("progress_bar_time"),
    std::string_view("s3_allow_recursive_globbing"),
    std::string_view("s3_uploader_max_filesize"),
    std::string_view("s3_uploader_max_parts_per_file"),
    std::string_view("s3_uploader_thread_limit"),
    std::string_view("s3_version_id_pinning"),
    std::string_view("scalar_subquery_error_on_multiple_rows"),
    std::string_view("schema"),
    std::string_view("search_path"),
    std::string_view("streaming_buffer_size"),
    std::string_view("timezone"),
    std::string_view("unsafe_enable_version_guessing"),
    std::string_view("variant_minimum_shredding_size"),
};

// Of these DuckDB has one for all sessions.
constexpr std::array kOfAdministrator = {
    std::string_view("allocator_background_threads"),
    std::string_view("allocator_bulk_deallocation_flush_threshold"),
    std::string_view("allocator_flush_threshold"),
    std::string_view("arrow_large_buffer_size"),
    std::string_view("arrow_lossless_conversion"),
    std::string_view("arrow_output_list_view"),
    std::string_view("auto_checkpoint_skip_wal_threshold"),
    std::string_view("catalog_error_max_schemas"),
    std::string_view("checkpoint_threshold"),
    std::string_view("default_block_size"),
    std::string_view("default_collation"),
    std::string_view("default_null_order"),
    std::string_view("default_order"),
    std::string_view("disabled_compression_methods"),
    std::string_view("disabled_optimizers"),
    std::string_view("ducklake_default_data_inlining_row_limit"),
    std::string_view("ducklake_max_retry_count"),
    std::string_view("ducklake_retry_backoff"),
    std::string_view("ducklake_retry_wait_ms"),
    std::string_view("ducklake_target_file_size"),
    std::string_view("ducklake_write_deletion_vectors"),
    std::string_view("enable_external_file_cache"),
    std::string_view("enable_fsst_vectors"),
    std::string_view("enable_http_metadata_cache"),
    std::string_view("enable_object_cache"),
    std::string_view("external_threads"),
    std::string_view("force_compression"),
    std::string_view("immediate_transaction_mode"),
    std::string_view("index_scan_max_count"),
    std::string_view("index_scan_percentage"),
    std::string_view("max_memory"),
    std::string_view("max_temp_directory_size"),
    std::string_view("max_vacuum_tasks"),
    std::string_view("memory_limit"),
    std::string_view("null_order"),
    std::string_view("old_implicit_casting"),
    std::string_view("pin_threads"),
    std::string_view("preserve_insertion_order"),
    std::string_view("produce_arrow_string_view"),
    std::string_view("scheduler_process_partial"),
    std::string_view("threads"),
    std::string_view("validate_external_file_cache"),
    std::string_view("wal_autocheckpoint"),
    std::string_view("wal_autocheckpoint_entries"),
    std::string_view("worker_threads"),
    std::string_view("write_buffer_row_group_count"),
    std::string_view("zstd_min_string_length"),
};

constexpr std::array kClosedFunctions = {"enable_logging",      "disable_logging",     "truncate_duckdb_logs",
                                         "duckdb_logs",         "duckdb_log_contexts", "duckdb_external_file_cache",
                                         "load_aws_credentials"};

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
  const auto& value = *set.Cast<::duckdb::SetVariableStatement>().value;
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

Status ConfineSetting(::duckdb::SetStatement& set, const Instance& instance, Statement& statement) {
  if (set.scope == ::duckdb::SetScope::VARIABLE) return Status::Ok();
  if (const auto* credential = FindCredentialSetting(set.name)) return ConfineCredential(set, *credential, statement);
  const auto owner = OwnerOf(set.name);
  const bool is_known = ::duckdb::StringUtil::Contains(set.name, '.') || owner != SettingOwner::kNobody;
  if (owner == SettingOwner::kNobody && !is_known) {
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

SettingOwner OwnerOf(const std::string& setting) {
  const std::string lower = ::duckdb::StringUtil::Lower(setting);
  if (FindCredentialSetting(lower) != nullptr ||
      std::find(kOfSession.begin(), kOfSession.end(), lower) != kOfSession.end())
    return SettingOwner::kSession;
  if (std::find(kOfAdministrator.begin(), kOfAdministrator.end(), lower) != kOfAdministrator.end())
    return SettingOwner::kAdministrator;
  return lower.starts_with("tavana") ? SettingOwner::kSession : SettingOwner::kNobody;
}

Status Confine(::duckdb::SQLStatement& part, const Instance& instance, Statement& statement) {
  switch (part.type) {
    case StatementType::CREATE_STATEMENT: {
      auto& info = *part.Cast<::duckdb::CreateStatement>().info;
      if (info.type != ::duckdb::CatalogType::SECRET_ENTRY) return Status::Ok();
      return ConfineSecret(info.Cast<::duckdb::CreateSecretInfo>(), instance);
    }
    case StatementType::DROP_STATEMENT: return ConfineDrop(*part.Cast<::duckdb::DropStatement>().info);
    case StatementType::SET_STATEMENT:
    case StatementType::VARIABLE_SET_STATEMENT:
      return ConfineSetting(part.Cast<::duckdb::SetStatement>(), instance, statement);
    case StatementType::LOAD_STATEMENT: return ConfineLoad(*part.Cast<::duckdb::LoadStatement>().info);
    case StatementType::UPDATE_EXTENSIONS_STATEMENT: return Denied("extensions are the server's");
    default: return Status::Ok();
  }
}

}  // namespace tavana::duckdb_engine
