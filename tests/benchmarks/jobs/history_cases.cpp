// What the past costs: a transaction held open, many jobs for later, many that have ended, and how large it
// all gets.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "../bench_report.hpp"
#include "bench.hpp"
#include "history_data.hpp"
#include "our_queue.hpp"
#include "server.hpp"

namespace omnicrm::benchmarks {

namespace {

/// Jobs a second, `runs` times.
std::vector<double> drain_rates(const Bench& bench, Server& server, OurQueue& queue) {
  std::vector<double> rates;
  for (int run = 0; run < bench.sizes.runs; ++run) {
    queue.enqueue_of_users(bench.sizes.jobs, bench.sizes.users);
    server.settle();
    rates.push_back(bench.sizes.jobs / queue.drain(bench.sizes.jobs));
  }
  return rates;
}

/// Ours against ours without the burden.
void compare(std::string_view name, std::string_view than, const std::vector<double>& burdened,
             const std::vector<double>& clean) {
  const Figure figure = Figure::of(burdened);
  report(bench_name, name, figure, "jobs/s", lower_peer(than, Figure::of(clean).median, figure.median));
}

/// Jobs come and go at a steady pace: 2,000 of 20 users each second.
void flow(OurQueue& queue, std::chrono::seconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  const std::vector<jobs::NewJob> share(100, plain_job());
  checked(queue.runner().start());
  for (int tick = 0; std::chrono::steady_clock::now() < end; ++tick) {
    for (int user = 0; user < 2; ++user) checked(queue.enqueue(bench_user(tick * 2 + user), share));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  checked(queue.runner().stop());
}

}  // namespace

void pinned_case(const Bench& bench) {
  Server server(bench.url);
  server.drop_schema("bench_jobs");
  OurQueue queue(on_postgres(bench.url));
  drain_rates(bench, server, queue);  // tables and caches are as they will be
  const std::vector<double> clean = drain_rates(bench, server, queue);
  BarePg idle(bench.url);
  idle.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  idle.run("SELECT count(*) FROM bench_jobs.jobs");  // its snapshot sees all that was
  flow(queue, bench.sizes.pinned);
  const std::vector<double> pinned = drain_rates(bench, server, queue);
  const auto age = server.sql().run(
      "SELECT max(age(backend_xmin)) FROM pg_stat_activity WHERE state = 'idle in transaction'");
  std::printf("a transaction was held open for %lld s; the oldest xmin is %s transactions old\n",
              static_cast<long long>(bench.sizes.pinned.count()), age.front().c_str());
  idle.run("COMMIT");
  compare("drain_pinned_xmin_vs_clean", "no open transaction", pinned, clean);
}

void scheduled_case(const Bench& bench) {
  Server server(bench.url);
  server.drop_schema("bench_jobs");
  OurQueue queue(on_postgres(bench.url));
  drain_rates(bench, server, queue);
  const std::vector<double> empty = drain_rates(bench, server, queue);
  jobs::NewJob later = plain_job();
  later.run_at = system_clock()->now() + std::chrono::days(1);
  constexpr int per_call = 1'000;
  const std::vector<jobs::NewJob> share(per_call, later);
  for (int call = 0; call < bench.sizes.scheduled / per_call; ++call) {
    checked(queue.enqueue(bench_user(call), share));
  }
  server.sql().run("VACUUM ANALYZE");  // what autovacuum does meanwhile is not the scheduled jobs' cost
  compare("drain_1m_scheduled_vs_empty", "none scheduled", drain_rates(bench, server, queue), empty);
}

void history_case(const Bench& bench) {
  if (bench.sizes.history == 0) return;  // it takes minutes to make
  Server server(bench.url);
  server.drop_schema("bench_jobs");
  std::vector<double> empty;
  {
    OurQueue queue(on_postgres(bench.url));
    drain_rates(bench, server, queue);
    empty = drain_rates(bench, server, queue);
  }
  server.drop_schema("bench_jobs");
  make_history(server, bench.url, bench.sizes.history);
  {
    OurQueue queue(on_postgres(bench.url, history_schema));
    drain_rates(bench, server, queue);
    compare("drain_10m_history_vs_empty", "no history", drain_rates(bench, server, queue), empty);
  }
  restore_history(server);
}

void size_case(const Bench& bench) {
  Server server(bench.url);
  server.drop_schema("bench_jobs");
  const auto bytes = [&](const char* function) {
    const auto value = server.sql().run(
        fmt::format("SELECT sum({}(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                    "WHERE n.nspname = "
                    "'bench_jobs' AND c.relkind = 'r' AND (c.relname LIKE 'job%' OR c.relname = 'workers')",
                    function));
    return std::strtod(value.front().c_str(), nullptr);
  };
  OurQueue queue(on_postgres(bench.url));
  const double tables_before = bytes("pg_table_size");
  const double indexes_before = bytes("pg_indexes_size");
  for (int done = 0; done < bench.sizes.stored; done += bench.sizes.jobs) {
    const int jobs = std::min(bench.sizes.jobs, bench.sizes.stored - done);
    queue.enqueue_of_users(jobs, bench.sizes.users);
    queue.drain(jobs);
  }
  const double tables = bytes("pg_table_size") - tables_before;
  const double indexes = bytes("pg_indexes_size") - indexes_before;
  report(bench_name, "table_bytes_1m_jobs", {tables, tables, tables}, "bytes");
  report(bench_name, "index_bytes_1m_jobs", {indexes, indexes, indexes}, "bytes");
  for (const auto& table : server.sql().run(
           "SELECT format('  %s: %s + %s', c.relname, pg_size_pretty(pg_table_size(c.oid)), "
           "pg_size_pretty(pg_indexes_size(c.oid))) FROM pg_class c JOIN pg_namespace n ON n.oid = "
           "c.relnamespace "
           "WHERE n.nspname = 'bench_jobs' AND c.relkind = 'r' AND c.relname LIKE 'job%' AND "
           "pg_total_relation_size(c.oid) > 100000 ORDER BY pg_total_relation_size(c.oid) DESC")) {
    std::printf("%s\n", table.c_str());
  }
}

}  // namespace omnicrm::benchmarks
