#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/result.h"

namespace tavana::sql {

/// What a FETCH or MOVE does to a cursor that only goes forward: rows to pass over, then rows to give.
struct FetchSteps {
  static constexpr std::int64_t kAllRows = std::numeric_limits<std::int64_t>::max();
  std::int64_t skip = 0;
  std::int64_t take = 0;
  bool last = false;  ///< pass over all but the last row instead

  bool operator==(const FetchSteps&) const = default;
};

/// `direction` as Classify gives it ("", "next", "forward 10", "-1", "absolute 5" ...); `position` is the number of
/// rows already passed (postgresql.org/docs/15/sql-fetch.html). kWrongState for what would go backward, kSyntax for
/// what is no direction.
Result<FetchSteps> StepsOf(std::string_view direction, std::int64_t position);

}  // namespace tavana::sql
