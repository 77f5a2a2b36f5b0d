// The same for PostgreSQL, under row-level security and with the data of many users: a query that is asked
// often, or of large tables, finds its rows by an index that begins with the user.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "parts/crm_fixture.hpp"
#include "parts/postgres_reader.hpp"
#include "parts/postgres_server.hpp"
#include "parts/recording_storage.hpp"
#include "parts/sources.hpp"
#include "storage/postgres/pg_sql.hpp"

namespace omnicrm::testing {
namespace {

/// Tables with rows that a user brings in.
const std::set<std::string> large_tables = {
    "contacts",   "contact_identities", "organizations",    "interactions", "interaction_participants",
    "raw_events", "raw_payloads",       "documents",        "jobs",         "tasks",
    "tags",       "contact_tags",       "interaction_text", "contact_text", "contact_decisions"};

struct ServerExplainFixture {
  std::string database = PostgresServer::get().make_migrated_database();
  std::string url = PostgresServer::get().url(database, PostgresServer::application);
  TemporaryFolder folder;
  std::shared_ptr<RecordingStorage> storage = std::make_shared<RecordingStorage>(storage_at(url));
  std::unique_ptr<Crm> crm = need(open_crm());
  Session ada = need(crm->session("ada"));
  std::set<std::string> of_the_import;
  BatchId batch;

