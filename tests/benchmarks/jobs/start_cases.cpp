// From the call of enqueue to the handler's first instruction, when nothing else is to do.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <semaphore>
#include <thread>
#include <vector>

#include "../bench_report.hpp"
#include "bench.hpp"
#include "our_queue.hpp"
#include "peers.hpp"
#include "redis_folder.hpp"
#include "server.hpp"
#include "starts.hpp"

namespace omnicrm::benchmarks {

namespace {

using Clock = std::chrono::steady_clock;

double percentile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

/// Percentiles of the runs.
struct Starts {
  std::vector<double> p50, p95, p99;
  void add(const std::vector<double>& delays) {
    p50.push_back(percentile(delays, 0.50));
    p95.push_back(percentile(delays, 0.95));
    p99.push_back(percentile(delays, 0.99));
  }
  void print(const char* name) const {
    std::printf("%-32s %8.3f %8.3f %8.3f\n", name, Figure::of(p50).median, Figure::of(p95).median,
                Figure::of(p99).median);
  }
};

/// The worker's own CRM enqueues, or another one, as another process would.
Starts our_starts(const Bench& bench, Server& server, bool by_another) {
  Starts starts;
  for (int run = 0; run < bench.sizes.runs; ++run) {
    server.drop_schema("bench_jobs");
    starts.add(start_delays_ms(on_postgres(bench.url), by_another, bench.sizes.starts));
  }
  return starts;
}

}  // namespace

std::vector<double> start_delays_ms(Options options, bool by_another, int jobs) {
  std::atomic<Clock::rep> at = 0;
  std::binary_semaphore started(0);
  OurQueue worker(options, [&](jobs::Context&) {
    at = Clock::now().time_since_epoch().count();
    started.release();
  });
  checked(worker.runner().start());
  std::unique_ptr<OurQueue> other;
  if (by_another) other = std::make_unique<OurQueue>(options);
  Session session = (other ? *other : worker).crm().session(bench_user(1));
  const std::vector<jobs::NewJob> one{plain_job()};
  std::mt19937 dice(1);
  std::vector<double> delays;
  std::this_thread::sleep_for(std::chrono::milliseconds(1'500));  // idle
  for (int job = -5; job < jobs; ++job) {                         // the first few warm up
    const auto asked = Clock::now();
    checked(session.jobs().enqueue(one));
    if (!started.try_acquire_for(std::chrono::seconds(30))) give_up("a job did not start in 30 seconds");
    const Clock::time_point start{Clock::duration(at.load())};
    if (job >= 0) delays.push_back(std::chrono::duration<double, std::milli>(start - asked).count());
    std::this_thread::sleep_for(std::chrono::microseconds(10'000 + dice() % 10'000));
  }
  checked(worker.runner().stop());
  return delays;
}

void start_cases(const Bench& bench) {
  Server server(bench.url);
  Starts graphile, pgboss, bullmq;
  const int jobs = std::min(bench.sizes.starts, 200);
  const Starts here = our_starts(bench, server, false);
  for (int run = 0; bench.with_peers && run < bench.sizes.runs; ++run) {
    server.drop_schema("graphile_worker");
    graphile.add(PeerProcess("graphile.mjs", graphile_settings(bench.url)).start_ms(jobs));
    server.drop_schema("pgboss");
    pgboss.add(PeerProcess("pgboss.mjs", pgboss_settings(bench.url)).start_ms(jobs));
    Redis redis(redis_folder(bench.url));
    bullmq.add(PeerProcess("bullmq.mjs", bullmq_settings(redis)).start_ms(jobs));
  }
  const Starts ours = our_starts(bench, server, true);
  std::printf("%-32s %8s %8s %8s\n", "ms from enqueue to start, idle", "p50", "p95", "p99");
  ours.print("ours, enqueued by another CRM");
  here.print("ours, by the worker's own");
  const Figure p99 = Figure::of(ours.p99);
  report(bench_name, "start_p99_ms", p99, "ms", slower_peer("limit", 3, p99.median));
  if (!bench.with_peers) return;
  graphile.print(graphile_name);
  pgboss.print(pgboss_name);
  bullmq.print(bullmq_name);
  const Figure p50 = Figure::of(ours.p50);
  report(bench_name, "start_p50_vs_bullmq", p50, "ms",
         slower_peer(bullmq_name, Figure::of(bullmq.p50).median, p50.median));
}

}  // namespace omnicrm::benchmarks
