#pragma once

#include <string>
#include <vector>

namespace tavana::net {

/// Which servers this process may open TCP connections to.
struct EgressPolicy {
  bool private_networks = false;     ///< this machine and private networks; metadata addresses need a name in any case
  std::vector<std::string> allowed;  ///< host:port, opened whatever their addresses; names are asked for again
};

/// From now on every TCP connection that this process opens is asked about, also those of libraries (of DuckDB's
/// extensions httpfs, delta, azure, postgres among them): connect() answers EACCES for an address that is closed. The
/// address counts, not the name, so that neither a redirect nor a name server leads inside. Once, before other threads
/// start. What does not go through connect() of the C library (io_uring, a kernel's fast open) would pass.
void GuardConnections(EgressPolicy policy);

}  // namespace tavana::net
