#pragma once

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/secret/secret_storage.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tavana::duckdb_engine {

/// Where CREATE SECRET of a session goes: a storage of the instance that asks the session's own vault. A plain CREATE
/// SECRET would reach everybody, so a session's statements always name this one.
inline constexpr const char* kVaultStorage = "tavana_session";

/// A setting that stands for a part of a secret (s3_access_key_id, azure_account_name ...).
struct CredentialSetting {
  std::string_view name;
  std::string_view type;  ///< of the secret
  std::string_view key;   ///< in it
  bool hidden;            ///< secret itself: DuckDB is never told, SHOW shows nothing
  bool known_to_duckdb;
  bool is_switch;  ///< true or false

  /// Whether DuckDB's setting of this name is set, too.
  bool told() const { return known_to_duckdb && !hidden; }
};
/// Null for any other setting; in lower case or not.
const CredentialSetting* FindCredentialSetting(const std::string& name);

using Secret = std::shared_ptr<const ::duckdb::BaseSecret>;

/// The secrets of one session. DuckDB asks from any thread of a query; changes come from the session's own. What a
/// transaction changed is undone by its ROLLBACK.
class Vault : public ::duckdb::ClientContextState {
 public:
  static ::duckdb::shared_ptr<Vault> Of(::duckdb::ClientContext& context);
  /// Null in connections that belong to no session.
  static ::duckdb::shared_ptr<Vault> Find(::duckdb::ClientContext& context);

  struct Contents {
    std::map<std::string, Secret> secrets;            ///< made by CREATE SECRET, by name
    std::map<std::string, std::string> settings;      ///< credential settings, by name
    std::map<std::string, Secret, std::less<>> made;  ///< of `settings`, by type
  };
  std::shared_ptr<const Contents> contents() const;

  void Put(std::string name, Secret secret);
  void Drop(const std::string& name);
  /// Sets or, without a value, resets a credential setting. `infrastructure`: what the session falls back to.
  void Set(const CredentialSetting& setting, std::optional<std::string> value, const Secret& infrastructure);
  void ResetSettings();

  void TransactionBegin(::duckdb::MetaTransaction&, ::duckdb::ClientContext&) override;
  void TransactionCommit(::duckdb::MetaTransaction&, ::duckdb::ClientContext&) override;
  void TransactionRollback(::duckdb::MetaTransaction&, ::duckdb::ClientContext&) override;

 private:
  void Replace(std::shared_ptr<const Contents> contents);

  mutable std::mutex mutex_;
  std::shared_ptr<const Contents> contents_ = std::make_shared<const Contents>();
  std::shared_ptr<const Contents> at_begin_;
};

/// The storage. What is stored from a connection without a vault is the infrastructure's: every session may use it and
/// none sees it listed. A session's own secret wins over it whatever their scopes.
class VaultStorage : public ::duckdb::SecretStorage {
 public:
  VaultStorage() : SecretStorage(kVaultStorage, 5) {}

  ::duckdb::unique_ptr<::duckdb::SecretEntry> StoreSecret(
      ::duckdb::unique_ptr<const ::duckdb::BaseSecret> secret, ::duckdb::OnCreateConflict on_conflict,
      ::duckdb::optional_ptr<::duckdb::CatalogTransaction> transaction) override;
  ::duckdb::vector<::duckdb::SecretEntry> AllSecrets(
      ::duckdb::optional_ptr<::duckdb::CatalogTransaction> transaction) override;
  void DropSecretByName(const ::duckdb::string& name, ::duckdb::OnEntryNotFound on_entry_not_found,
                        ::duckdb::optional_ptr<::duckdb::CatalogTransaction> transaction) override;
  ::duckdb::SecretMatch LookupSecret(const ::duckdb::string& path, const ::duckdb::string& type,
                                     ::duckdb::optional_ptr<::duckdb::CatalogTransaction> transaction) override;
  ::duckdb::unique_ptr<::duckdb::SecretEntry> GetSecretByName(
      const ::duckdb::string& name, ::duckdb::optional_ptr<::duckdb::CatalogTransaction> transaction) override;

  /// The infrastructure's secret of this type, null without one.
  Secret Infrastructure(std::string_view type) const;
  /// What is left when neither the session nor an administrator's SQL has a secret: of these credential settings.
  void FallBackTo(const std::map<std::string, std::string>& settings);
  /// Takes what an administrator's SQL has put into DuckDB's own storage.
  void Adopt(::duckdb::ClientContext& context);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Secret> infrastructure_;
  std::vector<Secret> fallback_;  // no two of a type
};

/// For the wire; whoever has the bytes has the secret.
std::string BytesOf(const ::duckdb::BaseSecret& secret);
Result<Secret> SecretOf(const std::string& bytes);

}  // namespace tavana::duckdb_engine
