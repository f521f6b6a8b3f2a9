#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tavana {

/// SQL that brings the demo's data: views over the files of `directory` (vega-datasets) and TPC-H at `scale`.
/// `persistent` is for a database file: what an earlier demo made stays.
Result<std::string> DemoSql(std::string_view directory, double scale, bool persistent);

/// Three queries to paste into psql.
std::string_view DemoQueries();

}  // namespace tavana
