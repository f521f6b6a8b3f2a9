#include "pgwire/copy_decoder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "pgwire/byte_buffer.h"
#include "pgwire/byte_order.h"
#include "pgwire/byte_scan.h"
#include "pgwire/utf8.h"
#include "pgwire/value_reader.h"
#include "pgwire/value_text.h"

namespace tavana::pgwire {
namespace {

// MAX_COPY_DATA_DISPLAY of PostgreSQL's copyfromparse.c.
constexpr std::size_t kMaxShownBytes = 100;
// Rows of a batch at most, however short they are (chosen: DuckDB's row group).
constexpr std::int64_t kMaxBatchRows = 122'880;
constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);

Error BadFormat(std::string message) { return Error(ErrorCode::kBadCopyFormat, std::move(message)); }

std::string Shown(std::string_view text) {
  if (text.size() <= kMaxShownBytes) return std::string(text);
  return std::string(CutUtf8(text, kMaxShownBytes)) + "...";
}

enum class LineEnd : std::uint8_t { kUnknown, kNewline, kReturn, kReturnNewline };

/// How far the search for the end of a line has come; what it needs to go on when more bytes are there.
struct LineScan {
  std::size_t at = 0;  // bytes of the line that were looked at
  bool in_quote = false;
  bool after_escape = false;
};

/// What the search for a line's end found.
struct Line {
  enum class Kind : std::uint8_t { kMore, kLine, kEndMarker } kind = Kind::kMore;
  std::size_t bytes = 0;      // of its text
  std::size_t end_bytes = 0;  // with what ends it
};

}  // namespace

struct CopyDecoder::State {
  struct Column {
    ValueReader reader;
    std::string name;
    bool force_not_null = false;
    bool force_null = false;
  };

  std::string relation;
  CopyOptions options;
  Zone zone;
  std::deque<Column> columns;
  std::shared_ptr<arrow::Schema> schema;
  ByteFinder line_finder{'\n', '\r', '\\', '\\'};
  ByteFinder field_finder{'\t', '\\', '\\', '\\'};
  bool null_ends_in_backslash = false;

  ByteBuffer input;
  std::size_t begin = 0;  // of what is not yet read in `input`
  LineScan scan;
  LineEnd line_end = LineEnd::kUnknown;
  std::uint64_t line_number = 0;
  bool header_is_due = false;  // the header line, or the header of binary
  bool ended = false;          // by an end marker: what follows is dropped (text, csv) or wrong (binary)
  bool finished = false;
  std::size_t batch_bytes = 0;
  std::int64_t batch_rows = 0;
  std::int64_t rows = 0;  // in all
  /// A row and its line, where the distance of the two changes: quoted newlines, a header.
  struct Place {
    std::int64_t row;
    std::uint64_t line;
  };
  std::deque<Place> places;
  ByteBuffer scratch;
  std::size_t skip_bytes = 0;  // of binary's header extension

  explicit State(Zone zone_in) : zone(std::move(zone_in)) {}

  void CountRow() {
    ++batch_rows;
    const bool follows =
        !places.empty() && line_number - places.back().line == static_cast<std::uint64_t>(rows - places.back().row);
    if (!follows) places.push_back({rows, line_number});
    while (places.size() > 1 && places[1].row < rows - kRowsRemembered) places.pop_front();
    ++rows;
  }

  std::string_view Rest() const { return input.view().substr(begin); }
  bool csv() const { return options.format == CopyFormat::kCsv; }

  // ---- Errors ----

  std::string AtLine() const { return "COPY " + relation + ", line " + std::to_string(line_number); }
  Error InLine(Error error) const { return std::move(error).WithContext(AtLine()); }
  Error InLine(Error error, std::string_view line) const {
    return std::move(error).WithContext(AtLine() + ": \"" + Shown(line) + "\"");
  }
  Error InValue(Error error, const Column& column, std::string_view value) const {
    return std::move(error).WithContext(AtLine() + ", column " + column.name + ": \"" + Shown(value) + "\"");
  }
  Error InColumn(Error error, const Column& column) const {
    return std::move(error).WithContext(AtLine() + ", column " + column.name);
  }

  // ---- Lines ----

