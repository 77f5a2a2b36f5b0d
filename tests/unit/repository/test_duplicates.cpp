#include <boost/test/unit_test.hpp>
#include <set>

#include "parts/test_environment.hpp"
#include "repository/sql_contacts.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  SqlContacts contacts{environment.unit()};

  Contact add(std::string name, std::string email = "", std::string phone = "") {
    Contact draft;
    draft.display_name = std::move(name);
    if (!email.empty()) draft.emails = {{std::move(email), "", true}};
    if (!phone.empty()) draft.phones = {{std::move(phone), "", true}};
    return must(contacts.create(draft));
  }
  std::vector<DuplicateSuggestion> all(std::int64_t limit = 1000) {
    std::vector<DuplicateSuggestion> found;
    PageRequest request{.limit = limit, .cursor = {}};
    while (true) {
      const auto page = must(contacts.suggest_duplicates(request));
      BOOST_TEST(std::ssize(page.items) <= limit);
      found.insert(found.end(), page.items.begin(), page.items.end());
      if (!page.next) return found;
      request.cursor = *page.next;
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(duplicates)

BOOST_FIXTURE_TEST_CASE(same_name_and_domain, Fixture) {
  const Contact first = add("Ada Lovelace", "ada@acme.com");
  const Contact second = add("ADA  Lovelacé", "lovelace@mail.acme.com");
  add("Ada Byron", "byron@acme.com");
  const auto found = all();
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_TEST((found[0].first == first.id));
  BOOST_TEST((found[0].second == second.id));
  BOOST_TEST(found[0].reason == "same_name_and_domain");
  BOOST_TEST(found[0].score == 0.95);
  BOOST_TEST(found[0].second_name == "ADA Lovelacé");
}

BOOST_FIXTURE_TEST_CASE(same_name_of_two_words, Fixture) {
  add("Ada Lovelace", "ada@gmail.com");
  add("Ada Lovelace", "countess@gmail.com");  // free mail says nothing about where she works
  const auto found = all();
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_TEST(found[0].reason == "same_name");
  BOOST_TEST(found[0].score == 0.7);
}

BOOST_FIXTURE_TEST_CASE(same_name_and_local_part_score_more, Fixture) {
  add("Ada Lovelace", "lovelace@gmail.com");
  add("Ada Lovelace", "lovelace@acme.com");
  BOOST_TEST(all().at(0).score == 0.85);
}

BOOST_FIXTURE_TEST_CASE(one_word_alone_is_no_hint, Fixture) {
  add("Anna", "a1@gmail.com");
  add("Anna", "b2@gmail.com");
  BOOST_TEST(all().empty());
  add("Anna", "c3@acme.com");
  add("Anna", "d4@acme.com");
  BOOST_TEST(all().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(turned_names, Fixture) {
  const Contact straight = add("John Doe", "john@one.com");
  const Contact turned = add("Doe, John", "doe@two.com");
  const auto found = all();
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_TEST((std::set{found[0].first, found[0].second} == std::set{straight.id, turned.id}));
  BOOST_TEST(found[0].reason == "same_name");
}

BOOST_FIXTURE_TEST_CASE(the_same_number_with_and_without_the_country, Fixture) {
  add("Ada", "", "+44 207 946 0001");
  add("Countess", "", "0207 946 0001");
  add("Other", "", "+44 207 946 0002");
  const auto found = all();
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_TEST(found[0].reason == "same_phone_digits");
}

BOOST_FIXTURE_TEST_CASE(the_deleted_the_merged_and_other_users_do_not_count, Fixture) {
  const Contact first = add("Ada Lovelace");
  const Contact second = add("Ada Lovelace");
  const Contact third = add("Ada Lovelace");
  SqlContacts theirs(environment.unit("bob"));
  Contact draft;
  draft.display_name = "Ada Lovelace";
  must(theirs.create(draft));
  must(contacts.remove(third.id, 0));
  must(contacts.merge(first.id, {second.id}));
  BOOST_TEST(all().empty());
  BOOST_TEST(must(theirs.suggest_duplicates({})).items.empty());
}

BOOST_FIXTURE_TEST_CASE(pages_of_any_size_give_the_same, Fixture) {
  for (int i = 0; i < 9; ++i) add("Ada Lovelace", "ada" + std::to_string(i) + "@acme.com");
  for (int i = 0; i < 4; ++i) add("Bob Smith " + std::to_string(i / 2));
  add("Smith 0, Bob");
  add("P", "", "+15550100123");
  add("Q", "", "5550100123");
  add("R", "", "15550100123");
  const auto everything = all();
  BOOST_TEST(everything.size() == 8U + 2U + 1U + 2U);
  for (const std::int64_t limit : {1, 2, 3, 7}) {
    const auto paged = all(limit);
    BOOST_REQUIRE_EQUAL(paged.size(), everything.size());
    for (std::size_t i = 0; i < paged.size(); ++i) {
      BOOST_TEST((paged[i].first == everything[i].first && paged[i].second == everything[i].second));
    }
  }
  BOOST_TEST(
      (code_of(contacts.suggest_duplicates({.limit = 5, .cursor = "x"})) == ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
