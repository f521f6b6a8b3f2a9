#include "main/demo.h"

#include <cstdio>
#include <filesystem>

namespace tavana {
namespace {

namespace fs = std::filesystem;

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

struct DemoFile {
  const char* file;
  const char* view;
  const char* reader;
};

constexpr DemoFile kFiles[] = {
    {"flights-3m.parquet", "flights", "read_parquet"},
    {"seattle-weather.csv", "weather", "read_csv"},
    {"cars.json", "cars", "read_json"},
};

/// dbgen refuses to run over tables that are there, and a script has no IF: a database file that has them keeps them.
std::string TpchSql(double scale) {
  char call[64];
  std::snprintf(call, sizeof call, "CALL dbgen(sf = %.10g);\n", scale);
  return std::string("LOAD tpch;\n") + call;
}

}  // namespace

Result<std::string> DemoSql(std::string_view directory, double scale, bool persistent) {
  std::string sql;
  for (const DemoFile& file : kFiles) {
    const fs::path path = fs::path(directory) / file.file;
    std::error_code problem;
    if (!fs::is_regular_file(path, problem)) {
      return Error(ErrorCode::kIo, "the demo's data is missing: " + path.string());
    }
    sql += std::string("CREATE OR REPLACE VIEW ") + file.view + " AS SELECT * FROM " + file.reader + "(" +
           Quoted(path.string()) + ");\n";
  }
  if (persistent) {
    for (const char* table : {"lineitem", "orders", "partsupp", "part", "supplier", "customer", "nation", "region"}) {
      sql += std::string("DROP TABLE IF EXISTS ") + table + ";\n";
    }
  }
  return sql + TpchSql(scale);
}

std::string_view DemoQueries() {
  return "Three queries to paste:\n"
         "\n"
         "  SELECT ORIGIN, count(*) AS flights, round(avg(DEP_DELAY), 1) AS delay FROM flights GROUP BY 1 ORDER BY 2 DESC LIMIT 10;\n"
         "\n"
         "  SELECT l_returnflag, l_linestatus, sum(l_quantity) AS quantity, count(*) AS lines FROM lineitem GROUP BY ALL ORDER BY ALL;\n"
         "\n"
         "  SELECT w.weather, count(*) AS days, round(avg(w.temp_max), 1) AS warmest, (SELECT count(*) FROM cars) AS cars\n"
         "  FROM weather w GROUP BY 1 ORDER BY 2 DESC;\n";
}

}  // namespace tavana
