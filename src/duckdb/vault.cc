#include "duckdb/vault.h"

#include <algorithm>
#include <array>
#include <duckdb/catalog/catalog_transaction.hpp>
#include <duckdb/common/exception.hpp>
#include <duckdb/common/serializer/binary_deserializer.hpp>
#include <duckdb/common/serializer/binary_serializer.hpp>
#include <duckdb/common/serializer/memory_stream.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/main/secret/secret_manager.hpp>
#include <utility>

#include "duckdb/errors.h"
#include "duckdb/guarded_files.h"
#include "duckdb/guarded_libraries.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file speaks DuckDB's secrets and nothing else

constexpr const char* kStateName = "tavana_vault";
/// Above any score of a scope (its length), so that a session's own secret wins whatever the scopes are.
constexpr std::int64_t kOwnBonus = std::int64_t{1} << 40;
constexpr std::int64_t kOfSettingsBonus = std::int64_t{1} << 39;

// The settings of DuckDB's httpfs and azure, and the same for gcs.
constexpr std::array kCredentialSettings = {
    CredentialSetting{"s3_access_key_id", "s3", "key_id", true, true, false},
    CredentialSetting{"s3_secret_access_key", "s3", "secret", true, true, false},
    CredentialSetting{"s3_session_token", "s3", "session_token", true, true, false},
    CredentialSetting{"s3_region", "s3", "region", false, true, false},
    CredentialSetting{"s3_endpoint", "s3", "endpoint", false, true, false},
    CredentialSetting{"s3_url_style", "s3", "url_style", false, true, false},
    CredentialSetting{"s3_use_ssl", "s3", "use_ssl", false, true, true},
    CredentialSetting{"s3_url_compatibility_mode", "s3", "url_compatibility_mode", false, true, true},
    CredentialSetting{"s3_requester_pays", "s3", "requester_pays", false, true, true},
    CredentialSetting{"s3_kms_key_id", "s3", "kms_key_id", false, true, false},
    CredentialSetting{"gcs_access_key_id", "gcs", "key_id", true, false, false},
    CredentialSetting{"gcs_secret_access_key", "gcs", "secret", true, false, false},
    CredentialSetting{"gcs_bearer_token", "gcs", "bearer_token", true, false, false},
    CredentialSetting{"gcs_region", "gcs", "region", false, false, false},
    CredentialSetting{"gcs_endpoint", "gcs", "endpoint", false, false, false},
    CredentialSetting{"gcs_url_style", "gcs", "url_style", false, false, false},
    CredentialSetting{"gcs_use_ssl", "gcs", "use_ssl", false, false, true},
    CredentialSetting{"azure_storage_connection_string", "azure", "connection_string", true, true, false},
    CredentialSetting{"azure_account_name", "azure", "account_name", false, true, false},
    CredentialSetting{"azure_endpoint", "azure", "endpoint", false, true, false},
    CredentialSetting{"azure_access_token", "azure", "access_token", true, false, false},
};
/// Beside those that the settings hide, what DuckDB's own list of a secret forgets.
constexpr std::array<const char*, 3> kHiddenKeys = {"key_id", "extra_http_headers", "refresh_info"};

vector<string> ScopeOf(std::string_view type) {
  if (type == "s3") return {"s3://", "s3n://", "s3a://"};
  if (type == "gcs") return {"gcs://", "gs://"};
  return {"azure://", "az://", "abfs://", "abfss://"};
}

/// Whether credentials of the infrastructure would go where it did not mean them to.
bool Redirects(const std::map<std::string, Value>& given) {
  return std::any_of(given.begin(), given.end(), [](const auto& entry) {
    return entry.first != "region" && entry.first != "url_style" && entry.first != "requester_pays" &&
           entry.first != "kms_key_id";
  });
}

bool IsIdentity(const std::string& key) {
  return key == "key_id" || key == "secret" || key == "session_token" || key == "bearer_token" ||
         key == "access_token" || key == "connection_string" || key == "refresh_info" || key == "chain" ||
         key == "tenant_id" || key == "client_id" || key == "client_secret";
}

/// The secret that the settings of one type stand for; null without any. Where the session goes elsewhere, or as
/// somebody else, nothing that proves who the infrastructure is goes along.
Secret MadeOf(const std::map<std::string, std::string>& settings, std::string_view type, const Secret& infrastructure) {
  std::map<std::string, Value> given;
  for (const auto& each : kCredentialSettings) {
    const auto found = settings.find(std::string(each.name));
    if (each.type != type || found == settings.end()) continue;
    given.emplace(each.key,
                  each.is_switch ? Value(found->second).DefaultCastAs(LogicalType::BOOLEAN) : Value(found->second));
  }
  if (given.empty()) return nullptr;
  const std::string provider = given.contains("access_token") ? "access_token" : "config";
  auto secret =
      std::make_shared<KeyValueSecret>(ScopeOf(type), std::string(type), provider, "settings_" + std::string(type));
  if (type == "gcs") {
    secret->secret_map["endpoint"] = Value("storage.googleapis.com");
    secret->secret_map["url_style"] = Value("path");
  }
  if (const auto* base = dynamic_cast<const KeyValueSecret*>(infrastructure.get())) {
    for (const auto& [key, value] : base->secret_map) {
      if (!Redirects(given) || !IsIdentity(key)) secret->secret_map[key] = value;
    }
  }
  for (const auto& [key, value] : given) secret->secret_map[key] = value;
  for (const auto& each : kCredentialSettings)
    if (each.hidden) secret->redact_keys.insert(std::string(each.key));
  return secret;
}

