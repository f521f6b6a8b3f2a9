#include "pgwire/types.h"

#include <array>

namespace tavana::pgwire {
namespace {

struct KnownType {
  std::uint32_t oid;
  std::uint32_t array_oid;
  std::int16_t size;
  std::string_view name;
  std::string_view array_name;
};

constexpr auto kKnownTypes = std::to_array<KnownType>({
    {kBoolOid, 1000, 1, "boolean", "boolean[]"},
    {kByteaOid, 1001, -1, "bytea", "bytea[]"},
    {kNameOid, 1003, 64, "name", "name[]"},
    {kInt8Oid, 1016, 8, "bigint", "bigint[]"},
    {kInt2Oid, 1005, 2, "smallint", "smallint[]"},
    {kInt4Oid, 1007, 4, "integer", "integer[]"},
    {kTextOid, 1009, -1, "text", "text[]"},
    {kOidOid, 1028, 4, "oid", "oid[]"},
    {kJsonOid, 199, -1, "json", "json[]"},
    {kFloat4Oid, 1021, 4, "real", "real[]"},
    {kFloat8Oid, 1022, 8, "double precision", "double precision[]"},
    {kBpcharOid, 1014, -1, "character", "character[]"},
    {kVarcharOid, 1015, -1, "character varying", "character varying[]"},
    {kDateOid, 1182, 4, "date", "date[]"},
    {kTimeOid, 1183, 8, "time without time zone", "time without time zone[]"},
    {kTimestampOid, 1115, 8, "timestamp without time zone", "timestamp without time zone[]"},
    {kTimestampTzOid, 1185, 8, "timestamp with time zone", "timestamp with time zone[]"},
    {kIntervalOid, 1187, 16, "interval", "interval[]"},
    {kTimeTzOid, 1270, 12, "time with time zone", "time with time zone[]"},
    {kNumericOid, 1231, -1, "numeric", "numeric[]"},
    {kUuidOid, 2951, 16, "uuid", "uuid[]"},
    {kJsonbOid, 3807, -1, "jsonb", "jsonb[]"},
});

const KnownType* FindKnown(std::uint32_t oid) {
  for (const KnownType& type : kKnownTypes) {
    if (type.oid == oid) return &type;
  }
  return nullptr;
}

PgType Plain(std::uint32_t oid) {
  const KnownType* known = FindKnown(oid);
  return PgType{.oid = oid, .size = known == nullptr ? std::int16_t{-1} : known->size, .type_modifier = -1};
}

PgType Numeric(std::int32_t precision, std::int32_t scale) {
  // ((precision << 16) | scale) + VARHDRSZ: numeric's typmod (PostgreSQL's numeric.c, make_numeric_typmod).
  return PgType{.oid = kNumericOid, .size = -1, .type_modifier = ((precision << 16) | (scale & 0x7FF)) + 4};
}

struct ExtensionInfo {
  std::string name;
  std::string metadata;
};

/// The value of "type_name" in arrow.opaque's metadata, a flat JSON object of two plain strings.
std::string_view OpaqueTypeName(std::string_view json) {
  constexpr std::string_view kKey = "\"type_name\"";
  const std::size_t key = json.find(kKey);
  if (key == std::string_view::npos) return {};
  const std::size_t begin = json.find('"', key + kKey.size());
  if (begin == std::string_view::npos) return {};
  const std::size_t end = json.find('"', begin + 1);
  if (end == std::string_view::npos) return {};
  return json.substr(begin + 1, end - begin - 1);
}

CellKind StorageKind(const arrow::DataType& type) {
  using arrow::Type;
  switch (type.id()) {
    case Type::NA: return CellKind::kNull;
    case Type::BOOL: return CellKind::kBool;
    case Type::INT8: return CellKind::kInt8;
    case Type::INT16: return CellKind::kInt16;
    case Type::INT32: return CellKind::kInt32;
    case Type::INT64: return CellKind::kInt64;
    case Type::UINT8: return CellKind::kUInt8;
    case Type::UINT16: return CellKind::kUInt16;
    case Type::UINT32: return CellKind::kUInt32;
    case Type::UINT64: return CellKind::kUInt64;
    case Type::HALF_FLOAT: return CellKind::kHalfFloat;
    case Type::FLOAT: return CellKind::kFloat;
    case Type::DOUBLE: return CellKind::kDouble;
    case Type::DECIMAL32: return CellKind::kDecimal32;
    case Type::DECIMAL64: return CellKind::kDecimal64;
    case Type::DECIMAL128: return CellKind::kDecimal128;
    case Type::DECIMAL256: return CellKind::kDecimal256;
    case Type::STRING: return CellKind::kUtf8;
    case Type::LARGE_STRING: return CellKind::kLargeUtf8;
    case Type::STRING_VIEW: return CellKind::kUtf8View;
    case Type::BINARY: return CellKind::kBinary;
    case Type::LARGE_BINARY: return CellKind::kLargeBinary;
    case Type::BINARY_VIEW: return CellKind::kBinaryView;
    case Type::FIXED_SIZE_BINARY: return CellKind::kFixedBinary;
    case Type::DATE32: return CellKind::kDate32;
    case Type::DATE64: return CellKind::kDate64;
    case Type::TIME32: return CellKind::kTime32;
    case Type::TIME64: return CellKind::kTime64;
    case Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty() ? CellKind::kTimestamp
                                                                               : CellKind::kTimestampTz;
    case Type::INTERVAL_MONTHS: return CellKind::kIntervalMonths;
    case Type::INTERVAL_DAY_TIME: return CellKind::kIntervalDayTime;
    case Type::INTERVAL_MONTH_DAY_NANO: return CellKind::kIntervalMonthDayNano;
    case Type::DURATION: return CellKind::kDuration;
    case Type::DICTIONARY: return CellKind::kDictionary;
    case Type::LIST: return CellKind::kList;
    case Type::LARGE_LIST: return CellKind::kLargeList;
    case Type::LIST_VIEW: return CellKind::kListView;
    case Type::LARGE_LIST_VIEW: return CellKind::kLargeListView;
    case Type::FIXED_SIZE_LIST: return CellKind::kFixedList;
    case Type::STRUCT: return CellKind::kStruct;
    case Type::MAP: return CellKind::kMap;
    case Type::SPARSE_UNION: return CellKind::kSparseUnion;
    case Type::DENSE_UNION: return CellKind::kDenseUnion;
    default: return CellKind::kUnsupported;
  }
}

bool IsBytes(CellKind kind) {
  return kind == CellKind::kBinary || kind == CellKind::kLargeBinary || kind == CellKind::kBinaryView;
}

std::int32_t FixedBytes(const arrow::DataType& storage) {
  return storage.id() == arrow::Type::FIXED_SIZE_BINARY
             ? static_cast<const arrow::FixedSizeBinaryType&>(storage).byte_width()
             : 0;
}

/// What the extension makes of its storage; the storage's own kind for extensions that change nothing.
CellKind ExtensionKind(const ExtensionInfo& extension, const arrow::DataType& storage, CellKind kind) {
  if (extension.name == "arrow.bool8" && kind == CellKind::kInt8) return CellKind::kBool8;
  if (extension.name == "arrow.uuid" && FixedBytes(storage) == 16) return CellKind::kUuid;
  if (extension.name != "arrow.opaque") return kind;
  const std::string_view type_name = OpaqueTypeName(extension.metadata);
  if (type_name == "hugeint" && FixedBytes(storage) == 16) return CellKind::kHugeInt;
  if (type_name == "uhugeint" && FixedBytes(storage) == 16) return CellKind::kUHugeInt;
  if (type_name == "time_tz" && FixedBytes(storage) == 8) return CellKind::kTimeTz;
  if (type_name == "oid" && kind == CellKind::kUInt32) return CellKind::kOid;
  if (type_name == "bit" && IsBytes(kind)) return CellKind::kBit;
  return kind;
}

PgType ListType(const arrow::DataType& storage) {
  const ResolvedType element = Resolve(*static_cast<const arrow::BaseListType&>(storage).value_field());
  switch (element.kind) {
    case CellKind::kList:
    case CellKind::kLargeList:
    case CellKind::kListView:
    case CellKind::kLargeListView:
    case CellKind::kFixedList: return Plain(kJsonOid);  // DuckDB's lists may be ragged, PostgreSQL's arrays may not
    default: {
      const std::uint32_t array_oid = ArrayOidOf(element.pg.oid);
      if (array_oid == 0) return Plain(kJsonOid);
      return PgType{.oid = array_oid, .size = -1, .type_modifier = element.pg.type_modifier};
    }
  }
}

PgType DecimalType(const arrow::DataType& storage) {
  const auto& decimal = static_cast<const arrow::DecimalType&>(storage);
  return Numeric(decimal.precision(), decimal.scale());
}

PgType PgTypeOf(CellKind kind, const arrow::DataType& storage) {
  switch (kind) {
    case CellKind::kBool:
    case CellKind::kBool8: return Plain(kBoolOid);
    case CellKind::kInt8:
    case CellKind::kInt16:
    case CellKind::kUInt8: return Plain(kInt2Oid);
    case CellKind::kInt32:
    case CellKind::kUInt16: return Plain(kInt4Oid);
    case CellKind::kInt64:
    case CellKind::kUInt32: return Plain(kInt8Oid);
    case CellKind::kOid: return Plain(kOidOid);
    case CellKind::kUInt64: return Numeric(20, 0);
    case CellKind::kHugeInt:
    case CellKind::kUHugeInt: return Numeric(39, 0);
    case CellKind::kHalfFloat:
    case CellKind::kFloat: return Plain(kFloat4Oid);
    case CellKind::kDouble: return Plain(kFloat8Oid);
    case CellKind::kDecimal32:
    case CellKind::kDecimal64:
    case CellKind::kDecimal128:
    case CellKind::kDecimal256: return DecimalType(storage);
    case CellKind::kBinary:
    case CellKind::kLargeBinary:
    case CellKind::kBinaryView:
    case CellKind::kFixedBinary: return Plain(kByteaOid);
    case CellKind::kDate32:
    case CellKind::kDate64: return Plain(kDateOid);
    case CellKind::kTime32:
    case CellKind::kTime64: return Plain(kTimeOid);
    case CellKind::kTimeTz: return Plain(kTimeTzOid);
    case CellKind::kTimestamp: return Plain(kTimestampOid);
    case CellKind::kTimestampTz: return Plain(kTimestampTzOid);
    case CellKind::kIntervalMonths:
    case CellKind::kIntervalDayTime:
    case CellKind::kIntervalMonthDayNano:
    case CellKind::kDuration: return Plain(kIntervalOid);
    case CellKind::kUuid: return Plain(kUuidOid);
    case CellKind::kDictionary:
      return TypeOf(arrow::Field("", static_cast<const arrow::DictionaryType&>(storage).value_type()));
    case CellKind::kList:
    case CellKind::kLargeList:
    case CellKind::kListView:
    case CellKind::kLargeListView:
    case CellKind::kFixedList: return ListType(storage);
    case CellKind::kStruct:
    case CellKind::kMap:
    case CellKind::kSparseUnion:
    case CellKind::kDenseUnion: return Plain(kJsonOid);
    case CellKind::kNull:
    case CellKind::kUtf8:
    case CellKind::kLargeUtf8:
    case CellKind::kUtf8View:
    case CellKind::kBit:
    case CellKind::kUnsupported: return Plain(kTextOid);
  }
  return Plain(kTextOid);
}

}  // namespace

ResolvedType Resolve(const arrow::Field& field) {
  ExtensionInfo extension;
  const arrow::DataType* storage = field.type().get();
  if (storage->id() == arrow::Type::EXTENSION) {
    const auto& typed = static_cast<const arrow::ExtensionType&>(*storage);
    extension = {typed.extension_name(), typed.Serialize()};
    storage = typed.storage_type().get();
  } else if (field.metadata() != nullptr) {
    extension.name = field.metadata()->Get("ARROW:extension:name").ValueOr("");
    extension.metadata = field.metadata()->Get("ARROW:extension:metadata").ValueOr("");
  }
  const CellKind kind = ExtensionKind(extension, *storage, StorageKind(*storage));
  PgType pg = PgTypeOf(kind, *storage);
  if (extension.name == "arrow.opaque" && kind == CellKind::kList) {
    const std::string_view type_name = OpaqueTypeName(extension.metadata);
    if (type_name == "int2vector") pg = Plain(kInt2VectorOid);
    if (type_name == "oidvector") pg = Plain(kOidVectorOid);
  }
  if (extension.name == "arrow.json" && pg.oid == kTextOid) pg = Plain(kJsonOid);
  return ResolvedType{.kind = kind, .storage = storage, .pg = pg};
}

PgType TypeOf(const arrow::Field& field) { return Resolve(field).pg; }

std::shared_ptr<arrow::DataType> ArrowTypeOf(std::uint32_t oid) {
  switch (oid) {
    case kBoolOid: return arrow::boolean();
    case kByteaOid: return arrow::binary();
    case kInt2Oid: return arrow::int16();
    case kInt4Oid: return arrow::int32();
    case kInt8Oid: return arrow::int64();
    case kOidOid: return arrow::uint32();
    case kFloat4Oid: return arrow::float32();
    case kFloat8Oid: return arrow::float64();
    // An unconstrained numeric has no counterpart; this is DuckDB's widest with room on both sides of the point.
    case kNumericOid: return nullptr;  // its scale is in the values: the engine infers it
    case kTextOid:
    case kVarcharOid:
    case kBpcharOid:
    case kNameOid:
    case kJsonOid:
    case kJsonbOid:
    case kUuidOid: return arrow::utf8();
    case kDateOid: return arrow::date32();
    case kTimeOid: return arrow::time64(arrow::TimeUnit::MICRO);
    case kTimestampOid: return arrow::timestamp(arrow::TimeUnit::MICRO);
    case kTimestampTzOid: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case kIntervalOid: return arrow::month_day_nano_interval();
    default: break;
  }
  const std::uint32_t element = ElementOidOf(oid);
  if (element == 0) return nullptr;
  std::shared_ptr<arrow::DataType> element_type = ArrowTypeOf(element);
  return element_type == nullptr ? nullptr : arrow::list(std::move(element_type));
}

std::uint32_t OidOf(const arrow::DataType& type) {
  // The field borrows `type`, which the caller keeps for the call.
  const std::shared_ptr<arrow::DataType> borrowed(std::shared_ptr<void>(), const_cast<arrow::DataType*>(&type));
  return TypeOf(arrow::Field("", borrowed)).oid;
}

std::uint32_t ParameterOidOf(const arrow::DataType& type) {
  if (type.id() == arrow::Type::UINT32) return kOidOid;
  if (type.id() == arrow::Type::LIST &&
      static_cast<const arrow::ListType&>(type).value_type()->id() == arrow::Type::UINT32) {
    return ArrayOidOf(kOidOid);
  }
  return OidOf(type);
}

std::string_view NameOf(std::uint32_t oid) {
  for (const KnownType& type : kKnownTypes) {
    if (type.oid == oid) return type.name;
    if (type.array_oid == oid) return type.array_name;
  }
  return "unknown";
}

std::uint32_t ArrayOidOf(std::uint32_t oid) {
  const KnownType* known = FindKnown(oid);
  return known == nullptr ? 0 : known->array_oid;
}

std::uint32_t ElementOidOf(std::uint32_t array_oid) {
  for (const KnownType& type : kKnownTypes) {
    if (type.array_oid == array_oid) return type.oid;
  }
  return 0;
}

}  // namespace tavana::pgwire
