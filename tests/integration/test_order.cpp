// The same items give the same timeline and the same people, however they come.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "parts/canonical_dump.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/database_reader.hpp"
#include "parts/sources.hpp"

namespace omnicrm::testing {
namespace {

/// Items of all kinds, each of which could come in any file.
struct Items {
  std::vector<TestMessage> messages;
  std::vector<std::string> cards;
  std::vector<std::string> events;
};

std::string person(std::size_t number) {
  return "person" + std::to_string(number) + "@firm" + std::to_string(number % 3) + ".example";
}

Items some_items() {
  Items items{.messages = some_mail(100, 70), .cards = {}, .events = {}};
  for (std::size_t i = 0; i < 10; ++i) {
    const std::string number = std::to_string(i);
    items.messages.push_back(mail({.id = "out" + number + "@t",
                                   .from = corpus_owners()[0],
                                   .to = "P. " + number + " <" + person(i) + ">",
                                   .date = "Thu, 22 Aug 2002 12:0" + number + ":00 +0000"}));
    items.messages.push_back(mail({.id = "in" + number + "@t",
                                   .from = "Person " + number + " <" + person(i) + ">",
                                   .to = corpus_owners()[0],
                                   .date = "Fri, 23 Aug 2002 12:0" + number + ":00 +0000",
                                   .more_headers = "In-Reply-To: <out" + number + "@t>\n"}));
    items.cards.push_back(card("card" + number, "Person Number " + number, person(i),
                               i % 2 == 0 ? "ORG:Firm\r\nCATEGORIES:customer\r\n" : "TITLE:Head\r\n"));
    items.events.push_back(event({.uid = "event" + number,
                                  .title = "Event " + number,
                                  .more = "ATTENDEE;CN=Guest " + number + ":mailto:" + person(i + 3) +
                                          "\r\n" + (i % 3 == 0 ? "RRULE:FREQ=WEEKLY;COUNT=6\r\n" : "")}));
  }
  // Two addresses of one person, known apart by mail; and an exception beside its series.
  items.cards.push_back(card("both", "Person One or Two", person(1), "EMAIL:" + person(2) + "\r\n"));
  items.events.push_back(event({.uid = "event0",
                                .start = "20020908T120000Z",
                                .end = "20020908T130000Z",
                                .title = "Event 0, moved",
                                .more = "RECURRENCE-ID:20020908T100000Z\r\n"}));
  return items;
}

template <class T>
std::vector<std::vector<T>> split(std::vector<T> items, std::size_t parts, std::mt19937_64& engine) {
  std::shuffle(items.begin(), items.end(), engine);
  std::vector<std::vector<T>> out(parts);
  for (T& item : items) out[engine() % parts].push_back(std::move(item));
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& each : texts) text += each;
  return text;
}

/// Folders, each of which is imported as a batch of its own.
std::vector<std::string> write_batches(const std::string& home, const Items& items, std::size_t batches,
                                       std::mt19937_64& engine) {
  const std::size_t files = 1 + engine() % 3;
  const auto messages = split(items.messages, batches * files, engine);
  const auto cards = split(items.cards, batches, engine);
  const auto events = split(items.events, batches, engine);
  std::vector<std::string> folders;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    const std::string folder = home + "/batch" + std::to_string(batch);
    for (std::size_t file = 0; file < files; ++file) {
      const auto& some = messages[batch * files + file];
      if (!some.empty()) write_mbox(folder + "/" + std::to_string(engine() % 1'000) + "/mail.mbox", some);
    }
    if (!cards[batch].empty()) write_file(folder + "/cards.vcf", joined(cards[batch]));
    if (!events[batch].empty()) write_file(folder + "/events.ics", calendar(events[batch]));
    folders.push_back(folder);
  }
  return folders;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(order, CrmFixture)

BOOST_AUTO_TEST_CASE(any_order_of_any_split_gives_the_same) {
  const Items items = some_items();
  std::mt19937_64 engine(1'996);
  const auto whole = write_batches(folder.file("whole"), items, 1, engine);
  import_all(corpus_source(whole));
  const auto expected = canonical_dump(path, "ada");
  BOOST_TEST(only(expected, "interaction").size() >= 100U);
  for (int round = 0; round < 12; ++round) {
    BOOST_TEST_CONTEXT("round " << round) {
      Session user = need(crm->session("user" + std::to_string(round)));
      const auto home = folder.file("round" + std::to_string(round));
      for (const std::string& batch : write_batches(home, items, 1 + engine() % 4, engine)) {
        import_all(user, corpus_source({batch}));
      }
      BOOST_TEST(difference(expected, canonical_dump(path, user.user())) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_subset_first_and_all_of_it_later) {
  const Items items = some_items();
  std::mt19937_64 engine(7);
  const auto parts = write_batches(folder.file("parts"), items, 3, engine);
  import_all(corpus_source(parts));
  Session other = need(crm->session("other"));
  import_all(other, corpus_source({parts[2]}));
  import_all(other, corpus_source({parts[2], parts[0]}));
  import_all(other, corpus_source(parts));
  BOOST_TEST(difference(canonical_dump(path, "ada"), canonical_dump(path, "other")) == "");
}

BOOST_AUTO_TEST_CASE(batches_that_run_at_once) {
  const Items items = some_items();
  std::mt19937_64 engine(8);
  const auto parts = write_batches(folder.file("parts"), items, 4, engine);
  import_all(corpus_source(parts));
  Session other = need(crm->session("other"));
  std::vector<BatchId> batches;
  for (const std::string& part : parts) {
    const SyncPlan plan = need(other.sync().preview(corpus_source({part})));
    batches.push_back(need(other.sync().approve(plan.id)).id);
  }
  need(crm->jobs().run_until_idle());
  for (const BatchId batch : batches)
    BOOST_TEST((need(other.sync().status(batch)).state == BatchState::done));
  BOOST_TEST(difference(canonical_dump(path, "ada"), canonical_dump(path, "other")) == "");
}

/// RFC 5546 section 2.1.5: SEQUENCE says which revision of an event is the newer one.
BOOST_AUTO_TEST_CASE(an_older_revision_of_an_event_changes_nothing) {
  const auto revision = [&](int sequence, std::string_view name) {
    const std::vector<std::string> events = {
        event({.uid = "same@t", .title = "Revision " + std::to_string(sequence), .sequence = sequence})};
    return write_file(folder.file(name), calendar(events));
  };
  const std::string old_file = revision(0, "old.ics");
  const std::string new_file = revision(1, "new.ics");
  import_all(corpus_source({old_file}));
  import_all(corpus_source({new_file}));
  Session other = need(crm->session("other"));
  import_all(other, corpus_source({new_file}));
  import_all(other, corpus_source({old_file}));
  BOOST_TEST(difference(canonical_dump(path, "ada"), canonical_dump(path, "other")) == "");
  BOOST_TEST(need(other.interactions().timeline({}, {})).items.at(0).subject == "Revision 1");
}

BOOST_AUTO_TEST_CASE(a_revoked_then_repeated_file_gives_the_same) {
  const Items items = some_items();
  std::mt19937_64 engine(9);
  const auto whole = write_batches(folder.file("whole"), items, 1, engine);
  const Imported first = import_all(corpus_source(whole));
  const auto expected = canonical_dump(path, "ada");
  const auto words = text_index(path);
  undo(first.batch.id);
  import_all(corpus_source(whole));
  BOOST_TEST(difference(expected, canonical_dump(path, "ada")) == "");
  BOOST_TEST(text_index(path).size() == words.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
