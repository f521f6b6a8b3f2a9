#include "flight/grpc_log.h"

#include <grpc/support/log.h>

#include "observe/log.h"

namespace tavana::flight {

void RouteGrpcLog() {
  gpr_set_log_function(
      [](gpr_log_func_args* said) { observe::Log(observe::LogLevel::kDebug, said->message, {{"of", "gRPC"}}); });
}

}  // namespace tavana::flight
