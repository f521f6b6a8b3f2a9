#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace tavana {

/// A value or the error that stood in its way. Reading the wrong one ends the process.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() & { return TAVANA_CHECK(ok()), std::get<0>(state_); }
  const T& operator*() const& { return TAVANA_CHECK(ok()), std::get<0>(state_); }
  T&& operator*() && { return TAVANA_CHECK(ok()), std::get<0>(std::move(state_)); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

  const Error& error() const& { return TAVANA_CHECK(!ok()), std::get<1>(state_); }
  Error&& error() && { return TAVANA_CHECK(!ok()), std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success, or the error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}
  static Status Ok() { return {}; }

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return TAVANA_CHECK(!ok()), *error_; }
  Error&& error() && { return TAVANA_CHECK(!ok()), *std::move(error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace tavana

#define TAVANA_CONCAT_INNER(a, b) a##b
#define TAVANA_CONCAT(a, b) TAVANA_CONCAT_INNER(a, b)

/// Returns the error of `expression` (a Status or Result), if it has one, from the enclosing function.
#define TAVANA_RETURN_IF_ERROR(expression)                            \
  do {                                                                \
    auto tavana_status = (expression);                                \
    if (!tavana_status.ok()) return std::move(tavana_status).error(); \
  } while (false)

/// Declares or assigns `target` from the Result `expression`, or returns its error.
#define TAVANA_ASSIGN_OR_RETURN(target, expression)                    \
  auto TAVANA_CONCAT(tavana_result_, __LINE__) = (expression);         \
  if (!TAVANA_CONCAT(tavana_result_, __LINE__).ok())                   \
    return std::move(TAVANA_CONCAT(tavana_result_, __LINE__)).error(); \
  target = *std::move(TAVANA_CONCAT(tavana_result_, __LINE__))
