#include <arrow/util/decimal.h>

#include <cmath>

#include "base/hex.h"
#include "pgwire/cell_put.h"
#include "pgwire/numeric.h"

namespace tavana::pgwire {
namespace {

void AppendFixedText(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  const char* end = PutFixedText(cell, row, context, out.Room(kMaxFixedTextBytes));
  out.SetSize(static_cast<std::size_t>(end - out.data()));
}

void AppendHex(std::string_view bytes, ByteBuffer& out) {
  char* to = out.Room(2 + 2 * bytes.size());
  *to++ = '\\';
  *to++ = 'x';
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *to++ = kHexDigits[byte >> 4];
    *to++ = kHexDigits[byte & 15];
  }
  out.SetSize(out.size() + 2 + 2 * bytes.size());
}

void AppendEscaped(std::string_view bytes, ByteBuffer& out) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\\') {
      out.Append("\\\\");
    } else if (byte < 0x20 || byte > 0x7E) {
      const char octal[4] = {'\\', static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + (byte >> 3 & 7)),
                             static_cast<char>('0' + (byte & 7))};
      out.Append({octal, 4});
    } else {
      out.Append(c);
    }
  }
}

/// DuckDB's bit: a byte that counts the padding bits, then the bits, padding first.
void AppendBits(std::string_view bytes, ByteBuffer& out) {
  if (bytes.empty()) return;
  const std::size_t padding = static_cast<unsigned char>(bytes[0]);
  const std::size_t bits = (bytes.size() - 1) * 8;
  for (std::size_t bit = padding; bit < bits; ++bit) {
    const auto byte = static_cast<unsigned char>(bytes[1 + bit / 8]);
    out.Append((byte >> (7 - bit % 8) & 1) != 0 ? '1' : '0');
  }
}

void AppendJsonString(std::string_view text, ByteBuffer& out) {
  out.Append('"');
  for (const char c : text) {
    switch (c) {
      case '"': out.Append("\\\""); break;
      case '\\': out.Append("\\\\"); break;
      case '\n': out.Append("\\n"); break;
      case '\r': out.Append("\\r"); break;
      case '\t': out.Append("\\t"); break;
      case '\b': out.Append("\\b"); break;
      case '\f': out.Append("\\f"); break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          const char escape[6] = {'\\', 'u', '0', '0', kHexDigits[c >> 4], kHexDigits[c & 15]};
          out.Append({escape, 6});
        } else {
          out.Append(c);
        }
    }
  }
  out.Append('"');
}

bool IsList(CellKind kind) {
  return kind == CellKind::kList || kind == CellKind::kLargeList || kind == CellKind::kListView ||
         kind == CellKind::kLargeListView || kind == CellKind::kFixedList;
}

void AppendJson(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out);

void AppendJsonArray(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  const auto [first, count] = cell.Elements(row);
  out.Append('[');
  for (std::int64_t i = 0; i < count; ++i) {
    if (i != 0) out.Append(',');
    AppendJson(cell.children[0], first + i, context, out);
  }
  out.Append(']');
}

void AppendJsonStruct(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  out.Append('{');
  for (std::size_t i = 0; i < cell.children.size(); ++i) {
    if (i != 0) out.Append(',');
    AppendJsonString(cell.names[i], out);
    out.Append(':');
    AppendJson(cell.children[i], row + cell.offset, context, out);
  }
  out.Append('}');
}

void AppendJsonMap(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  const auto [first, count] = cell.Elements(row);
  const CellSource& entries = cell.children[0];
  out.Append('{');
  ByteBuffer key;
  for (std::int64_t i = first; i < first + count; ++i) {
    if (i != first) out.Append(',');
    const std::int64_t entry = i + entries.offset;
    key.clear();
    if (!entries.children[0].IsNull(entry)) AppendText(entries.children[0], entry, context, key);
    AppendJsonString(key.view(), out);
    out.Append(':');
    AppendJson(entries.children[1], entry, context, out);
  }
  out.Append('}');
}

