#include "config/command_line.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "config/config_file.h"
#include "config/option_table.h"

namespace tavana::config {
namespace {

/// A config file that goes with the test.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) {
    path_ = (std::filesystem::temp_directory_path() / "tavana-config-XXXXXX").string();
    close(mkstemp(path_.data()));
    std::ofstream(path_) << text;
  }
  ~ConfigFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string ErrorOf(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  const auto parsed = ParseCommandLine(arguments, environment);
  return parsed.ok() ? "" : parsed.error().message();
}

Options Serve(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  auto parsed = ParseCommandLine(arguments, environment);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.error().message());
  return parsed.ok() ? (*parsed).options : Options{};
}

bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(CommandLine, GivesTheDocumentedDefaults) {
  const Options options = Serve({"serve"});
  EXPECT_EQ(options.bind_address, "127.0.0.1");
  EXPECT_EQ(options.pg_port, 15432);
  EXPECT_EQ(options.http_port, 8080);
  EXPECT_EQ(options.flight_sql_port, -1);
  EXPECT_EQ(options.max_connections, 500);
  EXPECT_EQ(options.startup_timeout, std::chrono::seconds(60));
  EXPECT_EQ(options.shutdown_grace, std::chrono::seconds(30));
  EXPECT_FALSE(options.demo);
}

TEST(CommandLine, LetsFlagWinOverEnvironmentOverFileOverDefault) {
  const ConfigFile file(R"({"pg_port": 1001, "http_port": 1002, "threads": 3, "log_json": true})");
  const Environment environment{{"PG_PORT", "2001"}, {"HTTP_PORT", "2002"}};
  const Options options = Serve({"serve", "--config", file.path(), "--pg-port=3001"}, environment);
  EXPECT_EQ(options.pg_port, 3001);
  EXPECT_EQ(options.http_port, 2002);
  EXPECT_EQ(options.threads, 3);
  EXPECT_TRUE(options.log_json);
  EXPECT_EQ(options.max_connections, 500);
}

TEST(CommandLine, TakesSwitchesWithAndWithoutAValue) {
  EXPECT_TRUE(Serve({"serve", "--demo"}).demo);
  EXPECT_FALSE(Serve({"serve", "--demo=false"}, {{"TAVANA_DEMO", "true"}}).demo);
}

TEST(CommandLine, TreatsAnEmptyVariableAsNotSet) { EXPECT_EQ(Serve({"serve"}, {{"PG_PORT", ""}}).pg_port, 15432); }

TEST(CommandLine, RefusesUnknownNamesAndSuggestsTheCloseOne) {
  EXPECT_EQ(ErrorOf({"serve", "--pgport", "1"}), "unknown option --pgport; did you mean --pg-port?");
  EXPECT_EQ(ErrorOf({"serve", "--frobnicate"}), "unknown option --frobnicate");
  EXPECT_EQ(ErrorOf({"serve"}, {{"TAVANA_SPIL_DIR", "/x"}}),
            "unknown environment variable TAVANA_SPIL_DIR; did you mean TAVANA_SPILL_DIR?");
  const ConfigFile file(R"({"pg_prot": 1})");
  EXPECT_EQ(ErrorOf({"serve", "--config", file.path()}),
            "config file " + file.path() + ": unknown key \"pg_prot\"; did you mean \"pg_port\"?");
  EXPECT_EQ(ErrorOf({"sevre"}), "unknown command sevre; did you mean serve?");
}

TEST(CommandLine, IgnoresTheVariablesOfAKubernetesService) {
  EXPECT_EQ(ErrorOf({"serve"}, {{"TAVANA_PORT", "tcp://10.0.0.1:15432"},
                                {"TAVANA_SERVICE_HOST", "10.0.0.1"},
                                {"TAVANA_PORT_15432_TCP_PROTO", "tcp"}}),
            "");
}

