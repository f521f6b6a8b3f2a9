#pragma once

#include <duckdb.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/parser/parsed_data/attach_info.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tavana::duckdb_engine {

/// Databases of the instance whose names begin so are the server's own, and listed for nobody.
inline constexpr std::string_view kServersPrefix = "__tavana";
/// Of these, the databases that stand behind sessions' attachments.
inline constexpr std::string_view kHiddenPrefix = "__tavana_private";

/// The database files that sessions have attached. DuckDB opens a file once a process, so that sessions which attach
/// the same one under the same name share it, as their transactions expect. Thread-safe.
class AttachedFiles {
 public:
  using Database = ::duckdb::shared_ptr<::duckdb::AttachedDatabase>;
  /// What is attached from this file; null when nobody has it open.
  Database Find(const std::string& path) const;
  void Note(const std::string& path, const Database& database);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ::duckdb::weak_ptr<::duckdb::AttachedDatabase>> files_;
};

/// The databases that one session has attached. DuckDB's ATTACH reaches everybody; these are in no list of the instance
/// and are offered to the transactions of their session only, so that no other session can name, list or detach them.
/// What a transaction attached or detached is undone by its ROLLBACK. Changes come from the session's own calls; DuckDB
/// asks from any thread of a query.
class Attachments : public ::duckdb::ClientContextState {
 public:
  explicit Attachments(AttachedFiles& files) : files_(files) {}

  static ::duckdb::shared_ptr<Attachments> Of(::duckdb::ClientContext& context, AttachedFiles& files);
  /// Null in connections that belong to no session.
  static ::duckdb::shared_ptr<Attachments> Find(::duckdb::ClientContext& context);

  struct Attachment {
    std::string name;
    AttachedFiles::Database database;
    /// ATTACH, with all that it was given (passwords too). Empty where another engine would not find the same: of what
    /// is in memory or in a file of this machine.
    std::string statement;
  };
  using List = std::vector<Attachment>;
  std::shared_ptr<const List> list() const;

  /// Runs ATTACH or DETACH, in the transaction of `context` or one of its own.
  Status Attach(::duckdb::ClientContext& context, const ::duckdb::AttachInfo& info);
  Status Detach(::duckdb::ClientContext& context, const std::string& name, bool if_exists);
  /// As a snapshot has it.
  Status Attach(::duckdb::ClientContext& context, const std::string& statement);
  /// At the end of the session, outside transactions.
  void DetachAll(::duckdb::ClientContext& context);

  void TransactionBegin(::duckdb::MetaTransaction& transaction, ::duckdb::ClientContext&) override;
  void TransactionCommit(::duckdb::MetaTransaction&, ::duckdb::ClientContext&) override;
  void TransactionRollback(::duckdb::MetaTransaction&, ::duckdb::ClientContext&) override;

 private:
  void Replace(std::shared_ptr<const List> list);
  void AttachInTransaction(::duckdb::ClientContext& context, ::duckdb::AttachInfo& info);
  void DetachInTransaction(::duckdb::ClientContext& context, const std::string& name);
  AttachedFiles::Database Open(::duckdb::ClientContext& context, ::duckdb::AttachInfo& info);

  AttachedFiles& files_;
  mutable std::mutex mutex_;
  std::shared_ptr<const List> list_ = std::make_shared<const List>();
  std::shared_ptr<const List> at_begin_;
};

}  // namespace tavana::duckdb_engine
