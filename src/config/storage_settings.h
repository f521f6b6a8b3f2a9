#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/options.h"

namespace tavana::config {

/// A server as an option names it.
struct Endpoint {
  std::string host_and_port;
  bool tls = true;
};
/// Reads http://HOST[:PORT] or https://HOST[:PORT]; `name` begins the error's message.
Result<Endpoint> ParseEndpoint(const std::string& url, const std::string& name);

/// What the options say of object stores, as the settings that a session would SET: s3_access_key_id, azure_...,
/// gcs_.... Of what the options do not name nothing. kInvalidParameter for a key without its secret and for a URL that
/// is none; no message holds a value that is secret.
Result<std::map<std::string, std::string>> StorageSettings(const Options& options);

/// The URLs of the servers that the options name: of S3, of Google's and of Azure's storage.
std::vector<std::string> StorageServers(const Options& options);

}  // namespace tavana::config
