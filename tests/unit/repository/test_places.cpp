// Places in the full-text order: one for each interaction of a user, in the order of time.
#include <boost/test/unit_test.hpp>
#include <set>
#include <vector>

#include "parts/test_environment.hpp"
#include "repository/interaction_rows.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

constexpr std::int64_t minute = 60'000'000;

struct Fixture {
  TestEnvironment environment;
  Unit ada = environment.unit();

  std::vector<std::int64_t> places(const std::vector<Timestamp>& times) {
    return must(ada.read(
        [&](storage::Connection& connection) { return free_places(connection, ada.user(), times); }));
  }
  void add(Timestamp at) {
    must(ada.write([&](storage::Connection& connection) -> Result<void> {
      Interaction note;
      note.id = ada.make_id<InteractionId>();
      note.kind = InteractionKind::note;
      note.subject = "note";
      note.occurred_at = at;
      return insert_interaction(connection, ada, note);
    }));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(places, Fixture)

BOOST_AUTO_TEST_CASE(a_minute_has_1024) {
  const Timestamp at = from_micros(20'000'000 * minute + 30'000'000);
  const std::int64_t first = std::int64_t{20'000'000} << 10;
  BOOST_TEST(places({at, at, at}) == (std::vector<std::int64_t>{first, first + 1, first + 2}),
             boost::test_tools::per_element());
  add(at);
  add(at);
  BOOST_TEST(places({at}).front() == first + 2);
  BOOST_TEST(
      places({at, at + std::chrono::minutes(1)}) == (std::vector<std::int64_t>{first + 2, first + 1024}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_full_minute_spills_into_the_next_with_room) {
  const Timestamp at = from_micros(20'000'000 * minute);
  const std::int64_t first = std::int64_t{20'000'000} << 10;
  add(at + std::chrono::minutes(1));
  std::vector<Timestamp> times(2'600, at);
  times.push_back(at + std::chrono::minutes(1));
  const auto given = places(times);
  const std::set<std::int64_t> distinct(given.begin(), given.end());
  BOOST_TEST(distinct.size() == times.size());
  BOOST_TEST(*distinct.begin() == first);
  BOOST_TEST(*distinct.rbegin() == first + 2'601);  // all in a row, around the one that was taken
  BOOST_TEST(!distinct.contains(first + 1'024));
}

BOOST_AUTO_TEST_CASE(times_before_1970) {
  const Timestamp at = from_micros(-5 * minute - 1);
  BOOST_TEST(places({at}).front() == -6 * 1'024);
  add(at);
  BOOST_TEST(places({at}).front() == -6 * 1'024 + 1);
}

BOOST_AUTO_TEST_SUITE_END()
