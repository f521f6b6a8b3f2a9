#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tavana::pgwire {

enum class CopyFormat : std::uint8_t { kText, kCsv, kBinary };

/// What COPY's options say, defaults filled in (postgresql.org/docs/15/sql-copy.html).
struct CopyOptions {
  enum class Header : std::uint8_t { kNone, kLine, kMatch };

  CopyFormat format = CopyFormat::kText;
  Header header = Header::kNone;
  char delimiter = '\t';
  std::string null_text = "\\N";
  char quote = '"';   ///< of csv
  char escape = '"';  ///< of csv
  bool force_quote_all = false;
  std::vector<std::string> force_quote = {};     ///< columns
  std::vector<std::string> force_not_null = {};  ///< columns
  std::vector<std::string> force_null = {};      ///< columns

  bool binary() const { return format == CopyFormat::kBinary; }
  bool operator==(const CopyOptions&) const = default;
};

}  // namespace tavana::pgwire
