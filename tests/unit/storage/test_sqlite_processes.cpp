#include <sys/resource.h>

#include <csignal>

#include "storage_fixture.hpp"

namespace omnicrm::storage {
namespace {

constexpr std::string_view make_rows = "CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, t TEXT)";

Result<void> insert(Storage& storage, std::int64_t n) {
  return storage.write({}, [&](Connection& connection) -> Result<void> {
    auto done = execute(connection, "INSERT INTO rows (n) VALUES (?)", n);
    if (!done) return fail(std::move(done).error());
    return {};
  });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite_processes, StorageFixture)

BOOST_AUTO_TEST_CASE(many_processes_make_migrate_and_write_one_file) {
  constexpr int processes = 4;
  constexpr int rows = 30;
  std::vector<std::unique_ptr<Child>> children;
  for (int process = 0; process < processes; ++process) {
    children.push_back(std::make_unique<Child>([&, process] {
      auto storage = try_open();
      if (!storage) return exit_code(fail(storage.error()));
      if (auto done = (*storage)->migrate(); !done) return exit_code(done);
      if (auto done = run(**storage, make_rows); !done) return exit_code(done);
      for (int row = 0; row < rows; ++row) {
        if (auto done = insert(**storage, process * 1'000 + row); !done) return exit_code(done);
      }
      return 0;
    }));
  }
  for (const auto& child : children) BOOST_TEST(child->wait() == 0);
  const auto storage = open();
  BOOST_TEST(need(ask<std::int64_t>(*storage, "SELECT count(*) FROM rows")) == processes * rows);
  BOOST_TEST(need(ask<std::int64_t>(*storage, "SELECT count(*) FROM schema_migrations")) == 1);
  BOOST_TEST(need(storage->check()).empty());
}

BOOST_AUTO_TEST_CASE(a_lock_held_too_long_is_unavailable) {
  { need(run(*open(), make_rows)); }
  const Signal holds;
  const Signal release;
  Child holder([&] {
    auto storage = try_open();
    if (!storage) return 1;
    return exit_code((*storage)->write({}, [&](Connection& connection) -> Result<void> {
      auto done = execute(connection, "INSERT INTO rows (n) VALUES (1)");
      holds.send();
      (void)release.receive();
      if (!done) return fail(done.error());
      return {};
    }));
  });
  (void)holds.receive();
  auto settings = options();
  settings.busy_timeout = std::chrono::milliseconds(30);
  auto storage = need(SqliteStorage::open(settings, sqlite_migrations()));
  // Readers do not wait for a writer, and do not see what it has not committed.
  BOOST_TEST(need(ask<std::int64_t>(*storage, "SELECT count(*) FROM rows")) == 0);
  const auto result = insert(*storage, 2);
  BOOST_TEST((code_of(result) == ErrorCode::unavailable));
  BOOST_TEST(result.error().retryable);
  release.send();
  BOOST_TEST(holder.wait() == 0);
  need(insert(*storage, 2));
  BOOST_TEST(need(ask<std::int64_t>(*storage, "SELECT count(*) FROM rows")) == 2);
}

BOOST_AUTO_TEST_CASE(a_killed_process_loses_nothing_it_was_told) {
  { need(run(*open(), make_rows)); }
  for (int round = 0; round < 5; ++round) {
    const Signal told;
    Child writer([&] {
      auto storage = try_open();
      if (!storage) return 1;
      for (std::int64_t n = round * 100'000;; ++n) {
        if (!insert(**storage, n)) return 2;
        told.send(n);
      }
    });
    std::int64_t last = -1;
    for (int count = 0; count < 10 + round * 7; ++count) last = told.receive();
    writer.kill(SIGKILL);
    BOOST_TEST(writer.wait() == 128 + SIGKILL);
    const auto storage = open();
    const auto sql = "SELECT count(*) FROM rows WHERE n BETWEEN " + std::to_string(round * 100'000) +
                     " AND " + std::to_string(last);
    BOOST_TEST(need(ask<std::int64_t>(*storage, sql)) == last - round * 100'000 + 1);
    BOOST_TEST(need(storage->check()).empty());
  }
}

/// The limit on a file's size stands in for a full disk: the operating system refuses the write.
BOOST_AUTO_TEST_CASE(a_full_disk_fails_one_write_and_harms_nothing) {
  Child child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    auto storage = try_open();
    if (!storage) return 1;
    if (!run(**storage, make_rows) || !insert(**storage, 1)) return 2;
    const rlimit small{.rlim_cur = 300'000, .rlim_max = RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 3;
    const auto result = run(**storage, "INSERT INTO rows VALUES (2, zeroblob(2000000))");
    if (result || result.error().code != ErrorCode::resource_exhausted || !result.error().needs_user)
      return 4;
    if (result.error().message.find(path) == std::string::npos) return 5;
    const rlimit plenty{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &plenty) != 0) return 6;
    return exit_code(insert(**storage, 3));
  });
  BOOST_TEST(child.wait() == 0);
  const auto storage = open();
  BOOST_TEST(need(ask<std::string>(*storage, "SELECT group_concat(n) FROM rows")) == "1,3");
  BOOST_TEST(need(storage->check()).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::storage
