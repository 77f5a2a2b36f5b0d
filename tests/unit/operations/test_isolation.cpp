// Two users with the same data; one of them runs every operation with the ids of the other.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "parts/crm_fixture.hpp"
#include "parts/sources.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;

enum class Expect {
  not_found,  ///< the record is not there
  own,        ///< an answer about the caller's own records
  nothing,    ///< an empty list, or not_found
};

struct Attempt {
  std::string operation;
  /// `$name` is the other user's id, `@name` the caller's own.
  std::string request;
  Expect expect;
};

const std::vector<Attempt> attempts{
    {"audit.list", R"({"batch_id":"$batch"})", Expect::nothing},
    {"audit.list", R"({"subject_id":"$contact"})", Expect::nothing},
    {"audit.verify", "{}", Expect::own},
    {"contacts.create", R"({"display_name":"New","organization_id":"$organization"})", Expect::not_found},
    {"contacts.get", R"({"id":"$contact"})", Expect::not_found},
    {"contacts.update", R"({"id":"$contact","expected_version":1,"changes":{"note":"x"}})",
     Expect::not_found},
    {"contacts.update",
     R"({"id":"@contact","expected_version":@version,"changes":{"organization_id":"$organization"}})",
     Expect::not_found},
    {"contacts.delete", R"({"id":"$contact"})", Expect::not_found},
    {"contacts.restore", R"({"id":"$deleted"})", Expect::not_found},
    {"contacts.list", R"({"tag_id":"$tag"})", Expect::nothing},
    {"contacts.list", R"({"organization_id":"$organization"})", Expect::nothing},
    {"contacts.list", R"({"segment_id":"$segment"})", Expect::nothing},
    {"contacts.list", R"({"include_archived":true})", Expect::own},
    {"contacts.search", R"({"text":"example"})", Expect::own},
    {"contacts.merge", R"({"survivor":"@contact","absorbed":["$contact"]})", Expect::not_found},
    {"contacts.merge", R"({"survivor":"$contact","absorbed":["@contact"]})", Expect::not_found},
    {"contacts.unmerge", R"({"batch_id":"$merge"})", Expect::not_found},
    {"contacts.suggest_duplicates", "{}", Expect::own},
    {"contacts.timeline", R"({"contact_id":"$contact"})", Expect::nothing},
    {"interactions.add_note", R"({"subject":"x","contact_id":"$contact"})", Expect::not_found},
    {"interactions.add_call", R"({"subject":"x","participants":[{"contact_id":"$contact"}]})",
     Expect::not_found},
    {"interactions.add_meeting", R"({"subject":"x","contact_id":"$contact"})", Expect::not_found},
    {"interactions.add_message", R"({"subject":"x","contact_id":"$contact"})", Expect::not_found},
    {"interactions.get", R"({"id":"$interaction"})", Expect::not_found},
    {"interactions.list", R"({"contact_id":"$contact"})", Expect::nothing},
    {"interactions.list", "{}", Expect::own},
    {"interactions.update", R"({"id":"$interaction","expected_version":1,"changes":{"body":"x"}})",
     Expect::not_found},
    {"interactions.update",
     R"({"id":"@interaction","expected_version":1,"changes":{"contact_id":"$contact"}})", Expect::not_found},
    {"interactions.delete", R"({"id":"$interaction"})", Expect::not_found},
    {"interactions.documents", R"({"id":"$interaction"})", Expect::not_found},
    {"interactions.most_active", "{}", Expect::own},
    {"jobs.enqueue", R"({"jobs":[{"kind":"other","unique_key":"same"}]})", Expect::own},
    {"jobs.get", R"({"id":"$job"})", Expect::not_found},
    {"jobs.list", R"({"batch_id":"$batch"})", Expect::nothing},
    {"jobs.list", "{}", Expect::own},
    {"jobs.cancel", R"({"id":"$job"})", Expect::not_found},
    {"jobs.retry", R"({"id":"$job"})", Expect::not_found},
    {"jobs.failures", R"({"id":"$job"})", Expect::not_found},
    {"jobs.remove", R"({"id":"$job"})", Expect::not_found},
    {"jobs.pause", R"({"kind":"import"})", Expect::own},
    {"jobs.resume", R"({"kind":"import"})", Expect::own},
    {"jobs.enqueue", R"({"jobs":[{"kind":"other","after_jobs":["$job"]}]})", Expect::not_found},
    {"jobs.stats", "{}", Expect::own},
    {"operations.list", "{}", Expect::own},
    {"organizations.create", R"({"name":"Another"})", Expect::own},
    {"organizations.get", R"({"id":"$organization"})", Expect::not_found},
    {"organizations.update", R"({"id":"$organization","expected_version":1,"changes":{"name":"x"}})",
     Expect::not_found},
    {"organizations.delete", R"({"id":"$organization"})", Expect::not_found},
    {"organizations.list", "{}", Expect::own},
    {"schedules.create", R"({"name":"Nightly","kind":"other","cron":"0 3 * * *"})", Expect::own},
    {"schedules.get", R"({"id":"$schedule"})", Expect::not_found},
    {"schedules.update", R"({"id":"$schedule","expected_version":1,"changes":{"name":"x"}})",
     Expect::not_found},
    {"schedules.remove", R"({"id":"$schedule"})", Expect::not_found},
    {"schedules.list", "{}", Expect::own},
    {"schedules.pause", R"({"id":"$schedule"})", Expect::not_found},
    {"schedules.resume", R"({"id":"$schedule"})", Expect::not_found},
    {"schedules.preview", R"({"cron":"0 3 * * *"})", Expect::own},
    {"search.query", R"({"text":"hello"})", Expect::own},
    {"search.query", R"({"text":"tag:club"})", Expect::own},
    {"segments.create", R"({"name":"Mine","filter":{"field":"tag","op":"eq","value":"club"}})", Expect::own},
    {"segments.get", R"({"id":"$segment"})", Expect::not_found},
    {"segments.update", R"({"id":"$segment","expected_version":1,"changes":{"name":"x"}})",
     Expect::not_found},
    {"segments.delete", R"({"id":"$segment"})", Expect::not_found},
    {"segments.list", "{}", Expect::own},
    {"segments.contacts", R"({"id":"$segment"})", Expect::not_found},
    {"segments.preview", R"({"filter":{"field":"email","op":"contains","value":"example"}})", Expect::own},
    {"segments.count", R"({"id":"$segment"})", Expect::not_found},
    {"settings.get", R"({"name":"host.secret"})", Expect::own},
    {"settings.set", R"({"name":"host.mine","value":1})", Expect::own},
    {"settings.list", "{}", Expect::own},
    {"sync.preview", R"({"paths":["@mail"]})", Expect::own},
    {"sync.plan", R"({"id":"$plan"})", Expect::not_found},
    {"sync.plans", "{}", Expect::own},
    {"sync.approve", R"({"id":"$waiting_plan"})", Expect::not_found},
    {"sync.reject", R"({"id":"$waiting_plan"})", Expect::not_found},
    {"sync.status", R"({"id":"$batch"})", Expect::not_found},
    {"sync.list", "{}", Expect::own},
    {"sync.cancel", R"({"id":"$batch"})", Expect::not_found},
    {"sync.undo", R"({"id":"$batch"})", Expect::not_found},
    {"sync.reconcile", R"({"id":"$batch"})", Expect::not_found},
    {"sync.dry_run", R"({"policy":"sent_and_received"})", Expect::own},
    {"sync.digest", "{}", Expect::own},
    {"tags.create", R"({"name":"Mine"})", Expect::own},
    {"tags.get", R"({"id":"$tag"})", Expect::not_found},
    {"tags.update", R"({"id":"$tag","changes":{"name":"x"}})", Expect::not_found},
    {"tags.delete", R"({"id":"$tag"})", Expect::not_found},
    {"tags.list", "{}", Expect::own},
    {"tags.assign", R"({"id":"$tag","contact_ids":["@contact"]})", Expect::not_found},
    {"tags.assign", R"({"id":"@tag","contact_ids":["$contact"]})", Expect::not_found},
    {"tags.unassign", R"({"id":"$tag","contact_ids":["$contact"]})", Expect::not_found},
    {"tags.unassign", R"({"id":"@tag","contact_ids":["$contact"]})", Expect::not_found},
    {"tags.of_contact", R"({"contact_id":"$contact"})", Expect::nothing},
    {"tasks.create", R"({"title":"x","contact_id":"$contact"})", Expect::not_found},
    {"tasks.create", R"({"title":"x","interaction_id":"$interaction"})", Expect::not_found},
    {"tasks.get", R"({"id":"$task"})", Expect::not_found},
    {"tasks.update", R"({"id":"$task","expected_version":1,"changes":{"title":"x"}})", Expect::not_found},
    {"tasks.update", R"({"id":"@task","expected_version":1,"changes":{"contact_id":"$contact"}})",
     Expect::not_found},
    {"tasks.delete", R"({"id":"$task"})", Expect::not_found},
    {"tasks.complete", R"({"id":"$task"})", Expect::not_found},
    {"tasks.reopen", R"({"id":"$task"})", Expect::not_found},
    {"tasks.snooze", R"({"id":"$task","until":"2027-01-01T00:00:00Z"})", Expect::not_found},
    {"tasks.list", R"({"contact_id":"$contact"})", Expect::nothing},
    {"tasks.list", "{}", Expect::own},
};