  Error StrayReturn() const {
    return InLine(BadFormat(csv() ? "unquoted carriage return found in data" : "literal carriage return found in data")
                      .WithHint(csv() ? "Use quoted CSV field to represent carriage return."
                                      : "Use \"\\r\" to represent carriage return."));
  }
  Error StrayNewline() const {
    return InLine(
        BadFormat(csv() ? "unquoted newline found in data" : "literal newline found in data")
            .WithHint(csv() ? "Use quoted CSV field to represent newline." : "Use \"\\n\" to represent newline."));
  }

  /// The line at the start of `rest`; the number of the line is that of its last one when it holds quoted newlines.
  Result<Line> FindLine(std::string_view rest, bool last) {
    const char* const data = rest.data();
    const char* const end = data + rest.size();
    // An escape that is the quote needs no care: two of them leave the state as it was.
    const char escape = options.escape == options.quote ? '\0' : options.escape;
    if (csv() && scan.at == 0 && rest.starts_with('\\')) {
      TAVANA_ASSIGN_OR_RETURN(const Line marker, FindEndMarker(rest, 0, last));
      if (marker.kind != Line::Kind::kLine) return marker;
    }
    for (;;) {
      const char* const from = data + scan.at;
      const char* const found = line_finder.Find(from, end);
      if (found != from) scan.after_escape = false;
      const auto at = static_cast<std::size_t>(found - data);
      scan.at = at;
      if (found == end) {
        if (!last) return Line{};
        return Line{.kind = Line::Kind::kLine, .bytes = at, .end_bytes = at};
      }
      const char c = *found;
      if (csv()) {
        if (scan.in_quote && c == escape) scan.after_escape = !scan.after_escape;
        if (c == options.quote && !scan.after_escape) scan.in_quote = !scan.in_quote;
        if (c != escape) scan.after_escape = false;
        if (scan.in_quote) {
          if (c == (line_end == LineEnd::kNewline ? '\n' : '\r')) ++line_number;
          ++scan.at;
          continue;
        }
      }
      if (c == '\n') {
        if (line_end == LineEnd::kReturn || line_end == LineEnd::kReturnNewline) return StrayNewline();
        line_end = LineEnd::kNewline;
        return Line{.kind = Line::Kind::kLine, .bytes = at, .end_bytes = at + 1};
      }
      if (c == '\r') {
        if (line_end == LineEnd::kNewline) return StrayReturn();
        if (line_end == LineEnd::kReturn) return Line{.kind = Line::Kind::kLine, .bytes = at, .end_bytes = at + 1};
        if (found + 1 == end && !last) return Line{};
        if (found + 1 < end && found[1] == '\n') {
          line_end = LineEnd::kReturnNewline;
          return Line{.kind = Line::Kind::kLine, .bytes = at, .end_bytes = at + 2};
        }
        if (line_end == LineEnd::kReturnNewline) return StrayReturn();
        line_end = LineEnd::kReturn;
        return Line{.kind = Line::Kind::kLine, .bytes = at, .end_bytes = at + 1};
      }
      if (c == '\\' && !csv()) {
        TAVANA_ASSIGN_OR_RETURN(const Line marker, FindEndMarker(rest, at, last));
        if (marker.kind != Line::Kind::kLine) return marker;
        scan.at += marker.end_bytes;
        continue;
      }
      ++scan.at;
    }
  }

  /// A backslash stands at `at`: an end marker, kMore when that cannot be told yet, or kLine with the bytes to pass
  /// over in `end_bytes`.
  Result<Line> FindEndMarker(std::string_view rest, std::size_t at, bool last) {
    const auto byte = [&](std::size_t i) { return i < rest.size() ? rest[i] : '\0'; };
    const auto skip = [](std::size_t bytes) { return Line{.kind = Line::Kind::kLine, .bytes = 0, .end_bytes = bytes}; };
    const auto too_few = [&](std::size_t i) { return i >= rest.size() && !last; };
    if (too_few(at + 1)) return Line{};
    if (at + 1 >= rest.size()) return skip(1);
    if (byte(at + 1) != '.') return skip(csv() ? 1 : 2);
    std::size_t next = at + 2;
    if (too_few(next)) return Line{};
    if (line_end == LineEnd::kReturnNewline) {
      if (byte(next) == '\n') {
        if (csv()) return skip(1);
        return InLine(BadFormat("end-of-copy marker does not match previous newline style"));
      }
      if (byte(next) != '\r') {
        if (csv()) return skip(1);
        return InLine(BadFormat("end-of-copy marker corrupt"));
      }
      ++next;
      if (too_few(next)) return Line{};
    }
    const char c = byte(next);
    if (c != '\r' && c != '\n') {
      if (csv()) return skip(1);
      return InLine(BadFormat("end-of-copy marker corrupt"));
    }
    const bool newline_style = line_end == LineEnd::kNewline || line_end == LineEnd::kReturnNewline;
    if ((newline_style && c != '\n') || (line_end == LineEnd::kReturn && c != '\r')) {
      return InLine(BadFormat("end-of-copy marker does not match previous newline style"));
    }
    return Line{.kind = Line::Kind::kEndMarker, .bytes = at, .end_bytes = rest.size()};
  }

