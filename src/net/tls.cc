#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "observe/log.h"

namespace tavana::net {
namespace {

namespace ssl = boost::asio::ssl;

// One protocol speaks on these connections (postgresql.org/docs/17/protocol-flow.html#PROTOCOL-FLOW-SSL).
constexpr std::string_view kAlpn = "postgresql";
constexpr long kSelfSignedSeconds = 365L * 24 * 3600;

std::string LastProblem() {
  std::array<char, 256> text{};
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown problem";
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

/// A client that offers protocols must offer ours; one that offers none is an older PostgreSQL client.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                   unsigned int offered_size, void*) {
  for (unsigned int at = 0; at + 1 <= offered_size; at += offered[at] + 1U) {
    const unsigned int size = offered[at];
    if (at + 1 + size > offered_size) break;
    if (std::string_view(reinterpret_cast<const char*>(offered + at + 1), size) != kAlpn) continue;
    *chosen = offered + at + 1;
    *chosen_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  TAVANA_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

/// P-256, for this machine's names, a year long; for development.
void UseSelfSigned(SSL_CTX* context) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  TAVANA_CHECK(key != nullptr && certificate != nullptr);
  std::array<unsigned char, 8> serial{};
  TAVANA_CHECK(RAND_bytes(serial.data(), static_cast<int>(serial.size())) == 1);
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  X509_set_version(certificate, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kSelfSignedSeconds);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("tavana.local"), -1, -1,
                             0);
  X509_set_issuer_name(certificate, name);
  std::array<char, 256> host{};
  std::string names = "DNS:localhost,DNS:tavana.local,IP:127.0.0.1,IP:::1";
  if (gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0') names += std::string(",DNS:") + host.data();
  AddExtension(certificate, NID_subject_alt_name, names);
  AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  TAVANA_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  TAVANA_CHECK(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

Error Wrong(const std::string& what, const std::string& file) {
  return Error(ErrorCode::kInvalidParameter, what + " " + file + " cannot be used: " + LastProblem());
}

Result<std::shared_ptr<ssl::context>> Load(const TlsFiles& files) {
  auto made = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* context = made->native_handle();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds no record buffers
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  if (files.certificate.empty()) {
    UseSelfSigned(context);
  } else {
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
      return Wrong("TLS certificate", files.certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
      return Wrong("TLS key", files.key);
    if (SSL_CTX_check_private_key(context) != 1) return Wrong("TLS key", files.key);
  }
  if (!files.client_ca.empty()) {
    if (SSL_CTX_load_verify_locations(context, files.client_ca.c_str(), nullptr) != 1) {
      return Wrong("client certificate authority", files.client_ca);
    }
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(files.client_ca.c_str()));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);  // asked for, not demanded; a wrong one ends the handshake
  }
  return made;
}

}  // namespace

Result<std::unique_ptr<TlsServer>> TlsServer::Open(TlsFiles files) {
  std::unique_ptr<TlsServer> opened(new TlsServer(std::move(files)));
  opened->loaded_state_ = opened->StateOfFiles();
  TAVANA_ASSIGN_OR_RETURN(opened->context_, Load(opened->files_));
  return opened;
}

std::vector<FileState> TlsServer::StateOfFiles() const {
  std::vector<FileState> states;
  for (const auto* file : {&files_.certificate, &files_.key, &files_.client_ca}) {
    states.push_back(StateOfFile(*file));
  }
  return states;
}

std::shared_ptr<ssl::context> TlsServer::Current() {
  const std::lock_guard lock(mutex_);
  if (auto now = StateOfFiles(); now != loaded_state_) {
    auto loaded = Load(files_);
    if (loaded.ok()) {
      context_ = *std::move(loaded);
      observe::Log(observe::LogLevel::kInfo, "TLS certificate read again", {});
    } else {
      observe::Log(observe::LogLevel::kWarn, "the TLS files are not taken, the certificate read before stays",
                   {{"why", loaded.error().message()}});
    }
    loaded_state_ = std::move(now);
  }
  return context_;
}

Result<TlsServer::Pem> TlsServer::CurrentPem() {
  const auto context = Current();
  const auto written = [](auto write) {
    BIO* const out = BIO_new(BIO_s_mem());
    TAVANA_CHECK(out != nullptr && write(out) == 1);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  };
  X509* const certificate = SSL_CTX_get0_certificate(context->native_handle());
  EVP_PKEY* const key = SSL_CTX_get0_privatekey(context->native_handle());
  if (certificate == nullptr || key == nullptr) return Error(ErrorCode::kInternal, "there is no TLS certificate");
  return Pem{written([&](BIO* out) { return PEM_write_bio_X509(out, certificate); }), written([&](BIO* out) {
               return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
             })};
}

}  // namespace tavana::net
