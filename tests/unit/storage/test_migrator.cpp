#include <array>
#include <thread>

#include "storage_fixture.hpp"

namespace omnicrm::storage {
namespace {

constexpr MigrationFile first{"0001_first", "CREATE TABLE one (n INTEGER); CREATE INDEX one_n ON one (n);"};
constexpr MigrationFile second{"0002_second", "CREATE TABLE two (n INTEGER); INSERT INTO two VALUES (2);"};
constexpr MigrationFile broken{"0002_broken", "CREATE TABLE two (n INTEGER); CREATE TABLE two (n INTEGER);"};
constexpr MigrationFile altered{"0001_first", "CREATE TABLE one (n INTEGER, m INTEGER);"};

constexpr std::array one_file = {first};
constexpr std::array two_files = {first, second};
constexpr std::array broken_files = {first, broken};
constexpr std::array altered_files = {altered};

struct Fixture : StorageFixture {
  [[nodiscard]] std::unique_ptr<SqliteStorage> open_with(std::span<const MigrationFile> files) const {
    return need(SqliteStorage::open(options(), files));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(migrator, Fixture)

BOOST_AUTO_TEST_CASE(migrates_step_by_step) {
  {
    const auto storage = open_with(one_file);
    BOOST_TEST(need(storage->schema_version()) == 0);
    need(storage->migrate());
    BOOST_TEST(need(storage->schema_version()) == 1);
  }
  const auto storage = open_with(two_files);
  need(storage->migrate());
  BOOST_TEST(need(storage->schema_version()) == 2);
  BOOST_TEST(need(ask<std::int64_t>(*storage, "SELECT n FROM two")) == 2);
  BOOST_TEST(need(ask<std::string>(*storage, "SELECT name FROM schema_migrations WHERE number = 2")) ==
             "0002_second");
}

BOOST_AUTO_TEST_CASE(a_failing_migration_leaves_the_version_before_it) {
  const auto storage = open_with(broken_files);
  BOOST_TEST((code_of(storage->migrate()) == ErrorCode::internal));
  BOOST_TEST(need(storage->schema_version()) == 1);
  BOOST_TEST(need(ask<std::int64_t>(*storage, "SELECT count(*) FROM sqlite_master WHERE name = 'two'")) == 0);
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused) {
  { need(open_with(two_files)->migrate()); }
  const auto storage = open_with(one_file);
  const auto result = storage->migrate();
  BOOST_TEST((code_of(result) == ErrorCode::failed_precondition));
  BOOST_TEST(result.error().message.find("0002_second") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_altered_migration_is_refused) {
  { need(open_with(one_file)->migrate()); }
  const auto result = open_with(altered_files)->migrate();
  BOOST_TEST((code_of(result) == ErrorCode::data_loss));
  BOOST_TEST(result.error().message.find("0001_first") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_gap_in_the_history_is_refused) {
  const auto storage = open_with(two_files);
  need(storage->migrate());
  need(run(*storage, "DELETE FROM schema_migrations WHERE number = 1"));
  BOOST_TEST((code_of(storage->migrate()) == ErrorCode::data_loss));
}

BOOST_AUTO_TEST_CASE(missing_and_altered_objects_are_named) {
  const auto storage = open();
  need(storage->migrate());
  need(run(*storage, "DROP INDEX contacts_created"));
  auto result = storage->migrate();
  BOOST_TEST((code_of(result) == ErrorCode::data_loss));
  BOOST_TEST(result.error().message.find("index contacts_created is missing") != std::string::npos);

  need(run(*storage, "ALTER TABLE tasks ADD COLUMN oops TEXT"));
  const auto problems = need(storage->check());
  BOOST_TEST(problems.size() == 2U);
  BOOST_TEST(problems.back() == "table tasks was altered");
}

BOOST_AUTO_TEST_CASE(a_missing_table_behind_the_full_text_index_is_named) {
  const auto storage = open();
  need(storage->migrate());
  sqlite3* const db = storage->writer().connection().db();
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
  need(run(*storage, "DROP TABLE contact_text_docsize"));
  const auto problems = need(storage->check());
  BOOST_REQUIRE(problems.size() == 1U);
  BOOST_TEST(problems.front() == "table contact_text_docsize is missing");
}

BOOST_AUTO_TEST_CASE(tables_of_the_host_are_no_damage) {
  const auto storage = open();
  need(storage->migrate());
  need(run(*storage, "CREATE TABLE host_notes (n INTEGER)"));
  need(storage->migrate());
  BOOST_TEST(need(storage->check()).empty());
}

BOOST_AUTO_TEST_CASE(migrating_again_writes_nothing) {
  const auto storage = open();
  need(storage->migrate());
  sqlite3* const db = storage->writer().connection().db();
  const auto before = sqlite3_total_changes64(db);
  int commits = 0;
  sqlite3_commit_hook(
      db,
      [](void* count) {
        ++*static_cast<int*>(count);
        return 0;
      },
      &commits);
  need(storage->migrate());
  BOOST_TEST(sqlite3_total_changes64(db) == before);
  BOOST_TEST(commits == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::storage
