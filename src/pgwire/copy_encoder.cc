#include "pgwire/copy_encoder.h"

#include <limits>
#include <string_view>
#include <utility>

#include "pgwire/byte_order.h"
#include "pgwire/byte_scan.h"
#include "pgwire/cell_put.h"
#include "pgwire/cell_source.h"
#include "pgwire/numeric.h"

namespace tavana::pgwire {
namespace {

// PostgreSQL's MaxAllocSize: no value of its own is larger.
constexpr std::size_t kMaxFieldBytes = (std::size_t{1} << 30) - 1;
// A message's length is a signed 32-bit number.
constexpr std::size_t kMaxRowBytes = std::numeric_limits<std::int32_t>::max();
// 'd' and the length.
constexpr std::size_t kMessageHeadBytes = 5;
// Signature, flags, length of the extension (postgresql.org/docs/15/sql-copy.html, "File Header").
constexpr std::string_view kBinaryHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

/// How a column's cells are written, decided once.
enum class Writer : std::uint8_t { kFixedText, kFixedBinary, kBytes, kAppend };

struct Column {
  CellSource cells;
  Writer writer;
  bool force_quote;
};

bool IsText(CellKind kind) {
  return kind == CellKind::kUtf8 || kind == CellKind::kLargeUtf8 || kind == CellKind::kUtf8View;
}
bool IsBytes(CellKind kind) {
  return kind == CellKind::kBinary || kind == CellKind::kLargeBinary || kind == CellKind::kBinaryView ||
         kind == CellKind::kFixedBinary;
}

/// True for bytes that the text of a number, date, time, interval, boolean or uuid may have.
bool IsInFixedText(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view(" +-.:").find(c) != std::string_view::npos;
}

/// The letter behind the backslash of a control character; 0 for bytes that stand for themselves.
char EscapeLetter(char c) {
  switch (c) {
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    default: return '\0';
  }
}

}  // namespace

struct CopyEncoder::State {
  CopyOptions options;
  std::vector<Column> columns;
  std::vector<std::string> names;
  CellContext context;
  ByteBuffer scratch;
  bool fixed_text_is_plain = true;  // no value of bounded length can hold what must be escaped or quoted
  bool header_is_due = false;       // binary: goes with the first row
  ByteFinder quote_worthy{',', '"', '\n', '\r'};

  /// Room for a row whose unbounded cells are empty.
  std::size_t FixedRowBytes() const {
    return kMessageHeadBytes + kBinaryHeader.size() + 2 +
           columns.size() * (5 + 2 * kMaxFixedTextBytes + options.null_text.size());
  }

  /// Makes room for `bytes` and the rest of the row at `to` in `out`; where to go on.
  char* Reserve(std::size_t bytes, char* to, ByteBuffer& out) const {
    const std::size_t needed = bytes + FixedRowBytes();
    const auto used = static_cast<std::size_t>(to - out.data());
    if (out.capacity() - used >= needed) return to;
    out.SetSize(used);
    return out.Room(needed);
  }

  char* PutEscapedByte(char c, char* to) const {
    const char letter = EscapeLetter(c);
    if (c != options.delimiter && c != '\\' && letter == '\0') {
      *to = c;
      return to + 1;
    }
    *to++ = '\\';
    *to = letter != '\0' ? letter : c;
    return to + 1;
  }

