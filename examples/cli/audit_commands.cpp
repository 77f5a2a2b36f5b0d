// audit list, audit verify
#include <fmt/format.h>

#include <memory>

#include "context.hpp"
#include "output.hpp"
#include "text.hpp"

namespace cli {
namespace {

int list(Context& context, const std::string& operation, const PageOptions& page) {
  if (context.json) {
    say(context.call("audit.list", page.with({{"operation", operation}})));
    return ok;
  }
  const auto found = must(context.session().audit().list(
      {.operation = operation, .subject_id = {}, .batch_id = {}}, page.request()));
  Table table({{.title = "No", .right = true},
               {.title = "When"},
               {.title = "Who"},
               {.title = "Did"},
               {.title = "To"},
               {.title = "Details", .flexible = true}});
  for (const auto& entry : found.items) {
    table.add({grouped(entry.sequence), minute(entry.at), entry.actor, entry.operation,
               entry.subject.empty() ? "" : entry.subject + " " + entry.subject_id,
               entry.details.text == "{}" ? "" : entry.details.text});
  }
  if (table.empty()) {
    note("nothing was done yet");
  } else {
    table.print();
  }
  say_more(found.next);
  return ok;
}

int verify(Context& context) {
  const auto found = must(context.session().audit().verify());
  if (context.json) {
    say(context.call("audit.verify", boost::json::object{}));
  } else if (found.intact) {
    say("intact: " + counted(found.entries, "entry", "entries"));
  } else {
    say(fmt::format("entry {} is not as it was written: {}", grouped(found.first_bad_sequence),
                    found.reason));
  }
  return found.intact ? ok : failed;
}

}  // namespace

void add_audit_commands(CLI::App& app, Context& context) {
  auto* audit = app.add_subcommand("audit", "Who did what: list, verify");
  audit->require_subcommand(0, 1);
  auto page = std::make_shared<PageOptions>();
  auto operation = std::make_shared<std::string>();
  page->add_to(*audit);
  audit->add_option("--operation", *operation, "Only this operation, as contacts.update");
  const auto listing = [&context, operation, page] { return list(context, *operation, *page); };
  audit->callback([&context, listing] {
    if (!context.action) context.action = listing;
  });
  audit->add_subcommand("list", "Newest first")->callback([&context, listing] { context.action = listing; });
  audit->add_subcommand("verify", "Checks the whole chain; status 1 when it is broken")->callback([&context] {
    context.action = [&context] { return verify(context); };
  });
}

}  // namespace cli
