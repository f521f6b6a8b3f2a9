#include "sql/number_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "sql/format_words.h"

namespace tavana::sql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Digits with `places` behind the point, rounded half away from zero: the whole part without leading zeros, then the
/// fraction.
struct Rounded {
  std::string whole, fraction;
};

Rounded Round(std::string_view digits, int shift, int places) {
  std::string whole(digits.substr(0, digits.find('.')));
  std::string fraction(digits.find('.') == std::string_view::npos ? "" : digits.substr(digits.find('.') + 1));
  for (int i = 0; i < shift; ++i) {
    whole.push_back(fraction.empty() ? '0' : fraction.front());
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  const auto wanted = static_cast<std::size_t>(places);
  const bool up = fraction.size() > wanted && fraction[wanted] >= '5';
  fraction.resize(wanted, '0');
  std::string all = whole + fraction;
  if (up) {
    std::size_t at = all.size();
    while (at > 0 && all[at - 1] == '9') all[--at] = '0';
    if (at == 0) {
      all.insert(all.begin(), '1');
    } else {
      ++all[at - 1];
    }
  }
  whole = all.substr(0, all.size() - wanted);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  return {whole, all.substr(all.size() - wanted)};
}

}  // namespace

Result<NumberFormat> NumberFormat::Parse(std::string_view text) {
  NumberFormat format;
  bool in_shift = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::string two = UpperCase(text.substr(at, 2));
    const char c = static_cast<char>(std::toupper(static_cast<unsigned char>(text[at])));
    if (two == "EE" || two == "RN") {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("\"{}\" is not supported in a number's format", two == "EE" ? "EEEE" : "RN"));
    }
    std::size_t length = 1;
    if (two == "FM") {
      format.fill_ = false;
      length = 2;
    } else if (two == "MI" || two == "PL" || two == "SG" || two == "PR") {
      const Kind kind = two == "MI"   ? Kind::kMinus
                        : two == "PL" ? Kind::kPlus
                        : two == "SG" ? Kind::kPlusMinus
                                      : Kind::kAngle;
      format.parts_.push_back({kind, {}});
      if (two != "PL") format.sign_is_placed_ = true;
      length = 2;
    } else if (two == "TH") {
      format.parts_.push_back({Kind::kOrdinal, std::string(text.substr(at, 2))});
      length = 2;
    } else if (c == '9' || c == '0') {
      if (in_shift) {
        ++format.shift_;
        ++format.whole_places_;
      } else if (format.has_point_) {
        ++format.fraction_places_;
      } else {
        if (c == '0' && format.zero_from_ < 0) format.zero_from_ = format.whole_places_;
        ++format.whole_places_;
      }
      format.parts_.push_back({c == '0' ? Kind::kZero : Kind::kNine, {}});
    } else if (c == '.' || c == 'D') {
      if (format.has_point_) return Error(ErrorCode::kSyntax, "multiple decimal points");
      format.has_point_ = true;
      format.parts_.push_back({Kind::kPoint, {}});
    } else if (c == ',' || c == 'G') {
      format.parts_.push_back({Kind::kGroup, {}});
    } else if (c == 'S') {
      format.parts_.push_back({Kind::kSign, {}});
      format.sign_is_placed_ = true;
    } else if (c == 'L') {
      format.parts_.push_back({Kind::kCurrency, {}});
    } else if (c == 'V') {
      in_shift = true;
    } else if (c == '"') {
      std::string quoted;
      for (++at; at < text.size() && text[at] != '"'; ++at) quoted.push_back(text[at]);
      format.parts_.push_back({Kind::kLiteral, quoted});
    } else {
      if (c == '\\' && at + 1 < text.size()) ++at;
      format.parts_.push_back({Kind::kLiteral, std::string(1, text[at])});
    }
    at += length;
  }
  return format;
}

