// The built command, run as a user's shell would run it.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "parts/sources.hpp"
#include "parts/temporary_folder.hpp"
#include "parts/test_database.hpp"

namespace omnicrm::testing {

/// How the sanitizer presets set up the program under test.
inline std::string of_sanitizer(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

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
  TestDatabases databases;
  std::string db = databases.make_owned(folder.file("cli.db"));
  std::string mail = write_mbox(
      folder.file("mail.mbox"),
      std::vector<TestMessage>{
          testing::mail({.id = "1@x",
                         .from = "me@example.org",
                         .to = "Ada Lovelace <ada@example.com>",
                         .subject = "The engine"}),
          testing::mail({.id = "2@x",
                         .from = "Ada Lovelace <ada@example.com>",
                         .to = "me@example.org",
                         .subject = "Re: The engine"}),
          testing::mail({.id = "3@x", .from = "me@example.org", .to = "Grace Hopper <grace@example.com>"})});

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

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace omnicrm::testing
