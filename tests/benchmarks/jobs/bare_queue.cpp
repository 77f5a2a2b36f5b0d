#include "bare_queue.hpp"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "../bare_pg.hpp"
#include "../bench_report.hpp"

namespace omnicrm::benchmarks {

namespace {

constexpr const char* tables = R"sql(
DROP SCHEMA IF EXISTS bench_bare CASCADE;
CREATE SCHEMA bench_bare;
SET search_path = bench_bare;
CREATE TABLE ready (priority INTEGER NOT NULL, vt BIGINT NOT NULL, id UUID NOT NULL, n INTEGER NOT NULL,
                    user_id UUID NOT NULL, attempt INTEGER NOT NULL);
CREATE INDEX ready_next ON ready (priority, vt, id);
CREATE TABLE leases (id BIGINT PRIMARY KEY, worker BIGINT NOT NULL, jobs UUID[] NOT NULL);
CREATE TABLE receipts (lease BIGINT NOT NULL, jobs INTEGER NOT NULL))sql";

/// One round trip: the lease before is over, with its receipt; the next jobs are taken, with their lease.
constexpr const char* round_sql = R"sql(
WITH closed AS (DELETE FROM bench_bare.leases WHERE id = $1 RETURNING id, cardinality(jobs) AS jobs),
receipt AS (INSERT INTO bench_bare.receipts SELECT id, jobs FROM closed),
taken AS (DELETE FROM bench_bare.ready WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM bench_bare.ready ORDER BY priority, vt, id LIMIT {} FOR UPDATE SKIP LOCKED))
  RETURNING id),
lease AS (INSERT INTO bench_bare.leases SELECT $2::bigint, $3::bigint, array_agg(id) FROM taken HAVING count(*) > 0)
SELECT id FROM taken)sql";

void fill(BarePg& server, int jobs) {
  server.run(tables);
  server.run(
      fmt::format("INSERT INTO ready SELECT 100, n * 1000 / {0}, md5('job' || n)::uuid, 1, md5('user' || n % "
                  "1000)::uuid, 0 "
                  "FROM generate_series(0, {0} - 1) AS n",
                  jobs));
  server.run("VACUUM ANALYZE ready");
  server.run("CHECKPOINT");
}

int drain(BarePg& server, long long worker, int per_round) {
  server.prepare("round", fmt::format(fmt::runtime(round_sql), per_round).c_str());
  std::vector<std::string> values{"0", "0", std::to_string(worker)};
  int drained = 0;
  for (long long round = 1;; ++round) {
    values[1] = std::to_string(worker * 1'000'000'000 + round);
    const int rows = server.count_prepared("round", values);
    if (rows == 0) return drained;
    drained += rows;
    values[0] = values[1];
  }
}

}  // namespace

double bare_drain_rate(const std::string& url, int jobs, int connections, int per_round) {
  BarePg server(url);
  fill(server, jobs);
  std::vector<std::unique_ptr<BarePg>> servers;
  for (int i = 0; i < connections; ++i) servers.push_back(std::make_unique<BarePg>(url));
  std::atomic<int> drained = 0;
  const double taken = seconds([&] {
    std::vector<std::jthread> loops;
    for (int i = 0; i < connections; ++i) {
      loops.emplace_back(
          [&, i] { drained += drain(*servers[static_cast<std::size_t>(i)], i + 1, per_round); });
    }
  });
  if (drained != jobs || server.run("SELECT count(*) FROM leases").front() != "0") {
    give_up("the bare loop did not drain its table");
  }
  return jobs / taken;
}

}  // namespace omnicrm::benchmarks
