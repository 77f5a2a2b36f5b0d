// Creating and changing records through their JSON.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "parts/crm_fixture.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;

struct Calls : CrmFixture {
  boost::json::object call(std::string_view operation, std::string_view request) {
    return boost::json::parse(need(ada.call(operation, request))).as_object();
  }
  Error refusal(std::string_view operation, std::string_view request) {
    const auto answer = ada.call(operation, request);
    BOOST_REQUIRE_MESSAGE(!answer, operation << " should have refused " << request);
    return answer.error();
  }
  /// Replaces $id by the id.
  std::string with(std::string request, const boost::json::object& record) {
    const auto at = request.find("$id");
    return request.replace(at, 3, std::string(record.at("id").as_string()));
  }

  boost::json::object contact =
      call("contacts.create", R"({"display_name":"Ada Lovelace","emails":[{"value":"ada@example.org"}],
                                  "job_title":"Countess","custom":{"club":"Royal"}})");
};

}  // namespace

BOOST_AUTO_TEST_SUITE(operation_changes)

BOOST_FIXTURE_TEST_CASE(changes_only_what_is_given, Calls) {
  const auto changed = call("contacts.update", with(R"({"id":"$id","expected_version":1,
                                                       "changes":{"job_title":"Analyst","pinned":true}})",
                                                    contact));
  BOOST_TEST(changed.at("job_title") == "Analyst");
  BOOST_TEST(changed.at("pinned") == true);
  BOOST_TEST(changed.at("version") == 2);
  for (const char* name : {"id", "display_name", "emails", "custom", "source", "created_at"})
    BOOST_TEST(changed.at(name) == contact.at(name), name);
  BOOST_TEST(call("contacts.get", with(R"({"id":"$id"})", contact)) == changed);
}

BOOST_FIXTURE_TEST_CASE(a_list_is_replaced_as_a_whole, Calls) {
  const auto changed =
      call("contacts.update", with(R"({"id":"$id","expected_version":1,"changes":{"emails":[]}})", contact));
  BOOST_TEST(changed.at("emails").as_array().empty());
}

BOOST_FIXTURE_TEST_CASE(null_clears_what_may_be_absent_and_nothing_else, Calls) {
  const auto company = call("organizations.create", R"({"name":"Engines","domain":"engines.example"})");
  const std::string link = R"({"id":"$id","expected_version":1,"changes":{"organization_id":")" +
                           std::string(company.at("id").as_string()) + "\"}}";
  const auto linked = call("contacts.update", with(link, contact));
  BOOST_TEST(linked.at("organization_id") == company.at("id"));
  const auto unlinked =
      call("contacts.update",
           with(R"({"id":"$id","expected_version":2,"changes":{"organization_id":null}})", contact));
  BOOST_TEST(!unlinked.contains("organization_id"));
  const Error error = refusal(
      "contacts.update", with(R"({"id":"$id","expected_version":3,"changes":{"job_title":null}})", contact));
  BOOST_TEST(error.message == "changes.job_title: expected text, got null");
}

BOOST_FIXTURE_TEST_CASE(a_stale_version_is_a_conflict_and_changes_nothing, Calls) {
  call("contacts.update", with(R"({"id":"$id","expected_version":1,"changes":{"note":"first"}})", contact));
  const std::string before = digest();
  for (const char* stale : {"1", "3", "0", "-1"}) {
    const Error error = refusal(
        "contacts.update",
        with(R"({"id":"$id","expected_version":)" + std::string(stale) + R"(,"changes":{"note":"second"}})",
             contact));
    BOOST_TEST((error.code == ErrorCode::conflict), stale);
    BOOST_TEST(boost::json::parse(error.details).at("version") == 2);
  }
  BOOST_TEST(digest() == before);
}

BOOST_FIXTURE_TEST_CASE(the_version_is_required, Calls) {
  BOOST_TEST(refusal("contacts.update", with(R"({"id":"$id","changes":{"note":"x"}})", contact)).message ==
             "expected_version: is required");
}

BOOST_FIXTURE_TEST_CASE(fields_of_the_library_cannot_be_written, Calls) {
  for (const char* field : {"id", "version", "source", "provenance", "merged_into", "deleted_at", "batch_id",
                            "created_at", "updated_at"}) {
    const std::string given = "{\"" + std::string(field) + "\":null}";
    Error error = refusal("contacts.create", given);
    BOOST_TEST((error.code == ErrorCode::invalid_argument));
    BOOST_TEST(error.message == std::string(field) + ": is set by the library and cannot be written here");
    error = refusal("contacts.update",
                    with(R"({"id":"$id","expected_version":1,"changes":)" + given + "}", contact));
    BOOST_TEST(error.message ==
               "changes." + std::string(field) + ": is set by the library and cannot be written here");
    BOOST_TEST(boost::json::parse(error.details).at("field").as_string() == "changes." + std::string(field));
  }
}