using Ids = std::map<std::string, std::string>;

/// A user with one of everything.
class Household {
 public:
  Household(CrmFixture& fixture, std::string_view name, const std::string& mail)
      : session_(need(fixture.crm->session(name))) {
    ids_["mail"] = mail;
    import(fixture, mail);
    ids_["organization"] = id_of("organizations.create", R"({"name":"Engines","domain":"engines.example"})");
    ids_["tag"] = id_of("tags.create", R"({"name":"club"})");
    ids_["contact"] =
        id_of("contacts.create", R"({"display_name":"Ada","emails":[{"value":"ada@engines.example"}]})");
    people();
    call("tags.assign", R"({"id":")" + ids_["tag"] + R"(","contact_ids":[")" + ids_["contact"] + "\"]}");
    ids_["segment"] =
        id_of("segments.create",
              R"({"name":"Club","filter":{"field":"display_name","op":"contains","value":"a"}})");
    ids_["interaction"] =
        id_of("interactions.add_note", R"({"subject":"hello","contact_id":")" + ids_["contact"] + "\"}");
    ids_["task"] = id_of("tasks.create", R"({"title":"Call","contact_id":")" + ids_["contact"] + "\"}");
    ids_["job"] =
        text(call("jobs.enqueue", R"({"jobs":[{"kind":"other","unique_key":"same"}]})").at("ids").at(0));
    ids_["schedule"] = id_of("schedules.create", R"({"name":"Weekly","kind":"other","cron":"@weekly"})");
    call("settings.set", R"({"name":"host.secret","value":")" + ids_["contact"] + "\"}");
  }

  boost::json::value call(std::string_view operation, std::string_view request) {
    return boost::json::parse(need(session_.call(operation, request)));
  }
  Session& session() { return session_; }
  [[nodiscard]] const Ids& ids() const { return ids_; }

  /// Everything the user can see.
  std::string everything() {
    std::string all;
    for (const char* list :
         {"contacts.list", "organizations.list", "interactions.list", "tags.list", "segments.list",
          "tasks.list", "sync.plans", "sync.list", "jobs.list", "schedules.list", "audit.list"})
      all += need(session_.call(list, R"({"limit":1000})")) + '\n';
    for (const char* other : {"settings.list", "jobs.stats", "audit.verify", "sync.digest"})
      all += need(session_.call(other, "{}")) + '\n';
    return all;
  }

 private:
  static std::string text(const boost::json::value& value) { return std::string(value.as_string()); }
  std::string id_of(std::string_view operation, std::string_view request) {
    return text(call(operation, request).at("id"));
  }

  void import(CrmFixture& fixture, const std::string& mail) {
    SyncSource source{.paths = {mail}, .owner_addresses = {"me@example.org"}};
    const Imported imported = fixture.import_all(session_, source);
    ids_["plan"] = imported.plan.id.to_string();
    ids_["batch"] = imported.batch.id.to_string();
    ids_["waiting_plan"] = need(session_.sync().preview(source)).id.to_string();
  }

  void people() {
    const std::string double_id = id_of("contacts.create", R"({"display_name":"A. King"})");
    ids_["merge"] = text(call("contacts.merge", R"({"survivor":")" + ids_["contact"] + R"(","absorbed":[")" +
                                                    double_id + "\"]}")
                             .at("batch_id"));
    ids_["absorbed"] = double_id;
    ids_["version"] =
        std::to_string(call("contacts.get", R"({"id":")" + ids_["contact"] + "\"}").at("version").as_int64());
    ids_["deleted"] = id_of("contacts.create", R"({"display_name":"Gone"})");
    call("contacts.delete", R"({"id":")" + ids_["deleted"] + "\"}");
  }

  Session session_;
  Ids ids_;
};

