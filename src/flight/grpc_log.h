#pragma once

namespace tavana::flight {

/// What gRPC has to say of itself goes to the log, as debugging: what matters of it we say ourselves. Once, in main().
void RouteGrpcLog();

}  // namespace tavana::flight
