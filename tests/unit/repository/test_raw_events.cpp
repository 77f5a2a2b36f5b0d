// What sources said: one row for each item of a connection.
#include "repository/raw_events.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "parts/test_environment.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  Unit ada = environment.unit();
  BatchId batch = ada.make_id<BatchId>();

  RawEvent event(ConnectionId connection, std::string name) {
    RawEvent made;
    made.connection_id = connection;
    made.service = "mail";
    made.source_id = std::move(name);
    made.content_type = "message/rfc822";
    made.content_hash = "hash";
    made.origin = Json{"{}"};
    return made;
  }
  std::vector<PutOutcome> put(std::vector<RawEvent> events) {
    return must(ada.write([&](storage::Connection& connection) -> Result<std::vector<PutOutcome>> {
      std::vector<NewItem> items;
      for (RawEvent& each : events) items.push_back({&each, "bytes"});
      const Unit bound = ada.bound(connection, batch);
      OMNICRM_ASSIGN(const auto puts, RawEvents(connection, bound).put(items));
      std::vector<PutOutcome> outcomes;
      for (const Put& each : puts) outcomes.push_back(each.outcome);
      return outcomes;
    }));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(raw_events, Fixture)

BOOST_AUTO_TEST_CASE(two_connections_may_name_their_items_alike) {
  const auto one = ada.make_id<ConnectionId>();
  const auto other = ada.make_id<ConnectionId>();
  const auto outcomes = put({event(one, "a"), event(other, "a"), event(one, "b")});
  for (const PutOutcome outcome : outcomes) BOOST_TEST((outcome == PutOutcome::added));
  const auto again = put({event(other, "a"), event(other, "b")});
  BOOST_TEST((again[0] == PutOutcome::known));
  BOOST_TEST((again[1] == PutOutcome::added));
}

BOOST_AUTO_TEST_SUITE_END()
