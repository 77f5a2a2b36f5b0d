// Drain, bulk and single enqueue, processor time: ours, the peers, the ceiling, by turns.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "../bench_report.hpp"
#include "bare_queue.hpp"
#include "bench.hpp"
#include "our_queue.hpp"
#include "peers.hpp"
#include "processor_time.hpp"
#include "redis_folder.hpp"
#include "server.hpp"

namespace omnicrm::benchmarks {

namespace {

constexpr int single_callers = 16;
constexpr int bulk_callers = 4;
constexpr int bulk_per_call = 1'000;

/// What was measured of one queue, a value a run. Times of processors are in microseconds a job.
struct Runs {
  std::vector<double> drain, drain_single, bulk, single, drain_cpu, bulk_cpu;
};

double median(const std::vector<double>& values) {
  return values.empty() ? 0 : Figure::of(values).median;
}

/// Seconds that `work` takes; microseconds of processor time a job are appended to `cpu`.
double with_cpu(const std::function<double()>& processor, int jobs, std::vector<double>& cpu,
                const std::function<double()>& work) {
  const double before = processor();
  const double taken = work();
  cpu.push_back((processor() - before) * 1e6 / jobs);
  return taken;
}

void run_peer(const Sizes& sizes, PeerProcess& peer, const std::function<double()>& server, int singles,
              Runs& runs) {
  const auto processor = [&] { return peer.processor_seconds() + server(); };
  const auto measure = [&](const char* what, std::vector<double>& cpu) {
    return sizes.jobs / with_cpu(processor, sizes.jobs, cpu, [&] { return peer.seconds(what, sizes.jobs); });
  };
  runs.bulk.push_back(measure("bulk", runs.bulk_cpu));
  runs.drain.push_back(measure("drain", runs.drain_cpu));
  runs.single.push_back(singles / peer.seconds("single", singles));
}

void run_ours(const Bench& bench, Server& server, Runs& runs) {
  const Sizes& sizes = bench.sizes;
  const auto processor = [&] { return own_seconds() + server.processor_seconds(); };
  server.drop_schema("bench_jobs");
  OurQueue queue(on_postgres(bench.url));
  server.settle();
  runs.bulk.push_back(sizes.jobs / with_cpu(processor, sizes.jobs, runs.bulk_cpu, [&] {
                        return seconds(
                            [&] { queue.enqueue_in_bulk(sizes.jobs, bulk_per_call, bulk_callers); });
                      }));
  queue.drain(sizes.jobs);
  queue.enqueue_of_users(sizes.jobs, sizes.users);
  server.settle();
  runs.drain.push_back(
      sizes.jobs / with_cpu(processor, sizes.jobs, runs.drain_cpu, [&] { return queue.drain(sizes.jobs); }));
  runs.single.push_back(sizes.jobs /
                        seconds([&] { queue.enqueue_singly(sizes.jobs, single_callers, sizes.users); }));
  server.settle();
  runs.drain_single.push_back(sizes.jobs / queue.drain(sizes.jobs));
}

void print(const char* name, const Runs& runs) {
  std::printf("%-24s %12.0f %12.0f %12.0f %12.0f %10.1f %10.1f\n", name, median(runs.drain),
              median(runs.drain_single), median(runs.bulk), median(runs.single), median(runs.drain_cpu),
              median(runs.bulk_cpu));
}

void compare(std::string_view name, const std::vector<double>& ours,
             const std::vector<std::pair<std::string_view, const std::vector<double>*>>& others) {
  const Figure figure = Figure::of(ours);
  std::string_view best;
  double value = 0;
  for (const auto& [other, runs] : others) {
    if (const double rate = median(*runs); rate > value) best = other, value = rate;
  }
  report(bench_name, name, figure, "jobs/s", lower_peer(best, value, figure.median));
}

void report_limit_us(std::string_view name, const std::vector<double>& values, double limit) {
  const Figure figure = Figure::of(values);
  report(bench_name, name, figure, "us", slower_peer("limit", limit, figure.median));
}

void run_peers(const Bench& bench, Server& server, Redis& redis, Runs& graphile, Runs& pgboss, Runs& bullmq) {
  const auto postgres = [&] { return server.processor_seconds(); };
  server.drop_schema("graphile_worker");
  server.settle();
  {
    PeerProcess peer("graphile.mjs", graphile_settings(bench.url));
    run_peer(bench.sizes, peer, postgres, bench.sizes.peer_singles, graphile);
  }
  server.drop_schema("pgboss");
  server.settle();
  {
    PeerProcess peer("pgboss.mjs", pgboss_settings(bench.url));
    run_peer(bench.sizes, peer, postgres, bench.sizes.peer_singles, pgboss);
  }
  redis.empty();
  PeerProcess peer("bullmq.mjs", bullmq_settings(redis));
  run_peer(
      bench.sizes, peer, [&] { return tree_seconds(redis.process()); }, bench.sizes.peer_singles_redis,
      bullmq);
}

}  // namespace

void rate_cases(const Bench& bench) {
  Server server(bench.url);
  Runs ours, graphile, pgboss, bullmq, one, two;
  for (int run = 0; run < bench.sizes.runs; ++run) {
    run_ours(bench, server, ours);
    one.drain.push_back(bare_drain_rate(bench.url, bench.sizes.jobs, 1));
    two.drain.push_back(bare_drain_rate(bench.url, bench.sizes.jobs, static_cast<int>(worker_threads)));
    if (bench.with_peers) {
      Redis redis(redis_folder(bench.url));
      run_peers(bench, server, redis, graphile, pgboss, bullmq);
    }
    std::fprintf(stderr,
                 "jobs: run %d: drain %.0f, of singles %.0f, bulk %.0f, single %.0f; bare loops %.0f\n",
                 run + 1, ours.drain.back(), ours.drain_single.back(), ours.bulk.back(), ours.single.back(),
                 two.drain.back());
  }
  std::printf("%-24s %12s %12s %12s %12s %10s %10s\n", "jobs/s, medians", "drain", "of singles", "bulk",
              "16 callers", "us drain", "us bulk");
  print("ours", ours);
  print("ceiling, 1 connection", one);
  print("ceiling, 2 connections", two);
  print(graphile_name, graphile);
  print(pgboss_name, pgboss);
  print(bullmq_name, bullmq);

  const Figure drain = Figure::of(ours.drain);
  report(bench_name, "drain_vs_ceiling", drain, "jobs/s",
         lower_peer("bare libpq loops, 2", median(two.drain), drain.median));
  report_limit_us("cpu_per_job_us", ours.drain_cpu, 8);
  if (!bench.with_peers) return;
  const auto of = [&](std::vector<double> Runs::*what) {
    return std::vector<std::pair<std::string_view, const std::vector<double>*>>{
        {graphile_name, &(graphile.*what)}, {pgboss_name, &(pgboss.*what)}, {bullmq_name, &(bullmq.*what)}};
  };
  compare("drain_vs_best_peer", ours.drain, of(&Runs::drain));
  compare("drain_single_vs_best_peer", ours.drain_single, of(&Runs::drain));
  compare("bulk_vs_best_peer", ours.bulk, of(&Runs::bulk));
  compare("single16_vs_best_pg_peer", ours.single,
          {{graphile_name, &graphile.single}, {pgboss_name, &pgboss.single}});
}

}  // namespace omnicrm::benchmarks
