// A copy that is cut off goes on where it ended; one whose source does not stand still says so.
#include <sys/resource.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <random>
#include <stdexcept>
#include <thread>

#include <omnicrm/copy.hpp>

#include "parts/child.hpp"
#include "parts/copy_databases.hpp"
#include "parts/crm_fixture.hpp"

namespace data = boost::unit_test::data;

namespace omnicrm::testing {

/// A full source, an empty target, and what a copy must come to.
struct FaultPair {
  CopyDatabases databases;
  Options from;
  Options to;
  std::vector<std::string> expected;
  std::string checksum;
  std::int64_t rows = 0;

  FaultPair(const std::string& from_kind, const std::string& to_kind)
      : from(databases.make(from_kind)), to(databases.make(to_kind)) {
    fill(from, databases.file("home"));
    expected = seen_by_users(from);
    const CopyReport whole = need(copy_database(from, databases.make("sqlite")));
    checksum = whole.checksum;
    rows = whole.rows;
  }

  void check_whole(const Result<CopyReport>& report, bool resumed = true) {
    need(report);
    BOOST_TEST(report->checksum == checksum);
    BOOST_TEST(report->rows == rows);
    BOOST_TEST(report->resumed == resumed);
    BOOST_TEST((seen_by_users(to) == expected));
    BOOST_TEST(need(need(Crm::open(to))->admin().check()).empty());
    BOOST_TEST(count_rows(to) == rows);
  }
};

namespace {

Result<void> without_report(const Result<CopyReport>& report) {
  if (!report) return fail(report.error());
  return {};
}

const auto pairs = data::make(storage_kinds()) * data::make(storage_kinds());

}  // namespace

BOOST_AUTO_TEST_SUITE(copy_faults)

/// Every process is killed right behind its third transaction: all stages are cut at many places.
BOOST_DATA_TEST_CASE(killed_again_and_again, pairs, from_kind, to_kind) {
  FaultPair pair(from_kind, to_kind);
  int killed = 0;
  int code = 0;
  do {
    Child child([&] {
      int transactions = 0;
      return exit_code(without_report(copy_database(
          pair.from, pair.to, {.rows_per_transaction = 60, .progress = [&](const CopyProgress& at) {
                                 if (at.stage != CopyStage::verify && ++transactions == 3)
                                   std::raise(SIGKILL);
                               }})));
    });
    code = child.wait();
    if (code == 128 + SIGKILL) ++killed;
  } while (code == 128 + SIGKILL && killed < 500);
  BOOST_TEST_MESSAGE(killed << " runs were killed");
  BOOST_TEST(killed > 10);
  BOOST_TEST(code == 0);
  BOOST_TEST(count_rows(pair.to) == pair.rows);
  BOOST_TEST((seen_by_users(pair.to) == pair.expected));
}

/// At places from a seed, in the middle of transactions too; each time into a new target. A place is
/// a number of transactions and a part of the next one's time, so that a machine's speed is no matter.
BOOST_DATA_TEST_CASE(killed_anywhere, data::make(storage_kinds()), to_kind) {
  FaultPair pair("sqlite", to_kind);
  const auto copy_to = [&](
                           const Options& to, std::function<void()> behind_each = [] {}) {
    return copy_database(
        pair.from, to, {.rows_per_transaction = 60, .progress = [&](const CopyProgress&) { behind_each(); }});
  };
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t transactions = 0;
  need(copy_to(pair.databases.make(to_kind), [&] { ++transactions; }));
  const auto one =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin) /
      transactions;
  std::mt19937_64 engine(11);
  int resumed = 0;
  for (int run = 0; run < 16; ++run) {
    pair.to = pair.databases.make(to_kind);
    const std::uint64_t place = 1 + engine() % (transactions - 1);
    const auto later = one * (engine() % 100) / 100;
    Child child([&] {
      std::uint64_t behind = 0;
      std::jthread killer;
      return exit_code(without_report(copy_to(pair.to, [&] {
        if (++behind != place) return;
        killer = std::jthread([later] {
          pause(later);
          std::raise(SIGKILL);
        });
      })));
    });
    BOOST_TEST(child.wait() == 128 + SIGKILL);
    const auto rest = copy_to(pair.to);
    // One that came to its end before is a database like any other.
    if (!rest && rest.error().code == ErrorCode::failed_precondition) continue;
    if (rest && rest->resumed) ++resumed;
    pair.check_whole(rest, rest && rest->resumed);
  }
  BOOST_TEST_MESSAGE(resumed << " of 16 were resumed");
  BOOST_TEST(resumed >= 5);
}

BOOST_AUTO_TEST_CASE(asked_to_stop_and_asked_again) {
  FaultPair pair("sqlite", "sqlite");
  std::stop_source stop;
  const auto stopped = copy_database(pair.from, pair.to,
                                     {.rows_per_transaction = 50,
                                      .progress =
                                          [&](const CopyProgress& at) {
                                            if (at.stage == CopyStage::text) stop.request_stop();
                                          },
                                      .stop = stop.get_token()});
  BOOST_REQUIRE(!stopped);
  BOOST_TEST((stopped.error().code == ErrorCode::cancelled));
  std::int64_t first = -1;
  pair.check_whole(copy_database(pair.from, pair.to, {.progress = [&](const CopyProgress& at) {
                                   if (first < 0) first = static_cast<std::int64_t>(at.stage);
                                 }}));
  BOOST_TEST(first == static_cast<std::int64_t>(CopyStage::text));  // the rows did not travel twice
}

