#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>

#include "insight/search_service.hpp"
#include "parts/test_environment.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_interactions.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  SqlInteractions interactions{environment.unit()};
  SqlContacts contacts{environment.unit()};
  std::unique_ptr<insight::SearchService> search = insight::make_search_service(environment.unit());

  ContactId person(std::string name, std::string address) {
    Contact draft;
    draft.display_name = std::move(name);
    draft.emails = {{std::move(address), "", true}};
    return must(contacts.create(draft)).id;
  }
  Interaction note(std::string subject, std::string body, std::int64_t minute = 0) {
    Interaction draft;
    draft.subject = std::move(subject);
    draft.body = std::move(body);
    draft.occurred_at = from_micros(1'000'000'000'000'000 + minute * 60'000'000);
    return draft;
  }
  std::vector<std::string> found(std::string text,
                                 insight::SearchOrder order = insight::SearchOrder::newest) {
    std::vector<std::string> subjects;
    PageRequest page{.limit = 7, .cursor = {}};
    while (true) {
      const auto answer = must(search->query({.text = text, .order = order}, page));
      for (const auto& hit : answer.items) subjects.push_back(hit.subject);
      if (!answer.next) return subjects;
      page.cursor = *answer.next;
    }
  }
};

using Subjects = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sql_interactions, Fixture)

BOOST_AUTO_TEST_CASE(what_is_created_is_read_again) {
  const ContactId ada = person("Ada", "ada@example.org");
  Interaction draft = note("Call", "We spoke of engines");
  draft.kind = InteractionKind::call;
  Participant other;
  other.address = "Ada@Example.org";
  draft.participants = {other};
  const Interaction made = must(interactions.create(draft));
  BOOST_TEST((made.contact_id == ada));
  BOOST_TEST((made.participants[0].contact_id == ada));
  BOOST_TEST(made.participants[0].address == "ada@example.org");
  BOOST_TEST((must(interactions.get(made.id)) == made));
}

BOOST_AUTO_TEST_CASE(bad_input_names_the_field) {
  BOOST_TEST((code_of(interactions.create(note(" ", ""))) == ErrorCode::invalid_argument));
  Interaction draft = note("a", "b");
  draft.ended_at = draft.occurred_at - std::chrono::hours(1);
  BOOST_TEST(interactions.create(draft).error().message.find("ended_at") == 0U);
  draft = note("a", "b");
  draft.participants.resize(1);
  draft.participants[0].address = "not an address";
  BOOST_TEST(interactions.create(draft).error().message.find("participants[0].address") == 0U);
  draft = note("a", "b");
  draft.contact_id = ContactId{environment.shared->ids->next()};
  BOOST_TEST((code_of(interactions.create(draft)) == ErrorCode::not_found));
}

BOOST_AUTO_TEST_CASE(a_stale_version_is_a_conflict_and_changes_nothing) {
  const Interaction made = must(interactions.create(note("first", "x")));
  Interaction changed = made;
  changed.subject = "second";
  const Interaction second = must(interactions.update(changed));
  BOOST_TEST(second.version == 2);
  changed.subject = "third";
  BOOST_TEST((code_of(interactions.update(changed)) == ErrorCode::conflict));
  BOOST_TEST((code_of(interactions.remove(made.id, 1)) == ErrorCode::conflict));
  BOOST_TEST(must(interactions.get(made.id)).subject == "second");
}

BOOST_AUTO_TEST_CASE(search_follows_changes_and_removal) {
  const Interaction made = must(interactions.create(note("Zeppelin", "about ships")));
  BOOST_TEST((found("zeppelin ships") == Subjects{"Zeppelin"}));
  Interaction changed = made;
  changed.subject = "Balloon";
  changed.occurred_at += std::chrono::hours(24 * 400);
  must(interactions.update(changed));
  BOOST_TEST(found("zeppelin").empty());
  BOOST_TEST((found("balloon") == Subjects{"Balloon"}));
  must(interactions.remove(made.id, 0));
  BOOST_TEST(found("balloon").empty());
  BOOST_TEST((code_of(interactions.get(made.id)) == ErrorCode::not_found));
}

BOOST_AUTO_TEST_CASE(pages_hold_every_entry_once_newest_first) {
  std::mt19937 random(3);
  std::multiset<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    // Many share a minute and even the same time.
    const std::string subject = "note " + std::to_string(i);
    must(interactions.create(note(subject, "word", static_cast<std::int64_t>(random() % 10))));
    expected.insert(subject);
  }
  std::multiset<std::string> seen;
  PageRequest page{.limit = 7, .cursor = {}};
  Timestamp last = Timestamp::max();
  while (true) {
    const auto answer = must(interactions.timeline({}, page));
    for (const Interaction& entry : answer.items) {
      BOOST_TEST((entry.occurred_at <= last));
      last = entry.occurred_at;
      seen.insert(entry.subject);
    }
    if (!answer.next) break;
    page.cursor = *answer.next;
  }
  BOOST_TEST((seen == expected));
  const auto hits = found("word");
  BOOST_TEST((std::multiset<std::string>(hits.begin(), hits.end()) == expected));
}

BOOST_AUTO_TEST_CASE(a_contacts_timeline_counts_somebody_in_two_roles_once) {
  const ContactId ada = person("Ada", "ada@example.org");
  Interaction draft = note("Twice", "x");
  draft.participants.resize(3);
  draft.participants[0].role = ParticipantRole::from;
  draft.participants[0].address = "ada@example.org";
  draft.participants[1].role = ParticipantRole::cc;
  draft.participants[1].address = "ada+list@example.org";
  draft.participants[2].address = "bob@example.org";
  must(interactions.create(draft));
  must(interactions.create(note("Without her", "x", 1)));
  BOOST_TEST(must(interactions.timeline({.contact_id = ada}, {})).items.size() == 1U);
  BOOST_TEST(must(interactions.timeline({}, {})).items.size() == 2U);
}

