#include "duckdb/reach.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace tavana::duckdb_engine {
namespace {

namespace fs = std::filesystem;

/// A directory with a file, a link that leads out of it, and what it leads to.
class Reach : public testing::Test {
 protected:
  Reach() {
    std::string pattern = (fs::temp_directory_path() / "tavana-reach-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    fs::create_directories(root_ / "open/deep");
    fs::create_directories(root_ / "open-not");
    fs::create_directories(root_ / "secret");
    std::ofstream(root_ / "secret/key") << "x";
    fs::create_symlink(root_ / "secret", root_ / "open/link");
    fs::create_symlink("/proc/self/environ", root_ / "open/environ");
  }
  ~Reach() override { fs::remove_all(root_); }

  std::string In(const std::string& name) const { return (root_ / name).string(); }
  static std::vector<IpAddress> Resolve(const std::string& host) {
    if (host == "inside.example") return {Ipv4Address({8, 8, 8, 8}), Ipv4Address({10, 0, 0, 1})};
    if (host == "localhost") return {Ipv4Address({127, 0, 0, 1})};
    if (host.ends_with("metadata.internal")) return {Ipv4Address({169, 254, 169, 254})};
    return {Ipv4Address({8, 8, 8, 8})};
  }
  static bool May(const ReachPolicy& policy, const std::string& path, std::string_view role = "ada") {
    return MayReach(Resolved(policy), role, path, PathKind::kFile, Resolve).ok();
  }
  static bool MayGlob(const ReachPolicy& policy, const std::string& path) {
    return MayReach(Resolved(policy), "ada", path, PathKind::kPattern, Resolve).ok();
  }

  fs::path root_;
};

TEST_F(Reach, OfFilesIsWhatTheDirectoriesOpen) {
  const ReachPolicy policy{.allowed = {In("open")}};
  for (const auto& path : {In("open"), In("open/x"), In("open/deep/new/x"), In("open/deep/../x"), In("./open//x"),
                           "file://" + In("open/x"), "file:" + In("open/x"), "FILE://localhost" + In("open/x")})
    EXPECT_TRUE(May(policy, path)) << path;
  for (const auto& path : {In("open-not/x"), In("open/../secret/key"), In("open/link/key"), In("open/deep/../link/key"),
                           In(""), std::string("/etc/passwd"), std::string("//etc/passwd"), std::string("relative"),
                           "file://" + In("secret/key"), "File:" + In("secret/key"), std::string("file://elsewhere/x"),
                           std::string("~/x"), std::string(""), std::string("\\\\host\\share"),
                           std::string("HTTP://example.com/x"), std::string("S3://bucket/x"), In("open/environ")})
    EXPECT_FALSE(May(policy, path)) << path;
  EXPECT_FALSE(May(policy, In("open/x") + std::string("\0/../..", 7)));
}

TEST_F(Reach, OfExtensionsIsReadOnly) {
  const auto policy = Resolved({.readable = {In("open")}});
  EXPECT_TRUE(MayReach(policy, "ada", In("open/x"), PathKind::kFile, Resolve).ok());
  EXPECT_FALSE(MayReach(policy, "ada", In("open/x"), PathKind::kWritten, Resolve).ok());
}

TEST_F(Reach, OfPatternsIsWhatTheyAllMatch) {
  const ReachPolicy policy{.allowed = {In("open")}};
  EXPECT_TRUE(MayGlob(policy, In("open/*.csv")));
  EXPECT_TRUE(MayGlob(policy, In("open/**/x")));
  EXPECT_FALSE(MayGlob(policy, In("*/key")));
  EXPECT_FALSE(MayGlob(policy, In("op[e]n/x")));
  EXPECT_FALSE(MayGlob(policy, In("open/*/../../secret/key")));
  EXPECT_FALSE(MayGlob(policy, "*"));
}

TEST_F(Reach, OfALocalUserEndsAtTheProcessAndItsOwnFiles) {
  const ReachPolicy policy{.local = true, .closed = {In("secret")}};
  for (const auto& path : {In("open/x"), std::string("/etc/passwd"), std::string("relative")})
    EXPECT_TRUE(May(policy, path)) << path;
  for (const auto& path :
       {std::string("/proc/self/environ"), std::string("/proc/1/environ"), std::string("/sys/kernel"),
        std::string("/dev/mem"), std::string("/tmp/../proc/self/environ"), std::string("file:///proc/self/environ"),
        (fs::path("/proc/self") / "root" / "proc/self/environ").string(), std::string("/proc/self/task/../environ"),
        In("open/environ"), In("secret/key"), In("open/link/key")})
    EXPECT_FALSE(May(policy, path)) << path;
  EXPECT_TRUE(May({.allowed = {"/dev/null"}}, "/dev/null"));
  EXPECT_FALSE(May({.allowed = {"/"}}, "/proc/self/environ"));
}

TEST_F(Reach, LeadsToNoPrivateNetwork) {
  const ReachPolicy policy;
  for (const char* path : {"https://example.com/x", "s3://bucket/x", "gs://bucket/x", "az://container/x",
                           "abfss://container@lake.dfs.core.windows.net/x", "hf://datasets/x", "http://8.8.8.8/x"})
    EXPECT_TRUE(May(policy, path)) << path;
  for (const char* path : {"http://localhost/x",
                           "http://LOCALHOST:80/x",
                           "http://127.0.0.1/x",
                           "http://2130706433/x",
                           "http://0x7f.1/x",
                           "http://[::1]/x",
                           "http://[::ffff:127.0.0.1]:80/x",
                           "http://169.254.169.254/latest/meta-data/",
                           "http://2852039166/",
                           "https://inside.example/x",
                           "http://metadata.internal./x",
                           "http://user@10.0.0.1/x",
                           "http://8.8.8.8@10.0.0.1/x",
                           "http://8.8.8.8\\@10.0.0.1/x",
                           "http://0/x",
                           "http://[fd00::1]/x",
                           "az://10.0.0.1/x",
                           "abfss://container@10.0.0.1/x",
                           "s3://a@169.254.169.254:80#/x",
                           "s3://bucket/x?s3_endpoint=10.0.0.1",
                           "s3://bucket/x?s3%5Fendpoint=10.0.0.1"})
    EXPECT_FALSE(May(policy, path)) << path;
  for (const char* host :
       {"127.0.0.1:9000", "localhost:9000", "metadata.internal", "a@10.0.0.1", "http://10.0.0.1", "::1", "[::1]:80"})
    EXPECT_FALSE(MayConnect(policy, "ada", host, Resolve).ok()) << host;
  EXPECT_TRUE(MayConnect(policy, "ada", "s3.example.com:443", Resolve).ok());
}

TEST_F(Reach, OfALocalUserHasPrivateNetworksButNotMetadata) {
  const ReachPolicy policy{.local = true};
  EXPECT_TRUE(May(policy, "http://localhost:9000/x"));
  EXPECT_TRUE(MayConnect(policy, "ada", "192.168.1.1:9000", Resolve).ok());
  EXPECT_FALSE(May(policy, "http://169.254.169.254/"));
  EXPECT_FALSE(May(policy, "http://[fe80::1%25eth0]/"));
}

TEST_F(Reach, IsOpenedByAPrefixWithItsHost) {
  const ReachPolicy policy{.allowed = {"http://10.0.0.5:9000/"}, .endpoints = {"minio:80"}};
  EXPECT_TRUE(May(policy, "http://10.0.0.5:9000/x"));
  EXPECT_TRUE(MayConnect(policy, "ada", "10.0.0.5:9000", Resolve).ok());
  EXPECT_FALSE(MayConnect(policy, "ada", "10.0.0.5:22", Resolve).ok());
  EXPECT_FALSE(May(policy, "http://10.0.0.50:9000/x"));
  EXPECT_TRUE(MayConnect(policy, "ada", "http://minio", Resolve).ok());
}

TEST_F(Reach, OfARoleIsItsPrefixes) {
  const ReachPolicy policy{.local = true,
                           .allowed = {"s3://shared"},
                           .of_roles = {{"ada", {"s3://sales/2026", In("open"), "https://data.example/"}}}};
  for (const auto& path : {std::string("s3://sales/2026/x"), std::string("s3a://sales/2026/*"), In("open/x"),
                           std::string("https://data.example/x"), std::string("s3://shared/x")})
    EXPECT_TRUE(May(policy, path)) << path;
  for (const auto& path :
       {std::string("s3://sales/20260/x"), std::string("s3://sales/2026/../2025/x"),
        std::string("s3://sales/2026/%2e%2e/2025/x"), std::string("s3://sales/*/x"), std::string("s3://hr/x"),
        In("secret/key"), std::string("https://example.com/x"), std::string("gs://sales/2026/x")})
    EXPECT_FALSE(May(policy, path)) << path;
  EXPECT_FALSE(MayConnect(policy, "ada", "evil.example", Resolve).ok()) << "where s3://sales would be another one";
  EXPECT_TRUE(May(policy, "s3://hr/x", "bob"));
  const ReachPolicy strict{.of_roles = {{"*", {"s3://sales"}}, {"etl", {"s3://hr"}}}};
  EXPECT_TRUE(May(strict, "s3://sales/x", "anybody"));
  EXPECT_FALSE(May(strict, "s3://sales/x", "etl"));
}

TEST_F(Reach, WithoutExternalAccessIsThePrefixesAlone) {
  const ReachPolicy policy{.local = true, .external = false, .allowed = {In("open"), "s3://sales/"}};
  EXPECT_TRUE(May(policy, In("open/x")));
  EXPECT_TRUE(May(policy, "s3://sales/x"));
  EXPECT_FALSE(May(policy, In("secret/key")));
  EXPECT_FALSE(May(policy, "s3://sales-not/x"));
  EXPECT_FALSE(May(policy, "https://example.com/x"));
}

TEST_F(Reach, RefusalsSayWhatAnAdministratorSetsAndNoSecrets) {
  const auto refused = MayReach({}, "ada", "/etc/passwd", PathKind::kFile, Resolve).error();
  EXPECT_EQ(SqlStateOf(refused.code()), "42501");
  EXPECT_NE(refused.message().find("/etc/passwd"), std::string::npos);
  EXPECT_NE(refused.hint().find("TAVANA_ALLOWED_DIRECTORIES"), std::string::npos);
  for (const char* path : {"http://user:never-shown@10.0.0.1/x", "http://10.0.0.1/x?token=never-shown"}) {
    const auto message = MayReach({}, "ada", path, PathKind::kFile, Resolve).error().message();
    EXPECT_EQ(message.find("never-shown"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace tavana::duckdb_engine
