// Leases: what dies, freezes or comes late writes nothing, and its jobs go on.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <random>
#include <thread>

#include "jobs/held.hpp"
#include "jobs/process.hpp"
#include "jobs/rounds.hpp"
#include "parts/temporary_folder.hpp"
#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A child process that runs `body` and ends with 0; killed or failed, its status says so. The parent must
/// not have the database open meanwhile (SQLite, "How To Corrupt", section 2.6).
pid_t child(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  try {
    body();
    ::_exit(0);
  } catch (...) {
    ::_exit(99);
  }
}
int status_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}
bool was_killed(int status) {
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/// A table of the host's, beside the library's: on PostgreSQL in a schema of its own.
std::string with_effects(std::string sql) {
  return sql.replace(sql.find('$'), 1, on_postgres() ? "public.effects" : "effects");
}
void make_effects(Desk& desk) {
  must(desk.storage->write({}, [](storage::Connection& connection) {
    const std::string columns = on_postgres() ? " (job_id UUID NOT NULL, pid INTEGER NOT NULL)"
                                              : " (job_id BLOB NOT NULL, pid INTEGER NOT NULL)";
    return connection.execute(with_effects("CREATE TABLE $" + columns));
  }));
}
Result<void> add_effect(storage::Connection& connection, JobId id) {
  const std::int64_t pid = ::getpid();
  auto added = storage::execute(connection, with_effects("INSERT INTO $ VALUES (?, ?)"), id, pid);
  if (!added) return fail(added.error());
  return {};
}

struct TwoWorkers {
  Desk desk;
  jobs::RunnerParts parts{desk.storage, desk.clock, desk.ids, desk.random, std::make_shared<Quiet>(),
                          desk.wakeup};
  jobs::RunnerOptions options;
  jobs::Rounds first{parts, options};
  jobs::Rounds second{parts, options};

  static jobs::RoundOrder claim_one() {
    jobs::RoundOrder order;
    order.shares = {{"[\"work\"]", 1}};
    order.restarts = 1;
    order.recover = true;
    return order;
  }
};

BOOST_AUTO_TEST_SUITE(jobs_lease)

BOOST_AUTO_TEST_CASE(a_late_worker_writes_nothing) {
  TwoWorkers two;
  auto queue = two.desk.queue();
  const auto id = must(queue->enqueue({job("work")})).at(0);
  auto early = must(two.first.write(TwoWorkers::claim_one()));
  BOOST_REQUIRE(early.claim.jobs.size() == 1);
  // As long as the heartbeat is fresh nobody else gets it.
  two.desk.fake().advance(seconds(10));
  BOOST_TEST(must(two.second.write(TwoWorkers::claim_one())).claim.jobs.empty());
  two.desk.fake().advance(seconds(6));
  must(two.second.write({}));  // the second worker lives
  auto late = must(two.second.write(TwoWorkers::claim_one()));
  BOOST_TEST(late.recovered == 1);
  BOOST_REQUIRE(late.claim.jobs.size() == 1);
  BOOST_TEST((late.claim.jobs[0].job.lease_id != early.claim.jobs[0].job.lease_id));
  BOOST_TEST(late.claim.jobs[0].job.attempt == 2);

  // The first one wakes up: in its handler's transaction, and with its endings of every kind.
  const jobs::KindEntry kind{does_nothing(), {}};
  jobs::Held held(early.claim.jobs[0], kind, two.parts);
  const auto completed = two.desk.storage->write(
      {}, [&](storage::Connection& connection) -> Result<void> { return held.complete_in(connection, {}); });
  BOOST_TEST((completed.error().code == ErrorCode::conflict));
  using How = jobs::Ending::How;
  for (const How how : {How::done, How::failed, How::snoozed, How::given_back}) {
    std::vector<jobs::Ending> endings(1);
    endings[0].row = early.claim.jobs[0];
    endings[0].how = how;
    endings[0].progress = jobs::Progress{1, 1, "late"};
    jobs::RoundOrder order;
    order.endings = endings;
    const auto result = must(two.first.write(order));
    BOOST_TEST(result.lost == (how == How::done));  // then it is registered again
    BOOST_TEST(result.summary.done + result.summary.failed + result.summary.snoozed +
                   result.summary.given_back ==
               0);
    const Job untouched = must(queue->get(id));
    BOOST_TEST((untouched.state == JobState::running));
    BOOST_TEST((untouched.lease_id == late.claim.jobs[0].job.lease_id));
    BOOST_TEST(untouched.progress_note.empty());
  }

  std::vector<jobs::Ending> endings(1);
  endings[0].row = late.claim.jobs[0];
  jobs::RoundOrder order;
  order.endings = endings;
  BOOST_TEST(must(two.second.write(order)).summary.done == 1);
  BOOST_TEST((must(queue->get(id)).state == JobState::done));
  BOOST_TEST(two.desk.number("SELECT count(*) FROM job_leases") == 0);
}

BOOST_AUTO_TEST_CASE(who_overslept_does_not_judge_others_by_age) {
  TwoWorkers two;
  must(two.desk.queue()->enqueue({job("work")}));
  must(two.second.write({}));
  BOOST_TEST(must(two.first.write(TwoWorkers::claim_one())).claim.jobs.size() == 1);
  two.desk.fake().advance(std::chrono::hours(1));  // the whole machine was asleep
  BOOST_TEST(must(two.second.write(TwoWorkers::claim_one())).recovered == 0);
  BOOST_TEST(!must(two.first.write({})).lost);
  BOOST_TEST(must(two.second.write(TwoWorkers::claim_one())).recovered == 0);
}

BOOST_AUTO_TEST_CASE(a_job_cancelled_under_a_dead_worker_ends_cancelled) {
  TwoWorkers two;
  auto queue = two.desk.queue();
  const auto id = must(queue->enqueue({job("work")})).at(0);
  must(two.first.write(TwoWorkers::claim_one()));
  BOOST_TEST((must(queue->cancel(id)).state == JobState::running));
  two.desk.fake().advance(seconds(20));
  BOOST_TEST(must(two.second.write(TwoWorkers::claim_one())).recovered == 1);
  BOOST_TEST((must(queue->get(id)).state == JobState::cancelled));
}

BOOST_AUTO_TEST_CASE(a_death_is_proved_only_where_it_can_be) {
  const std::string mine = jobs::worker_name("a/b@c");
  BOOST_TEST(!jobs::provably_dead(mine));
  BOOST_TEST(!jobs::provably_dead(""));
  BOOST_TEST(!jobs::provably_dead("name without a process"));
  BOOST_TEST(!jobs::provably_dead("name@host/another-boot/pid:[1]/1/1"));
  // The same number, started at another time: another process.
  BOOST_TEST(jobs::provably_dead(mine.substr(0, mine.rfind('/')) + "/1"));
  std::array<int, 2> pipe{};
  BOOST_REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t pid = child([&] {
    const std::string name = jobs::worker_name("child");
    BOOST_REQUIRE(::write(pipe[1], name.data(), name.size()) > 0);
    ::pause();
  });
  std::array<char, 1'000> text{};
  const auto size = ::read(pipe[0], text.data(), text.size());
  BOOST_REQUIRE(size > 0);
  const std::string name(text.data(), static_cast<std::size_t>(size));
  BOOST_TEST(!jobs::provably_dead(name));
  ::kill(pid, SIGKILL);
  siginfo_t info{};
  BOOST_REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
  BOOST_TEST(jobs::provably_dead(name));  // a zombie runs nothing
  status_of(pid);
  BOOST_TEST(jobs::provably_dead(name));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

BOOST_AUTO_TEST_CASE(a_job_that_kills_its_process_comes_back_at_once_and_ends_dead) {
  const TemporaryFolder folder;
  TestDatabases databases;
  const std::string path = databases.make(folder.file("jobs.db"));
  const auto run = [&path] {
    Desk desk(path, system_clock());
    auto runner = desk.runner({.threads = 1});
    must(runner->register_handler("kill", does([](Context&) -> Result<Outcome> {
                                    ::kill(::getpid(), SIGKILL);
                                    return Outcome::done();
                                  })));
    must(runner->register_handler("innocent", does_nothing()));
    must(runner->run_until_idle());
  };
  std::vector<JobId> ids;
  {
    Desk desk(path, system_clock());
    ids = must(desk.queue()->enqueue({job("kill"), job("innocent"), job("innocent")}));
  }
  const auto begin = std::chrono::steady_clock::now();
  int kills = 0;
  while (was_killed(status_of(child(run)))) BOOST_REQUIRE(++kills < 10);
  BOOST_TEST(kills == 5);
  // No lease of 15 s was waited for.
  BOOST_TEST((std::chrono::steady_clock::now() - begin < seconds(14)));
  Desk desk(path, system_clock());
  const Job dead = must(desk.queue()->get(ids.at(0)));
  BOOST_TEST((dead.state == JobState::dead));
  BOOST_TEST(dead.attempt == 5);
  BOOST_TEST(dead.error.text.find("ended while it held the job") != std::string::npos);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_failures") >= 5);
  BOOST_TEST((must(desk.queue()->get(ids.at(1))).state == JobState::done));
  BOOST_TEST((must(desk.queue()->get(ids.at(2))).state == JobState::done));
  BOOST_TEST(desk.number("SELECT count(*) FROM job_leases") == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM workers") == 0);
}

BOOST_AUTO_TEST_CASE(a_stopped_process_loses_its_lease_and_writes_nothing) {
  const TemporaryFolder folder;
  TestDatabases databases;
  const std::string path = databases.make(folder.file("jobs.db"));
  JobId id;
  {
    Desk desk(path, system_clock());
    id = must(desk.queue()->enqueue({job("work")})).at(0);
  }
  const jobs::RunnerOptions options{.threads = 1, .lease = milliseconds(150), .heartbeat = milliseconds(20)};
  const pid_t frozen = child([&] {
    Desk desk(path, system_clock());
    auto runner = desk.runner(options);
    must(runner->register_handler("work", does([](Context&) -> Result<Outcome> {
                                    ::raise(SIGSTOP);
                                    return Outcome::done(Json{"\"frozen\""});
                                  })));
    must(runner->run_until_idle());
  });
  int status = 0;
  BOOST_REQUIRE(::waitpid(frozen, &status, WUNTRACED) == frozen);
  BOOST_REQUIRE(WIFSTOPPED(status));
  {
    Desk desk(path, system_clock());
    auto runner = desk.runner(options);
    must(runner->register_handler(
        "work", does([](Context&) -> Result<Outcome> { return Outcome::done(Json{"\"awake\""}); })));
    BOOST_TEST(must(runner->run_until_idle()).done == 1);
  }
  ::kill(frozen, SIGCONT);
  BOOST_TEST(status_of(frozen) == 0);
  Desk desk(path, system_clock());
  const Job done = must(desk.queue()->get(id));
  BOOST_TEST(done.result.text == "\"awake\"");
  BOOST_TEST(done.attempt == 2);
}

BOOST_AUTO_TEST_CASE(two_processes_share_a_file_and_run_each_job_once) {
  const TemporaryFolder folder;
  TestDatabases databases;
  const std::string path = databases.make(folder.file("jobs.db"));
  constexpr int count = 2'000;
  {
    Desk desk(path, system_clock());
    make_effects(desk);
    must(desk.queue("ann")->enqueue(std::vector<jobs::NewJob>(count / 2, job("work"))));
    must(desk.queue("bob")->enqueue(std::vector<jobs::NewJob>(count / 2, job("work"))));
  }
  const auto run = [&path] {
    Desk desk(path, system_clock());
    auto runner = desk.runner({.threads = 2});
    must(runner->register_handler("work", does([&](Context& context) -> Result<Outcome> {
                                    auto written =
                                        desk.storage->write({}, [&](storage::Connection& connection) {
                                          return add_effect(connection, context.job().id);
                                        });
                                    if (!written) return fail(written.error());
                                    return Outcome::done();
                                  })));
    must(runner->run_until_idle());
  };
  const pid_t one = child(run);
  const pid_t two = child(run);
  BOOST_TEST(status_of(one) == 0);
  BOOST_TEST(status_of(two) == 0);
  Desk desk(path, system_clock());
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'done' AND attempt = 1") == count);
  BOOST_TEST(desk.number(with_effects("SELECT count(*) FROM $")) == count);
  BOOST_TEST(desk.number(with_effects("SELECT count(DISTINCT job_id) FROM $")) == count);
  BOOST_TEST(desk.number("SELECT count(*) FROM workers") == 0);
}

// The effect and the completion are one transaction: kill -9 at any point, and each effect is there exactly
// once.
BOOST_AUTO_TEST_CASE(effects_happen_exactly_once_under_kill_9) {
  const TemporaryFolder folder;
  TestDatabases databases;
  const std::string path = databases.make(folder.file("jobs.db"));
  constexpr int count = 400;
  {
    Desk desk(path, system_clock());
    make_effects(desk);
    auto sturdy = job("work");
    sturdy.max_attempts = 1'000;
    must(desk.queue()->enqueue(std::vector<jobs::NewJob>(count, sturdy)));
  }
  std::mt19937 random(20261123);
  int kills = 0;
  for (int round = 0; round < 50; ++round) {
    const int kill_at = std::uniform_int_distribution(1, 40)(random);
    const int status = status_of(child([&] {
      Desk desk(path, system_clock());
      std::atomic<int> point = 0;
      const auto maybe_die = [&] {
        if (++point == kill_at) ::kill(::getpid(), SIGKILL);
      };
      auto runner = desk.runner({.threads = 2});
      must(runner->register_handler("work", does([&](Context& context) -> Result<Outcome> {
                                      maybe_die();
                                      auto written =
                                          desk.storage->write({}, [&](storage::Connection& connection) {
                                            auto added = add_effect(connection, context.job().id);
                                            maybe_die();
                                            return added ? context.complete_in(connection) : added;
                                          });
                                      maybe_die();
                                      if (!written) return fail(written.error());
                                      return Outcome::done();
                                    })));
      must(runner->run_until_idle());
    }));
    BOOST_REQUIRE(was_killed(status) || status == 0);
    kills += was_killed(status) ? 1 : 0;
  }
  BOOST_TEST(kills > 20);
  Desk desk(path, system_clock());
  auto runner = desk.runner();
  must(runner->register_handler("work", does([&](Context& context) -> Result<Outcome> {
                                  auto written =
                                      desk.storage->write({}, [&](storage::Connection& connection) {
                                        auto added = add_effect(connection, context.job().id);
                                        return added ? context.complete_in(connection) : added;
                                      });
                                  if (!written) return fail(written.error());
                                  return Outcome::done();
                                })));
  must(runner->run_until_idle());
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'done'") == count);
  BOOST_TEST(desk.number(with_effects("SELECT count(*) FROM $")) == count);
  BOOST_TEST(desk.number(with_effects("SELECT count(DISTINCT job_id) FROM $")) == count);
  BOOST_TEST(desk.number("SELECT count(*) FROM job_leases") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