void AppendJsonUnion(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  const auto [member, member_row] = cell.Member(row);
  out.Append('{');
  AppendJsonString(cell.MemberName(member), out);
  out.Append(':');
  AppendJson(*member, member_row, context, out);
  out.Append('}');
}

/// True when the text of a scalar is a JSON number as it stands.
bool IsJsonNumber(std::uint32_t oid, std::string_view text) {
  switch (oid) {
    case kInt2Oid:
    case kInt4Oid:
    case kInt8Oid:
    case kNumericOid: return true;
    case kFloat4Oid:
    case kFloat8Oid: return text.find('N') == std::string_view::npos && text.find('I') == std::string_view::npos;
    default: return false;
  }
}

void AppendJsonScalar(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  ByteBuffer text;
  AppendText(cell, row, context, text);
  if (cell.pg.oid == kBoolOid) {
    out.Append(text.view() == "t" ? "true" : "false");
  } else if (cell.pg.oid == kJsonOid || IsJsonNumber(cell.pg.oid, text.view())) {
    out.Append(text.view());
  } else {
    AppendJsonString(text.view(), out);
  }
}

void AppendJson(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  if (cell.IsNull(row)) return out.Append("null");
  if (IsList(cell.kind)) return AppendJsonArray(cell, row, context, out);
  switch (cell.kind) {
    case CellKind::kDictionary: return AppendJson(cell.children[0], cell.DictionaryRow(row), context, out);
    case CellKind::kStruct: return AppendJsonStruct(cell, row, context, out);
    case CellKind::kMap: return AppendJsonMap(cell, row, context, out);
    case CellKind::kSparseUnion:
    case CellKind::kDenseUnion: return AppendJsonUnion(cell, row, context, out);
    default: return AppendJsonScalar(cell, row, context, out);
  }
}

/// Whether array_out would quote an element (PostgreSQL documentation, 8.15.6).
bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() == 4 && (text[0] | 32) == 'n' && (text[1] | 32) == 'u' && (text[2] | 32) == 'l' &&
      (text[3] | 32) == 'l') {
    return true;
  }
  return text.find_first_of("{}\",\\ \t\n\r\v\f") != std::string_view::npos;
}

void AppendArrayElement(std::string_view text, ByteBuffer& out) {
  if (!NeedsQuotes(text)) return out.Append(text);
  out.Append('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.Append('\\');
    out.Append(c);
  }
  out.Append('"');
}

/// True for an element that has no value; a dictionary may hide its nulls behind indices.
bool IsNullElement(const CellSource& cell, std::int64_t row) {
  if (cell.IsNull(row)) return true;
  return cell.kind == CellKind::kDictionary && cell.children[0].IsNull(cell.DictionaryRow(row));
}

bool IsVector(const CellSource& cell) { return cell.pg.oid == kInt2VectorOid || cell.pg.oid == kOidVectorOid; }

/// int2vector and oidvector: numbers between blanks (PostgreSQL's int2vectorout).
void AppendVectorText(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  const auto [first, count] = cell.Elements(row);
  for (std::int64_t i = first; i < first + count; ++i) {
    if (i != first) out.Append(' ');
    AppendText(cell.children[0], i, context, out);
  }
}

void AppendArrayText(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  if (IsVector(cell)) return AppendVectorText(cell, row, context, out);
  const auto [first, count] = cell.Elements(row);
  const CellSource& element = cell.children[0];
  ByteBuffer text;
  out.Append('{');
  for (std::int64_t i = first; i < first + count; ++i) {
    if (i != first) out.Append(',');
    if (IsNullElement(element, i)) {
      out.Append("NULL");
      continue;
    }
    text.clear();
    AppendText(element, i, context, text);
    AppendArrayElement(text.view(), out);
  }
  out.Append('}');
}

void AppendI32(ByteBuffer& out, std::int32_t value) {
  PutBigEndian(out.Room(4), value);
  out.SetSize(out.size() + 4);
}

