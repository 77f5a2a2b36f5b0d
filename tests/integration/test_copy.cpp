// A database copied to every kind of storage: nothing is missing, and it lives on there.
#include <algorithm>
#include <atomic>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>

#include <omnicrm/copy.hpp>

#include "copy/catalogue.hpp"
#include "copy/copy_state.hpp"
#include "core/errors.hpp"
#include "parts/copy_databases.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/sources.hpp"
#include "storage/query.hpp"

namespace data = boost::unit_test::data;

namespace omnicrm::testing {

/// A full source of the first kind and an empty target of the second.
struct Pair {
  CopyDatabases databases;
  Options from;
  Options to;
  Pair(const std::string& from_kind, const std::string& to_kind)
      : from(databases.make(from_kind)), to(databases.make(to_kind)) {
    fill(from, databases.file("home"));
  }
};

namespace {

void check_equal(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  BOOST_REQUIRE_EQUAL(expected.size(), actual.size());
  for (std::size_t i = 0; i < expected.size(); ++i) BOOST_TEST(expected[i] == actual[i]);
}

ErrorCode code_of(const Result<CopyReport>& report) {
  BOOST_REQUIRE_MESSAGE(!report, "should have failed");
  BOOST_TEST_MESSAGE(report.error().message);
  return report.error().code;
}

bool says(const Result<CopyReport>& report, std::string_view words) {
  return !report && report.error().message.find(words) != std::string::npos;
}

std::int64_t number(const Options& options, const std::string& sql) {
  std::int64_t value = 0;
  need(open_at(options)->read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const auto found, storage::query_one<std::int64_t>(connection, sql));
    value = found.value_or(0);
    return {};
  }));
  return value;
}

void change(const Options& options, const std::string& sql) {
  need(open_at(options)->write({}, [&](storage::Connection& connection) { return connection.execute(sql); }));
}

/// Counts the jobs it ran.
struct Remember final : jobs::Handler {
  explicit Remember(std::atomic<int>& count) : count_(count) {}
  Result<jobs::Outcome> run(jobs::Context& /*context*/) override {
    ++count_;
    return jobs::Outcome::done();
  }
  std::atomic<int>& count_;
};

/// Mail that no test has imported, a contact, and the waiting jobs: what a host does next.
void live_on(const Options& options, const std::string& folder) {
  Options later = options;
  later.clock = std::make_shared<RunningClock>(std::chrono::hours(1));
  const auto crm = need(Crm::open(later));
  std::atomic<int> run = 0;
  need(crm->jobs().register_handler("later", std::make_shared<Remember>(run)));
  Session bob = need(crm->session("bob"));
  need(bob.contacts().create({.display_name = "Somebody New"}));
  const std::string box = write_mbox(folder + "/more.mbox", some_mail(90, 30));
  const Imported more = need(try_import(*crm, bob, corpus_source({box})));
  BOOST_TEST((more.batch.state == BatchState::done), more.batch.message);
  BOOST_TEST(run == 4);  // one of each user had been running
  BOOST_TEST(need(bob.contacts().search("somebody", {})).items.size() == 1U);
  BOOST_TEST(need(bob.audit().verify()).intact);
  BOOST_TEST(need(crm->admin().check()).empty());
}

const auto pairs = data::make(storage_kinds()) * data::make(storage_kinds());

}  // namespace

BOOST_AUTO_TEST_SUITE(copying)

BOOST_DATA_TEST_CASE(everything_arrives_and_lives_on, pairs, from_kind, to_kind) {
  Pair pair(from_kind, to_kind);
  const auto before = seen_by_users(pair.from);
  std::int64_t transactions = 0;
  CopyStage stage = CopyStage::rows;
  const CopyReport report = need(copy_database(
      pair.from, pair.to, {.rows_per_transaction = 100, .progress = [&](const CopyProgress& at) {
                             ++transactions;
                             BOOST_TEST((at.stage >= stage));
                             BOOST_TEST(at.rows <= at.total);
                             BOOST_TEST(!at.table.empty());
                             stage = at.stage;
                           }}));
  BOOST_TEST((stage == CopyStage::verify));
  BOOST_TEST(transactions > 40);
  BOOST_TEST(report.rows == count_rows(pair.from));
  BOOST_TEST(report.rows == count_rows(pair.to));  // the progress is gone
  BOOST_TEST(report.tables == std::ssize(copy::copied_tables()));
  BOOST_TEST(!report.resumed);
  BOOST_TEST(report.checksum.size() == 64U);
  check_equal(before, seen_by_users(pair.to));
  check_equal(before, seen_by_users(pair.from));  // which stands as it stood
  live_on(pair.to, pair.databases.file("more"));
}

