#pragma once

#include <grpcpp/support/status.h>

#include "base/error.h"

namespace tavana::flight {

/// What a client of gRPC makes of an error.
grpc::StatusCode StatusCodeOf(ErrorCode code);
/// With the message, its SQLSTATE, detail and hint in one text, which is cut where gRPC would lose it.
grpc::Status StatusOf(const Error& error);

}  // namespace tavana::flight