/// array_send: dimensions, whether there are nulls, the element's oid, then length and lower bound of the dimension.
void AppendArrayBinary(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  const auto [first, count] = cell.Elements(row);
  const CellSource& element = cell.children[0];
  bool has_null = false;
  for (std::int64_t i = first; i < first + count && !has_null; ++i) has_null = IsNullElement(element, i);
  AppendI32(out, count == 0 ? 0 : 1);
  AppendI32(out, has_null ? 1 : 0);
  AppendI32(out, static_cast<std::int32_t>(element.pg.oid));
  if (count == 0) return;
  AppendI32(out, static_cast<std::int32_t>(count));
  AppendI32(out, IsVector(cell) ? 0 : 1);
  for (std::int64_t i = first; i < first + count; ++i) {
    const std::size_t length_at = out.size();
    AppendI32(out, -1);
    if (IsNullElement(element, i)) continue;
    AppendBinary(element, i, context, out);
    PutBigEndian(out.data() + length_at, static_cast<std::int32_t>(out.size() - length_at - 4));
  }
}

}  // namespace

float HalfFloatAt(const CellSource& cell, std::int64_t row) {
  const auto bits = cell.At<std::uint16_t>(row);
  const int exponent = bits >> 10 & 0x1F;
  const auto mantissa = static_cast<float>(bits & 0x3FF);
  float magnitude;
  if (exponent == 0x1F) {
    magnitude = mantissa == 0 ? INFINITY : NAN;
  } else if (exponent == 0) {
    magnitude = std::ldexp(mantissa, -24);
  } else {
    magnitude = std::ldexp(mantissa + 1024, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

char* PutDecimal256(const CellSource& cell, std::int64_t row, char* to) {
  std::string digits = arrow::Decimal256(cell.values + row * 32).ToIntegerString();
  std::string_view magnitude = digits;
  if (magnitude.starts_with('-')) {
    *to++ = '-';
    magnitude.remove_prefix(1);
  }
  return PutPointed(to, magnitude, cell.scale);
}

void AppendText(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  if (IsFixedText(cell.kind)) return AppendFixedText(cell, row, context, out);
  switch (cell.kind) {
    case CellKind::kUtf8:
    case CellKind::kLargeUtf8:
    case CellKind::kUtf8View: return out.Append(cell.Bytes(row));
    case CellKind::kBinary:
    case CellKind::kLargeBinary:
    case CellKind::kBinaryView:
    case CellKind::kFixedBinary:
      return context.bytea_escape ? AppendEscaped(cell.Bytes(row), out) : AppendHex(cell.Bytes(row), out);
    case CellKind::kBit: return AppendBits(cell.Bytes(row), out);
    case CellKind::kDictionary: return AppendText(cell.children[0], cell.DictionaryRow(row), context, out);
    default: break;
  }
  if (IsList(cell.kind) && cell.pg.oid != kJsonOid) return AppendArrayText(cell, row, context, out);
  AppendJson(cell, row, context, out);
}

void AppendBinary(const CellSource& cell, std::int64_t row, CellContext& context, ByteBuffer& out) {
  if (IsFixedBinary(cell)) {
    const char* end = PutFixedBinary(cell, row, context, out.Room(kMaxFixedTextBytes));
    return out.SetSize(static_cast<std::size_t>(end - out.data()));
  }
  switch (cell.kind) {
    case CellKind::kBinary:
    case CellKind::kLargeBinary:
    case CellKind::kBinaryView:
    case CellKind::kFixedBinary: return out.Append(cell.Bytes(row));
    case CellKind::kDictionary: return AppendBinary(cell.children[0], cell.DictionaryRow(row), context, out);
    default: break;
  }
  if (cell.pg.oid == kNumericOid) {
    char text[kMaxFixedTextBytes];
    const char* end = PutFixedText(cell, row, context, text);
    return AppendNumericBinary({text, static_cast<std::size_t>(end - text)}, out);
  }
  if (IsList(cell.kind) && cell.pg.oid != kJsonOid) return AppendArrayBinary(cell, row, context, out);
  AppendText(cell, row, context, out);  // text and json are the same in both formats
}

}  // namespace tavana::pgwire
