// copy
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <memory>
#include <string_view>

#include "context.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace cli {
namespace {

struct CopyArguments {
  std::string from;
  std::string to;
  std::string from_admin;
  std::string to_admin;
  std::string from_schema;
  std::string to_schema;
  std::size_t partitions = 0;
  std::int64_t rows = omnicrm::CopyOptions{}.rows_per_transaction;
};

/// A path, "sqlite:PATH", or a server's URI with its admin role and schema.
omnicrm::Options database(std::string_view name, const std::string& admin, const std::string& schema) {
  constexpr std::string_view prefix = "sqlite:";
  omnicrm::Options options;
  options.path = std::string(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
  options.postgres.admin_url = admin;
  if (!schema.empty()) options.postgres.schema = schema;
  return options;
}

std::string_view name_of(omnicrm::CopyStage stage) {
  switch (stage) {
    case omnicrm::CopyStage::rows:
      return "copying";
    case omnicrm::CopyStage::text:
      return "indexing";
    case omnicrm::CopyStage::verify:
      return "verifying";
  }
  return "copying";
}

/// One bar for each stage.
class CopyBar {
 public:
  explicit CopyBar(bool quiet) : quiet_(quiet) {}

  void show(const omnicrm::CopyProgress& at) {
    if (!bar_ || at.stage != stage_) {
      bar_.reset();
      stage_ = at.stage;
      bar_ = std::make_unique<Progress>(name_of(stage_), "rows", quiet_);
    }
    bar_->show(at.rows, at.rows, at.total, at.table);
  }

 private:
  bool quiet_;
  omnicrm::CopyStage stage_ = omnicrm::CopyStage::rows;
  std::unique_ptr<Progress> bar_;
};

int copy(const Context& context, const CopyArguments& wanted) {
  Interrupt interrupt("stopping after this transaction; the same command goes on from there");
  omnicrm::Options to = database(wanted.to, wanted.to_admin, wanted.to_schema);
  to.postgres.partitions = wanted.partitions;
  CopyBar bar(context.json);
  const auto report =
      must(omnicrm::copy_database(database(wanted.from, wanted.from_admin, wanted.from_schema), to,
                                  {.rows_per_transaction = wanted.rows,
                                   .progress = [&bar](const omnicrm::CopyProgress& at) { bar.show(at); },
                                   .stop = interrupt.token()}));
  if (context.json) {
    say(boost::json::serialize(boost::json::object{{"rows", report.rows},
                                                   {"tables", report.tables},
                                                   {"resumed", report.resumed},
                                                   {"checksum", report.checksum}}));
    return ok;
  }
  say(fmt::format("{} rows of {} tables are copied{}; both sides were read again and are equal", report.rows,
                  report.tables, report.resumed ? ", the earlier run's included" : ""));
  say("checksum " + report.checksum);
  return ok;
}

}  // namespace

void add_copy_commands(CLI::App& app, Context& context) {
  auto wanted = std::make_shared<CopyArguments>();
  auto* command = app.add_subcommand("copy", "Moves a whole database to another storage, and compares both");
  command->add_option("--from", wanted->from, "A file, sqlite:PATH, or postgresql://...")->required();
  command->add_option("--to", wanted->to, "An empty one, or one that this copy has begun; files are made")
      ->required();
  command->add_option("--from-admin", wanted->from_admin, "The URI of the role that sees all users' rows");
  command->add_option("--to-admin", wanted->to_admin, "The same of the other side; it owns the tables");
  command->add_option("--from-schema", wanted->from_schema, "The schema of the tables (omnicrm)");
  command->add_option("--to-schema", wanted->to_schema, "The same of the other side");
  command->add_option("--partitions", wanted->partitions,
                      "Splits the large tables of a new PostgreSQL schema by user");
  command->add_option("--rows", wanted->rows, "Rows in one transaction, at the most")->capture_default_str();
  command->callback(
      [&context, wanted] { context.action = [&context, wanted] { return copy(context, *wanted); }; });
}

}  // namespace cli
