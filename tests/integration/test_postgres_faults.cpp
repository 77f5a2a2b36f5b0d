// What goes wrong with a server: a clear error or a successful retry, nothing half-written, and a pool that
// heals.
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "parts/cutting_proxy.hpp"
#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace std::chrono_literals;
using namespace omnicrm::testing;

namespace {

Result<void> insert(Connection& connection, std::int64_t n) {
  OMNICRM_TRY(execute(connection, "INSERT INTO items (n) VALUES (?)", n));
  return {};
}

constexpr std::string_view make_items = "CREATE TABLE items (n BIGINT NOT NULL PRIMARY KEY)";
constexpr std::string_view count_items = "SELECT count(*) FROM items";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_faults, PostgresFixture)

BOOST_AUTO_TEST_CASE(a_transaction_that_lost_its_connection_is_run_again) {
  BOOST_REQUIRE(run(make_items).has_value());
  int runs = 0;
  const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, 1));
    if (++runs == 1) kill_connections();
    return insert(connection, 2);
  });
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(runs == 2);
  BOOST_TEST(number(count_items).value_or(-1) == 2);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_died_is_not_noticed_by_the_caller) {
  BOOST_REQUIRE(run(make_items).has_value());
  kill_connections();
  BOOST_TEST(number(count_items).value_or(-1) == 0);
  storage.reset();
  options.health_check_after = 0ms;
  open();
  BOOST_TEST(number(count_items).value_or(-1) == 0);
  kill_connections();
  int runs = 0;
  const auto done = storage->write({}, [&](Connection& connection) {
    ++runs;
    return insert(connection, 1);
  });
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(runs == 1);  // looked at before it was used
}

BOOST_AUTO_TEST_CASE(restarts_under_load) {
  BOOST_REQUIRE(run(make_items).has_value());
  std::atomic<std::int64_t> written = 0;
  std::atomic<std::int64_t> unknown = 0;
  std::atomic<std::int64_t> failed = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread](const std::stop_token& stop) {
        for (std::int64_t n = thread * 1'000'000; !stop.stop_requested(); ++n) {
          const auto done = storage->write({}, [&](Connection& connection) { return insert(connection, n); });
          ++(done ? written : done.error().message.find("not known") != std::string::npos ? unknown : failed);
        }
      });
    }
    for (const char* mode : {"fast", "immediate"}) {
      std::this_thread::sleep_for(150ms);
      server.restart(mode);
      const std::int64_t before = written;
      for (int look = 0; look < 500 && written < before + 20; ++look) std::this_thread::sleep_for(10ms);
      BOOST_TEST(written >= before + 20);
    }
  }
  BOOST_TEST(failed == 0);
  const std::int64_t rows = number(count_items).value_or(-1);
  BOOST_TEST(rows >= written);
  BOOST_TEST(rows <= written + unknown);
}

BOOST_AUTO_TEST_CASE(connections_cut_at_random_bytes) {
  BOOST_REQUIRE(run(make_items).has_value());
  const std::string folder = options.url.substr(options.url.find("host=") + 5);
  CuttingProxy proxy(folder, 5433, 20261123);
  options.url += "&port=5433";
  options.pool_size = 2;
  open();
  proxy.cut_within(6'000);
  std::int64_t written = 0;
  std::int64_t unknown = 0;
  for (std::int64_t n = 0; n < 300; ++n) {
    const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
      OMNICRM_TRY(insert(connection, 2 * n));
      OMNICRM_ASSIGN(const auto rows, query_one<std::int64_t>(connection, count_items));
      if (rows.value_or(0) % 2 != 1) return failure(ErrorCode::data_loss, "half a transaction");
      return insert(connection, 2 * n + 1);
    });
    if (done) {
      ++written;
    } else {
      BOOST_TEST(done.error().message.find("not known") != std::string::npos, reason(done));
      ++unknown;
    }
  }
  BOOST_TEST(proxy.cuts() > 20);
  proxy.cut_within(0);
  const std::int64_t rows = number(count_items).value_or(-1);
  BOOST_TEST(rows >= 2 * written);
  BOOST_TEST(rows <= 2 * (written + unknown));
  BOOST_TEST(rows % 2 == 0);
  BOOST_TEST_MESSAGE(proxy.cuts() << " cuts, " << written << " written, " << unknown << " not known");
  storage.reset();
}

