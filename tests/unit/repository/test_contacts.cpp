#include <boost/test/unit_test.hpp>

#include "parts/test_environment.hpp"
#include "repository/sql_audit.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_organizations.hpp"
#include "repository/sql_settings.hpp"
#include "repository/sql_tags.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

Contact person(std::string name, std::vector<std::string> emails = {}) {
  Contact contact;
  contact.display_name = std::move(name);
  for (std::string& email : emails) contact.emails.push_back({std::move(email), "", false});
  return contact;
}

struct Fixture {
  TestEnvironment environment;
  SqlContacts contacts{environment.unit()};
  SqlContacts theirs{environment.unit("bob")};

  std::string why(const Contact& draft) {
    const auto made = contacts.create(draft);
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().code == ErrorCode::invalid_argument));
    return made.error().message;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(contacts)

BOOST_FIXTURE_TEST_CASE(create_normalizes_and_get_returns_the_same, Fixture) {
  Contact draft = person("  Ada \t Lovelace ", {"Ada@Example.ORG", "ada@example.org"});
  draft.phones = {{"+44 (0)20 7946-0001", "work", false}};
  draft.handles = {{"@ada", "Signal", false}};
  draft.custom.text = "{ \"level\" : 3 }";
  const Contact made = must(contacts.create(draft));
  BOOST_TEST(made.display_name == "Ada Lovelace");
  BOOST_REQUIRE_EQUAL(made.emails.size(), 1U);
  BOOST_TEST(made.emails[0].value == "ada@example.org");
  BOOST_TEST(made.emails[0].is_primary);
  BOOST_TEST(made.custom.text == "{\"level\":3}");
  BOOST_TEST(made.version == 1);
  BOOST_TEST((made.created_at == environment.clock->now()));
  BOOST_TEST((must(contacts.get(made.id)) == made));
}

BOOST_FIXTURE_TEST_CASE(display_name_is_derived, Fixture) {
  Contact names;
  names.given_name = "Grace";
  names.family_name = "Hopper";
  BOOST_TEST(must(contacts.create(names)).display_name == "Grace Hopper");
  BOOST_TEST(must(contacts.create(person("", {"alan@example.org"}))).display_name == "alan");
  Contact company;
  company.organization = "Acme";
  BOOST_TEST(must(contacts.create(company)).display_name == "Acme");
  Contact number;
  number.phones = {{"+15550100", "", false}};
  BOOST_TEST(must(contacts.create(number)).display_name == "+15550100");
}

BOOST_FIXTURE_TEST_CASE(errors_name_the_field, Fixture) {
  BOOST_TEST(why({}).starts_with("display_name: "));
  BOOST_TEST(why(person("A", {"ok@example.org", "not an address"})).starts_with("emails[1].value: "));
  BOOST_TEST(why(person(std::string(1001, 'x'))).starts_with("display_name: "));
  BOOST_TEST(why(person("broken \xFF")).starts_with("display_name: "));
  BOOST_TEST(why(person(std::string("nul\0", 4))).starts_with("display_name: "));
  Contact born = person("A");
  for (const char* day : {"1990-02-30", "--13-01", "yesterday", "1990-1-1"}) {
    born.birthday = day;
    BOOST_TEST(why(born).starts_with("birthday: "));
  }
  Contact number = person("A");
  number.phones = {{"call me", "", false}};
  BOOST_TEST(why(number).starts_with("phones[0].value: "));
  Contact odd = person("A");
  odd.custom.text = "[1]";
  BOOST_TEST(why(odd).starts_with("custom: "));
  odd.custom.text = "{";
  BOOST_TEST(why(odd).starts_with("custom: "));
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contacts") == 0);
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM audit_log") == 0);
}

BOOST_FIXTURE_TEST_CASE(birthdays_in_both_forms, Fixture) {
  Contact born = person("A");
  for (const char* day : {"1990-02-28", "2000-02-29", "--02-29", "--12-31"}) {
    born.birthday = day;
    BOOST_TEST(must(contacts.create(born)).birthday == day);
  }
}

BOOST_FIXTURE_TEST_CASE(identities_are_unique_after_normalization, Fixture) {
  const Contact ada = must(contacts.create(person("Ada", {"ada.lovelace@gmail.com"})));
  const auto second =
      contacts.create(person("Other", {"other@example.org", "AdaLovelace+news@googlemail.com"}));
  BOOST_TEST((code_of(second) == ErrorCode::already_exists));
  BOOST_TEST(second.error().details ==
             "{\"field\":\"emails[1]\",\"contact_id\":\"" + ada.id.to_string() + "\"}");
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contacts") == 1);
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contact_identities") == 1);
  must(theirs.create(person("Theirs", {"ada.lovelace@gmail.com"})));  // another user's
}