struct TwoUsers : CrmFixture {
  std::string mail = write_mbox(
      folder.file("mail.mbox"),
      std::vector<TestMessage>{
          testing::mail({.id = "1@example.org", .from = "me@example.org", .to = "grace@navy.example"}),
          testing::mail({.id = "2@example.org", .from = "grace@navy.example", .to = "me@example.org"})});
  Household attacker{*this, "attacker", mail};
  Household victim{*this, "victim", mail};

  [[nodiscard]] std::string filled_in(std::string request) const {
    // Longer names first: `$plan` must not eat the beginning of a longer one.
    for (const auto& [mark, ids] : {std::pair{'$', &victim.ids()}, std::pair{'@', &attacker.ids()}}) {
      for (auto id = ids->rbegin(); id != ids->rend(); ++id) {
        const std::string name = mark + id->first;
        for (auto at = request.find(name); at != std::string::npos; at = request.find(name))
          request.replace(at, name.size(), id->second);
      }
    }
    return request;
  }

  /// Ids that only the victim's records have.
  [[nodiscard]] std::vector<std::string> secrets() const {
    std::vector<std::string> ids;
    for (const auto& [name, id] : victim.ids()) {
      if (name != "mail" && name != "version") ids.push_back(id);
    }
    return ids;
  }
};

