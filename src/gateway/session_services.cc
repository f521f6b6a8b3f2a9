#include "gateway/session_services.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace tavana::gateway {

Status SessionServices::AdmitConnection() {
  const std::lock_guard lock(connections_mutex);
  if (admitted_connections >= options.max_connections) {
    return Error(ErrorCode::kTooManyConnections, "sorry, too many clients already")
        .WithHint(fmt::format("The limit is {} connections (TAVANA_MAX_CONNECTIONS).", options.max_connections));
  }
  ++admitted_connections;
  return Status::Ok();
}

Status SessionServices::AdmitConnectionOf(const std::string& role, int limit) {
  const std::lock_guard lock(connections_mutex);
  const auto found = connections_of_role.find(role);
  if (limit > 0 && found != connections_of_role.end() && found->second >= limit) {
    return Error(ErrorCode::kTooManyConnections, fmt::format("too many connections for role \"{}\"", role));
  }
  ++connections_of_role[role];
  return Status::Ok();
}

void SessionServices::LeaveConnection() {
  const std::lock_guard lock(connections_mutex);
  --admitted_connections;
}

void SessionServices::LeaveConnectionOf(const std::string& role) {
  const std::lock_guard lock(connections_mutex);
  if (--connections_of_role[role] == 0) connections_of_role.erase(role);
}

std::pair<std::uint32_t, std::string> SessionServices::Registry::Add(const std::shared_ptr<ClientSession>& session) {
  std::string secret(4, '\0');  // protocol 3.0 has room for four bytes
  TAVANA_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(secret.size())) == 1);
  const std::lock_guard lock(mutex_);
  do {
    last_process_id_ = last_process_id_ % 0x7fffffff + 1;  // positive, as process ids are
  } while (entries_.contains(last_process_id_));
  entries_[last_process_id_] = {.secret = secret, .session = session};
  return {last_process_id_, secret};
}

void SessionServices::Registry::Remove(std::uint32_t process_id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(process_id);
}

bool SessionServices::Registry::CancelStatement(std::uint32_t process_id, const std::string& secret) {
  std::shared_ptr<ClientSession> session;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(process_id);
    if (found == entries_.end() || found->second.secret.size() != secret.size() ||
        CRYPTO_memcmp(found->second.secret.data(), secret.data(), secret.size()) != 0) {
      return false;
    }
    session = found->second.session.lock();
  }
  if (session != nullptr)
    session->CancelStatement(Error(ErrorCode::kCancelled, "canceling statement due to user request"));
  return true;
}

std::shared_ptr<ClientSession> SessionServices::Registry::Find(std::uint32_t process_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(process_id);
  return found == entries_.end() ? nullptr : found->second.session.lock();
}

std::vector<std::shared_ptr<ClientSession>> SessionServices::Registry::All() const {
  std::vector<std::shared_ptr<ClientSession>> sessions;
  const std::lock_guard lock(mutex_);
  for (const auto& [process_id, entry] : entries_) {
    if (auto session = entry.session.lock()) sessions.push_back(std::move(session));
  }
  return sessions;
}

}  // namespace tavana::gateway
