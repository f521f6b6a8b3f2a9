#include "blockcache/block_file.h"

#include <openssl/evp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#define XXH_INLINE_ALL
#include <arrow/vendored/xxhash.h>

#include "base/check.h"
#include "base/hex.h"

namespace tavana::blockcache {
namespace {

static_assert(std::endian::native == std::endian::little, "block files are written as they lie in memory");

constexpr std::array<char, 8> kMagic = {'T', 'V', 'N', 'B', 'L', 'K', '0', '1'};
constexpr std::size_t kAlignment = 4096;

struct FixedPart {
  std::array<char, 8> magic;
  ObjectDigest object;
  std::uint32_t index;
  std::uint32_t page_bytes;
  std::uint64_t payload_bytes;
  std::uint64_t fetch_microseconds;
};
static_assert(sizeof(FixedPart) == 64, "no padding: it is written as it lies in memory");

std::size_t PagesOf(std::size_t payload_bytes) { return (payload_bytes + kPageBytes - 1) / kPageBytes; }

std::uint64_t SeedOf(const BlockKey& key) {
  std::uint64_t seed = 0;
  std::memcpy(&seed, key.object.data() + 8, sizeof seed);
  return seed + key.index;
}
std::uint64_t ChecksumOf(std::span<const char> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

bool WriteAll(int fd, std::span<const char> bytes, off_t at) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(fd, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    at += written;
  }
  return true;
}

/// Fills the buffers in order; kDamaged when the file ends before.
BlockRead ReadAll(int fd, std::span<iovec> buffers, off_t at) {
  while (!buffers.empty()) {
    if (buffers.front().iov_len == 0) {
      buffers = buffers.subspan(1);
      continue;
    }
    auto got = ::preadv(fd, buffers.data(), static_cast<int>(buffers.size()), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return BlockRead::kFailed;
    if (got == 0) return BlockRead::kDamaged;
    at += got;
    while (got > 0) {
      auto& first = buffers.front();
      const auto taken = std::min(static_cast<std::size_t>(got), first.iov_len);
      first.iov_base = static_cast<char*>(first.iov_base) + taken;
      first.iov_len -= taken;
      got -= static_cast<ssize_t>(taken);
      if (first.iov_len == 0) buffers = buffers.subspan(1);
    }
  }
  return BlockRead::kOk;
}

/// What stands before a payload, checked.
struct Header {
  FixedPart fixed;
  std::vector<std::uint64_t> pages;
};
BlockRead ReadHeader(int fd, const BlockKey& key, Header& header) {
  std::array<char, kAlignment> first;
  iovec whole{first.data(), first.size()};
  auto outcome = ReadAll(fd, {&whole, 1}, 0);
  if (outcome != BlockRead::kOk) return outcome;
  std::memcpy(&header.fixed, first.data(), sizeof header.fixed);
  const auto& fixed = header.fixed;
  if (fixed.magic != kMagic || fixed.object != key.object || fixed.index != key.index ||
      fixed.page_bytes != kPageBytes || fixed.payload_bytes > (std::uint64_t{1} << 32)) {
    return BlockRead::kDamaged;
  }
  const std::size_t count = PagesOf(fixed.payload_bytes);
  const std::size_t checked_bytes = sizeof fixed + count * sizeof(std::uint64_t);
  std::vector<char> bytes(checked_bytes + sizeof(std::uint64_t));
  const std::size_t here = std::min(bytes.size(), first.size());
  std::memcpy(bytes.data(), first.data(), here);
  iovec rest{bytes.data() + here, bytes.size() - here};
  outcome = ReadAll(fd, {&rest, 1}, static_cast<off_t>(here));
  if (outcome != BlockRead::kOk) return outcome;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + checked_bytes, sizeof checksum);
  if (checksum != ChecksumOf({bytes.data(), checked_bytes}, SeedOf(key))) return BlockRead::kDamaged;
  header.pages.resize(count);
  std::memcpy(header.pages.data(), bytes.data() + sizeof fixed, count * sizeof(std::uint64_t));
  return BlockRead::kOk;
}

}  // namespace

ObjectDigest DigestOf(std::span<const std::string> parts) {
  ObjectDigest digest{};
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  TAVANA_CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
  for (const auto& part : parts) {  // each with its length, so that no two lists read alike
    const std::uint64_t length = part.size();
    TAVANA_CHECK(EVP_DigestUpdate(context, &length, sizeof length) == 1);
    TAVANA_CHECK(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
  }
  TAVANA_CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  EVP_MD_CTX_free(context);
  return digest;
}

std::size_t BlockKeyHash::operator()(const BlockKey& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.object.data(), sizeof hash);
  return hash + key.index * std::size_t{0x9E3779B97F4A7C15};
}

std::string FileNameOf(const BlockKey& key) {
  return HexOf({reinterpret_cast<const char*>(key.object.data()), key.object.size()}) + "-" + std::to_string(key.index);
}

std::optional<BlockKey> KeyOfFileName(std::string_view name) {
  BlockKey key;
  const std::size_t digits = 2 * key.object.size();
  if (name.size() < digits + 2) return std::nullopt;
  for (std::size_t i = 0; i < key.object.size(); ++i) {
    const char* const at = name.data() + 2 * i;
    if (std::from_chars(at, at + 2, key.object[i], 16).ptr != at + 2) return std::nullopt;
  }
  const auto read = std::from_chars(name.data() + digits + 1, name.data() + name.size(), key.index);
  if (read.ec != std::errc() || FileNameOf(key) != name) return std::nullopt;
  return key;
}

std::size_t HeaderBytes(std::size_t payload_bytes) {
  const std::size_t used = sizeof(FixedPart) + (PagesOf(payload_bytes) + 1) * sizeof(std::uint64_t);
  return (used + kAlignment - 1) / kAlignment * kAlignment;
}

bool WriteBlock(int fd, const BlockKey& key, std::span<const char> payload, std::chrono::microseconds fetch_time) {
  const FixedPart fixed{
      .magic = kMagic,
      .object = key.object,
      .index = key.index,
      .page_bytes = kPageBytes,
      .payload_bytes = payload.size(),
      .fetch_microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(fetch_time.count(), 0))};
  std::vector<char> header(HeaderBytes(payload.size()), '\0');
  std::memcpy(header.data(), &fixed, sizeof fixed);
  std::size_t at = sizeof fixed;
  const auto append = [&](std::uint64_t number) {
    std::memcpy(header.data() + at, &number, sizeof number);
    at += sizeof number;
  };
  for (std::size_t page = 0; page < payload.size(); page += kPageBytes)
    append(ChecksumOf(payload.subspan(page, std::min(kPageBytes, payload.size() - page)), SeedOf(key)));
  append(ChecksumOf({header.data(), at}, SeedOf(key)));
  return WriteAll(fd, header, 0) && WriteAll(fd, payload, static_cast<off_t>(header.size()));
}

