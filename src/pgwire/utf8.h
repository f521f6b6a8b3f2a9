#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace tavana::pgwire {

/// Ok when `text` is UTF-8 without NUL, as PostgreSQL demands of every text; otherwise kInvalidEncoding in
/// PostgreSQL's words (src/backend/utils/mb: overlong forms, surrogates and values above U+10FFFF are refused).
Status CheckUtf8(std::string_view text);

/// The longest prefix of `text` within `limit_bytes` that does not end inside a character.
std::string_view CutUtf8(std::string_view text, std::size_t limit_bytes);

}  // namespace tavana::pgwire
