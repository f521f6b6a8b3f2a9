#pragma once

#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace tavana::net {

struct TlsFiles {
  std::string certificate;  ///< PEM, the chain; empty with `key` empty: a self-signed one made at the start
  std::string key;          ///< PEM
  std::string client_ca;    ///< PEM; clients may prove who they are by a certificate of it. Empty: none is asked for
};

inline constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20;  ///< of a file (chosen)

/// A server's TLS configuration (1.2 and 1.3), which follows its files. Thread-safe.
class TlsServer {
 public:
  /// kInvalidParameter, naming the file, when certificate and key do not load or do not fit each other.
  static Result<std::unique_ptr<TlsServer>> Open(TlsFiles files);

  /// What the next handshake uses. Reads the files again when one has changed; when they do not load, the last good
  /// ones stay and the log says so.
  std::shared_ptr<boost::asio::ssl::context> Current();

  const TlsFiles& files() const { return files_; }
  /// The certificate and its key that handshakes use now, for who makes handshakes without Current.
  struct Pem {
    std::string certificate, key;
  };
  Result<Pem> CurrentPem();

 private:
  explicit TlsServer(TlsFiles files) : files_(std::move(files)) {}
  std::vector<FileState> StateOfFiles() const;

  const TlsFiles files_;
  std::mutex mutex_;
  std::vector<FileState> loaded_state_;
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace tavana::net
