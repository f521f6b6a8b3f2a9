#include <arrow/api.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "pgwire/byte_order.h"
#include "pgwire/copy_decoder.h"
#include "pgwire/copy_encoder.h"

namespace tavana::pgwire {
namespace {

const CopyOptions kText;
const CopyOptions kCsv{.format = CopyFormat::kCsv, .delimiter = ',', .null_text = ""};
const CopyOptions kBinary{.format = CopyFormat::kBinary};

struct Decoded {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  std::shared_ptr<arrow::Table> table;
  std::optional<Error> error;
};

/// Decodes `bytes` in pieces of at most `piece_bytes`.
Decoded Decode(const arrow::FieldVector& columns, const CopyOptions& options, std::string_view bytes,
               std::size_t piece_bytes = 1 << 20) {
  Decoded decoded;
  auto decoder = CopyDecoder::Make({.relation = "t", .columns = columns}, options);
  EXPECT_TRUE(decoder.ok());
  const auto take = [&](Status status) {
    if (!status.ok()) {
      decoded.error = status.error();
      return false;
    }
    auto batch = decoder->Take();
    EXPECT_TRUE(batch.ok());
    if (*batch != nullptr) decoded.batches.push_back(*batch);
    return true;
  };
  while (!bytes.empty()) {
    if (!take(decoder->Add(bytes.substr(0, piece_bytes)))) return decoded;
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
  }
  if (take(decoder->Finish())) {
    decoded.table = arrow::Table::FromRecordBatches(decoder->schema(), decoded.batches).ValueOrDie();
    EXPECT_TRUE(decoded.table->ValidateFull().ok());
  }
  return decoded;
}

/// The bytes of all CopyData messages; checks the framing.
std::string Encode(const std::shared_ptr<arrow::RecordBatch>& batch, const CopyOptions& options,
                   std::vector<bool> force_quote = {}) {
  auto encoder = CopyEncoder::Make(*batch->schema(), options, std::move(force_quote), {});
  EXPECT_TRUE(encoder.ok());
  ByteBuffer out;
  encoder->Begin(out);
  EXPECT_TRUE(encoder->Encode(*batch, 0, batch->num_rows(), out).ok());
  encoder->End(out);
  std::string bytes;
  for (std::string_view wire = out.view(); !wire.empty();) {
    EXPECT_EQ(wire[0], 'd');
    const auto length = GetBigEndian<std::uint32_t>(wire.data() + 1);
    bytes += wire.substr(5, length - 4);
    wire.remove_prefix(1 + length);
  }
  return bytes;
}

std::shared_ptr<arrow::RecordBatch> Texts(const std::vector<std::optional<std::string>>& values) {
  arrow::StringBuilder builder;
  for (const auto& value : values) EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::utf8())}),
                                  static_cast<std::int64_t>(values.size()), {builder.Finish().ValueOrDie()});
}

std::vector<std::optional<std::string>> TextsOf(const Decoded& decoded) {
  std::vector<std::optional<std::string>> values;
  EXPECT_FALSE(decoded.error) << decoded.error->message();
  for (const auto& batch : decoded.batches) {
    const auto& column = static_cast<const arrow::StringArray&>(*batch->column(0));
    for (std::int64_t row = 0; row < column.length(); ++row) {
      values.push_back(column.IsNull(row) ? std::nullopt : std::optional(column.GetString(row)));
    }
  }
  return values;
}

const arrow::FieldVector kOneText{arrow::field("a", arrow::utf8())};

TEST(CopyEncoder, EscapesWhatTextCannotHold) {
  EXPECT_EQ(Encode(Texts({"\b\f\n\r\t\v\\x\x01", std::nullopt, ""}), kText), "\\b\\f\\n\\r\\t\\v\\\\x\x01\n\\N\n\n");
  EXPECT_EQ(Encode(Texts({"a|b\tc"}), {.delimiter = '|'}), "a\\|b\\tc\n");
  const std::string plain(40, 'x');
  EXPECT_EQ(Encode(Texts({plain + "\\" + plain + "\n"}), kText), plain + "\\\\" + plain + "\\n\n");
}

