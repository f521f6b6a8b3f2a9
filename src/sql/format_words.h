#pragma once

#include <string>
#include <string_view>

/// What the templates of to_char for times and for numbers share.
namespace tavana::sql {

/// `text` in ASCII upper case.
std::string UpperCase(std::string_view text);

/// st, nd, rd or th, as it follows `digits`.
std::string_view OrdinalOf(std::string_view digits);

}  // namespace tavana::sql