  Status ReadLines(bool last) {
    while (!ended && begin < input.size()) {
      if (scan.at == 0) ++line_number;
      const std::string_view rest = Rest();
      TAVANA_ASSIGN_OR_RETURN(const Line found, FindLine(rest, last));
      if (found.kind == Line::Kind::kMore) {
        if (rest.size() > kMaxCopyLineBytes) return InLine(TooLong());
        // The number was counted; the line's first byte is looked at again only when nothing else was.
        if (scan.at == 0) --line_number;
        return Status::Ok();
      }
      scan = {};
      const std::string_view line = rest.substr(0, found.bytes);
      ended = found.kind == Line::Kind::kEndMarker;
      begin += found.end_bytes;
      if (line.size() > kMaxCopyLineBytes) return InLine(TooLong());
      if (ended && line.empty() && !header_is_due) break;
      if (!CheckUtf8(line).ok()) return InLine(CheckUtf8(rest).error());  // which names bytes behind the line too
      if (std::exchange(header_is_due, false)) {
        TAVANA_RETURN_IF_ERROR(ReadHeaderLine(line));
        continue;
      }
      TAVANA_RETURN_IF_ERROR(csv() ? ReadCsvRow(line) : ReadTextRow(line));
      batch_bytes += line.size() + columns.size();
      CountRow();
    }
    return Status::Ok();
  }

  static Error TooLong() {
    return Error(ErrorCode::kProgramLimit,
                 "a line of COPY data is longer than " + std::to_string(kMaxCopyLineBytes >> 20) + " MB");
  }

  // ---- Fields ----

  /// One field, cut off a line.
  struct Field {
    std::string_view text;
    bool is_null = false;
    bool is_last = false;
  };

  std::optional<Error> cut_error;  // why the last CutTextField or CutCsvField failed

  /// Cuts the field off `at` (which moves behind its delimiter), backslashes resolved; false leaves `cut_error`.
  bool CutTextField(const char*& at, const char* end, std::string_view line, Field& field) {
    const std::string_view null_text = options.null_text;
    const auto left = static_cast<std::size_t>(end - at);
    if (left >= null_text.size() && (null_text.empty() || *at == null_text[0]) && !null_ends_in_backslash &&
        std::string_view(at, null_text.size()) == null_text) {
      const char* behind = at + null_text.size();
      if (behind == end || *behind == options.delimiter) {
        const bool is_last = behind == end;
        at = is_last ? end : behind + 1;
        field = {.text = {}, .is_null = true, .is_last = is_last};
        return true;
      }
    }
    const char* const found = field_finder.Find(at, end);
    if (found == end || *found == options.delimiter) [[likely]] {
      field = {.text = {at, static_cast<std::size_t>(found - at)}, .is_null = false, .is_last = found == end};
      at = found == end ? end : found + 1;
      return true;
    }
    return Keep(CutEscapedField(at, found, end, line), field);
  }