BOOST_FIXTURE_TEST_CASE(a_wrong_change_is_named_by_its_place, Calls) {
  const auto message = [&](const std::string& changes) {
    return refusal("contacts.update",
                   with(R"({"id":"$id","expected_version":1,"changes":)" + changes + "}", contact))
        .message;
  };
  BOOST_TEST(message(R"({"emails":[{"value":1}]})") == "changes.emails[0].value: expected text, got number");
  BOOST_TEST(message(R"({"emails":[{"worth":"x"}]})") == "changes.emails[0].worth: unknown field");
  BOOST_TEST(message(R"({"nme":"x"})").starts_with("changes.nme: unknown field; it takes display_name, "));
  BOOST_TEST(message(R"({"note":"a","note":"b"})") == "changes: the name \"note\" comes twice");
  BOOST_TEST(message("[]") == "changes: expected object, got array");
  BOOST_TEST(message("null") == "changes: expected object, got null");
}

BOOST_FIXTURE_TEST_CASE(a_note_is_a_note_whatever_it_says, Calls) {
  BOOST_TEST(refusal("interactions.add_note", R"({"subject":"x","kind":"email"})").message ==
             "kind: is set by the library and cannot be written here");
  const auto note = call("interactions.add_note", R"({"subject":"x"})");
  BOOST_TEST(note.at("kind") == "note");
  BOOST_TEST(std::string_view(note.at("occurred_at").as_string()).starts_with("2026-11-23T12:00:"));
  BOOST_TEST(call("interactions.add_call", R"({"subject":"x","direction":"inbound"})").at("kind") == "call");
  BOOST_TEST(call("interactions.add_meeting", R"({"subject":"x","all_day":true})").at("kind") == "meeting");
  BOOST_TEST(call("interactions.add_message", R"({"body":"x"})").at("kind") == "message");
}

BOOST_FIXTURE_TEST_CASE(every_kind_of_record_is_changed_the_same_way, Calls) {
  struct Kind {
    const char* name;
    const char* create;
    const char* changes;
    const char* field;
    const char* value;
  };
  for (const Kind& kind :
       {Kind{"organizations", R"({"name":"Engines"})", R"({"website":"https://e.example"})", "website",
             "https://e.example"},
        Kind{"segments", R"({"name":"Club","filter":{"field":"display_name","op":"contains","value":"a"}})",
             R"({"name":"Members"})", "name", "Members"},
        Kind{"schedules", R"({"name":"Nightly","kind":"tidy","cron":"@daily"})", R"({"zone":"Asia/Tokyo"})",
             "zone", "Asia/Tokyo"},
        Kind{"tasks", R"({"title":"Call"})", R"({"note":"at noon"})", "note", "at noon"}}) {
    const std::string name = kind.name;
    const auto made = call(name + ".create", kind.create);
    const std::string request =
        with(R"({"id":"$id","expected_version":1,"changes":)" + std::string(kind.changes) + "}", made);
    BOOST_TEST(call(name + ".update", request).at(kind.field) == kind.value);
    BOOST_TEST((refusal(name + ".update", request).code == ErrorCode::conflict), name);
  }
  const auto tag = call("tags.create", R"({"name":"Club"})");
  BOOST_TEST(call("tags.update", with(R"({"id":"$id","changes":{"color":"#00ff00"}})", tag)).at("color") ==
             "#00ff00");
  const auto note = call("interactions.add_note", R"({"subject":"x"})");
  const std::string request = with(R"({"id":"$id","expected_version":1,"changes":{"body":"y"}})", note);
  BOOST_TEST(call("interactions.update", request).at("body") == "y");
  BOOST_TEST((refusal("interactions.update", request).code == ErrorCode::conflict));
}

BOOST_FIXTURE_TEST_CASE(the_actor_and_the_operation_are_in_the_audit_log, Calls) {
  Session agent = need(crm->session("ada", "agent:42"));
  need(agent.call("contacts.update",
                  with(R"({"id":"$id","expected_version":1,"changes":{"note":"x"}})", contact)));
  const auto entry = call("audit.list", R"({"limit":1})").at("items").as_array().front().as_object();
  BOOST_TEST(entry.at("actor") == "agent:42");
  BOOST_TEST(entry.at("operation") == "contacts.update");
  BOOST_TEST(entry.at("subject_id") == contact.at("id"));
}

BOOST_AUTO_TEST_SUITE_END()
