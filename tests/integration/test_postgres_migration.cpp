// Migration on a server: many at once, while others work, cut off in the middle; and what it refuses.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <thread>

#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace omnicrm::testing;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

namespace {

constexpr MigrationFile columns{
    "0002_columns",
    "ALTER TABLE settings ADD COLUMN note TEXT COLLATE \"C\" NOT NULL DEFAULT '';\n"
    "ALTER TABLE contacts ADD COLUMN rank BIGINT;"};
constexpr MigrationFile indexes{
    "0003_indexes",
    "-- omnicrm: outside a transaction\n"
    "-- For the lists by time.\n"
    "CREATE INDEX CONCURRENTLY settings_updated ON settings (user_id, updated_at);\n"
    "CREATE INDEX CONCURRENTLY contacts_rank ON contacts (user_id, rank) WHERE rank IS NOT NULL;"};
constexpr MigrationFile unique{
    "0004_unique",
    "-- omnicrm: outside a transaction\n"
    "CREATE UNIQUE INDEX CONCURRENTLY settings_value ON settings (user_id, value);"};

std::vector<MigrationFile> files(std::initializer_list<MigrationFile> later) {
  std::vector<MigrationFile> all(postgres_migrations().begin(), postgres_migrations().end());
  all.insert(all.end(), later);
  return all;
}

Result<void> put(Storage& storage, UserId user, std::int64_t n) {
  const std::string name = std::to_string(n);
  return storage.write({user}, [&](Connection& connection) {
    return storage::run(connection,
                        "INSERT INTO settings (user_id, name, value, updated_at) VALUES (?, ?, ?, ?)", user,
                        name, name, n);
  });
}

/// Writes and reads as an older release does, until it is told to stop.
struct Load {
  explicit Load(PgStorage& storage, std::int64_t from) {
    for (const UserId user : {ada, bob}) {
      threads.emplace_back([&, user, from](const std::stop_token& stop) {
        for (std::int64_t n = from; !stop.stop_requested(); ++n) {
          if (!put(storage, user, n)) ++failed;
          ++written;
          const auto count = number(
              storage, "SELECT count(*) FROM settings WHERE user_id <> '" + Uuid{}.to_string() + "'", {user});
          if (count.value_or(-1) < n - from + 1) ++failed;
        }
      });
    }
  }
  void wait_for(std::int64_t count) const {
    for (int look = 0; look < 1'000 && written < count; ++look) std::this_thread::sleep_for(5ms);
  }
  std::atomic<std::int64_t> written = 0;
  std::atomic<std::int64_t> failed = 0;
  std::vector<std::jthread> threads;
};

std::int64_t finished_indexes(PgStorage& storage, const std::string& name) {
  return number(storage,
                "SELECT count(*) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE "
                "x.indisvalid AND x.indisready AND i.relname LIKE '" +
                    name + "%'")
      .value_or(-1);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_migration, PostgresFixture)

BOOST_AUTO_TEST_CASE(eight_processes_at_once) {
  std::vector<pid_t> children;
  storage.reset();
  const auto all = files({columns, indexes});
  for (int n = 0; n < 8; ++n) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto own = PgStorage::open(options, all);
      const bool done = own && (*own)->migrate().has_value() && (*own)->schema_version().value_or(0) == 3;
      own->reset();
      ::_exit(done ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
  }
  storage = opened(options, all);
  BOOST_TEST(number("SELECT count(*) FROM schema_migrations").value_or(-1) == 3);
  BOOST_TEST(storage->check()->empty());
}

// From every earlier schema to the newest, while an older release reads and writes.
BOOST_DATA_TEST_CASE(an_upgrade_while_others_work, data::make({0, 1, 2, 3}) * data::make({0, 3}), from,
                     partitions) {
  const auto all = files({columns, indexes, unique});
  options.partitions = static_cast<std::size_t>(partitions);
  const std::span<const MigrationFile> earlier = std::span(all).first(static_cast<std::size_t>(from));
  storage = opened(options, earlier);
  BOOST_REQUIRE(storage->migrate().has_value());
  BOOST_TEST(storage->schema_version().value_or(-1) == from);
  std::int64_t written = 0;
  {
    std::optional<Load> load;
    if (from > 0) load.emplace(*storage, 1);
    if (load) load->wait_for(50);
    const auto next = opened(options, all);
    const auto upgraded = next->migrate();
    BOOST_TEST(upgraded.has_value(), reason(upgraded));
    BOOST_TEST(next->schema_version().value_or(-1) == 4);
    if (load) {
      load->wait_for(load->written + 50);
      for (auto& thread : load->threads) thread.request_stop();
      load->threads.clear();
      BOOST_TEST(load->failed == 0);
      written = load->written;
    }
  }
  storage = opened(options, all);
  BOOST_TEST(storage->check()->empty());
  BOOST_TEST(number("SELECT count(*) FROM settings WHERE note = ''").value_or(-1) == written);
  BOOST_TEST(finished_indexes(*storage, "settings_updated") == 1);
  BOOST_TEST(finished_indexes(*storage, "contacts_rank") == 1 + partitions);
}

BOOST_DATA_TEST_CASE(an_index_that_was_cut_off_is_made_again, data::make({0, 4}), partitions) {
  options.partitions = static_cast<std::size_t>(partitions);
  open();
  BOOST_REQUIRE(storage->migrate().has_value());
  const auto put_contact = [&](UserId user, const std::string& note) {
    return storage->write({user}, [&](Connection& connection) {
      const Uuid id = Uuid::from_name(user.value, note + "x");
      return storage::run(
          connection,
          "INSERT INTO contacts (user_id, id, version, display_name, name_prefix, given_name, "
          "middle_name, family_name, name_suffix, nickname, emails, phones, handles, organization, "
          "department, job_title, birthday, note, custom, source, provenance, pinned, archived, "
          "created_at, updated_at, sort_name) VALUES (?, ?, 1, '', '', '', '', '', '', '', '', "
          "'', '', '', '', '', '', ?, '', '', '', 0, 0, 1, 1, '')",
          user, id, note);
    });
  };
  for (const char* name : {"1", "2", "3"}) {
    BOOST_REQUIRE(put_contact(ada, name).has_value());
    BOOST_REQUIRE(put_contact(bob, name).has_value());
  }
  BOOST_REQUIRE(run("UPDATE contacts SET note = '1' WHERE note = '2'", {ada}).has_value());
  static constexpr MigrationFile unique_notes{
      "0002_unique_notes",
      "-- omnicrm: outside a transaction\n"
      "CREATE UNIQUE INDEX CONCURRENTLY contacts_note ON contacts (user_id, note);"};
  const auto all = files({unique_notes});
  storage = opened(options, all);
  const auto refused = storage->migrate();
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ErrorCode::already_exists), reason(refused));
  BOOST_TEST(storage->schema_version().value_or(-1) == 1);
  BOOST_TEST(number("SELECT count(*) FROM pg_index WHERE NOT indisvalid").value_or(-1) == 1);
  BOOST_REQUIRE(
      run("UPDATE contacts SET note = '2' WHERE ctid = (SELECT max(ctid) FROM contacts WHERE note = "
          "'1')",
          {ada})
          .has_value());
  const auto done = storage->migrate();
  BOOST_TEST(done.has_value(), reason(done));
  BOOST_TEST(storage->schema_version().value_or(-1) == 2);
  BOOST_TEST(number("SELECT count(*) FROM pg_index WHERE NOT indisvalid").value_or(-1) == 0);
  BOOST_TEST(finished_indexes(*storage, "contacts_note") == 1 + partitions);
  BOOST_TEST(storage->check()->empty());
}

