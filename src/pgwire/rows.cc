#include "pgwire/rows.h"

#include <limits>
#include <utility>

#include "pgwire/byte_order.h"
#include "pgwire/cell_put.h"
#include "pgwire/cell_source.h"
#include "pgwire/numeric.h"

namespace tavana::pgwire {
namespace {

// PostgreSQL's MaxAllocSize: no value of its own is larger.
constexpr std::size_t kMaxFieldBytes = (std::size_t{1} << 30) - 1;
// A message's length is a signed 32-bit number.
constexpr std::size_t kMaxRowBytes = std::numeric_limits<std::int32_t>::max();

/// How a column's cells are written, decided once.
enum class Writer : std::uint8_t { kFixedText, kFixedBinary, kBytes, kAppendText, kAppendBinary, kDecimalBinary };

struct Column {
  CellSource cells;
  Writer writer;
};

Writer WriterOf(const CellSource& cells, bool binary) {
  switch (cells.kind) {
    case CellKind::kUtf8:
    case CellKind::kLargeUtf8:
    case CellKind::kUtf8View: return Writer::kBytes;
    case CellKind::kBinary:
    case CellKind::kLargeBinary:
    case CellKind::kBinaryView:
    case CellKind::kFixedBinary: return binary ? Writer::kBytes : Writer::kAppendText;
    default: break;
  }
  const bool is_decimal =
      cells.kind == CellKind::kDecimal32 || cells.kind == CellKind::kDecimal64 || cells.kind == CellKind::kDecimal128;
  if (binary && is_decimal) return Writer::kDecimalBinary;
  if (binary) return IsFixedBinary(cells) ? Writer::kFixedBinary : Writer::kAppendBinary;
  return IsFixedText(cells.kind) ? Writer::kFixedText : Writer::kAppendText;
}

Error FieldTooLarge() { return Error(ErrorCode::kProgramLimit, "a value is larger than 1 GB and cannot be sent"); }

}  // namespace

struct RowEncoder::State {
  std::vector<Column> columns;
  CellContext context;
  ByteBuffer scratch;

  /// Room for a row whose unbounded cells are empty.
  std::size_t FixedRowBytes() const { return 7 + columns.size() * (4 + kMaxFixedTextBytes); }

  /// Writes `bytes` as a cell at `to` in `out`, keeping room for the rest of the row; the byte after it.
  char* PutBytes(std::string_view bytes, char* to, ByteBuffer& out) {
    const std::size_t needed = 4 + bytes.size() + FixedRowBytes();
    const auto used = static_cast<std::size_t>(to - out.data());
    if (out.capacity() - used < needed) {
      out.SetSize(used);
      to = out.Room(needed);
    }
    to = PutBigEndian(to, static_cast<std::uint32_t>(bytes.size()));
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    return to + bytes.size();
  }

  // The rarer ways stay out of line, so that the loop over cells stays small.
  [[gnu::noinline]] char* PutDecimalBinary(const Column& column, std::int64_t row, char* to, ByteBuffer& out) {
    std::int64_t value = 0;
    if (!ShortDecimalAt(column.cells, row, value)) return PutAppended(column, row, to, out);
    char* end = PutNumericBinary(to + 4, value, column.cells.scale);
    PutBigEndian(to, static_cast<std::int32_t>(end - to - 4));
    return end;
  }

  [[gnu::noinline]] char* PutAppended(const Column& column, std::int64_t row, char* to, ByteBuffer& out) {
    scratch.clear();
    if (column.writer == Writer::kAppendText) {
      AppendText(column.cells, row, context, scratch);
    } else {
      AppendBinary(column.cells, row, context, scratch);
    }
    return scratch.size() > kMaxFieldBytes ? nullptr : PutBytes(scratch.view(), to, out);
  }