  ServerExplainFixture() {
    const SyncSource source = corpus_source(
        {write_mbox(folder.file("a/mail.mbox"), some_mail(0, 300)),
         write_file(folder.file("a/people.vcf"),
                    card("1", "Bob Stone", "bob@work.example", "CATEGORIES:customer\r\n")),
         write_file(folder.file("a/events.ics"),
                    calendar(std::vector{event(
                        {.uid = "e@t", .title = "Meeting", .more = "RRULE:FREQ=DAILY;COUNT=9\r\n"})}))});
    storage->take();
    const Imported done = need(try_import(*crm, ada, source));
    BOOST_REQUIRE((done.batch.state == BatchState::done));
    batch = done.batch.id;
    of_the_import = storage->take();
    for (int i = 0; i < 30; ++i)
      need(ada.tasks().create({.title = "task", .due_at = from_micros(1'700'000'000'000'000 + i)}));
    give_others_the_same();
    storage->take();
  }
  ~ServerExplainFixture() {
    ada = need(crm->session("nobody"));
    crm.reset();
    storage.reset();
    PostgresServer::get().drop_database(database);
  }

  Result<std::unique_ptr<Crm>> open_crm() const {
    Options options = test_options(url);
    options.storage = storage;
    return Crm::open(std::move(options));
  }

  /// So many other users have copies of the rows that no table is small, and statistics of them.
  void give_others_the_same() const {
    constexpr std::int64_t wanted = 20'000;
    PostgresReader reader(url);
    reader.execute("SET session_replication_role = replica");
    for (const std::string& table : large_tables) {
      const std::int64_t own = reader.number("SELECT COUNT(*) FROM " + table);
      if (own == 0) continue;
      reader.execute("INSERT INTO " + table +
                     " SELECT (jsonb_populate_record(t, jsonb_build_object('user_id', u.id))).* FROM " +
                     table + " t, (SELECT gen_random_uuid() AS id FROM generate_series(1, " +
                     std::to_string(wanted / own + 1) + ")) u");
    }
    reader.execute("ANALYZE");
  }

  /// How the server goes about a statement whatever its parameters: as a user, or for what no user may ask,
  /// as the library.
  std::string plan(const std::string& sql) const {
    for (const char* role : {"omnicrm_app", "omnicrm_admin"}) {
      try {
        return plan_as(role, sql);
      } catch (const std::runtime_error& refused) {
        if (std::string_view(refused.what()).find("permission denied") == std::string_view::npos) throw;
      }
    }
    throw std::runtime_error("nobody may ask: " + sql);
  }

  std::string plan_as(const std::string& role, const std::string& sql) const {
    const auto translated = need(storage::translate_statement(sql));
    PostgresReader reader(url);
    reader.execute("SET plan_cache_mode = force_generic_plan");
    reader.execute("SELECT set_config('omnicrm.user_id', '" + ada_id() + "', false)");
    reader.execute("SET ROLE " + role);
    reader.execute("PREPARE it AS " + translated.text);
    std::string nulls;
    for (int i = 0; i < translated.parameters; ++i) nulls += i == 0 ? "(NULL" : ", NULL";
    if (!nulls.empty()) nulls += ")";
    std::string plan = sql + "\n";
    for (const auto& row : reader.rows("EXPLAIN EXECUTE it" + nulls)) plan += "    " + row[0] + "\n";
    return plan;
  }

  std::string ada_id() const { return ada_user.value.to_string(); }
  UserId ada_user = ada.user();

  /// No step reads all rows of a large table; `sorted`: none sorts either.
  void check_indexed(const std::set<std::string>& statements, bool sorted) const {
    for (const std::string& sql : statements) {
      const std::string found = plan(sql);
      for (const std::string& table : large_tables) {
        BOOST_TEST((found.find("Seq Scan on " + table + " ") == std::string::npos &&
                    found.find("Seq Scan on " + table + "\n") == std::string::npos),
                   found);
      }
      // The people of a page's interactions are put in order when they are there; the page itself never is.
      const bool sorts = found.find("Sort Key") != std::string::npos &&
                         sql.find("FROM interaction_participants WHERE") == std::string::npos;
      BOOST_TEST((!sorted || !sorts), found);
    }
  }

  /// What `call` asks uses `index`, reads no whole table and sorts nothing.
  void check_hot(const std::string& index, const std::function<void()>& call) const {
    BOOST_TEST_CONTEXT(index) {
      storage->take();
      call();
      const auto statements = storage->take();
      BOOST_REQUIRE(!statements.empty());
      check_indexed(statements, true);
      bool used = false;
      std::string all;
      for (const std::string& sql : statements) {
        const std::string found = plan(sql);
        used = used || found.find(" " + index + " ") != std::string::npos;
        all += found;
      }
      BOOST_TEST(used, "no statement uses the index:\n" << all);
    }
  }

  template <class F>
  static void two_pages(const F& list) {
    const auto first = need(list(PageRequest{.limit = 2}));
    BOOST_REQUIRE(first.next.has_value());
    need(list(PageRequest{.limit = 2, .cursor = *first.next}));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_explain, ServerExplainFixture)

BOOST_AUTO_TEST_CASE(timelines) {
  check_hot("interactions_occurred", [&] {
    const auto first = need(ada.interactions().timeline({}, {.limit = 50}));
    BOOST_REQUIRE(first.next.has_value());
    need(ada.interactions().timeline({}, {.limit = 50, .cursor = *first.next}));
  });
  check_hot("interactions_pkey",
            [&] { need(ada.interactions().get(need(ada.interactions().timeline({}, {})).items.at(0).id)); });
  // One person's timeline: the plan for anybody may sort a person's few rows, but reads no others.
  storage->take();
  const auto active = need(ada.interactions().most_active(1));
  BOOST_REQUIRE(!active.empty());
  storage->take();
  need(ada.interactions().timeline({.contact_id = active[0].contact_id}, {.limit = 2}));
  const auto statements = storage->take();
  check_indexed(statements, false);
  bool used = false;
  for (const std::string& sql : statements)
    used = used || plan(sql).find("interaction_participants_contact") != std::string::npos;
  BOOST_TEST(used);
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
  check_hot("contact_identities_pkey", [&] { contact_of(ada, "bob@work.example"); });
  check_hot("tasks_due",
            [&] { need(ada.tasks().list({.status = repository::TaskStatus::due}, {.limit = 10})); });
  storage->take();
  need(ada.contacts().search("bob", {}));
  need(ada.search().query({.text = "perl from:bob@work.example"}, {}));
  need(ada.search().query({.text = "perl type:email after:2001-01-01"}, {.limit = 5}));
  check_indexed(storage->take(), false);
}

BOOST_AUTO_TEST_CASE(searches_use_the_words) {
  // What the two search functions ask (they run it as the tables' owner; see the end of the migration), of
  // somebody with a great many rows: who has few is served by walking them all.
  PostgresReader reader(url);
  const auto explained = [&](const std::string& sql) {
    std::string plan;
    for (const auto& row : reader.rows("EXPLAIN " + sql)) plan += row[0] + "\n";
    return plan;
  };
  const std::string user = ada_id();
  std::string token = "u" + user;
  std::erase(token, '-');
  const auto add = [&](const std::string& table, const std::string& text) {
    reader.execute("INSERT INTO " + table + " SELECT '" + user + "', 1000000000000 + n, " + text +
                   " FROM generate_series(1, 30000) n");
    reader.execute("ANALYZE " + table);
  };
  add("interaction_text", "to_tsvector('simple', '" + token + " ' || md5(n::text))");
  add("contact_text", "'  ' || md5(n::text) || '  '");
  const std::string words =
      explained("SELECT seq FROM interaction_text WHERE words @@ '''" + token +
                "'' & ''neverheardof'''::tsquery AND user_id = '" + user + "' ORDER BY seq DESC LIMIT 20");
  BOOST_TEST(words.find("interaction_text_words") != std::string::npos, words);
  const std::string parts = explained("SELECT seq FROM contact_text WHERE user_id = '" + user +
                                      "' AND words LIKE '%neverheardof%' ORDER BY seq DESC LIMIT 20");
  BOOST_TEST(parts.find("contact_text_words") != std::string::npos, parts);
}

BOOST_AUTO_TEST_CASE(an_import_and_its_jobs) {
  check_indexed(of_the_import, false);
  const auto check_plan_of = [&](std::string_view part, std::string_view index) {
    bool asked = false;
    for (const std::string& sql : of_the_import) {
      if (sql.find(part) == std::string::npos) continue;
      const std::string found = plan(sql);
      BOOST_TEST(found.find(index) != std::string::npos, found);
      asked = true;
    }
    BOOST_TEST(asked, part);
  };
  check_plan_of("SELECT source_id FROM raw_events", "raw_events_source");
  check_plan_of("MAX(i.seq) FROM interactions", "interactions_seq_key");
}

BOOST_AUTO_TEST_CASE(claims_go_along_their_line) {
  // What the functions of the queue ask, with the settings that they have of their own.
  PostgresReader reader(url);
  const std::string user = ada_id();
  reader.execute(
      "INSERT INTO job_ready (user_id, first, last, vt, priority, cost, n, attempt, kind) SELECT '" + user +
      "', gen_random_uuid(), gen_random_uuid(), n, 100, 1, 1, 0, 'some' FROM generate_series(1, 3000) n");
  reader.execute(
      "INSERT INTO job_scheduled (user_id, id, due, priority, cost, attempt, kind, state, vt) SELECT '" +
      user + "', gen_random_uuid(), n, 100, 1, 0, 'some', 'scheduled', 0 FROM generate_series(1, 3000) n");
  reader.execute("SET enable_seqscan = off");
  reader.execute("SET enable_bitmapscan = off");
  const auto check = [&](const std::string& sql, const std::string& index) {
    std::string plan;
    for (const auto& row : reader.rows("EXPLAIN " + sql)) plan += row[0] + "\n";
    BOOST_TEST(plan.find(index) != std::string::npos, plan);
    BOOST_TEST(plan.find("Sort") == std::string::npos, plan);
  };
  check(
      "SELECT ctid FROM job_ready WHERE kind = 'some' AND priority = 100 AND vt >= 500 AND attempt = 0 "
      "ORDER BY vt, first LIMIT 8 FOR UPDATE SKIP LOCKED",
      "job_ready_line");
  check("SELECT ctid FROM job_scheduled WHERE due <= 700 ORDER BY due LIMIT 500 FOR UPDATE SKIP LOCKED",
        "job_scheduled_due");
}

BOOST_AUTO_TEST_CASE(places_are_looked_up_by_both_bounds) {
  // A sum in the condition is not leakproof and would leave the upper bound to a filter.
  for (const std::string& sql : of_the_import) {
    if (sql.find("f.first AND f.last") == std::string::npos) continue;
    const std::string found = plan(sql);
    BOOST_TEST(found.find("(seq <= f.last)") != std::string::npos, found);
    BOOST_TEST(found.find("Filter: (seq") == std::string::npos, found);
    return;
  }
  BOOST_FAIL("the import did not look for places");
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