TEST(CommandLine, NamesTheBoundsAndWhereTheValueCameFrom) {
  EXPECT_EQ(ErrorOf({"serve", "--pg-port", "70000"}),
            "flag --pg-port: \"70000\" is not allowed; wanted a whole number from 0 to 65535");
  EXPECT_TRUE(Contains(ErrorOf({"serve"}, {{"THREADS", "-1"}}), "environment THREADS: \"-1\""));
  const ConfigFile file(R"({"max_connections": 0})");
  EXPECT_TRUE(Contains(ErrorOf({"serve", "--config", file.path()}), "key max_connections: \"0\" is not allowed"));
}

TEST(CommandLine, RefusesValuesThatAreNotOfTheKind) {
  for (const char* port : {"", "x", "1.5", " 1", "1 ", "99999999999999999999"}) {
    EXPECT_NE(ErrorOf({"serve", "--pg-port", port}), "") << port;
  }
  EXPECT_NE(ErrorOf({"serve", "--max-memory-gb", "nan"}), "");
  EXPECT_NE(ErrorOf({"serve", "--log-level", "loud"}), "");
  EXPECT_NE(ErrorOf({"serve", "--log-json=maybe"}), "");
  EXPECT_NE(ErrorOf({"serve", "--pg-port"}), "");
  EXPECT_NE(ErrorOf({"serve", "stray"}), "");
}

TEST(CommandLine, FindsTheOtherActions) {
  using Action = CommandLine::Action;
  EXPECT_EQ((*ParseCommandLine({}, {})).action, Action::kHelp);
  EXPECT_EQ((*ParseCommandLine({"--version"}, {})).action, Action::kVersion);
  EXPECT_EQ((*ParseCommandLine({"serve", "--help"}, {})).action, Action::kCommandHelp);
  EXPECT_EQ((*ParseCommandLine({"options", "--markdown"}, {})).action, Action::kOptionsMarkdown);
}

TEST(ConfigText, RefusesWrongJsonAndWrongTypes) {
  EXPECT_FALSE(ParseConfigText("{", "f").ok());
  EXPECT_FALSE(ParseConfigText("[]", "f").ok());
  EXPECT_FALSE(ParseConfigText(R"({"pg_port": "1"})", "f").ok());
  EXPECT_FALSE(ParseConfigText(R"({"database": true})", "f").ok());
  EXPECT_FALSE(ReadConfigFile("/nonexistent/tavana.json").ok());
}

TEST(CommandLine, EachCommandTakesItsOwnOptions) {
  const auto gateway = ParseCommandLine({"gateway", "--worker-addr", "http://a:1"}, {});
  ASSERT_TRUE(gateway.ok());
  EXPECT_EQ((*gateway).options.command, Command::kGateway);
  EXPECT_EQ((*gateway).options.worker_addresses, "http://a:1");
  EXPECT_EQ(ErrorOf({"worker", "--pg-port", "1"}), "tavana worker has no option --pg-port");
  EXPECT_EQ(ErrorOf({"gateway", "--database", "x"}), "tavana gateway has no option --database");
  // A manifest may give all of them the same environment.
  EXPECT_TRUE(ParseCommandLine({"worker"}, {{"PG_PORT", "1"}, {"WORKER_ADDR", "http://a:1"}}).ok());
}

TEST(OptionTable, HasUniqueNamesThatTheHelpAndTheReferenceShow) {
  std::map<std::string_view, int> seen;
  for (const OptionSpec& option : AllOptions()) {
    for (const std::string_view name : {option.name, option.flag, option.env}) {
      const bool has_none = option.is_secret && name.empty();
      EXPECT_TRUE(++seen[name] == 1 || has_none) << name;
    }
    for (const Command command : {Command::kServe, Command::kGateway, Command::kWorker}) {
      EXPECT_EQ(Contains(CommandHelp(command), "[" + std::string(option.env) + ";"), IsFor(option, command))
          << option.env;
    }
    EXPECT_TRUE(Contains(OptionsMarkdown(), "`" + std::string(option.name) + "`"));
  }
}

}  // namespace
}  // namespace tavana::config
