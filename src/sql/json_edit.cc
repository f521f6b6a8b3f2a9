#include "sql/json_edit.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tavana::sql {
namespace {

using nlohmann::json;

/// A value whose scalars keep their text.
struct Node {
  enum class Kind : std::uint8_t { kScalar, kString, kArray, kObject };
  Kind kind = Kind::kScalar;
  std::string text;  ///< of a scalar as written, of a string its value
  std::vector<std::string> keys;
  std::vector<Node> children;

  bool is_null() const { return kind == Kind::kScalar && text == "null"; }
  bool is_scalar() const { return kind == Kind::kScalar || kind == Kind::kString; }
  std::optional<std::size_t> Find(std::string_view key) const {
    const auto found = std::find(keys.begin(), keys.end(), key);
    return found == keys.end() ? std::nullopt : std::optional<std::size_t>(found - keys.begin());
  }
  void Put(std::string key, Node value) {
    if (const auto at = Find(key)) {
      children[*at] = std::move(value);
      return;
    }
    keys.push_back(std::move(key));
    children.push_back(std::move(value));
  }
  void Erase(std::size_t at) {
    if (kind == Kind::kObject) keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(at));
    children.erase(children.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void InsertAt(std::size_t at, Node value) {
    children.insert(children.begin() + static_cast<std::ptrdiff_t>(at), std::move(value));
  }
};

/// Builds the tree from the library's events: its own tree would round numbers.
class Builder : public nlohmann::json_sax<json> {
 public:
  Node root;

  bool null() override { return Add({.text = "null"}); }
  bool boolean(bool value) override { return Add({.text = value ? "true" : "false"}); }
  bool number_integer(number_integer_t value) override { return Add({.text = std::to_string(value)}); }
  bool number_unsigned(number_unsigned_t value) override { return Add({.text = std::to_string(value)}); }
  bool number_float(number_float_t, const string_t& text) override { return Add({.text = text}); }
  bool string(string_t& value) override { return Add({.kind = Node::Kind::kString, .text = std::move(value)}); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return Open(Node::Kind::kObject); }
  bool start_array(std::size_t) override { return Open(Node::Kind::kArray); }
  bool key(string_t& value) override { return key_ = std::move(value), true; }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

 private:
  // The library's parser keeps its own stack; what goes over trees here calls itself.
  static constexpr std::size_t kMaxDepth = 1000;

  bool Add(Node node) {
    if (open_.empty()) {
      root = std::move(node);
      return true;
    }
    Open_& parent = open_.back();
    if (parent.node.kind == Node::Kind::kObject) parent.node.keys.push_back(std::move(key_));
    parent.node.children.push_back(std::move(node));
    return true;
  }
  bool Open(Node::Kind kind) {
    open_.push_back({.node = {.kind = kind}, .key = std::move(key_)});
    return open_.size() <= kMaxDepth;
  }
  bool Close() {
    Open_ closed = std::move(open_.back());
    open_.pop_back();
    if (closed.node.kind == Node::Kind::kObject) KeepLast(closed.node);
    key_ = std::move(closed.key);
    return Add(std::move(closed.node));
  }

  /// Of equal keys the last one counts, in the place of the first.
  static void KeepLast(Node& object) {
    std::unordered_map<std::string_view, std::size_t> places;
    std::vector<std::size_t> repeated;
    for (std::size_t i = 0; i < object.keys.size(); ++i) {
      const auto [at, fresh] = places.emplace(object.keys[i], i);
      if (fresh) continue;
      object.children[at->second] = std::move(object.children[i]);
      repeated.push_back(i);
    }
    for (; !repeated.empty(); repeated.pop_back()) object.Erase(repeated.back());
  }

