// jobs list, show, stats, failures, retry, cancel, remove, pause, resume; `work` is work_command.cpp
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <memory>
#include <utility>

#include "context.hpp"
#include "output.hpp"
#include "text.hpp"
#include "work_command.hpp"

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
    case waiting:
      return "waiting";
  }
  return "?";
}

const std::map<std::string, JobState>& states() {
  using enum JobState;
  static const std::map<std::string, JobState> names = [] {
    std::map<std::string, JobState> made;
    for (const JobState state : {scheduled, waiting, ready, running, done, cancelled, dead})
      made.emplace(name_of(state), state);
    return made;
  }();
  return names;
}

int list(Context& context, const std::string& kind, const std::string& state, const PageOptions& page) {
  if (context.json) {
    boost::json::object filter{{"kind", kind}};
    if (!state.empty()) filter["state"] = state;
    say(context.call("jobs.list", page.with(std::move(filter))));
    return ok;
  }
  omnicrm::jobs::JobFilter filter{.state = {}, .kind = kind, .batch_id = {}};
  if (!state.empty()) filter.state = states().at(state);
  const auto found = must(context.session().jobs().list(filter, page.request()));
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

int stats(Context& context, bool all_users) {
  if (context.json && !all_users) {
    say(context.call("jobs.stats", boost::json::object{}));
    return ok;
  }
  const auto kinds =
      must(all_users ? context.crm().admin().jobs().stats() : context.session().jobs().stats());
  if (context.json) {
    boost::json::array items;
    for (const auto& kind : kinds) items.push_back(boost::json::parse(omnicrm::to_json(kind)));
    say(boost::json::serialize(boost::json::object{{"items", std::move(items)}}));
    return ok;
  }
  Table table({{.title = "Kind"},
               {.title = "Scheduled", .right = true},
               {.title = "Waiting", .right = true},
               {.title = "Ready", .right = true},
               {.title = "Running", .right = true},
               {.title = "Done", .right = true},
               {.title = "Cancelled", .right = true},
               {.title = "Dead", .right = true},
               {.title = "Oldest ready"}});
  for (const auto& kind : kinds) {
    table.add({kind.kind + (kind.paused ? " (paused)" : ""), grouped(kind.scheduled), grouped(kind.waiting),
               grouped(kind.ready), grouped(kind.running), grouped(kind.done), grouped(kind.cancelled),
               grouped(kind.dead), kind.oldest_ready_at ? minute(*kind.oldest_ready_at) : ""});
  }
  if (table.empty()) {
    note("no jobs");
  } else {
    table.print();
  }
  return ok;
}

void say_failures(Context& context, const std::string& id) {
  Table table({{.title = "Try", .right = true}, {.title = "At"}, {.title = "Error", .flexible = true}});
  for (const auto& failure : must(context.session().jobs().failures(must(omnicrm::JobId::parse(id)))))
    table.add({grouped(failure.attempt), minute(failure.at), failure.error.text});
  if (table.empty()) {
    note("no start has failed");
  } else {
    table.print();
  }
}

int failures(Context& context, const std::string& id) {
  if (context.json) {
    say(context.call("jobs.failures", {{"id", id}}));
  } else {
    say_failures(context, id);
  }
  return ok;
}

int show(Context& context, const std::string& id) {
  if (context.json) {
    say(context.call("jobs.get", {{"id", id}}));
    return ok;
  }
  const Job job = must(context.session().jobs().get(must(omnicrm::JobId::parse(id))));
  const auto line = [](std::string_view name, const std::string& value) {
    if (!value.empty()) say(fmt::format("{:<10} {}", name, plain(value)));
  };
  line("Job", job.id.to_string());
  line("Kind", job.kind);
  line("State", name_of(job.state) + (job.cancel_requested ? ", asked to stop" : ""));
  line("Tries", fmt::format("{} of {}", job.attempt, job.max_attempts));
  line("Priority", std::to_string(job.priority));
  line("Made", minute(job.created_at));
  line("Due", minute(job.run_at));
  line("Started", job.started_at ? minute(*job.started_at) : "");
  line("Ended", job.finished_at ? minute(*job.finished_at) : "");
  line("Batch", job.batch_id ? job.batch_id->to_string() : "");
  line("Key", job.unique_key);
  line("Progress", job.progress_total > 0 || job.progress_done > 0
                       ? fmt::format("{} of {} {}", grouped(job.progress_done), grouped(job.progress_total),
                                     job.progress_note)
                       : job.progress_note);
  line("Trace", job.trace);
  line("Payload", job.payload.text);
  line("Result", job.result.is_null() ? "" : job.result.text);
  line("Error", job.error.is_null() ? "" : job.error.text);
  if (!job.error.is_null()) say_failures(context, id);
  return ok;
}

int remove(Context& context, const std::string& id) {
  const std::string answer = context.call("jobs.remove", {{"id", id}});
  say(context.json ? answer : "job " + id + " is removed");
  return ok;
}

int hold(Context& context, const std::string& verb, const std::string& kind, bool all_users) {
  std::string answer = "{}";
  if (all_users) {
    auto& jobs = context.crm().admin().jobs();
    must(verb == "pause" ? jobs.pause(kind) : jobs.resume(kind));
  } else {
    answer = context.call("jobs." + verb, {{"kind", kind}});
  }
  if (context.json) {
    say(answer);
  } else {
    say(fmt::format("jobs of kind {} {}{}", plain(kind), verb == "pause" ? "do not start" : "start again",
                    all_users ? ", of all users" : ""));
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

}  // namespace

void add_job_commands(CLI::App& app, Context& context) {
  auto* jobs = app.add_subcommand(
      "jobs", "The queue: list, show, stats, failures, retry, cancel, remove, pause, resume, work");
  jobs->require_subcommand(0, 1);
  auto page = std::make_shared<PageOptions>();
  auto kind = std::make_shared<std::string>();
  auto state = std::make_shared<std::string>();
  page->add_to(*jobs);
  jobs->add_option("--kind", *kind, "Only jobs of this kind");
  jobs->add_option("--state", *state, "Only jobs in this state")->check(CLI::IsMember(states()));
  const auto listing = [&context, kind, state, page] { return list(context, *kind, *state, *page); };
  jobs->callback([&context, listing] {
    if (!context.action) context.action = listing;
  });
  jobs->add_subcommand("list", "Newest first")->callback([&context, listing] { context.action = listing; });

  auto all_users = std::make_shared<bool>(false);
  auto* counts = jobs->add_subcommand("stats", "Counts by kind and state");
  counts->add_flag("--all-users", *all_users, "Of all users");
  counts->callback([&context, all_users] {
    context.action = [&context, all_users] { return stats(context, *all_users); };
  });

  const auto add = [&](const std::string& verb, const std::string& about, const std::string& what,
                       const auto& run) {
    auto value = std::make_shared<std::string>();
    auto* command = jobs->add_subcommand(verb, about);
    command->add_option(what, *value, what == "JOB" ? "Its id" : "As the job has it")->required();
    command->callback(
        [&context, value, run] { context.action = [&context, value, run] { return run(context, *value); }; });
    return command;
  };
  add("show", "All that is known of a job", "JOB", show);
  add("failures", "The failed starts of a job", "JOB", failures);
  add("remove", "Forgets a job that has ended", "JOB", remove);
  add("retry", "Makes a dead or cancelled job ready again", "JOB",
      [](Context& on, const std::string& id) { return change(on, "jobs.retry", id); });
  add("cancel", "Cancels a waiting job, asks a running one to stop", "JOB",
      [](Context& on, const std::string& id) { return change(on, "jobs.cancel", id); });
  for (const std::string verb : {"pause", "resume"}) {
    auto* command = add(verb,
                        verb == "pause" ? "Starts no job of a kind until it is resumed"
                                        : "Lets jobs of a paused kind start again",
                        "KIND", [verb, all_users](Context& on, const std::string& name) {
                          return hold(on, verb, name, *all_users);
                        });
    command->add_flag("--all-users", *all_users, "For all users");
  }
  add_work_command(*jobs, context);
}

}  // namespace cli
