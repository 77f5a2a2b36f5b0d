// Files of every format in, through the public API: nothing lost, nothing twice, and as the preview said.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "parts/canonical_dump.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/database_reader.hpp"
#include "parts/sources.hpp"

namespace omnicrm::testing {
namespace {

namespace fs = std::filesystem;

/// A folder as people have them: mail in three shapes, some of it twice, calendars, cards, a table, and other
/// files.
std::vector<std::string> mixed_folder(const std::string& home) {
  std::vector<TestMessage> mailbox(corpus().begin(), corpus().begin() + 200);
  write_mbox(home + "/Takeout/All mail.mbox", mailbox);
  write_maildir(home + "/Maildir", std::vector<TestMessage>(corpus().begin() + 180, corpus().begin() + 300));
  write_messages(home + "/saved", std::vector<TestMessage>(corpus().begin() + 300, corpus().begin() + 350));
  for (const char* name : {"calendar/google.ics", "calendar/outlook.ics", "calendar/apple.ics",
                           "calendar/broken.ics", "cards/apple30.vcf", "cards/rfc6350.vcf",
                           "cards/android21.vcf", "cards/broken.vcf", "tables/linkedin.csv"}) {
    const fs::path to = fs::path(home) / name;
    fs::create_directories(to.parent_path());
    fs::copy_file(fs::path(OMNICRM_FIXTURES) / name, to);
  }
  write_file(home + "/readme.bin", std::string("\x7f"
                                               "ELF\0\1\2\3",
                                               8));
  return {home};
}

std::map<std::string, std::int64_t> as_map(const std::vector<CountEntry>& entries) {
  std::map<std::string, std::int64_t> map;
  for (const CountEntry& entry : entries) map[entry.name] += entry.count;
  return map;
}

std::int64_t sum(const std::vector<CountEntry>& entries) {
  std::int64_t total = 0;
  for (const CountEntry& entry : entries) total += entry.count;
  return total;
}

std::string text(const std::map<std::string, std::int64_t>& counts) {
  std::ostringstream out;
  for (const auto& [name, count] : counts) out << name << '=' << count << ' ';
  return out.str();
}

/// The people whom the import left out, by the first rule (in the order of the contact rules) that decided.
std::map<std::string, std::int64_t> people_left_out(DatabaseReader& database) {
  static const std::vector<std::string> order = {
      "card",         "wrote_to",    "met",       "wrote_to_you",   "own_address",
      "role_address", "resource",    "list_mail", "auto_submitted", "too_many_recipients",
      "suppressed",   "bad_address", "policy"};
  std::map<std::string, std::size_t> rule_of;
  for (const auto& row :
       database.rows("SELECT d.match_key, d.rule FROM contact_decisions d WHERE NOT EXISTS (SELECT 1 "
                     "FROM contact_identities i WHERE i.user_id = d.user_id AND i.kind = 'email' "
                     "AND i.match_key = d.match_key)")) {
    const auto rule = static_cast<std::size_t>(std::find(order.begin(), order.end(), row[1]) - order.begin());
    const auto [known, added] = rule_of.try_emplace(row[0], rule);
    if (!added) known->second = std::min(known->second, rule);
  }
  std::map<std::string, std::int64_t> counts;
  for (const auto& [key, rule] : rule_of) ++counts[order.at(rule)];
  return counts;
}

/// The dialogue of a few invented people, one rule each.
std::vector<TestMessage> one_mail_a_rule() {
  std::string crowd;
  for (int i = 0; i < 26; ++i)
    crowd += (i == 0 ? "" : ", ") + ("crowd" + std::to_string(i)) + "@many.example";
  return {
      mail({.id = "1@t", .from = "Me <me@home.example>", .to = "Bob <bob@work.example>"}),
      mail({.id = "2@t", .from = "Carol <carol@work.example>", .to = "me@home.example"}),
      mail({.id = "3@t",
            .from = "dave@list.example",
            .to = "me@home.example",
            .more_headers = "List-Id: <x.y>\n"}),
      mail({.id = "4@t",
            .from = "erin@auto.example",
            .to = "me@home.example",
            .more_headers = "Auto-Submitted: auto-replied\n"}),
      mail({.id = "5@t", .from = "no-reply@robot.example", .to = "me@home.example"}),
      mail({.id = "6@t", .from = "newsom@person.example", .to = "me@home.example"}),
      mail({.id = "7@t", .from = "me@home.example", .to = crowd}),
      mail({.id = "8@t",
            .from = "bulk@shop.example",
            .to = "me@home.example",
            .more_headers = "Precedence: bulk\n"}),
  };
}

std::set<std::string> addresses(Session& session) {
  std::set<std::string> found;
  const Page<Contact> page = need(session.contacts().list({}, {.limit = 1'000}));
  for (const Contact& contact : page.items) {
    for (const ContactPoint& email : contact.emails) found.insert(email.value);
  }
  return found;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(imports, CrmFixture)

BOOST_AUTO_TEST_CASE(mixed_sources_add_up) {
  const Imported done = import_all(corpus_source(mixed_folder(folder.file("home"))));
  const BatchCounts& counts = done.batch.counts;
  BOOST_TEST(counts.items > 380);
  BOOST_TEST(counts.items == counts.normalized + counts.known + counts.skipped + counts.poison);
  BOOST_TEST(counts.items == done.batch.total);
  BOOST_TEST(done.batch.done == done.batch.total);
  BOOST_TEST(counts.known >= 20);  // the mailboxes overlap
  BOOST_TEST(counts.poison >= 1);  // broken.ics, broken.vcf
  BOOST_TEST(sum(done.batch.reasons) == counts.skipped + counts.poison);

  const auto database = look_into(path);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM raw_events") == counts.items - counts.known);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM raw_events WHERE state = 'normalized'") ==
             counts.normalized);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM raw_events WHERE state = 'skipped'") == counts.skipped);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM raw_events WHERE state = 'poison'") == counts.poison);
  BOOST_TEST(
      database->number("SELECT COUNT(*) FROM raw_events WHERE reason = '' AND state <> 'normalized'") == 0);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM interactions") == counts.interactions);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM contacts") == counts.contacts);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM organizations") == counts.organizations);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM documents") == counts.documents);
  BOOST_TEST(
      database->number("SELECT COUNT(*) FROM interactions i WHERE NOT EXISTS (SELECT 1 FROM raw_events r "
                       "WHERE r.user_id = i.user_id AND r.id = i.raw_event_id)") == 0);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM job_rows WHERE state <> 'done'") == 0);
}