BlockRead ReadBlock(int fd, const BlockKey& key, std::size_t offset, std::span<char> into, BlockFacts& facts) {
  Header header;
  auto outcome = ReadHeader(fd, key, header);
  if (outcome != BlockRead::kOk) return outcome;
  const std::size_t payload = header.fixed.payload_bytes;
  facts = {.payload_bytes = payload, .fetch_time = std::chrono::microseconds(header.fixed.fetch_microseconds)};
  if (offset > payload || into.size() > payload - offset) return BlockRead::kDamaged;
  if (into.empty()) return BlockRead::kOk;
  // Whole pages are read, as they are what has checksums: what is before and after the range goes aside.
  const std::size_t begin = offset / kPageBytes * kPageBytes;
  const std::size_t end = std::min((offset + into.size() + kPageBytes - 1) / kPageBytes * kPageBytes, payload);
  std::vector<char> before(offset - begin), after(end - offset - into.size());
  std::array<iovec, 3> buffers = {iovec{before.data(), before.size()}, iovec{into.data(), into.size()},
                                  iovec{after.data(), after.size()}};
  outcome = ReadAll(fd, buffers, static_cast<off_t>(HeaderBytes(payload) + begin));
  if (outcome != BlockRead::kOk) return outcome;
  std::vector<char> joined;
  for (std::size_t page = begin; page < end; page += kPageBytes) {
    const std::size_t page_end = std::min(page + kPageBytes, end);
    std::span<const char> bytes;
    if (page >= offset && page_end <= offset + into.size()) {
      bytes = into.subspan(page - offset, page_end - page);
    } else {
      joined.assign(before.begin() + static_cast<std::ptrdiff_t>(std::min(page - begin, before.size())), before.end());
      const std::size_t from = std::max(page, offset) - offset;
      const std::size_t to = std::min(page_end, offset + into.size()) - offset;
      joined.insert(joined.end(), into.begin() + static_cast<std::ptrdiff_t>(from),
                    into.begin() + static_cast<std::ptrdiff_t>(to));
      if (page_end > offset + into.size()) joined.insert(joined.end(), after.begin(), after.end());
      bytes = joined;
    }
    if (ChecksumOf(bytes, SeedOf(key)) != header.pages[page / kPageBytes]) return BlockRead::kDamaged;
  }
  return BlockRead::kOk;
}

}  // namespace tavana::blockcache
