#include <boost/test/unit_test.hpp>

#include "parts/test_environment.hpp"
#include "repository/contact_merge.hpp"
#include "repository/restore_change.hpp"
#include "repository/sql_audit.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_interactions.hpp"
#include "repository/sql_tags.hpp"
#include "repository/sql_tasks.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  SqlContacts contacts{environment.unit()};
  SqlTags tags{environment.unit()};
  SqlTasks tasks{environment.unit()};
  SqlInteractions interactions{environment.unit()};
  Contact ada, countess, byron;

  Fixture() {
    Contact draft;
    draft.display_name = "Ada Lovelace";
    draft.emails = {{"ada@example.org", "work", true}};
    draft.custom.text = R"({"level":1})";
    ada = must(contacts.create(draft));
    draft = {};
    draft.display_name = "Countess of Lovelace";
    draft.emails = {{"countess@example.org", "home", true}};
    draft.phones = {{"+15550100", "", true}};
    draft.job_title = "Analyst";
    draft.birthday = "--12-10";
    draft.custom.text = R"({"level":2,"tier":"gold"})";
    countess = must(contacts.create(draft));
    draft = {};
    draft.display_name = "A. Byron";
    draft.handles = {{"@byron", "signal", true}};
    draft.job_title = "Poet's daughter";
    draft.note = "from the card";
    byron = must(contacts.create(draft));

    const Tag both = must(tags.create("both", ""));
    const Tag hers = must(tags.create("hers", ""));
    must(tags.assign(both.id, {ada.id, countess.id}));
    must(tags.assign(hers.id, {countess.id}));
    Task task;
    task.title = "call her";
    task.contact_id = countess.id;
    must(tasks.create(task));
    mail("countess@example.org");
    mail("ada@example.org");
    Interaction note;
    note.kind = InteractionKind::note;
    note.body = "met her";
    note.occurred_at = environment.clock->now();
    note.participants = {{.role = ParticipantRole::about,
                          .address = {},
                          .name = {},
                          .response = {},
                          .contact_id = byron.id,
                          .is_self = false}};
    must(interactions.create(note));
    environment.clock->advance(std::chrono::minutes(1));
  }

  void mail(const std::string& from) {
    Interaction message;
    message.kind = InteractionKind::message;
    message.direction = Direction::inbound;
    message.body = "hello";
    message.occurred_at = environment.clock->now();
    message.participants = {{.role = ParticipantRole::from,
                             .address = from,
                             .name = {},
                             .response = {},
                             .contact_id = {},
                             .is_self = false}};
    must(interactions.create(message));
  }

  /// All of the users' state but versions, times of change, audit and batches.
  [[nodiscard]] std::string state() const {
    std::string text;
    for (const char* sql :
         {"SELECT quote(user_id) || quote(id) || '|' || display_name || '|' || given_name || '|' || nickname "
          "|| '|' || emails || "
          "phones || handles || '|' || quote(organization_id) || organization || '|' || job_title || '|' || "
          "birthday || '|' "
          "|| note || '|' || custom || source || provenance || pinned || archived || quote(merged_into) || "
          "quote(deleted_at) || quote(batch_id) || created_at || sort_name FROM contacts ORDER BY id",
          "SELECT kind || match_key || quote(contact_id) || value FROM contact_identities ORDER BY 1",
          "SELECT quote(contact_id) || quote(tag_id) || quote(batch_id) || created_at FROM contact_tags "
          "ORDER BY 1",
          "SELECT quote(id) || title || quote(contact_id) || quote(done_at) FROM tasks ORDER BY 1",
          "SELECT quote(id) || quote(contact_id) FROM interactions ORDER BY 1",
          "SELECT quote(interaction_id) || ordinal || quote(contact_id) FROM interaction_participants ORDER "
          "BY 1",
          "SELECT kind || value FROM suppressions ORDER BY 1"}) {
      text += environment.dump(sql) + "--\n";
    }
    for (const char* query : {"lovelace", "byron", "countess@", "analyst", "15550100"}) {
      text += query;
      for (const ContactHit& hit : must(SqlContacts(environment.unit()).search(query, {})).items) {
        text += ' ' + hit.contact.display_name;
      }
      text += '\n';
    }
    return text;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(contact_merge)

BOOST_FIXTURE_TEST_CASE(the_survivor_keeps_its_own_and_fills_what_it_lacks, Fixture) {
  const MergeResult merged = must(contacts.merge(ada.id, {countess.id, byron.id}));
  const Contact& one = merged.contact;
  BOOST_TEST(one.display_name == "Ada Lovelace");
  BOOST_TEST(one.job_title == "Analyst");  // the first that has one
  BOOST_TEST(one.birthday == "--12-10");
  BOOST_TEST(one.note == "from the card");
  BOOST_TEST(one.custom.text == R"({"level":1,"tier":"gold"})");
  BOOST_REQUIRE_EQUAL(one.emails.size(), 2U);
  BOOST_TEST(one.emails[0].is_primary);
  BOOST_TEST(!one.emails[1].is_primary);
  BOOST_TEST(one.phones.size() == 1U);
  BOOST_TEST(one.handles.size() == 1U);
  BOOST_TEST((must(contacts.get(ada.id)) == one));
  for (const ContactId gone : {countess.id, byron.id}) {
    BOOST_TEST((code_of(contacts.get(gone)) == ErrorCode::not_found));
    BOOST_TEST((code_of(contacts.restore(gone)) == ErrorCode::not_found));
  }
  BOOST_TEST(must(contacts.list({}, {})).items.size() == 1U);
  BOOST_TEST((must(contacts.find(IdentityKind::email, "countess@example.org"))->id == ada.id));
  BOOST_TEST(must(tags.of_contact(ada.id)).size() == 2U);
  BOOST_TEST(must(tasks.list({.status = {}, .contact_id = ada.id}, {})).items.size() == 1U);
  BOOST_TEST(must(interactions.timeline({.contact_id = ada.id,
                                         .kinds = {},
                                         .direction = {},
                                         .thread_id = {},
                                         .after = {},
                                         .before = {}},
                                        {}))
                 .items.size() == 3U);
  BOOST_TEST(environment.count("SELECT COUNT(DISTINCT contact_id) FROM interactions") == 1);
}

BOOST_FIXTURE_TEST_CASE(unmerge_restores_exactly, Fixture) {
  const std::string before = state();
  const MergeResult merged = must(contacts.merge(ada.id, {countess.id, byron.id}));
  BOOST_TEST(state() != before);
  environment.clock->advance(std::chrono::minutes(1));
  const Contact back = must(contacts.unmerge(merged.batch_id));
  BOOST_TEST(state() == before);
  BOOST_TEST(back.job_title.empty());
  BOOST_TEST(back.version > merged.contact.version);
  BOOST_TEST((code_of(contacts.unmerge(merged.batch_id)) == ErrorCode::failed_precondition));
  BOOST_TEST((code_of(contacts.unmerge(BatchId{Uuid{{9}}})) == ErrorCode::not_found));
  BOOST_TEST(state() == before);
  BOOST_TEST(must(SqlAudit(environment.unit()).verify()).intact);
}

BOOST_FIXTURE_TEST_CASE(merges_in_a_row_are_taken_back_in_any_fitting_order, Fixture) {
  const std::string before = state();
  const MergeResult first = must(contacts.merge(countess.id, {byron.id}));
  const std::string between = state();
  const MergeResult second = must(contacts.merge(ada.id, {countess.id}));
  BOOST_TEST((code_of(contacts.unmerge(first.batch_id)) == ErrorCode::failed_precondition));
  must(contacts.unmerge(second.batch_id));
  BOOST_TEST(state() == between);
  must(contacts.unmerge(first.batch_id));
  BOOST_TEST(state() == before);
}

BOOST_FIXTURE_TEST_CASE(changes_made_since_stay, Fixture) {
  const MergeResult merged = must(contacts.merge(ada.id, {countess.id}));
  Contact edited = merged.contact;
  edited.job_title = "Programmer";  // was filled by the merge, then changed
  edited.nickname = "Enchantress";  // new
  edited.emails.push_back({"new@example.org", "", false});
  edited.custom.text = R"({"level":7,"tier":"gold","since":2})";
  edited = must(contacts.update(edited));
  const Contact back = must(contacts.unmerge(merged.batch_id));
  BOOST_TEST(back.job_title == "Programmer");
  BOOST_TEST(back.nickname == "Enchantress");
  BOOST_TEST(back.birthday.empty());  // filled by the merge, untouched since
  BOOST_TEST(back.phones.empty());
  BOOST_REQUIRE_EQUAL(back.emails.size(), 2U);
  BOOST_TEST(back.emails[0].value == "ada@example.org");
  BOOST_TEST(back.emails[1].value == "new@example.org");
  BOOST_TEST(back.custom.text == R"({"level":7,"since":2})");
  const Contact other = must(contacts.get(countess.id));
  BOOST_TEST((other.emails == countess.emails));
  BOOST_TEST((must(contacts.find(IdentityKind::email, "countess@example.org"))->id == countess.id));
}

BOOST_FIXTURE_TEST_CASE(an_address_given_to_somebody_else_since_stays_there, Fixture) {
  const MergeResult merged = must(contacts.merge(ada.id, {countess.id}));
  Contact edited = merged.contact;
  std::erase_if(edited.emails,
                [](const ContactPoint& email) { return email.value == "countess@example.org"; });
  must(contacts.update(edited));
  Contact third;
  third.display_name = "Third";
  third.emails = {{"countess@example.org", "", true}};
  third = must(contacts.create(third));
  must(contacts.unmerge(merged.batch_id));
  BOOST_TEST(must(contacts.get(countess.id)).emails.empty());
  BOOST_TEST((must(contacts.find(IdentityKind::email, "countess@example.org"))->id == third.id));
}

BOOST_FIXTURE_TEST_CASE(refuses_nonsense_and_changes_nothing, Fixture) {
  const std::string before = state();
  BOOST_TEST((code_of(contacts.merge(ada.id, {})) == ErrorCode::invalid_argument));
  BOOST_TEST((code_of(contacts.merge(ada.id, {ada.id})) == ErrorCode::invalid_argument));
  BOOST_TEST((code_of(contacts.merge(ada.id, {byron.id, byron.id})) == ErrorCode::invalid_argument));
  BOOST_TEST((code_of(contacts.merge(ada.id, {byron.id, ContactId{Uuid{{9}}}})) == ErrorCode::not_found));
  BOOST_TEST(
      (code_of(SqlContacts(environment.unit("bob")).merge(ada.id, {byron.id})) == ErrorCode::not_found));
  BOOST_TEST(state() == before);
  const MergeResult merged = must(contacts.merge(ada.id, {byron.id}));
  BOOST_TEST(
      (code_of(SqlContacts(environment.unit("bob")).unmerge(merged.batch_id)) == ErrorCode::not_found));
}

BOOST_FIXTURE_TEST_CASE(a_merge_is_audited_once, Fixture) {
  const std::int64_t before = environment.count("SELECT COUNT(*) FROM audit_log");
  const MergeResult merged = must(contacts.merge(ada.id, {countess.id, byron.id}));
  must(contacts.unmerge(merged.batch_id));
  const auto entries = must(SqlAudit(environment.unit())
                                .list({.operation = {}, .subject_id = {}, .batch_id = merged.batch_id}, {}))
                           .items;
  BOOST_TEST(environment.count("SELECT COUNT(*) FROM audit_log") == before + 2);
  BOOST_REQUIRE_EQUAL(entries.size(), 2U);
  BOOST_TEST(entries[0].operation == "contacts.unmerge");
  BOOST_TEST(entries[1].operation == "contacts.merge");
  BOOST_TEST(environment.dump("SELECT kind || ' ' || state FROM sync_batches") == "merge undone\n");
}

BOOST_AUTO_TEST_SUITE_END()
