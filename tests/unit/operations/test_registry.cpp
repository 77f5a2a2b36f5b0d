#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

#include "operations/edit_distance.hpp"
#include "operations/registry.hpp"
#include "parts/crm_fixture.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;

// The contract: names only ever get more.
const std::set<std::string> contract{"audit.list",
                                     "audit.verify",
                                     "contacts.create",
                                     "contacts.delete",
                                     "contacts.get",
                                     "contacts.list",
                                     "contacts.merge",
                                     "contacts.restore",
                                     "contacts.search",
                                     "contacts.suggest_duplicates",
                                     "contacts.timeline",
                                     "contacts.unmerge",
                                     "contacts.update",
                                     "interactions.add_call",
                                     "interactions.add_meeting",
                                     "interactions.add_message",
                                     "interactions.add_note",
                                     "interactions.delete",
                                     "interactions.documents",
                                     "interactions.get",
                                     "interactions.list",
                                     "interactions.most_active",
                                     "interactions.update",
                                     "jobs.cancel",
                                     "jobs.enqueue",
                                     "jobs.failures",
                                     "jobs.get",
                                     "jobs.list",
                                     "jobs.pause",
                                     "jobs.remove",
                                     "jobs.resume",
                                     "jobs.retry",
                                     "jobs.stats",
                                     "operations.list",
                                     "organizations.create",
                                     "organizations.delete",
                                     "organizations.get",
                                     "organizations.list",
                                     "organizations.update",
                                     "schedules.create",
                                     "schedules.get",
                                     "schedules.list",
                                     "schedules.pause",
                                     "schedules.preview",
                                     "schedules.remove",
                                     "schedules.resume",
                                     "schedules.update",
                                     "search.query",
                                     "segments.contacts",
                                     "segments.count",
                                     "segments.create",
                                     "segments.delete",
                                     "segments.get",
                                     "segments.list",
                                     "segments.preview",
                                     "segments.update",
                                     "settings.get",
                                     "settings.list",
                                     "settings.set",
                                     "sync.approve",
                                     "sync.cancel",
                                     "sync.digest",
                                     "sync.dry_run",
                                     "sync.list",
                                     "sync.plan",
                                     "sync.plans",
                                     "sync.preview",
                                     "sync.reconcile",
                                     "sync.reject",
                                     "sync.status",
                                     "sync.undo",
                                     "tags.assign",
                                     "tags.create",
                                     "tags.delete",
                                     "tags.get",
                                     "tags.list",
                                     "tags.of_contact",
                                     "tags.unassign",
                                     "tags.update",
                                     "tasks.complete",
                                     "tasks.create",
                                     "tasks.delete",
                                     "tasks.get",
                                     "tasks.list",
                                     "tasks.reopen",
                                     "tasks.snooze",
                                     "tasks.update"};

std::vector<const operations::Operation*> all() {
  std::vector<const operations::Operation*> found;
  for (const auto& group : operations::groups()) {
    for (const auto& operation : group.operations) found.push_back(&operation);
  }
  return found;
}