bool is_empty_list(const std::string& json) {
  return json == R"({"items":[]})";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operation_isolation)

BOOST_AUTO_TEST_CASE(every_operation_is_attempted) {
  std::set<std::string> attempted;
  for (const Attempt& attempt : attempts) attempted.insert(attempt.operation);
  const auto document = boost::json::parse(operations_schema());
  for (const auto& operation : document.at("operations").as_array()) {
    const std::string name(operation.at("name").as_string());
    BOOST_TEST(attempted.contains(name), name << " has no attempt: add one");
  }
}

BOOST_FIXTURE_TEST_CASE(nobody_reaches_what_is_another_users, TwoUsers) {
  const std::string before = victim.everything();
  for (const Attempt& attempt : attempts) {
    const std::string request = filled_in(attempt.request);
    BOOST_TEST_CONTEXT(attempt.operation << " " << request) {
      BOOST_REQUIRE(request.find_first_of("$@") == std::string::npos || attempt.operation == "sync.preview");
      const auto answer = attacker.session().call(attempt.operation, request);
      if (attempt.expect == Expect::not_found) BOOST_REQUIRE(!answer);
      if (attempt.expect == Expect::own)
        BOOST_REQUIRE_MESSAGE(answer, (answer ? std::string() : describe(answer.error())));
      if (!answer) {
        BOOST_TEST((answer.error().code == ErrorCode::not_found), describe(answer.error()));
        continue;
      }
      if (attempt.expect == Expect::nothing) BOOST_TEST(is_empty_list(*answer), *answer);
      for (const std::string& secret : secrets()) {
        // What the caller wrote into a record of its own comes back.
        if (request.find(secret) != std::string::npos) continue;
        BOOST_TEST(answer->find(secret) == std::string::npos, secret);
      }
    }
  }
  BOOST_TEST(victim.everything() == before);
}

BOOST_FIXTURE_TEST_CASE(the_same_requests_reach_ones_own, TwoUsers) {
  // The other half of the proof: with the caller's own ids the same requests do not fail as not_found. They
  // run in an order that keeps the records they need.
  for (const char* operation :
       {"contacts.get", "organizations.get", "interactions.get", "interactions.documents", "tags.get",
        "tags.of_contact", "segments.get", "segments.contacts", "segments.count", "tasks.get", "jobs.get",
        "schedules.get", "sync.plan", "sync.status", "sync.reconcile", "contacts.timeline"}) {
    for (const Attempt& attempt : attempts) {
      if (attempt.operation != operation) continue;
      std::string request = attempt.request;
      std::replace(request.begin(), request.end(), '$', '@');
      need(attacker.session().call(operation, filled_in(request)));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_cursor_of_another_user_opens_nothing, TwoUsers) {
  for (const char* list : {"contacts.list", "interactions.list", "tags.list", "jobs.list", "schedules.list",
                           "audit.list", "sync.plans"}) {
    const auto page = victim.call(list, R"({"limit":1})");
    const auto* next = page.as_object().if_contains("next");
    if (next == nullptr) continue;
    const auto answer =
        attacker.session().call(list, R"({"limit":1000,"cursor":")" + std::string(next->as_string()) + "\"}");
    if (!answer) continue;
    for (const std::string& secret : secrets()) BOOST_TEST(answer->find(secret) == std::string::npos, list);
  }
}

BOOST_AUTO_TEST_SUITE_END()