BOOST_AUTO_TEST_CASE(only_indexes_are_made_outside_a_transaction) {
  static constexpr MigrationFile wrong{"0002_wrong",
                                       "-- omnicrm: outside a transaction\nDROP TABLE settings;"};
  const auto all = files({wrong});
  storage = opened(options, all);
  const auto refused = storage->migrate();
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ErrorCode::internal), reason(refused));
  BOOST_TEST(storage->schema_version().value_or(-1) == 1);
  BOOST_TEST(number("SELECT count(*) FROM settings").value_or(-1) == 0);
}

// Debian's and the PostgreSQL project's packages are built with lz4.
BOOST_DATA_TEST_CASE(long_values_are_compressed_by_lz4, data::make({0, 3}), partitions) {
  options.partitions = static_cast<std::size_t>(partitions);
  open();
  BOOST_REQUIRE(storage->migrate().has_value());
  constexpr std::string_view long_columns =
      "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = "
      "'omnicrm'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND a.attstorage = 'x'";
  const auto all = number("SELECT count(*) " + std::string(long_columns));
  BOOST_TEST(all.value_or(0) > 100);
  BOOST_TEST(
      number("SELECT count(*) " + std::string(long_columns) + " AND a.attcompression = 'l'").value_or(-1) ==
      all.value_or(0));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_and_an_altered_one) {
  const auto all = files({columns});
  storage = opened(options, all);
  BOOST_REQUIRE(storage->migrate().has_value());
  open();
  const auto newer = storage->migrate();
  BOOST_REQUIRE(!newer.has_value());
  BOOST_TEST((newer.error().code == ErrorCode::failed_precondition), reason(newer));
  static constexpr MigrationFile other{"0002_columns", "ALTER TABLE settings ADD COLUMN other TEXT"};
  const auto altered_files = files({other});
  storage = opened(options, altered_files);
  const auto altered = storage->migrate();
  BOOST_REQUIRE(!altered.has_value());
  BOOST_TEST((altered.error().code == ErrorCode::data_loss), reason(altered));
}

BOOST_AUTO_TEST_CASE(a_damaged_schema) {
  BOOST_REQUIRE(storage->migrate().has_value());
  for (const char* damage :
       {"DROP INDEX omnicrm.contacts_created", "ALTER TABLE omnicrm.tasks DROP COLUMN note",
        "DROP POLICY own_rows ON omnicrm.tags", "CREATE POLICY mine ON omnicrm.tags USING (true)",
        "DROP TRIGGER audit_log_no_change ON omnicrm.audit_log",
        "ALTER TABLE omnicrm.tags DISABLE ROW LEVEL SECURITY"}) {
    const std::string own = server.make_database();
    options.url = server.url(own);
    open();
    BOOST_REQUIRE(storage->migrate().has_value());
    server.run(own, damage);
    const auto refused = storage->migrate();
    BOOST_REQUIRE_MESSAGE(!refused.has_value(), damage);
    BOOST_TEST((refused.error().code == ErrorCode::data_loss), reason(refused));
    BOOST_TEST(!storage->check()->empty());
    server.drop_database(own);
  }
}

BOOST_AUTO_TEST_CASE(another_programs_migrations) {
  server.run(database, "CREATE TABLE omnicrm.schema_migrations (version TEXT, checksum TEXT)");
  const auto refused = storage->migrate();
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ErrorCode::failed_precondition), reason(refused));
  BOOST_TEST(number("SELECT count(*) FROM pg_class WHERE relnamespace = 'omnicrm'::regnamespace "
                    "AND relkind = 'r'")
                 .value_or(-1) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
