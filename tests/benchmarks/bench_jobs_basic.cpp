// Jobs on SQLite with small groups: 100,000 of 1,000 users enqueued 100 a call and drained 100 a transaction,
// against a bare C loop over a like table that does the same.
#include <vector>

#include "../parts/temporary_folder.hpp"
#include "bare_sqlite_jobs.hpp"
#include "bench_report.hpp"
#include "jobs/our_queue.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::benchmarks;

constexpr int total = 100'000;
constexpr int users = 1'000;
constexpr int group = 100;

void compare(std::string_view name, const std::vector<double>& ours, const std::vector<double>& bare) {
  const Figure figure = Figure::of(ours);
  report("jobs_basic", name, figure, "jobs/s",
         lower_peer("bare sqlite3 loop", Figure::of(bare).median, figure.median));
}

}  // namespace

int main() {
  std::vector<double> enqueue, drain, bare_enqueue, bare_drain;
  for (int run = 0; run < 3; ++run) {
    const omnicrm::testing::TemporaryFolder folder;
    Options options = on_sqlite(folder.file("ours.db"));
    options.jobs.claim_limit = group;
    OurQueue ours(std::move(options));
    enqueue.push_back(total / seconds([&] { ours.enqueue_in_bulk(total, group, 1); }));
    drain.push_back(total / ours.drain(total));
    BareSqliteJobs bare(folder.file("bare.db"), total, users, group, job_payload);
    bare_enqueue.push_back(bare.enqueue_rate());
    bare_drain.push_back(bare.drain_rate());
  }
  compare("sqlite_bulk_enqueue", enqueue, bare_enqueue);
  compare("sqlite_drain", drain, bare_drain);
}
