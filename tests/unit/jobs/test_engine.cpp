// The engine's threads: groups, limits, wake-ups, what surrounds a handler.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "jobs/coalescer.hpp"
#include "observe/context_logger.hpp"
#include "parts/temporary_folder.hpp"
#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

/// False when it did not come true in time.
bool wait_until(const std::function<bool()>& done, seconds most = seconds(20)) {
  const auto end = Steady::now() + most;
  while (!done()) {
    if (Steady::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

/// What was logged, with its fields.
class Lines final : public observe::Logger {
 public:
  [[nodiscard]] bool wants(observe::Level) const noexcept override { return true; }
  void write(observe::Level, std::string_view, std::string_view message) noexcept override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(message);
  }
  [[nodiscard]] std::string line_with(std::string_view word) {
    const std::lock_guard lock(mutex_);
    for (const std::string& line : lines_) {
      if (line.find(word) != std::string::npos) return line;
    }
    return {};
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

jobs::RunnerParts parts_of(const Desk& desk) {
  return {.storage = desk.storage,
          .clock = desk.clock,
          .ids = desk.ids,
          .random = desk.random,
          .logger = std::make_shared<Quiet>(),
          .wakeup = desk.wakeup};
}

BOOST_AUTO_TEST_SUITE(jobs_engine)

/// Quick jobs are taken in groups; what a group's thread does not come to, others take.
BOOST_AUTO_TEST_CASE(nobody_waits_behind_a_slow_job) {
  Desk desk(":memory:", system_clock());
  constexpr int count = 400;
  std::atomic<int> others = 0;
  std::atomic<bool> in_time = true;
  auto runner = desk.runner({.threads = 3});
  must(runner->register_handler("quick", does([&](Context&) -> Result<Outcome> {
                                  ++others;
                                  return Outcome::done();
                                })));
  must(runner->register_handler("slow", does([&](Context&) -> Result<Outcome> {
                                  in_time = in_time && wait_until([&] { return others == count; });
                                  return Outcome::done();
                                })));
  std::vector<jobs::NewJob> wishes(count / 2, job("quick"));
  wishes.push_back(job("slow"));
  wishes.push_back(job("slow"));
  wishes.insert(wishes.end(), count / 2, job("quick"));
  must(desk.queue()->enqueue(wishes));
  const auto summary = must(runner->run_until_idle());
  BOOST_TEST(in_time);
  BOOST_TEST(summary.done == count + 2);
  BOOST_TEST(summary.started == count + 2);
}

BOOST_AUTO_TEST_CASE(a_user_has_so_many_at_once_and_others_do_not_wait) {
  Desk desk(":memory:", system_clock());
  std::mutex mutex;
  std::map<UserId, int> running;
  int most_of_ann = 0;
  int ann_done_when_bob_was = -1;
  std::atomic<int> ann = 0;
  std::atomic<int> bob = 0;
  auto runner = desk.runner({.threads = 4});
  jobs::KindOptions options;
  options.max_per_user = 2;
  must(runner->register_handler("work", does(
                                            [&](Context& context) -> Result<Outcome> {
                                              const bool is_ann = context.user() == user("ann");
                                              {
                                                const std::lock_guard lock(mutex);
                                                const int now = ++running[context.user()];
                                                if (is_ann) most_of_ann = std::max(most_of_ann, now);
                                              }
                                              std::this_thread::sleep_for(milliseconds(3));
                                              const std::lock_guard lock(mutex);
                                              --running[context.user()];
                                              if (is_ann) ++ann;
                                              if (!is_ann && ++bob == 10) ann_done_when_bob_was = ann;
                                              return Outcome::done();
                                            },
                                            options)));
  must(desk.queue("ann")->enqueue(std::vector<jobs::NewJob>(120, job("work"))));
  must(desk.queue("bob")->enqueue(std::vector<jobs::NewJob>(10, job("work"))));
  const auto summary = must(runner->run_until_idle({}, seconds(2)));
  BOOST_TEST(summary.done == 130);
  BOOST_TEST(summary.snoozed == 0);  // what went back for a moment is no handler's snooze
  BOOST_TEST(most_of_ann == 2);
  BOOST_TEST(ann_done_when_bob_was < 60);
}

BOOST_AUTO_TEST_CASE(what_a_user_has_too_many_of_is_given_back_at_a_stop) {
  Desk desk(":memory:", system_clock());
  std::atomic<int> started = 0;
  auto runner = desk.runner({.threads = 4});
  jobs::KindOptions options;
  options.max_per_user = 1;
  must(runner->register_handler("work", does(
                                            [&](Context& context) -> Result<Outcome> {
                                              ++started;
                                              while (!context.stop().stop_requested())
                                                std::this_thread::sleep_for(milliseconds(1));
                                              return fail({ErrorCode::cancelled, "stopped", {}, true, false});
                                            },
                                            options)));
  must(desk.queue()->enqueue(std::vector<jobs::NewJob>(100, job("work"))));
  must(runner->start());
  BOOST_TEST(wait_until([&] { return started > 0; }));
  std::this_thread::sleep_for(milliseconds(50));
  must(runner->stop(milliseconds(10)));
  BOOST_TEST(started == 1);
  const auto stats = must(desk.queue()->stats());
  BOOST_REQUIRE(stats.size() == 1);
  BOOST_TEST(stats[0].ready + stats[0].scheduled == 100);
  BOOST_TEST(stats[0].running == 0);
}

/// Many claimed and not started: none of them is lost, and none was started.
BOOST_AUTO_TEST_CASE(a_stop_gives_a_large_local_queue_back) {
  Desk desk(":memory:", system_clock());
  std::atomic<int> ran = 0;
  std::atomic<bool> hold = false;
  auto runner = desk.runner({.threads = 2});
  must(runner->register_handler("work", does([&](Context&) -> Result<Outcome> {
                                  if (++ran > 600) hold = true;
                                  while (hold && ran < 1'000'000)
                                    std::this_thread::sleep_for(milliseconds(1));
                                  return Outcome::done();
                                })));
  constexpr int count = 5'000;
  must(desk.queue()->enqueue(std::vector<jobs::NewJob>(count, job("work"))));
  must(runner->start());
  BOOST_TEST(wait_until([&] { return hold.load(); }));
  std::thread release([&] {
    std::this_thread::sleep_for(milliseconds(100));
    ran += 1'000'000;
  });
  const auto summary = must(runner->stop(seconds(5)));
  release.join();
  const int done = ran - 1'000'000;
  BOOST_TEST(summary.done == done);
  BOOST_TEST(done < 700);
  const auto stats = must(desk.queue()->stats());
  BOOST_REQUIRE(stats.size() == 1);
  BOOST_TEST(stats[0].ready == count - done);
  BOOST_TEST(stats[0].running == 0);
}

BOOST_AUTO_TEST_CASE(a_handlers_lines_carry_its_jobs_ids) {
  Desk desk(":memory:", system_clock());
  const auto lines = std::make_shared<Lines>();
  auto parts = parts_of(desk);
  parts.logger = observe::context_logger(lines);
  auto runner = jobs::make_runner(parts, {});
  std::string trace_within;
  must(runner->register_handler("talk", does([&](Context& context) -> Result<Outcome> {
                                  trace_within = observe::current_trace().trace_id_text();
                                  context.log(observe::Level::info, "from the handler");
                                  return Outcome::done();
                                })));
  auto wish = job("talk");
  wish.trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const JobId id = must(desk.queue()->enqueue({wish})).at(0);
  BOOST_TEST(must(runner->run_until_idle()).done == 1);
  const std::string line = lines->line_with("from the handler");
  BOOST_TEST(line.find("job=" + id.to_string()) != std::string::npos, line);
  BOOST_TEST(line.find("user=" + user("ann").to_string()) != std::string::npos, line);
  BOOST_TEST(line.find("0af7651916cd43dd8448eb211c80319c") != std::string::npos, line);
  BOOST_TEST(trace_within == "0af7651916cd43dd8448eb211c80319c");
}

BOOST_AUTO_TEST_CASE(runs_are_counted_by_kind) {
  Desk desk(":memory:", system_clock());
  auto parts = parts_of(desk);
  parts.metrics = observe::prometheus_metrics();
  auto runner = jobs::make_runner(parts, {});
  must(runner->register_handler("good", does_nothing()));
  must(runner->register_handler("bad", does([](Context&) -> Result<Outcome> {
                                  return fail({ErrorCode::internal, "no", {}, false, false});
                                })));
  must(desk.queue()->enqueue({job("good"), job("good"), job("bad")}));
  must(runner->run_until_idle());
  const std::string text = parts.metrics->text();
  for (const char* line :
       {"omnicrm_jobs_claimed_total{kind=\"good\"} 2", "omnicrm_jobs_done_total{kind=\"good\"} 2",
        "omnicrm_jobs_failed_total{kind=\"bad\"} 1", "omnicrm_jobs_dead_total{kind=\"bad\"} 1",
        "omnicrm_job_run_seconds_count{kind=\"good\"} 2",
        "omnicrm_job_start_delay_seconds_count{kind=\"good\"} 2"})
    BOOST_TEST(text.find(line) != std::string::npos, line << " is not in\n" << text);
}

/// By the leader of a service, with the kinds' own options.
BOOST_AUTO_TEST_CASE(a_service_removes_old_jobs) {
  Desk desk(":memory:", system_clock());
  auto runner = desk.runner();
  jobs::KindOptions options;
  options.keep_done = milliseconds(1);
  must(runner->register_handler("brief",
                                does([](Context&) -> Result<Outcome> { return Outcome::done(); }, options)));
  must(runner->register_handler("kept", does_nothing()));
  const auto ids = must(desk.queue()->enqueue({job("brief"), job("kept")}));
  must(runner->run_until_idle());
  BOOST_TEST(must(desk.queue()->get(ids[0])).attempt == 1);
  std::this_thread::sleep_for(milliseconds(20));  // older than that
  must(runner->start());
  BOOST_TEST(wait_until([&] { return !desk.queue()->get(ids[0]).has_value(); }));
  must(runner->stop());
  BOOST_TEST((must(desk.queue()->get(ids[1])).state == JobState::done));
  BOOST_TEST(desk.number("SELECT count(*) FROM leaders") == 0);
}

BOOST_AUTO_TEST_CASE(many_callers_each_get_their_own_answer) {
  const TemporaryFolder folder;
  Desk desk(folder.file("jobs.db"), system_clock());
  constexpr int threads = 12;
  constexpr int calls = 40;
  std::mutex mutex;
  std::set<JobId> ids;
  std::atomic<int> refused = 0;
  std::atomic<int> wrong = 0;
  const auto call = [&](int thread) {
    const std::string name = "user" + std::to_string(thread % 5);
    const UserId who = user_id(name).value();
    jobs::JobStore& store = desk.wakeup->store(desk.storage->dialect());
    for (int at = 0; at < calls; ++at) {
      auto wish = job("work");
      const bool is_bad = at % 10 == 3;
      if (is_bad) wish.after_jobs.push_back(desk.ids->make<JobId>());
      const std::vector<jobs::NewJob> wishes{wish};
      const auto made =
          desk.wakeup->coalescer().enqueue(*desk.storage, store, {*desk.clock, *desk.ids},
                                           {.user = who, .stop = {}, .written = nullptr}, wishes);
      if (is_bad) {
        refused += !made && made.error().code == ErrorCode::not_found ? 1 : 0;
        continue;
      }
      if (!made || made->size() != 1 || !desk.queue(name)->get((*made)[0])) {
        ++wrong;
        continue;
      }
      const std::lock_guard lock(mutex);
      ids.insert((*made)[0]);
    }
  };
  {
    std::vector<std::jthread> callers;
    for (int thread = 0; thread < threads; ++thread) callers.emplace_back(call, thread);
  }
  BOOST_TEST(wrong == 0);
  BOOST_TEST(refused == threads * calls / 10);
  BOOST_TEST(ids.size() == static_cast<std::size_t>(threads * calls * 9 / 10));
}

/// Two wake-ups are two processes' worth: nothing joins them but the database.
BOOST_AUTO_TEST_CASE(another_process_jobs_start_without_waiting_for_the_poll) {
  if (!on_postgres()) return;  // SQLite has no signals: other processes' jobs are found by polling
  Desk here("", system_clock());
  const auto there = std::make_shared<jobs::Wakeup>();
  auto runner = jobs::make_runner(parts_of(here), {.poll = seconds(30)});
  std::atomic<int> ran = 0;
  must(runner->register_handler("work", does([&](Context&) -> Result<Outcome> {
                                  ++ran;
                                  return Outcome::done();
                                })));
  must(runner->start());
  BOOST_TEST(wait_until([&] { return here.wakeup->hears(); }));
  auto queue = jobs::make_jobs(here.storage, here.clock, here.ids, user("ann"), there);
  std::this_thread::sleep_for(seconds(2));  // the engine's early looks are over
  std::vector<double> waits;
  for (int count = 1; count <= 5; ++count) {
    const auto begin = Steady::now();
    must(queue->enqueue({job("work")}));
    BOOST_TEST(wait_until([&] { return ran == count; }));
    waits.push_back(std::chrono::duration<double>(Steady::now() - begin).count());
    std::this_thread::sleep_for(milliseconds(300));
  }
  std::sort(waits.begin(), waits.end());
  BOOST_TEST(waits[2] < 0.1);
  must(runner->stop());
}

BOOST_AUTO_TEST_CASE(a_cancel_of_another_process_arrives_within_a_second) {
  const TemporaryFolder folder;
  Desk here(folder.file("jobs.db"), system_clock());
  const auto there = std::make_shared<jobs::Wakeup>();
  auto runner = jobs::make_runner(parts_of(here), {});
  std::atomic<bool> runs = false;
  must(runner->register_handler("work", does([&](Context& context) -> Result<Outcome> {
                                  runs = true;
                                  while (!context.stop().stop_requested())
                                    std::this_thread::sleep_for(milliseconds(1));
                                  return fail({ErrorCode::cancelled, "as asked", {}, true, false});
                                })));
  must(runner->start());
  auto queue = jobs::make_jobs(here.storage, here.clock, here.ids, user("ann"), there);
  const auto id = must(queue->enqueue({job("work")})).at(0);
  BOOST_TEST(wait_until([&] { return runs.load(); }));
  const auto begin = Steady::now();
  must(queue->cancel(id));
  BOOST_TEST(wait_until([&] { return must(queue->get(id)).state == JobState::cancelled; }));
  BOOST_TEST(std::chrono::duration<double>(Steady::now() - begin).count() < 1.0);
  must(runner->stop());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
