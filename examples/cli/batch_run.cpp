#include "batch_run.hpp"

#include <fmt/format.h>

#include <utility>

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

}  // namespace

omnicrm::SyncBatch run_batch(Context& context, omnicrm::BatchId batch, const Interrupt& interrupt) {
  omnicrm::Session& session = context.session();
  const bool undoing = must(session.sync().status(batch)).state == BatchState::undoing;
  Progress progress(undoing ? "Undoing" : "Importing", undoing ? "rows" : "items", context.json);
  const auto show = [&](const omnicrm::BatchProgress& now) {
    if (progress.visible() && is_open(now.state)) progress.show(now.done, now.done, now.total);
  };
  auto ended = context.crm().run_batch(session, batch, show, interrupt.token());
  if (!ended && ended.error().code == omnicrm::ErrorCode::cancelled)
    return must(session.sync().status(batch));
  return must(std::move(ended));
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