  struct Open_ {
    Node node;
    std::string key;  // of its parent
  };
  std::vector<Open_> open_;
  std::string key_;
};

Result<Node> Read(std::string_view text) {
  Builder builder;
  if (!json::sax_parse(text, &builder)) return Error(ErrorCode::kInvalidText, "invalid input syntax for type json");
  return std::move(builder.root);
}

void Write(const Node& node, std::string& out) {
  switch (node.kind) {
    case Node::Kind::kScalar: out += node.text; return;
    case Node::Kind::kString: out += json(node.text).dump(); return;
    case Node::Kind::kArray:
    case Node::Kind::kObject: break;
  }
  const bool is_object = node.kind == Node::Kind::kObject;
  out += is_object ? '{' : '[';
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (i > 0) out += ", ";
    if (is_object) out += json(node.keys[i]).dump() + ": ";
    Write(node.children[i], out);
  }
  out += is_object ? '}' : ']';
}

std::string Written(const Node& node) {
  std::string out;
  Write(node, out);
  return out;
}

Error InScalar(const char* what) {
  return Error(ErrorCode::kInvalidParameter, std::string("cannot ") + what + " in scalar");
}

/// Which element a step means, counted from the end when it is negative: below 0 for one before the first.
Result<std::int64_t> ElementOf(const Node& array, const JsonPath& path, std::size_t step) {
  std::int64_t index = 0;
  const std::string& text = path[step];
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (failure != std::errc() || end != text.data() + text.size()) {
    return Error(ErrorCode::kInvalidText,
                 "path element at position " + std::to_string(step + 1) + " is not an integer: \"" + text + "\"");
  }
  return index < 0 ? index + static_cast<std::int64_t>(array.children.size()) : index;
}

/// The container that the last step of `path` leads into; null when the way there ends before.
Result<Node*> ParentOf(Node& root, const JsonPath& path) {
  Node* node = &root;
  for (std::size_t step = 0; step + 1 < path.size(); ++step) {
    if (node->kind == Node::Kind::kObject) {
      const auto at = node->Find(path[step]);
      if (!at) return nullptr;
      node = &node->children[*at];
    } else if (node->kind == Node::Kind::kArray) {
      TAVANA_ASSIGN_OR_RETURN(const std::int64_t at, ElementOf(*node, path, step));
      if (at < 0 || at >= static_cast<std::int64_t>(node->children.size())) return nullptr;
      node = &node->children[static_cast<std::size_t>(at)];
    } else {
      return nullptr;
    }
  }
  return node->is_scalar() ? nullptr : node;
}

bool SameScalar(const Node& a, const Node& b) {
  if (a.kind != b.kind) return false;
  if (a.text == b.text || a.kind == Node::Kind::kString) return a.text == b.text;
  const auto is_number = [](const Node& node) {
    return node.text[0] == '-' || (node.text[0] >= '0' && node.text[0] <= '9');
  };
  return is_number(a) && is_number(b) && std::strtold(a.text.c_str(), nullptr) == std::strtold(b.text.c_str(), nullptr);
}

bool Contains(const Node& whole, const Node& part) {
  if (part.is_scalar()) return whole.is_scalar() && SameScalar(whole, part);
  if (whole.kind != part.kind) return false;
  for (std::size_t i = 0; i < part.children.size(); ++i) {
    if (part.kind == Node::Kind::kObject) {
      const auto at = whole.Find(part.keys[i]);
      if (!at || !Contains(whole.children[*at], part.children[i])) return false;
    } else if (std::none_of(whole.children.begin(), whole.children.end(),
                            [&](const Node& element) { return Contains(element, part.children[i]); })) {
      return false;
    }
  }
  return true;
}

void StripNulls(Node& node) {
  for (std::size_t i = node.children.size(); i-- > 0;) {
    if (node.kind == Node::Kind::kObject && node.children[i].is_null()) {
      node.Erase(i);
    } else {
      StripNulls(node.children[i]);
    }
  }
}

}  // namespace

Result<std::string> JsonSet(std::string_view text, const JsonPath& path, std::string_view value, bool create) {
  TAVANA_ASSIGN_OR_RETURN(Node root, Read(text));
  TAVANA_ASSIGN_OR_RETURN(Node node, Read(value));
  if (root.is_scalar()) return InScalar("set path");
  if (path.empty()) return Written(root);
  TAVANA_ASSIGN_OR_RETURN(Node* const parent, ParentOf(root, path));
  if (parent == nullptr) return Written(root);
  if (parent->kind == Node::Kind::kObject) {
    if (create || parent->Find(path.back())) parent->Put(path.back(), std::move(node));
    return Written(root);
  }
  TAVANA_ASSIGN_OR_RETURN(const std::int64_t at, ElementOf(*parent, path, path.size() - 1));
  const auto size = static_cast<std::int64_t>(parent->children.size());
  if (at >= 0 && at < size) {
    parent->children[static_cast<std::size_t>(at)] = std::move(node);
  } else if (create) {
    parent->InsertAt(at < 0 ? 0 : parent->children.size(), std::move(node));
  }
  return Written(root);
}

Result<std::string> JsonInsert(std::string_view text, const JsonPath& path, std::string_view value, bool after) {
  TAVANA_ASSIGN_OR_RETURN(Node root, Read(text));
  TAVANA_ASSIGN_OR_RETURN(Node node, Read(value));
  if (root.is_scalar()) return InScalar("set path");
  if (path.empty()) return Written(root);
  TAVANA_ASSIGN_OR_RETURN(Node* const parent, ParentOf(root, path));
  if (parent == nullptr) return Written(root);
  if (parent->kind == Node::Kind::kObject) {
    if (parent->Find(path.back())) {
      return Error(ErrorCode::kInvalidParameter, "cannot replace existing key")
          .WithHint("Try using the function jsonb_set to replace key value.");
    }
    parent->Put(path.back(), std::move(node));
    return Written(root);
  }
  TAVANA_ASSIGN_OR_RETURN(std::int64_t at, ElementOf(*parent, path, path.size() - 1));
  const auto size = static_cast<std::int64_t>(parent->children.size());
  if (after && at >= 0 && at < size) ++at;
  parent->InsertAt(static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, size)), std::move(node));
  return Written(root);
}

