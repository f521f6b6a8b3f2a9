#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// JSON text edited and compared as PostgreSQL's jsonb operators do (postgresql.org/docs/15/functions-json.html). What
/// an edit leaves alone stays as it was written, numbers to the last digit; the blanks between are jsonb's. Each
/// function gives kInvalidText for text that is not JSON, and is thread-safe.
namespace tavana::sql {

/// Steps into a value: keys of objects, numbers of elements (negative ones count from the end).
using JsonPath = std::vector<std::string>;

/// jsonb_set: the value at `path` becomes `value`; with `create`, also where its last step leads to nothing yet.
/// kInvalidParameter for a scalar, kInvalidText for a step into an array that is no number.
Result<std::string> JsonSet(std::string_view json, const JsonPath& path, std::string_view value, bool create);
/// jsonb_insert: `value` before (or after) the element at `path`, or as a key that is not there yet.
Result<std::string> JsonInsert(std::string_view json, const JsonPath& path, std::string_view value, bool after);
/// jsonb #- path.
Result<std::string> JsonDeletePath(std::string_view json, const JsonPath& path);
/// jsonb - text[]: without these keys, or these texts in an array.
Result<std::string> JsonDeleteKeys(std::string_view json, const std::vector<std::string>& keys);
/// jsonb - integer: an array without its element.
Result<std::string> JsonDeleteElement(std::string_view json, std::int64_t index);
/// json_strip_nulls: objects at any depth without the keys that are null.
Result<std::string> JsonStripNulls(std::string_view json);
/// jsonb || jsonb.
Result<std::string> JsonConcat(std::string_view left, std::string_view right);
/// jsonb ? text: a key of the object, a text in the array, or the text itself.
Result<bool> JsonHasKey(std::string_view json, std::string_view key);
/// jsonb @> jsonb.
Result<bool> JsonContains(std::string_view json, std::string_view part);

}  // namespace tavana::sql
