#include "gateway/pg/portal.h"

#include "pgwire/types.h"

#include <fmt/format.h>

#include <algorithm>

namespace tavana::gateway {
namespace {

constexpr std::int64_t kLeastRows = 16;  // encoded at once, however little room is left (chosen)

class OneBatchStream final : public engine::ResultStream {
 public:
  explicit OneBatchStream(std::shared_ptr<arrow::RecordBatch> batch)
      : schema_(batch->schema()), batch_(std::move(batch)) {}
  engine::ResultId id() const override { return {}; }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> Next(const engine::CallContext&) override {
    if (batch_ != nullptr) summary_.rows += batch_->num_rows();
    if (batch_ != nullptr && batch_->num_rows() == 0) batch_.reset();
    return std::exchange(batch_, nullptr);
  }
  const engine::ResultSummary& summary() const override { return summary_; }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  engine::ResultSummary summary_;
};

bool SameTypes(const arrow::Schema& a, const arrow::Schema& b) {
  if (a.num_fields() != b.num_fields()) return false;
  for (int i = 0; i < a.num_fields(); ++i) {
    if (pgwire::TypeOf(*a.field(i)).oid != pgwire::TypeOf(*b.field(i)).oid) return false;
  }
  return true;
}

}  // namespace

Status Portal::Start(std::unique_ptr<engine::ResultStream> stream, pgwire::TextSettings text) {
  const auto& columns = statement_->columns;
  const bool described = statement_->prepared && statement_->prepared->columns_known;
  if (columns != nullptr && described && !SameTypes(*columns, *stream->schema())) {
    return Error(ErrorCode::kUnsupported, "cached plan must not change result type")
        .WithHint("A table changed after the statement was prepared; prepare it again.");
  }
  if (columns != nullptr) {
    TAVANA_ASSIGN_OR_RETURN(auto encoder, pgwire::RowEncoder::Make(*stream->schema(), formats_, std::move(text)));
    encoder_ = std::make_shared<pgwire::RowEncoder>(std::move(encoder));
  }
  schema_ = stream->schema();
  stream_ = std::move(stream);
  started_ = true;
  return Status::Ok();
}

Status Portal::HaveBatch(const engine::CallContext& call) {
  while (batch_ == nullptr && !ended_) {
    TAVANA_ASSIGN_OR_RETURN(batch_, stream_->Next(call));
    next_row_ = 0;
    if (batch_ == nullptr) {
      ended_ = true;
      summary_ = stream_->summary();
      stream_.reset();
    } else if (!returns_rows()) {  // a count that the engine also gives as a row
      batch_.reset();
    }
  }
  return Status::Ok();
}

Result<PulledRows> Portal::Pull(const engine::CallContext& call, pgwire::RowEncoder* encoder, std::int64_t max_rows,
                                std::size_t target_bytes, pgwire::ByteBuffer reuse) {
  PulledRows pulled{.bytes = std::move(reuse)};
  pulled.bytes.clear();
  while (pulled.bytes.size() < target_bytes && pulled.rows < max_rows) {
    TAVANA_RETURN_IF_ERROR(HaveBatch(call));
    if (batch_ == nullptr) break;
    // As many as fit, by the size of those before them: a whole batch more would double the buffer.
    const std::size_t before = pulled.bytes.size();
    const auto fitting = static_cast<std::int64_t>((target_bytes - before) / row_bytes_ + kLeastRows);
    const std::int64_t last_row =
        next_row_ + std::min({batch_->num_rows() - next_row_, max_rows - pulled.rows, fitting});
    TAVANA_ASSIGN_OR_RETURN(const std::int64_t reached, encoder->Encode(*batch_, next_row_, last_row, pulled.bytes));
    pulled.rows += reached - next_row_;
    row_bytes_ = std::max(
        (pulled.bytes.size() - before) / static_cast<std::size_t>(std::max<std::int64_t>(reached - next_row_, 1)),
        std::size_t{1});
    next_row_ = reached;
    if (next_row_ == batch_->num_rows()) batch_.reset();
  }
  position_ += pulled.rows;
  pulled.ended = ended_;
  return pulled;
}

Result<std::int64_t> Portal::Skip(const engine::CallContext& call, std::int64_t rows) {
  std::int64_t skipped = 0;
  while (skipped < rows) {
    TAVANA_RETURN_IF_ERROR(HaveBatch(call));
    if (batch_ == nullptr) break;
    const std::int64_t step = std::min(batch_->num_rows() - next_row_, rows - skipped);
    skipped += step;
    position_ += step;
    next_row_ += step;
    if (next_row_ == batch_->num_rows()) batch_.reset();
  }
  return skipped;
}

Status Portal::SkipToLast(const engine::CallContext& call) {
  std::shared_ptr<arrow::RecordBatch> last;
  for (;;) {
    TAVANA_RETURN_IF_ERROR(HaveBatch(call));
    if (batch_ == nullptr) break;
    position_ += batch_->num_rows() - next_row_;
    last = std::exchange(batch_, nullptr);
  }
  if (last == nullptr) return Status::Ok();
  batch_ = std::move(last);
  next_row_ = batch_->num_rows() - 1;
  --position_;
  return Status::Ok();
}

std::unique_ptr<engine::ResultStream> StreamOf(std::shared_ptr<arrow::RecordBatch> batch) {
  return std::make_unique<OneBatchStream>(std::move(batch));
}

std::string CommandTag(const PreparedStatement& statement, std::int64_t rows, std::int64_t affected) {
  const std::string& command = statement.prepared->command;
  const bool returns_rows = statement.columns != nullptr;
  switch (statement.prepared->kind) {
    case engine::StatementKind::kQuery:
      if (returns_rows && command == "EXECUTE") return fmt::format("SELECT {}", rows);
      return command == "SELECT" ? fmt::format("SELECT {}", rows) : command;
    case engine::StatementKind::kDml: {
      const std::int64_t count = returns_rows ? rows : affected;
      return command == "INSERT" ? fmt::format("INSERT 0 {}", count) : fmt::format("{} {}", command, count);
    }
    case engine::StatementKind::kCopy: return fmt::format("COPY {}", affected);
    case engine::StatementKind::kDdl:
      return command == "SELECT" ? fmt::format("SELECT {}", affected) : command;  // CREATE TABLE AS
    case engine::StatementKind::kTransaction:
    case engine::StatementKind::kSetting:
    case engine::StatementKind::kOther: return command;
  }
  __builtin_unreachable();
}

}  // namespace tavana::gateway
