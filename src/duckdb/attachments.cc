#include "duckdb/attachments.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <duckdb/common/exception/binder_exception.hpp>
#include <duckdb/common/file_system.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/main/database_manager.hpp>
#include <duckdb/main/database_path_and_type.hpp>
#include <duckdb/main/extension_helper.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/attach_statement.hpp>
#include <duckdb/planner/binder.hpp>
#include <duckdb/planner/expression_binder/table_function_binder.hpp>
#include <duckdb/transaction/meta_transaction.hpp>
#include <fmt/format.h>
#include <random>
#include <thread>
#include <utility>

#include "duckdb/errors.h"
#include "sql/redact.h"

namespace tavana::duckdb_engine {
namespace {

using namespace ::duckdb;  // NOLINT: this file speaks DuckDB's attached databases and nothing else

constexpr const char* kStateName = "tavana_attachments";
/// How long a file that its last session is closing is waited for, and how often it is looked at (chosen: a checkpoint
/// of a busy file takes its time).
constexpr auto kClosingPatience = std::chrono::seconds(10);
constexpr auto kClosingLook = std::chrono::milliseconds(2);
/// Types whose path is no file of this machine.
constexpr std::array kElsewhere = {"postgres", "postgres_scanner", "mysql",     "mysql_scanner",
                                   "iceberg",  "unity_catalog",    "uc_catalog"};

bool IsElsewhere(const std::string& path, const std::string& type) {
  std::string extension;
  if (FileSystem::IsRemoteFile(path, extension)) return true;
  if (std::ranges::find(kElsewhere, type) != kElsewhere.end()) return true;
  if (type != "ducklake") return false;
  std::string inner = path, inner_type;  // where its catalog is
  DBPathAndType::ExtractExtensionPrefix(inner, inner_type);
  return inner_type != "ducklake" && !inner_type.empty() && IsElsewhere(inner, inner_type);
}

/// What the options say, as DuckDB's own binder reads them.
void BindOptions(ClientContext& context, AttachInfo& info) {
  const auto binder = Binder::CreateBinder(context);
  TableFunctionBinder options(*binder, context, "Attach", "Attach parameter");
  for (auto& [name, expression] : info.parsed_options) {
    const auto bound = options.Bind(expression);
    Value value = ExpressionExecutor::EvaluateScalar(context, *bound);
    if (value.IsNull()) throw BinderException("NULL is not supported as a valid option for ATTACH option \"%s\"", name);
    info.options[name] = std::move(value);
  }
  info.parsed_options.clear();
}

/// 128 bits of the system's randomness: DuckDB's own generator tells its next numbers to whoever has seen some.
std::string UnguessableName() {
  std::random_device random;
  std::string name = std::string(kHiddenPrefix) + "_";
  for (int i = 0; i < 4; ++i) name += fmt::format("{:08x}", random());
  return name;
}

/// A DuckLake attaches the database of its metadata for itself, where every session could name it.
void HideMetadata(AttachInfo& info, AttachOptions& options) {
  for (const auto& [name, value] : options.options) {
    if (StringUtil::CIEquals(name, "metadata_catalog"))
      ThrowToDuckDb(Error(ErrorCode::kUnsupported, "METADATA_CATALOG is the server's to choose"));
  }
  options.options["metadata_catalog"] = Value(UnguessableName());
  options.options["meta_hidden"] = Value::BOOLEAN(true);
  info.options["metadata_catalog"] = options.options["metadata_catalog"];
  info.options["meta_hidden"] = options.options["meta_hidden"];
}

[[noreturn]] void RefuseOtherUse(const AttachInfo& info) {
  ThrowToDuckDb(Error(ErrorCode::kWrongState, "the database file \"" + info.path + "\" is attached by another session")
                    .WithHint("Sessions share a file that they attach under the same name with the same options."));
}

Attachments::List Without(const Attachments::List& list, const std::string& name) {
  Attachments::List kept;
  for (const auto& each : list)
    if (!StringUtil::CIEquals(each.name, name)) kept.push_back(each);
  return kept;
}

const Attachments::Attachment* FindIn(const Attachments::List& list, const std::string& name) {
  const auto found =
      std::ranges::find_if(list, [&](const auto& each) { return StringUtil::CIEquals(each.name, name); });
  return found == list.end() ? nullptr : &*found;
}

/// Tells the databases of `before` that are not in `after` that they are detached: a DuckLake detaches its metadata
/// then. Files close themselves with their last session.
void LeaveBehind(ClientContext& context, const Attachments::List& before, const Attachments::List& after) {
  for (const auto& each : before) {
    const bool stays = std::ranges::any_of(after, [&](const auto& other) { return other.database == each.database; });
    if (stays || !each.database->StoredPath().empty()) continue;
    try {
      each.database->OnDetach(context);
    } catch (const std::exception&) {
      // It goes all the same.
    }
  }
}

/// Drivers repeat what they could not connect to, passwords included.
Error WithoutSecrets(const Error& error, const std::string& path) {
  std::string message = error.message();
  if (!path.empty()) message = StringUtil::Replace(message, path, "...");
  if (sql::ShownStatement(message) != message)
    message = "the database can not be attached: what its client says of it holds a secret";
  return Error(error.code(), message).WithHint(error.hint());
}

template <typename Work>
Status InTransaction(ClientContext& context, const Work& work) {
  try {
    context.RunFunctionInTransaction(work);
    return Status::Ok();
  } catch (const std::exception& exception) {
    return TranslateException(exception, {});
  }
}

}  // namespace

AttachedFiles::Database AttachedFiles::Find(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : found->second.lock();
}
void AttachedFiles::Note(const std::string& path, const Database& database) {
  const std::lock_guard lock(mutex_);
  std::erase_if(files_, [](const auto& entry) { return entry.second.expired(); });
  files_[path] = database;
}

::duckdb::shared_ptr<Attachments> Attachments::Of(ClientContext& context, AttachedFiles& files) {
  return context.registered_state->GetOrCreate<Attachments>(kStateName, files);
}
::duckdb::shared_ptr<Attachments> Attachments::Find(ClientContext& context) {
  return context.registered_state->Get<Attachments>(kStateName);
}

std::shared_ptr<const Attachments::List> Attachments::list() const {
  const std::lock_guard lock(mutex_);
  return list_;
}
void Attachments::Replace(std::shared_ptr<const List> list) {
  const std::lock_guard lock(mutex_);
  list_ = std::move(list);
}

Status Attachments::Attach(ClientContext& context, const AttachInfo& info) {
  const auto copy = info.Copy();
  const Status status = InTransaction(context, [&] { AttachInTransaction(context, *copy); });
  if (status.ok() || sql::ShownStatement(info.ToString()) == info.ToString()) return status;
  return WithoutSecrets(status.error(), copy->path);
}
Status Attachments::Attach(ClientContext& context, const std::string& statement) {
  Parser parser;
  parser.ParseQuery(statement);
  return Attach(context, *parser.statements.at(0)->Cast<AttachStatement>().info);
}
Status Attachments::Detach(ClientContext& context, const std::string& name, bool if_exists) {
  return InTransaction(context, [&] {
    if (FindIn(*list(), name) != nullptr) return DetachInTransaction(context, name);
    if (DatabaseManager::Get(context).GetDatabase(name))
      ThrowToDuckDb(
          Error(ErrorCode::kPermissionDenied, "permission denied: database \"" + name + "\" is the server's"));
    if (!if_exists)
      ThrowToDuckDb(Error(ErrorCode::kUndefinedDatabase, "database \"" + name + "\" is not attached in this session"));
  });
}

void Attachments::AttachInTransaction(ClientContext& context, AttachInfo& info) {
  BindOptions(context, info);
  std::string path = info.path, type;
  DBPathAndType::ExtractExtensionPrefix(path, type);
  if (info.name.empty()) info.name = AttachedDatabase::ExtractDatabaseName(path, FileSystem::GetFileSystem(context));
  const auto* const present = FindIn(*list(), info.name);
  if (present != nullptr && info.on_conflict == OnCreateConflict::IGNORE_ON_CONFLICT) return;
  const bool is_taken = DatabaseManager::Get(context).GetDatabase(info.name) || info.name.starts_with(kServersPrefix) ||
                        AttachedDatabase::NameIsReserved(info.name);
  if (is_taken || (present != nullptr && info.on_conflict == OnCreateConflict::ERROR_ON_CONFLICT))
    ThrowToDuckDb(Error(ErrorCode::kDuplicateObject, "database \"" + info.name + "\" already exists"));
  if (present != nullptr) DetachInTransaction(context, info.name);

  info.on_conflict = OnCreateConflict::ERROR_ON_CONFLICT;
  const std::string statement = info.ToString();
  auto database = Open(context, info);
  for (const auto& [name, value] : info.options)
    if (type.empty() && StringUtil::CIEquals(name, "type")) type = StringUtil::Lower(value.ToString());
  MetaTransaction::Get(context).UseDatabase(database);
  auto changed = std::make_shared<List>(*list());
  changed->push_back({.name = info.name,
                      .database = std::move(database),
                      .statement = IsElsewhere(path, type) ? statement : std::string()});
  Replace(std::move(changed));
}

/// What DuckDB's DatabaseManager does for ATTACH, without making it known to the instance.
AttachedFiles::Database Attachments::Open(ClientContext& context, AttachInfo& info) {
  auto& config = DBConfig::GetConfig(context);
  auto& manager = DatabaseManager::Get(context);
  AttachOptions options(info.options, config.options.access_mode);
  if (options.db_type.empty()) DBPathAndType::ExtractExtensionPrefix(info.path, options.db_type);
  std::string extension;
  if (FileSystem::IsRemoteFile(info.path, extension) && options.access_mode == AccessMode::AUTOMATIC)
    options.access_mode = AccessMode::READ_ONLY;
  const bool in_memory = info.path.empty() || info.path == IN_MEMORY_PATH;
  const bool opens_file = !in_memory && (options.db_type.empty() || options.db_type == "duckdb");
  if (opens_file) {
    info.path = FileSystem::GetFileSystem(context).CanonicalizePath(info.path);
    const auto deadline = std::chrono::steady_clock::now() + kClosingPatience;
    for (;;) {
      if (auto open = files_.Find(info.path)) {
        const bool same = open->GetName() == info.name && options.options.empty() && open->GetAttachOptions().empty() &&
                          options.default_table.name.empty() &&
                          open->IsReadOnly() == (options.access_mode == AccessMode::READ_ONLY);
        if (!same) RefuseOtherUse(info);
        return open;
      }
      try {
        manager.InsertDatabasePath(info, options);
        break;
      } catch (const BinderException&) {  // its last session is about to close it, or the server has it
        if (std::chrono::steady_clock::now() > deadline || context.interrupted) RefuseOtherUse(info);
        std::this_thread::sleep_for(kClosingLook);
      }
    }
  }
  manager.GetDatabaseType(context, info, config, options);
  if (!options.db_type.empty()) options.stored_database_path.reset();
  if (!extension.empty() && !ExtensionHelper::TryAutoLoadExtension(context, extension))
    throw MissingExtensionException("Attaching path '%s' requires extension '%s' to be loaded", info.path, extension);
  if (options.db_type == "ducklake") HideMetadata(info, options);

  auto database = DatabaseInstance::GetDatabase(context).CreateAttachedDatabase(context, info, options);
  database->Initialize(&context);
  if (!options.default_table.name.empty())
    database->GetCatalog().SetDefaultTable(options.default_table.schema, options.default_table.name);
  database->FinalizeLoad(&context);
  database->oid = manager.NextOid();
  if (opens_file && options.db_type.empty()) files_.Note(info.path, database);
  return database;
}

void Attachments::DetachInTransaction(ClientContext& context, const std::string& name) {
  const auto before = list();
  const auto* const attachment = FindIn(*before, name);
  auto& transaction = MetaTransaction::Get(context);
  if (StringUtil::CIEquals(DatabaseManager::GetDefaultDatabase(context), attachment->name)) {
    ThrowToDuckDb(Error(ErrorCode::kWrongState, "database \"" + name + "\" is the session's current one")
                      .WithHint("USE another database first."));
  }
  if (transaction.TryGetTransaction(*attachment->database)) {
    ThrowToDuckDb(Error(ErrorCode::kActiveTransaction, "the transaction has used database \"" + name + "\"")
                      .WithHint("COMMIT or ROLLBACK first."));
  }
  transaction.DetachDatabase(*attachment->database);
  Replace(std::make_shared<const List>(Without(*before, name)));
}

void Attachments::DetachAll(ClientContext& context) {
  const auto before = list();
  Replace(std::make_shared<const List>());
  LeaveBehind(context, *before, {});
}

void Attachments::TransactionBegin(MetaTransaction& transaction, ClientContext&) {
  at_begin_ = list();
  for (const auto& each : *at_begin_) {
    auto database = each.database;
    transaction.UseDatabase(database);
  }
}
void Attachments::TransactionCommit(MetaTransaction&, ClientContext& context) {
  if (const auto before = std::exchange(at_begin_, nullptr); before && before != list())
    LeaveBehind(context, *before, *list());
}
void Attachments::TransactionRollback(MetaTransaction&, ClientContext& context) {
  const auto before = std::exchange(at_begin_, nullptr);
  const auto undone = list();
  if (!before || before == undone) return;
  Replace(before);
  LeaveBehind(context, *undone, *before);
}

}  // namespace tavana::duckdb_engine