::duckdb::shared_ptr<Vault> VaultOf(optional_ptr<CatalogTransaction> transaction) {
  return transaction && transaction->HasContext() ? Vault::Find(transaction->GetContext()) : nullptr;
}

SecretEntry EntryOf(const Secret& secret) {
  SecretEntry entry(secret->Clone());
  entry.storage_mode = kVaultStorage;
  entry.persist_type = SecretPersistType::TEMPORARY;
  return entry;
}

Secret Hiding(unique_ptr<const BaseSecret> secret) {
  const auto* known = dynamic_cast<const KeyValueSecret*>(secret.get());
  if (known == nullptr) throw NotImplementedException("a secret of type %s can not be kept here", secret->GetType());
  auto hiding = std::make_shared<KeyValueSecret>(*known);
  for (const char* key : kHiddenKeys) hiding->redact_keys.insert(key);
  return hiding;
}

}  // namespace

const CredentialSetting* FindCredentialSetting(const std::string& name) {
  const std::string lower = StringUtil::Lower(name);
  const auto* const found = std::find_if(kCredentialSettings.begin(), kCredentialSettings.end(),
                                         [&](const CredentialSetting& each) { return each.name == lower; });
  return found == kCredentialSettings.end() ? nullptr : found;
}

::duckdb::shared_ptr<Vault> Vault::Of(ClientContext& context) {
  return context.registered_state->GetOrCreate<Vault>(kStateName);
}
::duckdb::shared_ptr<Vault> Vault::Find(ClientContext& context) {
  return context.registered_state->Get<Vault>(kStateName);
}

std::shared_ptr<const Vault::Contents> Vault::contents() const {
  const std::lock_guard lock(mutex_);
  return contents_;
}
void Vault::Replace(std::shared_ptr<const Contents> contents) {
  const std::lock_guard lock(mutex_);
  contents_ = std::move(contents);
}

void Vault::Put(std::string name, Secret secret) {
  auto changed = std::make_shared<Contents>(*contents());
  changed->secrets[std::move(name)] = std::move(secret);
  Replace(std::move(changed));
}
void Vault::Drop(const std::string& name) {
  auto changed = std::make_shared<Contents>(*contents());
  changed->secrets.erase(name);
  Replace(std::move(changed));
}
void Vault::Set(const CredentialSetting& setting, std::optional<std::string> value, const Secret& infrastructure) {
  auto changed = std::make_shared<Contents>(*contents());
  if (value) {
    changed->settings[std::string(setting.name)] = *std::move(value);
  } else {
    changed->settings.erase(std::string(setting.name));
  }
  if (auto made = MadeOf(changed->settings, setting.type, infrastructure)) {
    changed->made[std::string(setting.type)] = std::move(made);
  } else {
    changed->made.erase(std::string(setting.type));
  }
  Replace(std::move(changed));
}
void Vault::ResetSettings() {
  auto changed = std::make_shared<Contents>(*contents());
  changed->settings.clear();
  changed->made.clear();
  Replace(std::move(changed));
}

void Vault::TransactionBegin(MetaTransaction&, ClientContext&) { at_begin_ = contents(); }
void Vault::TransactionCommit(MetaTransaction&, ClientContext&) { at_begin_.reset(); }
void Vault::TransactionRollback(MetaTransaction&, ClientContext&) {
  if (at_begin_) Replace(std::exchange(at_begin_, nullptr));
}

unique_ptr<SecretEntry> VaultStorage::StoreSecret(unique_ptr<const BaseSecret> secret, OnCreateConflict on_conflict,
                                                  optional_ptr<CatalogTransaction> transaction) {
  auto kept = Hiding(std::move(secret));
  const std::string name = StringUtil::Lower(kept->GetName());
  const auto vault = VaultOf(transaction);
  if (!vault) {
    const std::lock_guard lock(mutex_);
    infrastructure_[name] = kept;
    return make_uniq<SecretEntry>(EntryOf(kept));
  }
  if (const auto reach = SessionReach::Find(transaction->GetContext())) {
    for (const auto& [key, value] : dynamic_cast<const KeyValueSecret&>(*kept).secret_map) {
      const auto allowed = MayHold(*reach, kept->GetType(), key, value.IsNull() ? "" : value.ToString());
      if (!allowed.ok()) ThrowToDuckDb(allowed.error());
    }
  }
  if (vault->contents()->secrets.contains(name)) {
    if (on_conflict == OnCreateConflict::IGNORE_ON_CONFLICT) return nullptr;
    if (on_conflict == OnCreateConflict::ERROR_ON_CONFLICT)
      throw CatalogException("Secret with name \"%s\" already exists!", name);
  }
  vault->Put(name, kept);
  return make_uniq<SecretEntry>(EntryOf(kept));
}

