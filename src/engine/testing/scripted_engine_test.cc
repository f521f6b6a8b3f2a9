#include "engine/testing/scripted_engine.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/testing/conformance.h"

namespace tavana::engine::testing {
namespace {

std::unique_ptr<ResultStream> Start(Session& session, std::string_view sql, const CallContext& call) {
  const auto prepared = session.Prepare(call, sql, {});
  EXPECT_TRUE(prepared.ok());
  auto stream = session.Execute(call, prepared->id, {});
  EXPECT_TRUE(stream.ok());
  return *std::move(stream);
}

TEST(ScriptedEngine, AnswersAsItWasTold) {
  ScriptedEngine engine;
  const auto row = ParameterRow({std::make_shared<arrow::Int32Scalar>(1)});
  engine.Answer("select", {.schema = row->schema(), .batches = {row, row}, .affected = 3});
  auto session = *engine.Open({});
  const CallContext call;
  {
    const auto stream = Start(*session, "select", call);
    EXPECT_EQ(engine.open_results(), 1u);
    const auto rows = Drain(*stream, call);
    ASSERT_TRUE(rows.ok());
    EXPECT_EQ(rows->Text(), "1\n1");
    EXPECT_EQ(rows->summary.affected, 3);
  }
  EXPECT_EQ(engine.open_sessions(), 1u);
  EXPECT_EQ(engine.open_statements(), 1u);
  EXPECT_EQ(engine.open_results(), 0u);
  session.reset();
  EXPECT_EQ(engine.open_sessions(), 0u);
  EXPECT_EQ(engine.open_statements(), 0u);
  ASSERT_EQ(engine.executions().size(), 1u);
  EXPECT_EQ(engine.executions().front().sql, "select");
}

TEST(ScriptedEngine, GivesTheErrorAfterTheBatches) {
  ScriptedEngine engine;
  const auto row = ParameterRow({std::make_shared<arrow::Int32Scalar>(1)});
  engine.Answer("late", {.schema = row->schema(), .batches = {row}, .error_at_end = Error(ErrorCode::kIo, "gone")});
  auto session = *engine.Open({});
  const CallContext call;
  const auto stream = Start(*session, "late", call);
  EXPECT_TRUE(stream->Next(call).ok());
  const auto end = Drain(*stream, call);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code(), ErrorCode::kIo);
}

TEST(ScriptedEngine, StopsAtAGateUntilTheCancel) {
  ScriptedEngine engine;
  const auto gate = std::make_shared<Gate>();
  engine.Answer("wait", {.gate = gate});
  auto session = *engine.Open({});
  const CallContext call;
  const auto stream = Start(*session, "wait", call);
  std::thread canceller([&] {
    gate->WaitUntilReached();
    session->Cancel(call.query_id);
  });
  const auto end = Drain(*stream, call);
  canceller.join();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code(), ErrorCode::kCancelled);
}

TEST(ScriptedEngine, GoesOnWhenTheGateOpens) {
  ScriptedEngine engine;
  const auto gate = std::make_shared<Gate>();
  engine.Answer("wait", {.gate = gate});
  auto session = *engine.Open({});
  const CallContext call;
  const auto stream = Start(*session, "wait", call);
  std::thread opener([&] {
    gate->WaitUntilReached();
    gate->Open();
  });
  EXPECT_TRUE(Drain(*stream, call).ok());
  opener.join();
}

TEST(ScriptedEngine, KnowsTransactionsAndRefusesUnknownTexts) {
  ScriptedEngine engine;
  auto session = *engine.Open({});
  const CallContext call;
  Start(*session, "BEGIN", call);
  EXPECT_TRUE(session->in_transaction());
  Start(*session, "COMMIT", call);
  EXPECT_FALSE(session->in_transaction());
  const auto unknown = session->Prepare(call, "select 1", {});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code(), ErrorCode::kSyntax);
  EXPECT_EQ(engine.Open({.user = "u", .database = "nowhere"}).error().code(), ErrorCode::kUndefinedDatabase);
}

}  // namespace
}  // namespace tavana::engine::testing