TEST(CopyEncoder, QuotesWhatCsvMust) {
  EXPECT_EQ(Encode(Texts({"a", "a,b", "\"", "\r", "", std::nullopt, "\\."}), kCsv),
            "a\n\"a,b\"\n\"\"\"\"\n\"\r\"\n\"\"\n\n\"\\.\"\n");
  EXPECT_EQ(Encode(Texts({"a", std::nullopt}), kCsv, {true}), "\"a\"\n\n");
  CopyOptions options = kCsv;
  options.escape = '\\';
  EXPECT_EQ(Encode(Texts({"a\\\"b,"}), options), "\"a\\\\\\\"b,\"\n");
}

TEST(CopyEncoder, WritesHeaderAndTrailerOfBinaryOnce) {
  const std::string head("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  EXPECT_EQ(Encode(Texts({}), kBinary), head + "\xFF\xFF");
  EXPECT_EQ(Encode(Texts({"x", std::nullopt}), kBinary),
            head + std::string("\0\1\0\0\0\1x\0\1\xFF\xFF\xFF\xFF\xFF\xFF", 15));
}

TEST(CopyDecoder, GivesBackWhatTheEncoderWroteHoweverItIsCut) {
  std::mt19937 random(20260101);
  const std::string alphabet = "ab01,;\"'\\\t\n\r.N|";
  for (int round = 0; round < 300; ++round) {
    std::vector<std::optional<std::string>> values(random() % 20);
    for (auto& value : values) {
      if (random() % 8 == 0) continue;
      value.emplace();
      for (std::size_t i = random() % 40; i > 0; --i) *value += alphabet[random() % alphabet.size()];
    }
    CopyOptions other_csv = kCsv;
    other_csv.delimiter = ';';
    other_csv.quote = '\'';
    other_csv.escape = '\\';
    other_csv.null_text = "N0";
    other_csv.header = CopyOptions::Header::kMatch;
    for (const CopyOptions& options : {kText, kCsv, kBinary, other_csv, CopyOptions{.delimiter = '|'}}) {
      const std::string bytes = Encode(Texts(values), options);
      for (const std::size_t piece : {std::size_t{1}, std::size_t{1 + random() % 50}, std::size_t{1} << 20}) {
        EXPECT_EQ(TextsOf(Decode(kOneText, options, bytes, piece)), values);
      }
    }
  }
}

TEST(CopyDecoder, ReadsRandomBytesWithoutHarm) {
  std::mt19937 random(7);
  const std::string alphabet = "1a,\"\\\t\n\r.N\xC3\xA9";
  const arrow::FieldVector columns{arrow::field("a", arrow::int32()), arrow::field("b", arrow::list(arrow::utf8()))};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = round % 3 == 2 ? std::string("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\2", 21) : "";
    for (std::size_t i = random() % 60; i > 0; --i) {
      bytes += round % 3 == 2 ? static_cast<char>(random() % 6) : alphabet[random() % alphabet.size()];
    }
    const CopyOptions& options = round % 3 == 0 ? kText : round % 3 == 1 ? kCsv : kBinary;
    const Decoded whole = Decode(columns, options, bytes);
    const Decoded cut = Decode(columns, options, bytes, 1 + random() % 5);
    ASSERT_EQ(whole.error.has_value(), cut.error.has_value());
    if (whole.error) {
      EXPECT_EQ(whole.error->message(), cut.error->message());
      EXPECT_EQ(whole.error->context(), cut.error->context());
    } else {
      EXPECT_TRUE(whole.table->Equals(*cut.table));
    }
  }
}

