// jobs list, stats, retry, cancel, work
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <future>
#include <memory>

#include "context.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::Job;
using omnicrm::JobState;

std::string name_of(JobState state) {
  using enum JobState;
  switch (state) {
    case scheduled:
      return "scheduled";
    case ready:
      return "ready";
    case running:
      return "running";
    case done:
      return "done";
    case cancelled:
      return "cancelled";
    case dead:
      return "dead";
  }
  return "?";
}

int list(Context& context, const std::string& kind, const PageOptions& page) {
  if (context.json) {
    say(context.call("jobs.list", page.with({{"kind", kind}})));
    return ok;
  }
  const auto found =
      must(context.session().jobs().list({.state = {}, .kind = kind, .batch_id = {}}, page.request()));
  if (found.items.empty()) {
    note("no jobs");
    return ok;
  }
  Table table({{.title = "Job"},
               {.title = "Made"},
               {.title = "Kind"},
               {.title = "State"},
               {.title = "Tries", .right = true},
               {.title = "Note", .flexible = true}});
  for (const Job& job : found.items) {
    const std::string about = job.error.is_null() ? job.progress_note : job.error.text;
    table.add({job.id.to_string(), minute(job.created_at), job.kind, name_of(job.state),
               fmt::format("{}/{}", job.attempt, job.max_attempts), about});
  }
  table.print();
  say_more(found.next);
  return ok;
}

int stats(Context& context) {
  if (context.json) {
    say(context.call("jobs.stats", boost::json::object{}));
    return ok;
  }
  Table table({{.title = "Kind"},
               {.title = "Scheduled", .right = true},
               {.title = "Ready", .right = true},
               {.title = "Running", .right = true},
               {.title = "Done", .right = true},
               {.title = "Cancelled", .right = true},
               {.title = "Dead", .right = true},
               {.title = "Oldest ready"}});
  for (const auto& kind : must(context.session().jobs().stats())) {
    table.add({kind.kind, grouped(kind.scheduled), grouped(kind.ready), grouped(kind.running),
               grouped(kind.done), grouped(kind.cancelled), grouped(kind.dead),
               kind.oldest_ready_at ? minute(*kind.oldest_ready_at) : ""});
  }
  if (table.empty()) {
    note("no jobs");
  } else {
    table.print();
  }
  return ok;
}

int change(Context& context, const std::string& operation, const std::string& id) {
  const std::string answer = context.call(operation, {{"id", id}});
  if (context.json) {
    say(answer);
    return ok;
  }
  const auto job = must(context.session().jobs().get(must(omnicrm::JobId::parse(id))));
  const std::string asked = job.cancel_requested && job.state == JobState::running ? ", asked to stop" : "";
  say(fmt::format("job {} is {}{}", id, name_of(job.state), asked));
  if (job.state == JobState::ready) note("run it: omnicrm jobs work");
  return ok;
}

/// Ready and running jobs of the user.
std::int64_t waiting(omnicrm::Session& session) {
  std::int64_t count = 0;
  const auto kinds = session.jobs().stats();
  if (!kinds) return count;
  for (const auto& kind : *kinds) count += kind.ready + kind.running;
  return count;
}

int work(Context& context) {
  const Interrupt interrupt("What is left stays queued; go on with: omnicrm jobs work");
  omnicrm::Session& session = context.session();
  auto& runner = context.crm().jobs();
  Progress progress("Working", "jobs wait", context.json);
  auto running = std::async(std::launch::async, [&] { return runner.run_until_idle(interrupt.token()); });
  while (running.wait_for(std::chrono::milliseconds(200)) != std::future_status::ready) {
    if (progress.visible()) progress.show(waiting(session), 0, 0);
  }
  const auto summary = must(running.get());
  if (context.json) {
    say(boost::json::serialize(boost::json::object{{"started", summary.started},
                                                   {"done", summary.done},
                                                   {"failed", summary.failed},
                                                   {"dead", summary.dead},
                                                   {"snoozed", summary.snoozed},
                                                   {"given_back", summary.given_back}}));
  } else {
    say(fmt::format("{} done, {} failed, {} dead", counted(summary.done, "job", "jobs"),
                    grouped(summary.failed), grouped(summary.dead)));
  }
  if (interrupt.requested()) return interrupted;
  if (summary.dead == 0) return ok;
  note("why: omnicrm jobs list");
  return failed;
}

}  // namespace

void add_job_commands(CLI::App& app, Context& context) {
  auto* jobs = app.add_subcommand("jobs", "The queue: list, stats, retry, cancel, work");
  jobs->require_subcommand(0, 1);
  auto page = std::make_shared<PageOptions>();
  auto kind = std::make_shared<std::string>();
  page->add_to(*jobs);
  jobs->add_option("--kind", *kind, "Only jobs of this kind");
  const auto listing = [&context, kind, page] { return list(context, *kind, *page); };
  jobs->callback([&context, listing] {
    if (!context.action) context.action = listing;
  });
  jobs->add_subcommand("list", "Newest first")->callback([&context, listing] { context.action = listing; });
  jobs->add_subcommand("stats", "Counts by kind and state")->callback([&context] {
    context.action = [&context] { return stats(context); };
  });
  jobs->add_subcommand("work", "Runs what is queued until nothing is left")->callback([&context] {
    context.action = [&context] { return work(context); };
  });
  for (const std::string verb : {"retry", "cancel"}) {
    auto id = std::make_shared<std::string>();
    auto* command =
        jobs->add_subcommand(verb, verb == "retry" ? "Makes a dead or cancelled job ready again"
                                                   : "Cancels a waiting job, asks a running one to stop");
    command->add_option("JOB", *id, "Its id")->required();
    command->callback([&context, verb, id] {
      context.action = [&context, verb, id] { return change(context, "jobs." + verb, *id); };
    });
  }
}

}  // namespace cli