  [[gnu::noinline]] Result<Field> CutEscapedField(const char*& at, const char* backslash, const char* end,
                                                  std::string_view line) {
    const char* const start = at;
    scratch.clear();
    bool check_encoding = false;
    const char* from = start;
    const char* next = backslash;
    while (next != end && *next != options.delimiter) {
      scratch.Append({from, static_cast<std::size_t>(next - from)});
      from = next + 1;
      if (from == end) {  // a backslash at the end stands for nothing
        next = end;
        break;
      }
      char c = *from++;
      if (c >= '0' && c <= '7') {
        unsigned value = static_cast<unsigned>(c - '0');
        for (int i = 0; i < 2 && from < end && *from >= '0' && *from <= '7'; ++i) {
          value = value * 8 + static_cast<unsigned>(*from++ - '0');
        }
        c = static_cast<char>(value & 0xFF);
        check_encoding |= c == '\0' || (c & 0x80) != 0;
      } else if (c == 'x') {
        if (from < end && HexDigit(*from) >= 0) {
          int value = HexDigit(*from++);
          if (from < end && HexDigit(*from) >= 0) value = value * 16 + HexDigit(*from++);
          c = static_cast<char>(value);
          check_encoding |= c == '\0' || (c & 0x80) != 0;
        }
      } else {
        switch (c) {
          case 'b': c = '\b'; break;
          case 'f': c = '\f'; break;
          case 'n': c = '\n'; break;
          case 'r': c = '\r'; break;
          case 't': c = '\t'; break;
          case 'v': c = '\v'; break;
          default: break;
        }
      }
      scratch.Append(c);
      next = field_finder.Find(from, end);
    }
    scratch.Append({from, static_cast<std::size_t>(next - from)});
    const bool is_last = next == end;
    at = is_last ? end : next + 1;
    const std::string_view raw(start, static_cast<std::size_t>(next - start));
    if (raw == options.null_text) return Field{.text = {}, .is_null = true, .is_last = is_last};
    if (check_encoding) {
      if (const Status valid = CheckUtf8(scratch.view()); !valid.ok()) return InLine(valid.error(), line);
    }
    return Field{.text = scratch.view(), .is_null = false, .is_last = is_last};
  }

  /// The same for csv, quotes resolved.
  bool CutCsvField(const char*& at, const char* end, std::string_view line, Field& field) {
    const char* const found = field_finder.Find(at, end);
    if (found == end || *found == options.delimiter) [[likely]] {
      const std::string_view text(at, static_cast<std::size_t>(found - at));
      at = found == end ? end : found + 1;
      field = {.text = text, .is_null = text == options.null_text, .is_last = found == end};
      return true;
    }
    // Most quoted fields are one pair of quotes with nothing to resolve inside.
    if (found == at) {
      const char* const close = field_finder_quoted.Find(at + 1, end);
      if (close < end && *close == options.quote && (close + 1 == end || close[1] == options.delimiter)) {
        const std::string_view text(at + 1, static_cast<std::size_t>(close - at - 1));
        const bool is_last = close + 1 == end;
        at = is_last ? end : close + 2;
        field = {.text = text, .is_null = false, .is_last = is_last};
        return true;
      }
    }
    return Keep(CutQuotedField(at, found, end, line), field);
  }

  [[gnu::noinline]] Result<Field> CutQuotedField(const char*& at, const char* quote, const char* end,
                                                 std::string_view line) {
    scratch.clear();
    const char* from = at;
    const char* next = quote;
    while (next != end && *next != options.delimiter) {
      scratch.Append({from, static_cast<std::size_t>(next - from)});
      const char* inside = next + 1;
      for (;;) {
        const char* const special = field_finder_quoted.Find(inside, end);
        if (special == end) return InLine(BadFormat("unterminated CSV quoted field"), line);
        scratch.Append({inside, static_cast<std::size_t>(special - inside)});
        inside = special + 1;
        if (*special == options.escape && inside < end && (*inside == options.escape || *inside == options.quote)) {
          scratch.Append(*inside++);
          continue;
        }
        if (*special == options.quote) break;
        scratch.Append(*special);
      }
      from = inside;
      next = field_finder.Find(from, end);
    }
    scratch.Append({from, static_cast<std::size_t>(next - from)});
    const bool is_last = next == end;
    at = is_last ? end : next + 1;
    return Field{.text = scratch.view(), .is_null = false, .is_last = is_last};
  }

  ByteFinder field_finder_quoted{'"', '"', '"', '"'};

  Result<Field> CutField(const char*& at, const char* end, std::string_view line) {
    Field field;
    const bool is_cut = csv() ? CutCsvField(at, end, line, field) : CutTextField(at, end, line, field);
    if (!is_cut) return *std::exchange(cut_error, std::nullopt);
    return field;
  }

  /// Results on the way of every field would cost more than the fields.
  bool Keep(Result<Field> cut, Field& field) {
    if (cut.ok()) {
      field = *cut;
      return true;
    }
    cut_error = std::move(cut).error();
    return false;
  }

