// schedules list, add, preview, pause, resume, remove
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <memory>
#include <string>
#include <vector>

#include "context.hpp"
#include "output.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::Schedule;

std::string when(const std::optional<omnicrm::Timestamp>& at) {
  return at ? minute(*at) : "";
}

int list(Context& context, const PageOptions& page) {
  if (context.json) {
    say(context.call("schedules.list", page.with()));
    return ok;
  }
  const auto found = must(context.session().schedules().list(page.request()));
  if (found.items.empty()) {
    note("no schedules");
    return ok;
  }
  Table table({{.title = "Schedule"},
               {.title = "Name", .flexible = true},
               {.title = "Kind"},
               {.title = "Times"},
               {.title = "Zone"},
               {.title = "Next, UTC"},
               {.title = "Last, UTC"},
               {.title = "Note", .flexible = true}});
  for (const Schedule& one : found.items) {
    const std::string about = !one.error.is_null() ? "paused: " + one.error.text : one.paused ? "paused" : "";
    table.add({one.id.to_string(), one.name, one.kind, one.cron, one.zone, when(one.next_at),
               when(one.last_at), about});
  }
  table.print();
  say_more(found.next);
  return ok;
}

/// What `schedules add` was told.
struct Wanted {
  std::string name;
  std::string kind;
  std::string cron;
  std::string zone = "UTC";
  std::string payload = "{}";
  std::string catch_up = "once";
  std::int64_t priority = 100;
  bool unique = false;
  bool paused = false;
};

int add(Context& context, const Wanted& wanted) {
  boost::system::error_code error;
  auto payload = boost::json::parse(wanted.payload, error);
  if (error) {
    throw failure(wrong_usage, omnicrm::ErrorCode::invalid_argument, "--payload is no JSON",
                  R"(as in --payload '{"days":30}')");
  }
  const std::string answer = context.call("schedules.create", {{"name", wanted.name},
                                                               {"kind", wanted.kind},
                                                               {"cron", wanted.cron},
                                                               {"zone", wanted.zone},
                                                               {"payload", std::move(payload)},
                                                               {"catch_up", wanted.catch_up},
                                                               {"priority", wanted.priority},
                                                               {"unique", wanted.unique},
                                                               {"paused", wanted.paused}});
  if (context.json) {
    say(answer);
    return ok;
  }
  const auto made = boost::json::parse(answer).as_object();
  say(fmt::format("schedule {}", std::string_view(made.at("id").as_string())));
  if (const auto* next = made.if_contains("next_at"); next != nullptr && next->is_string())
    note("first at " + std::string(next->as_string()) + "; jobs are enqueued while workers run");
  return ok;
}

int preview(Context& context, const omnicrm::jobs::SchedulePreview& wanted) {
  if (context.json) {
    say(context.call("schedules.preview",
                     {{"cron", wanted.cron}, {"zone", wanted.zone}, {"count", wanted.count}}));
    return ok;
  }
  for (const auto at : must(context.session().schedules().preview(wanted))) say(omnicrm::to_string(at));
  return ok;
}

/// The schedule with that id or name.
Schedule named(Context& context, const std::string& name) {
  auto& schedules = context.session().schedules();
  if (const auto id = omnicrm::ScheduleId::parse(name)) return must(schedules.get(*id));
  std::vector<std::string> names;
  omnicrm::PageRequest page{.limit = 1'000, .cursor = {}};
  while (true) {
    auto found = must(schedules.list(page));
    for (Schedule& one : found.items) {
      if (one.name == name) return std::move(one);
      names.push_back(one.name);
    }
    if (!found.next) break;
    page.cursor = *found.next;
  }
  const auto meant = nearest(name, names);
  throw failure(not_found, omnicrm::ErrorCode::not_found, "there is no schedule '" + name + "'",
                meant ? "did you mean '" + *meant + "'?" : "those there are: omnicrm schedules");
}

int change(Context& context, const std::string& verb, const std::string& name) {
  const Schedule schedule = named(context, name);
  const std::string answer = context.call("schedules." + verb, {{"id", schedule.id.to_string()}});
  if (context.json) {
    say(answer);
    return ok;
  }
  const std::string shown = plain(schedule.name);
  if (verb == "remove") {
    say(shown + " is gone; jobs that it enqueued stay");
  } else if (verb == "pause") {
    say(shown + " is paused");
  } else {
    const auto now = must(context.session().schedules().get(schedule.id));
    say(shown + " goes on" + (now.next_at ? " at " + omnicrm::to_string(*now.next_at) : std::string()));
  }
  return ok;
}

void add_adding(CLI::App& schedules, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = schedules.add_subcommand("add", "Enqueues a job again and again");
  command->add_option("NAME", wanted->name, "What it is called")->required();
  command->add_option("KIND", wanted->kind, "Kind of its jobs")->required();
  command->add_option("CRON", wanted->cron, "Times, as '30 2 * * MON-FRI' or @daily")->required();
  command->add_option("--zone", wanted->zone, "Time zone of the times")->capture_default_str();
  command->add_option("--payload", wanted->payload, "JSON object for the jobs")->capture_default_str();
  command->add_option("--catch-up", wanted->catch_up, "Missed times: skip, once or all")
      ->check(CLI::IsMember({"skip", "once", "all"}))
      ->capture_default_str();
  command->add_option("--priority", wanted->priority, "Smaller runs first")->capture_default_str();
  command->add_flag("--unique", wanted->unique, "No second job while one waits or runs");
  command->add_flag("--paused", wanted->paused, "Begins when it is resumed");
  command->callback(
      [&context, wanted] { context.action = [&context, wanted] { return add(context, *wanted); }; });
}

void add_previewing(CLI::App& schedules, Context& context) {
  auto wanted = std::make_shared<omnicrm::jobs::SchedulePreview>();
  auto* command = schedules.add_subcommand("preview", "The next times of an expression; stores nothing");
  command->add_option("CRON", wanted->cron, "Times, as '30 2 * * MON-FRI' or @daily")->required();
  command->add_option("--zone", wanted->zone, "Time zone of the times")->capture_default_str();
  command->add_option("--count", wanted->count, "How many")->capture_default_str();
  command->callback(
      [&context, wanted] { context.action = [&context, wanted] { return preview(context, *wanted); }; });
}

}  // namespace

void add_schedule_commands(CLI::App& app, Context& context) {
  auto* schedules =
      app.add_subcommand("schedules", "Jobs at set times: list, add, preview, pause, resume, remove");
  schedules->require_subcommand(0, 1);
  auto page = std::make_shared<PageOptions>();
  page->add_to(*schedules);
  const auto listing = [&context, page] { return list(context, *page); };
  schedules->callback([&context, listing] {
    if (!context.action) context.action = listing;
  });
  schedules->add_subcommand("list", "By name")->callback([&context, listing] { context.action = listing; });
  add_adding(*schedules, context);
  add_previewing(*schedules, context);
  for (const auto& [verb, does] :
       {std::pair<std::string, std::string>{"pause", "Stops it until it is resumed"},
        {"resume", "Lets it go on with its next time"},
        {"remove", "Deletes it; jobs that it enqueued stay"}}) {
    auto name = std::make_shared<std::string>();
    auto* command = schedules->add_subcommand(verb, does);
    command->add_option("NAME", *name, "Its name or id")->required();
    command->callback([&context, verb = verb, name] {
      context.action = [&context, verb, name] { return change(context, verb, *name); };
    });
  }
}

}  // namespace cli
