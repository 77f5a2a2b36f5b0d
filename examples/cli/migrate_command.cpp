// migrate
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <memory>

#include <omnicrm/storage/postgres.hpp>
#include <omnicrm/storage/sqlite.hpp>

#include "context.hpp"
#include "output.hpp"
#include "text.hpp"

namespace cli {
namespace {

/// Below the front door, which would migrate before it could be asked.
std::unique_ptr<omnicrm::storage::Storage> storage_of(const Context& context) {
  omnicrm::Options options = context.options();
  options.postgres.url = options.sqlite.path = context.db;
  return must(is_server(context.db) ? omnicrm::storage::postgres(options.postgres)
                                    : omnicrm::storage::sqlite(options.sqlite));
}

int check_schema(Context& context) {
  context.require_database();
  const std::int64_t version = must(storage_of(context)->schema_version());
  omnicrm::Options options = context.options();
  options.migrate = false;
  const auto opened = omnicrm::Crm::open(std::move(options));
  if (!opened && opened.error().code != omnicrm::ErrorCode::failed_precondition)
    throw Failure{.error = opened.error(), .exit = exit_of(opened.error().code), .hint = {}};
  if (context.json) {
    say(boost::json::serialize(
        boost::json::object{{"version", version}, {"up_to_date", opened.has_value()}}));
  } else if (opened) {
    say(fmt::format("the schema is up to date: version {}", version));
  } else {
    say(plain(opened.error().message));
  }
  return opened ? ok : failed;
}

int migrate(Context& context) {
  context.make_folder();
  const auto storage = storage_of(context);
  const std::int64_t from = must(storage->schema_version());
  must(storage->migrate());
  const std::int64_t to = must(storage->schema_version());
  if (context.json) {
    say(boost::json::serialize(boost::json::object{{"from", from}, {"to", to}}));
  } else if (from == to) {
    say(fmt::format("the schema is up to date: version {}", to));
  } else {
    say(fmt::format("the schema is brought from version {} to {}", from, to));
  }
  return ok;
}

}  // namespace

void add_migrate_command(CLI::App& app, Context& context) {
  auto only_check = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("migrate", "Brings the database's schema up to date");
  command->add_flag("--check", *only_check, "Only says whether it is; status 1 when it is not");
  command->callback([&context, only_check] {
    context.action = [&context, only_check] {
      return *only_check ? check_schema(context) : migrate(context);
    };
  });
}

}  // namespace cli
