// A user's queue: enqueueing, keys, cancelling, lists.
#include <boost/test/unit_test.hpp>
#include <latch>
#include <set>
#include <stop_token>
#include <thread>

#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::hours;

BOOST_AUTO_TEST_SUITE(jobs_queue)

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_and_nothing_is_written) {
  Desk desk;
  auto queue = desk.queue();
  const auto refused = [&](jobs::NewJob bad, std::string_view field) {
    const auto result = queue->enqueue({job("fine"), bad});
    BOOST_REQUIRE(!result);
    BOOST_TEST((result.error().code == ErrorCode::invalid_argument));
    BOOST_TEST(result.error().message.find("jobs[1]." + std::string(field)) == 0);
  };
  refused(job(""), "kind");
  refused(job(std::string("k\0b", 3)), "kind");
  refused(job("k", "[1]"), "payload");
  refused(job("k", "{"), "payload");
  refused(job("k", ""), "payload");
  auto bad = job("k");
  bad.max_attempts = 0;
  refused(bad, "max_attempts");
  bad = job("k");
  bad.cost = 0;
  refused(bad, "cost");
  bad = job("k");
  bad.unique_key = "\xff";
  refused(bad, "unique_key");
  bad = job("k");
  bad.run_at = from_micros(INT64_MAX);
  refused(bad, "run_at");
  bad = job("k");
  bad.priority = INT64_MAX;
  refused(bad, "priority");
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs") == 0);
}

BOOST_AUTO_TEST_CASE(a_job_belongs_to_the_callers_transaction) {
  Desk desk;
  auto queue = desk.queue();
  const auto rolled_back =
      desk.storage->write({user("ann")}, [&](storage::Connection& connection) -> Result<void> {
        must(queue->enqueue_in(connection, {job("mail")}));
        return fail({ErrorCode::conflict, "never mind", {}, false, false});
      });
  BOOST_TEST(!rolled_back);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs") == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_clocks") == 0);
  must(desk.storage->write({user("ann")}, [&](storage::Connection& connection) -> Result<void> {
    must(queue->enqueue_in(connection, {job("mail")}));
    return {};
  }));
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs") == 1);
}

BOOST_AUTO_TEST_CASE(a_user_does_not_see_anothers_jobs) {
  Desk desk;
  auto ann = desk.queue("ann");
  auto bob = desk.queue("bob");
  const auto id = must(ann->enqueue({job("mail")})).at(0);
  BOOST_TEST((bob->get(id).error().code == ErrorCode::not_found));
  BOOST_TEST((bob->cancel(id).error().code == ErrorCode::not_found));
  BOOST_TEST((bob->retry(id).error().code == ErrorCode::not_found));
  BOOST_TEST(must(bob->list({}, {})).items.empty());
  BOOST_TEST(must(bob->stats()).empty());
  BOOST_TEST((must(ann->get(id)).state == JobState::ready));
}

BOOST_AUTO_TEST_CASE(a_unique_key_holds_while_the_job_waits_or_runs) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  auto keyed = job("sync");
  keyed.unique_key = "mailbox";
  auto other_kind = keyed;
  other_kind.kind = "other";
  const auto first = must(queue->enqueue({keyed, keyed, other_kind}));
  BOOST_TEST((first.at(0) == first.at(1)));
  BOOST_TEST((first.at(0) != first.at(2)));
  BOOST_TEST((must(queue->enqueue({keyed})).at(0) == first.at(0)));
  BOOST_TEST((must(desk.queue("bob")->enqueue({keyed})).at(0) != first.at(0)));

  JobId while_running;
  bool once = true;
  must(runner->register_handler("sync", does([&](Context& context) -> Result<Outcome> {
                                  if (context.user() == user("ann") && std::exchange(once, false))
                                    while_running = must(queue->enqueue({keyed})).at(0);
                                  return Outcome::done();
                                })));
  must(runner->run_until_idle());
  BOOST_TEST((while_running == first.at(0)));
  const auto after = must(queue->enqueue({keyed})).at(0);
  BOOST_TEST((after != first.at(0)));

  must(queue->cancel(after));
  const auto third = must(queue->enqueue({keyed})).at(0);
  BOOST_TEST((third != after));
  // The key is taken again: the cancelled job cannot come back beside the one that has it.
  BOOST_TEST((queue->retry(after).error().code == ErrorCode::failed_precondition));
  must(queue->cancel(third));
  BOOST_TEST((must(queue->retry(after)).state == JobState::ready));
  BOOST_TEST((must(queue->enqueue({keyed})).at(0) == after));
}

