#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// What each Arrow type is to PostgreSQL. Oids and sizes: PostgreSQL's pg_type.dat. Pure functions; thread-safe.
namespace tavana::pgwire {

inline constexpr std::uint32_t kBoolOid = 16;
inline constexpr std::uint32_t kByteaOid = 17;
inline constexpr std::uint32_t kNameOid = 19;
inline constexpr std::uint32_t kInt8Oid = 20;
inline constexpr std::uint32_t kInt2Oid = 21;
inline constexpr std::uint32_t kInt2VectorOid = 22;
inline constexpr std::uint32_t kInt4Oid = 23;
inline constexpr std::uint32_t kTextOid = 25;
inline constexpr std::uint32_t kOidOid = 26;
inline constexpr std::uint32_t kOidVectorOid = 30;
inline constexpr std::uint32_t kJsonOid = 114;
inline constexpr std::uint32_t kFloat4Oid = 700;
inline constexpr std::uint32_t kFloat8Oid = 701;
inline constexpr std::uint32_t kUnknownOid = 705;
inline constexpr std::uint32_t kBpcharOid = 1042;
inline constexpr std::uint32_t kVarcharOid = 1043;
inline constexpr std::uint32_t kDateOid = 1082;
inline constexpr std::uint32_t kTimeOid = 1083;
inline constexpr std::uint32_t kTimestampOid = 1114;
inline constexpr std::uint32_t kTimestampTzOid = 1184;
inline constexpr std::uint32_t kIntervalOid = 1186;
inline constexpr std::uint32_t kTimeTzOid = 1266;
inline constexpr std::uint32_t kNumericOid = 1700;
inline constexpr std::uint32_t kUuidOid = 2950;
inline constexpr std::uint32_t kJsonbOid = 3802;

struct PgType {
  std::uint32_t oid = kTextOid;
  std::int16_t size = -1;  ///< -1: variable
  std::int32_t type_modifier = -1;
  bool operator==(const PgType&) const = default;
};

/// The type a column of `field` has on the wire. Total: what has no better match is text.
PgType TypeOf(const arrow::Field& field);
/// The type a parameter of `oid` has in Arrow; null for 0, "unknown" and oids that are not known here.
std::shared_ptr<arrow::DataType> ArrowTypeOf(std::uint32_t oid);
/// What ParameterDescription says of `type`; text for arrow::null().
std::uint32_t OidOf(const arrow::DataType& type);
/// The same for a parameter, whose range is what counts: unsigned 32-bit numbers are oids, not bigint. A driver that
/// asks what an oid[] is (as asyncpg does) would ask for ever if it were told bigint[].
std::uint32_t ParameterOidOf(const arrow::DataType& type);
/// The name format_type() gives ("integer", "timestamp without time zone", "integer[]"); "unknown" otherwise.
std::string_view NameOf(std::uint32_t oid);

/// The array type whose elements have `oid`, and back; 0 when there is none.
std::uint32_t ArrayOidOf(std::uint32_t oid);
std::uint32_t ElementOidOf(std::uint32_t array_oid);

/// How a cell of a column is read: the storage type of Arrow joined with what the extension says.
enum class CellKind : std::uint8_t {
  kNull,
  kBool,
  kBool8,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kOid,  ///< PostgreSQL's, of its catalog: arrow.opaque over uint32
  kUInt64,
  kHugeInt,
  kUHugeInt,
  kHalfFloat,
  kFloat,
  kDouble,
  kDecimal32,
  kDecimal64,
  kDecimal128,
  kDecimal256,
  kUtf8,
  kLargeUtf8,
  kUtf8View,
  kBinary,
  kLargeBinary,
  kBinaryView,
  kFixedBinary,
  kDate32,
  kDate64,
  kTime32,
  kTime64,
  kTimeTz,
  kTimestamp,
  kTimestampTz,
  kIntervalMonths,
  kIntervalDayTime,
  kIntervalMonthDayNano,
  kDuration,
  kUuid,
  kBit,
  kDictionary,
  kList,
  kLargeList,
  kListView,
  kLargeListView,
  kFixedList,
  kStruct,
  kMap,
  kSparseUnion,
  kDenseUnion,
  kUnsupported,
};

/// One level of a column's type, extensions resolved from either an arrow::ExtensionType or the field's metadata.
struct ResolvedType {
  CellKind kind = CellKind::kUnsupported;
  const arrow::DataType* storage = nullptr;  ///< never an extension; lives as long as the field
  PgType pg;
};
ResolvedType Resolve(const arrow::Field& field);

}  // namespace tavana::pgwire
