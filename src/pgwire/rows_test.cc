#include "pgwire/rows.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "pgwire/byte_order.h"
#include "pgwire/types.h"

namespace tavana::pgwire {
namespace {

using Cells = std::vector<std::optional<std::string>>;

/// The cells of all DataRow messages in `wire`, one after another; checks the framing.
Cells CellsOf(std::string_view wire) {
  Cells cells;
  while (!wire.empty()) {
    EXPECT_EQ(wire[0], 'D');
    const auto length = GetBigEndian<std::uint32_t>(wire.data() + 1);
    std::string_view row = wire.substr(5, length - 4);
    wire.remove_prefix(1 + length);
    const auto count = GetBigEndian<std::uint16_t>(row.data());
    row.remove_prefix(2);
    for (int i = 0; i < count; ++i) {
      const auto bytes = GetBigEndian<std::int32_t>(row.data());
      row.remove_prefix(4);
      if (bytes < 0) {
        cells.emplace_back();
        continue;
      }
      cells.emplace_back(row.substr(0, static_cast<std::size_t>(bytes)));
      row.remove_prefix(static_cast<std::size_t>(bytes));
    }
    EXPECT_TRUE(row.empty());
  }
  return cells;
}

Cells Encoded(const std::shared_ptr<arrow::Field>& field, const std::shared_ptr<arrow::Array>& array,
              std::int16_t format = 0, TextSettings settings = {}) {
  const auto schema = arrow::schema({field});
  const std::vector<std::int16_t> formats{format};
  auto encoder = RowEncoder::Make(*schema, formats, settings);
  EXPECT_TRUE(encoder.ok());
  ByteBuffer out;
  const auto next =
      encoder->Encode(*arrow::RecordBatch::Make(schema, array->length(), {array}), 0, array->length(), out);
  EXPECT_TRUE(next.ok()) << (next.ok() ? "" : next.error().message());
  return CellsOf(out.view());
}

template <typename Builder, typename T>
std::shared_ptr<arrow::Array> Built(const std::shared_ptr<arrow::DataType>& type, const std::vector<T>& values) {
  auto builder = arrow::MakeBuilder(type).ValueOrDie();
  for (const T& value : values) EXPECT_TRUE(static_cast<Builder&>(*builder).Append(value).ok());
  EXPECT_TRUE(builder->AppendNull().ok());
  return builder->Finish().ValueOrDie();
}

template <typename Builder, typename T>
Cells Texts(const std::shared_ptr<arrow::DataType>& type, const std::vector<T>& values, TextSettings settings = {}) {
  Cells cells = Encoded(arrow::field("c", type), Built<Builder, T>(type, values), 0, settings);
  EXPECT_FALSE(cells.back().has_value());
  cells.pop_back();
  return cells;
}

std::string Hex(const std::optional<std::string>& bytes) {
  std::string hex;
  for (const char c : *bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
    hex += two;
  }
  return hex;
}

template <typename Builder, typename T>
std::string BinaryHex(const std::shared_ptr<arrow::DataType>& type, const T& value) {
  return Hex(Encoded(arrow::field("c", type), Built<Builder, T>(type, {value}), 1)[0]);
}

std::shared_ptr<arrow::Field> Opaque(const std::string& name, const std::shared_ptr<arrow::DataType>& storage) {
  return arrow::field(
      "c", storage, true,
      arrow::key_value_metadata({"ARROW:extension:name", "ARROW:extension:metadata"},
                                {"arrow.opaque", "{\"type_name\":\"" + name + "\",\"vendor_name\":\"DuckDB\"}"}));
}

constexpr auto kMax64 = std::numeric_limits<std::int64_t>::max();

TEST(RowEncoder, WritesIntegersAtTheirExtremes) {
  EXPECT_EQ((Texts<arrow::Int8Builder, std::int8_t>(arrow::int8(), {-128, 0, 127})), (Cells{"-128", "0", "127"}));
  EXPECT_EQ((Texts<arrow::Int64Builder, std::int64_t>(arrow::int64(), {-kMax64 - 1, -10, 99, 100, kMax64})),
            (Cells{"-9223372036854775808", "-10", "99", "100", "9223372036854775807"}));
  EXPECT_EQ((Texts<arrow::UInt64Builder, std::uint64_t>(arrow::uint64(), {0, 9999999999999999999u, ~std::uint64_t{0}})),
            (Cells{"0", "9999999999999999999", "18446744073709551615"}));
}

TEST(RowEncoder, WritesEveryPowerOfTenAndItsNeighbours) {
  std::vector<std::uint64_t> values;
  Cells expected;
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t value : {power - 1, power, power + 1}) {
      values.push_back(value);
      expected.emplace_back(std::to_string(value));
    }
    if (power == 10000000000000000000u) break;
  }
  EXPECT_EQ((Texts<arrow::UInt64Builder, std::uint64_t>(arrow::uint64(), values)), expected);
}