BOOST_AUTO_TEST_CASE(everything_is_accounted_for_afterwards) {
  const Imported done = import_all(corpus_source(mixed_folder(folder.file("home"))));
  const auto report = need(ada.sync().reconcile(done.batch.id));
  BOOST_TEST(report.source_items == done.batch.counts.items);
  BOOST_TEST(report.missing == 0);
  BOOST_TEST(report.pending == 0);
  BOOST_TEST(report.normalized + report.skipped + report.poison + report.gone == report.source_items);
  BOOST_TEST(report.statement.starts_with("nothing missing as of 2026-11-23"), report.statement);

  const AuditVerification audit = need(ada.audit().verify());
  BOOST_TEST(audit.intact, audit.reason);
  BOOST_TEST(audit.entries >= 3);
  BOOST_TEST(need(crm->admin().check()).empty());
  for (const auto& [record, hash] : text_index(path))
    BOOST_TEST(record.find("orphan") == std::string::npos, record);
}

BOOST_AUTO_TEST_CASE(reconcile_names_what_is_missing) {
  const auto mailbox = write_mbox(folder.file("mail.mbox"), some_mail(0, 10));
  const Imported done = import_all(corpus_source({mailbox}));
  write_mbox(mailbox, some_mail(0, 12));
  const auto report = need(ada.sync().reconcile(done.batch.id));
  BOOST_TEST(report.source_items == 12);
  BOOST_TEST(report.missing == 2);
  BOOST_TEST(report.missing_ids.size() == 2U);
  BOOST_TEST(report.statement.starts_with("2 missing"), report.statement);
}

BOOST_AUTO_TEST_CASE(the_import_does_what_the_preview_said) {
  const Imported done = import_all(corpus_source(mixed_folder(folder.file("home"))));
  const PlanSummary& said = done.plan.summary;
  const BatchCounts& counts = done.batch.counts;
  BOOST_TEST(said.items == counts.items);
  BOOST_TEST(said.known_items == counts.known);
  BOOST_TEST(said.messages + said.events + said.cards + said.rows == said.items);
  BOOST_TEST(said.contacts_to_create == counts.contacts);
  BOOST_TEST(said.contacts_to_match == 0);
  BOOST_TEST(sum(said.skipped_items) == counts.skipped + counts.poison);
  BOOST_TEST(text(as_map(said.skipped_items)) == text(as_map(done.batch.reasons)));
  BOOST_TEST(sum(said.skipped_people) == said.contacts_to_skip);
  const auto database = look_into(path);
  auto said_of_people = as_map(said.skipped_people);
  said_of_people.erase("bad_address");  // nobody, in the end: there is no address to remember
  BOOST_TEST(text(said_of_people) == text(people_left_out(*database)));

  // Once more, beside more mail: now they are matched.
  write_mbox(folder.file("home/more.mbox"),
             std::vector<TestMessage>(corpus().begin() + 350, corpus().begin() + 450));
  const Imported again = import_all(corpus_source({folder.file("home")}));
  BOOST_TEST(again.plan.summary.items == again.batch.counts.items);
  BOOST_TEST(again.plan.summary.known_items == again.batch.counts.known);
  BOOST_TEST(again.plan.summary.contacts_to_create == again.batch.counts.contacts);
}

