#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Internal to pgwire: looking for a few bytes in many.
namespace tavana::pgwire {

/// True when 16 bytes can be loaded from `from` without touching a page that may not be there (pages are 4 KiB or
/// more; a page that holds one byte of ours is there).
inline bool CanLoad16(const char* from) { return (reinterpret_cast<std::uintptr_t>(from) & 4095) <= 4096 - 16; }

/// Finds the first of up to four bytes.
class ByteFinder {
 public:
  ByteFinder(char a, char b, char c, char d) : bytes_{a, b, c, d} {}

  /// The first of the bytes in [from, end), or `end`.
  [[gnu::no_sanitize_address]] const char* Find(const char* from, const char* end) const {
#if defined(__SSE2__)
    const __m128i a = _mm_set1_epi8(bytes_[0]), b = _mm_set1_epi8(bytes_[1]);
    const __m128i c = _mm_set1_epi8(bytes_[2]), d = _mm_set1_epi8(bytes_[3]);
    for (; from < end; from += 16) {
      if (end - from < 16 && !CanLoad16(from)) [[unlikely]]
        break;
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      const __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, a), _mm_cmpeq_epi8(block, b)),
                                         _mm_or_si128(_mm_cmpeq_epi8(block, c), _mm_cmpeq_epi8(block, d)));
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
      if (mask == 0) continue;
      const char* at = from + __builtin_ctz(mask);
      return at < end ? at : end;
    }
#endif
    for (; from < end; ++from) {
      if (*from == bytes_[0] || *from == bytes_[1] || *from == bytes_[2] || *from == bytes_[3]) return from;
    }
    return end;
  }

 private:
  std::array<char, 4> bytes_;
};

}  // namespace tavana::pgwire
