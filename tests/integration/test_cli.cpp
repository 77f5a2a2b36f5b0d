// The built command, run as a user's shell would run it: exit statuses, JSON, pipes, signals.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "parts/sources.hpp"
#include "parts/temporary_folder.hpp"

namespace {

/// How the sanitizer presets set up the program under test.
std::string of_sanitizer(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

using namespace omnicrm::testing;

struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close(std::size_t end) {
    ::close(ends[end]);
    ends[end] = -1;
  }
};

struct Ended {
  int status = -1;
  std::string out;
  std::string err;
};

/// A run of the command. Its output is small enough for a pipe, or read by threads.
class Run {
 public:
  Run(std::vector<std::string> arguments, std::vector<std::string> environment, const std::string& input) {
    arguments.insert(arguments.begin(), OMNICRM_CLI);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in_.ends[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out_.ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err_.ends[1], STDERR_FILENO);
    const int failed = ::posix_spawn(&process_, OMNICRM_CLI, &actions, nullptr, pointers(arguments).data(),
                                     pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    BOOST_REQUIRE_MESSAGE(failed == 0, "cannot start " << OMNICRM_CLI);
    in_.close(0);
    out_.close(1);
    err_.close(1);
    BOOST_REQUIRE(::write(in_.ends[1], input.data(), input.size()) == static_cast<ssize_t>(input.size()));
    in_.close(1);
    readers_[0] = std::jthread([this] { read_all(out_, ended_.out); });
    readers_[1] = std::jthread([this] { read_all(err_, ended_.err); });
  }

  void interrupt() const { ::kill(process_, SIGINT); }

  Ended end() {
    for (auto& reader : readers_) reader.join();
    int status = 0;
    BOOST_REQUIRE(::waitpid(process_, &status, 0) == process_);
    ended_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1'000 + WTERMSIG(status);
    return ended_;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  }
  static void read_all(const Pipe& pipe, std::string& text) {
    std::array<char, 65'536> buffer{};
    for (ssize_t size = 0; (size = ::read(pipe.ends[0], buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(size));
  }

  Pipe in_;
  Pipe out_;
  Pipe err_;
  pid_t process_ = -1;
  Ended ended_;
  std::array<std::jthread, 2> readers_;
};

struct Shell {
  TemporaryFolder folder;
  std::string db = folder.file("cli.db");
  std::string mail =
      write_mbox(folder.file("mail.mbox"),
                 std::vector<TestMessage>{
                     omnicrm::testing::mail({.id = "1@x",
                                             .from = "me@example.org",
                                             .to = "Ada Lovelace <ada@example.com>",
                                             .subject = "The engine"}),
                     omnicrm::testing::mail({.id = "2@x",
                                             .from = "Ada Lovelace <ada@example.com>",
                                             .to = "me@example.org",
                                             .subject = "Re: The engine"}),
                     omnicrm::testing::mail(
                         {.id = "3@x", .from = "me@example.org", .to = "Grace Hopper <grace@example.com>"})});

  Run start(std::vector<std::string> arguments, const std::string& input = {}) const {
    return Run(
        std::move(arguments),
        {"OMNICRM_DB=" + db, "HOME=" + folder.path().string(), "PATH=/usr/bin:/bin",
         "TSAN_OPTIONS=" + of_sanitizer("TSAN_OPTIONS"), "ASAN_OPTIONS=" + of_sanitizer("ASAN_OPTIONS")},
        input);
  }
  Ended run(std::vector<std::string> arguments, const std::string& input = {}) const {
    return start(std::move(arguments), input).end();
  }
  Ended import() const { return run({"import", mail, "--owner", "me@example.org", "--yes"}); }

  /// Runs with --json and expects success.
  boost::json::value json(std::vector<std::string> arguments, const std::string& input = {}) const {
    arguments.emplace_back("--json");
    const Ended ended = run(arguments, input);
    BOOST_REQUIRE_MESSAGE(ended.status == 0, ended.err);
    return boost::json::parse(ended.out);
  }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

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
  BOOST_TEST(json({"audit"}).at("items").is_array());
  BOOST_TEST(json({"audit", "verify"}).at("intact") == true);
  BOOST_TEST(json({"settings", "user.time_zone", "Europe/Dublin"}).at("value") == "Europe/Dublin");
  BOOST_TEST(json({"settings"}).at("items").as_array().size() == 1u);
  BOOST_TEST(json({"check"}).at("problems").as_array().empty());
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

BOOST_FIXTURE_TEST_CASE(exit_statuses_say_what_went_wrong, Shell) {
  // Nothing is made by commands that only read.
  Ended ended = run({"contacts"});
  BOOST_TEST(ended.status == 3);
  BOOST_TEST(has(ended.err, "omnicrm import PATH"), ended.err);
  BOOST_TEST(!std::filesystem::exists(db));

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
  ended = run({"--db", folder.file("letter.txt"), "contacts"});
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
