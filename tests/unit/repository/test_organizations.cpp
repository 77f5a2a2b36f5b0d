#include <boost/test/unit_test.hpp>

#include "parts/test_environment.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_organizations.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  SqlOrganizations organizations{environment.unit()};

  Organization add(std::string name, std::string domain = "") {
    Organization draft;
    draft.name = std::move(name);
    draft.domain = std::move(domain);
    return must(organizations.create(draft));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(organizations)

BOOST_FIXTURE_TEST_CASE(create_normalizes_the_domain_and_finds_by_it, Fixture) {
  const Organization acme = add(" Acme \t Ltd ", "WWW.Acme.CO.UK.");
  BOOST_TEST(acme.name == "Acme Ltd");
  BOOST_TEST(acme.domain == "acme.co.uk");
  BOOST_TEST((must(organizations.get(acme.id)) == acme));
  BOOST_TEST((must(organizations.find("mail.acme.co.uk"))->id == acme.id));
  BOOST_TEST(!must(organizations.find("other.co.uk")));
  BOOST_TEST(add("", "only-domain.org").name == "only-domain.org");
}

BOOST_FIXTURE_TEST_CASE(a_domain_belongs_to_one, Fixture) {
  const Organization acme = add("Acme", "acme.com");
  Organization second;
  second.name = "Acme again";
  second.domain = "eu.acme.com";
  const auto made = organizations.create(second);
  BOOST_TEST((code_of(made) == ErrorCode::already_exists));
  BOOST_TEST(made.error().details.find(acme.id.to_string()) != std::string::npos);
  must(SqlOrganizations(environment.unit("bob")).create(second));
  must(organizations.remove(acme.id, 0));
  must(organizations.create(second));
}

BOOST_FIXTURE_TEST_CASE(update_needs_the_version, Fixture) {
  Organization acme = add("Acme", "acme.com");
  acme.industry = "anvils";
  const Organization stored = must(organizations.update(acme));
  BOOST_TEST(stored.version == 2);
  BOOST_TEST((code_of(organizations.update(acme)) == ErrorCode::conflict));
  Organization same = stored;
  BOOST_TEST((must(organizations.update(same)) == stored));
}

BOOST_FIXTURE_TEST_CASE(remove_unlinks_its_contacts, Fixture) {
  const Organization acme = add("Acme", "acme.com");
  SqlContacts contacts(environment.unit());
  Contact draft;
  draft.emails = {{"ada@acme.com", "", true}};
  const Contact ada = must(contacts.create(draft));
  BOOST_TEST((ada.organization_id == acme.id));
  BOOST_TEST((code_of(organizations.remove(acme.id, 9)) == ErrorCode::conflict));
  must(organizations.remove(acme.id, acme.version));
  BOOST_TEST(!must(contacts.get(ada.id)).organization_id);
  BOOST_TEST((code_of(organizations.get(acme.id)) == ErrorCode::not_found));
  BOOST_TEST(must(organizations.list("", {})).items.empty());
}

BOOST_FIXTURE_TEST_CASE(listed_by_name_with_a_part, Fixture) {
  for (const char* name : {"Zeta", "Éclair", "beta", "Alpha"}) add(name);
  add("Other", "beta-labs.com");
  std::vector<std::string> names;
  PageRequest request{.limit = 2, .cursor = {}};
  while (true) {
    const auto page = must(organizations.list("", request));
    for (const Organization& each : page.items) names.push_back(each.name);
    if (!page.next) break;
    request.cursor = *page.next;
  }
  BOOST_TEST(names == (std::vector<std::string>{"Alpha", "beta", "Éclair", "Other", "Zeta"}),
             boost::test_tools::per_element());
  BOOST_TEST(must(organizations.list("ECL", {})).items.size() == 1U);
  BOOST_TEST(must(organizations.list("beta", {})).items.size() == 2U);
  BOOST_TEST((code_of(organizations.list("beta", request)) == ErrorCode::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(bad_input_and_other_users, Fixture) {
  Organization draft;
  BOOST_TEST((code_of(organizations.create(draft)) == ErrorCode::invalid_argument));
  draft.name = "A";
  draft.domain = "not a domain";
  BOOST_TEST(organizations.create(draft).error().message.starts_with("domain: "));
  const Organization acme = add("Acme", "acme.com");
  SqlOrganizations theirs(environment.unit("bob"));
  BOOST_TEST((code_of(theirs.get(acme.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.update(acme)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.remove(acme.id, 0)) == ErrorCode::not_found));
  BOOST_TEST(!must(theirs.find("acme.com")));
  BOOST_TEST(must(theirs.list("", {})).items.empty());
}

BOOST_AUTO_TEST_SUITE_END()