vector<SecretEntry> VaultStorage::AllSecrets(optional_ptr<CatalogTransaction> transaction) {
  vector<SecretEntry> all;
  const auto vault = VaultOf(transaction);
  if (!vault) return all;
  for (const auto& [name, secret] : vault->contents()->secrets) all.push_back(EntryOf(secret));
  return all;
}

void VaultStorage::DropSecretByName(const string& name, OnEntryNotFound on_entry_not_found,
                                    optional_ptr<CatalogTransaction> transaction) {
  const auto vault = VaultOf(transaction);
  const std::string key = StringUtil::Lower(name);
  if (vault && vault->contents()->secrets.contains(key)) return vault->Drop(key);
  if (on_entry_not_found == OnEntryNotFound::THROW_EXCEPTION)
    throw CatalogException("Secret with name \"%s\" does not exist!", name);
}

SecretMatch VaultStorage::LookupSecret(const string& path, const string& type,
                                       optional_ptr<CatalogTransaction> transaction) {
  const auto better = [&](const Secret& secret, SecretMatch& best) {
    if (!StringUtil::CIEquals(secret->GetType(), type)) return;
    auto entry = EntryOf(secret);
    best = SelectBestMatch(entry, path, tie_break_offset, best);
  };
  SecretMatch best;
  if (const auto vault = VaultOf(transaction)) {
    const auto contents = vault->contents();
    for (const auto& [name, secret] : contents->secrets) better(secret, best);
    if (best.HasMatch()) return best.score += kOwnBonus, best;
    for (const auto& [of_type, secret] : contents->made) better(secret, best);
    if (best.HasMatch()) return best.score += kOfSettingsBonus, best;
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [name, secret] : infrastructure_) better(secret, best);
  if (best.HasMatch()) return best;
  for (const auto& secret : fallback_) better(secret, best);
  return best;
}

unique_ptr<SecretEntry> VaultStorage::GetSecretByName(const string& name,
                                                      optional_ptr<CatalogTransaction> transaction) {
  const auto vault = VaultOf(transaction);
  if (!vault) return nullptr;
  const auto contents = vault->contents();
  const auto found = contents->secrets.find(StringUtil::Lower(name));
  return found == contents->secrets.end() ? nullptr : make_uniq<SecretEntry>(EntryOf(found->second));
}

Secret VaultStorage::Infrastructure(std::string_view type) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, secret] : infrastructure_)
    if (secret->GetType() == type) return secret;
  for (const auto& secret : fallback_)
    if (secret->GetType() == type) return secret;
  return nullptr;
}

void VaultStorage::FallBackTo(const std::map<std::string, std::string>& settings) {
  const std::lock_guard lock(mutex_);
  for (const char* type : {"s3", "gcs", "azure"}) {
    if (auto secret = MadeOf(settings, type, nullptr)) fallback_.push_back(std::move(secret));
  }
}

void VaultStorage::Adopt(ClientContext& context) {
  auto& manager = SecretManager::Get(context);
  context.RunFunctionInTransaction([&] {
    auto transaction = CatalogTransaction::GetSystemCatalogTransaction(context);
    for (auto& entry : manager.AllSecrets(transaction)) {
      if (entry.storage_mode == kVaultStorage) continue;
      const std::string name = entry.secret->GetName();
      StoreSecret(entry.secret->Clone(), OnCreateConflict::REPLACE_ON_CONFLICT, transaction);
      manager.DropSecretByName(transaction, name, OnEntryNotFound::RETURN_NULL, SecretPersistType::DEFAULT,
                               entry.storage_mode);
    }
  });
}

std::string BytesOf(const BaseSecret& secret) {
  MemoryStream stream;
  BinarySerializer serializer(stream);
  serializer.Begin();
  secret.Serialize(serializer);
  serializer.End();
  return {reinterpret_cast<const char*>(stream.GetData()), stream.GetPosition()};
}

Result<Secret> SecretOf(const std::string& bytes) {
  try {
    MemoryStream stream(reinterpret_cast<data_ptr_t>(const_cast<char*>(bytes.data())), bytes.size());  // only read
    BinaryDeserializer reader(stream);
    reader.Begin();
    // As BaseSecret::SerializeBaseSecret writes it.
    auto type = reader.ReadProperty<string>(100, "type");
    auto provider = reader.ReadProperty<string>(101, "provider");
    auto name = reader.ReadProperty<string>(102, "name");
    vector<string> scope;
    reader.ReadList(103, "scope",
                    [&](Deserializer::List& list, idx_t) { scope.push_back(list.ReadElement<string>()); });
    auto serialization =
        reader.ReadPropertyWithExplicitDefault(104, "serialization_type", SecretSerializationType::CUSTOM);
    (void)serialization;
    auto secret = KeyValueSecret::Deserialize<KeyValueSecret>(reader, BaseSecret(scope, type, provider, name));
    reader.End();
    return Secret(secret.release());
  } catch (const std::exception&) {
    return Error(ErrorCode::kInternal, "a secret of the session can not be read");
  }
}

}  // namespace tavana::duckdb_engine
