#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tavana::sql {

/// A template of PostgreSQL's to_char and to_number for numbers
/// (postgresql.org/docs/15/functions-formatting.html, tables 9.29 and 9.30; locale C), read once and used for many
/// values. EEEE and RN are not offered (0A000). Thread-safe once made.
class NumberFormat {
 public:
  static Result<NumberFormat> Parse(std::string_view text);

  /// `decimal`: -?digits[.digits], or NaN and Infinity, which fill the places with #. `keeps_sign`: of a negative
  /// number that rounds to zero, as a float8's is and a numeric's is not.
  std::string Write(std::string_view decimal, bool keeps_sign = false) const;
  /// The digits, the point and the sign of `text` where the template has them, as a decimal; 22P02 without a digit.
  Result<std::string> Read(std::string_view text) const;

 private:
  enum class Kind : unsigned char {
    kNine,
    kZero,
    kPoint,
    kGroup,
    kSign,
    kMinus,
    kPlus,
    kPlusMinus,
    kAngle,
    kCurrency,
    kOrdinal,
    kLiteral
  };
  struct Part {
    Kind kind;
    std::string text;  ///< of a literal, and TH or th
  };

  std::vector<Part> parts_;
  int whole_places_ = 0;
  int fraction_places_ = 0;
  int shift_ = 0;       ///< V: multiplied by ten to this
  int zero_from_ = -1;  ///< the place from which zeros are written, from the left; -1 without
  bool fill_ = true;    ///< no FM
  bool has_point_ = false;
  bool sign_is_placed_ = false;  ///< by S, MI, PL, SG or PR
};

}  // namespace tavana::sql
