// Reads on a streaming replica, and the writes that they must not miss.
#include <atomic>
#include <thread>

#include "parts/postgres_replica.hpp"
#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace omnicrm::testing;
using namespace std::chrono_literals;

namespace {

struct Fixture : PostgresFixture {
  Fixture() {
    static PostgresReplica made(server);
    replica = &made;
    BOOST_REQUIRE(storage->migrate().has_value());
    options.read_url = replica->url(database);
    open();
    replica->catch_up();
  }
  [[nodiscard]] Scope session() { return {.user = ada, .written = &written}; }
  Result<void> put(std::int64_t n) {
    return storage->write(session(), [&](Connection& connection) {
      const std::string name = std::to_string(n);
      return storage::run(connection,
                          "INSERT INTO settings (user_id, name, value, updated_at) VALUES (?, ?, '', 1)", ada,
                          name);
    });
  }
  std::int64_t count() { return number("SELECT count(*) FROM settings", session()).value_or(-1); }
  /// Where a read of the session's is answered.
  bool is_on_replica() {
    return number("SELECT CAST(pg_is_in_recovery() AS integer)", session()).value_or(-1) == 1;
  }
  bool comes_back_to_replica() {
    for (int look = 0; look < 500; ++look) {
      if (is_on_replica()) return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }

  PostgresReplica* replica = nullptr;
  WritePosition written;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_replica, Fixture)

BOOST_AUTO_TEST_CASE(a_sessions_reads_go_there_and_no_others) {
  BOOST_TEST(is_on_replica());
  BOOST_TEST(number("SELECT CAST(pg_is_in_recovery() AS integer)", {.user = ada}).value_or(-1) == 0);
  BOOST_TEST(number("SELECT CAST(pg_is_in_recovery() AS integer)").value_or(-1) == 0);
  BOOST_REQUIRE(put(1).has_value());
  BOOST_TEST(written.value > 0U);
  BOOST_TEST(count() == 1);
  BOOST_TEST(comes_back_to_replica());
  BOOST_TEST(count() == 1);
  // Row-level security holds there, too.
  WritePosition others;
  BOOST_TEST(number("SELECT count(*) FROM settings", {.user = bob, .written = &others}).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(an_own_write_is_seen_though_the_replica_stands_still) {
  BOOST_REQUIRE(put(1).has_value());
  replica->catch_up();
  BOOST_TEST(comes_back_to_replica());
  replica->ask("SELECT pg_wal_replay_pause()");
  for (int look = 0; look < 500 && replica->ask("SELECT pg_get_wal_replay_pause_state()") != "paused";
       ++look) {
    std::this_thread::sleep_for(10ms);
  }
  BOOST_REQUIRE(put(2).has_value());
  for (int round = 0; round < 20; ++round) {
    BOOST_TEST(count() == 2);
    BOOST_TEST(!is_on_replica());
  }
  // Another session, which has written nothing since, is answered there, and sees what is there.
  WritePosition old;
  BOOST_TEST(number("SELECT count(*) FROM settings", {.user = ada, .written = &old}).value_or(-1) == 1);
  replica->ask("SELECT pg_wal_replay_resume()");
  BOOST_TEST(comes_back_to_replica());
  BOOST_TEST(count() == 2);
}

BOOST_AUTO_TEST_CASE(no_read_misses_an_own_write) {
  std::atomic<int> missed = 0;
  std::atomic<int> there = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      const UserId user{Uuid::from_name(Uuid{}, std::to_string(thread))};
      WritePosition own;
      const Scope scope{.user = user, .written = &own};
      for (int n = 1; n <= 100; ++n) {
        const std::string name = std::to_string(n);
        const auto done = storage->write(scope, [&](Connection& connection) {
          return storage::run(connection,
                              "INSERT INTO settings (user_id, name, value, updated_at) VALUES (?, ?, '', 1)",
                              user, name);
        });
        if (!done) ++missed;
        std::int64_t rows = 0;
        std::int64_t on_replica = 0;
        const auto read = storage->read(scope, [&](Connection& connection) -> Result<void> {
          OMNICRM_ASSIGN(
              Query query,
              Query::run(connection, "SELECT count(*), CAST(pg_is_in_recovery() AS integer) FROM settings"));
          OMNICRM_TRY(query.next());
          rows = query.get<std::int64_t>(0);
          on_replica = query.get<std::int64_t>(1);
          return {};
        });
        if (!read || rows != n) ++missed;
        if (on_replica == 1) ++there;
        if (n % 4 == 0) std::this_thread::sleep_for(2ms);
      }
    });
  }
  threads.clear();
  BOOST_TEST(missed == 0);
  BOOST_TEST_MESSAGE(there << " of 300 reads right after a write were answered by the replica");
}

BOOST_AUTO_TEST_CASE(asking_costs_no_round_trip) {
  BOOST_REQUIRE(put(1).has_value());
  replica->catch_up();
  BOOST_TEST(comes_back_to_replica());
  BOOST_REQUIRE(put(2).has_value());  // the replica must be asked again
  replica->catch_up();
  std::this_thread::sleep_for(20ms);
  std::uint64_t inside = 0;
  bool on_replica = false;
  const auto read = storage->read(session(), [&](Connection& connection) -> Result<void> {
    const PgLink& link = static_cast<PgConnection&>(connection).link();
    const auto before = link.round_trips();
    OMNICRM_ASSIGN(const auto there,
                   query_one<std::int64_t>(connection, "SELECT CAST(pg_is_in_recovery() AS integer)"));
    inside = link.round_trips() - before;
    on_replica = there.value_or(0) == 1;
    return {};
  });
  BOOST_TEST(read.has_value(), reason(read));
  BOOST_TEST(on_replica);
  BOOST_TEST(inside == 1U);
}

BOOST_AUTO_TEST_CASE(a_dead_replica_is_survived) {
  BOOST_TEST(is_on_replica());
  replica->stop();
  const auto begun = std::chrono::steady_clock::now();
  for (int round = 0; round < 50; ++round) {
    BOOST_REQUIRE(put(round).has_value());
    BOOST_TEST(count() == round + 1);
  }
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 5s));
  replica->start();
  BOOST_TEST(comes_back_to_replica());
  BOOST_TEST(count() == 50);
}

