#include <boost/test/unit_test.hpp>
#include <optional>

#include "core/sha256.hpp"
#include "model/json.hpp"
#include "parts/database_reader.hpp"
#include "parts/temporary_folder.hpp"
#include "parts/test_environment.hpp"
#include "repository/audit_log.hpp"
#include "repository/sql_audit.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

/// A database with ten entries of ada's and one of bob's, that somebody tampers with behind the library's
/// back.
struct Log {
  Log() {
    environment.emplace(path);
    for (int i = 1; i <= 10; ++i) {
      must(environment->unit().write([&](storage::Connection& connection) {
        return append_audit(connection, environment->unit(), "contacts.update", "contact",
                            "c" + std::to_string(i), "{ \"fields\": [\"note\"], \"b\": 2 }");
      }));
      environment->clock->advance(std::chrono::seconds(1));
    }
    must(environment->unit("bob").write([&](storage::Connection& connection) {
      return append_audit(connection, environment->unit("bob"), "contacts.create", "contact", "b");
    }));
  }

  void tamper(const std::string& sql) const {
    testing::look_into(path)->execute((testing::on_postgres()
                                           ? "SET session_replication_role = replica;"
                                           : "DROP TRIGGER IF EXISTS audit_log_no_update;"
                                             "DROP TRIGGER IF EXISTS audit_log_no_delete;") +
                                      sql);
  }

  AuditVerification verify(std::string_view user = "ada") {
    return must(SqlAudit(environment->unit(user)).verify());
  }

  void check_found_at(std::int64_t sequence) {
    const AuditVerification verification = verify();
    BOOST_TEST(!verification.intact);
    BOOST_TEST(verification.first_bad_sequence == sequence);
    BOOST_TEST(!verification.reason.empty());
    BOOST_TEST(verify("bob").intact);
  }

  testing::TemporaryFolder folder;
  testing::TestDatabases databases;
  std::string path = databases.make(folder.file("audit.db"));
  std::optional<TestEnvironment> environment;
};

const std::string of_ada = " WHERE user_id = (SELECT user_id FROM audit_heads WHERE sequence = 10)";

}  // namespace

BOOST_AUTO_TEST_SUITE(audit)

BOOST_FIXTURE_TEST_CASE(an_untouched_log_is_intact, Log) {
  const AuditVerification verification = verify();
  BOOST_TEST(verification.intact);
  BOOST_TEST(verification.entries == 10);
  BOOST_TEST(verification.first_bad_sequence == 0);
  BOOST_TEST(verify("bob").entries == 1);
  BOOST_TEST(verify("nobody").intact);
}

BOOST_FIXTURE_TEST_CASE(the_hash_is_that_of_the_canonical_json, Log) {
  const auto page = must(SqlAudit(environment->unit()).list({}, {.limit = 1, .cursor = {}}));
  AuditEntry entry = page.items.front();
  std::string json = to_json(entry);
  const std::string hash = ",\"hash\":\"" + entry.hash + '"';
  json.erase(json.find(hash), hash.size());
  BOOST_TEST(sha256_hex(canonical_json(json)) == entry.hash);
  BOOST_TEST(entry.details.text == "{\"b\":2,\"fields\":[\"note\"]}");
}

BOOST_FIXTURE_TEST_CASE(triggers_refuse_change_and_removal, Log) {
  for (const char* sql : {"UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"}) {
    BOOST_TEST(!environment->shared->storage->write(
        {}, [&](storage::Connection& connection) { return connection.execute(sql); }));
  }
  BOOST_TEST(verify().intact);
}

BOOST_FIXTURE_TEST_CASE(an_altered_field_is_found, Log) {
  tamper("UPDATE audit_log SET actor = 'mallory'" + of_ada + " AND sequence = 4");
  check_found_at(4);
}

BOOST_FIXTURE_TEST_CASE(altered_details_are_found, Log) {
  tamper("UPDATE audit_log SET details = '{\"b\":3,\"fields\":[\"note\"]}'" + of_ada + " AND sequence = 7");
  check_found_at(7);
}

