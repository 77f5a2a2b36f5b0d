// A child process of a benchmark: what it printed, how long it took, how much memory it needed.
#pragma once

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "bench_check.hpp"

namespace omnicrm::benchmarks {

struct ChildRun {
  std::string output;
  /// From before it was started until it was gone.
  double seconds = 0;
  /// The most memory it had at a time, as wait4 reports it. Never below what the parent had when it started
  /// the child (Linux counts that in), so a parent that measures memory stays small.
  double peak_mib = 0;
};

/// Runs `arguments[0]`, found through PATH, and waits for its end. A failing child ends the benchmark.
inline ChildRun run_child(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) give_up("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);

  ChildRun run;
  pid_t child = 0;
  const auto start = std::chrono::steady_clock::now();
  if (posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
    give_up("cannot start " + arguments[0]);
  }
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::array<char, 4096> buffer;
  for (ssize_t size = 0; (size = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    run.output.append(buffer.data(), static_cast<std::size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) give_up("cannot wait for " + arguments[0]);
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  run.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) give_up(arguments[0] + " failed");
  return run;
}

}  // namespace omnicrm::benchmarks