BOOST_AUTO_TEST_CASE(preview_changes_nothing_but_its_plan) {
  need(ada.contacts().create({.display_name = "Own", .emails = {{.value = "own@example.org"}}}));
  const SyncSource source = corpus_source(mixed_folder(folder.file("home")));
  const auto database = look_into(path);
  auto before = database->row_counts();
  const std::string digest_before = digest();
  const SyncPlan plan = need(ada.sync().preview(source));
  ++before["sync_plans"];
  ++before["audit_log"];
  BOOST_TEST(text(database->row_counts()) == text(before));
  BOOST_TEST(digest() == digest_before);
  BOOST_TEST((plan.state == PlanState::ready));
  BOOST_TEST((need(ada.sync().plan(plan.id)) == plan));
  need(crm->jobs().run_until_idle());  // nothing was enqueued either
  BOOST_TEST(text(database->row_counts()) == text(before));
}

BOOST_AUTO_TEST_CASE(importing_twice_changes_nothing) {
  const SyncSource source = corpus_source(mixed_folder(folder.file("home")));
  const Imported first = import_all(source);
  const std::string digest_once = digest();
  const auto dump_once = canonical_dump(path, "ada");
  const auto words_once = text_index(path);
  const Imported second = import_all(source);
  BOOST_TEST(difference(dump_once, canonical_dump(path, "ada")) == "");
  BOOST_TEST(digest() == digest_once);
  BOOST_TEST((text_index(path) == words_once));
  BOOST_TEST(second.batch.counts.known == first.batch.counts.items);
  BOOST_TEST(second.batch.counts.items == second.batch.counts.known);
  BOOST_TEST(second.batch.counts.interactions == 0);
  BOOST_TEST(second.batch.counts.contacts == 0);
  BOOST_TEST(second.batch.counts.contacts_changed == 0);
  undo(second.batch.id);
  BOOST_TEST(digest() == digest_once);
}

BOOST_AUTO_TEST_CASE(a_deleted_contact_does_not_come_back) {
  SyncSource source{.paths = {write_mbox(folder.file("a.mbox"), one_mail_a_rule())},
                    .owner_addresses = {"me@home.example"},
                    .contact_policy = ContactPolicy::sent_and_received};
  import_all(source);
  need(ada.contacts().remove(contact_of(ada, "carol@work.example").id));
  const std::vector<TestMessage> later = {
      mail({.id = "9@t", .from = "Carol <carol@work.example>", .to = "me@home.example"}),
      mail({.id = "10@t", .from = "me@home.example", .to = "carol@work.example"})};
  source.paths = {write_mbox(folder.file("b.mbox"), later)};
  const Imported done = import_all(source);
  BOOST_TEST(!is_contact(ada, "carol@work.example"));
  BOOST_TEST(done.batch.counts.interactions == 2);  // the mail itself is kept
  BOOST_TEST(as_map(done.plan.summary.skipped_people).at("suppressed") == 1);
  // A card does not bring her back either; a person does.
  source.paths = {write_file(folder.file("c.vcf"), card("c1", "Carol", "carol@work.example"))};
  import_all(source);
  BOOST_TEST(!is_contact(ada, "carol@work.example"));
  need(ada.contacts().create({.display_name = "Carol", .emails = {{.value = "carol@work.example"}}}));
  BOOST_TEST(is_contact(ada, "carol@work.example"));
}

BOOST_AUTO_TEST_CASE(a_deleted_message_does_not_come_back) {
  const SyncSource source{.paths = {write_mbox(folder.file("a.mbox"), one_mail_a_rule())},
                          .owner_addresses = {"me@home.example"}};
  const Imported first = import_all(source);
  const auto page = need(ada.interactions().timeline({}, {.limit = 100}));
  BOOST_REQUIRE(page.items.size() == 8U);
  need(ada.interactions().remove(page.items.front().id));
  import_all(source);
  BOOST_TEST(need(ada.interactions().timeline({}, {.limit = 100})).items.size() == 7U);
  undo(first.batch.id);
  const Imported again = import_all(source);
  BOOST_TEST(again.batch.counts.skipped == 1);
  BOOST_TEST(as_map(again.plan.summary.skipped_items).at("suppressed") == 1);
  BOOST_TEST(as_map(again.batch.reasons).at("suppressed") == 1);
  BOOST_TEST(need(ada.interactions().timeline({}, {.limit = 100})).items.size() == 7U);
}

