#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace tavana::remote {

/// What gateways and workers show each other, in PEM files that are read again as they change.
struct ClusterTls {
  std::string certificate, key;  ///< of this process
  std::string authority;         ///< whose certificates the others must show
  bool empty() const { return certificate.empty() && key.empty() && authority.empty(); }
};

/// TLS with certificates on both sides: who has none of the authority's is refused. kInvalidParameter when a file is
/// missing or cannot be read.
Result<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(const ClusterTls& tls);
/// The same for the side that connects; the worker's certificate must be of the name that it is connected by.
Result<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsOf(const ClusterTls& tls);
/// The same, for one gateway that connects to another: any certificate of the authority is one of the cluster's.
Result<std::shared_ptr<grpc::ChannelCredentials>> PeerCredentialsOf(const ClusterTls& tls);

}  // namespace tavana::remote
