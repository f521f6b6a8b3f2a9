#include "pgwire/messages.h"

#include <gtest/gtest.h>

#include <random>

#include "pgwire/byte_order.h"
#include "pgwire/utf8.h"

namespace tavana::pgwire {
namespace {

template <typename T>
std::string Number(T value) {
  std::string bytes(sizeof value, '\0');
  PutBigEndian(bytes.data(), value);
  return bytes;
}
std::string I16(int value) { return Number(static_cast<std::int16_t>(value)); }
std::string I32(std::int64_t value) { return Number(static_cast<std::int32_t>(value)); }
std::string Z(std::string_view text) { return std::string(text) + '\0'; }

template <typename T>
T Decoded(char type, std::string_view body) {
  auto message = DecodeFrontend(type, body);
  EXPECT_TRUE(message.ok()) << message.error().message();
  return std::get<T>(*message);
}
ErrorCode Refused(char type, std::string_view body) {
  auto message = DecodeFrontend(type, body);
  EXPECT_FALSE(message.ok());
  return message.error().code();
}

TEST(DecodeStartupLength, TakesOnlyLengthsAStartupPacketCanHave) {
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{3}, std::int64_t{7}, std::int64_t{-1},
                                 std::int64_t{10001}, std::int64_t{0x7FFFFFFF}}) {
    EXPECT_FALSE(DecodeStartupLength(I32(bad)).ok()) << bad;
  }
  EXPECT_EQ(*DecodeStartupLength(I32(8)), 4u);
  EXPECT_EQ(*DecodeStartupLength(I32(10000)), 9996u);
}

TEST(DecodeStartup, ReadsParametersInOrder) {
  const auto packet = DecodeStartup(I32(0x00030002) + Z("user") + Z("ann") + Z("database") + Z("d") + '\0');
  ASSERT_TRUE(packet.ok());
  const StartupMessage expected{3, 2, {{"user", "ann"}, {"database", "d"}}};
  EXPECT_EQ(std::get<StartupMessage>(*packet), expected);
}

TEST(DecodeStartup, RefusesEveryPrefixOfAPacket) {
  const std::string whole = I32(0x00030000) + Z("user") + Z("ann") + '\0';
  for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(DecodeStartup(whole.substr(0, cut)).ok()) << cut;
  EXPECT_FALSE(DecodeStartup(whole + 'x').ok());
}

TEST(DecodeStartup, KnowsTheRequestsThatComeInsteadOfAVersion) {
  EXPECT_TRUE(std::holds_alternative<SslRequest>(*DecodeStartup(I32(80877103))));
  EXPECT_TRUE(std::holds_alternative<GssEncRequest>(*DecodeStartup(I32(80877104))));
  EXPECT_FALSE(DecodeStartup(I32(80877103) + "x").ok());
  const auto cancel = DecodeStartup(I32(80877102) + I32(7) + "secret");
  EXPECT_EQ(std::get<CancelRequest>(*cancel), (CancelRequest{7, "secret"}));
  EXPECT_FALSE(DecodeStartup(I32(80877102) + I32(7) + "abc").ok());
  EXPECT_TRUE(DecodeStartup(I32(80877102) + I32(7) + std::string(256, 'k')).ok());
  EXPECT_FALSE(DecodeStartup(I32(80877102) + I32(7) + std::string(257, 'k')).ok());
}

TEST(DecodeStartup, RefusesOtherMajorVersionsAsUnsupported) {
  EXPECT_EQ(DecodeStartup(I32(0x00020000) + '\0').error().code(), ErrorCode::kUnsupported);
}

TEST(DecodeFrameHeader, HoldsEachTypeToItsOwnLimit) {
  EXPECT_EQ(DecodeFrameHeader("Q" + I32(54))->body_bytes, 50u);
  EXPECT_TRUE(DecodeFrameHeader("Q" + I32(4 + (64 << 20))).ok());
  EXPECT_FALSE(DecodeFrameHeader("Q" + I32(5 + (64 << 20))).ok());
  EXPECT_TRUE(DecodeFrameHeader("S" + I32(4)).ok());
  EXPECT_FALSE(DecodeFrameHeader("E" + I32(20000)).ok());
  EXPECT_FALSE(DecodeFrameHeader("p" + I32(70000)).ok());
  EXPECT_FALSE(DecodeFrameHeader("z" + I32(4)).ok());
  for (const std::int64_t bad : {0, 3, -1, 0x7FFFFFFF}) EXPECT_FALSE(DecodeFrameHeader("Q" + I32(bad)).ok()) << bad;
}

TEST(DecodeFrontend, ReadsTheExtendedProtocol) {
  EXPECT_EQ(Decoded<Query>('Q', Z("SELECT 1")).sql, "SELECT 1");
  EXPECT_EQ(Decoded<Parse>('P', Z("s") + Z("SELECT $1") + I16(1) + I32(23)), (Parse{"s", "SELECT $1", {23}}));
  const std::string bind = Z("p") + Z("s") + I16(1) + I16(1) + I16(2) + I32(2) + "ab" + I32(-1) + I16(1) + I16(0);
  EXPECT_EQ(Decoded<Bind>('B', bind), (Bind{"p", "s", {1}, {"ab", std::nullopt}, {0}}));
  EXPECT_EQ(Decoded<Describe>('D', "P" + Z("p")), (Describe{'P', "p"}));
  EXPECT_EQ(Decoded<Execute>('E', Z("p") + I32(5)), (Execute{"p", 5}));
  EXPECT_EQ(Decoded<Close>('C', "S" + Z("")), (Close{'S', ""}));
  EXPECT_EQ(Decoded<CopyFail>('f', Z("why")).reason, "why");
  EXPECT_EQ(Decoded<CopyData>('d', "x\0y").bytes, std::string("x"));
  Decoded<Sync>('S', "");
}

