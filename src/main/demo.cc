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

constexpr const char* kTpchTables[] = {"lineitem", "orders",   "partsupp", "part",
                                       "supplier", "customer", "nation",   "region"};

std::string TpchSql(double scale) {
  char call[64];
  std::snprintf(call, sizeof call, "LOAD tpch;\nCALL dbgen(sf = %.10g);\n", scale);
  return call;
}

/// dbgen refuses to run over tables that are there. A database file may hold some, of an earlier demo or of the user's
/// own, and keeps them: only what is missing is copied from a catalog beside it.
std::string TpchIntoFileSql(double scale) {
  char call[160];
  std::snprintf(call, sizeof call,
                "LOAD tpch;\nATTACH ':memory:' AS tavana_demo;\nCALL dbgen(sf = %.10g, catalog = 'tavana_demo');\n",
                scale);
  std::string sql = call;
  for (const std::string table : kTpchTables) {
    sql += "CREATE TABLE IF NOT EXISTS " + table + " AS FROM tavana_demo.main." + table + ";\n";
  }
  return sql + "DETACH tavana_demo;\n";
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
  return sql + (persistent ? TpchIntoFileSql(scale) : TpchSql(scale));
}

std::string_view DemoQueries() {
  return "Three queries to paste:\n"
         "\n"
         "  SELECT origin, count(*) AS flights, round(avg(delay), 1) AS average_delay FROM flights GROUP BY 1 ORDER BY "
         "2 DESC LIMIT 10;\n"
         "\n"
         "  SELECT l_returnflag, l_linestatus, sum(l_quantity) AS quantity, count(*) AS lines FROM lineitem GROUP BY "
         "ALL ORDER BY ALL;\n"
         "\n"
         "  SELECT w.weather, count(*) AS days, round(avg(w.temp_max), 1) AS warmest, (SELECT count(*) FROM cars) AS "
         "cars\n"
         "  FROM weather w GROUP BY 1 ORDER BY 2 DESC;\n";
}

}  // namespace tavana
