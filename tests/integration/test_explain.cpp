// Every query that is asked often, or of large tables, finds its rows by an index: EXPLAIN QUERY PLAN says
// so.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <regex>

#include "parts/crm_fixture.hpp"
#include "parts/recording_storage.hpp"
#include "parts/sources.hpp"
#include "parts/sqlite_file.hpp"

namespace omnicrm::testing {
namespace {

/// Tables that are small whatever the user has: one row a process, one a claimed batch.
const std::set<std::string> small_tables = {"workers", "job_leases", "job_waits", "l"};
/// Partial indexes that hold nothing but the rows that are wanted.
const std::set<std::string> narrow_indexes = {"jobs_ready", "jobs_running", "jobs_scheduled"};

struct ExplainFixture {
  TemporaryFolder folder;
  std::string path = folder.file("crm.db");
  std::shared_ptr<RecordingStorage> storage = open_storage();
  std::unique_ptr<Crm> crm = need(open_crm());
  Session ada = need(crm->session("ada"));
  std::set<std::string> of_the_import;
  BatchId batch;

  ExplainFixture() {
    const SyncSource source = corpus_source(
        {write_mbox(folder.file("a/mail.mbox"), some_mail(0, 300)),
         write_file(folder.file("a/people.vcf"),
                    card("1", "Bob Stone", "bob@work.example", "CATEGORIES:customer\r\n")),
         write_file(folder.file("a/events.ics"),
                    calendar(std::vector{event(
                        {.uid = "e@t", .title = "Meeting", .more = "RRULE:FREQ=DAILY;COUNT=9\r\n"})}))});
    Session bea = need(crm->session("bea"));
    need(try_import(*crm, bea, source));
    storage->take();
    const Imported done = need(try_import(*crm, ada, source));
    BOOST_REQUIRE((done.batch.state == BatchState::done));
    batch = done.batch.id;
    of_the_import = storage->take();
    for (int i = 0; i < 30; ++i) {
      need(ada.tasks().create({.title = "task", .due_at = from_micros(1'700'000'000'000'000 + i)}));
    }
    storage->take();
  }

  std::shared_ptr<RecordingStorage> open_storage() const {
    storage::SqliteOptions options;
    options.path = path;
    options.full_sync = false;
    return std::make_shared<RecordingStorage>(need(storage::sqlite(options)));
  }
  Result<std::unique_ptr<Crm>> open_crm() const {
    Options options = test_options(path);
    options.storage = storage;
    return Crm::open(std::move(options));
  }

  /// The plans of statements, a line a step, with the statement before them.
  std::vector<std::string> plans(const std::set<std::string>& statements) const {
    SqliteFile file(path);
    std::vector<std::string> plans;
    for (const std::string& sql : statements) {
      std::string plan = sql + "\n";
      for (const auto& row : file.rows("EXPLAIN QUERY PLAN " + sql)) plan += "    " + row[3] + "\n";
      plans.push_back(std::move(plan));
    }
    return plans;
  }

  /// No step reads a whole table that grows with the user's data; `sorted`: none sorts either.
  void check_indexed(const std::set<std::string>& statements, bool sorted) const {
    static const std::regex scan("^    SCAN (\\w+)(?: USING (?:COVERING )?INDEX (\\w+))?$");
    for (const std::string& plan : plans(statements)) {
      std::istringstream lines(plan);
      for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        const bool scans = std::regex_match(line, found, scan) && !small_tables.contains(found[1]) &&
                           !narrow_indexes.contains(found[2]);
        BOOST_TEST(!scans, plan);
        BOOST_TEST((!sorted || line.find("USE TEMP B-TREE FOR ORDER BY") == std::string::npos), plan);
      }
    }
  }

  /// What `call` asks uses `index`, reads no whole table and sorts nothing.
  void check_hot(const std::string& index, const std::function<void()>& call) {
    BOOST_TEST_CONTEXT(index) {
      storage->take();
      call();
      const auto statements = storage->take();
      BOOST_TEST(!statements.empty());
      check_indexed(statements, true);
      const auto all = plans(statements);
      const bool used = std::any_of(all.begin(), all.end(), [&](const std::string& plan) {
        return plan.find(" " + index + " ") != std::string::npos ||
               plan.find(" " + index + "\n") != std::string::npos;
      });
      BOOST_TEST(used, "no statement uses the index:\n" << all.front());
    }
  }
};

/// The first and the second page.
template <class F>
void two_pages(const F& list) {
  const auto first = need(list(PageRequest{.limit = 2}));
  BOOST_REQUIRE(first.next.has_value());
  need(list(PageRequest{.limit = 2, .cursor = *first.next}));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(explain, ExplainFixture, *boost::unit_test::label("sqlite"))

BOOST_AUTO_TEST_CASE(timelines) {
  check_hot("interactions_occurred", [&] {
    two_pages([&](const PageRequest& page) { return ada.interactions().timeline({}, page); });
  });
  const auto active = need(ada.interactions().most_active(1));
  BOOST_REQUIRE(!active.empty());
  check_hot("interaction_participants_contact", [&] {
    two_pages([&](const PageRequest& page) {
      return ada.interactions().timeline({.contact_id = active[0].contact_id}, page);
    });
  });
  check_hot("interactions_id",
            [&] { need(ada.interactions().get(need(ada.interactions().timeline({}, {})).items.at(0).id)); });
}

BOOST_AUTO_TEST_CASE(contacts) {
  using repository::ContactOrder;
  for (const auto& [order, index] :
       {std::pair{ContactOrder::name, "contacts_name"}, std::pair{ContactOrder::created, "contacts_created"},
        std::pair{ContactOrder::updated, "contacts_updated"}}) {
    check_hot(index, [&, order = order] {
      two_pages([&](const PageRequest& page) { return ada.contacts().list({.order = order}, page); });
    });
  }
  check_hot("contacts_id", [&] { contact_of(ada, "bob@work.example"); });
  storage->take();
  need(ada.contacts().search("bob", {}));
  need(ada.search().query({.text = "perl from:bob@work.example"}, {}));
  need(ada.tags().list({}));
  need(ada.organizations().list("", {}));
  check_indexed(storage->take(), false);
}

BOOST_AUTO_TEST_CASE(tasks_that_are_due) {
  check_hot("tasks_due",
            [&] { need(ada.tasks().list({.status = repository::TaskStatus::due}, {.limit = 10})); });
}

BOOST_AUTO_TEST_CASE(an_import_and_its_jobs) {
  const auto plan_with = [&](std::string_view part, std::string_view index) {
    for (const std::string& plan : plans(of_the_import)) {
      if (plan.find(part) != std::string::npos && plan.find(index) != std::string::npos) return true;
    }
    return false;
  };
  check_indexed(of_the_import, false);
  BOOST_TEST(plan_with("FROM raw_events", "raw_events_source"));
  BOOST_TEST(plan_with("FROM raw_events", "raw_events_batch"));
  BOOST_TEST(plan_with("FROM contact_identities", "PRIMARY KEY"));
  // Claiming reads the ready jobs in their order.
  for (const std::string& plan : plans(of_the_import)) {
    if (plan.find("state = 'ready' AND is_parked = 0 AND kind = ") == std::string::npos) continue;
    BOOST_TEST(plan.find("jobs_ready") != std::string::npos, plan);
    BOOST_TEST(plan.find("TEMP B-TREE") == std::string::npos, plan);
  }
  BOOST_TEST(plan_with("state = 'ready' AND is_parked = 0 AND kind = ", "jobs_ready"));
  BOOST_TEST(plan_with("state = 'scheduled'", "jobs_scheduled"));
}

BOOST_AUTO_TEST_CASE(an_undo) {
  storage->take();
  need(ada.sync().undo(batch));
  need(crm->jobs().run_until_idle());
  BOOST_REQUIRE((need(ada.sync().status(batch)).state == BatchState::undone));
  check_indexed(storage->take(), false);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
