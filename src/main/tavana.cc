#include <cstdio>
#include <string>
#include <vector>

#include "config/command_line.h"
#include "main/server.h"
#include "main/user_command.h"
#include "main/worker.h"

namespace {

int Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  using Action = tavana::config::CommandLine::Action;
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (!arguments.empty() && arguments[0] == "user") {
    return tavana::UserCommand({arguments.begin() + 1, arguments.end()});
  }
  const auto command = tavana::config::ParseCommandLine(arguments, tavana::config::CurrentEnvironment());
  if (!command) {
    std::fprintf(stderr, "tavana: %s\n", command.error().message().c_str());
    return 1;
  }
  switch ((*command).action) {
    case Action::kRun:
      tavana::config::ForgetSecrets();
      if ((*command).options.command == tavana::config::Command::kWorker) return tavana::RunWorker((*command).options);
      return tavana::Serve((*command).options);
    case Action::kHelp: return Print(tavana::config::GeneralHelp());
    case Action::kCommandHelp: return Print(tavana::config::CommandHelp((*command).options.command));
    case Action::kVersion: return Print("tavana " TAVANA_VERSION " (DuckDB v" TAVANA_DUCKDB_VERSION ")\n");
    case Action::kOptionsMarkdown: return Print(tavana::config::OptionsMarkdown());
  }
  return 1;
}
