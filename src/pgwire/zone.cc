#include "pgwire/zone.h"

#include <algorithm>
#include <limits>

namespace tavana::pgwire {
namespace {

/// When a transition happens. The earlier of its two civil times is skipped or repeated, so the zone knows its instant.
std::int64_t InstantOf(const absl::TimeZone& zone, const absl::TimeZone::CivilTransition& transition) {
  return absl::ToUnixSeconds(zone.At(std::min(transition.from, transition.to)).trans);
}

}  // namespace

Result<Zone> Zone::Load(const std::string& name) {
  absl::TimeZone zone;
  if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos || !absl::LoadTimeZone(name, &zone)) {
    return Error(ErrorCode::kInvalidParameter, "invalid value for parameter \"TimeZone\": \"" + name + "\"");
  }
  return Zone(zone);
}

void Zone::LookUp(std::int64_t seconds_since_1970) {
  const absl::Time at = absl::FromUnixSeconds(seconds_since_1970);
  offset_seconds_ = zone_.At(at).offset;
  holds_from_ = seconds_since_1970;
  absl::TimeZone::CivilTransition next;
  holds_until_ = zone_.NextTransition(at, &next) ? InstantOf(zone_, next) : std::numeric_limits<std::int64_t>::max();
  absl::TimeZone::CivilTransition previous;
  if (zone_.PrevTransition(at + absl::Nanoseconds(1), &previous)) {
    holds_from_ = std::min(holds_from_, InstantOf(zone_, previous));
  }
  if (holds_until_ <= seconds_since_1970) holds_until_ = seconds_since_1970 + 1;
}

}  // namespace tavana::pgwire