BOOST_AUTO_TEST_CASE(a_read_that_the_replica_loses_is_run_on_the_primary) {
  BOOST_TEST(is_on_replica());
  int runs = 0;
  std::int64_t where = -1;
  const auto read = storage->read(session(), [&](Connection& connection) -> Result<void> {
    if (++runs == 1)
      replica->ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database +
                   "'");
    OMNICRM_ASSIGN(const auto there,
                   query_one<std::int64_t>(connection, "SELECT CAST(pg_is_in_recovery() AS integer)"));
    where = there.value_or(-1);
    return {};
  });
  BOOST_TEST(read.has_value(), reason(read));
  BOOST_TEST(runs == 2);
  BOOST_TEST(where == 0);
  BOOST_TEST(comes_back_to_replica());
}

BOOST_AUTO_TEST_CASE(a_primary_as_read_url_is_not_taken_for_a_replica) {
  options.read_url = options.url;
  open();
  BOOST_REQUIRE(put(1).has_value());
  for (int round = 0; round < 5; ++round) BOOST_TEST(count() == 1);
}

// A server that only reads, as the one to write to.
BOOST_AUTO_TEST_CASE(a_standby_cannot_be_written) {
  options.url = replica->url(database);
  options.read_url.clear();
  open();
  BOOST_TEST(number("SELECT count(*) FROM settings").value_or(-1) == 0);
  const auto refused = put(1);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ErrorCode::unavailable), reason(refused));
  BOOST_TEST(refused.error().retryable);
  BOOST_TEST(refused.error().message.find("read-only") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
