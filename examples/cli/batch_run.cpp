#include "batch_run.hpp"

#include <fmt/format.h>

#include <future>

#include "output.hpp"
#include "plan_view.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::BatchState;

bool is_open(BatchState state) {
  return state == BatchState::running || state == BatchState::undoing;
}

/// An undo counts its rows in its job; how many there will be is not known.
void show_undo(omnicrm::Session& session, Progress& progress) {
  omnicrm::jobs::JobFilter filter;
  filter.kind = "undo_batch";
  const auto jobs = session.jobs().list(filter, {.limit = 1, .cursor = {}});
  if (jobs && !jobs->items.empty()) progress.show(jobs->items.front().progress_done, 0, 0);
}

}  // namespace

omnicrm::SyncBatch run_batch(Context& context, omnicrm::BatchId batch, const Interrupt& interrupt) {
  omnicrm::Session& session = context.session();
  omnicrm::jobs::Runner& runner = context.crm().jobs();
  const bool undoing = must(session.sync().status(batch)).state == BatchState::undoing;
  Progress progress(undoing ? "Undoing" : "Importing", undoing ? "rows" : "items", context.json);
  auto running = std::async(std::launch::async, [&] { return runner.run_until_idle(interrupt.token()); });
  while (running.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) {
    if (!progress.visible()) continue;
    if (undoing) {
      show_undo(session, progress);
    } else if (const auto now = session.sync().status(batch)) {
      progress.show(now->done, now->done, now->total);
    }
  }
  must(running.get());
  return must(session.sync().status(batch));
}

int finish(Context& context, const omnicrm::SyncBatch& batch, const Interrupt& interrupt) {
  const std::string id = batch.id.to_string();
  if (context.json) {
    say(context.call("sync.status", {{"id", id}}));
  } else {
    print_batch(batch);
  }
  if (interrupt.requested() && is_open(batch.state)) {
    note(fmt::format("stopped at {} of {}; nothing is lost. Go on: omnicrm import --resume {}",
                     grouped(batch.done), grouped(batch.total), id));
    return interrupted;
  }
  if (is_open(batch.state)) {
    note("its jobs wait to be tried again; run them: omnicrm jobs work");
    return failed;
  }
  if (batch.state == BatchState::failed || batch.state == BatchState::cancelled) {
    note("what it wrote can be taken back: omnicrm undo " + id);
    return failed;
  }
  if (batch.state == BatchState::done && !context.json) say("undo it: omnicrm undo " + id);
  return ok;
}

}  // namespace cli