// The expected texts are PostgreSQL 15's.
TEST(RowEncoder, WritesFloatsInPostgresShape) {
  EXPECT_EQ((Texts<arrow::DoubleBuilder, double>(
                arrow::float64(), {1e15, 123456789012345, 1e14, 1e20, 1e-4, 1e-5, 0.1, -0.0, 0, 5e-324,
                                   1.7976931348623157e308, 12.5, -123456.789, std::nan(""), INFINITY, -INFINITY})),
            (Cells{"1e+15", "123456789012345", "100000000000000", "1e+20", "0.0001", "1e-05", "0.1", "-0", "0",
                   "5e-324", "1.7976931348623157e+308", "12.5", "-123456.789", "NaN", "Infinity", "-Infinity"}));
  EXPECT_EQ((Texts<arrow::FloatBuilder, float>(arrow::float32(), {100000, 1e6, 1234567, 0.1f})),
            (Cells{"100000", "1e+06", "1.234567e+06", "0.1"}));
}

TEST(RowEncoder, WritesDecimalsWithTheirScale) {
  using arrow::Decimal128;
  EXPECT_EQ((Texts<arrow::Decimal128Builder, Decimal128>(
                arrow::decimal128(38, 3),
                {Decimal128(-5), Decimal128(12345), Decimal128("-99999999999999999999999999999999999999")})),
            (Cells{"-0.005", "12.345", "-99999999999999999999999999999999999.999"}));
  EXPECT_EQ((Texts<arrow::Decimal256Builder, arrow::Decimal256>(arrow::decimal256(50, 2), {arrow::Decimal256("-7")})),
            (Cells{"-0.07"}));
  EXPECT_EQ((BinaryHex<arrow::Decimal128Builder>(arrow::decimal128(10, 3), Decimal128(12345678))),
            "0003000100000003000109291a7c");
  EXPECT_EQ((BinaryHex<arrow::Decimal128Builder>(arrow::decimal128(10, 5), Decimal128(12))),
            "0002ffff00000005000107d0");
  EXPECT_EQ((BinaryHex<arrow::Decimal128Builder>(arrow::decimal128(38, 3),
                                                 Decimal128("-99999999999999999999999999999999999999"))),
            "000a00084000000303e7270f270f270f270f270f270f270f270f2706");
  EXPECT_EQ((BinaryHex<arrow::Decimal128Builder>(arrow::decimal128(10, 2), Decimal128(100000001))),
            "0003000100000002006400000064");
  EXPECT_EQ((BinaryHex<arrow::Decimal128Builder>(arrow::decimal128(10, 2), Decimal128(0))), "0000000000000002");
  EXPECT_EQ((BinaryHex<arrow::Decimal128Builder>(arrow::decimal128(10, 0), Decimal128(-10000))),
            "00010001400000000001");
}

TEST(RowEncoder, ReadsDuckDbsHugeIntegersAndTimesWithZone) {
  const auto sixteen = arrow::fixed_size_binary(16);
  const std::string lowest = std::string(15, '\0') + '\x80';
  const auto array = Built<arrow::FixedSizeBinaryBuilder, std::string>(sixteen, {lowest, std::string(16, '\xff')});
  EXPECT_EQ(*Encoded(Opaque("hugeint", sixteen), array)[0], "-170141183460469231731687303715884105728");
  EXPECT_EQ(*Encoded(Opaque("uhugeint", sixteen), array)[1], "340282366920938463463374607431768211455");
  EXPECT_EQ(TypeOf(*Opaque("hugeint", sixteen)).oid, kNumericOid);

  const auto eight = arrow::fixed_size_binary(8);
  const std::uint64_t noon_plus_two = (std::uint64_t{43200000000} << 24) | (16 * 3600 - 1 - 7200);
  const std::string bytes(reinterpret_cast<const char*>(&noon_plus_two), 8);
  const auto time = Built<arrow::FixedSizeBinaryBuilder, std::string>(eight, {bytes});
  EXPECT_EQ(*Encoded(Opaque("time_tz", eight), time)[0], "12:00:00+02");
  EXPECT_EQ(Hex(Encoded(Opaque("time_tz", eight), time, 1)[0]), "0000000a0eebb000ffffe3e0");
  const auto bit = Built<arrow::BinaryBuilder, std::string>(arrow::binary(), {std::string("\x05\xf5", 2)});
  EXPECT_EQ(*Encoded(Opaque("bit", arrow::binary()), bit)[0], "101");
}

