#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <iostream>
#include <random>

#include "parts/test_environment.hpp"
#include "repository/contact_import.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_organizations.hpp"
#include "repository/sql_tags.hpp"
#include "repository/undo_rows.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

Timestamp day(int number) {
  return from_micros(1'700'000'000'000'000LL + number * 86'400'000'000LL);
}

SeenContact mail(std::string name, std::string address, int on = 0) {
  SeenContact seen;
  seen.draft.display_name = std::move(name);
  seen.draft.emails = {{std::move(address), "", false}};
  seen.origin = Origin::email;
  seen.at = day(on);
  seen.create_organization = true;
  return seen;
}

SeenContact card(std::string name, const std::vector<std::string>& addresses, int on = 0) {
  SeenContact seen = mail(std::move(name), "x@x.org", on);
  seen.draft.emails.clear();
  for (const std::string& address : addresses) seen.draft.emails.push_back({address, "work", false});
  seen.origin = Origin::vcard;
  return seen;
}

struct Fixture {
  TestEnvironment environment;
  SqlContacts contacts{environment.unit()};
  BatchId batch{Uuid{{1}}};

  ImportedContact import(const SeenContact& seen, BatchId in) {
    return must(environment.unit().write([&](storage::Connection& connection) {
      return import_contact(connection, environment.unit().bound(connection, in), seen);
    }));
  }
  ImportedContact import(const SeenContact& seen) { return import(seen, batch); }
  Contact of(std::string_view address) {
    const auto found = must(contacts.find(IdentityKind::email, address));
    BOOST_REQUIRE(found.has_value());
    return *found;
  }
};

/// Everything but ids, versions and times of writing.
std::string people(const TestEnvironment& environment) {
  return environment.dump(
             "SELECT display_name || '|' || given_name || '|' || family_name || '|' || nickname || '|' || "
             "emails || "
             "phones || handles || '|' || organization || '|' || job_title || '|' || note || '|' || birthday "
             "|| '|' || "
             "custom || '|' || source || '|' || provenance || '|' || sort_name || '|' || "
             "COALESCE((SELECT domain FROM organizations o WHERE o.id = organization_id), '') FROM contacts "
             "WHERE merged_into IS NULL AND deleted_at IS NULL ORDER BY 1") +
         environment.dump(
             "SELECT kind || match_key || (SELECT display_name || emails FROM contacts c WHERE c.id = "
             "contact_id) "
             "FROM contact_identities ORDER BY 1") +
         environment.dump(
             "SELECT name || '|' || domain || '|' || source || '|' || provenance FROM organizations ORDER BY "
             "domain");
}

