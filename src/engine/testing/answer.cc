#include "engine/testing/answer.h"

namespace tavana::engine::testing {

std::string Answer(Session& session, const std::string& sql) {
  auto prepared = session.Prepare({}, sql, {});
  if (!prepared.ok()) return std::string(SqlStateOf(prepared.error().code()));
  auto stream = session.Execute({}, prepared->id, {});
  if (!stream.ok()) return std::string(SqlStateOf(stream.error().code()));
  std::string text;
  for (;;) {
    auto batch = (*stream)->Next({});
    if (!batch.ok()) return std::string(SqlStateOf(batch.error().code()));
    if (*batch == nullptr) return text;
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      for (const auto& column : (*batch)->columns()) text += (*column->GetScalar(row))->ToString() + " ";
    }
  }
}

}  // namespace tavana::engine::testing