BOOST_AUTO_TEST_CASE(deadlocks_are_run_again) {
  BOOST_REQUIRE(run("CREATE TABLE pots (id BIGINT PRIMARY KEY, n BIGINT NOT NULL); INSERT INTO pots VALUES "
                    "(1, 0), (2, 0)")
                    .has_value());
  std::atomic<int> inside = 0;
  const auto work = [&](std::int64_t first) {
    bool waited = false;
    return storage->write({}, [&, first](Connection& connection) -> Result<void> {
      OMNICRM_TRY(execute(connection, "UPDATE pots SET n = n + 1 WHERE id = ?", first));
      ++inside;
      for (int look = 0; look < 400 && !waited && inside < 2; ++look) std::this_thread::sleep_for(5ms);
      waited = true;
      OMNICRM_TRY(execute(connection, "UPDATE pots SET n = n + 1 WHERE id = ?", 3 - first));
      return {};
    });
  };
  Result<void> one, two;
  {
    std::jthread other([&] { two = work(2); });
    one = work(1);
  }
  BOOST_TEST(one.has_value(), reason(one));
  BOOST_TEST(two.has_value(), reason(two));
  BOOST_TEST(number("SELECT sum(n) FROM pots").value_or(-1) == 4);
}

BOOST_AUTO_TEST_CASE(a_users_writers_take_turns) {
  BOOST_REQUIRE(storage->migrate().has_value());
  const Scope scope{ada};
  BOOST_REQUIRE(
      run("INSERT INTO settings VALUES ('" + ada.to_string() + "', 'sum', '0', 0)", scope).has_value());
  std::atomic<int> runs = 0;
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) {
          const auto done = storage->write(scope, [&](Connection& connection) -> Result<void> {
            ++runs;
            OMNICRM_ASSIGN(const auto sum,
                           query_one<std::int64_t>(connection, "SELECT updated_at FROM settings"));
            OMNICRM_TRY(execute(connection, "UPDATE settings SET updated_at = ?", sum.value_or(0) + 1));
            return {};
          });
          if (!done) ++failed;
        }
      });
    }
  }
  BOOST_TEST(failed == 0);
  BOOST_TEST(runs == 120);  // nobody in vain
  BOOST_TEST(number("SELECT updated_at FROM settings", scope).value_or(-1) == 120);
}

BOOST_AUTO_TEST_CASE(a_changed_table_under_a_prepared_statement) {
  BOOST_REQUIRE(run("CREATE TABLE things (a BIGINT); INSERT INTO things VALUES (1)").has_value());
  constexpr std::string_view sql = "SELECT * FROM things";
  BOOST_TEST(number(sql).value_or(-1) == 1);
  server.run(database, "ALTER TABLE omnicrm.things ADD COLUMN b TEXT");
  const auto again = number(sql);
  BOOST_TEST(again.value_or(-1) == 1, reason(again));
}