BOOST_AUTO_TEST_CASE(a_waiting_job_is_cancelled_at_once) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("mail", does_nothing()));
  auto later = job("mail");
  later.run_at = desk.clock->now() + hours(1);
  const auto ids = must(queue->enqueue({job("mail"), later, job("mail")}));
  BOOST_TEST((must(queue->cancel(ids.at(0))).state == JobState::cancelled));
  BOOST_TEST((must(queue->cancel(ids.at(1))).state == JobState::cancelled));
  desk.fake().advance(hours(2));
  BOOST_TEST(must(runner->run_until_idle()).started == 1);
  // A finished job stays as it is.
  BOOST_TEST((must(queue->cancel(ids.at(2))).state == JobState::done));
  BOOST_TEST((queue->retry(ids.at(2)).error().code == ErrorCode::failed_precondition));
  BOOST_TEST((queue->retry(JobId{}).error().code == ErrorCode::not_found));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_claimed_meanwhile_is_told_to_stop) {
  Desk desk;
  auto queue = desk.queue();
  jobs::NewJob keyed = job("work");
  keyed.unique_key = "one";
  const JobId id = must(queue->enqueue({keyed})).at(0);
  // A claim that has taken the job and not committed yet when somebody cancels it.
  std::latch taken(1);
  std::jthread claim([&] {
    must(desk.storage->write({}, [&](storage::Connection& connection) -> Result<void> {
      jobs::RoundCall call;
      call.self = {desk.ids->make<WorkerId>(), "claimer", desk.clock->now()};
      call.reborn = call.self;
      call.lease = desk.ids->make<LeaseId>();
      call.now = desk.clock->now();
      jobs::RoundOrder order;
      order.shares.push_back({.kinds = R"(["work"])", .limit = 10});
      const auto round = desk.wakeup->store(connection.dialect()).round(connection, call, order);
      if (!round || round->claim.jobs.size() != 1) std::terminate();  // or the test would wait for ever
      taken.count_down();
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      return {};
    }));
  });
  taken.wait();
  const Job asked = must(queue->cancel(id));
  BOOST_TEST((asked.state == JobState::running));
  BOOST_TEST(asked.cancel_requested);
  BOOST_TEST((must(queue->enqueue({keyed})).at(0) == id));  // the key is still taken
}

/// Runs a job that waits for its stop, cancels it through `canceller`, and says how it ended.
Job cancelled_while_running(Desk& desk, jobs::Jobs& canceller) {
  auto queue = desk.queue();
  auto runner = desk.runner();
  std::atomic<bool> entered = false;
  must(runner->register_handler("block", does([&](Context& context) -> Result<Outcome> {
                                  entered = true;
                                  while (!context.stop().stop_requested()) std::this_thread::yield();
                                  return fail({ErrorCode::cancelled, "stopped", {}, false, false});
                                })));
  const auto id = must(queue->enqueue({job("block")})).at(0);
  must(runner->start());
  while (!entered) std::this_thread::yield();
  const Job asked = must(canceller.cancel(id));
  BOOST_TEST((asked.state == JobState::running || asked.state == JobState::cancelled));
  BOOST_TEST(asked.cancel_requested);
  while (must(queue->get(id)).state == JobState::running) std::this_thread::yield();
  must(runner->stop());
  return must(queue->get(id));
}

BOOST_AUTO_TEST_CASE(a_running_job_is_asked_to_stop) {
  Desk desk;
  BOOST_TEST((cancelled_while_running(desk, *desk.queue()).state == JobState::cancelled));
}

BOOST_AUTO_TEST_CASE(a_cancel_of_another_process_is_found_by_looking) {
  Desk desk;
  // A queue that does not share the runner's wakeup is like one of another process.
  auto elsewhere =
      jobs::make_jobs(desk.storage, desk.clock, desk.ids, user("ann"), std::make_shared<jobs::Wakeup>());
  BOOST_TEST((cancelled_while_running(desk, *elsewhere).state == JobState::cancelled));
}