  /// Text format; `to` has room for twice the bytes and 16 more.
  [[gnu::no_sanitize_address]] char* PutEscaped(const char* from, const char* end, char* to) const {
#if defined(__SSE2__)
    const __m128i delimiter = _mm_set1_epi8(options.delimiter), backslash = _mm_set1_epi8('\\');
    const __m128i first_control = _mm_set1_epi8('\b'), controls = _mm_set1_epi8('\r' - '\b');
    while (from < end) {
      if (end - from < 16 && !CanLoad16(from)) [[unlikely]]
        break;
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      const __m128i shifted = _mm_sub_epi8(block, first_control);
      const __m128i special =
          _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(shifted, controls), shifted),
                       _mm_or_si128(_mm_cmpeq_epi8(block, delimiter), _mm_cmpeq_epi8(block, backslash)));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
      const std::ptrdiff_t plain = mask == 0 ? 16 : __builtin_ctz(mask);
      if (plain >= end - from) return to + (end - from);
      from += plain;
      to += plain;
      if (mask != 0) to = PutEscapedByte(*from++, to);
    }
#endif
    while (from < end) to = PutEscapedByte(*from++, to);
    return to;
  }

  std::size_t EscapedBytes(std::string_view text) const {
    if (text.size() < 4096) return 2 * text.size();
    std::size_t bytes = text.size();
    for (const char c : text) bytes += c == options.delimiter || c == '\\' || EscapeLetter(c) != '\0' ? 1 : 0;
    return bytes;
  }

  char* PutQuoted(std::string_view text, char* to, ByteBuffer& out) const {
    std::size_t bytes = text.size() + 2;
    for (const char c : text) bytes += c == options.quote || c == options.escape ? 1 : 0;
    to = Reserve(bytes, to, out);
    *to++ = options.quote;
    for (const char c : text) {
      if (c == options.quote || c == options.escape) *to++ = options.escape;
      *to++ = c;
    }
    *to = options.quote;
    return to + 1;
  }

  char* PutCsv(std::string_view text, bool force_quote, char* to, ByteBuffer& out) const {
    const char* end = text.data() + text.size();
    if (force_quote || text == options.null_text || quote_worthy.Find(text.data(), end) != end ||
        (columns.size() == 1 && text == "\\.")) {
      return PutQuoted(text, to, out);
    }
    to = Reserve(text.size(), to, out);
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }

  char* PutText(std::string_view text, bool force_quote, char* to, ByteBuffer& out) const {
    if (options.format == CopyFormat::kCsv) return PutCsv(text, force_quote, to, out);
    to = Reserve(EscapedBytes(text) + 16, to, out);
    return PutEscaped(text.data(), text.data() + text.size(), to);
  }

  /// The text or binary form of a cell in `scratch`; nothing when it is too large.
  [[gnu::noinline]] bool Append(const Column& column, std::int64_t row) {
    scratch.clear();
    if (options.binary()) {
      AppendBinary(column.cells, row, context, scratch);
    } else {
      AppendText(column.cells, row, context, scratch);
    }
    return scratch.size() <= kMaxFieldBytes;
  }

  static bool IsNullCell(const CellSource& cells, std::int64_t row) {
    return cells.IsNull(row) ||
           (cells.kind == CellKind::kDictionary && cells.children[0].IsNull(cells.DictionaryRow(row)));
  }

  /// One cell of text or csv, without its delimiter; null when it is too large.
  char* PutTextCell(const Column& column, std::int64_t row, char* to, ByteBuffer& out) {
    const CellSource& cells = column.cells;
    if (IsNullCell(cells, row)) {
      to = Reserve(options.null_text.size(), to, out);
      return PutLiteral(to, options.null_text);
    }
    switch (column.writer) {
      case Writer::kFixedText: {
        if (fixed_text_is_plain && !column.force_quote) return PutFixedText(cells, row, context, to);
        char text[kMaxFixedTextBytes];
        const char* end = PutFixedText(cells, row, context, text);
        return PutText({text, static_cast<std::size_t>(end - text)}, column.force_quote, to, out);
      }
      case Writer::kBytes: {
        const std::string_view bytes = cells.Bytes(row);
        return bytes.size() > kMaxFieldBytes ? nullptr : PutText(bytes, column.force_quote, to, out);
      }
      default:
        if (!Append(column, row)) return nullptr;
        return PutText(scratch.view(), column.force_quote, to, out);
    }
  }

  char* PutBinaryBytes(std::string_view bytes, char* to, ByteBuffer& out) const {
    to = Reserve(4 + bytes.size(), to, out);
    to = PutBigEndian(to, static_cast<std::uint32_t>(bytes.size()));
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    return to + bytes.size();
  }

  /// One cell of binary with its length before it; null when it is too large.
  char* PutBinaryCell(const Column& column, std::int64_t row, char* to, ByteBuffer& out) {
    const CellSource& cells = column.cells;
    if (IsNullCell(cells, row)) return PutBigEndian(to, std::int32_t{-1});
    if (column.writer == Writer::kFixedBinary) {
      char* end = PutFixedBinary(cells, row, context, to + 4);
      PutBigEndian(to, static_cast<std::int32_t>(end - to - 4));
      return end;
    }
    if (column.writer == Writer::kBytes) {
      const std::string_view bytes = cells.Bytes(row);
      return bytes.size() > kMaxFieldBytes ? nullptr : PutBinaryBytes(bytes, to, out);
    }
    std::int64_t value = 0;
    if (ShortDecimalAt(cells, row, value)) {
      char* end = PutNumericBinary(to + 4, value, cells.scale);
      PutBigEndian(to, static_cast<std::int32_t>(end - to - 4));
      return end;
    }
    return Append(column, row) ? PutBinaryBytes(scratch.view(), to, out) : nullptr;
  }

  char* PutRow(std::int64_t row, char* to, ByteBuffer& out) {
    if (options.binary()) {
      if (header_is_due) to = PutLiteral(to, kBinaryHeader);
      to = PutBigEndian(to, static_cast<std::uint16_t>(columns.size()));
      for (const Column& column : columns) {
        to = PutBinaryCell(column, row, to, out);
        if (to == nullptr) return nullptr;
      }
      return to;
    }
    bool first = true;
    for (const Column& column : columns) {
      if (!std::exchange(first, false)) *to++ = options.delimiter;
      to = PutTextCell(column, row, to, out);
      if (to == nullptr) return nullptr;
    }
    *to = '\n';
    return to + 1;
  }

  Status EncodeRow(std::int64_t row, ByteBuffer& out) {
    const std::size_t begin = out.size();
    char* to = out.Room(FixedRowBytes());
    *to = 'd';
    to = PutRow(row, to + kMessageHeadBytes, out);
    if (to == nullptr) [[unlikely]] {
      out.SetSize(begin);
      return Error(ErrorCode::kProgramLimit, "a value is larger than 1 GB and cannot be sent");
    }
    const auto end = static_cast<std::size_t>(to - out.data());
    out.SetSize(begin);
    if (context.out_of_range) [[unlikely]] {
      context.out_of_range = false;
      return Error(ErrorCode::kOutOfRange, "date or time value is outside the range that can be sent");
    }
    if (end - begin - 1 > kMaxRowBytes) [[unlikely]] {
      return Error(ErrorCode::kProgramLimit, "a row is larger than 2 GB and cannot be sent");
    }
    PutBigEndian(out.data() + begin + 1, static_cast<std::uint32_t>(end - begin - 1));
    out.SetSize(end);
    header_is_due = false;
    return Status::Ok();
  }

  /// A message of its own.
  void PutMessage(std::string_view bytes, ByteBuffer& out) const {
    char* to = out.Room(kMessageHeadBytes);
    *to = 'd';
    PutBigEndian(to + 1, static_cast<std::uint32_t>(bytes.size() + 4));
    out.SetSize(out.size() + kMessageHeadBytes);
    out.Append(bytes);
  }
};