BOOST_FIXTURE_TEST_CASE(found_by_any_identity, Fixture) {
  Contact draft = person("Ada", {"ada@example.org"});
  draft.phones = {{"+44 20 7946 0001", "", false}};
  draft.handles = {{"@Ada", "Signal", false}};
  const Contact ada = must(contacts.create(draft));
  BOOST_TEST((must(contacts.find(IdentityKind::email, "ADA+x@example.org"))->id == ada.id));
  BOOST_TEST((must(contacts.find(IdentityKind::phone, "0044 20 79460001"))->id == ada.id));
  BOOST_TEST((must(contacts.find(IdentityKind::handle, "signal:ada"))->id == ada.id));
  BOOST_TEST(!must(contacts.find(IdentityKind::email, "nobody@example.org")));
  BOOST_TEST(!must(theirs.find(IdentityKind::email, "ada@example.org")));
  BOOST_TEST((code_of(contacts.find(IdentityKind::email, "nonsense")) == ErrorCode::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(update_needs_the_stored_version, Fixture) {
  Contact ada = must(contacts.create(person("Ada", {"ada@example.org"})));
  environment.clock->advance(std::chrono::seconds(1));
  Contact changed = ada;
  changed.job_title = "Analyst";
  changed.emails.push_back({"countess@example.org", "home", true});
  const Contact stored = must(contacts.update(changed));
  BOOST_TEST(stored.version == 2);
  BOOST_TEST(!stored.emails[1].is_primary);  // the first primary one stays
  BOOST_TEST((stored.updated_at == environment.clock->now()));
  BOOST_TEST((stored.created_at == ada.created_at));
  BOOST_TEST((must(contacts.get(ada.id)) == stored));
  BOOST_TEST((code_of(contacts.update(changed)) == ErrorCode::conflict));
  BOOST_TEST((must(contacts.find(IdentityKind::email, "countess@example.org"))->id == ada.id));
  BOOST_TEST(stored.provenance.text.find("\"job_title\":{\"origin\":\"user\"") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(update_without_a_change_writes_nothing, Fixture) {
  const Contact ada = must(contacts.create(person("Ada", {"ada@example.org"})));
  BOOST_TEST((must(contacts.update(ada)) == ada));
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM audit_log") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_failed_update_changes_nothing, Fixture) {
  const Contact ada = must(contacts.create(person("Ada", {"ada@example.org"})));
  must(contacts.create(person("Bob", {"bob@example.org"})));
  Contact changed = ada;
  changed.display_name = "Countess";
  changed.emails = {{"new@example.org", "", true}, {"bob@example.org", "", false}};
  BOOST_TEST((code_of(contacts.update(changed)) == ErrorCode::already_exists));
  BOOST_TEST((must(contacts.get(ada.id)) == ada));
  BOOST_TEST((must(contacts.find(IdentityKind::email, "ada@example.org"))->id == ada.id));
  BOOST_TEST(!must(contacts.find(IdentityKind::email, "new@example.org")));
}

BOOST_FIXTURE_TEST_CASE(an_identity_given_up_is_free, Fixture) {
  Contact ada = must(contacts.create(person("Ada", {"shared@example.org"})));
  ada.emails.clear();
  must(contacts.update(ada));
  must(contacts.create(person("Bob", {"shared@example.org"})));
}

BOOST_FIXTURE_TEST_CASE(what_a_caller_cannot_edit_stays, Fixture) {
  const Contact ada = must(contacts.create(person("Ada")));
  Contact changed = ada;
  changed.note = "x";
  changed.source = Origin::email;
  changed.provenance.text = "{\"note\":1}";
  changed.deleted_at = environment.clock->now();
  changed.created_at = {};
  const Contact stored = must(contacts.update(changed));
  BOOST_TEST((stored.source == Origin::user));
  BOOST_TEST(!stored.deleted_at);
  BOOST_TEST((stored.created_at == ada.created_at));
}

BOOST_FIXTURE_TEST_CASE(remove_suppresses_and_restore_lifts_exactly_that, Fixture) {
  Contact draft = person("Ada", {"ada@example.org"});
  draft.phones = {{"+15550100", "", false}};
  const Contact ada = must(contacts.create(draft));
  BOOST_TEST((code_of(contacts.remove(ada.id, 7)) == ErrorCode::conflict));
  environment.write(environment.unit(), [&](storage::Connection& connection) {
    return storage::run(connection,
                        "INSERT INTO suppressions (user_id, id, kind, value, reason, created_at) "
                        "VALUES (?, ?, 'email', 'rejected@example.org', 'rejected', 0)",
                        environment.unit().user(), environment.unit().make_id<SuppressionId>());
  });
  must(contacts.remove(ada.id, ada.version));
  BOOST_TEST((code_of(contacts.get(ada.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(contacts.remove(ada.id, 0)) == ErrorCode::not_found));
  BOOST_TEST(must(contacts.list({}, {})).items.empty());
  BOOST_TEST(must(contacts.search("ada", {})).items.empty());
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contact_identities") == 0);
  BOOST_TEST(
      environment.dump("SELECT kind || ' ' || value || ' ' || reason FROM suppressions ORDER BY value") ==
      "phone +15550100 deleted\nemail ada@example.org deleted\nemail rejected@example.org rejected\n");
  const Contact back = must(contacts.restore(ada.id));
  BOOST_TEST(!back.deleted_at);
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM contact_identities") == 2);
  BOOST_TEST(environment.dump("SELECT value FROM suppressions") == "rejected@example.org\n");
  BOOST_TEST(must(contacts.search("ada", {})).items.size() == 1U);
  BOOST_TEST((must(contacts.restore(ada.id)) == back));  // idempotent
}

BOOST_FIXTURE_TEST_CASE(creating_again_lifts_the_suppression, Fixture) {
  const Contact ada = must(contacts.create(person("Ada", {"ada@example.org"})));
  must(contacts.remove(ada.id, 0));
  must(contacts.create(person("Ada again", {"ada@example.org"})));
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM suppressions") == 0);
  BOOST_TEST((code_of(contacts.restore(ada.id)) == ErrorCode::already_exists));
}

BOOST_FIXTURE_TEST_CASE(participants_follow_the_address, Fixture) {
  environment.write(environment.unit(), [&](storage::Connection& connection) -> Result<void> {
    const UserId user = environment.unit().user();
    const auto id = environment.unit().make_id<InteractionId>();
    OMNICRM_TRY(storage::run(
        connection,
        "INSERT INTO interactions VALUES (1, ?, ?, 1, 'email', 'inbound', 'confirmed', '', '', '', '', 5, "
        "NULL, 0, '', '', '', '', '', '', NULL, '[]', 0, NULL, 'email', NULL, 1, NULL, 0, 0)",
        user, id));
    return storage::run(connection,
                        "INSERT INTO interaction_participants VALUES (?, ?, 0, 'from', 'ada@example.org', "
                        "'ada@example.org', '', 'none', NULL, 0, 5)",
                        user, id);
  });
  const std::string linked =
      "SELECT (SELECT COUNT(*) FROM interaction_participants WHERE contact_id IS NOT NULL) + "
      "(SELECT COUNT(*) FROM interactions WHERE contact_id IS NOT NULL)";
  const Contact ada = must(contacts.create(person("Ada", {"ada@example.org"})));
  BOOST_TEST(environment.count(linked) == 2);
  must(contacts.remove(ada.id, 0));
  BOOST_TEST(environment.count(linked) == 0);
  must(contacts.restore(ada.id));
  BOOST_TEST(environment.count(linked) == 2);
}

BOOST_FIXTURE_TEST_CASE(custom_fields_follow_the_declaration, Fixture) {
  SqlSettings settings(environment.unit());
  must(settings.set("contacts.custom_fields",
                    Json{R"([{"name":"level","type":"number"},{"name":"since","type":"date"},
                          {"name":"tier","type":"choice","options":["gold","blue"],"required":true}])"}));
  Contact draft = person("Ada");
  BOOST_TEST(why(draft) == "custom.tier: is required");
  draft.custom.text = R"({"tier":"red"})";
  BOOST_TEST(why(draft).starts_with("custom.tier: "));
  draft.custom.text = R"({"tier":"gold","level":"high"})";
  BOOST_TEST(why(draft).starts_with("custom.level: "));
  draft.custom.text = R"({"tier":"gold","since":"2020-02-30"})";
  BOOST_TEST(why(draft).starts_with("custom.since: "));
  draft.custom.text = R"({"tier":"gold","shoe":42})";
  BOOST_TEST(why(draft).starts_with("custom.shoe: "));
  draft.custom.text = R"({"tier":"gold","level":1.5,"since":"2020-02-29"})";
  must(contacts.create(draft));
  must(theirs.create(person("free")));  // another user declared nothing
}

BOOST_FIXTURE_TEST_CASE(linked_to_the_organization_of_the_domain, Fixture) {
  SqlOrganizations organizations(environment.unit());
  Organization draft;
  draft.name = "Example";
  draft.domain = "example.org";
  const Organization example = must(organizations.create(draft));
  BOOST_TEST((must(contacts.create(person("Ada", {"ada@mail.example.org"}))).organization_id == example.id));
  BOOST_TEST(!must(contacts.create(person("Bob", {"bob@gmail.com"}))).organization_id);
  BOOST_TEST(!must(contacts.create(person("Cy", {"cy@elsewhere.net"}))).organization_id);
  Contact foreign = person("Dee");
  foreign.organization_id = must(SqlOrganizations(environment.unit("bob")).create(draft)).id;
  BOOST_TEST((code_of(contacts.create(foreign)) == ErrorCode::not_found));
}

BOOST_FIXTURE_TEST_CASE(lists_in_each_order_page_without_gap_or_repeat, Fixture) {
  for (int i = 0; i < 25; ++i) {
    must(contacts.create(person("Person " + std::to_string(i % 5))));
    if (i % 3 == 0) environment.clock->advance(std::chrono::microseconds(1));
  }
  must(theirs.create(person("Not mine")));
  for (const ContactOrder order : {ContactOrder::name, ContactOrder::created, ContactOrder::updated}) {
    ContactFilter filter;
    filter.order = order;
    PageRequest request{.limit = 4, .cursor = {}};
    std::vector<Contact> all;
    while (true) {
      auto page = must(contacts.list(filter, request));
      all.insert(all.end(), page.items.begin(), page.items.end());
      if (!page.next) break;
      request.cursor = *page.next;
    }
    BOOST_TEST(all.size() == 25U);
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (order == ContactOrder::name) {
        BOOST_TEST(
            (std::pair(all[i - 1].display_name, all[i - 1].id) < std::pair(all[i].display_name, all[i].id)));
      } else {
        BOOST_TEST(
            (std::pair(all[i - 1].created_at, all[i - 1].id) > std::pair(all[i].created_at, all[i].id)));
      }
    }
    filter.pinned = true;
    request.cursor =
        *must(contacts.list(
                  {.order = order, .tag_id = {}, .organization_id = {}, .segment_id = {}, .pinned = {}},
                  {.limit = 1, .cursor = {}}))
             .next;
    BOOST_TEST((code_of(contacts.list(filter, request)) == ErrorCode::invalid_argument));
  }
}

BOOST_FIXTURE_TEST_CASE(filters_of_the_list, Fixture) {
  SqlTags tags(environment.unit());
  const Tag tag = must(tags.create("friend", ""));
  Contact ada = must(contacts.create(person("Ada")));
  Contact bob = must(contacts.create(person("Bob")));
  ada.pinned = true;
  ada = must(contacts.update(ada));
  bob.archived = true;
  bob = must(contacts.update(bob));
  must(tags.assign(tag.id, {bob.id}));
  ContactFilter filter;
  BOOST_TEST(must(contacts.list(filter, {})).items.size() == 1U);
  filter.include_archived = true;
  BOOST_TEST(must(contacts.list(filter, {})).items.size() == 2U);
  filter.tag_id = tag.id;
  BOOST_TEST((must(contacts.list(filter, {})).items.at(0).id == bob.id));
  filter = {};
  filter.pinned = true;
  BOOST_TEST((must(contacts.list(filter, {})).items.at(0).id == ada.id));
  filter.pinned = false;
  BOOST_TEST(must(contacts.list(filter, {})).items.empty());
}

BOOST_FIXTURE_TEST_CASE(every_change_is_audited_by_field_names, Fixture) {
  Contact ada = must(contacts.create(person("Ada", {"ada@example.org"})));
  ada.note = "a secret";
  ada = must(contacts.update(ada));
  must(contacts.remove(ada.id, 0));
  must(contacts.restore(ada.id));
  const auto entries = must(SqlAudit(environment.unit()).list({}, {})).items;
  BOOST_REQUIRE_EQUAL(entries.size(), 4U);
  BOOST_TEST(entries[3].operation == "contacts.create");
  BOOST_TEST(entries[2].operation == "contacts.update");
  BOOST_TEST(entries[2].details.text == "{\"fields\":[\"note\"]}");
  BOOST_TEST(entries[1].operation == "contacts.delete");
  BOOST_TEST(entries[0].operation == "contacts.restore");
  BOOST_TEST(entries[0].subject_id == ada.id.to_string());
  BOOST_TEST(must(SqlAudit(environment.unit()).verify()).intact);
}

BOOST_FIXTURE_TEST_CASE(nothing_of_another_user_can_be_reached, Fixture) {
  Contact ada = must(contacts.create(person("Ada", {"ada@example.org"})));
  const std::string before = environment.dump("SELECT quote(id) || version || display_name FROM contacts");
  BOOST_TEST((code_of(theirs.get(ada.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.update(ada)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.remove(ada.id, 0)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.restore(ada.id)) == ErrorCode::not_found));
  BOOST_TEST(must(theirs.list({}, {})).items.empty());
  BOOST_TEST(must(theirs.search("ada", {})).items.empty());
  BOOST_TEST(environment.dump("SELECT quote(id) || version || display_name FROM contacts") == before);
}

BOOST_AUTO_TEST_SUITE_END()