  /// One cell with its length before it; null when it is too large.
  inline __attribute__((always_inline)) char* PutCell(const Column& column, std::int64_t row, char* to,
                                                      ByteBuffer& out) {
    const CellSource& cells = column.cells;
    if (cells.IsNull(row)) return PutBigEndian(to, std::int32_t{-1});
    switch (column.writer) {
      case Writer::kFixedText: {
        char* end = PutFixedText(cells, row, context, to + 4);
        PutBigEndian(to, static_cast<std::int32_t>(end - to - 4));
        return end;
      }
      case Writer::kFixedBinary: {
        char* end = PutFixedBinary(cells, row, context, to + 4);
        PutBigEndian(to, static_cast<std::int32_t>(end - to - 4));
        return end;
      }
      case Writer::kBytes: {
        const std::string_view bytes = cells.Bytes(row);
        return bytes.size() > kMaxFieldBytes ? nullptr : PutBytes(bytes, to, out);
      }
      case Writer::kDecimalBinary: return PutDecimalBinary(column, row, to, out);
      case Writer::kAppendText:
      case Writer::kAppendBinary:
        if (cells.kind == CellKind::kDictionary && cells.children[0].IsNull(cells.DictionaryRow(row))) {
          return PutBigEndian(to, std::int32_t{-1});
        }
        return PutAppended(column, row, to, out);
    }
    __builtin_unreachable();
  }

  Status EncodeRow(std::int64_t row, ByteBuffer& out) {
    const std::size_t begin = out.size();
    char* to = out.Room(FixedRowBytes());
    *to = 'D';
    to = PutBigEndian(to + 5, static_cast<std::uint16_t>(columns.size()));
    for (const Column& column : columns) {
      to = PutCell(column, row, to, out);
      if (to == nullptr) [[unlikely]] {
        out.SetSize(begin);
        return FieldTooLarge();
      }
    }
    const std::size_t end = static_cast<std::size_t>(to - out.data());
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
    return Status::Ok();
  }
};

RowEncoder::RowEncoder(std::vector<FieldDescription> described, std::unique_ptr<State> state)
    : fields(std::move(described)), state_(std::move(state)) {}
RowEncoder::RowEncoder(RowEncoder&& other) noexcept = default;
RowEncoder& RowEncoder::operator=(RowEncoder&& other) noexcept = default;
RowEncoder::~RowEncoder() = default;

Result<RowEncoder> RowEncoder::Make(const arrow::Schema& schema, std::span<const std::int16_t> formats,
                                    TextSettings settings) {
  const auto count = static_cast<std::size_t>(schema.num_fields());
  if (formats.size() > 1 && formats.size() != count) {
    return Error(ErrorCode::kProtocol, "bind message has " + std::to_string(formats.size()) +
                                           " result formats but query has " + std::to_string(count) + " columns");
  }
  if (count > std::numeric_limits<std::int16_t>::max()) {
    return Error(ErrorCode::kProgramLimit, "a result can have at most 32767 columns");
  }
  TAVANA_ASSIGN_OR_RETURN(Zone zone, Zone::Load(settings.time_zone));
  auto state = std::make_unique<State>(
      State{.columns = {}, .context = {.zone = std::move(zone), .bytea_escape = settings.bytea_escape}, .scratch = {}});
  std::vector<FieldDescription> fields;
  for (std::size_t i = 0; i < count; ++i) {
    const arrow::Field& field = *schema.field(static_cast<int>(i));
    const std::int16_t format = formats.empty() ? std::int16_t{0} : formats.size() == 1 ? formats[0] : formats[i];
    TAVANA_ASSIGN_OR_RETURN(CellSource cells, CellSource::Make(field));
    fields.push_back({.name = field.name(),
                      .type_oid = cells.pg.oid,
                      .type_size = cells.pg.size,
                      .type_modifier = cells.pg.type_modifier,
                      .format = format});
    const Writer writer = WriterOf(cells, format == 1);
    state->columns.push_back({.cells = std::move(cells), .writer = writer});
  }
  return RowEncoder(std::move(fields), std::move(state));
}

Result<std::int64_t> RowEncoder::Encode(const arrow::RecordBatch& batch, std::int64_t first_row, std::int64_t last_row,
                                        ByteBuffer& out) {
  if (static_cast<std::size_t>(batch.num_columns()) != state_->columns.size()) {
    return Error(ErrorCode::kInternal, "a batch has other columns than its result");
  }
  for (std::size_t i = 0; i < state_->columns.size(); ++i) {
    state_->columns[i].cells.Attach(*batch.column_data(static_cast<int>(i)));
  }
  for (std::int64_t row = first_row; row < last_row; ++row) TAVANA_RETURN_IF_ERROR(state_->EncodeRow(row, out));
  return last_row;
}

}  // namespace tavana::pgwire
