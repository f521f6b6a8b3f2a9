#pragma once

#include <string>
#include <string_view>

namespace tavana::sql {

/// The most of a statement's text that views and logs show, in bytes (PostgreSQL's track_activity_query_size).
inline constexpr std::size_t kShownBytes = 1024;

/// `statement` as others may see it: its beginning, or a note in its place when it names anything that secrets are
/// given to (CREATE SECRET, SET s3_secret_access_key, a password, a token): then no part of it is shown.
std::string ShownStatement(std::string_view statement);

}  // namespace tavana::sql
