#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "gateway/pg/copy_feed.h"
#include "gateway/pg/pg_session.h"
#include "pgwire/copy_encoder.h"
#include "sql/copy_statement.h"
#include "sql/lexer.h"

namespace tavana::gateway {

namespace {

// Rows encoded between two looks at how full the buffer is (chosen: DuckDB's vector).
constexpr std::int64_t kRowsAtOnce = 2048;
// As for other results: what leaves at once, and what a pull aims at.
constexpr std::size_t kSmallCopyBytes = 64 << 10;
constexpr std::size_t kCopyPullBytes = 512 << 10;

std::string RelationOf(const sql::CopyStatement& copy) {
  std::string name;
  for (const auto& part : copy.table) name += (name.empty() ? "" : ".") + sql::QuoteIdentifier(part);
  return name;
}

std::shared_ptr<arrow::Field> FindColumn(const arrow::Schema& schema, const std::string& name) {
  for (const auto& field : schema.fields()) {
    if (field->name() == name) return field;
  }
  for (const auto& field : schema.fields()) {  // the engine's names have no case
    if (sql::LowerCase(field->name()) == sql::LowerCase(name)) return field;
  }
  return nullptr;
}

Error NoColumn(const sql::CopyStatement& copy, const std::string& name) {
  const std::string of = copy.table.empty() ? "" : fmt::format(" of relation \"{}\"", copy.table.back());
  return Error(ErrorCode::kUndefinedColumn, fmt::format("column \"{}\"{} does not exist", name, of));
}

/// The columns that are copied, in their order.
Result<arrow::FieldVector> CopiedColumns(const sql::CopyStatement& copy, const arrow::Schema& schema) {
  if (copy.columns.empty()) return schema.fields();
  arrow::FieldVector columns;
  for (const auto& name : copy.columns) {
    auto column = FindColumn(schema, name);
    if (column == nullptr) return NoColumn(copy, name);
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      return Error(ErrorCode::kDuplicateColumn, fmt::format("column \"{}\" specified more than once", name));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

/// Makes the names of an option those of the columns.
Status CheckForced(const sql::CopyStatement& copy, const arrow::Schema& schema, const arrow::FieldVector& columns,
                   std::string_view option, std::vector<std::string>& names) {
  for (auto& name : names) {
    const auto column = FindColumn(schema, name);
    if (column == nullptr) return NoColumn(copy, name);
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
      return Error(ErrorCode::kInvalidColumnReference,
                   fmt::format("{} column \"{}\" not referenced by COPY", option, name));
    }
    name = column->name();
  }
  return Status::Ok();
}

Status CheckAllForced(sql::CopyStatement& copy, const arrow::Schema& schema, const arrow::FieldVector& columns) {
  TAVANA_RETURN_IF_ERROR(CheckForced(copy, schema, columns, "FORCE_QUOTE", copy.options.force_quote));
  TAVANA_RETURN_IF_ERROR(CheckForced(copy, schema, columns, "FORCE_NOT_NULL", copy.options.force_not_null));
  return CheckForced(copy, schema, columns, "FORCE_NULL", copy.options.force_null);
}

std::string NamesOf(const arrow::FieldVector& columns) {
  std::string names;
  for (const auto& column : columns) names += (names.empty() ? "" : ", ") + sql::QuoteIdentifier(column->name());
  return names;
}

/// A statement of ours, described. Blocks, on a pool thread.
Result<engine::Prepared> PrepareOurs(engine::Session& engine, const engine::CallContext& call, const std::string& sql) {
  auto prepared = engine.Prepare(call, sql, {});
  if (!prepared.ok()) return std::move(prepared).error().WithoutPosition();
  return prepared;
}

/// Describes the table of `copy` and nothing else.
Result<std::shared_ptr<arrow::Schema>> DescribeTable(engine::Session& engine, const engine::CallContext& call,
                                                     const sql::CopyStatement& copy) {
  TAVANA_ASSIGN_OR_RETURN(const auto all, PrepareOurs(engine, call, "SELECT * FROM " + RelationOf(copy)));
  engine.ClosePrepared(all.id);
  return all.columns;
}

/// What COPY TO STDOUT reads from.
struct CopySource {
  engine::StatementId statement{};
  std::unique_ptr<engine::ResultStream> stream;
  std::optional<pgwire::CopyEncoder> encoder;
  std::shared_ptr<arrow::RecordBatch> batch;
  std::int64_t next_row = 0;
  std::size_t columns = 0;
  bool begun = false;
  bool writes = false;

  /// Prepares and starts. Blocks, on a pool thread, as Pull does.
  Status Start(engine::Session& engine, const engine::CallContext& call, sql::CopyStatement copy,
               const pgwire::TextSettings& text) {
    TAVANA_ASSIGN_OR_RETURN(const auto prepared, Prepare(engine, call, copy));
    statement = prepared.id;
    auto started = engine.Execute(call, statement, {});
    if (!started.ok()) {
      if (copy.query.empty()) return std::move(started).error().WithoutPosition();
      return std::move(started).error().MovedBy(copy.query_offset_bytes);
    }
    stream = *std::move(started);
    const auto& schema = *stream->schema();
    TAVANA_RETURN_IF_ERROR(CheckAllForced(copy, schema, schema.fields()));
    columns = static_cast<std::size_t>(schema.num_fields());
    std::vector<bool> force_quote(columns, copy.options.force_quote_all);
    for (const auto& name : copy.options.force_quote) {
      for (std::size_t i = 0; i < columns; ++i) {
        if (schema.field(static_cast<int>(i))->name() == name) force_quote[i] = true;
      }
    }
    TAVANA_ASSIGN_OR_RETURN(encoder, pgwire::CopyEncoder::Make(schema, copy.options, std::move(force_quote), text));
    return Status::Ok();
  }

  Result<engine::Prepared> Prepare(engine::Session& engine, const engine::CallContext& call, sql::CopyStatement& copy) {
    if (copy.query.empty()) {
      TAVANA_ASSIGN_OR_RETURN(const auto schema, DescribeTable(engine, call, copy));
      TAVANA_ASSIGN_OR_RETURN(const auto copied, CopiedColumns(copy, *schema));
      TAVANA_RETURN_IF_ERROR(CheckAllForced(copy, *schema, copied));
      return PrepareOurs(engine, call, "SELECT " + NamesOf(copied) + " FROM " + RelationOf(copy));
    }
    auto prepared = engine.Prepare(call, copy.query, {});
    if (!prepared.ok()) return std::move(prepared).error().MovedBy(copy.query_offset_bytes);
    writes = prepared->kind != engine::StatementKind::kQuery;
    const bool is_rows =
        prepared->kind == engine::StatementKind::kQuery || prepared->kind == engine::StatementKind::kDml;
    if (prepared->returns_rows && is_rows) return prepared;
    engine.ClosePrepared(prepared->id);
    if (is_rows) return Error(ErrorCode::kUnsupported, "COPY query must have a RETURNING clause");
    return Error(ErrorCode::kSyntax, "COPY takes a query that returns rows");
  }

  Result<PulledRows> Pull(engine::Session& engine, const engine::CallContext& call, std::size_t target_bytes,
                          pgwire::ByteBuffer reuse) {
    PulledRows pulled{.bytes = std::move(reuse)};
    pulled.bytes.clear();
    if (!std::exchange(begun, true)) encoder->Begin(pulled.bytes);
    while (pulled.bytes.size() < target_bytes) {
      if (batch == nullptr) {
        TAVANA_ASSIGN_OR_RETURN(batch, stream->Next(call));
        next_row = 0;
        if (batch == nullptr) {
          encoder->End(pulled.bytes);
          pulled.ended = true;
          stream.reset();
          engine.ClosePrepared(statement);
          break;
        }
      }
      const std::int64_t last_row = std::min(batch->num_rows(), next_row + kRowsAtOnce);
      TAVANA_RETURN_IF_ERROR(encoder->Encode(*batch, next_row, last_row, pulled.bytes));
      pulled.rows += last_row - next_row;
      next_row = last_row;
      if (next_row == batch->num_rows()) batch.reset();
    }
    return pulled;
  }
};

}  // namespace

PgSession::Task<Status> PgSession::Copy(const engine::CallContext& call, std::string sql) {
  auto copy = sql::ParseCopy(sql);
  if (!copy.ok()) co_return std::move(copy).error();
  // The query's errors count characters from its own start.
  copy->query_offset_bytes = sql::CharactersBefore(sql, copy->query_offset_bytes);
  const auto began = std::chrono::steady_clock::now();
  Result<std::int64_t> rows = std::int64_t{0};
  if (!ticket_.held()) {
    auto admitted = co_await services_.admission.Admit(strand_, call.cancellation);
    if (!admitted.ok()) co_return std::move(admitted).error();
    ticket_ = *std::move(admitted);
  }
  const Status free = co_await EngineFree(call);
  if (!free.ok()) co_return free.error();
  auto statement = *std::move(copy);
  if (statement.from_client) {
    rows = co_await CopyIn(call, std::move(statement));
  } else {
    rows = co_await CopyOut(call, std::move(statement));
  }
  HoldTicketOfLeftBehind();
  CountStatement(rows.ok() ? Status::Ok() : Status(rows.error()), began);
  if (!rows.ok()) co_return std::move(rows).error();
  Out().CommandComplete(fmt::format("COPY {}", *rows));
  co_return Status::Ok();
}

PgSession::Task<Result<std::int64_t>> PgSession::CopyOut(const engine::CallContext& call, sql::CopyStatement copy) {
  const bool binary = copy.options.binary();
  const auto source = std::make_shared<CopySource>();
  auto start_and_pull = [engine = engine_, call, source, copy = std::move(copy), text = CurrentTextSettings(),
                         closing = std::exchange(closing_, {}),
                         reuse = std::move(spare_)]() mutable -> Result<PulledRows> {
    for (const auto id : closing) engine->ClosePrepared(id);
    TAVANA_RETURN_IF_ERROR(source->Start(*engine, call, std::move(copy), text));
    return source->Pull(*engine, call, kSmallCopyBytes, std::move(reuse));
  };
  auto first = net::StartBlocking(services_.statement_pool, strand_, std::move(start_and_pull));
  auto pulled = co_await net::Await(first, strand_, call.cancellation, left_behind_);
  if (pulled.ok()) {
    if (source->writes) MarkSavepointsWritten();
    Out().CopyOutResponse(binary, source->columns);
  }
  std::int64_t sent_rows = 0;
  while (pulled.ok()) {
    PulledRows rows = *std::move(pulled);
    sent_rows += rows.rows;
    services_.metrics.AddRowsSent(static_cast<std::uint64_t>(rows.rows));
    const bool last = rows.ended;
    if (last && rows.bytes.size() <= kSmallCopyBytes * 2) {
      out_.Append(rows.bytes.view());
      spare_ = std::move(rows.bytes);
      break;
    }
    // The engine makes the next rows while these leave: two buffers, no more.
    auto pull = [engine = engine_, call, source, reuse = std::move(spare_)]() mutable {
      return source->Pull(*engine, call, kCopyPullBytes, std::move(reuse));
    };
    std::shared_ptr<net::RunningCall<decltype(pull)>> next;
    if (!last) next = net::StartBlocking(services_.statement_pool, strand_, std::move(pull));
    bool written = true;
    if (out_.size() > 0) {
      const std::string_view before = out_.view();
      written = co_await connection_->Write(before);
      out_.clear();
    }
    const std::string_view bytes = rows.bytes.view();
    if (written) written = co_await connection_->Write(bytes);
    services_.metrics.AddBytesSent(bytes.size());
    if (!written) call.cancellation->Cancel(Error(ErrorCode::kCancelled, "the client is gone"));
    spare_ = std::move(rows.bytes);
    if (last) break;
    pulled = co_await net::Await(next, strand_, call.cancellation, left_behind_);
  }
  if (!pulled.ok()) {
    if (left_behind_ == nullptr) {  // the stream ends where streams end: on a pool thread
      auto release = [engine = engine_, source] {
        source->stream.reset();
        if (source->statement != engine::StatementId{}) engine->ClosePrepared(source->statement);
        return true;
      };
      auto released = net::StartBlocking(services_.control_pool, strand_, std::move(release));
      co_await released->Finished();
    }
    co_return std::move(pulled).error();
  }
  Out().CopyDone();
  co_return sent_rows;
}

PgSession::Task<Result<std::int64_t>> PgSession::CopyIn(const engine::CallContext& call, sql::CopyStatement copy) {
  auto describe = [engine = engine_, call, copy, time_zone = settings_.Get("timezone"),
                   closing = std::exchange(closing_, {})]() mutable -> Result<pgwire::CopyDecoder> {
    for (const auto id : closing) engine->ClosePrepared(id);
    TAVANA_ASSIGN_OR_RETURN(const auto schema, DescribeTable(*engine, call, copy));
    TAVANA_ASSIGN_OR_RETURN(auto columns, CopiedColumns(copy, *schema));
    TAVANA_RETURN_IF_ERROR(CheckAllForced(copy, *schema, columns));
    // What cannot be written to (a view, a generated column, a read-only database) is said before the data comes.
    const std::string names = NamesOf(columns), relation = RelationOf(copy);
    TAVANA_ASSIGN_OR_RETURN(const auto insert, PrepareOurs(*engine, call,
                                                           "INSERT INTO " + relation + " (" + names + ") SELECT " +
                                                               names + " FROM " + relation));
    engine->ClosePrepared(insert.id);
    if (!copy.where.empty()) {
      TAVANA_ASSIGN_OR_RETURN(
          const auto condition,
          PrepareOurs(*engine, call, "SELECT 1 FROM " + relation + " WHERE (" + copy.where + "\n)"));
      engine->ClosePrepared(condition.id);
    }
    const pgwire::CopyTarget target{
        .relation = copy.table.back(), .columns = std::move(columns), .time_zone = time_zone};
    return pgwire::CopyDecoder::Make(target, copy.options);
  };
  auto described = net::StartBlocking(services_.statement_pool, strand_, std::move(describe));
  auto decoder = co_await net::Await(described, strand_, call.cancellation, left_behind_);
  if (!decoder.ok()) co_return std::move(decoder).error();

  const auto columns = static_cast<std::size_t>(decoder->schema()->num_fields());
  Out().CopyInResponse(copy.options.binary(), columns);
  const std::string_view bytes = out_.view();
  const bool written = co_await connection_->Write(bytes);
  services_.metrics.AddBytesSent(bytes.size());
  out_.clear();
  if (!written) co_return Error(ErrorCode::kCancelled, "the client is gone");

  engine::IngestTarget target{.table = copy.table.back(), .where = copy.where};
  if (copy.table.size() >= 2) target.schema = copy.table[copy.table.size() - 2];
  if (copy.table.size() == 3) target.database = copy.table[0];
  MarkSavepointsWritten();
  const auto feed = std::make_shared<CopyFeed>(connection_, call.cancellation);
  const auto batches = std::make_shared<CopyBatches>(feed, *std::move(decoder));
  auto ingest = [engine = engine_, call, target, batches]() -> Result<std::int64_t> {
    auto rows = engine->Ingest(call, target, *batches);
    batches->Stop();
    if (rows.ok()) return rows;
    if (batches->error()) return *batches->error();
    if (const auto row = rows.error().row()) return std::move(rows).error().WithContext(batches->PlaceOf(*row));
    return rows;
  };
  feed->Attach();
  boost::asio::post(services_.decode_pool, [batches] { batches->Decode(); });
  auto ingesting = net::StartBlocking(services_.statement_pool, strand_, std::move(ingest));
  connection_->ReadInBulk(true);
  co_await ReadCopyData(*feed);
  connection_->ReadInBulk(false);
  auto rows = co_await net::Await(ingesting, strand_, call.cancellation, left_behind_);
  feed->Detach();
  co_return rows;
}

// postgresql.org/docs/15/protocol-flow.html#PROTOCOL-COPY
PgSession::Task<void> PgSession::ReadCopyData(CopyFeed& feed) {
  pgwire::ByteBuffer block;
  const auto stopped = [&] { return feed.closed() || CancelledNow(); };
  for (;;) {
    if (block.size() > 0 && connection_->buffered().size() < 5 && feed.starving()) {
      feed.Push(std::exchange(block, feed.Spare()));  // a slow client: no use in waiting for more
    }
    const bool have_header = co_await connection_->Fill(5);
    if (stopped()) co_return;
    if (!have_header) {
      if (!connection_->disconnected()) continue;
      feed.Fail(Error(ErrorCode::kCancelled, "the client is gone"));
      co_return;
    }
    const std::string_view buffered = connection_->buffered();
    const auto header = pgwire::DecodeFrameHeader(buffered.substr(0, 5));
    if (!header.ok()) {  // what follows cannot be read: Serve finds that too
      feed.Fail(header.error());
      co_return;
    }
    if (header->type == 'd') {
      unread_body_bytes_ = header->body_bytes;
      std::size_t head_bytes = 5;
      do {
        const std::size_t there =
            std::min({unread_body_bytes_, connection_->buffered().size() - head_bytes, CopyFeed::kBlockBytes});
        block.Append(connection_->buffered().substr(head_bytes, there));
        connection_->Consume(head_bytes + there);
        head_bytes = 0;
        unread_body_bytes_ -= there;
        if (block.size() >= CopyFeed::kBlockBytes) {
          co_await feed.Room();
          if (stopped()) co_return;
          feed.Push(std::exchange(block, feed.Spare()));
        }
        if (unread_body_bytes_ == 0) break;
        while (connection_->buffered().empty()) {
          if (block.size() > 0 && feed.starving()) feed.Push(std::exchange(block, feed.Spare()));
          const bool more = co_await connection_->Fill(1);
          if (stopped()) co_return;
          if (more || !connection_->disconnected()) continue;
          feed.Fail(Error(ErrorCode::kCancelled, "the client is gone"));
          co_return;
        }
      } while (true);
      continue;
    }
    if (header->type != 'c' && header->type != 'f' && header->type != 'H' && header->type != 'S') {
      feed.Fail(
          Error(ErrorCode::kProtocol, fmt::format("unexpected message type 0x{:02X} during COPY from stdin",
                                                  static_cast<unsigned>(static_cast<unsigned char>(header->type)))));
      co_return;  // it is dispatched next
    }
    const std::size_t frame_bytes = 5 + header->body_bytes;
    const bool have_body = co_await connection_->Fill(frame_bytes);
    if (stopped()) co_return;
    if (!have_body) continue;
    auto message = pgwire::DecodeFrontend(header->type, connection_->buffered().substr(5, header->body_bytes));
    connection_->Consume(frame_bytes);
    if (!message.ok()) {
      feed.Fail(std::move(message).error());
      co_return;
    }
    if (const auto* fail = std::get_if<pgwire::CopyFail>(&*message)) {
      feed.Fail(Error(ErrorCode::kCancelled, "COPY from stdin failed: " + fail->reason));
      co_return;
    }
    if (std::holds_alternative<pgwire::CopyDone>(*message)) {
      if (block.size() > 0) feed.Push(std::move(block));
      feed.End();
      co_return;
    }
    // Flush and Sync are ignored while data comes.
  }
}

}  // namespace tavana::gateway