/// Sightings from a small world, so that much of it concerns the same people.
std::vector<SeenContact> random_sightings(std::mt19937& random, std::size_t count, bool numbers = false) {
  const std::vector<std::string> addresses{"ada@acme.com",     "countess@home.org", "ada.l@gmail.com",
                                           "adal+x@gmail.com", "bob@acme.com",      "bob@gmail.com",
                                           "cy@beta.io"};
  const std::vector<std::string> names{
      "", "Ada", "Ada Lovelace", "ada@acme.com", "Lovelace, Ada", "Bob", "Bob B.", "cy"};
  const Origin origins[] = {Origin::email, Origin::calendar, Origin::csv, Origin::vcard};
  const auto pick = [&](const auto& list) { return list[random() % std::size(list)]; };
  std::vector<SeenContact> sightings;
  for (std::size_t i = 0; i < count; ++i) {
    SeenContact seen = mail(pick(names), pick(addresses), static_cast<int>(random() % 4) * 20);
    seen.origin = pick(origins);
    if (seen.origin >= Origin::csv) {
      if (random() % 2 == 0)
        seen.draft.emails.push_back({pick(addresses), random() % 2 == 0 ? "home" : "", random() % 2 == 0});
      if (random() % 4 == 0) seen.draft.handles = {{random() % 2 == 0 ? "@ada" : "@bob", "signal", false}};
      if (numbers && random() % 2 == 0)
        seen.draft.phones = {{random() % 2 == 0 ? "+15550100" : "+1 555 0199", "", false}};
      if (!seen.draft.phones.empty() && random() % 4 == 0) seen.draft.emails.clear();
      if (random() % 3 == 0) seen.draft.job_title = random() % 2 == 0 ? "Analyst" : "Poet";
      if (random() % 3 == 0) seen.draft.organization = random() % 2 == 0 ? "Acme Inc" : "ACME";
      if (random() % 4 == 0) seen.draft.note = random() % 2 == 0 ? "a note" : "another note";
      if (random() % 4 == 0)
        seen.draft.custom.text = random() % 2 == 0 ? R"({"tier":"gold"})" : R"({"tier":"blue","n":1})";
    }
    sightings.push_back(std::move(seen));
  }
  return sightings;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(contact_import)

BOOST_FIXTURE_TEST_CASE(creates_then_knows, Fixture) {
  const ImportedContact made = import(mail("Ada Lovelace", "Ada@Acme.com"));
  BOOST_TEST(made.what == ImportedContact::created);
  BOOST_TEST(made.organizations_created == 1);
  const ImportedContact again = import(mail("Ada Lovelace", "ada@acme.com"));
  BOOST_TEST(again.what == ImportedContact::unchanged);
  BOOST_TEST((again.id == made.id));
  const Contact ada = of("ada@acme.com");
  BOOST_TEST((ada.batch_id == batch));
  BOOST_TEST(ada.version == 1);
  BOOST_TEST((ada.source == Origin::email));
  BOOST_TEST(ada.organization_id.has_value());
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM audit_log") == 0);
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM batch_changes") == 0);
}

BOOST_FIXTURE_TEST_CASE(repetition_within_a_month_writes_nothing, Fixture) {
  import(mail("Ada Lovelace", "ada@acme.com", 0));
  BOOST_TEST(import(mail("Ada Lovelace", "ada@acme.com", 5)).what == ImportedContact::unchanged);
  BOOST_TEST(of("ada@acme.com").version == 1);
}

BOOST_FIXTURE_TEST_CASE(a_real_name_beats_an_address, Fixture) {
  import(mail("Ada Lovelace", "ada@acme.com", 0));
  import(mail("ada@acme.com", "ada@acme.com", 90));
  import(mail("ADA", "ada@acme.com", 180));  // the local part
  import(mail("", "ada@acme.com", 270));
  BOOST_TEST(of("ada@acme.com").display_name == "Ada Lovelace");
  import(mail("", "grace@acme.com"));
  BOOST_TEST(of("grace@acme.com").display_name == "grace");
  import(mail("Grace Hopper", "grace@acme.com"));
  BOOST_TEST(of("grace@acme.com").display_name == "Grace Hopper");
}

BOOST_FIXTURE_TEST_CASE(trust_then_time_then_text_decide, Fixture) {
  import(card("From Card", {"ada@acme.com"}, 0));
  import(mail("From Mail", "ada@acme.com", 500));
  BOOST_TEST(of("ada@acme.com").display_name == "From Card");
  BOOST_TEST(import(card("Later Card", {"ada@acme.com"}, 9)).what == ImportedContact::changed);
  BOOST_TEST(of("ada@acme.com").display_name == "Later Card");
  import(card("Earlier Card", {"ada@acme.com"}, 8));
  BOOST_TEST(of("ada@acme.com").display_name == "Later Card");
  import(card("Z Card", {"ada@acme.com"}, 9));
  BOOST_TEST(of("ada@acme.com").display_name == "Z Card");
  BOOST_TEST((of("ada@acme.com").source == Origin::vcard));
}

BOOST_FIXTURE_TEST_CASE(what_a_person_wrote_is_never_replaced, Fixture) {
  Contact draft;
  draft.display_name = "My Ada";
  draft.emails = {{"ada@acme.com", "", true}};
  Contact mine = must(contacts.create(draft));
  SeenContact seen = card("Card Ada", {"countess@home.org", "ada@acme.com"}, 900);
  seen.draft.job_title = "Analyst";
  BOOST_TEST(import(seen).what == ImportedContact::changed);
  mine = of("ada@acme.com");
  BOOST_TEST(mine.display_name == "My Ada");
  BOOST_TEST(mine.job_title == "Analyst");  // was empty
  BOOST_REQUIRE_EQUAL(mine.emails.size(), 2U);
  BOOST_TEST(mine.emails[0].value == "ada@acme.com");
  BOOST_TEST(mine.emails[0].is_primary);
  BOOST_TEST((mine.source == Origin::user));
  mine.job_title.clear();  // emptied on purpose
  must(contacts.update(mine));
  import(seen);
  BOOST_TEST(of("ada@acme.com").job_title.empty());
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM batch_changes WHERE table_name = 'contacts'") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_card_with_two_known_addresses_makes_one_person_of_two, Fixture) {
  const ImportedContact first = import(mail("Ada", "ada@acme.com"));
  const ImportedContact second = import(mail("Countess", "countess@home.org"), BatchId{Uuid{{2}}});
  SqlTags tags(environment.unit());
  must(tags.assign(must(tags.create("friend", "")).id, {second.id}));
  const ImportedContact joined =
      import(card("Ada Lovelace", {"countess@home.org", "ada@acme.com"}), BatchId{Uuid{{3}}});
  BOOST_TEST((joined.id == first.id));
  BOOST_TEST(joined.absorbed_others);
  BOOST_TEST(must(contacts.list({}, {})).items.size() == 1U);
  BOOST_TEST((of("countess@home.org").id == first.id));
  BOOST_TEST(must(tags.of_contact(first.id)).size() == 1U);
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contacts WHERE merged_into IS NOT NULL") == 1);
  // Within one batch the absorbed one leaves nothing behind.
  import(mail("Bob", "bob@acme.com"));
  import(mail("Bobby", "bob@gmail.com"));
  import(card("Bob B.", {"bob@acme.com", "bob@gmail.com"}));
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contacts") == 3);
}

BOOST_FIXTURE_TEST_CASE(a_persons_own_contacts_are_never_made_one, Fixture) {
  Contact draft;
  draft.display_name = "One";
  draft.emails = {{"one@acme.com", "", true}};
  must(contacts.create(draft));
  draft.display_name = "Two";
  draft.emails = {{"two@acme.com", "", true}};
  must(contacts.create(draft));
  import(card("Both", {"one@acme.com", "two@acme.com"}));
  BOOST_TEST(must(contacts.list({}, {})).items.size() == 2U);
  BOOST_TEST(of("one@acme.com").emails.size() == 1U);
  BOOST_TEST(of("two@acme.com").display_name == "Two");
}

BOOST_FIXTURE_TEST_CASE(colleagues_who_share_a_number_stay_two_people, Fixture) {
  SeenContact ada = card("Ada", {"ada@acme.com"});
  ada.draft.phones = {{"+1 555 0100", "work", false}};
  SeenContact bob = card("Bob", {"bob@acme.com"});
  bob.draft.phones = ada.draft.phones;
  import(bob);
  import(ada);
  BOOST_TEST(must(contacts.list({}, {})).items.size() == 2U);
  BOOST_TEST(of("ada@acme.com").phones.size() == 1U);
  BOOST_TEST(of("bob@acme.com").phones.empty());
  SeenContact number = card("", {});
  number.draft.phones = ada.draft.phones;
  BOOST_TEST((import(number).id == of("ada@acme.com").id));
}

BOOST_FIXTURE_TEST_CASE(a_number_alone_is_filled_by_the_card_that_has_it, Fixture) {
  SeenContact number = card("Ada", {});
  number.draft.phones = {{"+15550100", "", false}};
  const ImportedContact made = import(number);
  SeenContact full = card("Ada Lovelace", {"ada@acme.com"}, 5);
  full.draft.phones = number.draft.phones;
  BOOST_TEST((import(full).id == made.id));
  BOOST_TEST(of("ada@acme.com").display_name == "Ada Lovelace");
}

BOOST_FIXTURE_TEST_CASE(the_deleted_do_not_come_back, Fixture) {
  const ImportedContact made = import(card("Ada", {"ada@acme.com", "countess@home.org"}));
  must(contacts.remove(made.id, 0));
  const std::string before = people(environment);
  BOOST_TEST(import(mail("Ada", "ada@acme.com")).what == ImportedContact::suppressed);
  BOOST_TEST(import(card("Ada", {"new@acme.com", "countess@home.org"})).what == ImportedContact::suppressed);
  BOOST_TEST(people(environment) == before);
  must(contacts.restore(made.id));
  BOOST_TEST((import(mail("Ada", "ada@acme.com")).id == made.id));
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_is_left_out, Fixture) {
  SeenContact seen = card("Ada \xFF" + std::string(3000, 'x'), {"not an address", "ada@acme.com"});
  seen.draft.birthday = "soon";
  seen.draft.phones = {{"ask at the desk", "", false}};
  seen.draft.custom.text = "[1,2";
  import(seen);
  const Contact ada = of("ada@acme.com");
  BOOST_TEST(ada.display_name.starts_with("Ada \xEF\xBF\xBD"));
  BOOST_TEST(ada.display_name.size() <= 1000U);
  BOOST_TEST(ada.birthday.empty());
  BOOST_TEST(ada.phones.empty());
  BOOST_TEST(ada.emails.size() == 1U);
  SeenContact nothing = card("", {"nonsense"});
  const auto refused = environment.unit().write([&](storage::Connection& connection) {
    return import_contact(connection, environment.unit().bound(connection, batch), nothing);
  });
  BOOST_TEST((code_of(refused) == ErrorCode::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(organizations_come_from_company_domains_only, Fixture) {
  SeenContact seen = card("Ada", {"ada@mail.acme.co.uk"});
  seen.draft.organization = "Acme Ltd";
  import(seen);
  import(mail("Bob", "bob@gmail.com"));
  import(mail("Cy", "cy@acme.co.uk"));
  BOOST_TEST(environment.dump("SELECT name || ' ' || domain FROM organizations") == "Acme Ltd acme.co.uk\n");
  BOOST_TEST((of("cy@acme.co.uk").organization_id == of("ada@mail.acme.co.uk").organization_id));
  BOOST_TEST(!of("bob@gmail.com").organization_id);
  SeenContact quiet = mail("Dee", "dee@quiet.org");
  quiet.create_organization = false;
  import(quiet);
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM organizations") == 1);
}

// The same set of sightings, in any order, all at once or in batches: the same people.
BOOST_AUTO_TEST_CASE(the_order_does_not_matter) {
  std::mt19937 random(2026);
  for (int round = 0; round < 60; ++round) {
    std::vector<SeenContact> sightings = random_sightings(random, 2 + static_cast<std::size_t>(round) % 9);
    std::optional<std::string> expected;
    for (int order = 0; order < 5; ++order) {
      Fixture fixture;
      for (std::size_t i = 0; i < sightings.size(); ++i) {
        fixture.import(sightings[i], BatchId{Uuid{{static_cast<std::uint8_t>(order % 2 == 0 ? 1 : i + 1)}}});
      }
      // Seen again: nothing new.
      for (const SeenContact& seen : sightings) {
        BOOST_TEST(fixture.import(seen, BatchId{Uuid{{77}}}).what == ImportedContact::unchanged);
      }
      const std::string got = people(fixture.environment);
      if (!expected) expected = got;
      BOOST_TEST_CONTEXT("round " << round << ", order " << order) {
        BOOST_REQUIRE_EQUAL(got, *expected);
      }
      std::shuffle(sightings.begin(), sightings.end(), random);
    }
  }
}

// What a second batch did to the people of a first one is taken back to the last byte.
BOOST_AUTO_TEST_CASE(undo_restores_exactly) {
  std::mt19937 random(815);
  const auto state = [](const TestEnvironment& environment) {
    return people(environment) +
           environment.dump(
               "SELECT quote(id) || version || updated_at || created_at || quote(merged_into) || "
               "quote(batch_id) || quote(organization_id) || emails || provenance FROM contacts ORDER BY "
               "id") +
           environment.dump("SELECT quote(id) || version || updated_at FROM organizations ORDER BY id") +
           environment.dump("SELECT quote(contact_id) || quote(tag_id) FROM contact_tags ORDER BY 1");
  };
  for (int round = 0; round < 40; ++round) {
    Fixture fixture;
    for (const SeenContact& seen : random_sightings(random, static_cast<std::size_t>(round) % 6, true))
      fixture.import(seen);
    SqlTags tags(fixture.environment.unit());
    const TagId tag = must(tags.create("friend", "")).id;
    for (const Contact& contact : must(fixture.contacts.list({}, {})).items)
      must(tags.assign(tag, {contact.id}));
    const std::string before = state(fixture.environment);
    fixture.environment.clock->advance(std::chrono::hours(1));
    const BatchId second{Uuid{{2}}};
    for (const SeenContact& seen : random_sightings(random, 8, true)) fixture.import(seen, second);
    const Unit unit = fixture.environment.unit();
    for (const UndoStep step : undo_steps) {
      while (must(unit.write(
                 [&](storage::Connection& connection) { return step(connection, unit, second, 3); })) > 0) {
      }
    }
    BOOST_TEST_CONTEXT("round " << round) {
      BOOST_REQUIRE_EQUAL(state(fixture.environment), before);
    }
  }
}

// Measured, not asserted: what a person costs who is known already.
BOOST_FIXTURE_TEST_CASE(the_known_cost_little, Fixture) {
  import(mail("Ada Lovelace", "ada@acme.com"));
  const SeenContact seen = mail("Ada Lovelace", "ada@acme.com", 1);
  constexpr int times = 2000;
  const std::clock_t start = std::clock();
  environment.write(environment.unit(), [&](storage::Connection& connection) -> Result<void> {
    const Unit unit = environment.unit().bound(connection, batch);
    for (int i = 0; i < times; ++i) OMNICRM_TRY(import_contact(connection, unit, seen));
    return {};
  });
  std::cout << "import_contact of a known person: "
            << static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC / times << " us of CPU\n";
  BOOST_TEST(of("ada@acme.com").version == 1);
}

BOOST_AUTO_TEST_SUITE_END()