TEST(RowEncoder, WritesDatesOfAllErasAndInfinities) {
  EXPECT_EQ((Texts<arrow::Date32Builder, std::int32_t>(arrow::date32(),
                                                       {0, -1, 19782, -735449, 3789390, 2147483647, -2147483647})),
            (Cells{"1970-01-01", "1969-12-31", "2024-02-29", "0045-05-30 BC", "12344-12-31", "infinity", "-infinity"}));
  EXPECT_EQ((BinaryHex<arrow::Date32Builder>(arrow::date32(), std::int32_t{10957})), "00000000");
  EXPECT_EQ((BinaryHex<arrow::Date32Builder>(arrow::date32(), std::int32_t{2147483647})), "7fffffff");
  EXPECT_EQ((BinaryHex<arrow::Date32Builder>(arrow::date32(), std::int32_t{-2147483647})), "80000000");
}

TEST(RowEncoder, WritesTimestampsOfEveryUnit) {
  using Builder = arrow::TimestampBuilder;
  EXPECT_EQ((Texts<Builder, std::int64_t>(arrow::timestamp(arrow::TimeUnit::MICRO), {-1, 1'500'000, kMax64, -kMax64})),
            (Cells{"1969-12-31 23:59:59.999999", "1970-01-01 00:00:01.5", "infinity", "-infinity"}));
  EXPECT_EQ((Texts<Builder, std::int64_t>(arrow::timestamp(arrow::TimeUnit::NANO), {-1, 1'999, kMax64})),
            (Cells{"1969-12-31 23:59:59.999999", "1970-01-01 00:00:00.000001", "infinity"}));
  EXPECT_EQ((Texts<Builder, std::int64_t>(arrow::timestamp(arrow::TimeUnit::SECOND), {86399})),
            (Cells{"1970-01-01 23:59:59"}));
  EXPECT_EQ((BinaryHex<Builder>(arrow::timestamp(arrow::TimeUnit::SECOND), std::int64_t{946684801})),
            "00000000000f4240");
}

TEST(RowEncoder, WritesTimestampsInTheSessionsZone) {
  // 2024-07-01 12:00:00.5Z, the two sides of the autumn change of 2024, and local mean time of 44 BC (PostgreSQL 15).
  const std::vector<std::int64_t> micros{1719835200500000, 1729990799000000, 1729990800000000};
  EXPECT_EQ((Texts<arrow::TimestampBuilder, std::int64_t>(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), micros,
                                                          {.time_zone = "Europe/Berlin"})),
            (Cells{"2024-07-01 14:00:00.5+02", "2024-10-27 02:59:59+02", "2024-10-27 02:00:00+01"}));
  EXPECT_EQ((Texts<arrow::TimestampBuilder, std::int64_t>(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), micros)[0]),
            "2024-07-01 12:00:00.5+00");
  EXPECT_FALSE(RowEncoder::Make(arrow::Schema({}), {}, {.time_zone = "Nowhere/Land"}).ok());
}

TEST(RowEncoder, WritesIntervalsAsPostgresDoes) {
  using Parts = arrow::MonthDayNanoIntervalType::MonthDayNanos;
  const auto type = arrow::month_day_nano_interval();
  EXPECT_EQ((Texts<arrow::MonthDayNanoIntervalBuilder, Parts>(type, {{14, 3, 14706700000000},
                                                                     {0, -1, 7380000000000},
                                                                     {-1, 1, -1000000000},
                                                                     {0, 0, 0},
                                                                     {0, 0, 360000000000000},
                                                                     {1, -1, 0},
                                                                     {-14, 0, 0}})),
            (Cells{"1 year 2 mons 3 days 04:05:06.7", "-1 days +02:03:00", "-1 mons +1 day -00:00:01", "00:00:00",
                   "100:00:00", "1 mon -1 days", "-1 years -2 mons"}));
  EXPECT_EQ((BinaryHex<arrow::MonthDayNanoIntervalBuilder>(type, Parts{1, 2, 3000000000})),
            "00000000002dc6c00000000200000001");
}

TEST(RowEncoder, WritesBytesInBothOutputStyles) {
  const std::vector<std::string> bytes{std::string("a\0\\\xff", 4)};
  EXPECT_EQ((Texts<arrow::BinaryBuilder, std::string>(arrow::binary(), bytes)), (Cells{"\\x61005cff"}));
  EXPECT_EQ((Texts<arrow::BinaryBuilder, std::string>(arrow::binary(), bytes, {.bytea_escape = true})),
            (Cells{"a\\000\\\\\\377"}));
  EXPECT_EQ((BinaryHex<arrow::BinaryBuilder>(arrow::binary(), bytes[0])), "61005cff");
}

TEST(RowEncoder, WritesViewsLargeStringsAndDictionaries) {
  const std::vector<std::string> texts{"", "short", std::string(100, 'x')};
  EXPECT_EQ((Texts<arrow::StringViewBuilder, std::string>(arrow::utf8_view(), texts)),
            (Cells{texts[0], texts[1], texts[2]}));
  EXPECT_EQ((Texts<arrow::LargeStringBuilder, std::string>(arrow::large_utf8(), texts)),
            (Cells{texts[0], texts[1], texts[2]}));
  const auto type = arrow::dictionary(arrow::uint8(), arrow::utf8());
  const auto indices = Built<arrow::UInt8Builder, std::uint8_t>(arrow::uint8(), {2, 0});
  const auto dictionary = Built<arrow::StringBuilder, std::string>(arrow::utf8(), {"a", "b", "c"});
  const auto array = arrow::DictionaryArray::FromArrays(type, indices, dictionary).ValueOrDie();
  EXPECT_EQ(Encoded(arrow::field("c", type), array), (Cells{"c", "a", std::nullopt}));
}

std::shared_ptr<arrow::Array> TextList() {
  arrow::ListBuilder builder(arrow::default_memory_pool(), std::make_shared<arrow::StringBuilder>());
  auto& elements = static_cast<arrow::StringBuilder&>(*builder.value_builder());
  EXPECT_TRUE(builder.Append().ok());
  EXPECT_TRUE(elements.AppendValues(std::vector<std::string>{"a", "b c"}).ok());
  EXPECT_TRUE(elements.AppendNull().ok());
  EXPECT_TRUE(elements.AppendValues(std::vector<std::string>{"NULL", "", "x\"y\\z"}).ok());
  EXPECT_TRUE(builder.Append().ok());
  return builder.Finish().ValueOrDie();
}

TEST(RowEncoder, WritesListsAsArrays) {
  const auto list = TextList();
  const auto field = arrow::field("c", list->type());
  EXPECT_EQ(TypeOf(*field).oid, 1009u);
  EXPECT_EQ(Encoded(field, list), (Cells{R"({a,"b c",NULL,"NULL","","x\"y\\z"})", "{}"}));
  EXPECT_EQ(Hex(Encoded(field, list, 1)[1]), "000000000000000000000019");
  EXPECT_EQ(Encoded(field, list->Slice(1)), (Cells{"{}"}));
}

TEST(RowEncoder, WritesNestedValuesAsJson) {
  const auto list = TextList();
  const auto number = Built<arrow::DoubleBuilder, double>(arrow::float64(), {1.5});
  const auto nested = arrow::StructArray::Make({number, list}, std::vector<std::string>{"n", "l"}).ValueOrDie();
  const auto field = arrow::field("c", nested->type());
  EXPECT_EQ(TypeOf(*field).oid, kJsonOid);
  const Cells expected{R"({"n":1.5,"l":["a","b c",null,"NULL","","x\"y\\z"]})", R"({"n":null,"l":[]})"};
  EXPECT_EQ(Encoded(field, nested), expected);
  EXPECT_EQ(Encoded(field, nested, 1), expected);
  EXPECT_EQ(Encoded(field, nested->Slice(1)), (Cells{expected[1]}));
}