BOOST_AUTO_TEST_CASE(contact_policies) {
  using Addresses = std::set<std::string>;
  const std::map<ContactPolicy, Addresses> expected = {
      {ContactPolicy::none, {}},
      {ContactPolicy::sent, {"bob@work.example"}},
      {ContactPolicy::sent_and_received,
       {"bob@work.example", "carol@work.example", "newsom@person.example"}}};
  const std::string mailbox = write_mbox(folder.file("a.mbox"), one_mail_a_rule());
  for (const auto& [policy, people] : expected) {
    Session user = need(crm->session("policy" + std::to_string(static_cast<int>(policy))));
    const Imported done = import_all(
        user, {.paths = {mailbox}, .owner_addresses = {"me@home.example"}, .contact_policy = policy});
    BOOST_TEST((addresses(user) == people));
    BOOST_TEST(done.batch.counts.interactions == 8);
    BOOST_TEST(done.plan.summary.contacts_to_create == std::ssize(people));
    const auto skipped = as_map(done.plan.summary.skipped_people);
    BOOST_TEST(skipped.at("own_address") == 1);
    BOOST_TEST(skipped.at("role_address") == 1);
    BOOST_TEST(skipped.at("list_mail") == 2);
    BOOST_TEST(skipped.at("auto_submitted") == 1);
    BOOST_TEST(skipped.at("too_many_recipients") == 26);
    // What the other policies would make of the same mail.
    for (const auto& [other, theirs] : expected) {
      const sync::PolicyDryRun would = need(user.sync().dry_run(other));
      std::set<std::string> either = theirs;
      either.insert(people.begin(), people.end());
      BOOST_TEST(would.contacts_to_create + would.contacts_already_there == std::ssize(either));
      BOOST_TEST(would.contacts_already_there == std::ssize(people));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_plan_is_approved_once) {
  const SyncSource source = corpus_source({write_mbox(folder.file("a.mbox"), some_mail(0, 5))});
  const SyncPlan plan = need(ada.sync().preview(source));
  need(ada.sync().approve(plan.id));
  BOOST_TEST((ada.sync().approve(plan.id).error().code == ErrorCode::failed_precondition));
  BOOST_TEST((ada.sync().reject(plan.id).error().code == ErrorCode::failed_precondition));
  const SyncPlan other = need(ada.sync().preview(source));
  need(ada.sync().reject(other.id));
  BOOST_TEST((ada.sync().approve(other.id).error().code == ErrorCode::failed_precondition));
  need(crm->jobs().run_until_idle());
  BOOST_TEST(need(ada.sync().list({})).items.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_import_stops_and_can_be_taken_back) {
  const std::string before = digest();
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < 6; ++i) {
    paths.push_back(write_mbox(folder.file("m" + std::to_string(i) + ".mbox"), some_mail(i * 10, 10)));
  }
  const SyncPlan plan = need(ada.sync().preview(corpus_source(paths)));
  const SyncBatch batch = need(ada.sync().approve(plan.id));
  need(crm->jobs().step(3));
  const SyncBatch cancelled = need(ada.sync().cancel(batch.id));
  BOOST_TEST((cancelled.state == BatchState::cancelled));
  const std::string stopped = digest();
  BOOST_TEST(stopped != before);
  need(crm->jobs().run_until_idle());
  BOOST_TEST(digest() == stopped);
  BOOST_TEST((ada.sync().cancel(batch.id).error().code == ErrorCode::failed_precondition));
  undo(batch.id);
  BOOST_TEST(digest() == before);
}

BOOST_AUTO_TEST_CASE(the_next_import_ends_what_a_cancelled_one_left) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < 6; ++i) {
    paths.push_back(write_mbox(folder.file(std::to_string(i) + "/mail.mbox"), some_mail(i * 10, 10)));
  }
  Session other = need(crm->session("other"));
  import_all(other, corpus_source(paths));
  const SyncBatch batch = need(ada.sync().approve(need(ada.sync().preview(corpus_source(paths))).id));
  need(crm->jobs().step(3));
  need(ada.sync().cancel(batch.id));
  const std::string stopped = digest();
  const Imported rest = import_all(corpus_source(paths));
  BOOST_TEST(rest.plan.summary.known_items == rest.batch.counts.known);
  BOOST_TEST(rest.batch.counts.normalized > 0);
  BOOST_TEST(rest.batch.counts.normalized < 60);
  BOOST_TEST(difference(canonical_dump(path, "other"), canonical_dump(path, "ada")) == "");
  undo(rest.batch.id);
  BOOST_TEST(digest() == stopped);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
