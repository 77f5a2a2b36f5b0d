// Undo gives back the state before, exactly.
#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <random>
#include <thread>

#include "parts/canonical_dump.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/database_reader.hpp"
#include "parts/sources.hpp"

namespace omnicrm::testing {
namespace {

/// Everything that an undo must give back.
struct State {
  std::string digest;
  std::map<std::string, std::string> words;
  std::vector<std::string> dump;
};

struct UndoFixture : CrmFixture {
  State state() { return {digest(), text_index(path), canonical_dump(path, "ada")}; }

  void check_same(const State& before, std::string_view when) {
    const State now = state();
    BOOST_TEST_CONTEXT(when) {
      BOOST_TEST(difference(before.dump, now.dump) == "");
      BOOST_TEST(now.digest == before.digest);
      BOOST_TEST((now.words == before.words));
    }
  }
};

/// What a user does between imports, and a choice of things to import: from a seed.
class Life {
 public:
  Life(UndoFixture& fixture, std::uint64_t seed) : fixture_(fixture), engine_(seed) {}

  void do_something_by_hand() {
    Session& ada = fixture_.ada;
    const auto page = need(ada.contacts().list({.include_archived = true}, {.limit = 200}));
    switch (page.items.empty() ? 0 : below(6)) {
      case 0:
        // Somebody whom the mail names, before or after it does.
        static_cast<void>(ada.contacts().create({.display_name = "Known by hand",
                                                 .emails = {{.value = address(below(40))}},
                                                 .note = "met at the fair"}));
        break;
      case 1:
        need(ada.interactions().create({.kind = InteractionKind::note,
                                        .subject = "a note",
                                        .body = "saffron " + std::to_string(below(1'000)),
                                        .contact_id = pick(page.items).id}));
        break;
      case 2: {
        if (!tag_) tag_ = need(ada.tags().create("friends", "")).id;
        need(ada.tags().assign(*tag_, {pick(page.items).id}));
        break;
      }
      case 3: {
        Contact contact = pick(page.items);
        contact.job_title = "title " + std::to_string(below(100));
        contact.pinned = below(2) == 0;
        need(ada.contacts().update(contact));
        break;
      }
      case 4:
        need(ada.contacts().remove(pick(page.items).id));
        break;
      default:
        need(ada.tasks().create({.title = "call back", .contact_id = pick(page.items).id}));
    }
  }

  /// Files of a random choice of mail, cards and calendars, some of them seen before, some in a newer
  /// version.
  SyncSource choose(int round) {
    const std::string home = fixture_.folder.file("round" + std::to_string(round));
    std::vector<TestMessage> messages;
    for (std::size_t i = 0; i < 15 + below(40); ++i) messages.push_back(distinct_corpus()[below(400)]);
    for (std::size_t i = 0; i < 5; ++i) {
      const std::size_t person = below(40);
      messages.push_back(mail({.id = std::to_string(below(60)) + "@own",
                               .from = corpus_owners()[0],
                               .to = "Person " + std::to_string(person) + " <" + address(person) + ">"}));
    }
    write_mbox(home + "/mail.mbox", messages);
    std::string cards;
    for (std::size_t i = 0; i < below(6); ++i) cards += random_card();
    if (!cards.empty()) write_file(home + "/cards.vcf", cards);
    std::vector<std::string> events;
    for (std::size_t i = 0; i < below(6); ++i) events.push_back(random_event());
    if (!events.empty()) write_file(home + "/events.ics", calendar(events));
    return corpus_source({home});
  }

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }

 private:
  static std::string address(std::size_t person) {
    return "person" + std::to_string(person) + "@firm" + std::to_string(person % 7) + ".example";
  }
  const Contact& pick(const std::vector<Contact>& contacts) { return contacts[below(contacts.size())]; }

  std::string random_card() {
    const std::size_t person = below(40);
    std::string more = "REV:200208" + std::to_string(10 + below(20)) + "T000000Z\r\n";
    if (below(2) == 0) more += "TITLE:Title " + std::to_string(below(9)) + "\r\n";
    if (below(3) == 0) more += "EMAIL:" + address(below(40)) + "\r\n";  // two people become one
    if (below(3) == 0) more += "CATEGORIES:customer,group" + std::to_string(below(3)) + "\r\n";
    if (below(3) == 0) more += "ORG:Firm " + std::to_string(person % 7) + "\r\n";
    return card("card-" + std::to_string(person), "Person " + std::to_string(person), address(person), more);
  }

  std::string random_event() {
    const std::size_t person = below(40);
    std::string more = "ATTENDEE;CN=Person " + std::to_string(person) + ":mailto:" + address(person) + "\r\n";
    if (below(2) == 0) {
      more += "RRULE:FREQ=WEEKLY;COUNT=" + std::to_string(2 + below(8)) + "\r\n";
      if (below(2) == 0) more += "EXDATE:20020908T100000Z\r\n";
    }
    return event({.uid = "series-" + std::to_string(below(8)),
                  .title = "Event " + std::to_string(below(50)),
                  .sequence = static_cast<int>(below(4)),
                  .more = more});
  }

  UndoFixture& fixture_;
  std::mt19937_64 engine_;
  std::optional<TagId> tag_;
};

/// Without `contacts_changed`: how often a contact is changed on its way to the same end depends on which of
/// two jobs at once comes first.
std::string text(const BatchCounts& counts) {
  std::string text;
  for (const std::int64_t count :
       {counts.items, counts.normalized, counts.known, counts.skipped, counts.poison, counts.interactions,
        counts.contacts, counts.organizations, counts.documents}) {
    text += std::to_string(count) + " ";
  }
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(undo_of_imports, UndoFixture)

BOOST_AUTO_TEST_CASE(undo_gives_back_the_state_before) {
  Life life(*this, 20'020'822);
  for (int round = 0; round < 30; ++round) {
    BOOST_TEST_CONTEXT("round " << round) {
      for (std::size_t i = 0; i < life.below(4); ++i) life.do_something_by_hand();
      const SyncSource source = life.choose(round);
      const State before = state();
      const Imported first = import_all(source);
      const State after = state();
      undo(first.batch.id);
      check_same(before, "undone");
      const Imported second = import_all(source);
      BOOST_TEST(text(second.batch.counts) == text(first.batch.counts));
      BOOST_TEST(difference(after.dump, canonical_dump(path, "ada")) == "");
      if (life.below(2) == 0) {
        undo(second.batch.id);
        check_same(before, "undone again");
      }
    }
  }
  const AuditVerification audit = need(ada.audit().verify());
  BOOST_TEST(audit.intact, audit.reason);
  BOOST_TEST(need(crm->admin().check()).empty());
}

BOOST_AUTO_TEST_CASE(nothing_of_it_is_found_any_more) {
  const TestMessage secret = mail({.id = "secret@t",
                                   .from = "Zebulon <zebulon@quartz.example>",
                                   .to = corpus_owners()[0],
                                   .subject = "xylophones",
                                   .body = "A brontosaurus."});
  const Imported done = import_all(corpus_source({write_mbox(folder.file("a.mbox"), std::vector{secret})}));
  const auto found = [&](std::string_view words) {
    return need(ada.search().query({.text = std::string(words)}, {})).items.size();
  };
  for (const char* word : {"xylophones", "brontosaurus", "zebulon"}) BOOST_TEST(found(word) == 1U, word);
  BOOST_TEST(need(ada.contacts().search("zebulon", {})).items.size() == 1U);
  undo(done.batch.id);
  for (const char* word : {"xylophones", "brontosaurus", "zebulon"}) BOOST_TEST(found(word) == 0U, word);
  BOOST_TEST(need(ada.contacts().search("zebulon", {})).items.empty());
  BOOST_TEST(need(ada.interactions().timeline({}, {})).items.empty());
  BOOST_TEST(need(ada.organizations().list("", {})).items.empty());
  BOOST_TEST(text_index(path).empty());
}

BOOST_AUTO_TEST_CASE(batches_are_taken_back_in_either_order) {
  const std::string a = write_mbox(folder.file("a.mbox"), some_mail(0, 60));
  const std::string b = write_mbox(folder.file("b.mbox"), some_mail(60, 60));
  const State empty = state();
  const Imported first = import_all(corpus_source({a}));
  const State one = state();
  const Imported second = import_all(corpus_source({b}));
  undo(second.batch.id);
  check_same(one, "the second");
  undo(first.batch.id);
  check_same(empty, "the first");

  // The first of two: all that is of the second stays.
  const Imported third = import_all(corpus_source({a}));
  const Imported fourth = import_all(corpus_source({b}));
  undo(third.batch.id);
  Session other = need(crm->session("other"));
  import_all(other, corpus_source({b}));
  const auto left = canonical_dump(path, "ada");
  const auto expected = canonical_dump(path, "other");
  BOOST_TEST(difference(only(expected, "interaction"), only(left, "interaction")) == "");
  BOOST_TEST(difference(only(expected, "raw_event"), only(left, "raw_event")) == "");
  BOOST_TEST(difference(only(expected, "identity"), only(left, "identity")) == "");
  BOOST_TEST((ada.sync().undo(third.batch.id).error().code == ErrorCode::failed_precondition));
  undo(fourth.batch.id);
  BOOST_TEST(need(ada.interactions().timeline({}, {})).items.empty());
}

BOOST_AUTO_TEST_CASE(undo_while_the_import_runs) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < 10; ++i) {
    paths.push_back(write_mbox(folder.file("m" + std::to_string(i) + ".mbox"), some_mail(i * 10, 10)));
  }
  const State before = state();
  // After so many jobs, the others still waiting.
  for (const std::size_t steps : {0U, 1U, 2U, 6U}) {
    const SyncBatch batch = need(ada.sync().approve(need(ada.sync().preview(corpus_source(paths))).id));
    if (steps > 0) need(crm->jobs().step(steps));
    undo(batch.id);
    check_same(before, "after " + std::to_string(steps) + " jobs");
  }
  // At any moment, beside the running jobs.
  for (int round = 0; round < 5; ++round) {
    const SyncBatch batch = need(ada.sync().approve(need(ada.sync().preview(corpus_source(paths))).id));
    need(crm->jobs().start());
    std::this_thread::sleep_for(std::chrono::milliseconds(10 * round));
    need(ada.sync().undo(batch.id));
    need(crm->jobs().stop());
    need(crm->jobs().run_until_idle());
    BOOST_TEST((need(ada.sync().status(batch.id)).state == BatchState::undone));
    check_same(before, "beside running jobs");
  }
  const auto database = look_into(path);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM job_rows WHERE state NOT IN ('done', 'cancelled')") == 0);
}

/// Undo and a new import of the same files, both waiting: what the undo takes back is not known to the
/// import.
BOOST_AUTO_TEST_CASE(a_new_import_waits_for_the_undo) {
  const SyncSource source = corpus_source({write_mbox(folder.file("a/mail.mbox"), some_mail(0, 300))});
  const Imported first = import_all(source);
  const auto expected = canonical_dump(path, "ada");
  need(ada.sync().undo(first.batch.id));
  const SyncBatch second = need(ada.sync().approve(need(ada.sync().preview(source)).id));
  need(crm->jobs().run_until_idle());
  BOOST_TEST((need(ada.sync().status(first.batch.id)).state == BatchState::undone));
  const SyncBatch done = need(ada.sync().status(second.id));
  BOOST_TEST((done.state == BatchState::done), done.message);
  BOOST_TEST(done.counts.known == 0);
  BOOST_TEST(difference(expected, canonical_dump(path, "ada")) == "");
}

BOOST_AUTO_TEST_CASE(an_edited_contact_stays) {
  const std::vector<TestMessage> messages = {
      mail({.id = "1@t", .from = corpus_owners()[0], .to = "Bob Stone <bob@work.example>"}),
      mail({.id = "2@t", .from = corpus_owners()[0], .to = "Eve <eve@play.example>"})};
  const Imported done = import_all(corpus_source({write_mbox(folder.file("a.mbox"), messages)}));
  Contact bob = contact_of(ada, "bob@work.example");
  BOOST_REQUIRE(bob.batch_id == done.batch.id);
  bob.job_title = "Engineer";
  need(ada.contacts().update(bob));
  undo(done.batch.id);
  bob = contact_of(ada, "bob@work.example");
  BOOST_TEST(bob.job_title == "Engineer");
  BOOST_TEST(bob.display_name == "Bob Stone");
  BOOST_TEST(!bob.batch_id.has_value());
  BOOST_TEST(!is_contact(ada, "eve@play.example"));
  BOOST_TEST(need(ada.contacts().search("bob", {})).items.size() == 1U);
  const Imported again = import_all(corpus_source({folder.file("a.mbox")}));
  BOOST_TEST(again.batch.counts.contacts == 1);  // Eve
  BOOST_TEST((contact_of(ada, "bob@work.example").id == bob.id));
}

BOOST_AUTO_TEST_CASE(calendar_changes_are_taken_back_exactly) {
  const std::string rule = "RRULE:FREQ=DAILY;COUNT=5\r\nATTENDEE:mailto:bob@work.example\r\n";
  const std::vector<std::string> old_events = {event({.uid = "daily@t", .title = "Standup", .more = rule}),
                                               event({.uid = "once@t", .title = "Lunch"})};
  const Imported first = import_all(corpus_source({write_file(folder.file("v1.ics"), calendar(old_events))}));
  BOOST_TEST(first.batch.counts.interactions == 6);
  const State before = state();
  const auto database = look_into(path);
  const auto payloads = database->rows(
      "SELECT source_id, payload, origin, state FROM raw_events JOIN raw_payloads USING (user_id, seq) ORDER "
      "BY "
      "source_id");

  const std::vector<std::string> new_events = {
      event({.uid = "daily@t",
             .title = "Standup, shorter",
             .sequence = 1,
             .more = "RRULE:FREQ=DAILY;COUNT=4\r\nATTENDEE:mailto:carol@work.example\r\n"}),
      event({.uid = "daily@t",
             .start = "20020902T100000Z",
             .end = "20020902T110000Z",
             .title = "Standup",
             .sequence = 1,
             .more = "RECURRENCE-ID:20020902T100000Z\r\nSTATUS:CANCELLED\r\n"}),
      event({.uid = "once@t",
             .start = "20021001T100000Z",
             .end = "20021001T120000Z",
             .title = "Lunch, later",
             .sequence = 1})};
  const Imported second =
      import_all(corpus_source({write_file(folder.file("v2.ics"), calendar(new_events))}));
  BOOST_TEST(second.batch.counts.known == 0);
  BOOST_TEST(second.plan.summary.known_items == 0);
  BOOST_TEST(second.batch.counts.normalized == 3);
  BOOST_TEST(need(ada.search().query({.text = "shorter"}, {})).items.size() >= 3U);
  BOOST_TEST(need(ada.search().query({.text = "later"}, {})).items.size() == 1U);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM interactions WHERE occurred_at > 1033000000000000") == 1);

  undo(second.batch.id);
  check_same(before, "after the changes");
  BOOST_TEST(
      (database->rows("SELECT source_id, payload, origin, state FROM raw_events JOIN raw_payloads USING "
                      "(user_id, seq) ORDER BY source_id") == payloads));
  BOOST_TEST(need(ada.search().query({.text = "shorter"}, {})).items.empty());
  undo(first.batch.id);
  BOOST_TEST(text_index(path).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
