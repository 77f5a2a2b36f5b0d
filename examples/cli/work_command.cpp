// jobs work: runs what is queued once, or is a worker process of a service.
#include "work_command.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "interrupt.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::jobs::RunSummary;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

struct WorkOptions {
  std::size_t threads = 0;  ///< 0: until nothing is left, on the default's
  double drain_after = 0;   ///< seconds; 0: until a signal
  double grace = 30;        ///< seconds
};

milliseconds from_seconds(double seconds) {
  return duration_cast<milliseconds>(std::chrono::duration<double>(seconds));
}

void say_summary(const Context& context, const RunSummary& summary) {
  if (context.json) {
    say(boost::json::serialize(boost::json::object{{"started", summary.started},
                                                   {"done", summary.done},
                                                   {"failed", summary.failed},
                                                   {"dead", summary.dead},
                                                   {"snoozed", summary.snoozed},
                                                   {"given_back", summary.given_back}}));
    return;
  }
  std::string line = fmt::format("{} done, {} failed, {} dead", counted(summary.done, "job", "jobs"),
                                 grouped(summary.failed), grouped(summary.dead));
  if (summary.given_back > 0) line += fmt::format(", {} given back", grouped(summary.given_back));
  say(line);
}

/// Ready and running jobs of the user.
std::int64_t waiting(omnicrm::Session& session) {
  std::int64_t count = 0;
  const auto kinds = session.jobs().stats();
  if (!kinds) return count;
  for (const auto& kind : *kinds) count += kind.ready + kind.running;
  return count;
}

/// Until nothing is left.
int work_off(Context& context) {
  const Interrupt interrupt("What is left stays queued; go on with: omnicrm jobs work");
  omnicrm::Session& session = context.session();
  auto& runner = context.crm().jobs();
  Progress progress("Working", "jobs wait", context.json);
  auto running = std::async(std::launch::async, [&] { return runner.run_until_idle(interrupt.token()); });
  while (running.wait_for(milliseconds(200)) != std::future_status::ready) {
    if (progress.visible()) progress.show(waiting(session), 0, 0);
  }
  const auto summary = must(running.get());
  say_summary(context, summary);
  if (interrupt.requested()) return interrupted;
  if (summary.dead == 0) return ok;
  note("why: omnicrm jobs list --state dead");
  return failed;
}

void wait_for_the_end(const Interrupt& interrupt, const WorkOptions& options) {
  std::mutex mutex;
  std::condition_variable_any signal;
  std::unique_lock lock(mutex);
  const auto never = [] { return false; };
  if (options.drain_after > 0) {
    signal.wait_for(lock, interrupt.token(), from_seconds(options.drain_after), never);
  } else {
    signal.wait(lock, interrupt.token(), never);
  }
}

/// A worker process, one of many: until a signal. The log's lines are JSON, on standard error.
int serve(Context& context, const WorkOptions& options) {
  const Interrupt interrupt("");
  const auto logger =
      omnicrm::observe::stderr_logger(omnicrm::observe::Level::info, omnicrm::observe::LogFormat::json);
  context.settings().logger = logger;
  context.settings().jobs.threads = options.threads;
  auto& runner = context.crm().jobs();
  must(runner.start());
  logger->write(omnicrm::observe::Level::info, "jobs", fmt::format("working on {} threads", options.threads));
  wait_for_the_end(interrupt, options);
  logger->write(omnicrm::observe::Level::info, "jobs",
                fmt::format("stopping: running jobs have {}", duration(options.grace)));
  say_summary(context, must(runner.stop(from_seconds(options.grace))));
  return ok;
}

}  // namespace

void add_work_command(CLI::App& jobs, Context& context) {
  auto options = std::make_shared<WorkOptions>();
  auto* work = jobs.add_subcommand(
      "work", "Runs what is queued until nothing is left; with --threads, as a service until a signal");
  auto* threads = work->add_option("--threads", options->threads,
                                   "A worker process with so many threads; many may run at once")
                      ->check(CLI::Range(1, 4096));
  work->add_option("--drain-after", options->drain_after, "Stops by itself after so many seconds")
      ->check(CLI::PositiveNumber)
      ->needs(threads);
  work->add_option("--grace", options->grace, "Seconds that running jobs have to end after the signal")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->needs(threads);
  work->callback([&context, options] {
    context.action = [&context, options] {
      return options->threads == 0 ? work_off(context) : serve(context, *options);
    };
  });
}

}  // namespace cli
