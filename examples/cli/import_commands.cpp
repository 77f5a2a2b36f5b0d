// preview, import
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "batch_run.hpp"
#include "output.hpp"
#include "plan_view.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::ContactPolicy;
using omnicrm::ErrorCode;

struct SourceOptions {
  omnicrm::SyncSource source;
  std::string policy = "sent";

  void add_to(CLI::App& command, bool paths_required) {
    auto* paths =
        command.add_option("PATH", source.paths,
                           "Files and folders: mbox, maildir, .eml, .ics, .vcf, .csv, an unpacked Takeout");
    if (paths_required) paths->required();
    command.add_option("--policy", policy, "Whose addresses become contacts: sent, sent_and_received, none")
        ->check(CLI::IsMember({"sent", "sent_and_received", "none"}))
        ->capture_default_str();
    command.add_option("--owner", source.owner_addresses, "An address of your own; give it again for each")
        ->allow_extra_args(false);
    command.add_option("--zone", source.default_zone, "Time zone of events without one, as Europe/Berlin")
        ->capture_default_str();
    command
        .add_option("--past-days", source.past_days, "Recurring events are made from so many days back on")
        ->capture_default_str();
    command.add_option("--future-days", source.future_days, "and up to so many days ahead")
        ->capture_default_str();
  }

  omnicrm::SyncSource chosen() {
    source.contact_policy = policy == "sent"   ? ContactPolicy::sent
                            : policy == "none" ? ContactPolicy::none
                                               : ContactPolicy::sent_and_received;
    return source;
  }
};

omnicrm::SyncPlan make_plan(Context& context, SourceOptions& options, const Interrupt& interrupt) {
  omnicrm::Session& session = context.session(false);
  Progress progress("Reading", "items", context.json);
  const auto show = [&](const omnicrm::sync::PreviewProgress& at) {
    progress.show(at.items, at.bytes, at.total_bytes, std::filesystem::path(at.path).filename().string());
  };
  auto plan = session.sync().preview(options.chosen(), show, interrupt.token());
  if (!plan && plan.error().code == ErrorCode::cancelled)
    throw failure(interrupted, ErrorCode::cancelled, "stopped; nothing was stored");
  return must(std::move(plan));
}

int preview(Context& context, SourceOptions& options) {
  const Interrupt interrupt("Nothing was stored.");
  const auto plan = make_plan(context, options, interrupt);
  const std::string id = plan.id.to_string();
  if (context.json) {
    say(context.call("sync.plan", {{"id", id}}));
    return ok;
  }
  print_plan(plan);
  say("plan " + id + "; nothing is imported yet");
  say(fmt::format("import it: omnicrm call sync.approve '{{\"id\":\"{}\"}}' && omnicrm jobs work", id));
  return ok;
}

bool ask(std::string_view question) {
  std::cerr << question << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  answer = lower(answer);
  return answer == "y" || answer == "yes";
}

/// Whether the user wants the plan. Ctrl-C at the question ends the program: nothing runs yet.
void confirm(Context& context, const omnicrm::SyncPlan& plan) {
  const std::string id = plan.id.to_string();
  if (!is_terminal(STDIN_FILENO) || context.json) {
    throw failure(refused, ErrorCode::failed_precondition, "nothing was imported: nobody is there to say yes",
                  "add --yes, or import this plan: omnicrm call sync.approve '{\"id\":\"" + id +
                      "\"}' && omnicrm jobs work");
  }
  if (ask("Import it? [y/N] ")) return;
  must(context.session().sync().reject(plan.id));
  throw failure(refused, ErrorCode::failed_precondition, "nothing was imported");
}

omnicrm::SyncPlan reviewed_plan(Context& context, SourceOptions& options, bool yes) {
  auto plan = [&] {
    const Interrupt interrupt("Nothing was stored.");
    return make_plan(context, options, interrupt);
  }();
  if (!context.json) print_plan(plan);
  if (!yes) confirm(context, plan);
  return plan;
}

int import(Context& context, SourceOptions& options, bool yes) {
  const auto plan = reviewed_plan(context, options, yes);
  const Interrupt interrupt("What was imported stays; go on with: omnicrm import --resume");
  const auto batch = must(context.session().sync().approve(plan.id));
  return finish(context, run_batch(context, batch.id, interrupt), interrupt);
}

/// The batch to go on with: the one named, or the newest that is not at its end.
omnicrm::SyncBatch unfinished(Context& context, const std::string& named) {
  auto& sync = context.session().sync();
  if (!named.empty()) return must(sync.status(must(omnicrm::BatchId::parse(named))));
  omnicrm::PageRequest page{.limit = 100, .cursor = {}};
  while (true) {
    const auto batches = must(sync.list(page));
    for (const auto& batch : batches.items) {
      if (batch.state == omnicrm::BatchState::running || batch.state == omnicrm::BatchState::undoing)
        return batch;
    }
    if (!batches.next) break;
    page.cursor = *batches.next;
  }
  throw failure(not_found, ErrorCode::not_found, "no batch is unfinished", "all of them: omnicrm batches");
}

int resume(Context& context, const std::string& named) {
  const Interrupt interrupt("Go on with: omnicrm import --resume");
  const auto batch = unfinished(context, named);
  return finish(context, run_batch(context, batch.id, interrupt), interrupt);
}

}  // namespace

void add_import_commands(CLI::App& app, Context& context) {
  auto* show = app.add_subcommand("preview", "Shows what an import would do; stores nothing but the plan");
  auto preview_options = std::make_shared<SourceOptions>();
  preview_options->add_to(*show, true);
  show->callback([&context, preview_options] {
    context.action = [&context, preview_options] { return preview(context, *preview_options); };
  });

  auto* take = app.add_subcommand("import", "Shows the plan, asks, imports");
  auto options = std::make_shared<SourceOptions>();
  auto yes = std::make_shared<bool>(false);
  auto going_on = std::make_shared<bool>(false);
  options->add_to(*take, false);
  take->add_flag("-y,--yes", *yes, "Does not ask");
  take->add_flag("--resume", *going_on, "Goes on with an unfinished batch: the newest, or the id given");
  take->callback([&context, options, yes, going_on] {
    context.action = [&context, options, yes, going_on] {
      const auto& paths = options->source.paths;
      if (*going_on) return resume(context, paths.empty() ? std::string() : paths.front());
      if (paths.empty()) {
        throw failure(wrong_usage, ErrorCode::invalid_argument, "import: which files?",
                      "omnicrm import PATH...   (or: omnicrm import --resume)");
      }
      return import(context, *options, *yes);
    };
  });
}

}  // namespace cli
