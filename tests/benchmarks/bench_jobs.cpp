// The job engine against graphile-worker, pg-boss and BullMQ, and against the storages' own limits.
//
// It runs itself under scripts/with-postgres (fsync and synchronous_commit on, data in build/bench-data),
// starts its Redis, and fetches the peers once (peers/install). Everything of ours goes through the public
// API. Usage: bench_jobs [--small] [--no-peers] [CASE...]   --small: a look at whether all of it works, in
// under a minute
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "bench_check.hpp"
#include "jobs/bench.hpp"

namespace {

using namespace omnicrm::benchmarks;

constexpr std::pair<std::string_view, void (*)(const Bench&)> cases[] = {
    {"rates", rate_cases},   {"start", start_cases},    {"fair", fair_cases},
    {"users", user_table},   {"size", size_case},       {"scheduled", scheduled_case},
    {"pinned", pinned_case}, {"history", history_case}, {"sqlite", sqlite_cases},
};

/// The same program with a server of its own, which is stopped whatever happens to the program.
[[noreturn]] void run_with_server(int argc, char** argv, bool keep) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  std::vector<std::string> words{"scripts/with-postgres"};
  if (keep) words.insert(words.end(), {"--keep", "build/bench-data/postgres-jobs"});
  words.push_back(self);
  words.insert(words.end(), argv + 1, argv + argc);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  setenv("OMNICRM_PG_OPTIONS", "-c shared_buffers=1GB -c max_wal_size=4GB", 0);
  setenv("OMNICRM_BENCH_JOBS_SERVER", "own", 1);
  execv(arguments[0], arguments.data());
  give_up("run it in the repository's root: there is no scripts/with-postgres");
}

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  std::set<std::string_view> wanted;
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    const bool is_case = std::any_of(std::begin(cases), std::end(cases),
                                     [&](const auto& known) { return known.first == word; });
    if (word == "--small") {
      bench.sizes = Sizes::small();
    } else if (word == "--no-peers") {
      bench.with_peers = false;
    } else if (is_case) {
      wanted.insert(word);
    } else {
      give_up(
          fmt::format("no case '{}'; there are rates, start, fair, users, size, scheduled, pinned, history, "
                      "sqlite",
                      word));
    }
  }
  if (std::getenv("OMNICRM_BENCH_JOBS_SERVER") == nullptr) run_with_server(argc, argv, !bench.sizes.is_small);
  const char* url = std::getenv("OMNICRM_DB_ADMIN");
  if (url == nullptr) give_up("$OMNICRM_DB_ADMIN names no server");
  bench.url = url;
  for (const auto& [name, run] : cases) {
    if (!wanted.empty() && !wanted.contains(name)) continue;
    std::printf("-- %.*s\n", static_cast<int>(name.size()), name.data());
    std::fflush(stdout);
    run(bench);
  }
  return 0;
}
