#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tavana::flightsql {

struct SqlInfoLists {
  std::vector<std::string> keywords, numeric_functions, string_functions, system_functions, datetime_functions;
};

struct ServerFacts {
  std::string version;  ///< of this release
  std::string arrow_version;
  std::int64_t max_connections = 0;
  SqlInfoLists lists;
};

/// A bit mask or an enumeration's number.
struct Int32 {
  std::int32_t value = 0;
};
using ConvertMap = std::map<std::int32_t, std::vector<std::int32_t>>;
using SqlInfoValue = std::variant<std::string, bool, std::int64_t, Int32, std::vector<std::string>, ConvertMap>;

/// Whether one of the lists is among `wanted`, which means all when it is empty.
bool WantsLists(std::span<const std::uint32_t> wanted);

/// What CommandGetSqlInfo may ask for, by its number.
std::map<std::uint32_t, SqlInfoValue> SqlInfos(const ServerFacts& facts);

/// As the command gives it: those of `wanted`, or all when it is empty; numbers that mean nothing are left out.
Result<std::shared_ptr<arrow::RecordBatch>> SqlInfoBatch(const std::map<std::uint32_t, SqlInfoValue>& infos,
                                                         std::span<const std::uint32_t> wanted);

}  // namespace tavana::flightsql
