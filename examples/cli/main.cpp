// omnicrm: a CRM on the command line, over the public headers alone.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "context.hpp"
#include "output.hpp"
#include "text.hpp"

namespace cli {
namespace {

constexpr const char* footer = R"(
Exit status: 0 ok, 1 failed, 2 wrong usage, 3 not found, 4 refused or in conflict, 5 database unavailable,
130 interrupted.

Begin with:
  omnicrm preview ~/Mail/archive.mbox     what an import would do
  omnicrm import ~/Mail/archive.mbox      shows the plan, asks, imports
  omnicrm timeline "Ada Lovelace"         what happened with a person
  omnicrm search 'invoice from:ada'       full-text search
  omnicrm undo last                       all as it was before)";

void add_global_options(CLI::App& app, Context& context) {
  context.db = default_database();
  context.options_file = default_options_file();
  context.user = default_user();
  app.add_option("--db", context.db, "The database: a file, or postgresql://user@host/name ($OMNICRM_DB)")
      ->default_str(shown(context.db));
  app.add_option("--options", context.options_file,
                 "A JSON file of the library's options, of which --db is the path ($OMNICRM_OPTIONS)");
  app.add_option("--user", context.user, "Whose data ($OMNICRM_USER)")->capture_default_str();
  app.add_flag("--json", context.json, "Prints JSON");
  app.set_version_flag("--version", "omnicrm " + std::string(omnicrm::version()));
}

void print(const Failure& failure, bool json) {
  const omnicrm::Error& error = failure.error;
  if (json) {
    boost::json::object object{
        {"code", omnicrm::to_string(error.code)}, {"message", error.message}, {"retryable", error.retryable}};
    boost::system::error_code ignored;
    if (!error.details.empty()) object["details"] = boost::json::parse(error.details, ignored);
    if (!failure.hint.empty()) object["hint"] = failure.hint;
    note(boost::json::serialize(boost::json::object{{"error", object}}));
    return;
  }
  note(Style(STDERR_FILENO).red("omnicrm: ") + plain(error.message));
  if (!failure.hint.empty()) note(failure.hint);
}

/// The first argument that is a command and not an option or its value.
std::string command_of(const std::vector<std::string>& arguments) {
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (argument == "--db" || argument == "--options" || argument == "--user") {
      ++at;
    } else if (!argument.starts_with('-')) {
      return argument;
    }
  }
  return {};
}

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

/// Says which command was meant, where the parser would only say that an argument was not expected.
void check_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  const std::string command = command_of(arguments);
  const auto names = names_of(app);
  if (command.empty() || std::find(names.begin(), names.end(), command) != names.end()) return;
  const auto meant = nearest(command, names);
  throw failure(wrong_usage, omnicrm::ErrorCode::invalid_argument,
                "there is no command '" + command + "'" + (meant ? "; did you mean '" + *meant + "'?" : ""),
                "the commands: " + joined(names, ", "));
}

/// The command that was being read when the parser gave up.
std::string help_of(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? "omnicrm --help" : "omnicrm " + parsed.front()->get_name() + " --help";
}

int parse_and_run(CLI::App& app, Context& context, std::vector<std::string> arguments) {
  check_command(app, arguments);
  try {
    std::reverse(arguments.begin(), arguments.end());  // the parser takes them from the back
    app.parse(arguments);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    throw failure(wrong_usage, omnicrm::ErrorCode::invalid_argument, error.what(),
                  "how it goes: " + help_of(app));
  }
  context.read_options(app.count("--db") > 0);
  if (context.action) return context.action();
  std::fputs(app.help().c_str(), stdout);
  return ok;
}

int run(int count, char** values) {
  const std::vector<std::string> arguments(values + 1, values + count);
  Context context;
  // Before anything is parsed, so that a wrong command line is told in the form that was asked for.
  context.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  CLI::App app("omnicrm: contacts, a timeline and search from your mail, calendars and address books",
               "omnicrm");
  app.footer(footer);
  app.fallthrough();
  app.require_subcommand(0, 1);
  add_global_options(app, context);
  add_import_commands(app, context);
  add_contact_commands(app, context);
  add_timeline_commands(app, context);
  add_duplicate_commands(app, context);
  add_batch_commands(app, context);
  add_job_commands(app, context);
  add_schedule_commands(app, context);
  add_audit_commands(app, context);
  add_operation_commands(app, context);
  add_admin_commands(app, context);
  add_migrate_command(app, context);
  add_copy_commands(app, context);
  try {
    const int status = parse_and_run(app, context, arguments);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    throw failure(failed, omnicrm::ErrorCode::resource_exhausted, "standard output cannot be written");
  } catch (const Failure& failure) {
    print(failure, context.json);
    return failure.exit;
  }
}

}  // namespace
}  // namespace cli

int main(int count, char** values) {
  try {
    return cli::run(count, values);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "omnicrm: %s\n", error.what());
    return cli::failed;
  }
}
