// One user floods the queue; and the table of users that the seed product failed at.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "../bench_report.hpp"
#include "bench.hpp"
#include "our_queue.hpp"
#include "server.hpp"

namespace omnicrm::benchmarks {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int flooder = 0;  // the others have numbers from 1

/// When each job of each user started, in order.
class StartBook {
 public:
  void note(UserId user) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    starts_[user.to_string()].push_back(now);
    order_.push_back(user.to_string());
  }
  /// Call them when nothing runs.
  [[nodiscard]] const std::map<std::string, std::vector<Clock::time_point>>& starts() const {
    return starts_;
  }
  [[nodiscard]] const std::vector<std::string>& order() const { return order_; }
  [[nodiscard]] std::size_t total() {
    const std::lock_guard lock(mutex_);
    return order_.size();
  }
  /// Starts of all but the flood's.
  [[nodiscard]] std::size_t others() {
    const std::lock_guard lock(mutex_);
    const auto flood = starts_.find(bench_user(flooder).to_string());
    return order_.size() - (flood == starts_.end() ? 0 : flood->second.size());
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<Clock::time_point>> starts_;
  std::vector<std::string> order_;
};

void enqueue_flood(OurQueue& queue, int jobs) {
  constexpr int per_call = 5'000;
  const std::vector<jobs::NewJob> share(per_call, plain_job());
  for (int call = 0; call < jobs / per_call; ++call) checked(queue.enqueue(bench_user(flooder), share));
}

/// Milliseconds, 95th percentile, from the call of enqueue to the start of the newcomers' jobs of 1 ms.
double newcomer_p95_ms(const Bench& bench, Server& server, bool flooded) {
  constexpr int per_user = 5;
  server.drop_schema("bench_jobs");
  StartBook book;
  OurQueue queue(on_postgres(bench.url), [&](jobs::Context& context) {
    book.note(context.user());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  if (flooded) enqueue_flood(queue, bench.sizes.flood);
  checked(queue.runner().start());
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // the flood is under way

  std::vector<Clock::time_point> asked;
  const std::vector<jobs::NewJob> few(per_user, plain_job());
  for (int user = 1; user <= bench.sizes.newcomers; ++user) {
    asked.push_back(Clock::now());
    checked(queue.enqueue(bench_user(user), few));
  }
  const auto wanted = static_cast<std::size_t>(bench.sizes.newcomers * per_user);
  const auto deadline = Clock::now() + std::chrono::minutes(3);
  while (book.others() < wanted && Clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  checked(queue.runner().stop());
  if (book.others() < wanted) give_up("a newcomer's job did not start within three minutes");
  std::vector<double> delays;
  for (int user = 1; user <= bench.sizes.newcomers; ++user) {
    for (const auto start : book.starts().at(bench_user(user).to_string())) {
      delays.push_back(
          std::chrono::duration<double, std::milli>(start - asked[static_cast<std::size_t>(user - 1)])
              .count());
    }
  }
  std::sort(delays.begin(), delays.end());
  return delays[delays.size() * 95 / 100];
}

void delay_case(const Bench& bench, Server& server) {
  std::vector<double> flooded;
  std::vector<double> alone;
  for (int run = 0; run < bench.sizes.runs; ++run) {
    alone.push_back(newcomer_p95_ms(bench, server, false));
    flooded.push_back(newcomer_p95_ms(bench, server, true));
  }
  const Figure figure = Figure::of(flooded);
  report(bench_name, "fair_delay_vs_unflooded", figure, "ms",
         slower_peer("no flood", Figure::of(alone).median, figure.median));
}

/// The flood is enqueued first; every other user's first job is to be among the first 600 started.
void first_jobs_case(const Bench& bench, Server& server) {
  constexpr int per_user = 25;
  server.drop_schema("bench_jobs");
  StartBook book;
  OurQueue queue(on_postgres(bench.url), [&](jobs::Context& context) { book.note(context.user()); });
  enqueue_flood(queue, 10'000);
  const std::vector<jobs::NewJob> share(per_user, plain_job());
  for (int user = 1; user <= bench.sizes.newcomers; ++user) checked(queue.enqueue(bench_user(user), share));
  queue.drain(10'000 + per_user * bench.sizes.newcomers);
  std::map<std::string, std::size_t> first;
  for (std::size_t at = 0; at < book.order().size(); ++at) first.try_emplace(book.order()[at], at + 1);
  std::size_t last = 0;
  for (const auto& [user, position] : first) last = std::max(last, position);
  const auto position = static_cast<double>(last);
  const double limit = bench.sizes.newcomers + 100;
  report(bench_name, "fair_last_first_start", {position, position, position}, "position",
         slower_peer("limit", limit, position));
}

}  // namespace

void fair_cases(const Bench& bench) {
  Server server(bench.url);
  delay_case(bench, server);
  first_jobs_case(bench, server);
}

void user_table(const Bench& bench) {
  constexpr std::size_t threads = 64;
  constexpr double ideal = 20;  // jobs of 50 ms a second, one after another
  Server server(bench.url);
  std::printf("%8s %8s %10s %12s %16s %9s\n", "users", "jobs", "seconds", "jobs/s", "jobs/s, thread",
              "failures");
  double one = 0;
  for (int users = 10; users <= std::min(10'000, bench.sizes.table_jobs); users *= 10) {
    server.drop_schema("bench_jobs");
    OurQueue queue(on_postgres(bench.url, "bench_jobs", threads),
                   [](jobs::Context&) { std::this_thread::sleep_for(std::chrono::milliseconds(50)); });
    const int jobs = bench.sizes.table_jobs / users * users;
    queue.enqueue_of_users(jobs, users);
    jobs::RunSummary summary;
    const double taken = seconds([&] { summary = checked(queue.runner().run_until_idle()); });
    const double rate = jobs / taken / static_cast<double>(threads);
    if (users == 10) one = rate;
    std::printf("%8d %8d %10.2f %12.0f %16.2f %9lld\n", users, jobs, taken, jobs / taken, rate,
                static_cast<long long>(summary.failed + jobs - summary.done));
    std::fflush(stdout);
    if (summary.failed != 0 || summary.done != jobs) give_up("a simulated user's job failed");
    report(bench_name, fmt::format("users_{}_per_thread", users), {rate, rate, rate}, "jobs/s",
           users == 10 ? lower_peer("no overhead", ideal, rate) : lower_peer("10 users", one, rate));
  }
}

}  // namespace omnicrm::benchmarks