BOOST_DATA_TEST_CASE(there_and_back_is_the_same, data::make(storage_kinds()), kind) {
  Pair pair("sqlite", kind);
  const Options back = pair.databases.make("sqlite");
  const CopyReport there = need(copy_database(pair.from, pair.to));
  const CopyReport again = need(copy_database(pair.to, back));
  BOOST_TEST(there.checksum == again.checksum);
  BOOST_TEST(there.rows == again.rows);
  check_equal(seen_by_users(pair.from), seen_by_users(back));
}

BOOST_DATA_TEST_CASE(an_empty_database, pairs, from_kind, to_kind) {
  CopyDatabases databases;
  const Options from = databases.make(from_kind);
  const Options to = databases.make(to_kind);
  need(Crm::open(from));
  const CopyReport report = need(copy_database(from, to));
  BOOST_TEST(report.rows == 0);
  BOOST_TEST(count_rows(to) == 0);
  need(need(need(Crm::open(to))->session("ada")).contacts().create({.display_name = "First"}));
}

BOOST_AUTO_TEST_CASE(places_that_users_share_are_told_apart) {
  // On PostgreSQL each user has places of their own: the same mail, the same places.
  if (storage_kinds().size() < 2) return;
  Pair pair("postgresql", "sqlite");
  const char* shared = "SELECT COUNT(*) - COUNT(DISTINCT seq) FROM interactions";
  BOOST_TEST(number(pair.from, shared) > 50);
  const auto before = seen_by_users(pair.from);
  need(copy_database(pair.from, pair.to));
  BOOST_TEST(number(pair.to, shared) == 0);
  check_equal(before, seen_by_users(pair.to));
}

/// A migration that adds a table has to say in src/copy/tables.cpp what a copy does with it.
BOOST_DATA_TEST_CASE(every_table_is_known, data::make(storage_kinds()), kind) {
  CopyDatabases databases;
  const auto storage = open_at(databases.make(kind));
  copy::Catalogue catalogue;
  need(storage->read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(catalogue, copy::read_catalogue(connection));
    return {};
  }));
  std::set<std::string, std::less<>> known(copy::made_tables().begin(), copy::made_tables().end());
  known.emplace(copy::history_table);
  for (const copy::CopiedTable& table : copy::copied_tables()) {
    BOOST_TEST_CONTEXT(table.name) {
      BOOST_TEST(known.emplace(table.name).second);
      const auto columns = copy::copied_columns(catalogue, table);
      BOOST_TEST(!columns.empty());
      for (const std::string_view part : table.key(storage->dialect()))
        BOOST_TEST((std::ranges::find(columns, part, &copy::Column::name) != columns.end()), part);
      for (const copy::Column& column : columns)
        BOOST_TEST((column.kind != copy::Kind::other), column.name << " is of a type that is not copied");
    }
  }
  for (const auto& [table, columns] : catalogue) BOOST_TEST(known.contains(table), "unknown table " << table);
  BOOST_TEST(catalogue.size() == known.size());
}

BOOST_AUTO_TEST_CASE(a_table_or_column_of_one_side_alone_is_an_error) {
  Pair pair("sqlite", "sqlite");
  change(pair.from, "CREATE TABLE novelties (id BLOB PRIMARY KEY)");
  auto refused = copy_database(pair.from, pair.to);
  BOOST_TEST((code_of(refused) == ErrorCode::failed_precondition));
  BOOST_TEST(says(refused, "from: a copy does not know what to do with table novelties"));
  change(pair.from, "DROP TABLE novelties");
  // Within one schema version only a hand does this: opening says "damaged" first, so look below that.
  copy::Catalogue from;
  need(open_at(pair.from)->read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(from, copy::read_catalogue(connection));
    return {};
  }));
  copy::Catalogue to = from;
  need(copy::compare(from, to));
  std::erase_if(to["contacts"], [](const copy::Column& column) { return column.name == "birthday"; });
  BOOST_TEST(copy::compare(from, to).error().message == "to: has no column contacts.birthday");
  BOOST_TEST(copy::compare(to, from).error().message == "from: has no column contacts.birthday");
  to = from;
  to["contacts"].back().kind = copy::Kind::real;
  BOOST_TEST(copy::compare(from, to).error().message == "to: column contacts.version is of another kind");
  to.erase("contacts");
  BOOST_TEST(copy::compare(from, to).error().message == "to: has no table contacts");
}

