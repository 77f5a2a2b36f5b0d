// Fair turns and waits between retries.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

#include "jobs/backoff.hpp"
#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Who ran, in order.
struct Line {
  explicit Line(Desk& desk) : runner(desk.runner({.threads = 1})) {
    must(runner->register_handler("work", does([this](Context& context) -> Result<Outcome> {
                                    users.push_back(context.user());
                                    return Outcome::done();
                                  })));
  }
  [[nodiscard]] std::ptrdiff_t place_of(std::string_view name) const {
    return std::find(users.begin(), users.end(), user(name)) - users.begin();
  }
  std::vector<UserId> users;
  std::unique_ptr<jobs::Runner> runner;
};

std::vector<jobs::NewJob> many(std::size_t count) {
  return std::vector<jobs::NewJob>(count, job("work"));
}

BOOST_AUTO_TEST_SUITE(jobs_fair)

BOOST_AUTO_TEST_CASE(a_flood_delays_nobody) {
  Desk desk;
  Line line(desk);
  must(desk.queue("flood")->enqueue(many(10'000)));
  constexpr int newcomers = 40;
  for (int i = 0; i < newcomers; ++i) must(desk.queue("user" + std::to_string(i))->enqueue(many(3)));
  must(line.runner->run_until_idle());
  BOOST_TEST(line.users.size() == 10'000 + 3 * newcomers);
  for (int i = 0; i < newcomers; ++i) BOOST_TEST(line.place_of("user" + std::to_string(i)) <= newcomers);
  // Nobody's third job waits for more than two of the others each.
  const auto last =
      std::find_if(line.users.rbegin(), line.users.rend(), [](UserId id) { return id != user("flood"); });
  const std::ptrdiff_t ran_by_then = line.users.rend() - last;
  BOOST_TEST(ran_by_then <= 3 * (newcomers + 1));
}

// The numbers: 500 users of 25 jobs and one flood of 10,000.
BOOST_AUTO_TEST_CASE(everybodys_first_job_is_near_the_head) {
  Desk desk;
  Line line(desk);
  must(desk.queue("flood")->enqueue(many(10'000)));
  constexpr int users = 500;
  for (int i = 0; i < users; ++i) must(desk.queue("user" + std::to_string(i))->enqueue(many(25)));
  must(line.runner->step(600));
  for (int i = 0; i < users; ++i) BOOST_TEST(line.place_of("user" + std::to_string(i)) < 600, "user" << i);
  must(line.runner->run_until_idle());
  BOOST_TEST(line.users.size() == 10'000 + 25 * users);
  // All of their jobs are over before the flood has had much more than its share.
  const auto last =
      std::find_if(line.users.rbegin(), line.users.rend(), [](UserId id) { return id != user("flood"); });
  const std::ptrdiff_t ran_by_then = line.users.rend() - last;
  BOOST_TEST(ran_by_then <= 26 * (users + 1));
}

// A line that stood still keeps its own time: who comes to it now is next in it.
BOOST_AUTO_TEST_CASE(a_kind_that_could_not_run_is_fair_in_itself) {
  Desk desk;
  Line line(desk);
  std::vector<UserId> slow;
  must(desk.queue("flood")->enqueue(std::vector<jobs::NewJob>(1'000, job("slow"))));
  for (int i = 0; i < 30; ++i) {
    must(desk.queue("busy")->enqueue(many(100)));
    must(line.runner->run_until_idle());
  }
  must(desk.queue("late")->enqueue({job("slow")}));
  auto other = desk.runner({.threads = 1});
  must(other->register_handler("slow", does([&](Context& context) -> Result<Outcome> {
                                 slow.push_back(context.user());
                                 return Outcome::done();
                               })));
  must(other->step(10));
  BOOST_TEST(std::count(slow.begin(), slow.end(), user("late")) == 1);
}

BOOST_AUTO_TEST_CASE(who_comes_later_starts_where_the_line_is_now) {
  Desk desk;
  Line line(desk);
  must(desk.queue("flood")->enqueue(many(1'000)));
  must(line.runner->step(500));
  must(desk.queue("late")->enqueue(many(5)));
  must(line.runner->step(12));
  BOOST_TEST(line.place_of("late") <= 501);
  BOOST_TEST(std::count(line.users.begin(), line.users.end(), user("late")) == 5);
  // Having been idle saves nothing up: the two share from here on.
  must(desk.queue("late")->enqueue(many(200)));
  line.users.clear();
  must(line.runner->step(100));
  const auto late = std::count(line.users.begin(), line.users.end(), user("late"));
  BOOST_TEST(late >= 48);
  BOOST_TEST(late <= 52);
}

BOOST_AUTO_TEST_CASE(an_empty_line_keeps_its_time) {
  Desk desk;
  Line line(desk);
  must(desk.queue("early")->enqueue(many(300)));
  must(line.runner->run_until_idle());
  // "early" has used 300 turns of a line that nobody else wanted; that is not held against it.
  must(desk.queue("other")->enqueue(many(300)));
  must(desk.queue("early")->enqueue(many(1)));
  line.users.clear();
  must(line.runner->run_until_idle());
  BOOST_TEST(line.place_of("early") <= 2);
}

BOOST_AUTO_TEST_CASE(a_costly_job_takes_more_of_the_turn) {
  Desk desk;
  Line line(desk);
  auto costly = job("work");
  costly.cost = 3;
  must(desk.queue("costly")->enqueue(std::vector<jobs::NewJob>(100, costly)));
  must(desk.queue("cheap")->enqueue(many(100)));
  must(line.runner->step(80));
  const auto count = std::count(line.users.begin(), line.users.end(), user("costly"));
  BOOST_TEST(count >= 18);
  BOOST_TEST(count <= 22);
}

BOOST_AUTO_TEST_CASE(delayed_jobs_take_their_turn_when_they_are_due) {
  Desk desk;
  Line line(desk);
  auto later = job("work");
  later.run_at = desk.clock->now() + hours(1);
  must(desk.queue("planner")->enqueue(std::vector<jobs::NewJob>(1'000, later)));
  must(desk.queue("other")->enqueue(many(20)));
  must(desk.queue("planner")->enqueue(many(1)));
  must(line.runner->step(2));
  // What is planned for later does not push its owner's work of today back.
  BOOST_TEST(line.place_of("planner") <= 1);
  desk.fake().advance(hours(2));
  must(line.runner->step(40));
  BOOST_TEST(std::count(line.users.begin(), line.users.end(), user("other")) >= 18);
}

BOOST_AUTO_TEST_CASE(the_wait_is_within_its_bounds_and_spread) {
  SeededRandom random(42);
  jobs::KindOptions options;
  options.backoff_base = milliseconds(1'000);
  options.backoff_cap = milliseconds(60'000);
  for (const auto& [attempt, ceiling] : std::map<std::int64_t, microseconds>{{1, milliseconds(1'000)},
                                                                             {2, milliseconds(2'000)},
                                                                             {5, milliseconds(16'000)},
                                                                             {7, milliseconds(60'000)},
                                                                             {1'000, milliseconds(60'000)}}) {
    microseconds sum{0};
    microseconds least = ceiling;
    microseconds most{0};
    constexpr int draws = 2'000;
    for (int i = 0; i < draws; ++i) {
      const auto wait = jobs::retry_delay(options, attempt, random);
      BOOST_REQUIRE(wait.count() >= 0);
      BOOST_REQUIRE(wait <= ceiling);
      least = std::min(least, wait);
      most = std::max(most, wait);
      sum += wait;
    }
    // Full jitter: the whole range is used, evenly.
    BOOST_TEST((least < ceiling / 50));
    BOOST_TEST((most > ceiling - ceiling / 50));
    BOOST_TEST((sum / draws > ceiling * 9 / 20));
    BOOST_TEST((sum / draws < ceiling * 11 / 20));
  }
  options.backoff_base = milliseconds(0);
  BOOST_TEST(jobs::retry_delay(options, 9, random).count() == 0);
}

BOOST_AUTO_TEST_CASE(a_failed_job_waits_as_long_as_its_kind_says) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  jobs::KindOptions options;
  options.backoff_base = hours(1);
  options.backoff_cap = hours(3);
  must(runner->register_handler("fails", does(
                                             [](Context&) -> Result<Outcome> {
                                               return fail({ErrorCode::unavailable, "no", {}, true, false});
                                             },
                                             options)));
  auto patient = job("fails");
  patient.max_attempts = 20;
  must(queue->enqueue(std::vector<jobs::NewJob>(200, patient)));
  std::int64_t longest = 0;
  for (int attempt = 1; attempt <= 4; ++attempt) {
    must(runner->run_until_idle({}, milliseconds(0)));
    const auto now = std::to_string(to_micros(desk.clock->now()));
    BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'scheduled' AND attempt = " +
                           std::to_string(attempt)) == 200);
    longest = desk.number("SELECT max(run_at) - " + now + " FROM jobs");
    const auto ceiling = microseconds(hours(attempt == 1 ? 1 : attempt == 2 ? 2 : 3)).count();
    BOOST_TEST(longest <= ceiling);
    BOOST_TEST(longest > ceiling * 9 / 10);
    desk.fake().advance(hours(4));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
