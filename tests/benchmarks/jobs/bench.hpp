// What the cases of bench_jobs share: how much they do, and where.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace omnicrm::benchmarks {

inline constexpr std::string_view bench_name = "jobs";
/// The kind of the jobs, and what they carry; the peers' jobs carry the same.
inline constexpr const char* job_kind = "nothing";
inline constexpr const char* job_payload = R"({"message":"0190f3a0-7e57-7abc-8def-0123456789ab"})";

/// The issue's sizes; `small()` for a look at whether all of it works.
struct Sizes {
  bool is_small = false;
  int runs = 3;
  int jobs = 100'000;
  int users = 1'000;
  /// Of the peers' single enqueues: they take a millisecond each.
  int peer_singles = 4'000;
  int peer_singles_redis = 40'000;
  int starts = 500;
  int flood = 100'000;
  int newcomers = 500;
  int table_jobs = 10'000;
  std::chrono::seconds pinned{600};
  int scheduled = 1'000'000;
  long long history = 10'000'000;
  int stored = 1'000'000;

  [[nodiscard]] static Sizes small() {
    return {.is_small = true,
            .runs = 1,
            .jobs = 10'000,
            .users = 100,
            .peer_singles = 500,
            .peer_singles_redis = 2'000,
            .starts = 30,
            .flood = 5'000,
            .newcomers = 100,
            .table_jobs = 640,
            .pinned = std::chrono::seconds(2),
            .scheduled = 20'000,
            .history = 0,
            .stored = 20'000};
  }
};

struct Bench {
  Sizes sizes;
  /// Of the server's superuser, to the database.
  std::string url;
  bool with_peers = true;
};

/// One processor each for two threads of ours is what the machine of the issue has; the ceiling's loops and
/// the peers' settings are for the same.
inline constexpr std::size_t worker_threads = 2;

void rate_cases(const Bench& bench);      ///< drain, bulk, single, processor time; peers and ceiling
void start_cases(const Bench& bench);     ///< from enqueue to start, idle
void fair_cases(const Bench& bench);      ///< one user floods
void user_table(const Bench& bench);      ///< 10 to 10,000 users
void pinned_case(const Bench& bench);     ///< a transaction held open
void scheduled_case(const Bench& bench);  ///< many jobs for later
void history_case(const Bench& bench);    ///< many that have ended
void size_case(const Bench& bench);       ///< bytes
void sqlite_cases(const Bench& bench);    ///< SQLite, against the bare loop

}  // namespace omnicrm::benchmarks