BOOST_AUTO_TEST_CASE(mail_that_was_there_first_is_linked_and_unlinked) {
  Interaction draft = note("Hello", "x");
  draft.participants.resize(1);
  draft.participants[0].address = "grace@example.org";
  const InteractionId id = must(interactions.create(draft)).id;
  BOOST_TEST(!must(interactions.get(id)).contact_id);
  const ContactId grace = person("Grace", "grace@example.org");
  BOOST_TEST((must(interactions.get(id)).contact_id == grace));
  must(contacts.remove(grace, 0));
  BOOST_TEST(!must(interactions.get(id)).contact_id);
  must(contacts.restore(grace));
  BOOST_TEST((must(interactions.get(id)).contact_id == grace));
}

BOOST_AUTO_TEST_CASE(filters_of_the_timeline) {
  Interaction call = note("a call", "x", 5);
  call.kind = InteractionKind::call;
  call.direction = Direction::outbound;
  must(interactions.create(call));
  Interaction bulk = note("a newsletter", "x", 6);
  bulk.is_bulk = true;
  must(interactions.create(bulk));
  must(interactions.create(note("a note", "x", 7)));
  const auto subjects = [&](const TimelineFilter& filter) {
    Subjects list;
    for (const Interaction& entry : must(interactions.timeline(filter, {})).items)
      list.push_back(entry.subject);
    return list;
  };
  BOOST_TEST((subjects({.kinds = {InteractionKind::call}}) == Subjects{"a call"}));
  BOOST_TEST((subjects({.direction = Direction::outbound}) == Subjects{"a call"}));
  BOOST_TEST((subjects({.include_bulk = false}) == Subjects{"a note", "a call"}));
  BOOST_TEST((subjects({.after = call.occurred_at, .before = bulk.occurred_at}) == Subjects{"a call"}));
}

BOOST_AUTO_TEST_CASE(a_foreign_cursor_is_refused) {
  for (int i = 0; i < 3; ++i) must(interactions.create(note("n", "x", i)));
  const auto first = must(interactions.timeline({}, {.limit = 1, .cursor = {}}));
  BOOST_TEST((code_of(interactions.timeline({.include_bulk = false}, {.limit = 1, .cursor = *first.next})) ==
              ErrorCode::invalid_argument));
  BOOST_TEST((code_of(interactions.timeline({}, {.limit = 1, .cursor = "nonsense"})) ==
              ErrorCode::invalid_argument));
  BOOST_TEST((code_of(interactions.timeline({}, {.limit = 0, .cursor = {}})) == ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_CASE(relevance_puts_subjects_first_and_loses_nothing) {
  must(interactions.create(note("engine", "old subject", 0)));
  for (int i = 1; i < 20; ++i) must(interactions.create(note("n" + std::to_string(i), "the engine runs", i)));
  const auto ranked = found("engine", insight::SearchOrder::relevance);
  BOOST_TEST(ranked.size() == 20U);
  BOOST_TEST(ranked.front() == "engine");
  BOOST_TEST(ranked[1] == "n19");
  BOOST_TEST(found("engine").back() == "engine");
}

BOOST_AUTO_TEST_CASE(search_filters_by_people_type_and_time) {
  Interaction mail = note("Numbers", "the report", 1);
  mail.kind = InteractionKind::email;
  mail.participants.resize(2);
  mail.participants[0].role = ParticipantRole::from;
  mail.participants[0].address = "ada@example.org";
  mail.participants[0].name = "Ada Lovelace";
  mail.participants[1].address = "bob@example.net";
  must(interactions.create(mail));
  must(interactions.create(note("Other", "the report", 100)));
  BOOST_TEST((found("from:ada report") == Subjects{"Numbers"}));
  BOOST_TEST((found("from:ada@example.org") == Subjects{"Numbers"}));
  BOOST_TEST(found("from:bob report").empty());
  BOOST_TEST((found("with:bob report") == Subjects{"Numbers"}));
  BOOST_TEST((found("with:\"Ada Lovelace\"") == Subjects{"Numbers"}));
  BOOST_TEST((found("report type:note") == Subjects{"Other"}));
  BOOST_TEST((found("report -numbers") == Subjects{"Other"}));
  BOOST_TEST((found("report before:2001-09-09T02:00:00Z") == Subjects{"Numbers"}));
  BOOST_TEST((found("report after:2001-09-09T02:00:00Z") == Subjects{"Other"}));
  BOOST_TEST((found("lovelace") == Subjects{"Numbers"}));
}

BOOST_AUTO_TEST_CASE(another_user_sees_nothing) {
  const Interaction made = must(interactions.create(note("Secret", "the plan")));
  SqlInteractions theirs{environment.unit("eve")};
  BOOST_TEST((code_of(theirs.get(made.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.update(made)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.remove(made.id, 0)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.documents(made.id)) == ErrorCode::not_found));
  BOOST_TEST(must(theirs.timeline({}, {})).items.empty());
  const auto search_of_eve = insight::make_search_service(environment.unit("eve"));
  BOOST_TEST(must(search_of_eve->query({.text = "secret"}, {})).items.empty());
}

BOOST_AUTO_TEST_SUITE_END()