/// Every object schema says which properties it has and that there are no others, or is a map of any names.
void check_schema(const boost::json::value& schema, const std::string& place) {
  BOOST_TEST_CONTEXT(place) {
    BOOST_REQUIRE(schema.is_object());
    const auto& object = schema.as_object();
    if (const auto* properties = object.if_contains("properties")) {
      BOOST_TEST(object.at("additionalProperties") == false);
      for (const auto& property : properties->as_object())
        check_schema(property.value(), place + "." + std::string(property.key()));
      if (const auto* required = object.if_contains("required")) {
        for (const auto& name : required->as_array())
          BOOST_TEST(properties->as_object().contains(name.as_string()));
      }
    }
    if (const auto* items = object.if_contains("items")) check_schema(*items, place + "[]");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operation_registry)

BOOST_AUTO_TEST_CASE(has_the_operations_of_the_contract) {
  std::set<std::string> names;
  for (const auto* operation : all()) {
    BOOST_TEST(names.insert(std::string(operation->name)).second, operation->name << " comes twice");
    BOOST_TEST(operation->version == 1);
    BOOST_TEST(operation->summary.ends_with('.'), operation->name << ": a summary is a sentence");
  }
  BOOST_TEST(names == contract, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(finds_every_operation_by_both_spellings) {
  for (const auto* operation : all()) {
    const std::string name(operation->name);
    BOOST_TEST(need(operations::find(name)) == operation);
    BOOST_TEST(need(operations::find(name + "@v1")) == operation);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_not_found_and_the_nearest_is_named) {
  const auto suggestion = [](std::string_view name) {
    const auto found = operations::find(name);
    BOOST_REQUIRE(!found);
    BOOST_TEST((found.error().code == ErrorCode::not_found));
    const auto details = boost::json::parse(found.error().details).as_object();
    return details.contains("nearest") ? std::string(details.at("nearest").as_string()) : std::string();
  };
  BOOST_TEST(suggestion("contacts.creat") == "contacts.create");
  BOOST_TEST(suggestion("contacs.list") == "contacts.list");
  BOOST_TEST(suggestion("contact.create") == "contacts.create");
  BOOST_TEST(suggestion("jobs.stast@v1") == "jobs.stats");
  BOOST_TEST(suggestion("") == "");
  BOOST_TEST(suggestion("nothing like it at all") == "");
  BOOST_TEST(suggestion(std::string(100'000, 'x')) == "");
  BOOST_TEST(suggestion("contacts") == "contacts.get");
  BOOST_TEST(suggestion("\xff\x00\x01") == "");
}

BOOST_AUTO_TEST_CASE(an_unknown_version_is_unsupported_and_says_which_there_is) {
  for (const std::string version : {"v2", "1", "v01", "", "v1 "}) {
    const auto found = operations::find("contacts.create@" + version);
    BOOST_REQUIRE_MESSAGE(!found, version);
    BOOST_TEST((found.error().code == ErrorCode::unsupported));
    BOOST_TEST(found.error().message.find("contacts.create@v1") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_schema_document_is_complete_and_always_the_same) {
  const std::string text = operations_schema();
  BOOST_TEST(text == operations_schema());
  const auto document = boost::json::parse(text);
  BOOST_TEST(document.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  BOOST_TEST(document.at("version") == "v1");
  BOOST_TEST(document.at("operations").as_array().size() == contract.size());
  BOOST_TEST(document.at("errors").as_array().size() == 13u);
  for (const auto& operation : document.at("operations").as_array()) {
    const std::string name(operation.at("name").as_string());
    BOOST_TEST(operation.at("version") == "v1");
    BOOST_TEST((operation.at("scope") == "read" || operation.at("scope") == "write"));
    BOOST_TEST(operation.at("request").at("type") == "object");
    BOOST_TEST(operation.at("response").at("type") == "object");
    check_schema(operation.at("request"), name + " request");
    check_schema(operation.at("response"), name + " response");
  }
}

BOOST_FIXTURE_TEST_CASE(every_operation_refuses_fields_that_it_does_not_have, CrmFixture) {
  for (const auto* operation : all()) {
    const auto answer = ada.call(operation->name, R"({"no_such_field":1})");
    BOOST_REQUIRE_MESSAGE(!answer, operation->name << " took an unknown field");
    BOOST_TEST((answer.error().code == ErrorCode::invalid_argument), operation->name);
    BOOST_TEST(answer.error().message.find("no_such_field") != std::string::npos,
               operation->name << ": " << answer.error().message);
  }
}

BOOST_FIXTURE_TEST_CASE(every_operation_refuses_what_is_not_an_object, CrmFixture) {
  for (const auto* operation : all()) {
    for (const std::string_view text : {"[]", "1", "null", "\"x\"", "{", "{\"a\":}", "\xff", "{} {}"}) {
      const auto answer = ada.call(operation->name, text);
      BOOST_REQUIRE_MESSAGE(!answer, operation->name << " took " << text);
      BOOST_TEST((answer.error().code == ErrorCode::invalid_argument), operation->name << " " << text);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(required_fields_are_named_when_they_are_missing, CrmFixture) {
  const auto document = boost::json::parse(operations_schema());
  for (const auto& operation : document.at("operations").as_array()) {
    const auto* required = operation.at("request").as_object().if_contains("required");
    if (required == nullptr) continue;
    const auto answer = ada.call(std::string_view(operation.at("name").as_string()), "{}");
    BOOST_REQUIRE(!answer);
    BOOST_TEST((answer.error().code == ErrorCode::invalid_argument));
    const std::string first(required->as_array().front().as_string());
    BOOST_TEST(answer.error().message == first + ": is required");
  }
}

BOOST_FIXTURE_TEST_CASE(an_empty_request_is_an_empty_object, CrmFixture) {
  BOOST_TEST(need(ada.call("contacts.list", "")) == R"({"items":[]})");
  BOOST_TEST(
      need(ada.call("operations.list", "")).starts_with(R"({"items":[{"name":"audit.list","version":1,)"));
}

BOOST_AUTO_TEST_CASE(edit_distance_counts_what_a_typist_does) {
  using operations::edit_distance;
  BOOST_TEST(edit_distance("", "") == 0u);
  BOOST_TEST(edit_distance("", "abc") == 3u);
  BOOST_TEST(edit_distance("abc", "abc") == 0u);
  BOOST_TEST(edit_distance("abc", "acb") == 1u);
  BOOST_TEST(edit_distance("kitten", "sitting") == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
