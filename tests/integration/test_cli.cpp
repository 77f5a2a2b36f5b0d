// The built command: exit statuses, JSON, pipes, signals.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "parts/shell.hpp"

using namespace omnicrm::testing;

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_FIXTURE_TEST_CASE(imports_shows_and_takes_back, Shell) {
  const Ended imported = import();
  BOOST_TEST(imported.status == 0, imported.err);
  BOOST_TEST(imported.err.empty(), "no progress in a pipe: " << imported.err);
  BOOST_TEST(!has(imported.out, "\x1b"), "no escapes in a pipe");
  BOOST_TEST(has(imported.out, "is done"));

  const Ended timeline = run({"timeline", "Ada"});
  BOOST_TEST(timeline.status == 0);
  BOOST_TEST(has(timeline.out, "→  email  The engine"), timeline.out);
  BOOST_TEST(has(timeline.out, "←  email  Re: The engine"), timeline.out);

  BOOST_TEST(run({"search", "engine"}).status == 0);
  const auto before = json({"call", "sync.digest"});
  const Ended undone = run({"undo", "last"});
  BOOST_TEST(undone.status == 0, undone.err);
  BOOST_TEST(json({"contacts"}).at("items").as_array().empty());
  BOOST_TEST((json({"call", "sync.digest"}) != before));
  BOOST_TEST(run({"audit", "verify"}).status == 0);
}

BOOST_FIXTURE_TEST_CASE(json_everywhere_is_json, Shell) {
  BOOST_TEST(json({"preview", mail, "--owner", "me@example.org"}).at("state") == "ready");
  const auto batch = json({"import", mail, "--owner", "me@example.org", "--yes"});
  BOOST_TEST(batch.at("state") == "done");
  BOOST_TEST(batch.at("counts").at("interactions") == 3);
  const auto people = json({"contacts"}).at("items").as_array();
  BOOST_TEST(people.size() == 2u);
  BOOST_TEST(json({"contacts", "show", "ada@example.com"}).at("display_name") == "Ada Lovelace");
  BOOST_TEST(json({"contacts", "search", "grace"}).at("items").as_array().size() == 1u);
  BOOST_TEST(json({"timeline", "Ada", "Lovelace"}).at("items").as_array().size() == 2u);
  BOOST_TEST(json({"search", "engine"}).at("items").as_array().size() == 2u);
  BOOST_TEST(json({"duplicates"}).at("items").as_array().empty());
  BOOST_TEST(json({"batches"}).at("items").as_array().size() == 1u);
  BOOST_TEST(json({"jobs"}).at("items").is_array());
  BOOST_TEST(json({"jobs", "stats"}).at("items").is_array());
  BOOST_TEST(json({"jobs", "work"}).at("dead") == 0);
  BOOST_TEST(json({"jobs", "pause", "file_import"}).is_object());
  BOOST_TEST(json({"jobs", "stats"}).at("items").as_array().at(0).at("paused") == true);
  BOOST_TEST(json({"jobs", "resume", "file_import"}).is_object());
  BOOST_TEST(json({"jobs", "pause", "file_import", "--all-users"}).is_object());
  BOOST_TEST(json({"jobs", "stats", "--all-users"}).at("items").as_array().at(0).at("paused") == true);
  BOOST_TEST(json({"jobs", "resume", "file_import", "--all-users"}).is_object());
  BOOST_TEST(json({"jobs", "stats", "--all-users"}).at("items").as_array().at(0).at("paused") == false);
  const auto bad = json(
      {"call", "jobs.enqueue", R"({"jobs":[{"kind":"file_import","payload":{"batch_id":"nonsense"}}]})"});
  const std::string bad_job(bad.at("ids").at(0).as_string());
  BOOST_TEST(json({"jobs", "work", "--threads", "2", "--drain-after", "1.5"}).at("dead") == 1);
  BOOST_TEST(json({"jobs", "list", "--state", "dead"}).at("items").as_array().size() == 1u);
  BOOST_TEST(json({"jobs", "show", bad_job}).at("state") == "dead");
  BOOST_TEST(json({"jobs", "failures", bad_job}).at("items").as_array().size() == 1u);
  BOOST_TEST(json({"jobs", "retry", bad_job}).at("state") == "ready");
  BOOST_TEST(run({"jobs", "work"}).status == 1);  // dead again
  BOOST_TEST(json({"jobs", "retry", bad_job}).at("state") == "ready");
  BOOST_TEST(has(run({"jobs", "cancel", bad_job}).out, "is cancelled"));
  BOOST_TEST(json({"jobs", "work"}).at("started") == 0);
  BOOST_TEST(json({"jobs", "list", "--state", "cancelled"}).at("items").as_array().size() == 1u);
  BOOST_TEST(json({"jobs", "remove", bad_job}).is_object());
  BOOST_TEST(run({"jobs", "show", bad_job}).status == 3);
  BOOST_TEST(json({"schedules", "add", "Nightly", "tidy", "30 2 * * *", "--zone", "Europe/Berlin",
                   "--payload", R"({"days":30})", "--catch-up", "all", "--unique"})
                 .at("payload")
                 .at("days") == 30);
  BOOST_TEST(json({"schedules", "pause", "Nightly"}).at("paused") == true);
  BOOST_TEST(json({"schedules"}).at("items").as_array().size() == 1u);
  BOOST_TEST(json({"schedules", "resume", "Nightly"}).at("paused") == false);
  BOOST_TEST(json({"schedules", "preview", "0 9 * * MON", "--count", "2"}).at("items").as_array().size() ==
             2u);
  json({"schedules", "remove", "Nightly"});
  BOOST_TEST(json({"schedules", "list"}).at("items").as_array().empty());
  BOOST_TEST(json({"audit"}).at("items").is_array());
  BOOST_TEST(json({"audit", "verify"}).at("intact") == true);
  BOOST_TEST(json({"settings", "user.time_zone", "Europe/Dublin"}).at("value") == "Europe/Dublin");
  BOOST_TEST(json({"settings"}).at("items").as_array().size() == 1u);
  BOOST_TEST(json({"check"}).at("problems").as_array().empty());
  if (!on_postgres())
    BOOST_TEST(json({"backup", folder.file("copy.db")}).at("path") == folder.file("copy.db").c_str());
  BOOST_TEST(json({"operations"}).at("version") == "v1");
  BOOST_TEST(json({"undo", "last"}).at("state") == "undone");
}