BOOST_AUTO_TEST_CASE(the_pool_is_exhausted) {
  options.pool_size = 1;
  options.acquire_timeout = 50ms;
  open();
  const auto done = storage->read(
      {}, [&](Connection&) { return storage->read({}, [](Connection&) -> Result<void> { return {}; }); });
  BOOST_REQUIRE(!done.has_value());
  BOOST_TEST((done.error().code == ErrorCode::resource_exhausted), reason(done));
  BOOST_TEST(done.error().retryable);
  BOOST_TEST(number("SELECT 1").value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(refusals) {
  server.run("postgres",
             "DO $$ BEGIN CREATE ROLE nobody_in NOLOGIN; CREATE ROLE one_only LOGIN CONNECTION LIMIT 0; "
             "EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  server.run("postgres", "CREATE DATABASE latin_" + database +
                             " ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  const auto code = [&](const std::string& url) {
    options.url = url;
    options.acquire_timeout = 100ms;
    open();
    const auto begun = std::chrono::steady_clock::now();
    const auto result = number("SELECT 1");
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST_MESSAGE(reason(result));
    return result.error().code;
  };
  BOOST_TEST((code(server.url(database, "nobody_in")) == ErrorCode::permission_denied));
  BOOST_TEST((code(server.url(database, "missing_role")) == ErrorCode::permission_denied));
  BOOST_TEST((code(server.url("no_such_database")) == ErrorCode::not_found));
  BOOST_TEST((code(server.url(database, "one_only")) == ErrorCode::unavailable));
  BOOST_TEST((code(server.url("latin_" + database)) == ErrorCode::failed_precondition));
  BOOST_TEST((code("host=/nonexistent dbname=x user=y") == ErrorCode::unavailable));
  PostgresOptions nonsense;
  nonsense.url = "nonsense=1 password=secret";
  const auto bad = PgStorage::open(nonsense, postgres_migrations());
  BOOST_REQUIRE(!bad.has_value());
  BOOST_TEST((bad.error().code == ErrorCode::invalid_argument));
  BOOST_TEST(bad.error().message.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_programs_schema_and_no_schema) {
  server.run(database, "CREATE TABLE omnicrm.wordpress (a BIGINT)");
  const auto refused = storage->migrate();
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ErrorCode::failed_precondition), reason(refused));
  // Beside the host's own tables, and its own schema_migrations, there is room.
  server.run(database,
             "CREATE TABLE public.schema_migrations (version TEXT); CREATE TABLE public.contacts (a TEXT)");
  options.schema = "crm_of_ours";
  open();
  const auto made = storage->migrate();
  BOOST_TEST(made.has_value(), reason(made));
  BOOST_TEST(storage->schema_version().value_or(0) == 1);
}

BOOST_AUTO_TEST_CASE(timeouts) {
  BOOST_REQUIRE(run(make_items).has_value());
  options.statement_timeout = 100ms;
  options.lock_timeout = 50ms;
  open();
  const auto slow = number("SELECT 1 FROM pg_sleep(5)");
  BOOST_REQUIRE(!slow.has_value());
  BOOST_TEST((slow.error().code == ErrorCode::deadline_exceeded), reason(slow));
  options.statement_timeout = 0ms;
  open();
  const auto locked = storage->write({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(connection.execute("LOCK TABLE items"));
    Result<void> other;
    std::thread([&] { other = run("INSERT INTO items VALUES (1)"); }).join();
    return other;
  });
  BOOST_REQUIRE(!locked.has_value());
  BOOST_TEST((locked.error().code == ErrorCode::unavailable), reason(locked));
}

BOOST_AUTO_TEST_CASE(stop_reaches_the_server) {
  std::stop_source source;
  std::jthread asker([&] {
    std::this_thread::sleep_for(50ms);
    source.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto done = storage->read({.stop = source.get_token()}, [](Connection& connection) -> Result<void> {
    OMNICRM_TRY(query_one<std::int64_t>(connection, "SELECT 1 FROM pg_sleep(20)"));
    return {};
  });
  BOOST_REQUIRE(!done.has_value());
  BOOST_TEST((done.error().code == ErrorCode::cancelled), reason(done));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
  BOOST_TEST(number("SELECT 1").value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(stop_reaches_whoever_waits) {
  BOOST_REQUIRE(storage->migrate().has_value());
  options.pool_size = 1;
  options.connect_timeout = 20s;
  open();
  const auto stopped_soon = [&](const Scope& scope) {
    std::stop_source source;
    std::jthread asker([&] {
      std::this_thread::sleep_for(50ms);
      source.request_stop();
    });
    Scope stoppable = scope;
    stoppable.stop = source.get_token();
    const auto begun = std::chrono::steady_clock::now();
    const auto done = storage->write(stoppable, [](Connection& connection) -> Result<void> {
      OMNICRM_TRY(query_one<std::int64_t>(connection, "SELECT count(*) FROM settings"));
      return {};
    });
    BOOST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().code == ErrorCode::cancelled), reason(done));
    BOOST_TEST((std::chrono::steady_clock::now() - begun < 2s));
  };
  // For the one connection.
  auto done = storage->read({}, [&](Connection&) -> Result<void> {
    std::thread([&] { stopped_soon({}); }).join();
    return {};
  });
  BOOST_TEST(done.has_value(), reason(done));
  // For the user's other writer.
  options.pool_size = 2;
  open();
  done = storage->write({.user = ada}, [&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(query_one<std::int64_t>(connection, "SELECT 1"));
    std::thread([&] { stopped_soon({.user = ada}); }).join();
    return {};
  });
  BOOST_TEST(done.has_value(), reason(done));
  // For a server that takes the call and says nothing.
  const int silent = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = options.url.substr(options.url.find("host=") + 5) + "/.s.PGSQL.5555";
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  BOOST_REQUIRE(::bind(silent, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  BOOST_REQUIRE(::listen(silent, 5) == 0);
  options.url += "&port=5555";
  open();
  stopped_soon({});
  ::close(silent);
  ::unlink(path.c_str());
}

BOOST_AUTO_TEST_CASE(text_that_cannot_be_held) {
  BOOST_REQUIRE(run("CREATE TABLE words (t TEXT)").has_value());
  const auto put = [&](std::string_view text) {
    return storage->write({}, [&](Connection& connection) -> Result<void> {
      OMNICRM_TRY(execute(connection, "INSERT INTO words VALUES (?)", text));
      return {};
    });
  };
  for (const std::string_view text : {std::string_view("a\0b", 3), std::string_view("\xff\xfe")}) {
    const auto done = put(text);
    BOOST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().code == ErrorCode::invalid_argument), reason(done));
    BOOST_TEST(!done.error().retryable);
  }
  // A NUL is refused before anything is sent: the transaction may go on.
  const auto going_on = storage->write({}, [&](Connection& connection) -> Result<void> {
    const std::string_view bad("a\0b", 3);
    if (execute(connection, "INSERT INTO words VALUES (?)", bad))
      return failure(ErrorCode::internal, "stored");
    OMNICRM_TRY(execute(connection, "INSERT INTO words VALUES (?)", std::string_view("good")));
    return {};
  });
  BOOST_TEST(going_on.has_value(), reason(going_on));
  BOOST_TEST(number("SELECT count(*) FROM words").value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(errors_that_were_swallowed_are_told) {
  BOOST_REQUIRE(run(make_items).has_value());
  const auto done = storage->write({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(insert(connection, 1));
    static_cast<void>(insert(connection, 1));
    static_cast<void>(insert(connection, 2));
    return {};
  });
  BOOST_REQUIRE(!done.has_value());
  BOOST_TEST((done.error().code == ErrorCode::already_exists), reason(done));
  BOOST_TEST(done.error().details.find("items_pkey") != std::string::npos);
  BOOST_TEST(number(count_items).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(a_failure_nobody_waited_for_is_not_the_next_ones) {
  options.pool_size = 1;
  open();
  BOOST_REQUIRE(run(make_items).has_value());
  const auto step = [](Connection& connection, std::int64_t n) -> Result<void> {
    OMNICRM_ASSIGN(auto statement, connection.prepare("INSERT INTO items (n) VALUES (?)"));
    statement->bind_int(0, n);
    OMNICRM_TRY(statement->step());
    return {};
  };
  // The work's own verdict came after it, and perhaps of it: the server's reason is told.
  const auto failed = storage->write({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(step(connection, 1));
    OMNICRM_TRY(step(connection, 1));
    return failure(ErrorCode::conflict, "on purpose");
  });
  BOOST_REQUIRE(!failed.has_value());
  BOOST_TEST((failed.error().code == ErrorCode::already_exists));
  const auto counted = storage->write({}, [&](Connection& connection) -> Result<void> {
    OMNICRM_TRY(step(connection, 1));
    OMNICRM_TRY(step(connection, 2));
    OMNICRM_ASSIGN(const auto changed, storage::execute(connection, "UPDATE items SET n = 2 WHERE n = 1"));
    if (changed == 0) return failure(ErrorCode::not_found, "no item");
    return {};
  });
  BOOST_REQUIRE(!counted.has_value());
  BOOST_TEST((counted.error().code == ErrorCode::already_exists), reason(counted));
  const auto next = storage->write({}, [&](Connection& connection) { return step(connection, 1); });
  BOOST_TEST(next.has_value(), reason(next));
  BOOST_TEST(number(count_items).value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(an_operation_is_one_round_trip) {
  BOOST_REQUIRE(storage->migrate().has_value());
  std::uint64_t before = 0;
  std::uint64_t inside = 0;
  for (int round = 0; round < 3; ++round) {
    const auto done = storage->read({ada}, [&](Connection& connection) -> Result<void> {
      const PgLink& link = static_cast<PgConnection&>(connection).link();
      before = link.round_trips();
      OMNICRM_TRY(
          query_one<std::int64_t>(connection, "SELECT updated_at FROM settings WHERE user_id = ?", ada));
      inside = link.round_trips() - before;
      return {};
    });
    BOOST_REQUIRE_MESSAGE(done.has_value(), reason(done));
  }
  BOOST_TEST(inside == 1U);  // begin, user and statement together; the end is not waited for
  const auto written = storage->write({ada}, [&](Connection& connection) -> Result<void> {
    const PgLink& link = static_cast<PgConnection&>(connection).link();
    before = link.round_trips();
    OMNICRM_ASSIGN(
        auto statement,
        connection.prepare("INSERT INTO settings (user_id, name, value, updated_at) VALUES (?, ?, '', 1)"));
    for (int n = 0; n < 100; ++n) {
      const std::string name = std::to_string(n);
      bind_value(*statement, 0, ada);
      bind_value(*statement, 1, name);
      OMNICRM_TRY(statement->step());
      statement->reset();
    }
    inside = link.round_trips() - before;
    return {};
  });
  BOOST_TEST(written.has_value(), reason(written));
  BOOST_TEST(inside <= 1U);  // to learn the statement; a hundred rows wait for nothing
  BOOST_TEST(number("SELECT count(*) FROM settings", {ada}).value_or(-1) == 100);
}

BOOST_AUTO_TEST_CASE(connections_grow_old) {
  options.max_lifetime = 1ms;
  open();
  for (int round = 0; round < 3; ++round) {
    BOOST_TEST(number("SELECT 1").value_or(-1) == 1);
    std::this_thread::sleep_for(2ms);
  }
  BOOST_TEST(storage->pool().counts().made >= 2U);
  BOOST_TEST(storage->pool().counts().open <= 1U);
}

BOOST_AUTO_TEST_CASE(a_forked_child_leaves_the_connections_alone) {
  BOOST_TEST(number("SELECT 1").value_or(-1) == 1);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto refused = number("SELECT 1");
    const bool right = !refused && refused.error().code == ErrorCode::failed_precondition;
    storage.reset();
    ::_exit(right ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  BOOST_TEST(number("SELECT 1").value_or(-1) == 1);
  BOOST_TEST(storage->pool().counts().made == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
