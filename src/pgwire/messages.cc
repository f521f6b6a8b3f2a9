#include "pgwire/messages.h"

#include <algorithm>

#include "pgwire/byte_order.h"
#include "pgwire/utf8.h"

namespace tavana::pgwire {
namespace {

// PQ_SMALL_MESSAGE_LIMIT and PG_MAX_AUTH_TOKEN_LENGTH of PostgreSQL 15's libpq.
constexpr std::size_t kSmallMessageBytes = 10000;
constexpr std::size_t kMaxPasswordBytes = 65535;
// Longest text of one field of ErrorResponse (chosen: no reader needs more, some clients buffer 64 KiB at most).
constexpr std::size_t kMaxErrorFieldBytes = 16 << 10;

// Request codes in place of a protocol version (PostgreSQL's pqcomm.h).
constexpr std::uint32_t kCancelRequestCode = 80877102;
constexpr std::uint32_t kForwardedCancelCode = 1234 << 16 | 5601;  // ours, of the same kind
constexpr std::uint32_t kSslRequestCode = 80877103;
constexpr std::uint32_t kGssEncRequestCode = 80877104;

Error Malformed() { return Error(ErrorCode::kProtocol, "invalid message format"); }
Error TooShort() { return Error(ErrorCode::kProtocol, "insufficient data left in message"); }

/// Reads a body from its start; every read is checked.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}

  std::size_t remaining() const { return rest_.size(); }

