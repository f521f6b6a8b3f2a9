#include "pgwire/zone.h"

#include <limits>

namespace tavana::pgwire {

Result<Zone> Zone::Load(const std::string& name) {
  absl::TimeZone zone;
  if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos ||
      !absl::LoadTimeZone(name, &zone)) {
    return Error(ErrorCode::kInvalidParameter, "invalid value for parameter \"TimeZone\": \"" + name + "\"");
  }
  return Zone(zone);
}

void Zone::LookUp(std::int64_t seconds_since_1970) {
  const absl::Time at = absl::FromUnixSeconds(seconds_since_1970);
  offset_seconds_ = zone_.At(at).offset;
  holds_from_ = seconds_since_1970;
  absl::TimeZone::CivilTransition next;
  // Transitions are civil times; the one after `at` begins at the pre-transition time read in the zone.
  holds_until_ = zone_.NextTransition(at, &next) ? absl::ToUnixSeconds(zone_.At(next.from).trans)
                                                 : std::numeric_limits<std::int64_t>::max();
  absl::TimeZone::CivilTransition previous;
  if (zone_.PrevTransition(at + absl::Nanoseconds(1), &previous)) {
    holds_from_ = std::min(holds_from_, absl::ToUnixSeconds(zone_.At(previous.from).trans));
  }
  if (holds_until_ <= seconds_since_1970) holds_until_ = seconds_since_1970 + 1;
}

}  // namespace tavana::pgwire