Result<std::string> JsonDeletePath(std::string_view text, const JsonPath& path) {
  TAVANA_ASSIGN_OR_RETURN(Node root, Read(text));
  if (root.is_scalar()) return InScalar("delete path");
  if (path.empty()) return Written(root);
  TAVANA_ASSIGN_OR_RETURN(Node* const parent, ParentOf(root, path));
  if (parent == nullptr) return Written(root);
  if (parent->kind == Node::Kind::kObject) {
    if (const auto at = parent->Find(path.back())) parent->Erase(*at);
    return Written(root);
  }
  TAVANA_ASSIGN_OR_RETURN(const std::int64_t at, ElementOf(*parent, path, path.size() - 1));
  if (at >= 0 && at < static_cast<std::int64_t>(parent->children.size())) parent->Erase(static_cast<std::size_t>(at));
  return Written(root);
}

Result<std::string> JsonDeleteKeys(std::string_view text, const std::vector<std::string>& keys) {
  TAVANA_ASSIGN_OR_RETURN(Node root, Read(text));
  if (root.is_scalar()) return Error(ErrorCode::kInvalidParameter, "cannot delete from scalar");
  for (std::size_t i = root.children.size(); i-- > 0;) {
    const Node& child = root.children[i];
    const std::string* const name = root.kind == Node::Kind::kObject    ? &root.keys[i]
                                    : child.kind == Node::Kind::kString ? &child.text
                                                                        : nullptr;
    if (name != nullptr && std::find(keys.begin(), keys.end(), *name) != keys.end()) root.Erase(i);
  }
  return Written(root);
}

Result<std::string> JsonDeleteElement(std::string_view text, std::int64_t index) {
  TAVANA_ASSIGN_OR_RETURN(Node root, Read(text));
  if (root.is_scalar()) return Error(ErrorCode::kInvalidParameter, "cannot delete from scalar");
  if (root.kind == Node::Kind::kObject) {
    return Error(ErrorCode::kInvalidParameter, "cannot delete from object using integer index");
  }
  const auto size = static_cast<std::int64_t>(root.children.size());
  const std::int64_t at = index < 0 ? index + size : index;
  if (at >= 0 && at < size) root.Erase(static_cast<std::size_t>(at));
  return Written(root);
}

Result<std::string> JsonStripNulls(std::string_view text) {
  TAVANA_ASSIGN_OR_RETURN(Node root, Read(text));
  StripNulls(root);
  return Written(root);
}

Result<std::string> JsonConcat(std::string_view left_text, std::string_view right_text) {
  TAVANA_ASSIGN_OR_RETURN(Node left, Read(left_text));
  TAVANA_ASSIGN_OR_RETURN(Node right, Read(right_text));
  if (left.kind == Node::Kind::kObject && right.kind == Node::Kind::kObject) {
    for (std::size_t i = 0; i < right.children.size(); ++i) left.Put(right.keys[i], std::move(right.children[i]));
    return Written(left);
  }
  Node joined{.kind = Node::Kind::kArray};
  for (Node* part : {&left, &right}) {
    if (part->kind == Node::Kind::kArray) {
      for (Node& element : part->children) joined.children.push_back(std::move(element));
    } else {
      joined.children.push_back(std::move(*part));
    }
  }
  return Written(joined);
}

Result<bool> JsonHasKey(std::string_view text, std::string_view key) {
  TAVANA_ASSIGN_OR_RETURN(const Node root, Read(text));
  const auto is_key = [key](const Node& node) { return node.kind == Node::Kind::kString && node.text == key; };
  if (root.kind == Node::Kind::kObject) return root.Find(key).has_value();
  return is_key(root) || std::any_of(root.children.begin(), root.children.end(), is_key);
}

Result<bool> JsonContains(std::string_view text, std::string_view part_text) {
  TAVANA_ASSIGN_OR_RETURN(const Node whole, Read(text));
  TAVANA_ASSIGN_OR_RETURN(const Node part, Read(part_text));
  if (whole.kind == Node::Kind::kArray && part.is_scalar()) {  // the one exception that jsonb makes
    return std::any_of(whole.children.begin(), whole.children.end(),
                       [&](const Node& element) { return element.is_scalar() && SameScalar(element, part); });
  }
  return Contains(whole, part);
}

}  // namespace tavana::sql
