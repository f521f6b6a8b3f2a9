#include "sql/fetch_direction.h"

#include <charconv>
#include <optional>
#include <string>

namespace tavana::sql {
namespace {

Error Backward() {
  return Error(ErrorCode::kWrongState, "cursor can only scan forward")
      .WithHint("Cursors are read once, from the first row to the last.");
}

Error NoDirection(std::string_view direction) {
  return Error(ErrorCode::kSyntax, "syntax error at or near \"" + std::string(direction) + "\"");
}

std::optional<std::int64_t> NumberOf(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// `count` rows from here; 0 is the current row once more, which is gone.
Result<FetchSteps> Forward(std::int64_t count, std::int64_t position) {
  if (count < 0 || (count == 0 && position > 0)) return Backward();
  return FetchSteps{.take = count};
}

Result<FetchSteps> To(std::int64_t row, std::int64_t position) {
  if (row == -1) return FetchSteps{.take = 1, .last = true};
  if (row == 0 && position == 0) return FetchSteps{};
  if (row <= position) return Backward();
  return FetchSteps{.skip = row - position - 1, .take = 1};
}

}  // namespace

Result<FetchSteps> StepsOf(std::string_view direction, std::int64_t position) {
  const std::size_t blank = direction.find(' ');
  const std::string_view word = direction.substr(0, blank);
  const std::string_view rest = blank == std::string_view::npos ? std::string_view() : direction.substr(blank + 1);
  if (const auto count = NumberOf(direction)) return Forward(*count, position);
  if (word == "backward" || direction == "prior") return Backward();
  if (direction.empty() || direction == "next" || direction == "forward") return FetchSteps{.take = 1};
  if (direction == "all" || direction == "forward all") return FetchSteps{.take = FetchSteps::kAllRows};
  if (direction == "first") return To(1, position);
  if (direction == "last") return To(-1, position);
  const auto number = NumberOf(rest);
  if (!number) return NoDirection(direction);
  if (word == "forward") return Forward(*number, position);
  if (word == "absolute") return To(*number, position);
  if (word != "relative") return NoDirection(direction);
  if (*number <= 0) return Forward(*number, position);
  return FetchSteps{.skip = *number - 1, .take = 1};
}

}  // namespace tavana::sql
