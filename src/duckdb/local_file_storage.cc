#include "duckdb/local_file_storage.h"

#include <duckdb/main/secret/secret.hpp>
#include <duckdb/main/secret/secret_manager.hpp>

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file speaks DuckDB's secrets and nothing else

class LocalFileStorage final : public SecretStorage {
 public:
  explicit LocalFileStorage(VaultStorage& vaults) : SecretStorage("local_file", 20), vaults_(vaults) {}

  unique_ptr<SecretEntry> StoreSecret(unique_ptr<const BaseSecret>, OnCreateConflict,
                                      optional_ptr<CatalogTransaction>) override {
    throw NotImplementedException("secrets are not kept in files here");
  }
  vector<SecretEntry> AllSecrets(optional_ptr<CatalogTransaction>) override { return {}; }
  void DropSecretByName(const string&, OnEntryNotFound, optional_ptr<CatalogTransaction>) override {}
  SecretMatch LookupSecret(const string&, const string&, optional_ptr<CatalogTransaction>) override { return {}; }
  unique_ptr<SecretEntry> GetSecretByName(const string& name, optional_ptr<CatalogTransaction> transaction) override {
    return vaults_.GetSecretByName(name, transaction);
  }

 private:
  VaultStorage& vaults_;
};

}  // namespace

unique_ptr<SecretStorage> MakeLocalFileStorage(VaultStorage& vaults) { return make_uniq<LocalFileStorage>(vaults); }

}  // namespace tavana::duckdb_engine