TEST(RowEncoder, GivesTheSameForSlicesOfABatch) {
  const auto numbers = Built<arrow::Int32Builder, std::int32_t>(arrow::int32(), {1, 2, 3});
  EXPECT_EQ(Encoded(arrow::field("c", arrow::int32()), numbers->Slice(1)), (Cells{"2", "3", std::nullopt}));
  const auto flags = Built<arrow::BooleanBuilder, bool>(arrow::boolean(), {true, false, true});
  EXPECT_EQ(Encoded(arrow::field("c", arrow::boolean()), flags->Slice(1)), (Cells{"f", "t", std::nullopt}));
}

TEST(TypeOf, GivesDecimalsTheirModifier) {
  EXPECT_EQ(TypeOf(*arrow::field("c", arrow::decimal128(15, 2))), (PgType{kNumericOid, -1, (15 << 16 | 2) + 4}));
  EXPECT_EQ(OidOf(*arrow::null()), kTextOid);
  EXPECT_EQ(OidOf(*arrow::list(arrow::int32())), 1007u);
  EXPECT_EQ(OidOf(*arrow::list(arrow::list(arrow::int32()))), kJsonOid);
  EXPECT_EQ(ArrowTypeOf(0), nullptr);
  EXPECT_EQ(NameOf(1007), "integer[]");
}

}  // namespace
}  // namespace tavana::pgwire