CopyEncoder::CopyEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
CopyEncoder::CopyEncoder(CopyEncoder&& other) noexcept = default;
CopyEncoder& CopyEncoder::operator=(CopyEncoder&& other) noexcept = default;
CopyEncoder::~CopyEncoder() = default;

Result<CopyEncoder> CopyEncoder::Make(const arrow::Schema& schema, const CopyOptions& options,
                                      std::vector<bool> force_quote, const TextSettings& settings) {
  const auto count = static_cast<std::size_t>(schema.num_fields());
  if (count > std::numeric_limits<std::int16_t>::max()) {
    return Error(ErrorCode::kProgramLimit, "a COPY can have at most 32767 columns");
  }
  force_quote.resize(count);
  TAVANA_ASSIGN_OR_RETURN(Zone zone, Zone::Load(settings.time_zone));
  auto state =
      std::make_unique<State>(State{.options = options,
                                    .columns = {},
                                    .names = {},
                                    .context = {.zone = std::move(zone), .bytea_escape = settings.bytea_escape},
                                    .scratch = {}});
  const bool csv = options.format == CopyFormat::kCsv;
  state->quote_worthy = ByteFinder(options.delimiter, options.quote, '\n', '\r');
  state->fixed_text_is_plain =
      !IsInFixedText(options.delimiter) && !(csv && (IsInFixedText(options.quote) || !options.null_text.empty()));
  for (std::size_t i = 0; i < count; ++i) {
    const arrow::Field& field = *schema.field(static_cast<int>(i));
    TAVANA_ASSIGN_OR_RETURN(CellSource cells, CellSource::Make(field));
    Writer writer = Writer::kAppend;
    if (IsText(cells.kind) || (options.binary() && IsBytes(cells.kind))) {
      writer = Writer::kBytes;
    } else if (options.binary()) {
      if (IsFixedBinary(cells)) writer = Writer::kFixedBinary;
    } else if (IsFixedText(cells.kind)) {
      writer = Writer::kFixedText;
    }
    state->columns.push_back({.cells = std::move(cells), .writer = writer, .force_quote = force_quote[i]});
    state->names.push_back(field.name());
  }
  return CopyEncoder(std::move(state));
}

void CopyEncoder::Begin(ByteBuffer& out) {
  State& state = *state_;
  state.header_is_due = state.options.binary();
  if (state.options.header == CopyOptions::Header::kNone || state.options.binary()) return;
  ByteBuffer line;
  char* to = line.Room(state.FixedRowBytes());
  for (std::size_t i = 0; i < state.names.size(); ++i) {
    if (i > 0) *to++ = state.options.delimiter;
    to = state.PutText(state.names[i], false, to, line);
  }
  *to++ = '\n';
  state.PutMessage({line.data(), static_cast<std::size_t>(to - line.data())}, out);
}

Status CopyEncoder::Encode(const arrow::RecordBatch& batch, std::int64_t first_row, std::int64_t last_row,
                           ByteBuffer& out) {
  if (static_cast<std::size_t>(batch.num_columns()) != state_->columns.size()) {
    return Error(ErrorCode::kInternal, "a batch has other columns than its COPY");
  }
  for (std::size_t i = 0; i < state_->columns.size(); ++i) {
    state_->columns[i].cells.Attach(*batch.column_data(static_cast<int>(i)));
  }
  for (std::int64_t row = first_row; row < last_row; ++row) TAVANA_RETURN_IF_ERROR(state_->EncodeRow(row, out));
  return Status::Ok();
}

void CopyEncoder::End(ByteBuffer& out) {
  if (!state_->options.binary()) return;
  std::string trailer;
  if (std::exchange(state_->header_is_due, false)) trailer = kBinaryHeader;
  trailer += "\xFF\xFF";
  state_->PutMessage(trailer, out);
}

}  // namespace tavana::pgwire
