// What one user does never shows in, and never touches, the data of another.
#include <boost/test/unit_test.hpp>
#include <thread>

#include "parts/canonical_dump.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/database_reader.hpp"
#include "parts/sources.hpp"

namespace omnicrm::testing {
namespace {

/// Everything of one user that another must not be able to change.
struct Footprint {
  std::string digest;
  std::int64_t audit_entries = 0;
  std::size_t jobs = 0;
  std::size_t batches = 0;
  std::size_t plans = 0;
  std::size_t hits = 0;

  friend bool operator==(const Footprint&, const Footprint&) = default;
};

struct IsolationFixture : CrmFixture {
  Session bea = need(crm->session("bea"));
  SyncSource source =
      corpus_source({write_mbox(folder.file("a/mail.mbox"), some_mail(0, 40)),
                     write_file(folder.file("a/people.vcf"),
                                card("1", "Bob Stone", "bob@work.example", "CATEGORIES:customer\r\n")),
                     write_file(folder.file("a/events.ics"),
                                calendar(std::vector{event({.uid = "e@t", .title = "Meeting"})}))});

  IsolationFixture() {
    fill(ada);
    fill(bea);
  }

  /// The same for everybody.
  void fill(Session& user) {
    import_all(user, source);
    const Contact bob = contact_of(user, "bob@work.example");
    need(user.interactions().create({.kind = InteractionKind::note,
                                     .subject = "note",
                                     .body = "marzipan",
                                     .occurred_at = from_micros(1'000'000'000'000'000),
                                     .contact_id = bob.id}));
    need(user.tasks().create({.title = "call", .contact_id = bob.id}));
    need(user.segments().create("all", Json{R"({"field":"display_name","op":"contains","value":"o"})"}));
    need(user.settings().set("theme", Json{R"("dark")"}));
  }

  static Footprint footprint(Session& user) {
    const PageRequest all{.limit = 1'000};
    return {.digest = need(user.sync().state_digest()),
            .audit_entries = need(user.audit().verify()).entries,
            .jobs = need(user.jobs().list({}, all)).items.size(),
            .batches = need(user.sync().list(all)).items.size(),
            .plans = need(user.sync().plans(all)).items.size(),
            .hits = need(user.search().query({.text = "the"}, all)).items.size()};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(isolation, IsolationFixture)

BOOST_AUTO_TEST_CASE(the_same_data_side_by_side) {
  BOOST_TEST(difference(canonical_dump(path, "ada"), canonical_dump(path, "bea")) == "");
  BOOST_TEST((contact_of(ada, "bob@work.example").id != contact_of(bea, "bob@work.example").id));
  BOOST_TEST(need(ada.search().query({.text = "marzipan"}, {})).items.size() == 1U);
}

BOOST_AUTO_TEST_CASE(everything_that_one_does) {
  const Footprint before = footprint(bea);
  const auto dump = canonical_dump(path, "bea");
  const Imported more =
      import_all(corpus_source({write_mbox(folder.file("b/mail.mbox"), some_mail(100, 60))}));
  need(ada.sync().dry_run(ContactPolicy::none));
  need(ada.sync().reconcile(more.batch.id));
  need(ada.contacts().remove(contact_of(ada, "bob@work.example").id));
  const auto page = need(ada.contacts().list({}, {}));
  BOOST_REQUIRE(page.items.size() >= 2U);
  need(ada.contacts().merge(page.items[0].id, {page.items[1].id}));
  const auto batches = need(ada.sync().list({}));
  for (const SyncBatch& batch : batches.items) {
    if (batch.kind == BatchKind::import) undo(batch.id);
  }
  BOOST_TEST((footprint(bea) == before));
  BOOST_TEST(difference(dump, canonical_dump(path, "bea")) == "");
  BOOST_TEST(need(ada.search().query({.text = "marzipan"}, {})).items.size() == 1U);
  BOOST_TEST(need(bea.search().query({.text = "marzipan"}, {})).items.size() == 1U);
}

BOOST_AUTO_TEST_CASE(ids_of_the_other_are_not_found) {
  const Footprint before = footprint(bea);
  const auto batch = need(bea.sync().list({})).items.at(0);
  const auto contact = contact_of(bea, "bob@work.example");
  const auto note = need(bea.interactions().timeline({.kinds = {InteractionKind::note}}, {})).items.at(0);
  const auto job = need(bea.jobs().list({}, {})).items.at(0);
  const auto is_not_found = [](const auto& result) {
    return !result.has_value() && result.error().code == ErrorCode::not_found;
  };
  BOOST_TEST(is_not_found(ada.sync().status(batch.id)));
  BOOST_TEST(is_not_found(ada.sync().plan(*batch.plan_id)));
  BOOST_TEST(is_not_found(ada.sync().approve(*batch.plan_id)));
  BOOST_TEST(is_not_found(ada.sync().reject(*batch.plan_id)));
  BOOST_TEST(is_not_found(ada.sync().cancel(batch.id)));
  BOOST_TEST(is_not_found(ada.sync().undo(batch.id)));
  BOOST_TEST(is_not_found(ada.sync().reconcile(batch.id)));
  BOOST_TEST(is_not_found(ada.contacts().get(contact.id)));
  BOOST_TEST(is_not_found(ada.contacts().remove(contact.id)));
  BOOST_TEST(is_not_found(ada.contacts().merge(contact_of(ada, "bob@work.example").id, {contact.id})));
  BOOST_TEST(is_not_found(ada.interactions().get(note.id)));
  BOOST_TEST(is_not_found(ada.jobs().get(job.id)));
  BOOST_TEST(is_not_found(ada.jobs().cancel(job.id)));
  BOOST_TEST(need(ada.audit().list({.batch_id = batch.id}, {})).items.empty());
  BOOST_TEST(need(ada.jobs().list({.batch_id = batch.id}, {})).items.empty());
  BOOST_TEST(is_not_found(ada.interactions().timeline({.contact_id = contact.id}, {})));
  BOOST_TEST((footprint(bea) == before));
}

BOOST_AUTO_TEST_CASE(imports_of_both_at_once) {
  const auto alone = [&](const std::string& name, const SyncSource& theirs) {
    Session user = need(crm->session(name));
    import_all(user, theirs);
    return canonical_dump(path, name);
  };
  const SyncSource first = corpus_source({write_mbox(folder.file("c/mail.mbox"), some_mail(100, 100))});
  const SyncSource second = corpus_source({write_mbox(folder.file("d/mail.mbox"), some_mail(150, 100))});
  const auto expected_first = alone("carl", first);
  const auto expected_second = alone("dora", second);
  Session eve = need(crm->session("eve"));
  Session fay = need(crm->session("fay"));
  Session gil = need(crm->session("gil"));
  need(eve.sync().approve(need(eve.sync().preview(first)).id));
  need(fay.sync().approve(need(fay.sync().preview(second)).id));
  const SyncBatch undone = need(gil.sync().approve(need(gil.sync().preview(second)).id));
  need(crm->jobs().step(2));
  need(gil.sync().undo(undone.id));
  need(crm->jobs().run_until_idle());
  BOOST_TEST(difference(expected_first, canonical_dump(path, "eve")) == "");
  BOOST_TEST(difference(expected_second, canonical_dump(path, "fay")) == "");
  BOOST_TEST(canonical_dump(path, "gil").empty());
}

/// Text that would be SQL if any of it were ever pasted into a statement, in every place that takes text.
BOOST_AUTO_TEST_CASE(text_is_never_sql) {
  const Footprint before = footprint(bea);
  const auto database = look_into(path);
  const auto schema = database->schema();
  for (const std::string evil :
       {"'; DELETE FROM contacts; --", "\" OR 1=1 --", "x' UNION SELECT value FROM settings --",
        "%' OR '%'='", "*) OR (u:*", "\"; DROP TABLE interactions; --", "NEAR(a b)", "u : a OR b", "\\",
        "{\"$ne\":1}"}) {
    BOOST_TEST_CONTEXT(evil) {
      const Contact made = need(ada.contacts().create({.display_name = evil,
                                                       .nickname = evil,
                                                       .handles = {{.value = evil, .label = evil}},
                                                       .organization = evil,
                                                       .note = evil}));
      BOOST_TEST(need(ada.contacts().get(made.id)).display_name == evil);
      static_cast<void>(ada.contacts().find(IdentityKind::handle, evil));
      static_cast<void>(ada.contacts().find(IdentityKind::email, evil));
      static_cast<void>(ada.contacts().search(evil, {}));
      static_cast<void>(ada.contacts().list({}, {.cursor = evil}));
      static_cast<void>(ada.organizations().create({.name = evil, .note = evil}));
      static_cast<void>(ada.organizations().find(evil));
      static_cast<void>(ada.organizations().list(evil, {}));
      const Interaction note = need(ada.interactions().create(
          {.kind = InteractionKind::note, .subject = evil, .body = evil, .contact_id = made.id}));
      BOOST_TEST(need(ada.interactions().get(note.id)).body == evil);
      static_cast<void>(ada.interactions().timeline({.thread_id = evil}, {}));
      const Tag tag = need(ada.tags().create(evil, ""));
      need(ada.tags().assign(tag.id, {made.id}));
      static_cast<void>(ada.segments().create(evil, Json{evil}));
      static_cast<void>(ada.segments().preview(
          Json{R"({"field":"display_name","op":"contains","value":")" + std::string("x' OR 1=1 --") + "\"}"},
          {}));
      static_cast<void>(ada.settings().set(evil, Json{"1"}));
      static_cast<void>(ada.settings().get(evil));
      need(ada.tasks().create({.title = evil, .note = evil, .contact_id = made.id}));
      for (const std::string& query :
           {evil, "from:" + evil, "tag:" + evil, "\"" + evil + "\"", "-" + evil, "after:" + evil}) {
        if (const auto hits = ada.search().query({.text = query}, {.limit = 1'000})) {
          for (const auto& hit : hits->items) BOOST_TEST(ada.interactions().get(hit.id).has_value());
        }
      }
      static_cast<void>(ada.audit().list({.operation = evil, .subject_id = evil}, {}));
      static_cast<void>(ada.jobs().list({.kind = evil}, {}));
      static_cast<void>(ada.jobs().enqueue({{.kind = evil, .unique_key = evil}}));
      static_cast<void>(ada.sync().preview({.provider = evil, .paths = {evil}}));
      static_cast<void>(ada.call(evil, evil));
    }
  }
  BOOST_TEST((footprint(bea) == before));
  BOOST_TEST((database->schema() == schema));
  BOOST_TEST(need(ada.audit().verify()).intact);
  BOOST_TEST(need(crm->admin().check()).empty());
}

/// The same as text of imported items.
BOOST_AUTO_TEST_CASE(imported_text_is_never_sql) {
  const Footprint before = footprint(bea);
  const std::string evil = "Zorbert'); DROP TABLE contacts; --";
  const std::vector<TestMessage> messages = {mail({.id = "x'); DROP TABLE raw_events; --@t",
                                                   .from = "\"" + evil + "\" <evil@play.example>",
                                                   .to = corpus_owners()[0],
                                                   .subject = evil,
                                                   .body = evil})};
  write_mbox(folder.file("evil/'; --/mail.mbox"), messages);
  write_file(folder.file("evil/'; --/people.vcf"),
             card(evil, evil, "evil2@play.example", "NOTE:" + evil + "\r\n"));
  write_file(folder.file("evil/'; --/events.ics"),
             calendar(std::vector{event({.uid = evil, .title = evil})}));
  const Imported done = import_all(corpus_source({folder.file("evil")}));
  BOOST_TEST(done.batch.counts.normalized == 3);
  BOOST_TEST(contact_of(ada, "evil2@play.example").display_name == evil);
  BOOST_TEST((footprint(bea) == before));
  BOOST_TEST(need(ada.search().query({.text = "Zorbert"}, {})).items.size() == 2U);
  undo(done.batch.id);
  BOOST_TEST((footprint(bea) == before));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
