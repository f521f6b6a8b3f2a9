#pragma once

#include <grpc/grpc.h>

#include <chrono>

namespace tavana::remote {

/// Arguments of a connection, for `set(name, value)`, by which it is given up when the other side has not answered for
/// `patience`: an end that nobody told (a half-open link) is not waited for, and the next call makes a new connection.
/// Both sides ask, and neither minds how often.
template <typename Set>
void GiveUpWhenSilent(std::chrono::milliseconds patience, const Set& set) {
  const auto asks_every = static_cast<int>(patience.count() / 5);
  set(GRPC_ARG_KEEPALIVE_TIME_MS, asks_every);
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(patience.count()) - asks_every);
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // no limit
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 0);
  set(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);  // no limit
}

}  // namespace tavana::remote
