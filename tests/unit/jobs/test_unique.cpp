// Unique keys: how long they keep others out, and what a newcomer does then.
#include <boost/test/unit_test.hpp>

#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using jobs::UniqueConflict;
using jobs::UniqueScope;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

struct Keys {
  JobId add(UniqueScope scope, std::string payload = "{}", UniqueConflict conflict = UniqueConflict::keep,
            std::int64_t for_ms = 0) {
    jobs::NewJob made = job("work", std::move(payload));
    made.unique_key = "key";
    made.unique_scope = scope;
    made.unique_conflict = conflict;
    made.unique_for_ms = for_ms;
    return must(queue->enqueue({made})).at(0);
  }
  void handle(Does::Function function) { must(runner->register_handler("work", does(std::move(function)))); }
  void run() { must(runner->run_until_idle({}, milliseconds(0))); }
  [[nodiscard]] std::size_t count() const { return must(queue->list({}, {})).items.size(); }

  Desk desk;
  std::unique_ptr<jobs::Jobs> queue = desk.queue();
  std::unique_ptr<jobs::Runner> runner = desk.runner({.threads = 1});
};

BOOST_AUTO_TEST_SUITE(jobs_unique)

BOOST_AUTO_TEST_CASE(an_unfinished_job_keeps_others_out_until_it_has_ended) {
  Keys keys;
  JobId during;
  int ran = 0;
  keys.handle([&](Context&) -> Result<Outcome> {
    if (++ran == 1) during = keys.add(UniqueScope::unfinished);
    return Outcome::done();
  });
  const JobId first = keys.add(UniqueScope::unfinished);
  BOOST_TEST((keys.add(UniqueScope::unfinished) == first));
  keys.run();
  BOOST_TEST((during == first));
  BOOST_TEST((keys.add(UniqueScope::unfinished) != first));
  BOOST_TEST(keys.count() == 2);
}

BOOST_AUTO_TEST_CASE(a_waiting_one_only_until_it_starts) {
  Keys keys;
  JobId during;
  int ran = 0;
  keys.handle([&](Context&) -> Result<Outcome> {
    if (++ran == 1) {
      during = keys.add(UniqueScope::waiting);
      BOOST_TEST((keys.add(UniqueScope::waiting) == during));
    }
    return Outcome::done();
  });
  const JobId first = keys.add(UniqueScope::waiting);
  BOOST_TEST((keys.add(UniqueScope::waiting) == first));
  keys.run();
  BOOST_TEST((during != first));
  BOOST_TEST(ran == 2);
  BOOST_TEST(keys.count() == 2);
  BOOST_TEST(keys.desk.number("SELECT count(*) FROM job_unique") == 0);
}

BOOST_AUTO_TEST_CASE(what_failed_and_waits_again_has_started) {
  Keys keys;
  keys.handle([](Context&) -> Result<Outcome> {
    return fail({ErrorCode::unavailable, "no", {}, true, false});
  });
  const JobId first = keys.add(UniqueScope::waiting);
  keys.run();
  BOOST_TEST((keys.add(UniqueScope::waiting) != first));
}

BOOST_AUTO_TEST_CASE(a_period_lasts_beyond_the_end) {
  Keys keys;
  keys.handle([](Context&) -> Result<Outcome> { return Outcome::done(); });
  const auto hour = milliseconds(hours(1)).count();
  const JobId first = keys.add(UniqueScope::period, "{}", UniqueConflict::keep, hour);
  keys.run();
  keys.desk.fake().advance(minutes(59));
  BOOST_TEST((keys.add(UniqueScope::period, "{}", UniqueConflict::keep, hour) == first));
  BOOST_TEST((keys.add(UniqueScope::unfinished) == first));  // the holder's word counts
  keys.desk.fake().advance(minutes(2));
  const JobId second = keys.add(UniqueScope::period, "{}", UniqueConflict::keep, hour);
  BOOST_TEST((second != first));
  // An unfinished one keeps its key beyond the period.
  keys.desk.fake().advance(hours(3));
  BOOST_TEST((keys.add(UniqueScope::period, "{}", UniqueConflict::keep, hour) == second));
}

