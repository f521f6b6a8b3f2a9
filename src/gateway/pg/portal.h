#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "pgwire/byte_buffer.h"
#include "pgwire/rows.h"
#include "sql/fetch_direction.h"
#include "sql/statement.h"

namespace tavana::gateway {

/// A statement of the extended protocol, by name, or of the simple one, for once.
struct PreparedStatement {
  std::string sql;
  /// As others may see it. Made with the statement, not with each execution: it takes a look at the whole text.
  std::string shown;
  sql::Classified classified;
  /// What Parse said of the parameters, and what Describe answers.
  std::vector<std::uint32_t> parameter_oids;
  /// Absent for what the session answers itself.
  std::optional<engine::Prepared> prepared;
  /// Of rows; null when none come back.
  std::shared_ptr<arrow::Schema> columns;
  /// What values are bound to; null when the engine has not prepared anything.
  const engine::Prepared* bound() const {
    if (query != nullptr) return query->bound();
    return prepared ? &*prepared : nullptr;
  }
  /// Of DECLARE CURSOR: its query, prepared.
  std::shared_ptr<PreparedStatement> query;
  bool empty = false;
  bool once = false;  ///< closed with the last row of its only execution
};

inline constexpr std::int64_t kAllRows = sql::FetchSteps::kAllRows;

/// Encoded rows, ready for the socket.
struct PulledRows {
  pgwire::ByteBuffer bytes;
  std::int64_t rows = 0;
  bool ended = false;
};

/// An execution: rows are pulled from the engine and encoded until the portal ends. Shared between the session's
/// strand and the pool thread that runs a pull, one at a time.
class Portal {
 public:
  Portal(std::shared_ptr<const PreparedStatement> statement, std::shared_ptr<arrow::RecordBatch> parameters,
         std::vector<std::int16_t> formats)
      : statement_(std::move(statement)), parameters_(std::move(parameters)), formats_(std::move(formats)) {}

  const std::shared_ptr<const PreparedStatement>& statement() const { return statement_; }
  const std::shared_ptr<arrow::RecordBatch>& parameters() const { return parameters_; }
  const std::vector<std::int16_t>& formats() const { return formats_; }
  bool started() const { return started_; }
  /// True while the engine has an open result of this portal.
  bool holds_engine() const { return stream_ != nullptr; }
  bool ended() const { return ended_; }
  /// Rows passed so far, sent or not.
  std::int64_t position() const { return position_; }
  /// Of DML, once ended.
  std::int64_t affected() const { return summary_.affected; }

  /// Takes the engine's answer. Fails when its columns are not those that Describe told.
  Status Start(std::unique_ptr<engine::ResultStream> stream, pgwire::TextSettings text);
  /// Of its rows, in the portal's own formats; null without rows. Only once started.
  const std::shared_ptr<pgwire::RowEncoder>& encoder() const { return encoder_; }
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  bool returns_rows() const { return statement_->columns != nullptr; }

  /// Encodes at most `max_rows` and about `target_bytes`. Blocks while the query runs. The engine's result is closed
  /// with its last row.
  Result<PulledRows> Pull(const engine::CallContext& call, pgwire::RowEncoder* encoder, std::int64_t max_rows,
                          std::size_t target_bytes, pgwire::ByteBuffer reuse);
  /// Passes over `rows` rows, or all that are left; how many there were. Blocks.
  Result<std::int64_t> Skip(const engine::CallContext& call, std::int64_t rows);
  /// Passes over all rows but the last; the next Pull gives that one. Blocks.
  Status SkipToLast(const engine::CallContext& call);

  /// Of a cursor: outlives its transaction (WITH HOLD); made in the block that is open; savepoints there were then.
  bool hold = false;
  bool of_this_block = false;
  std::size_t savepoints = 0;

 private:
  /// Makes sure that a batch is there, or that the portal has ended.
  Status HaveBatch(const engine::CallContext& call);

  std::shared_ptr<const PreparedStatement> statement_;
  std::shared_ptr<arrow::RecordBatch> parameters_;
  std::vector<std::int16_t> formats_;
  std::unique_ptr<engine::ResultStream> stream_;
  std::shared_ptr<pgwire::RowEncoder> encoder_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::int64_t next_row_ = 0;
  std::size_t row_bytes_ = 1 << 12;  // encoded, of the rows before; at first what few rows reach (chosen)
  std::int64_t position_ = 0;
  bool started_ = false;
  bool ended_ = false;
  engine::ResultSummary summary_;
};

/// Rows that the session itself has, as a stream of one batch.
std::unique_ptr<engine::ResultStream> StreamOf(std::shared_ptr<arrow::RecordBatch> batch);

/// "SELECT 3", "INSERT 0 2", "CREATE TABLE": postgresql.org/docs/15/protocol-message-formats.html, CommandComplete.
std::string CommandTag(const PreparedStatement& statement, std::int64_t rows, std::int64_t affected);

}  // namespace tavana::gateway
