// SQLite, its log synced at every commit, against a bare C loop with the same group size.
#include <vector>

#include "../../parts/temporary_folder.hpp"
#include "../bare_sqlite_jobs.hpp"
#include "../bench_report.hpp"
#include "bench.hpp"
#include "our_queue.hpp"
#include "processor_time.hpp"
#include "starts.hpp"

namespace omnicrm::benchmarks {

void sqlite_cases(const Bench& bench) {
  constexpr int group = 500;  // as many as RunnerOptions::claim_limit
  const Sizes& sizes = bench.sizes;
  std::vector<double> ours, bare, cpu, starts;
  for (int run = 0; run < sizes.runs; ++run) {
    const omnicrm::testing::TemporaryFolder folder;
    {
      OurQueue queue(on_sqlite(folder.file("ours.db")));
      queue.enqueue_of_users(sizes.jobs, sizes.users);
      const double before = own_seconds();
      ours.push_back(sizes.jobs / queue.drain(sizes.jobs));
      cpu.push_back((own_seconds() - before) * 1e6 / sizes.jobs);
    }
    {
      BareSqliteJobs loop(folder.file("bare.db"), sizes.jobs, sizes.users, group, job_payload);
      loop.enqueue_rate();
      bare.push_back(loop.drain_rate());
    }
    auto delays = start_delays_ms(on_sqlite(folder.file("start.db")), false, sizes.starts);
    starts.push_back(Figure::of(std::move(delays)).median);
  }
  const Figure drain = Figure::of(ours);
  report(bench_name, "sqlite_drain_vs_ceiling", drain, "jobs/s",
         lower_peer("bare sqlite3 loop", Figure::of(bare).median, drain.median));
  const Figure processor = Figure::of(cpu);
  report(bench_name, "sqlite_cpu_per_job_us", processor, "us", slower_peer("limit", 4, processor.median));
  const Figure start = Figure::of(starts);
  report(bench_name, "sqlite_start_p50_ms", start, "ms", slower_peer("limit", 0.2, start.median));
}

}  // namespace omnicrm::benchmarks
