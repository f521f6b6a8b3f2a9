#include "config/storage_settings.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>

namespace tavana::config {
namespace {

using Settings = std::map<std::string, std::string>;

Error Invalid(std::string message) { return Error(ErrorCode::kInvalidParameter, std::move(message)); }

void Put(Settings& settings, const std::string& name, const std::string& value) {
  if (!value.empty()) settings[name] = value;
}

Status Pair(const std::string& key, const std::string& secret, const std::string& names) {
  if (key.empty() == secret.empty()) return Status::Ok();
  return Invalid(names + " go together: only one of them is set");
}

/// The endpoint's two settings.
Status PutEndpoint(Settings& settings, const std::string& prefix, const std::string& url, const std::string& name) {
  if (url.empty()) return Status::Ok();
  TAVANA_ASSIGN_OR_RETURN(const Endpoint endpoint, ParseEndpoint(url, name));
  settings[prefix + "_endpoint"] = endpoint.host_and_port;
  settings[prefix + "_use_ssl"] = endpoint.tls ? "true" : "false";
  return Status::Ok();
}

Status PutS3(Settings& settings, const Options& options) {
  if (options.aws_access_key_id.empty() && options.aws_session_token.empty() && options.aws_region.empty() &&
      options.aws_endpoint_url.empty() && options.aws_secret_access_key.empty())
    return Status::Ok();
  TAVANA_RETURN_IF_ERROR(
      Pair(options.aws_access_key_id, options.aws_secret_access_key, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
  if (options.aws_access_key_id.empty() && !options.aws_session_token.empty())
    return Invalid("AWS_SESSION_TOKEN wants AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  Put(settings, "s3_access_key_id", options.aws_access_key_id);
  Put(settings, "s3_secret_access_key", options.aws_secret_access_key);
  Put(settings, "s3_session_token", options.aws_session_token);
  // Delta's client asks nobody for the region.
  settings["s3_region"] = options.aws_region.empty() ? "us-east-1" : options.aws_region;
  const bool is_auto = options.aws_s3_url_style == "auto" || options.aws_s3_url_style.empty();
  if (!is_auto) settings["s3_url_style"] = options.aws_s3_url_style;
  // Servers other than Amazon's rarely have a name for each bucket.
  if (is_auto && !options.aws_endpoint_url.empty()) settings["s3_url_style"] = "path";
  return PutEndpoint(settings, "s3", options.aws_endpoint_url, "AWS_ENDPOINT_URL");
}

Status PutAzure(Settings& settings, const Options& options) {
  if (!options.azure_storage_connection_string.empty()) {
    settings["azure_storage_connection_string"] = options.azure_storage_connection_string;
    return Status::Ok();
  }
  const auto& account = options.azure_storage_account_name;
  if (options.azure_storage_account_key.empty()) {
    Put(settings, "azure_account_name", account);
    return Status::Ok();
  }
  if (account.empty()) return Invalid("AZURE_STORAGE_ACCOUNT_KEY wants AZURE_STORAGE_ACCOUNT_NAME");
  const auto is_plain = [](unsigned char each) { return std::isalnum(each) != 0; };
  if (!std::ranges::all_of(account, is_plain)) return Invalid("AZURE_STORAGE_ACCOUNT_NAME has letters and digits only");
  if (options.azure_storage_account_key.find(';') != std::string::npos)
    return Invalid("AZURE_STORAGE_ACCOUNT_KEY holds a semicolon");
  // The only form in which DuckDB takes a key.
  settings["azure_storage_connection_string"] = "DefaultEndpointsProtocol=https;AccountName=" + account +
                                                ";AccountKey=" + options.azure_storage_account_key +
                                                ";EndpointSuffix=core.windows.net";
  return Status::Ok();
}

Status PutGcs(Settings& settings, const Options& options) {
  TAVANA_RETURN_IF_ERROR(
      Pair(options.gcs_access_key_id, options.gcs_secret_access_key, "GCS_ACCESS_KEY_ID and GCS_SECRET_ACCESS_KEY"));
  Put(settings, "gcs_access_key_id", options.gcs_access_key_id);
  Put(settings, "gcs_secret_access_key", options.gcs_secret_access_key);
  return PutEndpoint(settings, "gcs", options.gcs_endpoint_url, "GCS_ENDPOINT_URL");
}

}  // namespace

Result<Endpoint> ParseEndpoint(const std::string& url, const std::string& name) {
  const bool tls = url.starts_with("https://"), clear = url.starts_with("http://");
  std::string host = url.substr(tls ? 8 : clear ? 7 : 0);
  if (host.ends_with('/')) host.pop_back();
  if ((!tls && !clear) || host.empty() || host.find_first_of("/?#@ \t\r\n") != std::string::npos)
    return Invalid(name + " wants http://HOST:PORT or https://HOST:PORT");
  return Endpoint{.host_and_port = host, .tls = tls};
}

Result<std::map<std::string, std::string>> StorageSettings(const Options& options) {
  Settings settings;
  TAVANA_RETURN_IF_ERROR(PutS3(settings, options));
  TAVANA_RETURN_IF_ERROR(PutAzure(settings, options));
  TAVANA_RETURN_IF_ERROR(PutGcs(settings, options));
  return settings;
}

std::vector<std::string> StorageServers(const Options& options) {
  std::vector<std::string> servers;
  for (const auto& url : {options.aws_endpoint_url, options.gcs_endpoint_url})
    if (!url.empty()) servers.push_back(url);
  std::istringstream parts(options.azure_storage_connection_string);
  for (std::string part; std::getline(parts, part, ';');) {
    const auto equals = part.find("Endpoint=");
    if (equals != std::string::npos) servers.push_back(part.substr(equals + 9));
  }
  return servers;
}

}  // namespace tavana::config