BOOST_AUTO_TEST_CASE(a_callback_that_throws) {
  FaultPair pair("sqlite", "sqlite");
  const auto thrown = copy_database(pair.from, pair.to, {.progress = [](const CopyProgress&) {
                                      throw std::runtime_error("thrown by the host");
                                    }});
  BOOST_REQUIRE(!thrown);
  BOOST_TEST((thrown.error().code == ErrorCode::internal));
  BOOST_TEST(thrown.error().message == "thrown by the host");
  pair.check_whole(copy_database(pair.from, pair.to));
}

BOOST_DATA_TEST_CASE(the_source_changes_meanwhile, data::make(storage_kinds()), kind) {
  FaultPair pair(kind, "sqlite");
  bool changed = false;
  const auto report =
      copy_database(pair.from, pair.to, {.rows_per_transaction = 60, .progress = [&](const CopyProgress& at) {
                                           if (changed || at.table != "documents") return;
                                           changed = true;  // contacts are behind us
                                           Session ada = need(need(Crm::open(pair.from))->session("ada"));
                                           need(ada.contacts().create({.display_name = "Too Late"}));
                                         }});
  BOOST_TEST(changed);
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == ErrorCode::conflict));
  BOOST_TEST_MESSAGE(report.error().message);
}

BOOST_AUTO_TEST_CASE(a_row_that_is_lost_on_the_way_is_missed) {
  FaultPair pair("sqlite", "sqlite");
  bool lost = false;
  const auto report = copy_database(pair.from, pair.to, {.progress = [&](const CopyProgress& at) {
                                      if (lost || at.stage != CopyStage::text) return;
                                      lost = true;
                                      const auto to = open_at(pair.to);
                                      need(to->write({}, [](storage::Connection& connection) {
                                        return connection.execute("UPDATE tags SET color = 'other'");
                                      }));
                                    }});
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == ErrorCode::data_loss));
  BOOST_TEST(report.error().message == "to: table tags is not what was written to it");
}

BOOST_DATA_TEST_CASE(an_unfinished_copy_is_nothing_else, data::make(storage_kinds()), kind) {
  FaultPair pair("sqlite", kind);
  std::stop_source stop;
  const auto stopped = copy_database(
      pair.from, pair.to,
      {.progress = [&](const CopyProgress&) { stop.request_stop(); }, .stop = stop.get_token()});
  BOOST_REQUIRE(!stopped);
  const auto onwards = copy_database(pair.to, pair.databases.make("sqlite"));
  BOOST_REQUIRE(!onwards);
  BOOST_TEST(onwards.error().message == "from: is itself an unfinished copy");
  const auto opened = Crm::open(pair.to);
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.error().code == ErrorCode::failed_precondition));
  BOOST_TEST(opened.error().message.starts_with("the database is an unfinished copy"));
  const Options another = pair.databases.make("sqlite");
  need(Crm::open(another));
  const auto mixed = copy_database(another, pair.to);
  BOOST_REQUIRE(!mixed);
  BOOST_TEST((mixed.error().code == ErrorCode::failed_precondition));
  BOOST_TEST(mixed.error().message == "to: holds the unfinished copy of another database");
  pair.check_whole(copy_database(pair.from, pair.to));
}

BOOST_AUTO_TEST_CASE(two_copies_into_one_target) {
  FaultPair pair("sqlite", "sqlite");
  bool other_ran = false;
  const auto first =
      copy_database(pair.from, pair.to, {.rows_per_transaction = 60, .progress = [&](const CopyProgress& at) {
                                           if (other_ran || at.table != "interactions") return;
                                           other_ran = true;
                                           need(copy_database(pair.from, pair.to));
                                         }});
  BOOST_TEST(other_ran);
  BOOST_REQUIRE(!first);
  BOOST_TEST((first.error().code == ErrorCode::conflict));
  BOOST_TEST((seen_by_users(pair.to) == pair.expected));
}

/// Writes beyond a size fail, at several places of the copy.
BOOST_AUTO_TEST_CASE(a_target_that_may_not_grow) {
  for (const rlim_t kib : {300U, 800U, 1'600U}) {
    BOOST_TEST_CONTEXT(kib << " KiB") {
      FaultPair pair("sqlite", "sqlite");
      Child child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{.rlim_cur = kib * 1'024, .rlim_max = RLIM_INFINITY};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
        return exit_code(without_report(copy_database(pair.from, pair.to, {.rows_per_transaction = 60})));
      });
      BOOST_TEST(child.wait() == exit_code(ErrorCode::resource_exhausted));
      const auto report = copy_database(pair.from, pair.to);
      pair.check_whole(report, report && report->resumed);  // 300 KiB may end within the schema
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
