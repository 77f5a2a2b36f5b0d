#include <boost/test/unit_test.hpp>

#include "parts/test_environment.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_tasks.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

struct Fixture {
  TestEnvironment environment;
  SqlTasks tasks{environment.unit()};

  [[nodiscard]] Timestamp in_hours(int hours) const {
    return environment.clock->now() + std::chrono::hours(hours);
  }
  Task add(std::string title, std::optional<Timestamp> due = {}) {
    Task draft;
    draft.title = std::move(title);
    draft.due_at = due;
    return must(tasks.create(draft));
  }
  std::string titles(std::optional<TaskStatus> status = {}, std::int64_t limit = 1000) {
    std::string text;
    PageRequest request{.limit = limit, .cursor = {}};
    while (true) {
      const auto page = must(tasks.list({.status = status, .contact_id = {}}, request));
      for (const Task& task : page.items) text += task.title;
      if (!page.next) return text;
      request.cursor = *page.next;
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tasks)

BOOST_FIXTURE_TEST_CASE(create_get_update_remove, Fixture) {
  Task task = add("  call \t her ", in_hours(1));
  BOOST_TEST(task.title == "call her");
  BOOST_TEST((must(tasks.get(task.id)) == task));
  task.note = "about the engine\nand more";
  const Task stored = must(tasks.update(task));
  BOOST_TEST(stored.version == 2);
  BOOST_TEST(stored.note == "about the engine\nand more");
  BOOST_TEST((code_of(tasks.update(task)) == ErrorCode::conflict));
  must(tasks.remove(task.id));
  BOOST_TEST((code_of(tasks.get(task.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(tasks.remove(task.id)) == ErrorCode::not_found));
}

BOOST_FIXTURE_TEST_CASE(bad_input, Fixture) {
  Task draft;
  BOOST_TEST(tasks.create(draft).error().message.starts_with("title: "));
  draft.title = "x";
  draft.contact_id = ContactId{Uuid{{9}}};
  BOOST_TEST((code_of(tasks.create(draft)) == ErrorCode::not_found));
  draft.contact_id.reset();
  draft.interaction_id = InteractionId{Uuid{{9}}};
  BOOST_TEST((code_of(tasks.create(draft)) == ErrorCode::not_found));
  Contact theirs;
  theirs.display_name = "Ada";
  draft.interaction_id.reset();
  draft.contact_id = must(SqlContacts(environment.unit("bob")).create(theirs)).id;
  BOOST_TEST((code_of(tasks.create(draft)) == ErrorCode::not_found));
}

BOOST_FIXTURE_TEST_CASE(soonest_first_without_a_date_last_at_any_page_size, Fixture) {
  add("e");
  add("c", in_hours(3));
  add("a", in_hours(-1));
  add("f");
  add("b", in_hours(2));
  add("d", in_hours(3));
  for (const std::int64_t limit : {1, 2, 3, 4, 5, 1000}) BOOST_TEST(titles({}, limit) == "abcdef");
}

BOOST_FIXTURE_TEST_CASE(complete_reopen_snooze_and_time, Fixture) {
  const Task late = add("late", in_hours(-1));
  add("soon", in_hours(1));
  const Task someday = add("someday");
  BOOST_TEST(titles(TaskStatus::open) == "latesoonsomeday");
  BOOST_TEST(titles(TaskStatus::due) == "late");
  BOOST_TEST((code_of(tasks.snooze(late.id, in_hours(0))) == ErrorCode::invalid_argument));
  must(tasks.snooze(late.id, in_hours(2)));
  BOOST_TEST(titles(TaskStatus::due) == "");
  BOOST_TEST(titles(TaskStatus::snoozed) == "late");
  environment.clock->advance(std::chrono::hours(2));
  BOOST_TEST(titles(TaskStatus::snoozed) == "");
  BOOST_TEST(titles(TaskStatus::due) == "latesoon");
  const Task done = must(tasks.complete(late.id));
  BOOST_TEST((done.done_at == environment.clock->now()));
  environment.clock->advance(std::chrono::hours(1));
  BOOST_TEST((must(tasks.complete(late.id)) == done));  // done once
  BOOST_TEST(titles(TaskStatus::done) == "late");
  BOOST_TEST(titles(TaskStatus::due) == "soon");
  must(tasks.reopen(late.id));
  BOOST_TEST(titles(TaskStatus::done) == "");
  BOOST_TEST((code_of(tasks.complete(TaskId{Uuid{{9}}})) == ErrorCode::not_found));
  BOOST_TEST(!must(tasks.get(someday.id)).done_at);
}

BOOST_FIXTURE_TEST_CASE(of_one_contact_and_of_one_user, Fixture) {
  Contact draft;
  draft.display_name = "Ada";
  const ContactId ada = must(SqlContacts(environment.unit()).create(draft)).id;
  Task task;
  task.title = "hers";
  task.contact_id = ada;
  task = must(tasks.create(task));
  add("nobody's");
  BOOST_TEST(must(tasks.list({.status = {}, .contact_id = ada}, {})).items.size() == 1U);
  SqlTasks theirs(environment.unit("bob"));
  BOOST_TEST(must(theirs.list({}, {})).items.empty());
  BOOST_TEST((code_of(theirs.get(task.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.update(task)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.remove(task.id)) == ErrorCode::not_found));
  BOOST_TEST((code_of(theirs.complete(task.id)) == ErrorCode::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