// --- refused, and nothing touched ----------------------------------------------------------------------

BOOST_DATA_TEST_CASE(a_target_with_data_of_its_own, data::make(storage_kinds()), kind) {
  Pair pair("sqlite", kind);
  need(need(need(Crm::open(pair.to))->session("carol")).contacts().create({.display_name = "Hers"}));
  const std::int64_t before = count_rows(pair.to);
  const auto refused = copy_database(pair.from, pair.to);
  BOOST_TEST((code_of(refused) == ErrorCode::failed_precondition));
  BOOST_TEST(says(refused, "to: holds data of its own (in contacts)"));
  BOOST_TEST(count_rows(pair.to) == before);
}

BOOST_DATA_TEST_CASE(the_source_itself, data::make(storage_kinds()), kind) {
  CopyDatabases databases;
  const Options same = databases.make(kind);
  need(Crm::open(same));
  const auto refused = copy_database(same, same);
  BOOST_TEST((code_of(refused) == ErrorCode::invalid_argument));
  BOOST_TEST(says(refused, "to: is the same database as from"));
  BOOST_TEST(count_rows(same) == 0);
}

BOOST_AUTO_TEST_CASE(a_source_that_is_missing_or_has_no_schema) {
  CopyDatabases databases;
  const Options to = databases.make("sqlite");
  BOOST_TEST((code_of(copy_database(databases.make("sqlite"), to)) == ErrorCode::not_found));
  Options empty = databases.make("sqlite");
  BOOST_TEST(need(need(storage::sqlite({.path = empty.path}))->schema_version()) == 0);
  const auto refused = copy_database(empty, to);
  BOOST_TEST((code_of(refused) == ErrorCode::failed_precondition));
  BOOST_TEST(says(refused, "from: has schema version 0"));
  BOOST_TEST(!std::filesystem::exists(to.path));  // nothing was made
}

BOOST_DATA_TEST_CASE(a_target_out_of_reach, data::make(storage_kinds()), kind) {
  CopyDatabases databases;
  const Options from = databases.make("sqlite");
  need(Crm::open(from));
  Options to;
  to.path = kind == "sqlite" ? databases.file("no/such/folder/x.db")
                             : "postgresql://nobody:secret@127.0.0.1:1/none";
  to.postgres.acquire_timeout = std::chrono::milliseconds(300);
  to.postgres.connect_timeout = std::chrono::milliseconds(300);
  const auto refused = copy_database(from, to);
  const ErrorCode code = code_of(refused);
  BOOST_TEST((code == ErrorCode::not_found || code == ErrorCode::unavailable));
  BOOST_TEST(!says(refused, "secret"));
}

BOOST_AUTO_TEST_CASE(text_that_the_server_cannot_hold_is_named) {
  if (storage_kinds().size() < 2) return;
  Pair pair("sqlite", "postgresql");
  change(pair.from, "UPDATE contacts SET note = 'a' || char(0) || 'b' WHERE seq = 3");
  const auto refused = copy_database(pair.from, pair.to);
  BOOST_TEST((code_of(refused) == ErrorCode::invalid_argument));
  BOOST_TEST(says(refused, "contacts.note: PostgreSQL cannot hold a NUL byte; the row with seq 3"));
  change(pair.from, "UPDATE contacts SET note = CAST(x'61ff62' AS TEXT) WHERE seq = 3");
  BOOST_TEST(says(copy_database(pair.from, pair.to), "text that is not UTF-8"));
  change(pair.from, "UPDATE contacts SET note = 'mended' WHERE seq = 3");
  need(copy_database(pair.from, pair.to));  // goes on where it ended
}

BOOST_AUTO_TEST_CASE(options_out_of_range) {
  CopyDatabases databases;
  for (const std::int64_t rows : {0, -1, 100'001}) {
    BOOST_TEST((code_of(copy_database(databases.make("sqlite"), databases.make("sqlite"),
                                      {.rows_per_transaction = rows})) == ErrorCode::invalid_argument));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