  // ---- Rows ----

  /// An error of the line that comes before those of its values, as PostgreSQL cuts the whole line first.
  Status CheckRest(const char* at, const char* end, bool was_last, std::string_view line, std::size_t fields) {
    while (!was_last) {
      const auto field = CutField(at, end, line);
      if (!field.ok()) return field.error();
      was_last = field->is_last;
      ++fields;
    }
    if (fields > columns.size()) return InLine(BadFormat("extra data after last expected column"), line);
    return Status::Ok();
  }

  [[gnu::noinline]] Error ValueError(Error error, const Column& column, const Field& field, const char* at,
                                     const char* end, std::string_view line, std::size_t fields) {
    const std::string value(field.text);
    const Status rest = CheckRest(at, end, field.is_last, line, fields);
    if (!rest.ok()) return rest.error();
    return InValue(std::move(error), column, value);
  }

  template <typename Cut>
  Status ReadRow(std::string_view line, Cut cut) {
    const char* at = line.data();
    const char* const end = at + line.size();
    std::size_t fields = 0;
    bool was_last = false;
    for (Column& column : columns) {
      if (was_last) {
        return InLine(BadFormat("missing data for column \"" + column.name + "\""), line);
      }
      Field field;
      if (!cut(at, end, field)) [[unlikely]]
        return *std::exchange(cut_error, std::nullopt);
      ++fields;
      was_last = field.is_last;
      if (csv()) {
        if (field.is_null && column.force_not_null) {
          field.is_null = false;
          field.text = options.null_text;
        } else if (column.force_null && !field.is_null && field.text == options.null_text) {
          field.is_null = true;
        }
      }
      Status appended = field.is_null ? column.reader.AppendNull() : column.reader.AppendText(field.text);
      if (!appended.ok()) [[unlikely]] {
        return ValueError(std::move(appended).error(), column, field, at, end, line, fields);
      }
    }
    if (!was_last) return InLine(BadFormat("extra data after last expected column"), line);
    return Status::Ok();
  }

  Status ReadTextRow(std::string_view line) {
    return ReadRow(line, [&](const char*& at, const char* end, Field& field)
                             __attribute__((always_inline)) { return CutTextField(at, end, line, field); });
  }
  Status ReadCsvRow(std::string_view line) {
    return ReadRow(line, [&](const char*& at, const char* end, Field& field)
                             __attribute__((always_inline)) { return CutCsvField(at, end, line, field); });
  }

  Status ReadHeaderLine(std::string_view line) {
    if (options.header != CopyOptions::Header::kMatch) return Status::Ok();
    std::vector<std::pair<std::string, bool>> fields;
    const char* at = line.data();
    const char* const end = at + line.size();
    for (bool was_last = false; !was_last;) {
      TAVANA_ASSIGN_OR_RETURN(const Field field, CutField(at, end, line));
      fields.emplace_back(field.text, field.is_null);
      was_last = field.is_last;
    }
    if (fields.size() != columns.size()) {
      return InLine(BadFormat("wrong number of fields in header line: got " + std::to_string(fields.size()) +
                              ", expected " + std::to_string(columns.size())),
                    line);
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto& [name, is_null] = fields[i];
      if (!is_null && name == columns[i].name) continue;
      const std::string got = is_null ? "null value (\"" + options.null_text + "\")" : "\"" + name + "\"";
      return InLine(BadFormat("column name mismatch in header line field " + std::to_string(i + 1) + ": got " + got +
                              ", expected \"" + columns[i].name + "\""),
                    line);
    }
    return Status::Ok();
  }

  // ---- Binary ----

  /// Signature, flags, extension; false while too few bytes are there.
  Result<bool> ReadBinaryHeader(bool last) {
    const std::string_view rest = Rest();
    const std::string_view seen = rest.substr(0, std::min(rest.size(), kSignature.size()));
    if (seen != kSignature.substr(0, seen.size()) || (last && rest.size() < kSignature.size())) {
      return BadFormat("COPY file signature not recognized");
    }
    if (rest.size() < 15 && last) return BadFormat("invalid COPY file header (missing flags)");
    if (rest.size() < 19 && last) return BadFormat("invalid COPY file header (missing length)");
    if (rest.size() < 19) return false;
    const auto flags = GetBigEndian<std::uint32_t>(rest.data() + 11);
    const auto extension_bytes = GetBigEndian<std::int32_t>(rest.data() + 15);
    if ((flags & (1U << 16)) != 0) return BadFormat("invalid COPY file header (WITH OIDS)");
    if (flags >> 16 != 0) return BadFormat("unrecognized critical flags in COPY file header");
    if (extension_bytes < 0) return BadFormat("invalid COPY file header (missing length)");
    begin += 19;
    skip_bytes = static_cast<std::size_t>(extension_bytes);
    return true;
  }

