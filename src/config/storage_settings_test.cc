#include "config/storage_settings.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "config/command_line.h"
#include "config/option_table.h"

namespace tavana::config {
namespace {

using Settings = std::map<std::string, std::string>;

Settings Of(const Environment& environment) {
  const auto parsed = ParseCommandLine({"worker"}, environment);
  EXPECT_TRUE(parsed.ok());
  const auto settings = StorageSettings(parsed->options);
  EXPECT_TRUE(settings.ok()) << settings.error().message();
  return settings.ok() ? *settings : Settings{};
}

std::string ErrorOf(const Environment& environment) {
  const auto parsed = ParseCommandLine({"worker"}, environment);
  EXPECT_TRUE(parsed.ok());
  const auto settings = StorageSettings(parsed->options);
  return settings.ok() ? "" : settings.error().message();
}

TEST(StorageSettings, SayNothingOfWhatIsNotSet) {
  EXPECT_EQ(Of({}), Settings{});
  EXPECT_EQ(Of({{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SECRET_ACCESS_KEY", ""}}), Settings{});
}

TEST(StorageSettings, TakeAmazonsNamesOfTheEnvironment) {
  EXPECT_EQ(Of({{"AWS_ACCESS_KEY_ID", "K"}, {"AWS_SECRET_ACCESS_KEY", "S"}, {"AWS_SESSION_TOKEN", "T"}}),
            (Settings{{"s3_access_key_id", "K"},
                      {"s3_secret_access_key", "S"},
                      {"s3_session_token", "T"},
                      {"s3_region", "us-east-1"}}));
  EXPECT_EQ(Of({{"AWS_REGION", "eu-west-1"}, {"AWS_S3_URL_STYLE", "vhost"}}),
            (Settings{{"s3_region", "eu-west-1"}, {"s3_url_style", "vhost"}}));
}

TEST(StorageSettings, ReadTlsFromTheSchemeOfAnEndpoint) {
  EXPECT_EQ(Of({{"AWS_ENDPOINT_URL", "https://minio:9000/"}}), (Settings{{"s3_endpoint", "minio:9000"},
                                                                         {"s3_use_ssl", "true"},
                                                                         {"s3_url_style", "path"},
                                                                         {"s3_region", "us-east-1"}}));
  EXPECT_EQ(Of({{"AWS_ENDPOINT_URL", "http://minio:9000"}}).at("s3_use_ssl"), "false");
  EXPECT_EQ(Of({{"AWS_ENDPOINT_URL", "http://minio"}, {"AWS_S3_URL_STYLE", "vhost"}}).at("s3_url_style"), "vhost");
  EXPECT_EQ(Of({{"GCS_ENDPOINT_URL", "http://gcs:80"}}),
            (Settings{{"gcs_endpoint", "gcs:80"}, {"gcs_use_ssl", "false"}}));
  for (const char* wrong : {"minio:9000", "ftp://minio", "https://", "http://a/b", "http://user@host", "http://a b"})
    EXPECT_NE(ErrorOf({{"AWS_ENDPOINT_URL", wrong}}), "") << wrong;
}

TEST(StorageSettings, MakeAConnectionStringOfAnAzureAccountAndItsKey) {
  EXPECT_EQ(Of({{"AZURE_STORAGE_ACCOUNT_NAME", "lake"}}), (Settings{{"azure_account_name", "lake"}}));
  EXPECT_EQ(Of({{"AZURE_STORAGE_ACCOUNT_NAME", "lake"}, {"AZURE_STORAGE_ACCOUNT_KEY", "a2V5"}}),
            (Settings{{"azure_storage_connection_string",
                       "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=a2V5;"
                       "EndpointSuffix=core.windows.net"}}));
  EXPECT_EQ(Of({{"AZURE_STORAGE_ACCOUNT_NAME", "lake"}, {"AZURE_STORAGE_CONNECTION_STRING", "AccountName=other"}}),
            (Settings{{"azure_storage_connection_string", "AccountName=other"}}));
  EXPECT_NE(ErrorOf({{"AZURE_STORAGE_ACCOUNT_NAME", "lake;BlobEndpoint=x"}, {"AZURE_STORAGE_ACCOUNT_KEY", "k"}}), "");
}

TEST(StorageSettings, NameTheServersThatTheyLeadTo) {
  const auto parsed = ParseCommandLine({"worker"}, {{"AWS_ENDPOINT_URL", "http://minio:9000"},
                                                    {"AZURE_STORAGE_CONNECTION_STRING",
                                                     "AccountName=a;BlobEndpoint=http://azure:10000/a;AccountKey=k"}});
  EXPECT_EQ(StorageServers(parsed->options), (std::vector<std::string>{"http://minio:9000", "http://azure:10000/a"}));
}

TEST(StorageSettings, RefuseHalfAKeyWithoutShowingIt) {
  for (const Environment& half :
       {Environment{{"AWS_ACCESS_KEY_ID", "never-shown"}}, Environment{{"AWS_SECRET_ACCESS_KEY", "never-shown"}},
        Environment{{"AWS_SESSION_TOKEN", "never-shown"}}, Environment{{"AZURE_STORAGE_ACCOUNT_KEY", "never-shown"}},
        Environment{{"GCS_SECRET_ACCESS_KEY", "never-shown"}}}) {
    const auto error = ErrorOf(half);
    EXPECT_NE(error, "") << half.begin()->first;
    EXPECT_EQ(error.find("never-shown"), std::string::npos) << error;
  }
}

TEST(StorageSettings, SecretsHaveNoFlag) {
  for (const OptionSpec& option : AllOptions()) EXPECT_EQ(option.is_secret, option.flag.empty()) << option.name;
  EXPECT_FALSE(ParseCommandLine({"worker", "--aws-secret-access-key", "x"}, {}).ok());
  EXPECT_EQ(CommandHelp(Command::kGateway).find("AWS_"), std::string::npos);
  EXPECT_NE(CommandHelp(Command::kWorker).find("AWS_SECRET_ACCESS_KEY"), std::string::npos);
}

TEST(StorageSettings, LeaveNoSecretInTheEnvironment) {
  ASSERT_EQ(setenv("AWS_SECRET_ACCESS_KEY", "S", 1), 0);
  const char* const value = std::getenv("AWS_SECRET_ACCESS_KEY");
  ForgetSecrets();
  EXPECT_STREQ(value, "");
  EXPECT_EQ(std::getenv("AWS_SECRET_ACCESS_KEY"), nullptr);
}

TEST(StorageSettings, OfASupervisorReachItsWorkersByTheEnvironment) {
  const auto parsed = ParseCommandLine({"serve"}, {{"AWS_ACCESS_KEY_ID", "K"}, {"AWS_SECRET_ACCESS_KEY", "S"}});
  const auto inherited = InheritedEnvironment(parsed->options);
  EXPECT_EQ(inherited.at("AWS_SECRET_ACCESS_KEY"), "S");
  EXPECT_FALSE(inherited.contains("TAVANA_DATABASE"));
}

}  // namespace
}  // namespace tavana::config