BOOST_AUTO_TEST_CASE(a_batch_is_cancelled_in_the_callers_transaction) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 1});
  auto mine = job("block");
  mine.batch_id = desk.ids->make<BatchId>();
  mine.unique_key = "k";
  auto more = mine;
  more.unique_key.clear();
  std::atomic<bool> entered = false;
  must(runner->register_handler("block", does([&](Context& context) -> Result<Outcome> {
                                  entered = true;
                                  while (!context.stop().stop_requested()) std::this_thread::yield();
                                  return fail({ErrorCode::cancelled, "stopped", {}, false, false});
                                })));
  std::vector<jobs::NewJob> all{more, mine};
  all.insert(all.end(), 8, more);
  must(queue->enqueue(all));
  const auto outside = must(queue->enqueue({job("unrelated")})).at(0);
  must(runner->start());
  while (!entered) std::this_thread::yield();
  std::int64_t count = 0;
  must(desk.storage->write({user("ann")}, [&](storage::Connection& connection) -> Result<void> {
    count = must(queue->cancel_batch_in(connection, *mine.batch_id));
    return {};
  }));
  BOOST_TEST(count == 10);
  while (desk.number("SELECT count(*) FROM jobs WHERE state = 'cancelled'") < 10) std::this_thread::yield();
  must(runner->stop());
  BOOST_TEST(desk.number("SELECT count(*) FROM job_unique") == 0);
  BOOST_TEST((must(queue->get(outside)).state == JobState::ready));
}

BOOST_AUTO_TEST_CASE(pages_go_on_where_the_last_one_ended) {
  Desk desk;
  auto queue = desk.queue();
  std::set<JobId> expected;
  const auto batch = desk.ids->make<BatchId>();
  for (int i = 0; i < 25; ++i) {
    auto next = job(i % 2 == 0 ? "even" : "odd");
    if (i < 5) next.batch_id = batch;
    expected.insert(must(queue->enqueue({next})).at(0));
    if (i % 3 == 0) desk.fake().advance(hours(1));
  }
  std::vector<JobId> seen;
  PageRequest request{.limit = 4, .cursor = {}};
  while (true) {
    const auto page = must(queue->list({}, request));
    for (const Job& job : page.items) seen.push_back(job.id);
    if (!page.next) break;
    BOOST_TEST(page.items.size() == 4);
    request.cursor = *page.next;
  }
  BOOST_TEST(seen.size() == 25);
  BOOST_TEST((std::set<JobId>(seen.begin(), seen.end()) == expected));
  BOOST_TEST((seen.front() == *expected.rbegin()));  // newest first: ids grow with time

  BOOST_TEST(must(queue->list({.state = {}, .kind = "odd", .batch_id = {}}, {})).items.size() == 12);
  BOOST_TEST(must(queue->list({.state = JobState::done, .kind = {}, .batch_id = {}}, {})).items.empty());
  BOOST_TEST(
      must(queue->list({.state = JobState::ready, .kind = "even", .batch_id = batch}, {})).items.size() == 3);
  for (const char* cursor : {"x", "1.2", "x.019abc00-0000-7000-8000-000000000000", "1", "."})
    BOOST_TEST((queue->list({}, {.limit = 1, .cursor = cursor}).error().code == ErrorCode::invalid_argument));
  BOOST_TEST((queue->list({}, {.limit = 0, .cursor = {}}).error().code == ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_CASE(stats_count_by_kind_and_state) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("a", does_nothing()));
  auto later = job("a");
  later.run_at = desk.clock->now() + hours(1);
  must(queue->enqueue({job("a"), job("a"), later}));
  must(runner->run_until_idle());
  const auto first = desk.clock->now();
  const auto cancelled = must(queue->enqueue({job("b"), job("b"), job("b")})).at(2);
  desk.fake().advance(hours(1) - std::chrono::seconds(1));
  must(queue->enqueue({job("b")}));
  must(queue->cancel(cancelled));
  const auto stats = must(queue->stats());
  BOOST_REQUIRE(stats.size() == 2);
  BOOST_TEST(stats[0].kind == "a");
  BOOST_TEST(stats[0].done == 2);
  BOOST_TEST(stats[0].scheduled == 1);
  BOOST_TEST(!stats[0].oldest_ready_at.has_value());
  BOOST_TEST(stats[1].ready == 3);
  BOOST_TEST(stats[1].cancelled == 1);
  BOOST_TEST((stats[1].oldest_ready_at == first));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