TEST(DecodeFrontend, RefusesEveryPrefixAndEveryTrailingByte) {
  const std::string bind = Z("p") + Z("s") + I16(1) + I16(1) + I16(2) + I32(2) + "ab" + I32(-1) + I16(1) + I16(0);
  for (std::size_t cut = 0; cut < bind.size(); ++cut) EXPECT_FALSE(DecodeFrontend('B', bind.substr(0, cut)).ok());
  EXPECT_EQ(Refused('B', bind + "x"), ErrorCode::kProtocol);
  EXPECT_EQ(Refused('S', "x"), ErrorCode::kProtocol);
  EXPECT_EQ(Refused('Q', Z("SELECT") + Z("1")), ErrorCode::kProtocol);
  EXPECT_EQ(Refused('Q', "no terminator"), ErrorCode::kProtocol);
}

TEST(DecodeFrontend, ChecksCountsAgainstTheBytesThereAre) {
  EXPECT_EQ(Refused('P', Z("") + Z("") + I16(-1)), ErrorCode::kProtocol);
  EXPECT_EQ(Refused('B', Z("") + Z("") + I16(-1)), ErrorCode::kProtocol);
  EXPECT_EQ(Refused('B', Z("") + Z("") + I16(0) + I16(1) + I32(0x7FFFFFFF)), ErrorCode::kProtocol);
  EXPECT_EQ(Refused('B', Z("") + Z("") + I16(0) + I16(1) + I32(-2) + I16(0)), ErrorCode::kProtocol);
}

TEST(DecodeFrontend, RefusesFormatsThatDoNotFit) {
  EXPECT_EQ(Refused('B', Z("") + Z("") + I16(1) + I16(2) + I16(0) + I16(0)), ErrorCode::kInvalidParameter);
  const std::string two_formats_one_value = Z("") + Z("") + I16(2) + I16(0) + I16(0) + I16(1) + I32(-1) + I16(0);
  EXPECT_EQ(Refused('B', two_formats_one_value), ErrorCode::kProtocol);
}

TEST(DecodeFrontend, RefusesWhatIsNotUtf8InPostgresWords) {
  EXPECT_EQ(DecodeFrontend('Q', Z("SELECT '\xff'")).error().message(),
            "invalid byte sequence for encoding \"UTF8\": 0xff");
  for (const char* bad : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_EQ(Refused('Q', Z(bad)), ErrorCode::kInvalidEncoding);
  }
  EXPECT_EQ(Decoded<Query>('Q', Z("\xf0\x9f\xa6\x86 \xe2\x82\xac")).sql, "\xf0\x9f\xa6\x86 \xe2\x82\xac");
}

TEST(DecodeFrontend, SurvivesRandomBytes) {
  constexpr unsigned kSeed = 20261125;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  constexpr std::string_view kTypes = "QPBDECSHXpdcfFz";
  for (int round = 0; round < 200'000; ++round) {
    std::string body(random() % 48, '\0');
    // Half of the bytes small, so that counts and terminators often make sense.
    for (char& byte : body) byte = static_cast<char>(random() % 2 == 0 ? random() % 4 : random());
    (void)DecodeFrontend(kTypes[random() % kTypes.size()], body);
    (void)DecodeStartup(body);
    if (body.size() >= 5) (void)DecodeFrameHeader(std::string_view(body).substr(0, 5));
  }
}

TEST(CutUtf8, NeverEndsInsideACharacter) {
  EXPECT_EQ(CutUtf8("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(CutUtf8("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
}

TEST(MessageWriter, WritesErrorsWithAllTheirFields) {
  ByteBuffer out;
  MessageWriter(out).ErrorResponse(
      Error(ErrorCode::kSyntax, std::string("bad\0word", 8)).WithDetail("d").WithHint("h").AtPosition(7));
  const std::string fields =
      Z("SERROR") + Z("VERROR") + Z("C42601") + Z("Mbadword") + Z("Dd") + Z("Hh") + Z("P7") + '\0';
  EXPECT_EQ(out.view(), "E" + I32(4 + static_cast<int>(fields.size())) + fields);
}

TEST(MessageWriter, WritesMessagesOneAfterAnother) {
  ByteBuffer out;
  MessageWriter writer(out);
  writer.AuthenticationOk();
  writer.ParameterStatus("a", "b");
  writer.BackendKeyData(9, "1234");
  const std::vector<std::string> unknown{"_pq_.x"};
  writer.NegotiateProtocolVersion(2, unknown);
  const std::vector<FieldDescription> fields{{.name = "n", .type_oid = 23, .type_size = 4}};
  writer.RowDescription(fields);
  writer.CommandComplete("SELECT 1");
  writer.ReadyForQuery('I');
  EXPECT_EQ(out.view(), "R" + I32(8) + I32(0) + "S" + I32(8) + Z("a") + Z("b") + "K" + I32(12) + I32(9) + "1234" + "v" +
                            I32(19) + I32(0x00030002) + I32(1) + Z("_pq_.x") + "T" + I32(26) + I16(1) + Z("n") +
                            I32(0) + I16(0) + I32(23) + I16(4) + I32(-1) + I16(0) + "C" + I32(13) + Z("SELECT 1") +
                            "Z" + I32(5) + "I");
}

}  // namespace
}  // namespace tavana::pgwire
