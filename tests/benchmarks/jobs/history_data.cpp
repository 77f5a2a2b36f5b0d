#include "history_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../../../src/core/sha256.hpp"
#include "bench.hpp"
#include "our_queue.hpp"

namespace omnicrm::benchmarks {

namespace {

constexpr long long made_at = 1'767'225'600'000'000;  // 2026-01-01, before every run
constexpr int per_call = 100;                         // jobs of one user, their ids one after another
constexpr int per_receipt = 5;                        // such calls

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What the data is made from: the tables, this code, the number.
std::string key(long long jobs) {
  return sha256_hex(contents("src/storage/migrations/postgres/0001_initial.sql") +
                    contents("tests/benchmarks/jobs/history_data.cpp") + std::to_string(jobs));
}

/// The users, numbered; and the id of the n-th job: version 7 (RFC 9562), in the order of time.
void prepare(BarePg& sql) {
  sql.run(fmt::format(
      "SET search_path = {}, public; SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; "
      "CREATE TEMPORARY TABLE bench_users (number BIGINT PRIMARY KEY, id UUID NOT NULL)",
      history_schema));
  std::string users = "INSERT INTO bench_users VALUES ";
  for (int user = 0; user < 1'000; ++user) {
    users += fmt::format("{}({}, '{}')", user == 0 ? "" : ", ", user, bench_user(user).to_string());
  }
  sql.run(users);
  sql.run(fmt::format(
      "CREATE FUNCTION pg_temp.job_id(n BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE AS $$ SELECT "
      "(lpad(to_hex({} / 1000 + n / {}), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid $$",
      made_at, per_call));
}

void add_jobs(BarePg& sql, long long from, long long to) {
  sql.run(fmt::format(R"sql(
INSERT INTO jobs (user_id, id, priority, run_at, cost, max_attempts, created_at, kind, payload, unique_key, trace)
SELECT u.id, pg_temp.job_id(n), 100, {0} + n * 10, 1, 5, {0} + n * 10, '{1}', '{2}', '', ''
FROM generate_series({3}::bigint, {4}::bigint - 1) AS n JOIN bench_users AS u ON u.number = n / {5} % 1000)sql",
                      made_at, job_kind, job_payload, from, to, per_call));
  sql.run(fmt::format(R"sql(
INSERT INTO job_receipts (kind, at, users, firsts, lasts, started)
SELECT '{1}', {0} + min(n) * 10, array_agg(u.id ORDER BY n), array_agg(pg_temp.job_id(n) ORDER BY n),
       array_agg(pg_temp.job_id(n + {4} - 1) ORDER BY n), array_agg({0} + n * 10 ORDER BY n)
FROM generate_series({2}::bigint, {3}::bigint - 1, {4}) AS n JOIN bench_users AS u ON u.number = n / {4} % 1000
GROUP BY n / ({4} * {5}))sql",
                      made_at, job_kind, from, to, per_call, per_receipt));
}

}  // namespace

void make_history(Server& server, const std::string& url, long long jobs) {
  const auto made = server.sql().run(fmt::format(
      "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = '{}'", history_schema));
  if (!made.empty() && made.front() == key(jobs)) return;
  server.drop_schema(history_schema);
  { OurQueue migrated(on_postgres(url, history_schema)); }
  BarePg sql(url);
  prepare(sql);
  sql.run("ALTER TABLE jobs DROP CONSTRAINT jobs_pkey");
  constexpr long long step = 1'000'000;
  for (long long done = 0; done < jobs; done += step) {
    add_jobs(sql, done, std::min(jobs, done + step));
    std::fprintf(stderr, "jobs: %lld of the past\n", std::min(jobs, done + step));
  }
  sql.run("ALTER TABLE jobs ADD PRIMARY KEY (user_id, id)");
  sql.run("VACUUM (FREEZE, ANALYZE) jobs");
  sql.run("VACUUM (FREEZE, ANALYZE) job_receipts");
  sql.run(fmt::format("COMMENT ON SCHEMA {} IS '{}'", history_schema, key(jobs)));
  server.settle();
}

void restore_history(Server& server) {
  const long long after = made_at + 1'000'000'000'000;  // a million seconds: the history is shorter
  server.sql().run(fmt::format("DELETE FROM {}.jobs WHERE created_at > {}", history_schema, after));
  server.sql().run(fmt::format("DELETE FROM {}.job_receipts WHERE at > {}", history_schema, after));
  server.sql().run(fmt::format("VACUUM {0}.jobs", history_schema));
  server.sql().run(fmt::format("VACUUM {0}.job_receipts", history_schema));
}

}  // namespace omnicrm::benchmarks
