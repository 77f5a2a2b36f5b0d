#include <boost/test/unit_test.hpp>

#include "parts/test_environment.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_tags.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  SqlTags tags{environment.unit()};
  SqlContacts contacts{environment.unit()};

  ContactId person(std::string name) {
    Contact draft;
    draft.display_name = std::move(name);
    return must(contacts.create(draft)).id;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tags)

BOOST_FIXTURE_TEST_CASE(names_are_unique_ignoring_case_and_accents, Fixture) {
  const Tag tag = must(tags.create(" Café  Friends ", "#00ffAA"));
  BOOST_TEST(tag.name == "Café Friends");
  BOOST_TEST((must(tags.get(tag.id)) == tag));
  BOOST_TEST((code_of(tags.create("CAFE friends", "")) == ErrorCode::already_exists));
  must(SqlTags(environment.unit("bob")).create("Café Friends", ""));
  Tag other = must(tags.create("other", ""));
  other.name = "cafe friends";
  BOOST_TEST((code_of(tags.update(other)) == ErrorCode::already_exists));
  other.name = "OTHER";  // its own name in other letters
  BOOST_TEST(must(tags.update(other)).name == "OTHER");
}

BOOST_FIXTURE_TEST_CASE(bad_names_and_colors, Fixture) {
  for (const char* name : {"", "  ", "\xFF"})
    BOOST_TEST((code_of(tags.create(name, "")) == ErrorCode::invalid_argument));
  for (const char* color : {"red", "#12345", "#12345g", "123456#"}) {
    BOOST_TEST((code_of(tags.create("x", color)) == ErrorCode::invalid_argument));
  }
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM tags") == 0);
}

BOOST_FIXTURE_TEST_CASE(assign_and_unassign_are_idempotent, Fixture) {
  const Tag tag = must(tags.create("friend", ""));
  const ContactId ada = person("Ada");
  const ContactId bob = person("Bob");
  const std::int64_t audited = environment.count("SELECT COUNT(*) FROM audit_log");
  must(tags.assign(tag.id, {ada, bob}));
  must(tags.assign(tag.id, {ada, bob}));
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contact_tags") == 2);
  BOOST_TEST(must(tags.of_contact(ada)).at(0).name == "friend");
  must(tags.unassign(tag.id, {ada}));
  must(tags.unassign(tag.id, {ada}));
  BOOST_TEST(must(tags.of_contact(ada)).empty());
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM audit_log") == audited + 2);
}

BOOST_FIXTURE_TEST_CASE(assign_is_all_or_nothing, Fixture) {
  const Tag tag = must(tags.create("friend", ""));
  BOOST_TEST((code_of(tags.assign(tag.id, {person("Ada"), ContactId{Uuid{{9}}}})) == ErrorCode::not_found));
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contact_tags") == 0);
  BOOST_TEST((code_of(tags.assign(TagId{}, {})) == ErrorCode::not_found));
}

BOOST_FIXTURE_TEST_CASE(remove_takes_it_off_every_contact, Fixture) {
  const Tag tag = must(tags.create("friend", ""));
  const ContactId ada = person("Ada");
  must(tags.assign(tag.id, {ada}));
  must(tags.remove(tag.id));
  BOOST_TEST(must(tags.of_contact(ada)).empty());
  BOOST_TEST((code_of(tags.remove(tag.id)) == ErrorCode::not_found));
}

BOOST_FIXTURE_TEST_CASE(listed_by_name_in_pages, Fixture) {
  for (const char* name : {"c", "A", "b", "É", "d"}) must(tags.create(name, ""));
  std::string names;
  PageRequest request{.limit = 2, .cursor = {}};
  while (true) {
    const auto page = must(tags.list(request));
    for (const Tag& tag : page.items) names += tag.name;
    if (!page.next) break;
    request.cursor = *page.next;
  }
  BOOST_TEST(names == "AbcdÉ");
}

BOOST_FIXTURE_TEST_CASE(find_or_create, Fixture) {
  const auto find = [&](std::string_view name) {
    return must(environment.unit().write([&](storage::Connection& connection) {
      return find_or_create_tag(connection, environment.unit(), name);
    }));
  };
  const TagId made = find("Work");
  BOOST_TEST((find("WORK") == made));
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM tags") == 1);
}

BOOST_FIXTURE_TEST_CASE(nothing_of_another_user_can_be_reached, Fixture) {
  const Tag tag = must(tags.create("mine", ""));
  const ContactId ada = person("Ada");
  SqlTags theirs(environment.unit("bob"));
  const Tag his = must(theirs.create("his", ""));
  BOOST_TEST((code_of(theirs.get(tag.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.update(tag)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.remove(tag.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.assign(his.id, {ada})) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.assign(tag.id, {})) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.of_contact(ada)) == ErrorCode::not_found));
  BOOST_TEST(must(theirs.list({})).items.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