BOOST_AUTO_TEST_CASE(replacing_changes_what_still_waits) {
  Keys keys;
  const JobId first = keys.add(UniqueScope::unfinished, R"({"n":1})");
  const JobId same = keys.add(UniqueScope::unfinished, R"({"n":2})", UniqueConflict::replace);
  BOOST_TEST((same == first));
  BOOST_TEST(must(keys.queue->get(first)).payload.text == R"({"n":2})");
  BOOST_TEST((must(keys.queue->get(first)).state == JobState::ready));
  // Put off: a debounce.
  jobs::NewJob later = job("work", R"({"n":3})");
  later.unique_key = "key";
  later.unique_conflict = UniqueConflict::replace;
  later.priority = 5;
  later.run_at = keys.desk.clock->now() + minutes(10);
  BOOST_TEST((must(keys.queue->enqueue({later})).at(0) == first));
  const Job put_off = must(keys.queue->get(first));
  BOOST_TEST((put_off.state == JobState::scheduled));
  BOOST_TEST(put_off.priority == 5);
  BOOST_TEST((put_off.run_at == *later.run_at));
  // And called in again.
  keys.add(UniqueScope::unfinished, R"({"n":4})", UniqueConflict::replace);
  BOOST_TEST((must(keys.queue->get(first)).state == JobState::ready));
  std::string seen;
  keys.handle([&](Context& context) -> Result<Outcome> {
    seen = context.job().payload.text;
    // It runs: nothing is replaced any more.
    keys.add(UniqueScope::unfinished, R"({"n":5})", UniqueConflict::replace);
    return Outcome::done();
  });
  keys.run();
  BOOST_TEST(seen == R"({"n":4})");
  BOOST_TEST(must(keys.queue->get(first)).payload.text == R"({"n":4})");
  BOOST_TEST(keys.count() == 1);
}

BOOST_AUTO_TEST_CASE(a_retried_job_takes_its_key_again) {
  Keys keys;
  const JobId first = keys.add(UniqueScope::waiting);
  must(keys.queue->cancel(first));
  const JobId second = keys.add(UniqueScope::waiting);
  BOOST_TEST((second != first));
  const auto refused = keys.queue->retry(first);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::failed_precondition));
  must(keys.queue->cancel(second));
  must(keys.queue->retry(first));
  BOOST_TEST((keys.add(UniqueScope::waiting) == first));
}

BOOST_AUTO_TEST_CASE(keys_belong_to_a_user_and_a_kind) {
  Keys keys;
  const JobId first = keys.add(UniqueScope::unfinished);
  jobs::NewJob other = job("other");
  other.unique_key = "key";
  BOOST_TEST((must(keys.queue->enqueue({other})).at(0) != first));
  other.kind = "work";
  BOOST_TEST((must(keys.desk.queue("bob")->enqueue({other})).at(0) != first));
}

BOOST_AUTO_TEST_CASE(wrong_wishes_name_their_field) {
  Keys keys;
  const auto refused = [&](const jobs::NewJob& made, std::string_view field) {
    const auto answer = keys.queue->enqueue({made});
    BOOST_REQUIRE(!answer);
    BOOST_TEST((answer.error().code == ErrorCode::invalid_argument));
    BOOST_TEST(answer.error().message.starts_with("jobs[0]." + std::string(field) + ":"),
               answer.error().message);
  };
  jobs::NewJob made = job("work");
  made.unique_scope = UniqueScope::period;
  refused(made, "unique_key");
  made.unique_key = "key";
  refused(made, "unique_for_ms");
  made.unique_for_ms = milliseconds(std::chrono::days(367)).count();
  refused(made, "unique_for_ms");
  made.unique_scope = UniqueScope::waiting;
  refused(made, "unique_for_ms");
  made.unique_for_ms = 0;
  made.unique_scope = static_cast<UniqueScope>(9);
  refused(made, "unique_scope");
  made.unique_scope = UniqueScope::waiting;
  made.unique_conflict = static_cast<UniqueConflict>(9);
  refused(made, "unique_conflict");
  made = job("work");
  made.trace = "00-nonsense";
  refused(made, "trace");
  made.trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const JobId traced = must(keys.queue->enqueue({made})).at(0);
  BOOST_TEST(must(keys.queue->get(traced)).trace == made.trace);
  made = job("work");
  made.after_jobs.assign(1'001, traced);
  refused(made, "after_jobs");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