std::string NumberFormat::Write(std::string_view decimal, bool keeps_sign) const {
  bool negative = decimal.starts_with('-');
  const std::string_view digits = negative ? decimal.substr(1) : decimal;
  const bool finite = !digits.empty() && (IsDigit(digits.front()) || digits.front() == '.');
  Rounded number = finite ? Round(digits, shift_, fraction_places_) : Rounded{};
  // A template without a place before the point has room for no number at all.
  const bool overflows = !finite || whole_places_ == 0 || number.whole.size() > static_cast<std::size_t>(whole_places_);
  if (overflows) {
    number.whole.assign(static_cast<std::size_t>(whole_places_), '#');
    number.fraction.assign(static_cast<std::size_t>(fraction_places_), '#');
  }
  if (!keeps_sign && number.whole.find_first_not_of('0') == std::string::npos &&
      number.fraction.find_first_not_of('0') == std::string::npos) {
    negative = false;
  }
  // Where the number begins: the first digit that is written.
  int first = whole_places_ - static_cast<int>(number.whole.size());
  if (zero_from_ >= 0) first = std::min(first, zero_from_);
  if (first == whole_places_ && !has_point_) first = whole_places_ - 1;  // a zero alone is written
  const std::string padded =
      std::string(static_cast<std::size_t>(whole_places_) - number.whole.size(), '0') + number.whole;
  int last_fraction = fraction_places_;
  if (!fill_ && !overflows) {
    // FM drops the zeros at the end that a 9 stands for.
    int last_zero_place = 0, place = 0;
    bool behind = false;
    for (const Part& part : parts_) {
      if (part.kind == Kind::kPoint) behind = true;
      if (!behind || (part.kind != Kind::kNine && part.kind != Kind::kZero)) continue;
      ++place;
      if (part.kind == Kind::kZero) last_zero_place = place;
    }
    while (last_fraction > last_zero_place && number.fraction[static_cast<std::size_t>(last_fraction - 1)] == '0')
      --last_fraction;
  }
  if (!fill_ && last_fraction == 0 && first == whole_places_) --first;  // "0." rather than "."
  const char* const sign = negative ? "-" : "+";
  std::string out;
  const auto sign_first = std::find_if(parts_.begin(), parts_.end(), [](const Part& part) {
    return part.kind == Kind::kSign || part.kind == Kind::kNine || part.kind == Kind::kZero;
  });
  const bool sign_leads = sign_first != parts_.end() && sign_first->kind == Kind::kSign;
  const bool angle =
      std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.kind == Kind::kAngle; });
  const auto write_or_blank = [&](bool is_there, char c) {
    if (is_there) {
      out += c;
    } else if (fill_) {
      out += ' ';
    }
  };
  bool began = false;
  const auto begin_number = [&] {
    if (began) return;
    began = true;
    if (angle) {
      write_or_blank(negative, '<');
    } else if (sign_leads) {
      out += sign;
    } else if (!sign_is_placed_) {
      write_or_blank(negative, '-');
    }
  };
  int place = 0, fraction_place = 0;
  bool behind_point = false;
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Kind::kNine:
      case Kind::kZero:
        if (behind_point) {
          if (fraction_place < last_fraction) out += number.fraction[static_cast<std::size_t>(fraction_place)];
          ++fraction_place;
        } else {
          if (place >= first) {
            begin_number();
            out += padded[static_cast<std::size_t>(place)];
          } else {
            write_or_blank(false, ' ');
          }
          ++place;
        }
        break;
      case Kind::kPoint:
        begin_number();
        behind_point = true;
        out += '.';
        break;
      case Kind::kGroup: write_or_blank(began, ','); break;
      case Kind::kSign:
        if (!sign_leads) out += sign;
        break;
      case Kind::kMinus: write_or_blank(negative, '-'); break;
      case Kind::kPlus: write_or_blank(!negative, '+'); break;
      case Kind::kPlusMinus: out += sign; break;
      case Kind::kAngle: write_or_blank(negative, '>'); break;
      case Kind::kCurrency: write_or_blank(false, ' '); break;  // the locale C has none
      case Kind::kOrdinal:
        if (!negative && !has_point_ && !overflows) {
          const auto ordinal = OrdinalOf(number.whole);
          out += part.text == "th" ? std::string(ordinal) : UpperCase(ordinal);
        }
        break;
      case Kind::kLiteral: out += part.text; break;
    }
  }
  return out;
}

Result<std::string> NumberFormat::Read(std::string_view text) const {
  std::string digits;
  bool negative = false, has_point = false, has_digit = false;
  for (const char c : text) {
    if (IsDigit(c)) {
      digits.push_back(c);
      has_digit = true;
    } else if (c == '-' || c == '<') {
      negative = true;
    } else if (c == '.' && has_point_ && !has_point) {
      has_point = true;
      digits.push_back('.');
    }
  }
  if (!has_digit) {
    return Error(ErrorCode::kInvalidText, fmt::format("invalid input syntax for type numeric: \"{}\"", text));
  }
  return (negative ? "-" : "") + digits;
}

}  // namespace tavana::sql
