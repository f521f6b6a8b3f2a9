#include "gateway/auth/key_set.h"

#include <cjose/jwk.h>
#include <curl/curl.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "observe/log.h"

namespace tavana::gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxKeys = 100;
constexpr std::size_t kMinRsaBits = 2048;
constexpr auto kFetchAgain = 5min, kKeepWithout = 60min;
constexpr auto kAskAgain = 10s;
constexpr long kConnectSeconds = 5, kFetchSeconds = 10;

std::string TextOf(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::shared_ptr<const cjose_jwk_t> ImportKey(const nlohmann::json& entry) {
  const std::string type = TextOf(entry, "kty"), use = TextOf(entry, "use");
  if ((type != "RSA" && type != "EC") || (!use.empty() && use != "sig")) return nullptr;
  const std::string text = entry.dump();
  cjose_err failure{};
  std::shared_ptr<const cjose_jwk_t> key(cjose_jwk_import(text.data(), text.size(), &failure),
                                         [](const cjose_jwk_t* k) { cjose_jwk_release(const_cast<cjose_jwk_t*>(k)); });
  if (key != nullptr && type == "RSA" && cjose_jwk_get_keysize(key.get(), &failure) < kMinRsaBits) return nullptr;
  return key;
}

std::size_t TakeBody(char* bytes, std::size_t size, std::size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + size * count > kMaxBytes) return 0;  // ends the transfer
  body.append(bytes, size * count);
  return size * count;
}

bool IsLoopbackUrl(const std::string& url) {
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (url.starts_with(host) && (url.size() == host.size() || url[host.size()] == ':' || url[host.size()] == '/')) {
      return true;
    }
  }
  return false;
}

Result<std::string> Get(const std::string& url, const std::string& authority) {
  const std::unique_ptr<CURL, void (*)(CURL*)> request(curl_easy_init(), curl_easy_cleanup);
  if (request == nullptr) return Error(ErrorCode::kOutOfMemory, "out of memory");
  std::string body;
  std::array<char, CURL_ERROR_SIZE> why{};
  const auto set = [&request](CURLoption option, auto value) { curl_easy_setopt(request.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");  // without redirects, so http is only what Open let pass
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(CURLOPT_TIMEOUT, kFetchSeconds);
  set(CURLOPT_WRITEFUNCTION, &TakeBody);
  set(CURLOPT_WRITEDATA, &body);
  set(CURLOPT_ERRORBUFFER, why.data());
  if (!authority.empty()) set(CURLOPT_CAINFO, authority.c_str());
  const CURLcode done = curl_easy_perform(request.get());
  if (done != CURLE_OK) return Error(ErrorCode::kIo, why[0] != '\0' ? why.data() : curl_easy_strerror(done));
  long status = 0;
  curl_easy_getinfo(request.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return Error(ErrorCode::kIo, "the answer was HTTP " + std::to_string(status));
  return body;
}

}  // namespace

Result<SigningKeys> ParseKeySet(const std::string& json) {
  const auto set = nlohmann::json::parse(json, nullptr, false);
  if (!set.is_object() || !set.contains("keys") || !set["keys"].is_array()) {
    return Error(ErrorCode::kInvalidParameter, "not a JSON Web Key Set, {\"keys\": [...]}");
  }
  SigningKeys keys;
  for (const auto& entry : set["keys"]) {
    if (!entry.is_object() || keys.size() == kMaxKeys) continue;
    if (auto key = ImportKey(entry)) keys.push_back({TextOf(entry, "kid"), TextOf(entry, "alg"), std::move(key)});
  }
  if (keys.empty()) {
    return Error(ErrorCode::kInvalidParameter,
                 "none of the keys can be used: RSA of 2048 bits or more, or EC, to sign");
  }
  return keys;
}

KeySource::KeySource(std::string source, std::string authority)
    : source_(std::move(source)), authority_(std::move(authority)), keys_(std::make_shared<const SigningKeys>()) {}

Result<std::unique_ptr<KeySource>> KeySource::Open(std::string source, std::string authority) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return Error(ErrorCode::kInternal, curl_easy_strerror(started));
  if (source.starts_with("http://") && !IsLoopbackUrl(source)) {
    return Error(ErrorCode::kInvalidParameter,
                 "keys from " + source + " could be anybody's: give an https:// URL, or a file");
  }
  std::unique_ptr<KeySource> opened(new KeySource(std::move(source), std::move(authority)));
  const std::lock_guard lock(opened->mutex_);
  if (Status fetched = opened->Fetch(); !fetched.ok() && !opened->is_url()) return std::move(fetched).error();
  return opened;
}

bool KeySource::is_url() const { return source_.starts_with("https://") || source_.starts_with("http://"); }

Status KeySource::Fetch() {
  asked_ = steady_clock::now();
  if (!is_url()) file_state_ = StateOfFile(source_);
  const auto text = is_url() ? Get(source_, authority_) : ReadFile(source_, kMaxBytes);
  auto keys = text.ok() ? ParseKeySet(*text) : Result<SigningKeys>(text.error());
  if (keys.ok()) {
    keys_ = std::make_shared<const SigningKeys>(*std::move(keys));
    fetched_ = asked_;
    return Status::Ok();
  }
  const Error failed(ErrorCode::kInvalidParameter, "key set " + source_ + ": " + keys.error().message());
  observe::Log(observe::LogLevel::kWarn, "the key set is not taken, the keys read before stay",
               {{"why", failed.message()}});
  return failed;
}

bool KeySource::Due(std::string_view key_id) {
  if (!is_url()) return StateOfFile(source_) != file_state_;
  const auto now = steady_clock::now();
  if (now - fetched_ >= kFetchAgain && now - asked_ >= kAskAgain) return true;
  const bool known =
      std::ranges::any_of(*keys_, [key_id](const SigningKey& key) { return key_id.empty() || key.id == key_id; });
  if (known || now - asked_for_stranger_ < kAskAgain) return false;
  asked_for_stranger_ = now;
  return true;
}

std::shared_ptr<const SigningKeys> KeySource::Current(std::string_view key_id) {
  const std::lock_guard lock(mutex_);
  if (Due(key_id)) {
    (void)Fetch();  // it has told the log
    if (is_url() && steady_clock::now() - fetched_ > kKeepWithout) keys_ = std::make_shared<const SigningKeys>();
  }
  return keys_;
}

}  // namespace tavana::gateway
