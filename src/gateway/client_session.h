#pragma once

#include <string>

#include "base/error.h"
#include "gateway/live_tables.h"

namespace tavana::gateway {

/// A session of whichever door, as the others may see it and reach it. Thread-safe.
class ClientSession {
 public:
  virtual ~ClientSession() = default;
  /// Cancels what runs now, if something does; never what comes next.
  virtual void CancelStatement(Error why) = 0;
  /// Cancels what runs and ends the session with `why`.
  virtual void End(Error why) = 0;
  /// What it does now.
  virtual SessionActivity Activity() const = 0;
  /// Who the session belongs to; fixed once it is registered.
  virtual const std::string& user() const = 0;
};

}  // namespace tavana::gateway
