#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pgwire/copy_options.h"

namespace tavana::sql {

/// COPY between a table or a query and the client.
struct CopyStatement {
  bool from_client = false;
  std::vector<std::string> table = {};    ///< one to three names; empty for a query
  std::vector<std::string> columns = {};  ///< empty: all
  std::string query = {};                 ///< what stood in the parentheses
  std::size_t query_offset_bytes = 0;     ///< of `query` in the statement
  std::string where = {};                 ///< the condition of COPY FROM; its parentheses are balanced
  pgwire::CopyOptions options = {};
  bool operator==(const CopyStatement&) const = default;
};

/// Reads COPY ... FROM STDIN or TO STDOUT in every syntax that PostgreSQL 15 takes. Errors in PostgreSQL's words, with
/// position: kSyntax; kInvalidParameter and kUnsupported for options (the checks of its ProcessCopyOptions, in its
/// order). Encodings other than UTF-8 are kUnsupported.
Result<CopyStatement> ParseCopy(std::string_view statement);

}  // namespace tavana::sql
