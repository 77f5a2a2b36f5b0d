// backup, check, settings
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "context.hpp"
#include "output.hpp"
#include "text.hpp"

namespace cli {
namespace {

int backup(Context& context, const std::string& path) {
  if (is_server(context.db)) {
    throw failure(
        refused, omnicrm::ErrorCode::unsupported, "a PostgreSQL database is backed up by its own tools",
        "as: pg_dump --enable-row-security --format=custom --file=" + path + " '" + shown(context.db) + "'");
  }
  must(context.crm().admin().backup(path));
  if (context.json) {
    say(boost::json::serialize(boost::json::object{{"path", path}}));
  } else {
    say("the database is copied to " + path);
  }
  return ok;
}

int check(Context& context) {
  const auto problems = must(context.crm().admin().check());
  if (context.json) {
    boost::json::array list;
    for (const std::string& problem : problems) list.emplace_back(problem);
    say(boost::json::serialize(boost::json::object{{"problems", list}}));
  } else if (problems.empty()) {
    say(is_server(context.db) ? "the schema is sound; the files are the server's: pg_amcheck"
                              : "the file is sound");
  } else {
    for (const std::string& problem : problems) say(plain(problem));
  }
  return problems.empty() ? ok : failed;
}

int list_settings(Context& context) {
  if (context.json) {
    say(context.call("settings.list", "{}", false));
    return ok;
  }
  Table table({{.title = "Name"}, {.title = "Value", .flexible = true}});
  for (const auto& setting : must(context.session(false).settings().list()))
    table.add({setting.name, setting.value.text});
  if (table.empty()) {
    note("no settings; as: omnicrm settings user.time_zone Europe/Berlin");
  } else {
    table.print();
  }
  return ok;
}

/// JSON stays JSON; anything else is text.
boost::json::value value_of(const std::string& text) {
  boost::system::error_code error;
  auto value = boost::json::parse(text, error);
  return error ? boost::json::value(text) : value;
}

int setting(Context& context, const std::string& name, const std::string& value) {
  if (name.empty()) return list_settings(context);
  const std::string answer =
      value.empty()
          ? context.call("settings.get", boost::json::serialize(boost::json::object{{"name", name}}), false)
          : context.call(
                "settings.set",
                boost::json::serialize(boost::json::object{{"name", name}, {"value", value_of(value)}}),
                false);
  if (context.json) {
    say(answer);
  } else {
    say(must(context.session().settings().get(name)).text);
  }
  return ok;
}

}  // namespace

void add_admin_commands(CLI::App& app, Context& context) {
  auto path = std::make_shared<std::string>();
  auto* copy = app.add_subcommand("backup", "Copies the database while it is in use");
  copy->add_option("PATH", *path, "A file that does not exist yet")->required();
  copy->callback([&context, path] { context.action = [&context, path] { return backup(context, *path); }; });

  app.add_subcommand("check", "Looks for damage in the database; status 1 when there is some")
      ->callback([&context] { context.action = [&context] { return check(context); }; });

  auto name = std::make_shared<std::string>();
  auto value = std::make_shared<std::string>();
  auto* settings =
      app.add_subcommand("settings", "Shows and sets settings, as user.addresses, user.time_zone");
  settings->add_option("NAME", *name, "Which; all when left out");
  settings->add_option("VALUE", *value, "JSON, or text; null removes it");
  settings->callback([&context, name, value] {
    context.action = [&context, name, value] { return setting(context, *name, *value); };
  });
}

}  // namespace cli
