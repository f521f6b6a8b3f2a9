#include <arrow/util/byte_size.h>

#include "engine/testing/conformance.h"

namespace tavana::engine::testing {
namespace {

std::string CellText(const arrow::Array& column, std::int64_t row) {
  if (column.IsNull(row)) return "NULL";
  const auto scalar = column.GetScalar(row).ValueOrDie();
  if (const auto* bytes = dynamic_cast<const arrow::BaseBinaryScalar*>(scalar.get())) return bytes->value->ToString();
  return scalar->ToString();
}

}  // namespace

std::int64_t Rows::count() const {
  std::int64_t rows = 0;
  for (const auto& batch : batches) rows += batch->num_rows();
  return rows;
}

std::string Rows::Text() const {
  std::string text;
  for (const auto& batch : batches) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      if (!text.empty()) text += '\n';
      for (int column = 0; column < batch->num_columns(); ++column) {
        if (column > 0) text += '|';
        text += CellText(*batch->column(column), row);
      }
    }
  }
  return text;
}

std::shared_ptr<arrow::RecordBatch> ParameterRow(const std::vector<std::shared_ptr<arrow::Scalar>>& values) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& value : values) {
    fields.push_back(arrow::field("$" + std::to_string(fields.size() + 1), value->type));
    columns.push_back(arrow::MakeArrayFromScalar(*value, 1).ValueOrDie());
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), 1, columns);
}

void CheckBatch(const std::shared_ptr<arrow::RecordBatch>& batch, const arrow::Schema& schema) {
  ASSERT_NE(batch, nullptr);
  EXPECT_GT(batch->num_rows(), 0);
  EXPECT_TRUE(batch->schema()->Equals(schema, /*check_metadata=*/false)) << batch->schema()->ToString() << "\nis not\n"
                                                                         << schema.ToString();
  const auto bytes = arrow::util::ReferencedBufferSize(*batch);
  EXPECT_LE(bytes.ValueOr(0), kMaxBatchBytes);  // 0: not every type (string views) can be measured
}

Result<Rows> Drain(ResultStream& stream, const CallContext& call) {
  Rows rows{.schema = stream.schema(), .batches = {}, .summary = {}};
  for (;;) {
    auto batch = stream.Next(call);
    if (!batch) {
      const auto again = stream.Next(call);
      EXPECT_FALSE(again.ok()) << "an error must stay";
      if (!again) {
        EXPECT_EQ(SqlStateOf(again.error().code()), SqlStateOf(batch.error().code()));
      }
      return std::move(batch).error();
    }
    if (*batch == nullptr) break;
    CheckBatch(*batch, *rows.schema);
    rows.batches.push_back(*std::move(batch));
  }
  const auto again = stream.Next(call);
  EXPECT_TRUE(again.ok() && *again == nullptr) << "the end must stay";
  rows.summary = stream.summary();
  EXPECT_EQ(rows.summary.rows, rows.count());
  return rows;
}

EngineConformance::EngineConformance() = default;
EngineConformance::~EngineConformance() = default;

void EngineConformance::SetUp() {
  engine_ = GetParam()();
  ASSERT_NE(engine_, nullptr);
  session_ = OpenSession();
  ASSERT_NE(session_, nullptr);
}

void EngineConformance::TearDown() {
  if (session_ == nullptr) return;
  EXPECT_FALSE(engine_->poisoned());
  CheckUsable(*session_);
}

CallContext EngineConformance::NewCall() {
  CallContext call;
  call.query_id = QueryId{++last_query_};
  call.user = "conformance";
  return call;
}

std::unique_ptr<Session> EngineConformance::OpenSession() {
  auto session = engine_->Open({});
  EXPECT_TRUE(session.ok()) << session.error().message();
  return session ? *std::move(session) : nullptr;
}

Result<Prepared> EngineConformance::Prepare(Session& session, std::string_view sql,
                                            const std::vector<std::shared_ptr<arrow::DataType>>& types) {
  return session.Prepare(NewCall(), sql, types);
}

Result<std::unique_ptr<ResultStream>> EngineConformance::Start(Session& session, std::string_view sql,
                                                               const CallContext& call,
                                                               std::shared_ptr<arrow::RecordBatch> parameters) {
  TAVANA_ASSIGN_OR_RETURN(const auto prepared, session.Prepare(call, sql, {}));
  return session.Execute(call, prepared.id, {.parameters = std::move(parameters), .inline_tables = {}});
}

Result<Rows> EngineConformance::Run(Session& session, std::string_view sql,
                                    std::shared_ptr<arrow::RecordBatch> parameters) {
  const auto call = NewCall();
  TAVANA_ASSIGN_OR_RETURN(const auto prepared, session.Prepare(call, sql, {}));
  auto stream = session.Execute(call, prepared.id, {.parameters = std::move(parameters), .inline_tables = {}});
  auto rows = stream ? Drain(**stream, call) : Result<Rows>(std::move(stream).error());
  if (stream) stream->reset();
  session.ClosePrepared(prepared.id);
  return rows;
}

std::string EngineConformance::Text(Session& session, std::string_view sql,
                                    std::shared_ptr<arrow::RecordBatch> parameters) {
  const auto rows = Run(session, sql, std::move(parameters));
  if (rows) return rows->Text();
  return "error " + std::string(SqlStateOf(rows.error().code())) + ": " + rows.error().message();
}

ResultSummary EngineConformance::MustRun(Session& session, std::string_view sql) {
  const auto rows = Run(session, sql);
  EXPECT_TRUE(rows.ok()) << sql << "\n" << rows.error().message();
  return rows ? rows->summary : ResultSummary{};
}

ErrorCode EngineConformance::CodeOf(Session& session, std::string_view sql) {
  const auto rows = Run(session, sql);
  EXPECT_FALSE(rows.ok()) << sql << "\ngave " << rows->count() << " rows";
  return rows ? ErrorCode::kInternal : rows.error().code();
}

void EngineConformance::CheckUsable(Session& session) {
  if (session.in_transaction()) MustRun(session, "ROLLBACK");
  EXPECT_EQ(Text(session, "SELECT 42::INTEGER"), "42");
}

}  // namespace tavana::engine::testing
