#include "remote/messages.h"

#include <utility>

#include "remote/arrow_wire.h"

namespace tavana::remote {

wire::Error MessageOf(const Error& error) {
  wire::Error message;
  message.set_code(static_cast<std::uint32_t>(error.code()));
  message.set_message(error.message());
  message.set_detail(error.detail());
  message.set_hint(error.hint());
  message.set_context(error.context());
  if (error.position()) message.set_position(*error.position());
  if (error.row()) message.set_row(*error.row());
  message.set_retryable(error.retryable());
  message.set_poisoned(error.poisoned());
  return message;
}

Error ErrorOf(const wire::Error& message) {
  const bool known = message.code() <= static_cast<std::uint32_t>(ErrorCode::kInternal);
  Error error(known ? static_cast<ErrorCode>(message.code()) : ErrorCode::kInternal, message.message());
  (void)std::move(error).WithDetail(message.detail()).WithHint(message.hint()).WithContext(message.context());
  if (message.has_position()) (void)std::move(error).AtPosition(message.position());
  if (message.has_row()) (void)std::move(error).AtRow(message.row());
  if (message.retryable()) (void)std::move(error).Retryable();
  if (message.poisoned()) (void)std::move(error).Poisoned();
  return error;
}

wire::Form MessageOf(const engine::ClientForm& form) {
  wire::Form message;
  message.set_batch_bytes(form.batch_bytes);
  message.set_compression(form.compression == arrow::Compression::LZ4_FRAME ? wire::Form::LZ4
                          : form.compression == arrow::Compression::ZSTD    ? wire::Form::ZSTD
                                                                            : wire::Form::NONE);
  message.set_string_views(form.string_views);
  return message;
}

Result<engine::ClientForm> FormOf(const wire::Form& message) {
  if (message.batch_bytes() <= 0 || !wire::Form::Compression_IsValid(message.compression())) {
    return Error(ErrorCode::kProtocol, "no client may want such batches");
  }
  return engine::ClientForm{.batch_bytes = message.batch_bytes(),
                            .compression = message.compression() == wire::Form::LZ4 ? arrow::Compression::LZ4_FRAME
                                           : message.compression() == wire::Form::ZSTD
                                               ? arrow::Compression::ZSTD
                                               : arrow::Compression::UNCOMPRESSED,
                            .string_views = message.string_views()};
}

Result<wire::Prepared> MessageOf(const engine::Prepared& prepared) {
  wire::Prepared message;
  message.set_statement(static_cast<std::uint64_t>(prepared.id));
  message.set_kind(static_cast<std::uint32_t>(prepared.kind));
  message.set_command(prepared.command);
  message.set_returns_rows(prepared.returns_rows);
  TAVANA_ASSIGN_OR_RETURN(*message.mutable_parameters(), TypesBytes(prepared.parameters));
  TAVANA_ASSIGN_OR_RETURN(*message.mutable_columns(), SchemaBytes(*prepared.columns));
  message.set_columns_known(prepared.columns_known);
  message.set_unordered(!prepared.ordered);
  auto& reads = *message.mutable_read_set();
  for (const auto& table : prepared.read_set.tables) {
    auto& added = *reads.add_tables();
    added.set_database(table.database);
    added.set_schema(table.schema);
    added.set_name(table.name);
  }
  for (const auto& file : prepared.read_set.files) {
    auto& added = *reads.add_files();
    added.set_path(file.path);
    added.set_version(file.version);
  }
  for (const auto& database : prepared.read_set.databases_written) reads.add_databases_written(database);
  reads.set_has_volatile_function(prepared.read_set.has_volatile_function);
  reads.set_complete(prepared.read_set.complete);
  for (const auto& table : prepared.inline_tables) message.add_inline_tables(table);
  return message;
}

Result<engine::Prepared> PreparedOf(const wire::Prepared& message) {
  if (message.kind() > static_cast<std::uint32_t>(engine::StatementKind::kOther)) {
    return Error(ErrorCode::kUnsupported, "the worker knows a kind of statement that this gateway does not");
  }
  engine::Prepared prepared;
  prepared.id = engine::StatementId{message.statement()};
  prepared.kind = static_cast<engine::StatementKind>(message.kind());
  prepared.command = message.command();
  prepared.returns_rows = message.returns_rows();
  TAVANA_ASSIGN_OR_RETURN(prepared.parameters, TypesOf(message.parameters()));
  TAVANA_ASSIGN_OR_RETURN(prepared.columns, SchemaOf(message.columns()));
  prepared.columns_known = message.columns_known();
  prepared.ordered = !message.unordered();
  const auto& reads = message.read_set();
  for (const auto& table : reads.tables())
    prepared.read_set.tables.push_back({table.database(), table.schema(), table.name()});
  for (const auto& file : reads.files()) prepared.read_set.files.push_back({file.path(), file.version()});
  prepared.read_set.databases_written.assign(reads.databases_written().begin(), reads.databases_written().end());
  prepared.read_set.has_volatile_function = reads.has_volatile_function();
  prepared.read_set.complete = reads.complete();
  prepared.inline_tables.assign(message.inline_tables().begin(), message.inline_tables().end());
  return prepared;
}

Result<wire::Snapshot> MessageOf(const engine::SessionSnapshot& snapshot) {
  wire::Snapshot message;
  message.mutable_settings()->insert(snapshot.settings.begin(), snapshot.settings.end());
  message.mutable_credentials()->insert(snapshot.credentials.begin(), snapshot.credentials.end());
  message.mutable_secrets()->insert(snapshot.secrets.begin(), snapshot.secrets.end());
  for (const auto& attachment : snapshot.attachments) {
    auto& added = *message.add_attachments();
    added.set_name(attachment.name);
    added.set_statement(attachment.statement);
  }
  for (const auto& [id, statement] : snapshot.statements) {
    auto& added = *message.add_statements();
    added.set_id(static_cast<std::uint64_t>(id));
    added.set_sql(statement.sql);
    TAVANA_ASSIGN_OR_RETURN(*added.mutable_parameter_types(), TypesBytes(statement.parameter_types));
  }
  message.set_pinned_by(snapshot.pinned_by);
  return message;
}

Result<engine::SessionSnapshot> SnapshotOf(const wire::Snapshot& message) {
  engine::SessionSnapshot snapshot{.settings = {message.settings().begin(), message.settings().end()},
                                   .credentials = {message.credentials().begin(), message.credentials().end()},
                                   .secrets = {message.secrets().begin(), message.secrets().end()},
                                   .pinned_by = message.pinned_by()};
  for (const auto& attachment : message.attachments())
    snapshot.attachments.push_back({attachment.name(), attachment.statement()});
  for (const auto& statement : message.statements()) {
    TAVANA_ASSIGN_OR_RETURN(auto types, TypesOf(statement.parameter_types()));
    snapshot.statements[engine::StatementId{statement.id()}] = {statement.sql(), std::move(types)};
  }
  return snapshot;
}

}  // namespace tavana::remote