BOOST_FIXTURE_TEST_CASE(an_altered_time_is_found, Log) {
  tamper("UPDATE audit_log SET at = at + 1" + of_ada + " AND sequence = 1");
  check_found_at(1);
}

BOOST_FIXTURE_TEST_CASE(an_entry_taken_out_is_found, Log) {
  tamper("DELETE FROM audit_log" + of_ada + " AND sequence = 5");
  check_found_at(5);
}

BOOST_FIXTURE_TEST_CASE(the_first_entry_taken_out_is_found, Log) {
  tamper("DELETE FROM audit_log" + of_ada + " AND sequence = 1");
  check_found_at(1);
}

BOOST_FIXTURE_TEST_CASE(entries_cut_off_at_the_end_are_found, Log) {
  tamper("DELETE FROM audit_log" + of_ada + " AND sequence >= 9");
  check_found_at(9);
}

BOOST_FIXTURE_TEST_CASE(all_entries_taken_out_are_found, Log) {
  tamper("DELETE FROM audit_log" + of_ada);
  check_found_at(1);
}

BOOST_FIXTURE_TEST_CASE(a_lost_chain_end_is_found, Log) {
  const std::string head = "DELETE FROM audit_heads WHERE sequence = 10";
  tamper(head);
  check_found_at(1);
}

BOOST_FIXTURE_TEST_CASE(two_entries_that_changed_places_are_found, Log) {
  tamper("UPDATE audit_log SET sequence = 100" + of_ada + " AND sequence = 3;" +
         "UPDATE audit_log SET sequence = 3" + of_ada + " AND sequence = 6;" +
         "UPDATE audit_log SET sequence = 6" + of_ada + " AND sequence = 100");
  check_found_at(3);
}

BOOST_FIXTURE_TEST_CASE(an_entry_put_in_is_found, Log) {
  tamper(
      "INSERT INTO audit_log SELECT user_id, 11, at, actor, operation, subject, 'forged', batch_id, details, "
      "hash, "
      "previous_hash FROM audit_log" +
      of_ada + " AND sequence = 10");
  check_found_at(11);
}

BOOST_FIXTURE_TEST_CASE(a_forged_entry_with_a_right_hash_is_found_by_the_chains_end, Log) {
  auto entry = must(SqlAudit(environment->unit()).list({}, {.limit = 1, .cursor = {}})).items.front();
  entry.previous_hash = entry.hash;
  entry.sequence = 11;
  entry.subject_id = "forged";
  entry.hash = audit_hash(entry);
  tamper("INSERT INTO audit_log SELECT user_id, 11, " + std::to_string(to_micros(entry.at)) +
         ", actor, operation, subject, 'forged', batch_id, details, hash, '" + entry.hash +
         "' FROM audit_log" + of_ada + " AND sequence = 10");
  check_found_at(11);
}

BOOST_FIXTURE_TEST_CASE(listed_newest_first_in_pages_and_filtered, Log) {
  SqlAudit log(environment->unit());
  PageRequest request{.limit = 3, .cursor = {}};
  std::vector<std::int64_t> sequences;
  while (true) {
    const auto page = must(log.list({}, request));
    for (const AuditEntry& entry : page.items) sequences.push_back(entry.sequence);
    if (!page.next) break;
    request.cursor = *page.next;
  }
  BOOST_TEST(sequences == (std::vector<std::int64_t>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}),
             boost::test_tools::per_element());
  BOOST_TEST(
      must(log.list({.operation = "contacts.update", .subject_id = "c4", .batch_id = {}}, {})).items.size() ==
      1U);
  BOOST_TEST(
      must(log.list({.operation = "contacts.create", .subject_id = "", .batch_id = {}}, {})).items.empty());
  BOOST_TEST((code_of(log.list({.operation = "x", .subject_id = "", .batch_id = {}}, request)) ==
              ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
