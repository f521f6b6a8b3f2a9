#include "duckdb/listing.h"

#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/catalog/duck_catalog.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/main/database_manager.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <duckdb/storage/storage_extension.hpp>
#include <duckdb/transaction/duck_transaction_manager.hpp>
#include <utility>

#include "duckdb/attachments.h"
#include "duckdb/errors.h"
#include "sql/redact.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file speaks DuckDB's catalogs and nothing else

constexpr const char* kWindowType = "tavana_window";

bool IsHidden(const AttachedDatabase& database) {
  return database.GetVisibility() == AttachVisibility::HIDDEN || database.GetName().starts_with(kServersPrefix);
}

/// A database of the instance whose schemas are those of the asking session's attachments: DuckDB collects schemas by
/// asking every database of the instance for its own, in the name of the session.
class Window final : public DuckCatalog {
 public:
  using DuckCatalog::DuckCatalog;
  void ScanSchemas(ClientContext& context, std::function<void(SchemaCatalogEntry&)> callback) override {
    const auto attachments = Attachments::Find(context);
    if (!attachments) return;
    for (const auto& each : *attachments->list()) each.database->GetCatalog().ScanSchemas(context, callback);
  }
};

unique_ptr<Catalog> MakeWindow(optional_ptr<StorageExtensionInfo>, ClientContext&, AttachedDatabase& database,
                               const string&, AttachInfo&, AttachOptions&) {
  return make_uniq<Window>(database);
}
unique_ptr<TransactionManager> MakeTransactions(optional_ptr<StorageExtensionInfo>, AttachedDatabase& database,
                                                Catalog&) {
  return make_uniq<DuckTransactionManager>(database);
}

// duckdb_databases(), with the columns of DuckDB 1.5.5.
struct Databases : GlobalTableFunctionState {
  vector<vector<Value>> rows;
  idx_t given = 0;
};

bool HoldsSecret(const string& text) { return sql::ShownStatement(text) != text; }

vector<Value> RowOf(AttachedDatabase& database) {
  auto& catalog = database.GetCatalog();
  const bool internal = database.IsSystem() || database.IsTemporary();
  Value path(LogicalType::VARCHAR), cipher(LogicalType::VARCHAR);
  if (!internal && !catalog.InMemory() && !HoldsSecret(catalog.GetDBPath())) path = Value(catalog.GetDBPath());
  if (!internal && catalog.IsEncrypted()) cipher = Value(catalog.GetEncryptionCipher());
  InsertionOrderPreservingMap<string> options;
  for (const auto& [name, value] : database.GetAttachOptions()) {
    const string shown = name + " = '" + value.ToString() + "'";
    if (!HoldsSecret(shown) && name != "metadata_catalog" && name != "meta_hidden")
      options.insert(name, value.ToString());
  }
  return {Value(database.GetName()),
          Value::BIGINT(static_cast<int64_t>(database.oid)),
          path,
          Value(database.comment),
          Value::MAP(database.tags),
          Value::BOOLEAN(internal),
          Value(catalog.GetCatalogType()),
          Value::BOOLEAN(database.IsReadOnly()),
          Value::BOOLEAN(catalog.IsEncrypted()),
          cipher,
          Value::MAP(options)};
}

unique_ptr<GlobalTableFunctionState> FindDatabases(ClientContext& context, TableFunctionInitInput&) {
  auto found = make_uniq<Databases>();
  for (const auto& database : DatabaseManager::Get(context).GetDatabases(context))
    if (!IsHidden(*database)) found->rows.push_back(RowOf(*database));
  if (const auto attachments = Attachments::Find(context)) {
    for (const auto& each : *attachments->list()) found->rows.push_back(RowOf(*each.database));
  }
  return found;
}

void GiveDatabases(ClientContext&, TableFunctionInput& input, DataChunk& output) {
  auto& found = input.global_state->Cast<Databases>();
  idx_t row = 0;
  for (; row < STANDARD_VECTOR_SIZE && found.given < found.rows.size(); ++row, ++found.given) {
    for (idx_t column = 0; column < output.ColumnCount(); ++column)
      output.SetValue(column, row, found.rows[found.given][column]);
  }
  output.SetCardinality(row);
}

// pragma_database_size() of DuckDB, which is the same in every instance of the process.
table_function_t database_sizes = nullptr;

void GiveVisibleSizes(ClientContext& context, TableFunctionInput& input, DataChunk& output) {
  for (;;) {
    output.Reset();
    database_sizes(context, input, output);
    SelectionVector visible(STANDARD_VECTOR_SIZE);
    idx_t count = 0;
    for (idx_t row = 0; row < output.size(); ++row) {
      if (!output.GetValue(0, row).ToString().starts_with(kServersPrefix)) visible.set_index(count++, row);
    }
    const bool at_end = output.size() == 0;
    if (count < output.size()) output.Slice(visible, count);
    if (at_end || count > 0) return;
  }
}

TableFunction Known(ClientContext& context, const char* name) {
  auto& entry = Catalog::GetSystemCatalog(context).GetEntry<TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, name);
  return entry.functions.GetFunctionByOffset(0);
}

void Put(ClientContext& context, TableFunction function) {
  CreateTableFunctionInfo info(std::move(function));
  info.internal = true;
  info.on_conflict = OnCreateConflict::REPLACE_ON_CONFLICT;
  auto transaction = CatalogTransaction::GetSystemTransaction(*context.db);
  Catalog::GetSystemCatalog(context).CreateTableFunction(transaction, info);
}

}  // namespace

void RegisterListing(DBConfig& config) {
  auto window = make_shared_ptr<StorageExtension>();
  window->attach = MakeWindow;
  window->create_transaction_manager = MakeTransactions;
  StorageExtension::Register(config, kWindowType, std::move(window));
}

Status ListAttachments(Connection& connection) {
  const auto attached =
      connection.Query("ATTACH ':memory:' AS " + std::string(kHiddenPrefix) + " (TYPE " + kWindowType + ")");
  if (attached->HasError()) return TranslateError(attached->GetErrorObject(), {});
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto databases = Known(context, "duckdb_databases");
    databases.init_global = FindDatabases;
    databases.function = GiveDatabases;
    Put(context, std::move(databases));
    auto sizes = Known(context, "pragma_database_size");
    if (sizes.function != GiveVisibleSizes) database_sizes = sizes.function;
    sizes.function = GiveVisibleSizes;
    Put(context, std::move(sizes));
  });
  return Status::Ok();
}

}  // namespace tavana::duckdb_engine