TEST(CopyDecoder, MakesBatchesOfBoundedSize) {
  const std::string row = std::string(1000, 'x') + "\n";
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes += row;
  const Decoded decoded = Decode(kOneText, kText, bytes, 64 << 10);
  EXPECT_GE(decoded.batches.size(), 9U);
  for (const auto& batch : decoded.batches) EXPECT_LE(batch->num_rows(), 1'200);
  EXPECT_EQ(decoded.table->num_rows(), 10'000);
}

TEST(CopyDecoder, RefusesALineThatDoesNotEnd) {
  auto decoder = CopyDecoder::Make({.relation = "t", .columns = kOneText}, kText);
  const std::string part(8 << 20, 'x');
  Status status;
  std::size_t bytes = 0;
  for (; status.ok() && bytes < kMaxCopyLineBytes * 2; bytes += part.size()) status = decoder->Add(part);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kProgramLimit);
  EXPECT_LE(bytes, kMaxCopyLineBytes + 2 * part.size());
}

TEST(CopyDecoder, RefusesABinaryLengthBeforeItTakesMemoryForIt) {
  const std::string bytes("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\1\x7F\0\0\0", 25);
  const Decoded decoded = Decode(kOneText, kBinary, bytes);
  ASSERT_TRUE(decoded.error);
  EXPECT_EQ(decoded.error->code(), ErrorCode::kProgramLimit);
}

TEST(CopyDecoder, SaysLineColumnAndValue) {
  const arrow::FieldVector columns{arrow::field("a", arrow::int32()), arrow::field("b", arrow::date32())};
  const Decoded decoded = Decode(columns, kText, "1\t2020-01-01\n2\t" + std::string(120, 'y') + "\n");
  ASSERT_TRUE(decoded.error);
  EXPECT_EQ(decoded.error->code(), ErrorCode::kDatetimeFormat);
  EXPECT_EQ(decoded.error->context(), "COPY t, line 2, column b: \"" + std::string(100, 'y') + "...\"");
}

TEST(CopyDecoder, ReadsNumbersAtTheirLimits) {
  const arrow::FieldVector columns{arrow::field("a", arrow::int64()), arrow::field("b", arrow::decimal128(18, 0)),
                                   arrow::field("c", arrow::decimal128(38, 2)), arrow::field("d", arrow::uint64())};
  const Decoded decoded =
      Decode(columns, kText,
             "9223372036854775807\t999999999999999999\t999999999999999999999999999999999999.99\t18446744073709551615\n"
             "-9223372036854775808\t-999999999999999999.4\t-0.005\t0\n");
  ASSERT_FALSE(decoded.error) << decoded.error->message() << decoded.error->context();
  EXPECT_EQ(decoded.table->ToString().find("null"), std::string::npos);
  const auto& batch = *decoded.batches[0];
  EXPECT_EQ(batch.column(0)->GetScalar(1).ValueOrDie()->ToString(), "-9223372036854775808");
  EXPECT_EQ(batch.column(1)->GetScalar(1).ValueOrDie()->ToString(), "-999999999999999999");
  EXPECT_EQ(batch.column(2)->GetScalar(0).ValueOrDie()->ToString(), "999999999999999999999999999999999999.99");
  EXPECT_EQ(batch.column(2)->GetScalar(1).ValueOrDie()->ToString(), "-0.01");
  EXPECT_EQ(batch.column(3)->GetScalar(0).ValueOrDie()->ToString(), "18446744073709551615");
  for (const char* wrong : {"9223372036854775808\t0\t0\t0\n", "0\t1000000000000000000\t0\t0\n",
                            "0\t999999999999999999.5\t0\t0\n", "0\t0\t1e36\t0\n", "0\t0\t0\t-1\n"}) {
    EXPECT_EQ(Decode(columns, kText, wrong).error->code(), ErrorCode::kOutOfRange) << wrong;
  }
}

TEST(CopyDecoder, ReadsTheDecimalsItWroteInEveryFormat) {
  std::mt19937_64 random(11);
  for (const auto& [precision, scale] : {std::pair{18, 0}, {18, 2}, {18, 18}, {9, 4}, {4, 1}, {38, 10}}) {
    arrow::Decimal128Builder builder(arrow::decimal128(precision, scale));
    for (int i = 0; i < 2000; ++i) {
      auto value = static_cast<std::int64_t>(random());
      for (int digits = 19 - std::min(precision, 18); digits > 0; --digits) value /= 10;
      for (auto cut = random() % 20; cut > 0; --cut) value = random() % 2 == 0 ? value / 10 : value / 10 * 10;
      EXPECT_TRUE(builder.Append(arrow::Decimal128(value)).ok());
    }
    const auto array = builder.Finish().ValueOrDie();
    const auto schema = arrow::schema({arrow::field("a", array->type())});
    const auto batch = arrow::RecordBatch::Make(schema, array->length(), {array});
    for (const CopyOptions& options : {kText, kCsv, kBinary}) {
      const Decoded decoded = Decode(schema->fields(), options, Encode(batch, options));
      ASSERT_FALSE(decoded.error) << decoded.error->message();
      std::int64_t row = 0;
      for (const auto& each : decoded.batches) {
        for (std::int64_t i = 0; i < each->num_rows(); ++i, ++row) {
          ASSERT_EQ(each->column(0)->GetScalar(i).ValueOrDie()->ToString(),
                    array->GetScalar(row).ValueOrDie()->ToString());
        }
      }
      EXPECT_EQ(row, array->length());
    }
  }
}

}  // namespace
}  // namespace tavana::pgwire