  Status ReadBinary(bool last) {
    if (header_is_due) {
      TAVANA_ASSIGN_OR_RETURN(const bool is_read, ReadBinaryHeader(last));
      if (!is_read) return Status::Ok();
      header_is_due = false;
    }
    const std::size_t skipped = std::min(skip_bytes, input.size() - begin);
    begin += skipped;
    skip_bytes -= skipped;
    if (skip_bytes > 0) {
      if (!last) return Status::Ok();
      return BadFormat("invalid COPY file header (wrong length)");
    }
    for (;;) {
      const std::string_view rest = Rest();
      if (ended) {
        if (rest.empty()) return Status::Ok();
        return InLine(BadFormat("received copy data after EOF marker"));
      }
      if (rest.size() < 2) return Status::Ok();  // without a trailer the end is the end
      TAVANA_ASSIGN_OR_RETURN(const std::size_t row_bytes, MeasureRow(rest, last));
      if (row_bytes == 0) {
        if (rest.size() > kMaxCopyLineBytes) return InLine(TooLong());
        return Status::Ok();
      }
      ++line_number;
      begin += row_bytes;
      if (row_bytes == 2) {
        const auto count = GetBigEndian<std::int16_t>(rest.data());
        if (count == -1) {
          ended = true;
          continue;
        }
      }
      TAVANA_RETURN_IF_ERROR(ReadBinaryRow(rest));
      batch_bytes += row_bytes;
      CountRow();
    }
  }

  /// Bytes of the row at the start of `rest`, the trailer's 2 too; 0 while not all of them are there. A row whose
  /// lengths are wrong, or cut off at the end of the data, is measured to where that shows; ReadBinaryRow says it.
  Result<std::size_t> MeasureRow(std::string_view rest, bool last) const {
    const auto count = GetBigEndian<std::int16_t>(rest.data());
    if (count == -1 || static_cast<std::size_t>(count) != columns.size()) return 2;
    std::size_t at = 2;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (rest.size() - at < 4) return last ? rest.size() : 0;
      const auto bytes = GetBigEndian<std::int32_t>(rest.data() + at);
      at += 4;
      if (bytes < -1) return at;
      if (bytes <= 0) continue;
      if (static_cast<std::size_t>(bytes) > kMaxCopyLineBytes) return Error(TooLong()).WithContext(AtLine());
      if (rest.size() - at < static_cast<std::size_t>(bytes)) return last ? rest.size() : 0;
      at += static_cast<std::size_t>(bytes);
    }
    return at;
  }

  Status ReadBinaryRow(std::string_view rest) {
    const auto count = GetBigEndian<std::int16_t>(rest.data());
    if (static_cast<std::size_t>(count) != columns.size() || count < 0) {
      return InLine(
          BadFormat("row field count is " + std::to_string(count) + ", expected " + std::to_string(columns.size())));
    }
    std::size_t at = 2;
    for (Column& column : columns) {
      if (rest.size() - at < 4) return InColumn(BadFormat("unexpected EOF in COPY data"), column);
      const auto bytes = GetBigEndian<std::int32_t>(rest.data() + at);
      at += 4;
      if (bytes < -1) return InColumn(BadFormat("invalid field size"), column);
      if (bytes == -1) {
        TAVANA_RETURN_IF_ERROR(column.reader.AppendNull());
        continue;
      }
      if (rest.size() - at < static_cast<std::size_t>(bytes)) {
        return InColumn(BadFormat("unexpected EOF in COPY data"), column);
      }
      Status appended = column.reader.AppendBinary(rest.substr(at, static_cast<std::size_t>(bytes)));
      if (!appended.ok()) [[unlikely]]
        return InColumn(std::move(appended).error(), column);
      at += static_cast<std::size_t>(bytes);
    }
    return Status::Ok();
  }

  Status Read(bool last) { return options.binary() ? ReadBinary(last) : ReadLines(last); }

  /// Drops what was read, so that the buffer holds what was not and nothing else.
  void Compact() {
    if (begin == 0) return;
    const std::size_t left = input.size() - begin;
    if (left > 0) std::memmove(input.data(), input.data() + begin, left);
    input.SetSize(left);
    begin = 0;
  }
};

