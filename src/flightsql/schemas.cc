#include "flightsql/schemas.h"

namespace tavana::flightsql {
namespace {

std::shared_ptr<arrow::Field> Text(const char* name) { return arrow::field(name, arrow::utf8()); }
std::shared_ptr<arrow::Field> TextNotNull(const char* name) { return arrow::field(name, arrow::utf8(), false); }
std::shared_ptr<arrow::Field> Int(const char* name) { return arrow::field(name, arrow::int32()); }
std::shared_ptr<arrow::Field> IntNotNull(const char* name) { return arrow::field(name, arrow::int32(), false); }

}  // namespace

std::shared_ptr<arrow::Schema> CatalogsSchema() { return arrow::schema({TextNotNull("catalog_name")}); }

std::shared_ptr<arrow::Schema> DbSchemasSchema() {
  return arrow::schema({Text("catalog_name"), TextNotNull("db_schema_name")});
}

std::shared_ptr<arrow::Schema> TablesSchema(bool with_table_schema) {
  arrow::FieldVector fields{Text("catalog_name"), Text("db_schema_name"), TextNotNull("table_name"),
                            TextNotNull("table_type")};
  if (with_table_schema) fields.push_back(arrow::field("table_schema", arrow::binary(), false));
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::Schema> TableTypesSchema() { return arrow::schema({TextNotNull("table_type")}); }

std::shared_ptr<arrow::Schema> PrimaryKeysSchema() {
  return arrow::schema({Text("catalog_name"), Text("db_schema_name"), TextNotNull("table_name"),
                        TextNotNull("column_name"), Text("key_name"), IntNotNull("key_sequence")});
}

std::shared_ptr<arrow::Schema> KeysSchema() {
  return arrow::schema({Text("pk_catalog_name"), Text("pk_db_schema_name"), TextNotNull("pk_table_name"),
                        TextNotNull("pk_column_name"), Text("fk_catalog_name"), Text("fk_db_schema_name"),
                        TextNotNull("fk_table_name"), TextNotNull("fk_column_name"), IntNotNull("key_sequence"),
                        Text("fk_key_name"), Text("pk_key_name"), arrow::field("update_rule", arrow::uint8(), false),
                        arrow::field("delete_rule", arrow::uint8(), false)});
}

std::shared_ptr<arrow::Schema> XdbcTypeInfoSchema() {
  return arrow::schema({TextNotNull("type_name"), IntNotNull("data_type"), Int("column_size"), Text("literal_prefix"),
                        Text("literal_suffix"), arrow::field("create_params", arrow::list(arrow::utf8())),
                        IntNotNull("nullable"), arrow::field("case_sensitive", arrow::boolean(), false),
                        IntNotNull("searchable"), arrow::field("unsigned_attribute", arrow::boolean()),
                        arrow::field("fixed_prec_scale", arrow::boolean(), false),
                        arrow::field("auto_increment", arrow::boolean()), Text("local_type_name"), Int("minimum_scale"),
                        Int("maximum_scale"), IntNotNull("sql_data_type"), Int("datetime_subcode"),
                        Int("num_prec_radix"), Int("interval_precision")});
}

std::shared_ptr<arrow::Schema> SqlInfoSchema() {
  const auto value = arrow::dense_union(
      {Text("string_value"), arrow::field("bool_value", arrow::boolean()), arrow::field("bigint_value", arrow::int64()),
       Int("int32_bitmask"), arrow::field("string_list", arrow::list(arrow::utf8())),
       arrow::field("int32_to_int32_list_map", arrow::map(arrow::int32(), arrow::list(arrow::int32())))});
  return arrow::schema({arrow::field("info_name", arrow::uint32(), false), arrow::field("value", value, false)});
}

}  // namespace tavana::flightsql
