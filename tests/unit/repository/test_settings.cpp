#include <boost/test/unit_test.hpp>

#include "parts/test_environment.hpp"
#include "repository/sql_settings.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  SqlSettings settings{environment.unit()};

  std::string why(std::string_view name, std::string value) {
    const auto done = settings.set(name, Json{std::move(value)});
    BOOST_REQUIRE(!done);
    BOOST_TEST((done.error().code == ErrorCode::invalid_argument));
    return done.error().message;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_FIXTURE_TEST_CASE(set_get_list_remove, Fixture) {
  BOOST_TEST(must(settings.get("host.theme")).is_null());
  must(settings.set("host.theme", Json{"{ \"dark\" : true }"}));
  must(settings.set("host.size", Json{"12"}));
  must(settings.set("host.size", Json{"13"}));
  BOOST_TEST(must(settings.get("host.theme")).text == "{\"dark\":true}");
  const auto all = must(settings.list());
  BOOST_REQUIRE_EQUAL(all.size(), 2U);
  BOOST_TEST(all[0].name == "host.size");
  BOOST_TEST(all[0].value.text == "13");
  must(settings.set("host.theme", Json{}));
  BOOST_TEST(must(settings.get("host.theme")).is_null());
  BOOST_TEST(must(settings.list()).size() == 1U);
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM audit_log") == 4);
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM audit_log WHERE details LIKE '%dark%'") == 0);
}

BOOST_FIXTURE_TEST_CASE(names_and_values_are_checked, Fixture) {
  for (const char* name : {"", "Upper", "white space", "semi;colon"})
    BOOST_TEST(why(name, "1").starts_with("name: "));
  why(std::string(101, 'a'), "1");
  BOOST_TEST(why("host.x", "{").starts_with("host.x: "));
  BOOST_TEST(why("host.x", "1 2").starts_with("host.x: "));
  BOOST_TEST(why("host.x", '"' + std::string(2 << 20, 'x') + '"').starts_with("host.x: "));
}

BOOST_FIXTURE_TEST_CASE(own_addresses, Fixture) {
  must(settings.set("user.addresses", Json{R"(["Ada@Example.ORG","<ada@gmail.com>"])"}));
  BOOST_TEST(must(settings.get("user.addresses")).text == R"(["ada@example.org","ada@gmail.com"])");
  BOOST_TEST(why("user.addresses", R"("ada@example.org")").starts_with("user.addresses: "));
  BOOST_TEST(why("user.addresses", R"(["ada@example.org","nonsense"])").starts_with("user.addresses[1]: "));
  BOOST_TEST(why("user.addresses", R"([1])").starts_with("user.addresses[0]: "));
}

BOOST_FIXTURE_TEST_CASE(time_zone, Fixture) {
  must(settings.set("user.time_zone", Json{"\"Europe/Dublin\""}));
  BOOST_TEST(why("user.time_zone", "\"Mars/Olympus\"").starts_with("user.time_zone: "));
  BOOST_TEST(why("user.time_zone", "3").starts_with("user.time_zone: "));
}

BOOST_FIXTURE_TEST_CASE(declared_custom_fields, Fixture) {
  must(settings.set("contacts.custom_fields", Json{R"([{"name":"level","type":"number"}])"}));
  const std::string name = "contacts.custom_fields";
  BOOST_TEST(why(name, "{}").starts_with("contacts.custom_fields: "));
  BOOST_TEST(why(name, R"([{"name":"a","type":"money"}])").starts_with("contacts.custom_fields[0].type: "));
  BOOST_TEST(why(name, R"([{"type":"text"}])").starts_with("contacts.custom_fields[0].name: "));
  BOOST_TEST(why(name, R"([{"name":"a"},{"name":"a"}])").starts_with("contacts.custom_fields[1].name: "));
  BOOST_TEST(
      why(name, R"([{"name":"a","type":"choice"}])").starts_with("contacts.custom_fields[0].options: "));
  BOOST_TEST(why(name, R"([{"name":"a","kind":"text"}])").starts_with("contacts.custom_fields[0].kind: "));
}

BOOST_FIXTURE_TEST_CASE(each_user_has_their_own, Fixture) {
  must(settings.set("host.x", Json{"1"}));
  SqlSettings theirs(environment.unit("bob"));
  BOOST_TEST(must(theirs.get("host.x")).is_null());
  must(theirs.set("host.x", Json{"2"}));
  BOOST_TEST(must(settings.get("host.x")).text == "1");
}

BOOST_AUTO_TEST_SUITE_END()
