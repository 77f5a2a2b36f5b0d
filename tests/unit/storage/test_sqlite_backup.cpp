#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "storage_fixture.hpp"

namespace omnicrm::storage {
namespace {

struct BackupFixture : StorageFixture {
  std::string copy = folder.file("copy.db");

  [[nodiscard]] std::unique_ptr<SqliteStorage> open_copy() const {
    auto settings = options();
    settings.path = copy;
    return need(SqliteStorage::open(settings, sqlite_migrations()));
  }
  /// Files in the folder other than these.
  [[nodiscard]] std::size_t others(std::initializer_list<std::string> names) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      const std::string name = entry.path().filename().string();
      if (std::find(names.begin(), names.end(), name) == names.end()) ++count;
    }
    return count;
  }
};

constexpr std::string_view fill =
    "CREATE TABLE rows (n INTEGER PRIMARY KEY, t TEXT); "
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) "
    "INSERT INTO rows SELECT n, hex(randomblob(50)) FROM c";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_backup, BackupFixture)

BOOST_AUTO_TEST_CASE(the_copy_opens_and_is_sound) {
  {
    const auto storage = open();
    need(storage->migrate());
    need(run(*storage, fill));
    need(storage->backup(copy));
  }
  const auto restored = open_copy();
  need(restored->migrate());
  BOOST_TEST(need(restored->schema_version()) == 1);
  BOOST_TEST(need(restored->check()).empty());
  BOOST_TEST(need(ask<std::int64_t>(*restored, "SELECT count(*) FROM rows")) == 20'000);
}

BOOST_AUTO_TEST_CASE(an_in_memory_database_can_be_kept) {
  path = ":memory:";
  {
    const auto storage = open();
    need(storage->migrate());
    need(run(*storage, fill));
    need(storage->backup(copy));
  }
  const auto restored = open_copy();
  BOOST_TEST(need(restored->check()).empty());
  BOOST_TEST(need(ask<std::int64_t>(*restored, "SELECT count(*) FROM rows")) == 20'000);
}

/// Each write adds a row to two tables: a copy that holds more of one is torn.
BOOST_AUTO_TEST_CASE(writers_go_on_and_the_copy_is_one_moment) {
  const auto storage = open();
  need(run(*storage, fill));
  need(run(*storage, "CREATE TABLE a (n INTEGER); CREATE TABLE b (n INTEGER)"));
  int copies = 0;
  Result<void> written;  // Boost.Test's macros are for one thread
  {
    const std::jthread writer([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (auto done = run(*storage, "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)"); !done)
          written = done;
      }
    });
    for (; copies < 3; ++copies) need(storage->backup(copy + std::to_string(copies)));
  }
  need(written);
  for (int number = 0; number < copies; ++number) {
    copy = folder.file("copy.db" + std::to_string(number));
    const auto restored = open_copy();
    BOOST_TEST(need(restored->check()).empty());
    BOOST_TEST(need(ask<std::int64_t>(*restored,
                                      "SELECT (SELECT count(*) FROM a) - (SELECT count(*) FROM b)")) == 0);
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_overwritten) {
  std::ofstream(copy) << "precious";
  const auto storage = open();
  need(storage->migrate());
  BOOST_TEST((code_of(storage->backup(copy)) == ErrorCode::already_exists));
  BOOST_TEST((code_of(storage->backup(path)) == ErrorCode::already_exists));
  std::string kept;
  std::ifstream(copy) >> kept;
  BOOST_TEST(kept == "precious");
  BOOST_TEST(others({"copy.db", "crm.db", "crm.db-wal", "crm.db-shm"}) == 0U);
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_named) {
  const auto storage = open();
  const auto result = storage->backup(folder.file("missing/copy.db"));
  BOOST_TEST((code_of(result) == ErrorCode::not_found));
  BOOST_TEST(result.error().message.find("missing/copy.db") != std::string::npos);
  BOOST_TEST((code_of(storage->backup("")) == ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_no_half_copy) {
  { need(run(*open(), fill)); }
  Child child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    auto storage = try_open();
    if (!storage) return 1;
    const rlimit small{.rlim_cur = 500'000, .rlim_max = RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 2;
    const auto result = (*storage)->backup(copy);
    if (result || result.error().code != ErrorCode::resource_exhausted) return 10 + exit_code(result);
    return 0;
  });
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(others({"crm.db", "crm.db-wal", "crm.db-shm"}) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::storage
