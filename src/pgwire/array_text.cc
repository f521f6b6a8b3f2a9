#include "pgwire/array_text.h"

#include <utility>

#include "pgwire/utf8.h"

namespace tavana::pgwire {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool IsNullWord(std::string_view text) {
  return text.size() == 4 && (text[0] | 32) == 'n' && (text[1] | 32) == 'u' && (text[2] | 32) == 'l' &&
         (text[3] | 32) == 'l';
}

class ArrayReader {
 public:
  explicit ArrayReader(std::string_view text) : whole_(text), rest_(text) {}

  Result<std::vector<std::optional<std::string>>> Read() {
    std::vector<std::optional<std::string>> elements;
    SkipSpace();
    if (Next() == '[') return Error(ErrorCode::kUnsupported, "arrays with explicit bounds are not supported");
    if (!Take('{')) return Malformed();
    SkipSpace();
    if (Take('}')) return AtEnd(std::move(elements));
    for (;;) {
      SkipSpace();
      if (Next() == '{') return Error(ErrorCode::kUnsupported, "arrays of several dimensions are not supported");
      if (Next() == '"') {
        TAVANA_ASSIGN_OR_RETURN(std::string element, Quoted());
        elements.emplace_back(std::move(element));
      } else {
        TAVANA_ASSIGN_OR_RETURN(auto element, Bare());
        elements.push_back(std::move(element));
      }
      SkipSpace();
      if (Take('}')) return AtEnd(std::move(elements));
      if (!Take(',')) return Malformed();
    }
  }

 private:
  char Next() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void SkipSpace() {
    while (!rest_.empty() && IsSpace(rest_[0])) rest_.remove_prefix(1);
  }
  Error Malformed() const {
    return Error(ErrorCode::kInvalidText, "malformed array literal: \"" + std::string(CutUtf8(whole_, 1000)) + "\"");
  }
  Result<std::vector<std::optional<std::string>>> AtEnd(std::vector<std::optional<std::string>> elements) {
    SkipSpace();
    if (!rest_.empty()) return Malformed();
    return elements;
  }

  Result<std::string> Quoted() {
    std::string element;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_[0] != '"') {
      if (rest_[0] == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) break;
      element.push_back(rest_[0]);
      rest_.remove_prefix(1);
    }
    if (!Take('"')) return Malformed();
    return element;
  }

  /// Up to a comma or brace, without white space at its end unless that was escaped.
  Result<std::optional<std::string>> Bare() {
    std::string element;
    std::size_t kept = 0;
    bool escaped = false;
    while (!rest_.empty() && rest_[0] != ',' && rest_[0] != '}') {
      if (rest_[0] == '{' || rest_[0] == '"') return Malformed();
      const bool is_escape = rest_[0] == '\\';
      if (is_escape) {
        escaped = true;
        rest_.remove_prefix(1);
        if (rest_.empty()) return Malformed();
      }
      element.push_back(rest_[0]);
      if (is_escape || !IsSpace(rest_[0])) kept = element.size();
      rest_.remove_prefix(1);
    }
    element.resize(kept);
    if (element.empty()) return Malformed();
    if (!escaped && IsNullWord(element)) return std::optional<std::string>();
    return std::optional<std::string>(std::move(element));
  }

  std::string_view whole_;
  std::string_view rest_;
};

}  // namespace

Result<std::vector<std::optional<std::string>>> ParseArrayText(std::string_view text) {
  return ArrayReader(text).Read();
}

}  // namespace tavana::pgwire