CopyDecoder::CopyDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
CopyDecoder::CopyDecoder(CopyDecoder&& other) noexcept = default;
CopyDecoder& CopyDecoder::operator=(CopyDecoder&& other) noexcept = default;
CopyDecoder::~CopyDecoder() = default;

Result<CopyDecoder> CopyDecoder::Make(const CopyTarget& target, const CopyOptions& options) {
  TAVANA_ASSIGN_OR_RETURN(Zone zone, Zone::Load(target.time_zone));
  auto state = std::make_unique<State>(std::move(zone));
  state->relation = target.relation;
  state->options = options;
  state->header_is_due = options.binary() || options.header != CopyOptions::Header::kNone;
  state->null_ends_in_backslash = options.null_text.ends_with('\\');
  if (options.format == CopyFormat::kCsv) {
    // A backslash begins an end marker only where a line begins; FindLine looks for it there.
    state->line_finder = ByteFinder('\n', '\r', options.quote, options.escape);
    state->field_finder = ByteFinder(options.delimiter, options.quote, options.quote, options.quote);
    state->field_finder_quoted = ByteFinder(options.quote, options.escape, options.quote, options.escape);
  } else {
    state->field_finder = ByteFinder(options.delimiter, '\\', '\\', '\\');
  }
  const auto contains = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  arrow::FieldVector fields;
  for (const auto& column : target.columns) {
    TAVANA_ASSIGN_OR_RETURN(ValueReader reader, ValueReader::Make(*column, options.binary(), &state->zone));
    fields.push_back(reader.field());
    state->columns.push_back({.reader = std::move(reader),
                              .name = column->name(),
                              .force_not_null = contains(options.force_not_null, column->name()),
                              .force_null = contains(options.force_null, column->name())});
  }
  state->schema = arrow::schema(std::move(fields));
  return CopyDecoder(std::move(state));
}

const std::shared_ptr<arrow::Schema>& CopyDecoder::schema() const { return state_->schema; }

Status CopyDecoder::Add(std::string_view bytes) {
  State& state = *state_;
  if (state.ended && !state.options.binary()) return Status::Ok();  // dropped, as PostgreSQL does
  state.Compact();
  state.input.Append(bytes);
  return state.Read(false);
}

Status CopyDecoder::Finish() {
  State& state = *state_;
  state.finished = true;
  TAVANA_RETURN_IF_ERROR(state.Read(true));
  if (state.options.binary() || !state.header_is_due) return Status::Ok();
  ++state.line_number;  // no header line is an empty one
  return state.ReadHeaderLine({});
}

Result<std::shared_ptr<arrow::RecordBatch>> CopyDecoder::Take() {
  State& state = *state_;
  const bool enough = state.batch_bytes >= kCopyBatchBytes || state.batch_rows >= kMaxBatchRows || state.finished;
  if (state.batch_rows == 0 || !enough) return std::shared_ptr<arrow::RecordBatch>();
  arrow::ArrayVector arrays;
  for (auto& column : state.columns) {
    TAVANA_ASSIGN_OR_RETURN(auto array, column.reader.Finish());
    arrays.push_back(std::move(array));
  }
  auto batch = arrow::RecordBatch::Make(state.schema, state.batch_rows, std::move(arrays));
  state.batch_rows = 0;
  state.batch_bytes = 0;
  return batch;
}

std::string CopyDecoder::PlaceOf(std::int64_t row) const {
  const auto& places = state_->places;
  const auto after =
      std::upper_bound(places.begin(), places.end(), row,
                       [](std::int64_t wanted, const State::Place& place) { return wanted < place.row; });
  if (after == places.begin()) return "COPY " + state_->relation;
  const auto& place = *std::prev(after);
  return "COPY " + state_->relation + ", line " +
         std::to_string(place.line + static_cast<std::uint64_t>(row - place.row));
}

}  // namespace tavana::pgwire
