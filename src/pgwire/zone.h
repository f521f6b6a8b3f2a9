#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tavana::pgwire {

/// Offsets from UTC of one time zone of the system's tz database. Remembers the period the last answer holds for,
/// so neighbours in time cost a comparison. One caller at a time.
class Zone {
 public:
  /// kInvalidParameter for a name the system does not know.
  static Result<Zone> Load(const std::string& name);

  std::int32_t OffsetSecondsAt(std::int64_t seconds_since_1970) {
    if (seconds_since_1970 < holds_from_ || seconds_since_1970 >= holds_until_) LookUp(seconds_since_1970);
    return offset_seconds_;
  }

 private:
  explicit Zone(absl::TimeZone zone) : zone_(zone) {}
  void LookUp(std::int64_t seconds_since_1970);

  absl::TimeZone zone_;
  std::int64_t holds_from_ = 0, holds_until_ = 0;  // empty: nothing looked up yet
  std::int32_t offset_seconds_ = 0;
};

}  // namespace tavana::pgwire
