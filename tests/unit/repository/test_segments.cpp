#include <boost/test/unit_test.hpp>

#include "parts/test_environment.hpp"
#include "repository/segment_filter.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_interactions.hpp"
#include "repository/sql_segments.hpp"
#include "repository/sql_tags.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  SqlSegments segments{environment.unit()};
  SqlContacts contacts{environment.unit()};

  Fixture() {
    Contact ada;
    ada.display_name = "Ada Löwe";
    ada.given_name = "Ada";
    ada.family_name = "LOVELACE";
    ada.emails = {{"ada@eu.acme.com", "", true}};
    ada.phones = {{"+44 20 7946 0001", "", true}};
    ada.job_title = "Chief Analyst";
    ada.organization = "Acme";
    ada.custom.text = R"({"level":3,"tier":"gold","vip":true,"since":"2020-01-01"})";
    ada = must(contacts.create(ada));
    environment.clock->advance(std::chrono::hours(24 * 40));
    Contact bob;
    bob.display_name = "Bob";
    bob.emails = {{"bob@gmail.com", "", true}, {"bob@notacme.com", "", false}};
    bob.custom.text = R"({"level":1.5,"tier":"blue","vip":false})";
    bob.source = Origin::vcard;
    bob = must(contacts.create(bob));
    bob.pinned = true;
    must(contacts.update(bob));
    Contact cy;
    cy.display_name = "Cy";
    cy = must(contacts.create(cy));
    cy.archived = true;
    must(contacts.update(cy));
    SqlTags tags(environment.unit());
    must(tags.assign(must(tags.create("Café", "")).id, {ada.id}));
    SqlInteractions interactions(environment.unit());
    for (const int days : {10, 50}) {
      Interaction note;
      note.kind = InteractionKind::note;
      note.body = "met";
      note.occurred_at = environment.clock->now() - std::chrono::hours(24 * days);
      note.participants = {{.role = ParticipantRole::about,
                            .address = {},
                            .name = {},
                            .response = {},
                            .contact_id = ada.id,
                            .is_self = false}};
      must(interactions.create(note));
    }
    Contact theirs;
    theirs.display_name = "Not mine";
    must(SqlContacts(environment.unit("bob")).create(theirs));
  }

  std::string who(const std::string& filter) {
    std::string names;
    for (const Contact& contact : must(segments.preview(Json{filter}, {})).items)
      names += contact.display_name[0];
    return names;
  }
  std::string field(const std::string& name, const std::string& op, const std::string& value) {
    return R"({"field":")" + name + R"(","op":")" + op + R"(","value":)" + value + '}';
  }
  void check(const std::string& name, const std::string& op, const std::string& value,
             const std::string& expected) {
    BOOST_TEST_CONTEXT(name << ' ' << op << ' ' << value) {
      BOOST_TEST(who(field(name, op, value)) == expected);
    }
  }
  void check_refused(const std::string& filter, std::string_view place) {
    const auto found = segments.preview(Json{filter}, {});
    BOOST_TEST_CONTEXT(filter) {
      BOOST_REQUIRE(!found);
      BOOST_TEST((found.error().code == ErrorCode::invalid_argument));
      BOOST_TEST(found.error().message.starts_with(place), found.error().message);
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(segments)

BOOST_FIXTURE_TEST_CASE(each_field_and_operator, Fixture) {
  check("display_name", "eq", "\"ada lowe\"", "A");
  check("display_name", "ne", "\"BOB\"", "AC");
  check("display_name", "contains", "\"LÖ\"", "A");
  check("display_name", "starts_with", "\"b\"", "B");
  check("display_name", "in", R"(["bob","cy","nobody"])", "BC");
  check("family_name", "eq", "\"lovelace\"", "A");
  check("given_name", "exists", "true", "A");
  check("given_name", "exists", "false", "BC");
  check("email", "eq", "\"BOB@notacme.com\"", "B");
  check("email", "ne", "\"bob@gmail.com\"", "AC");
  check("email", "exists", "false", "C");
  check("domain", "eq", "\"acme.com\"", "A");
  check("domain", "in", R"(["gmail.com","eu.acme.com"])", "AB");
  check("phone", "eq", "\"0044 20 79460001\"", "A");
  check("phone", "contains", "\"7946\"", "A");
  check("organization", "starts_with", "\"AC\"", "A");
  check("job_title", "contains", "\"analyst\"", "A");
  check("department", "exists", "true", "");
  check("tag", "eq", "\"CAFE\"", "A");
  check("tag", "ne", "\"cafe\"", "BC");
  check("tag", "exists", "true", "A");
  check("source", "eq", "\"vcard\"", "B");
  check("source", "in", R"(["user","csv"])", "AC");
  check("pinned", "eq", "true", "B");
  check("archived", "ne", "true", "AB");
}

BOOST_FIXTURE_TEST_CASE(times_absolute_and_relative, Fixture) {
  check("created_at", "lt", "\"-30d\"", "A");
  check("created_at", "gte", "\"-1h\"", "BC");
  check("created_at", "lte", "\"+1w\"", "ABC");
  check("created_at", "gt", "\"2026-12-01\"", "BC");
  check("created_at", "gt", "\"2026-11-23T12:00:00Z\"", "BC");
  check("created_at", "gte", "\"2026-11-23T12:00:00Z\"", "ABC");
  check("last_interaction_at", "gt", "\"-11d\"", "A");
  check("last_interaction_at", "lt", "\"-11d\"", "");
  check("last_interaction_at", "exists", "false", "BC");
  check("interaction_count", "eq", "2", "A");
  check("interaction_count", "lt", "1", "BC");
  check("interaction_count", "lt", "1.5", "BC");
}

BOOST_FIXTURE_TEST_CASE(custom_fields, Fixture) {
  check("custom.level", "gt", "2", "A");
  check("custom.level", "lte", "1.5", "B");
  check("custom.level", "eq", "3", "A");
  check("custom.tier", "eq", "\"gold\"", "A");
  check("custom.tier", "ne", "\"gold\"", "BC");
  check("custom.tier", "in", R"(["blue","green"])", "B");
  check("custom.vip", "eq", "true", "A");
  check("custom.since", "lt", "\"2021-01-01\"", "A");
  check("custom.since", "exists", "true", "A");
  check("custom.nothing", "exists", "true", "");
}

BOOST_FIXTURE_TEST_CASE(combinations, Fixture) {
  const std::string ada = field("display_name", "starts_with", "\"ada\"");
  const std::string pinned = field("pinned", "eq", "true");
  BOOST_TEST(who("{}") == "ABC");
  BOOST_TEST(who(R"({"any":[)" + ada + ',' + pinned + "]}") == "AB");
  BOOST_TEST(who(R"({"all":[)" + ada + ',' + pinned + "]}") == "");
  BOOST_TEST(who(R"({"not":)" + ada + "}") == "BC");
  BOOST_TEST(who(R"({"all":[{"not":)" + ada + R"(},{"any":[)" + pinned + "]}]}") == "B");
}

BOOST_FIXTURE_TEST_CASE(errors_name_the_place, Fixture) {
  check_refused("", "filter");
  check_refused("[]", "filter: ");
  check_refused(R"({"all":[]})", "filter.all: ");
  check_refused(R"({"some":[]})", "filter.some: ");
  check_refused(
      R"({"all":[{"field":"pinned","op":"eq","value":true},{"field":"pinned","op":"like","value":1}]})",
      "filter.all[1].op: ");
  check_refused(R"({"field":"shoe","op":"eq","value":"x"})", "filter.field: ");
  check_refused(R"({"field":"pinned","value":true})", "filter.op: ");
  check_refused(R"({"field":"pinned","op":"eq"})", "filter.value: ");
  check_refused(R"({"field":"pinned","op":"eq","value":"yes"})", "filter.value: ");
  check_refused(R"({"field":"pinned","op":"lt","value":true})", "filter.op: ");
  check_refused(R"({"field":"email","op":"in","value":[]})", "filter.value: ");
  check_refused(R"({"field":"email","op":"in","value":["a",1]})", "filter.value[1]: ");
  check_refused(R"({"field":"created_at","op":"lt","value":"-30y"})", "filter.value: ");
  check_refused(R"({"field":"source","op":"eq","value":"moon"})", "filter.value: ");
  check_refused(R"({"field":"pinned","op":"eq","value":true,"extra":1})", "filter.extra: ");
  check_refused(R"({"field":"custom.a\"b","op":"eq","value":1})", "filter.field: ");
  check_refused(R"({"field":"custom.a\u0000b","op":"eq","value":1})", "filter.field: ");
  check_refused(R"({"field":"custom.a","op":"contains","value":5})", "filter.value: ");
  check_refused(R"({"field":"custom.a","op":"starts_with","value":true})", "filter.value: ");
  check_refused(R"({"field":"custom.a","op":"in","value":[5,"text"]})", "filter.value: ");
  check_refused(R"({"field":"custom.a","op":"eq"})", "filter.value: ");
  check_refused(R"({"field":"job_title","op":"eq","value":"a\u0000b"})", "filter.value: ");
}

BOOST_FIXTURE_TEST_CASE(size_and_depth_are_bounded, Fixture) {
  std::string deep = field("pinned", "eq", "true");
  for (int i = 0; i < 9; ++i) deep = R"({"not":)" + deep + '}';
  check_refused(deep, "filter.not.not");
  std::string wide = R"({"any":[)";
  for (int i = 0; i < 101; ++i) wide += (i > 0 ? "," : "") + field("pinned", "eq", "true");
  check_refused(wide + "]}", "filter.any[100]");
  check_refused(field("email", "eq", '"' + std::string(1001, 'x') + '"'), "filter.value: ");
  check_refused(std::string(70'000, ' '), "filter: ");
}

BOOST_FIXTURE_TEST_CASE(values_never_become_sql, Fixture) {
  const std::string evil = "x' OR 1=1 --";
  const auto compiled = must(
      compile_segment(Json{field("display_name", "eq", '"' + evil + '"')}, {}, storage::Dialect::sqlite));
  BOOST_TEST(compiled.text().find("OR 1=1") == std::string::npos);
  for (const char* name : {"display_name", "email", "tag", "organization", "custom.a' OR 1=1"}) {
    BOOST_TEST(who(field(name, "eq", '"' + evil + '"')) == "");
  }
}

BOOST_FIXTURE_TEST_CASE(saved_segments, Fixture) {
  const Segment segment = must(segments.create(" Bobs ", Json{field("display_name", "eq", "\"bob\"")}));
  BOOST_TEST(segment.name == "Bobs");
  BOOST_TEST((must(segments.get(segment.id)) == segment));
  BOOST_TEST((code_of(segments.create("Bobs", Json{"{}"})) == ErrorCode::already_exists));
  BOOST_TEST(must(segments.contacts(segment.id, {})).items.size() == 1U);
  BOOST_TEST(must(segments.count(segment.id)) == 1);
  ContactFilter filter;
  filter.segment_id = segment.id;
  BOOST_TEST(must(contacts.list(filter, {})).items.size() == 1U);
  Segment everybody = segment;
  everybody.filter.text = "{ }";
  everybody = must(segments.update(everybody));
  BOOST_TEST(everybody.version == 2);
  BOOST_TEST(must(segments.count(segment.id)) == 3);
  BOOST_TEST((code_of(segments.update(segment)) == ErrorCode::conflict));
  std::string names;
  PageRequest request{.limit = 1, .cursor = {}};
  while (true) {
    const auto page = must(segments.contacts(segment.id, request));
    for (const Contact& contact : page.items) names += contact.display_name[0];
    if (!page.next) break;
    request.cursor = *page.next;
  }
  BOOST_TEST(names == "ABC");
  BOOST_TEST(must(segments.list({})).items.size() == 1U);
  SqlSegments theirs(environment.unit("bob"));
  BOOST_TEST((code_of(theirs.get(segment.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.contacts(segment.id, {})) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.remove(segment.id)) == ErrorCode::not_found));
  must(segments.remove(segment.id));
  BOOST_TEST((code_of(segments.count(segment.id)) == ErrorCode::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
