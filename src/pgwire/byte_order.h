#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// Network byte order, as every number of the protocol has it.
namespace tavana::pgwire {

template <std::integral T>
inline T SwapBytes(T value) {
  if constexpr (sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  } else if constexpr (sizeof(T) == 4) {
    return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  } else {
    return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
  }
}

/// Writes `value` at `to`; the byte after it.
template <std::integral T>
inline char* PutBigEndian(char* to, T value) {
  value = SwapBytes(value);
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

template <std::integral T>
inline T GetBigEndian(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return SwapBytes(value);
}

}  // namespace tavana::pgwire
