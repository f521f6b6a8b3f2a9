#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "pgwire/byte_buffer.h"

/// The messages of PostgreSQL's protocol 3.0 to 3.2 (postgresql.org/docs/18/protocol-message-formats.html):
/// what clients send is decoded, what the server sends is encoded. Pure functions of bytes; thread-safe.
namespace tavana::pgwire {

/// Largest message a client may send (chosen: a statement of 50 MB passes).
inline constexpr std::size_t kMaxMessageBytes = std::size_t{64} << 20;
/// PostgreSQL's MAX_STARTUP_PACKET_LENGTH.
inline constexpr std::size_t kMaxStartupBytes = 10000;

struct StartupMessage {
  std::uint16_t major = 3, minor = 0;
  std::vector<std::pair<std::string, std::string>> parameters;
  bool operator==(const StartupMessage&) const = default;
};
struct SslRequest {
  bool operator==(const SslRequest&) const = default;
};
struct GssEncRequest {
  bool operator==(const GssEncRequest&) const = default;
};
struct CancelRequest {
  std::uint32_t process_id = 0;
  std::string secret;      ///< 4 to 256 bytes (protocol 3.2; always 4 before)
  bool forwarded = false;  ///< by another gateway: not to be sent on again
  bool operator==(const CancelRequest&) const = default;
};
using StartupPacket = std::variant<StartupMessage, SslRequest, GssEncRequest, CancelRequest>;

/// Bytes of the body that follows the 4 length bytes. kProtocol below 8 or above kMaxStartupBytes in all.
Result<std::size_t> DecodeStartupLength(std::string_view four_bytes);
/// `body` is what follows the length. kProtocol when malformed; kUnsupported for a major version other than 3.
Result<StartupPacket> DecodeStartup(std::string_view body);

/// A CancelRequest as gateways send it on: PostgreSQL's, under a request code of our own.
std::string EncodeForwardedCancel(const CancelRequest& cancel);

struct FrameHeader {
  char type = 0;
  std::size_t body_bytes = 0;
};
/// Type and length of a message after the start. kProtocol for an unknown type or a length this type can not have
/// (only Query, Parse, Bind, FunctionCall and CopyData may be large, as in PostgreSQL's SocketBackend).
Result<FrameHeader> DecodeFrameHeader(std::string_view five_bytes);

struct Query {
  std::string sql;
  bool operator==(const Query&) const = default;
};
struct Parse {
  std::string name, sql;
  std::vector<std::uint32_t> parameter_oids;
  bool operator==(const Parse&) const = default;
};
struct Bind {
  std::string portal, statement;
  std::vector<std::int16_t> parameter_formats;  ///< none, one for all, or one a value; each 0 or 1
  std::vector<std::optional<std::string>> values;
  std::vector<std::int16_t> result_formats;  ///< each 0 or 1
  bool operator==(const Bind&) const = default;
};
struct Describe {
  char kind = 'S';  ///< 'S' statement, 'P' portal
  std::string name;
  bool operator==(const Describe&) const = default;
};
struct Execute {
  std::string portal;
  std::int32_t max_rows = 0;  ///< 0 or less: all
  bool operator==(const Execute&) const = default;
};
struct Close {
  char kind = 'S';  ///< 'S' statement, 'P' portal
  std::string name;
  bool operator==(const Close&) const = default;
};
struct Sync {
  bool operator==(const Sync&) const = default;
};
struct Flush {
  bool operator==(const Flush&) const = default;
};
struct Terminate {
  bool operator==(const Terminate&) const = default;
};
/// 'p': a password or a SASL answer, not decoded further, a trailing NUL included.
struct Password {
  std::string bytes;
  bool operator==(const Password&) const = default;
};
struct CopyData {
  std::string bytes;
  bool operator==(const CopyData&) const = default;
};
struct CopyDone {
  bool operator==(const CopyDone&) const = default;
};
struct CopyFail {
  std::string reason;
  bool operator==(const CopyFail&) const = default;
};
/// The legacy fast-path call; its body is not decoded because it is never offered.
struct FunctionCall {
  bool operator==(const FunctionCall&) const = default;
};
using FrontendMessage = std::variant<Query, Parse, Bind, Describe, Execute, Close, Sync, Flush, Terminate, Password,
                                     CopyData, CopyDone, CopyFail, FunctionCall>;

/// The message of `type` with `body` (after the length). Counts and lengths are checked against the bytes there
/// are before anything is allocated. kProtocol when malformed, kInvalidParameter for a format code other than 0
/// and 1, kInvalidEncoding for text that is not UTF-8. Bind's values are not looked into.
Result<FrontendMessage> DecodeFrontend(char type, std::string_view body);

/// One column of RowDescription.
struct FieldDescription {
  std::string name;
  std::uint32_t table_oid = 0;
  std::int16_t column = 0;
  std::uint32_t type_oid = 0;
  std::int16_t type_size = 0;
  std::int32_t type_modifier = -1;
  std::int16_t format = 0;
  bool operator==(const FieldDescription&) const = default;
};

/// Appends whole messages to a buffer, which outlives it. NUL bytes in text are left out.
class MessageWriter {
 public:
  explicit MessageWriter(ByteBuffer& out) : out_(out) {}

  void AuthenticationOk();
  void AuthenticationCleartextPassword();
  void AuthenticationSasl(std::span<const std::string> mechanisms);
  void AuthenticationSaslContinue(std::string_view data);
  void AuthenticationSaslFinal(std::string_view data);
  void ParameterStatus(std::string_view name, std::string_view value);
  void BackendKeyData(std::uint32_t process_id, std::string_view secret);
  /// `minor` is the newest minor version of major version 3 that the server speaks.
  void NegotiateProtocolVersion(std::uint32_t minor, std::span<const std::string> unrecognized_options);
  /// `state`: 'I' idle, 'T' in a transaction block, 'E' in a failed one.
  void ReadyForQuery(char state);
  /// At most 65535 fields.
  void RowDescription(std::span<const FieldDescription> fields);
  /// At most 65535 types.
  void ParameterDescription(std::span<const std::uint32_t> type_oids);
  void NoData();
  void ParseComplete();
  void BindComplete();
  void CloseComplete();
  void CommandComplete(std::string_view tag);
  void EmptyQueryResponse();
  void PortalSuspended();
  /// All columns in text or all in binary; at most 32767.
  void CopyInResponse(bool binary, std::size_t columns);
  void CopyOutResponse(bool binary, std::size_t columns);
  void CopyDone();
  /// Fields S, V, C, M and, where there, D, H, P, W. `severity`: ERROR, FATAL or PANIC.
  void ErrorResponse(const Error& error, std::string_view severity = "ERROR");
  /// `severity`: WARNING, NOTICE, DEBUG, INFO or LOG. Fields S, V, C, M and, where not empty, D, H.
  void NoticeResponse(std::string_view severity, std::string_view sqlstate, std::string_view message,
                      std::string_view detail = "", std::string_view hint = "");

 private:
  void Begin(char type);
  void End();
  void Empty(char type);
  void CopyResponse(char type, bool binary, std::size_t columns);
  template <typename T>
  void Put(T value);
  void PutText(std::string_view text);
  void PutField(char field, std::string_view text);

  ByteBuffer& out_;
  std::size_t length_at_ = 0;  // where the open message's length stands
};

}  // namespace tavana::pgwire