  template <typename T>
  Result<T> Number() {
    if (rest_.size() < sizeof(T)) return TooShort();
    const T value = GetBigEndian<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  Result<std::string_view> Bytes(std::size_t count) {
    if (rest_.size() < count) return TooShort();
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  Result<std::string> Text() {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) return Error(ErrorCode::kProtocol, "invalid string in message");
    const std::string_view text = rest_.substr(0, end);
    TAVANA_RETURN_IF_ERROR(CheckUtf8(text));
    rest_.remove_prefix(end + 1);
    return std::string(text);
  }
  Status End() const {
    if (!rest_.empty()) return Malformed();
    return Status::Ok();
  }

 private:
  std::string_view rest_;
};

/// The largest body of a message of `type`; nothing for an unknown type.
std::optional<std::size_t> MaxBodyBytes(char type) {
  switch (type) {
    case 'Q':
    case 'P':
    case 'B':
    case 'F':
    case 'd': return kMaxMessageBytes;
    case 'p': return kMaxPasswordBytes;
    case 'D':
    case 'E':
    case 'C':
    case 'S':
    case 'H':
    case 'X':
    case 'c':
    case 'f': return kSmallMessageBytes;
    default: return std::nullopt;
  }
}

Error InvalidType(char type) {
  return Error(ErrorCode::kProtocol,
               "invalid frontend message type " + std::to_string(static_cast<unsigned char>(type)));
}

Result<std::vector<std::int16_t>> ReadFormats(Cursor& in) {
  TAVANA_ASSIGN_OR_RETURN(const auto count, in.Number<std::uint16_t>());
  if (in.remaining() < count * std::size_t{2}) return TooShort();
  std::vector<std::int16_t> formats(count);
  for (std::int16_t& format : formats) {
    TAVANA_ASSIGN_OR_RETURN(format, in.Number<std::int16_t>());
    if (format != 0 && format != 1) {
      return Error(ErrorCode::kInvalidParameter, "unsupported format code: " + std::to_string(format));
    }
  }
  return formats;
}

Result<std::vector<std::optional<std::string>>> ReadValues(Cursor& in) {
  TAVANA_ASSIGN_OR_RETURN(const auto count, in.Number<std::uint16_t>());
  if (in.remaining() < count * std::size_t{4}) return TooShort();  // each has its length at least
  std::vector<std::optional<std::string>> values(count);
  for (auto& value : values) {
    TAVANA_ASSIGN_OR_RETURN(const auto length_bytes, in.Number<std::int32_t>());
    if (length_bytes == -1) continue;
    if (length_bytes < 0) return Malformed();
    TAVANA_ASSIGN_OR_RETURN(const auto bytes, in.Bytes(static_cast<std::size_t>(length_bytes)));
    value.emplace(bytes);
  }
  return values;
}

Result<FrontendMessage> DecodeQuery(Cursor in) {
  TAVANA_ASSIGN_OR_RETURN(auto sql, in.Text());
  TAVANA_RETURN_IF_ERROR(in.End());
  return FrontendMessage(Query{std::move(sql)});
}

Result<FrontendMessage> DecodeParse(Cursor in) {
  Parse parse;
  TAVANA_ASSIGN_OR_RETURN(parse.name, in.Text());
  TAVANA_ASSIGN_OR_RETURN(parse.sql, in.Text());
  TAVANA_ASSIGN_OR_RETURN(const auto count, in.Number<std::uint16_t>());
  if (in.remaining() < count * std::size_t{4}) return TooShort();
  parse.parameter_oids.resize(count);
  for (std::uint32_t& oid : parse.parameter_oids) {
    TAVANA_ASSIGN_OR_RETURN(oid, in.Number<std::uint32_t>());
  }
  TAVANA_RETURN_IF_ERROR(in.End());
  return FrontendMessage(std::move(parse));
}

Result<FrontendMessage> DecodeBind(Cursor in) {
  Bind bind;
  TAVANA_ASSIGN_OR_RETURN(bind.portal, in.Text());
  TAVANA_ASSIGN_OR_RETURN(bind.statement, in.Text());
  TAVANA_ASSIGN_OR_RETURN(bind.parameter_formats, ReadFormats(in));
  TAVANA_ASSIGN_OR_RETURN(bind.values, ReadValues(in));
  if (bind.parameter_formats.size() > 1 && bind.parameter_formats.size() != bind.values.size()) {
    return Error(ErrorCode::kProtocol, "bind message has " + std::to_string(bind.parameter_formats.size()) +
                                           " parameter formats but " + std::to_string(bind.values.size()) +
                                           " parameters");
  }
  TAVANA_ASSIGN_OR_RETURN(bind.result_formats, ReadFormats(in));
  TAVANA_RETURN_IF_ERROR(in.End());
  return FrontendMessage(std::move(bind));
}

template <typename Message>
Result<FrontendMessage> DecodeKindAndName(Cursor in, std::string_view what) {
  TAVANA_ASSIGN_OR_RETURN(const auto kind, in.Number<char>());
  TAVANA_ASSIGN_OR_RETURN(auto name, in.Text());
  TAVANA_RETURN_IF_ERROR(in.End());
  if (kind != 'S' && kind != 'P') {
    return Error(ErrorCode::kProtocol, "invalid " + std::string(what) + " message subtype " +
                                           std::to_string(static_cast<unsigned char>(kind)));
  }
  return FrontendMessage(Message{kind, std::move(name)});
}

Result<FrontendMessage> DecodeExecute(Cursor in) {
  Execute execute;
  TAVANA_ASSIGN_OR_RETURN(execute.portal, in.Text());
  TAVANA_ASSIGN_OR_RETURN(execute.max_rows, in.Number<std::int32_t>());
  TAVANA_RETURN_IF_ERROR(in.End());
  return FrontendMessage(std::move(execute));
}

Result<FrontendMessage> DecodeCopyFail(Cursor in) {
  TAVANA_ASSIGN_OR_RETURN(auto reason, in.Text());
  TAVANA_RETURN_IF_ERROR(in.End());
  return FrontendMessage(CopyFail{std::move(reason)});
}

template <typename Message>
Result<FrontendMessage> DecodeEmpty(Cursor in) {
  TAVANA_RETURN_IF_ERROR(in.End());
  return FrontendMessage(Message{});
}

Result<StartupPacket> DecodeCancel(Cursor in, bool forwarded) {
  CancelRequest cancel{.forwarded = forwarded};
  TAVANA_ASSIGN_OR_RETURN(cancel.process_id, in.Number<std::uint32_t>());
  if (in.remaining() < 4 || in.remaining() > 256) {
    return Error(ErrorCode::kProtocol, "invalid length of cancel request");
  }
  TAVANA_ASSIGN_OR_RETURN(const auto secret, in.Bytes(in.remaining()));
  cancel.secret = std::string(secret);
  return StartupPacket(std::move(cancel));
}

Result<StartupPacket> DecodeStartupMessage(std::uint32_t version, Cursor in) {
  StartupMessage startup{.major = static_cast<std::uint16_t>(version >> 16),
                         .minor = static_cast<std::uint16_t>(version & 0xFFFF),
                         .parameters = {}};
  if (startup.major != 3) {
    return Error(ErrorCode::kUnsupported, "unsupported frontend protocol " + std::to_string(startup.major) + "." +
                                              std::to_string(startup.minor) + ": server supports 3.0 to 3.2");
  }
  for (;;) {
    TAVANA_ASSIGN_OR_RETURN(auto name, in.Text());
    if (name.empty()) break;
    TAVANA_ASSIGN_OR_RETURN(auto value, in.Text());
    startup.parameters.emplace_back(std::move(name), std::move(value));
  }
  if (in.remaining() != 0) {
    return Error(ErrorCode::kProtocol, "invalid startup packet layout: expected terminator as last byte");
  }
  return StartupPacket(std::move(startup));
}

}  // namespace

std::string EncodeForwardedCancel(const CancelRequest& cancel) {
  const std::size_t bytes = 12 + cancel.secret.size();
  std::string packet(12, '\0');
  PutBigEndian(packet.data(), static_cast<std::uint32_t>(bytes));
  PutBigEndian(packet.data() + 4, kForwardedCancelCode);
  PutBigEndian(packet.data() + 8, cancel.process_id);
  return packet + cancel.secret;
}

Result<std::size_t> DecodeStartupLength(std::string_view four_bytes) {
  if (four_bytes.size() != 4) return Error(ErrorCode::kProtocol, "incomplete startup packet");
  const auto length_bytes = GetBigEndian<std::uint32_t>(four_bytes.data());
  if (length_bytes < 8 || length_bytes > kMaxStartupBytes) {
    return Error(ErrorCode::kProtocol, "invalid length of startup packet");
  }
  return std::size_t{length_bytes - 4};
}

Result<StartupPacket> DecodeStartup(std::string_view body) {
  if (body.size() + 4 > kMaxStartupBytes) return Error(ErrorCode::kProtocol, "invalid length of startup packet");
  Cursor in(body);
  TAVANA_ASSIGN_OR_RETURN(const auto code, in.Number<std::uint32_t>());
  switch (code) {
    case kCancelRequestCode: return DecodeCancel(in, false);
    case kForwardedCancelCode: return DecodeCancel(in, true);
    case kSslRequestCode: TAVANA_RETURN_IF_ERROR(in.End()); return StartupPacket(SslRequest{});
    case kGssEncRequestCode: TAVANA_RETURN_IF_ERROR(in.End()); return StartupPacket(GssEncRequest{});
    default: return DecodeStartupMessage(code, in);
  }
}

Result<FrameHeader> DecodeFrameHeader(std::string_view five_bytes) {
  if (five_bytes.size() != 5) return Error(ErrorCode::kProtocol, "incomplete message header");
  const char type = five_bytes[0];
  const std::optional<std::size_t> max_body_bytes = MaxBodyBytes(type);
  if (!max_body_bytes) return InvalidType(type);
  // The length counts its own four bytes but not the type.
  const auto length_bytes = GetBigEndian<std::uint32_t>(five_bytes.data() + 1);
  if (length_bytes < 4 || length_bytes - 4 > *max_body_bytes) {
    return Error(ErrorCode::kProtocol, "invalid message length");
  }
  return FrameHeader{.type = type, .body_bytes = length_bytes - 4};
}

Result<FrontendMessage> DecodeFrontend(char type, std::string_view body) {
  const Cursor in(body);
  switch (type) {
    case 'Q': return DecodeQuery(in);
    case 'P': return DecodeParse(in);
    case 'B': return DecodeBind(in);
    case 'D': return DecodeKindAndName<Describe>(in, "DESCRIBE");
    case 'E': return DecodeExecute(in);
    case 'C': return DecodeKindAndName<Close>(in, "CLOSE");
    case 'S': return DecodeEmpty<Sync>(in);
    case 'H': return DecodeEmpty<Flush>(in);
    case 'X': return DecodeEmpty<Terminate>(in);
    case 'p': return FrontendMessage(Password{std::string(body)});
    case 'd': return FrontendMessage(CopyData{std::string(body)});
    case 'c': return DecodeEmpty<CopyDone>(in);
    case 'f': return DecodeCopyFail(in);
    case 'F': return FrontendMessage(FunctionCall{});
    default: return InvalidType(type);
  }
}

void MessageWriter::Begin(char type) {
  out_.Append(type);
  length_at_ = out_.size();
  Put(std::int32_t{0});
}

void MessageWriter::End() {
  PutBigEndian(out_.data() + length_at_, static_cast<std::uint32_t>(out_.size() - length_at_));
}

void MessageWriter::Empty(char type) {
  Begin(type);
  End();
}

template <typename T>
void MessageWriter::Put(T value) {
  PutBigEndian(out_.Room(sizeof value), value);
  out_.SetSize(out_.size() + sizeof value);
}

void MessageWriter::PutText(std::string_view text) {
  for (;;) {
    const std::size_t nul = text.find('\0');
    out_.Append(text.substr(0, nul));
    if (nul == std::string_view::npos) break;
    text.remove_prefix(nul + 1);
  }
  out_.Append('\0');
}

void MessageWriter::PutField(char field, std::string_view text) {
  out_.Append(field);
  PutText(CutUtf8(text, kMaxErrorFieldBytes));
}

void MessageWriter::AuthenticationOk() {
  Begin('R');
  Put(std::int32_t{0});
  End();
}

void MessageWriter::AuthenticationCleartextPassword() {
  Begin('R');
  Put(std::int32_t{3});
  End();
}

void MessageWriter::AuthenticationSasl(std::span<const std::string> mechanisms) {
  Begin('R');
  Put(std::int32_t{10});
  for (const auto& mechanism : mechanisms) PutText(mechanism);
  out_.Append('\0');
  End();
}

void MessageWriter::AuthenticationSaslContinue(std::string_view data) {
  Begin('R');
  Put(std::int32_t{11});
  out_.Append(data);
  End();
}

void MessageWriter::AuthenticationSaslFinal(std::string_view data) {
  Begin('R');
  Put(std::int32_t{12});
  out_.Append(data);
  End();
}

void MessageWriter::ParameterStatus(std::string_view name, std::string_view value) {
  Begin('S');
  PutText(name);
  PutText(value);
  End();
}

void MessageWriter::BackendKeyData(std::uint32_t process_id, std::string_view secret) {
  Begin('K');
  Put(process_id);
  out_.Append(secret);
  End();
}

void MessageWriter::NegotiateProtocolVersion(std::uint32_t minor, std::span<const std::string> unrecognized_options) {
  Begin('v');
  // The whole version, not only the minor part: what PostgreSQL sends and libpq reads.
  Put(std::uint32_t{3} << 16 | minor);
  Put(static_cast<std::int32_t>(unrecognized_options.size()));
  for (const std::string& option : unrecognized_options) PutText(option);
  End();
}

void MessageWriter::ReadyForQuery(char state) {
  Begin('Z');
  out_.Append(state);
  End();
}

void MessageWriter::RowDescription(std::span<const FieldDescription> fields) {
  Begin('T');
  Put(static_cast<std::uint16_t>(fields.size()));
  for (const FieldDescription& field : fields) {
    PutText(field.name);
    Put(field.table_oid);
    Put(field.column);
    Put(field.type_oid);
    Put(field.type_size);
    Put(field.type_modifier);
    Put(field.format);
  }
  End();
}

void MessageWriter::ParameterDescription(std::span<const std::uint32_t> type_oids) {
  Begin('t');
  Put(static_cast<std::uint16_t>(type_oids.size()));
  for (const std::uint32_t oid : type_oids) Put(oid);
  End();
}

void MessageWriter::NoData() { Empty('n'); }
void MessageWriter::ParseComplete() { Empty('1'); }
void MessageWriter::BindComplete() { Empty('2'); }
void MessageWriter::CloseComplete() { Empty('3'); }
void MessageWriter::EmptyQueryResponse() { Empty('I'); }
void MessageWriter::PortalSuspended() { Empty('s'); }

void MessageWriter::CommandComplete(std::string_view tag) {
  Begin('C');
  PutText(tag);
  End();
}

void MessageWriter::ErrorResponse(const Error& error, std::string_view severity) {
  Begin('E');
  PutField('S', severity);
  PutField('V', severity);
  PutField('C', SqlStateOf(error.code()));
  PutField('M', error.message());
  if (!error.detail().empty()) PutField('D', error.detail());
  if (!error.hint().empty()) PutField('H', error.hint());
  if (error.position()) PutField('P', std::to_string(*error.position()));
  if (!error.context().empty()) PutField('W', error.context());
  out_.Append('\0');
  End();
}

void MessageWriter::NoticeResponse(std::string_view severity, std::string_view sqlstate, std::string_view message,
                                   std::string_view detail, std::string_view hint) {
  Begin('N');
  PutField('S', severity);
  PutField('V', severity);
  PutField('C', sqlstate);
  PutField('M', message);
  if (!detail.empty()) PutField('D', detail);
  if (!hint.empty()) PutField('H', hint);
  out_.Append('\0');
  End();
}

void MessageWriter::CopyResponse(char type, bool binary, std::size_t columns) {
  Begin(type);
  Put(static_cast<std::int8_t>(binary ? 1 : 0));
  Put(static_cast<std::int16_t>(columns));
  for (std::size_t i = 0; i < columns; ++i) Put(static_cast<std::int16_t>(binary ? 1 : 0));
  End();
}

void MessageWriter::CopyInResponse(bool binary, std::size_t columns) { CopyResponse('G', binary, columns); }
void MessageWriter::CopyOutResponse(bool binary, std::size_t columns) { CopyResponse('H', binary, columns); }
void MessageWriter::CopyDone() { Empty('c'); }

}  // namespace tavana::pgwire
