#include "remote/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "base/file.h"

namespace tavana::remote {
namespace {

namespace tls_api = grpc::experimental;

constexpr unsigned kLookAgainSeconds = 5;  // whether the files have changed (chosen)
constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20;

Result<std::shared_ptr<tls_api::CertificateProviderInterface>> ProviderOf(const ClusterTls& tls) {
  if (tls.certificate.empty() || tls.key.empty() || tls.authority.empty()) {
    return Error(ErrorCode::kInvalidParameter,
                 "TLS between gateways and workers wants TAVANA_CLUSTER_CERT_PATH, TAVANA_CLUSTER_KEY_PATH and "
                 "TAVANA_CLUSTER_CA_PATH");
  }
  for (const std::string* file : {&tls.certificate, &tls.key, &tls.authority}) {
    TAVANA_RETURN_IF_ERROR(ReadFile(*file, kMaxPemBytes));
  }
  return std::shared_ptr<tls_api::CertificateProviderInterface>(
      std::make_shared<tls_api::FileWatcherCertificateProvider>(tls.key, tls.certificate, tls.authority,
                                                                kLookAgainSeconds));
}

Result<tls_api::TlsChannelCredentialsOptions> ChannelOptionsOf(const ClusterTls& tls) {
  TAVANA_ASSIGN_OR_RETURN(const auto provider, ProviderOf(tls));
  tls_api::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return options;
}

}  // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(const ClusterTls& tls) {
  TAVANA_ASSIGN_OR_RETURN(const auto provider, ProviderOf(tls));
  tls_api::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls_api::TlsServerCredentials(options);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsOf(const ClusterTls& tls) {
  TAVANA_ASSIGN_OR_RETURN(const auto options, ChannelOptionsOf(tls));
  return tls_api::TlsCredentials(options);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> PeerCredentialsOf(const ClusterTls& tls) {
  TAVANA_ASSIGN_OR_RETURN(auto options, ChannelOptionsOf(tls));
  options.set_check_call_host(false);
  options.set_certificate_verifier(std::make_shared<tls_api::NoOpCertificateVerifier>());
  return tls_api::TlsCredentials(options);
}

}  // namespace tavana::remote
