#include <atomic>
#include <stdexcept>
#include <thread>

#include "storage_fixture.hpp"

namespace omnicrm::storage {
namespace {

/// Sixteen callers whose works are certainly in one group: the leader's own work waits for the others.
struct GroupFixture : StorageFixture {
  static constexpr int callers = 16;

  std::unique_ptr<SqliteStorage> storage = open();
  int commits = 0;
  int commit_answer = 0;  // not 0: SQLite rolls back instead

  GroupFixture() {
    need(run(*storage, "CREATE TABLE rows (n INTEGER PRIMARY KEY)"));
    set_limits(256);
    sqlite3_commit_hook(
        storage->writer().connection().db(),
        [](void* self) {
          ++static_cast<GroupFixture*>(self)->commits;
          return static_cast<GroupFixture*>(self)->commit_answer;
        },
        this);
  }

  void set_limits(std::size_t works) {
    storage->writer().set_limits({.works = works, .duration = std::chrono::hours(1)});
  }

  /// Caller 0 leads. `body` runs after the row of its caller was written.
  std::vector<Result<void>> write_together(const std::function<Result<void>(int, Connection&)>& body) {
    std::vector<Result<void>> results(callers);
    const auto write = [&](int caller) {
      results[static_cast<std::size_t>(caller)] =
          storage->write({}, [&](Connection& connection) -> Result<void> {
            while (caller == 0 && storage->writer().waiting() < callers - 1) std::this_thread::yield();
            auto inserted = execute(connection, "INSERT INTO rows VALUES (?)", caller);
            if (!inserted) return fail(std::move(inserted).error());
            return body(caller, connection);
          });
    };
    std::atomic<bool> leads = false;
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      leads = true;
      write(0);
    });
    while (!leads) std::this_thread::yield();
    for (int caller = 1; caller < callers; ++caller) threads.emplace_back([&, caller] { write(caller); });
    threads.clear();
    return results;
  }

  [[nodiscard]] std::int64_t rows() { return need(ask<std::int64_t>(*storage, "SELECT count(*) FROM rows")); }
};

Result<void> good(int, Connection&) {
  return {};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(group_commit, GroupFixture)

BOOST_AUTO_TEST_CASE(works_that_come_together_share_a_commit) {
  for (const auto& result : write_together(good)) BOOST_TEST(result.has_value());
  // Whoever came before caller 0 led alone; all others went with it.
  BOOST_TEST(commits <= 2);
  BOOST_TEST(rows() == callers);
}

BOOST_AUTO_TEST_CASE(a_group_is_bounded) {
  set_limits(4);
  for (const auto& result : write_together(good)) BOOST_TEST(result.has_value());
  BOOST_TEST(commits >= callers / 4);
  BOOST_TEST(rows() == callers);
}

BOOST_AUTO_TEST_CASE(a_long_work_is_committed_alone) {
  storage->writer().set_limits({.works = 256, .duration = std::chrono::milliseconds(10)});
  int before = -1;  // commits when caller 0 had done its work
  bool shared = false;
  const auto results = write_together([&](int caller, Connection&) -> Result<void> {
    if (caller == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      before = commits;
    } else {
      shared = shared || commits == before;
    }
    return {};
  });
  for (const auto& result : results) BOOST_TEST(result.has_value());
  BOOST_TEST(!shared);
  BOOST_TEST(rows() == callers);
}

BOOST_AUTO_TEST_CASE(a_failing_work_is_rolled_back_alone) {
  const auto results = write_together([](int caller, Connection&) -> Result<void> {
    if (caller % 4 == 1) return fail(Error{.code = ErrorCode::conflict, .message = "no", .details = {}});
    if (caller % 4 == 2) throw std::runtime_error("thrown");
    return {};
  });
  for (int caller = 0; caller < callers; ++caller) {
    const auto& result = results[static_cast<std::size_t>(caller)];
    if (caller % 4 == 1) {
      BOOST_TEST((code_of(result) == ErrorCode::conflict));
    } else if (caller % 4 == 2) {
      BOOST_TEST((code_of(result) == ErrorCode::internal));
    } else {
      BOOST_TEST(result.has_value());
    }
  }
  BOOST_TEST(rows() == callers / 2);
  BOOST_TEST(need(ask<std::int64_t>(*storage, "SELECT count(*) FROM rows WHERE n % 4 IN (1, 2)")) == 0);
}

BOOST_AUTO_TEST_CASE(a_failing_leader_does_not_take_the_others_along) {
  const auto results = write_together([](int caller, Connection&) -> Result<void> {
    if (caller == 0) return fail(Error{.code = ErrorCode::conflict, .message = "no", .details = {}});
    return {};
  });
  BOOST_TEST((code_of(results.front()) == ErrorCode::conflict));
  for (int caller = 1; caller < callers; ++caller) {
    BOOST_TEST(results[static_cast<std::size_t>(caller)].has_value());
  }
  BOOST_TEST(rows() == callers - 1);
}

BOOST_AUTO_TEST_CASE(all_learn_of_a_failed_commit) {
  commit_answer = 1;
  for (const auto& result : write_together(good)) BOOST_TEST(!result.has_value());
  BOOST_TEST(rows() == 0);
  commit_answer = 0;
  need(run(*storage, "INSERT INTO rows VALUES (99)"));
  BOOST_TEST(rows() == 1);
}

/// SQLite may roll back everything by itself when the disk is full: what a caller was told must be what is
/// there.
BOOST_AUTO_TEST_CASE(a_full_disk_is_told_to_those_it_hit) {
  const auto results = write_together([](int caller, Connection& connection) -> Result<void> {
    if (caller != 7) return {};
    auto limited =
        connection.execute("PRAGMA max_page_count = 8; CREATE TABLE big AS SELECT zeroblob(1000000)");
    auto lifted = connection.execute("PRAGMA max_page_count = 1000000");
    return limited ? lifted : limited;
  });
  std::int64_t told = 0;
  for (const auto& result : results) told += result.has_value() ? 1 : 0;
  BOOST_TEST((code_of(results[7]) == ErrorCode::resource_exhausted));
  BOOST_TEST(results[7].error().needs_user);
  BOOST_TEST(rows() == told);
  need(run(*storage, "INSERT INTO rows VALUES (99)"));
  BOOST_TEST(need(storage->check()).empty());
}

BOOST_AUTO_TEST_CASE(nesting_is_refused_on_another_callers_thread_too) {
  const auto results = write_together([&](int, Connection&) -> Result<void> {
    const auto nested = storage->write({}, [](Connection&) -> Result<void> { return {}; });
    if (nested || nested.error().code != ErrorCode::failed_precondition) {
      return fail(Error{.code = ErrorCode::internal, .message = "nested", .details = {}});
    }
    return {};
  });
  for (const auto& result : results) BOOST_TEST(result.has_value());
}

BOOST_AUTO_TEST_CASE(two_storages_nest) {
  StorageFixture other_fixture;
  const auto other = other_fixture.open();
  need(run(*other, "CREATE TABLE t (n INTEGER)"));
  need(storage->write({}, [&](Connection&) { return run(*other, "INSERT INTO t VALUES (1)"); }));
  BOOST_TEST(need(ask<std::int64_t>(*other, "SELECT count(*) FROM t")) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::storage
