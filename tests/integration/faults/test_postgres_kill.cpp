// kill -9 of a process that imports into a PostgreSQL database, at any moment: nothing is lost, nothing is
// there twice.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <random>
#include <string>

#include "parts/canonical_dump.hpp"
#include "parts/child.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/database_reader.hpp"
#include "parts/postgres_server.hpp"
#include "parts/sources.hpp"

namespace omnicrm::testing {
namespace {

using std::chrono::microseconds;

constexpr int kill_points = 24;
constexpr std::chrono::minutes later{1};  // past the leases of the killed

struct ServerImport {
  TemporaryFolder folder;
  SyncSource source;
  PostgresServer& server = PostgresServer::get();

  ServerImport() {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < 12; ++i) {
      paths.push_back(write_mbox(folder.file(std::to_string(i) + "/mail.mbox"), some_mail(i * 10, 10)));
    }
    paths.push_back(write_file(folder.file("people.vcf"), card("1", "Bob Stone", "bob@work.example")));
    source = corpus_source(paths);
  }

  [[nodiscard]] std::string path_of(const std::string& database) const {
    return server.url(database, PostgresServer::application);
  }

  /// Why the outcome is not the expected one; empty when it is.
  std::string problem_of(const std::string& path, const std::vector<std::string>& expected,
                         std::size_t words) const {
    std::string problem = difference(expected, canonical_dump(path, "ada"));
    const auto database = look_into(path);
    if (database->text_index().size() != words) problem += "the full text has other entries\n";
    if (database->number("SELECT COUNT(*) FROM job_rows WHERE state NOT IN ('done', 'cancelled')") != 0)
      problem += "jobs are left\n";
    const auto crm = need(Crm::open(test_options(path, 2 * later)));
    Session ada = need(crm->session("ada"));
    if (!need(ada.audit().verify()).intact) problem += "the audit chain is broken\n";
    return problem;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_kill, ServerImport)

BOOST_AUTO_TEST_CASE(an_import_killed_anywhere) {
  const std::string whole = server.make_migrated_database();
  const auto begin = std::chrono::steady_clock::now();
  BOOST_REQUIRE(
      Child([&] { return exit_code(import_here(test_options(path_of(whole)), "ada", source)); }).wait() == 0);
  auto length = static_cast<double>(
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin).count());
  const auto expected = canonical_dump(path_of(whole), "ada");
  const std::size_t words = text_index(path_of(whole)).size();
  BOOST_TEST(only(expected, "interaction").size() == 120U);

  std::mt19937_64 engine(31);
  int killed = 0;
  for (int point = 0; point < kill_points; ++point) {
    const std::string database = server.make_migrated_database();
    const std::string path = path_of(database);
    const auto share = (point + static_cast<double>(engine() % 1'000) / 1'000) / kill_points;
    const microseconds moment(static_cast<std::int64_t>(share * length));
    Child child([&] { return exit_code(import_here(test_options(path), "ada", source)); });
    pause(moment);
    child.kill();
    const bool in_time = child.wait() == 128 + 9;
    killed += in_time ? 1 : 0;
    length *= in_time ? 1.02 : 0.85;  // the moments follow the load of the machine
    const auto resumed = resume_here(test_options(path, later), "ada", source);
    BOOST_TEST(resumed.has_value(), (resumed ? std::string() : describe(resumed.error())));
    BOOST_TEST(problem_of(path, expected, words) == "", "killed after " << moment.count() << " us");
    server.give_back(database);
  }
  BOOST_TEST_MESSAGE(killed << " of " << kill_points << " were killed in time");
  BOOST_TEST(killed >= kill_points * 2 / 3);  // else the moments lie past the end, and the test says little
  server.give_back(whole);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