BOOST_FIXTURE_TEST_CASE(merges_and_takes_it_back, Shell) {
  import();
  const auto merged = json({"merge", "Ada", "Grace"});
  BOOST_TEST(json({"contacts"}).at("items").as_array().size() == 1u);
  const Ended back = run({"unmerge", std::string(merged.at("batch_id").as_string())});
  BOOST_TEST(back.status == 0, back.err);
  BOOST_TEST(json({"contacts"}).at("items").as_array().size() == 2u);
  BOOST_TEST(run({"merge", "Ada"}).status == 2);
}

BOOST_FIXTURE_TEST_CASE(call_reads_standard_input, Shell) {
  const auto made = json({"call", "contacts.create", "-"}, R"({"display_name":"Ada"})");
  BOOST_TEST(made.at("display_name") == "Ada");
  const Ended printed = run({"operations", "--json-schema"});
  BOOST_TEST(printed.status == 0);
  BOOST_TEST(boost::json::parse(printed.out).at("operations").as_array().size() > 50u);
}

BOOST_FIXTURE_TEST_CASE(commands_that_only_read_make_no_file, Shell, *boost::unit_test::label("sqlite")) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"contacts"}, {"check"}, {"migrate", "--check"}}) {
    const Ended ended = run(command);
    BOOST_TEST(ended.status == 3);
    BOOST_TEST(has(ended.err, "omnicrm import PATH"), ended.err);
    BOOST_TEST(!std::filesystem::exists(db));
  }
}

BOOST_FIXTURE_TEST_CASE(migrate_says_from_where_to_where, Shell, *boost::unit_test::label("sqlite")) {
  auto said = json({"migrate"});
  BOOST_TEST(said.at("from") == 0);
  BOOST_TEST(said.at("to").as_int64() >= 1);
  said = json({"migrate"});
  BOOST_TEST(said.at("from") == said.at("to"));
  BOOST_TEST(json({"migrate", "--check"}).at("up_to_date") == true);
  import();
  BOOST_TEST(has(run({"migrate"}).out, "up to date"));
}

