# What is not ours, as imported targets. Debian's packages where they exist; Arrow and DuckDB as ./dev deps lays them out.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(absl REQUIRED)
find_package(GTest REQUIRED)
find_package(CURL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_library(TAVANA_CJOSE cjose REQUIRED)
find_library(TAVANA_IDN idn REQUIRED)
find_library(TAVANA_JEMALLOC jemalloc REQUIRED)

add_library(arrow SHARED IMPORTED)
set_target_properties(arrow PROPERTIES IMPORTED_LOCATION "${TAVANA_ARROW_ROOT}/lib/libarrow.so.2600"
                                       IMPORTED_SONAME "libarrow.so.2600")
target_include_directories(arrow SYSTEM INTERFACE "${TAVANA_ARROW_ROOT}/include")

add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION "${TAVANA_DUCKDB_ROOT}/lib/libduckdb.so"
                                        IMPORTED_SONAME "libduckdb.so")
target_include_directories(duckdb SYSTEM INTERFACE "${TAVANA_DUCKDB_ROOT}/include")
