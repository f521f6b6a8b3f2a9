#pragma once

#include <arrow/api.h>

#include <memory>

/// The columns of what the metadata commands give (arrow.apache.org/docs/format/FlightSql.html).
namespace tavana::flightsql {

std::shared_ptr<arrow::Schema> CatalogsSchema();
std::shared_ptr<arrow::Schema> DbSchemasSchema();
std::shared_ptr<arrow::Schema> TablesSchema(bool with_table_schema);
std::shared_ptr<arrow::Schema> TableTypesSchema();
std::shared_ptr<arrow::Schema> PrimaryKeysSchema();
/// Of imported and exported keys, and of the cross reference.
std::shared_ptr<arrow::Schema> KeysSchema();
std::shared_ptr<arrow::Schema> XdbcTypeInfoSchema();
std::shared_ptr<arrow::Schema> SqlInfoSchema();

}  // namespace tavana::flightsql
