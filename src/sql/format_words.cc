#include "sql/format_words.h"

#include <algorithm>
#include <cctype>

namespace tavana::sql {

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return upper;
}

std::string_view OrdinalOf(std::string_view digits) {
  if (digits.size() > 1 && digits[digits.size() - 2] == '1') return "th";
  switch (digits.empty() ? '0' : digits.back()) {
    case '1': return "st";
    case '2': return "nd";
    case '3': return "rd";
    default: return "th";
  }
}

}  // namespace tavana::sql
