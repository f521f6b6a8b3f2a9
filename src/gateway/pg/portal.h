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
#include "sql/statement.h"

namespace tavana::gateway {

/// A statement of the extended protocol, by name, or of the simple one, for once.
struct PreparedStatement {
  std::string sql;
  sql::Classified classified;
  /// What Parse said of the parameters, and what Describe answers.
  std::vector<std::uint32_t> parameter_oids;
  /// Absent for what the session answers itself.
  std::optional<engine::Prepared> prepared;
  /// Of rows; null when none come back.
  std::shared_ptr<arrow::Schema> columns;
  bool empty = false;
  bool once = false;  ///< closed with the last row of its only execution
};

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
  /// Rows over all pulls, as the command tag of an unlimited fetch counts them.
  std::int64_t rows_sent() const { return rows_sent_; }
  /// Of DML, once ended.
  std::int64_t affected() const { return summary_.affected; }

  /// Takes the engine's answer. Fails when its columns are not those that Describe told.
  Status Start(std::unique_ptr<engine::ResultStream> stream, pgwire::TextSettings text);
  /// Columns as RowDescription wants them; only once started.
  const std::vector<pgwire::FieldDescription>& fields() const { return encoder_->fields; }
  bool returns_rows() const { return statement_->columns != nullptr; }

  /// Encodes at most `max_rows` (0: all) and about `target_bytes`. Blocks while the query runs. The engine's result is
  /// closed with its last row.
  Result<PulledRows> Pull(const engine::CallContext& call, std::int64_t max_rows, std::size_t target_bytes,
                          pgwire::ByteBuffer reuse);

 private:
  std::shared_ptr<const PreparedStatement> statement_;
  std::shared_ptr<arrow::RecordBatch> parameters_;
  std::vector<std::int16_t> formats_;
  std::unique_ptr<engine::ResultStream> stream_;
  std::optional<pgwire::RowEncoder> encoder_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::int64_t next_row_ = 0;
  std::int64_t rows_sent_ = 0;
  bool started_ = false;
  bool ended_ = false;
  engine::ResultSummary summary_;
};

/// Rows that the session itself has, as a stream of one batch.
std::unique_ptr<engine::ResultStream> StreamOf(std::shared_ptr<arrow::RecordBatch> batch);

/// "SELECT 3", "INSERT 0 2", "CREATE TABLE": postgresql.org/docs/15/protocol-message-formats.html, CommandComplete.
std::string CommandTag(const PreparedStatement& statement, std::int64_t rows, std::int64_t affected);

}  // namespace tavana::gateway
