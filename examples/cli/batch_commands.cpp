// undo, batches
#include <memory>

#include "batch_run.hpp"
#include "output.hpp"
#include "plan_view.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::BatchState;
using omnicrm::ErrorCode;
using omnicrm::SyncBatch;

/// "last" is the newest import that can be undone.
omnicrm::BatchId batch_named(Context& context, const std::string& name) {
  if (name != "last") {
    const auto id = omnicrm::BatchId::parse(name);
    if (!id) {
      throw failure(wrong_usage, ErrorCode::invalid_argument, "undo: '" + name + "' is not a batch",
                    "their ids: omnicrm batches   (or: omnicrm undo last)");
    }
    return *id;
  }
  for (const SyncBatch& batch : must(context.session().sync().list({.limit = 1'000, .cursor = {}})).items) {
    if (batch.kind == omnicrm::BatchKind::import && batch.state != BatchState::undone) return batch.id;
  }
  throw failure(not_found, ErrorCode::not_found, "undo: there is no import to undo");
}

int undo(Context& context, const std::string& name) {
  const Interrupt interrupt("Go on with: omnicrm import --resume");
  const auto id = batch_named(context, name);
  must(context.session().sync().undo(id));
  return finish(context, run_batch(context, id, interrupt), interrupt);
}

int batches(Context& context, const PageOptions& page) {
  if (context.json) {
    say(context.call("sync.list", page.with()));
    return ok;
  }
  const auto found = must(context.session().sync().list(page.request()));
  if (found.items.empty()) {
    note("no batches yet; make one: omnicrm import PATH");
    return ok;
  }
  Table table({{.title = "Batch"},
               {.title = "When"},
               {.title = "Kind"},
               {.title = "State"},
               {.title = "Items", .right = true},
               {.title = "Interactions", .right = true},
               {.title = "Contacts", .right = true},
               {.title = "Message", .flexible = true}});
  for (const SyncBatch& batch : found.items) {
    table.add({batch.id.to_string(), minute(batch.created_at), name_of(batch.kind), name_of(batch.state),
               grouped(batch.done), grouped(batch.counts.interactions), grouped(batch.counts.contacts),
               batch.message});
  }
  table.print();
  say_more(found.next);
  return ok;
}

}  // namespace

void add_batch_commands(CLI::App& app, Context& context) {
  auto* take_back = app.add_subcommand("undo", "Restores the state before a batch");
  auto name = std::make_shared<std::string>();
  take_back->add_option("BATCH", *name, "Its id, or 'last'")->required();
  auto yes = std::make_shared<bool>(false);
  take_back->add_flag("-y,--yes", *yes, "Accepted as for import; naming the batch is enough");
  take_back->callback([&context, name, yes] {  // the parser writes to `yes`: it lives as long as this
    context.action = [&context, name] { return undo(context, *name); };
  });

  auto* list = app.add_subcommand("batches", "What was imported, newest first");
  auto page = std::make_shared<PageOptions>();
  page->add_to(*list);
  list->callback([&context, page] { context.action = [&context, page] { return batches(context, *page); }; });
}

}  // namespace cli
