#pragma once

#include "base/error.h"
#include "base/result.h"
#include "engine.pb.h"
#include "engine/engine.h"

/// The engine's values as messages of proto/engine.proto, and back. Thread-safe.
namespace tavana::remote {

/// Of this release. A worker serves gateways of its own and the one before (none yet).
inline constexpr std::uint32_t kProtocol = 1;
inline constexpr const char* kSessionMethod = "/tavana.Engine/Session";
inline constexpr const char* kControlMethod = "/tavana.Engine/Control";

wire::Error MessageOf(const Error& error);
Error ErrorOf(const wire::Error& message);

Result<wire::Prepared> MessageOf(const engine::Prepared& prepared);
Result<engine::Prepared> PreparedOf(const wire::Prepared& message);

wire::Form MessageOf(const engine::ClientForm& form);
/// kProtocol where no client may want that.
Result<engine::ClientForm> FormOf(const wire::Form& message);

Result<wire::Snapshot> MessageOf(const engine::SessionSnapshot& snapshot);
Result<engine::SessionSnapshot> SnapshotOf(const wire::Snapshot& message);

}  // namespace tavana::remote
