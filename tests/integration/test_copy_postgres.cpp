// Copies to and from a server, in what a file does not have: roles, schemas, partitions, poolers, lost
// connections.
#include <boost/test/unit_test.hpp>
#include <string>

#include <omnicrm/copy.hpp>

#include "parts/copy_databases.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/cutting_proxy.hpp"
#include "parts/postgres_server.hpp"
#include "parts/shell.hpp"

namespace omnicrm::testing {

struct ServerCopy {
  CopyDatabases databases;
  PostgresServer& server = PostgresServer::get();
  std::string database = server.make_database();
  Options from = databases.make("sqlite");
  std::vector<std::string> expected;

  ServerCopy() {
    fill(from, databases.file("home"));
    expected = seen_by_users(from);
  }
  ~ServerCopy() { server.drop_database(database); }

  /// The superuser's, so that roles are not what is looked at.
  [[nodiscard]] Options target() const {
    Options to;
    to.path = server.url(database);
    return to;
  }
  void check_whole(const Options& to) const { BOOST_TEST((seen_by_users(to) == expected)); }
};

BOOST_FIXTURE_TEST_SUITE(copying_postgres, ServerCopy)

// Row-level security gives such a role no rows and no error: an empty copy would look like a whole one.
BOOST_AUTO_TEST_CASE(a_role_that_does_not_see_all_users) {
  Options application = databases.make("postgresql");
  need(copy_database(from, application));
  const Options owner = application;
  application.postgres.admin_url.clear();
  const Options file = databases.make("sqlite");
  auto refused = copy_database(application, file);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::permission_denied), describe(refused.error()));
  BOOST_TEST(refused.error().message.starts_with("from: copying needs a role"), refused.error().message);
  Options empty = databases.make("postgresql");
  empty.postgres.admin_url.clear();
  refused = copy_database(from, empty);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().message.starts_with("to: copying needs a role"), refused.error().message);
  need(copy_database(owner, file));
  check_whole(file);
}

BOOST_AUTO_TEST_CASE(into_partitions_and_back) {
  Options to = target();
  to.postgres.partitions = 4;
  const CopyReport there = need(copy_database(from, to));
  check_whole(to);
  const Options back = databases.make("sqlite");
  BOOST_TEST(need(copy_database(to, back)).checksum == there.checksum);
  check_whole(back);
}

BOOST_AUTO_TEST_CASE(from_schema_to_schema_of_one_database) {
  const Options first = target();
  Options second = target();
  second.postgres.schema = "omnicrm_second";
  const CopyReport there = need(copy_database(from, first));
  BOOST_TEST(need(copy_database(first, second)).checksum == there.checksum);
  check_whole(second);
  const auto again = copy_database(first, first);
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().message == "to: is the same database as from");
}

BOOST_AUTO_TEST_CASE(through_a_pooler) {
  Options to = target();
  to.path = server.bouncer_url(database);
  to.postgres.transaction_pooling = true;
  // What a transaction left behind on its server connection would be the next one's.
  need(copy_database(from, to, {.rows_per_transaction = 60}));
  check_whole(to);
  const Options back = databases.make("sqlite");
  need(copy_database(to, back, {.rows_per_transaction = 60}));
  check_whole(back);
}

BOOST_AUTO_TEST_CASE(the_server_restarts_meanwhile) {
  const Options to = target();
  int transactions = 0;
  int runs = 0;
  Result<CopyReport> report = fail(Error{});
  do {
    report = copy_database(from, to, {.rows_per_transaction = 60, .progress = [&](const CopyProgress&) {
                                        if (++transactions % 25 == 0 && transactions <= 75)
                                          server.restart("immediate");
                                      }});
    if (!report) BOOST_TEST_MESSAGE(describe(report.error()));
  } while (!report && report.error().code == ErrorCode::unavailable && ++runs < 20);
  need(report);
  BOOST_TEST(transactions > 75);
  check_whole(to);
}

BOOST_AUTO_TEST_CASE(connections_cut_at_random_bytes) {
  Options to = target();
  const std::string folder = to.path.substr(to.path.find("host=") + 5);
  CuttingProxy proxy(folder, 5434, 7);
  to.path += "&port=5434";
  proxy.cut_within(1'500'000);
  int runs = 0;
  Result<CopyReport> report = fail(Error{});
  do {
    report = copy_database(from, to, {.rows_per_transaction = 5});
  } while (!report && report.error().code == ErrorCode::unavailable && ++runs < 200);
  need(report);
  BOOST_TEST(proxy.cuts() > 5);
  BOOST_TEST_MESSAGE(proxy.cuts() << " cuts, " << runs << " runs failed");
  proxy.cut_within(0);
  check_whole(target());
}

BOOST_AUTO_TEST_CASE(the_command) {
  Shell shell;
  const std::string file = shell.folder.file("mail.db");
  BOOST_REQUIRE(
      shell.run({"--db", file, "import", shell.mail, "--owner", "me@example.org", "--yes"}).status == 0);
  const std::string url = server.url(database);
  const auto there = shell.json({"copy", "--from", "sqlite:" + file, "--to", url});
  BOOST_TEST(there.at("rows").as_int64() > 20);
  BOOST_TEST(there.at("resumed") == false);
  BOOST_TEST(shell.json({"--db", url, "contacts"}).at("items").as_array().size() == 2U);
  const std::string back = shell.folder.file("back.db");
  const Ended said = shell.run({"copy", "--from", url, "--to", back});
  BOOST_TEST(said.status == 0, said.err);
  BOOST_TEST(has(said.out, there.at("checksum").as_string()), said.out);
  BOOST_TEST(shell.json({"--db", back, "contacts"}).at("items").as_array().size() == 2U);

  const Ended full = shell.run({"copy", "--from", file, "--to", url});
  BOOST_TEST(full.status == 4);
  BOOST_TEST(has(full.err, "holds data of its own"), full.err);
  BOOST_TEST(shell.run({"copy", "--from", shell.folder.file("none.db"), "--to", url}).status == 3);
  BOOST_TEST(shell.run({"copy", "--from", file}).status == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
