#include "pgwire/parameters.h"

#include <gtest/gtest.h>

#include <random>

#include "pgwire/byte_order.h"
#include "pgwire/rows.h"
#include "pgwire/types.h"

namespace tavana::pgwire {
namespace {

Result<std::shared_ptr<arrow::RecordBatch>> Decode(std::uint32_t oid, std::int16_t format, const std::string& bytes) {
  const std::vector<std::uint32_t> oids{oid};
  const std::vector<std::int16_t> formats{format};
  const std::vector<std::optional<std::string>> values{bytes};
  return DecodeParameters({}, oids, formats, values);
}

/// The text, or binary form, of a parameter after the way through Arrow.
std::string RoundTrip(std::uint32_t oid, std::int16_t format, const std::string& bytes, std::int16_t out_format) {
  const auto batch = Decode(oid, format, bytes);
  if (!batch.ok()) return "error: " + batch.error().message();
  EXPECT_TRUE((*batch)->ValidateFull().ok());
  const std::vector<std::int16_t> formats{out_format};
  auto encoder = RowEncoder::Make(*(*batch)->schema(), formats, {});
  ByteBuffer out;
  EXPECT_TRUE(encoder->Encode(**batch, 0, 1, out).ok());
  return std::string(out.view().substr(11));
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(DecodeParameters, KeepsTextValuesOfEveryTypedColumn) {
  EXPECT_EQ(RoundTrip(kBoolOid, 0, " TRUE ", 0), "t");
  EXPECT_EQ(RoundTrip(kInt2Oid, 0, "-32768", 0), "-32768");
  EXPECT_EQ(RoundTrip(kInt4Oid, 0, " +7 ", 0), "7");
  EXPECT_EQ(RoundTrip(kInt8Oid, 0, "9223372036854775807", 0), "9223372036854775807");
  EXPECT_EQ(RoundTrip(kFloat8Oid, 0, "-Infinity", 0), "-Infinity");
  EXPECT_EQ(RoundTrip(kFloat8Oid, 0, "1e-5", 0), "1e-05");
  EXPECT_EQ(RoundTrip(kByteaOid, 0, "\\x00fF", 0), "\\x00ff");
  EXPECT_EQ(RoundTrip(kByteaOid, 0, "a\\\\\\377", 0), "\\x615cff");
  EXPECT_EQ(RoundTrip(1007, 0, " { 1 ,NULL, 3 } ", 0), "{1,NULL,3}");
  EXPECT_EQ(RoundTrip(1009, 0, R"({a,"b c","NULL",null,\N\U})", 0), R"({a,"b c","NULL",NULL,NU})");
  EXPECT_EQ(RoundTrip(kTextOid, 0, "as it is", 0), "as it is");
  EXPECT_EQ(RoundTrip(kDateOid, 0, "2024-01-01", 0), "2024-01-01");
}

TEST(DecodeParameters, RefusesBadTextInPostgresWords) {
  EXPECT_EQ(Decode(kInt4Oid, 0, "abc").error().message(), "invalid input syntax for type integer: \"abc\"");
  EXPECT_EQ(Decode(kInt4Oid, 0, "abc").error().code(), ErrorCode::kInvalidText);
  EXPECT_EQ(Decode(kInt4Oid, 0, "2147483648").error().message(),
            "value \"2147483648\" is out of range for type integer");
  EXPECT_EQ(Decode(kBoolOid, 0, "o").error().message(), "invalid input syntax for type boolean: \"o\"");
  EXPECT_EQ(Decode(kFloat8Oid, 0, "").error().code(), ErrorCode::kInvalidText);
  EXPECT_EQ(Decode(1007, 0, "{1,2").error().message(), "malformed array literal: \"{1,2\"");
  EXPECT_EQ(Decode(1007, 0, "{1,x}").error().message(), "invalid input syntax for type integer: \"x\"");
  EXPECT_EQ(Decode(1007, 0, "{{1},{2}}").error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(Decode(kTextOid, 0, "\xff").error().code(), ErrorCode::kInvalidEncoding);
  EXPECT_EQ(Decode(kTextOid, 0, std::string("a\0b", 3)).error().code(), ErrorCode::kInvalidEncoding);
}

TEST(DecodeParameters, GivesBinaryValuesBackByteForByte) {
  const std::vector<std::pair<std::uint32_t, std::string>> cases{
      {kBoolOid, "01"},
      {kInt2Oid, "8000"},
      {kInt4Oid, "7fffffff"},
      {kInt8Oid, "8000000000000000"},
      {kFloat4Oid, "3fc00000"},
      {kFloat8Oid, "c000000000000000"},
      {kByteaOid, "00ff"},
      {kTextOid, "616263"},
      {kDateOid, "00000001"},
      {kDateOid, "7fffffff"},
      {kDateOid, "80000000"},
      {kTimeOid, "0000000000000001"},
      {kTimestampOid, "ffffffffffffffff"},
      {kTimestampOid, "7fffffffffffffff"},
      {kTimestampTzOid, "8000000000000000"},
      {kIntervalOid, "00000000002dc6c00000000200000001"},
      {1007, "00000001000000010000001700000002000000010000000400000001ffffffff"},
      {1007, "000000000000000000000017"}};
  for (const auto& [oid, hex] : cases) EXPECT_EQ(RoundTrip(oid, 1, FromHex(hex), 1), FromHex(hex)) << oid << " " << hex;
}

TEST(DecodeParameters, TurnsBinaryValuesWithoutAnArrowTypeIntoText) {
  EXPECT_EQ(RoundTrip(kNumericOid, 1, FromHex("0003000100000003000109291a7c"), 0), "12345.678");
  EXPECT_EQ(RoundTrip(kNumericOid, 1, FromHex("0002ffff00000005000107d0"), 0), "0.00012");
  EXPECT_EQ(RoundTrip(kNumericOid, 1, FromHex("00010001400000000001"), 0), "-10000");
  EXPECT_EQ(RoundTrip(kNumericOid, 1, FromHex("0000000000000002"), 0), "0.00");
  EXPECT_EQ(RoundTrip(kNumericOid, 1, FromHex("00000000c0000000"), 0), "NaN");
  EXPECT_EQ(RoundTrip(kTimeTzOid, 1, FromHex("0000000a0eebb000ffffe3e0"), 0), "12:00:00+02");
  EXPECT_EQ(RoundTrip(kUuidOid, 1, FromHex("00112233445566778899aabbccddeeff"), 0),
            "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(RoundTrip(kJsonbOid, 1, "\x01{}", 0), "{}");
}

TEST(DecodeParameters, RefusesBinaryValuesOfAWrongSize) {
  for (const std::uint32_t oid : {kBoolOid, kInt2Oid, kInt4Oid, kInt8Oid, kFloat4Oid, kFloat8Oid, kDateOid, kTimeOid,
                                  kTimestampOid, kIntervalOid, kUuidOid, kTimeTzOid, kNumericOid, 1007u}) {
    const auto batch = Decode(oid, 1, "abc");
    ASSERT_FALSE(batch.ok()) << oid;
    EXPECT_EQ(batch.error().code(), ErrorCode::kInvalidBinary);
    EXPECT_EQ(batch.error().message(), "incorrect binary data format in bind parameter 1");
  }
}

TEST(DecodeParameters, TakesTheEnginesTypeWhereParseSaidNothing) {
  const std::vector<std::shared_ptr<arrow::DataType>> types{arrow::int64(), arrow::null()};
  const std::vector<std::uint32_t> oids{0};
  const std::vector<std::optional<std::string>> values{"5", std::nullopt};
  const auto batch = DecodeParameters(types, oids, {}, values);
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ((*batch)->column(0)->type_id(), arrow::Type::INT64);
  EXPECT_TRUE((*batch)->column(1)->IsNull(0));
}

TEST(DecodeParameters, SurvivesRandomBytes) {
  constexpr unsigned kSeed = 4711;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const std::vector<std::uint32_t> oids{kBoolOid,      kByteaOid, kInt8Oid,     kNumericOid, kDateOid,
                                        kTimestampOid, kUuidOid,  kIntervalOid, kTimeTzOid,  1007,
                                        1009,          1231,      1001,         99999};
  for (int round = 0; round < 200'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 2 == 0 ? random() % 3 : random());
    (void)Decode(oids[random() % oids.size()], static_cast<std::int16_t>(random() % 2), bytes);
  }
}

}  // namespace
}  // namespace tavana::pgwire