BOOST_FIXTURE_TEST_CASE(exit_statuses_say_what_went_wrong, Shell) {
  BOOST_TEST(run({"--help"}).status == 0);
  BOOST_TEST(run({"--version"}).out == "omnicrm 0.1.0\n");
  BOOST_TEST(run({"preview"}).status == 2);
  BOOST_TEST(run({"contacts", "--limit", "x"}).status == 2);
  BOOST_TEST(run({"preview", folder.file("missing")}).status == 3);
  import();
  BOOST_TEST(run({"contacts", "--limit", "5000"}).status == 2);
  BOOST_TEST(run({"undo", "nonsense"}).status == 2);
  BOOST_TEST(run({"undo", "0190f3a0-7e57-7abc-8def-0123456789ab"}).status == 3);
  BOOST_TEST(run({"search", "xylophone"}).status == 3);
  BOOST_TEST(run({"call", "contacts.create@v9"}).status == 1);
  BOOST_TEST(run({"call", "contacts.create", "{"}).status == 2);
  BOOST_TEST(run({"backup", db}).status == 4);

  write_file(folder.file("letter.txt"), std::string(5'000, 'x'));
  const Ended ended = run({"--db", folder.file("letter.txt"), "contacts"});
  BOOST_TEST(ended.status == 5);
  BOOST_TEST(has(ended.err, "letter.txt"), ended.err);
}

BOOST_FIXTURE_TEST_CASE(who_types_something_wrong_is_told_what_to_type, Shell) {
  import();
  Ended ended = run({"timelin", "Ada"});
  BOOST_TEST(ended.status == 2);
  BOOST_TEST(has(ended.err, "did you mean 'timeline'?"), ended.err);
  ended = run({"timeline", "Lovelase"});
  BOOST_TEST(ended.status == 3);
  BOOST_TEST(has(ended.err, "timeline: no contact 'Lovelase'; did you mean 'Ada Lovelace'?"), ended.err);
  ended = run({"timeline", "example.com"});
  BOOST_TEST(ended.status == 4);
  BOOST_TEST((has(ended.err, "Ada Lovelace") && has(ended.err, "Grace Hopper")), ended.err);
  ended = run({"call", "contacts.lst"});
  BOOST_TEST(ended.status == 3);
  BOOST_TEST(has(ended.err, "contacts.list"), ended.err);
  ended = run({"--json", "timelin"});
  BOOST_TEST(ended.status == 2);
  BOOST_TEST(boost::json::parse(ended.err).at("error").at("code") == "invalid_argument");
}

BOOST_FIXTURE_TEST_CASE(an_import_in_a_pipe_needs_a_yes, Shell) {
  const Ended ended = run({"import", mail, "--owner", "me@example.org"}, "y\n");
  BOOST_TEST(ended.status == 4);
  BOOST_TEST(has(ended.err, "--yes"), ended.err);
  BOOST_TEST(json({"batches"}).at("items").as_array().empty());
  // What it says to type works.
  const auto plan = json({"call", "sync.plans"}).at("items").at(0).at("id").as_string();
  json({"call", "sync.approve", R"({"id":")" + std::string(plan) + "\"}"});
  BOOST_TEST(run({"jobs", "work"}).status == 0);
  BOOST_TEST(json({"contacts"}).at("items").as_array().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(users_do_not_see_each_other, Shell) {
  import();
  BOOST_TEST(json({"contacts"}).at("items").as_array().size() == 2u);
  BOOST_TEST(json({"contacts", "--user", "somebody-else"}).at("items").as_array().empty());
}

BOOST_FIXTURE_TEST_CASE(an_interrupted_import_goes_on, Shell) {
  std::vector<TestMessage> many;
  for (int number = 0; number < 20'000; ++number) {
    many.push_back(omnicrm::testing::mail({.id = std::to_string(number) + "@x",
                                           .from = "me@example.org",
                                           .to = "p" + std::to_string(number % 50) + "@example.com"}));
  }
  const std::string box = write_mbox(folder.file("many.mbox"), many);
  Run running = start({"import", box, "--owner", "me@example.org", "--yes"});
  // When the batch is there it runs; twenty thousand messages take it a while.
  for (int wait = 0; wait < 600; ++wait) {
    const Ended batches = run({"batches", "--json"});
    if (batches.status == 0 && !boost::json::parse(batches.out).at("items").as_array().empty()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  running.interrupt();
  const Ended stopped = running.end();
  BOOST_TEST(stopped.status == 130, stopped.out);
  BOOST_TEST(has(stopped.err, "omnicrm import --resume"), stopped.err);
  BOOST_TEST(json({"batches"}).at("items").at(0).at("state") == "running");

  const auto batch = json({"import", "--resume"});
  BOOST_TEST(batch.at("state") == "done");
  BOOST_TEST(batch.at("counts").at("interactions") == 20'000);
  BOOST_TEST(run({"import", "--resume"}).status == 3);
}

BOOST_AUTO_TEST_SUITE_END()
