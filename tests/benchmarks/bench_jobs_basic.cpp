// Jobs on SQLite: 100,000 of 1,000 users enqueued in bulk and drained, against a bare C loop over a like
// table.
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <omnicrm/storage/sqlite.hpp>

#include "bench_report.hpp"
#include "core/id_generator.hpp"
#include "jobs/queue.hpp"
#include "jobs/runner.hpp"
#include "../parts/temporary_folder.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::benchmarks;

constexpr int total = 100'000;
constexpr int users = 1'000;
constexpr int group = 100;  // jobs a transaction, theirs and ours
constexpr char payload[] = R"({"message":"0190f3a0-7e57-7abc-8def-0123456789ab"})";

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) die(result.error().message);
  return std::move(*result);
}
void must(Result<void> result) {
  if (!result) die(result.error().message);
}

class Quiet final : public observe::Logger {
 public:
  [[nodiscard]] bool wants(observe::Level) const noexcept override { return false; }
  void write(observe::Level, std::string_view, std::string_view) noexcept override {}
};

class Nothing final : public jobs::Handler {
 public:
  Result<jobs::Outcome> run(jobs::Context&) override { return jobs::Outcome::done(); }
};

struct Rates {
  double enqueue = 0;
  double drain = 0;
};

Rates run_ours(const std::string& path) {
  const auto clock = system_clock();
  const auto ids = std::make_shared<IdGenerator>(clock, system_random());
  const auto wakeup = std::make_shared<jobs::Wakeup>();
  const std::shared_ptr<storage::Storage> storage = must(storage::sqlite({.path = path}));
  must(storage->migrate());
  Rates rates;
  jobs::NewJob job;
  job.kind = "nothing";
  job.payload = Json{payload};
  const std::vector<jobs::NewJob> bulk(group, job);
  rates.enqueue = total / seconds([&] {
                    for (int call = 0; call < total / group; ++call) {
                      const auto user = must(user_id("user" + std::to_string(call % users)));
                      must(jobs::make_jobs(storage, clock, ids, user, wakeup)->enqueue(bulk));
                    }
                  });
  // The drain is of jobs of all users, mixed by their fair turns.
  const auto runner =
      jobs::make_runner({storage, clock, ids, system_random(), std::make_shared<Quiet>(), wakeup},
                        {.threads = 2, .claim_limit = group});
  must(runner->register_handler("nothing", std::make_shared<Nothing>()));
  rates.drain = total / seconds([&] {
                  if (must(runner->run_until_idle()).done != total) die("not every job was done");
                });
  return rates;
}

/// SQLite's C interface with nothing around it: one connection, prepared statements, WAL, the same columns
/// and the indexes that a claim and an ending touch.
class Bare {
 public:
  explicit Bare(const std::string& path) {
    check(sqlite3_open(path.c_str(), &database_));
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("CREATE TABLE jobs (seq INTEGER PRIMARY KEY, user_id BLOB, id BLOB, kind TEXT, payload TEXT, state "
        "TEXT, "
        "priority INTEGER, virtual_time INTEGER, lease_id BLOB, attempt INTEGER, created_at INTEGER, "
        "started_at INTEGER, finished_at INTEGER)");
    run("CREATE INDEX jobs_ready ON jobs (priority, virtual_time, seq) WHERE state = 'ready'");
    run("CREATE UNIQUE INDEX jobs_id ON jobs (user_id, id)");
  }
  ~Bare() { sqlite3_close_v2(database_); }

  Rates run_all() {
    Rates rates;
    rates.enqueue = total / seconds([&] { enqueue(); });
    rates.drain = total / seconds([&] { drain(); });
    return rates;
  }

 private:
  void check(int status) {
    if (status != SQLITE_OK && status != SQLITE_DONE) die(sqlite3_errmsg(database_));
  }
  void run(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr));
    return statement;
  }
  void once(sqlite3_stmt* statement) {
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
  }

  void enqueue() {
    sqlite3_stmt* insert = prepare(
        "INSERT INTO jobs VALUES (NULL, ?, ?, 'nothing', ?, 'ready', 100, ?, NULL, 0, 1795435200000000, "
        "NULL, NULL)");
    for (int made = 0; made < total;) {
      run("BEGIN IMMEDIATE");
      for (int i = 0; i < group; ++i, ++made) {
        char id[17];
        std::snprintf(id, sizeof(id), "%016d", made);
        char user[17];
        std::snprintf(user, sizeof(user), "%016d", made / group % users);
        sqlite3_bind_blob(insert, 1, user, 16, SQLITE_STATIC);
        sqlite3_bind_blob(insert, 2, id, 16, SQLITE_STATIC);
        sqlite3_bind_text(insert, 3, payload, -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 4, made % group);
        once(insert);
      }
      run("COMMIT");
    }
    sqlite3_finalize(insert);
  }

  /// Ends the last group and claims the next one in each transaction.
  void drain() {
    sqlite3_stmt* select = prepare(
        "SELECT seq, user_id, id, kind, payload FROM jobs WHERE state = 'ready' "
        "ORDER BY priority, virtual_time, seq LIMIT ?");
    sqlite3_stmt* claim = prepare(
        "UPDATE jobs SET state = 'running', lease_id = x'00112233445566778899aabbccddeeff', attempt = "
        "attempt + 1, "
        "started_at = 1795435200000000 WHERE seq = ?");
    sqlite3_stmt* finish = prepare(
        "UPDATE jobs SET state = 'done', lease_id = NULL, finished_at = 1795435200000000 WHERE seq = ?");
    std::vector<sqlite3_int64> held;
    int done = 0;
    while (done < total) {
      run("BEGIN IMMEDIATE");
      for (const sqlite3_int64 seq : held) {
        sqlite3_bind_int64(finish, 1, seq);
        once(finish);
      }
      done += static_cast<int>(held.size());
      held.clear();
      sqlite3_bind_int(select, 1, group);
      while (sqlite3_step(select) == SQLITE_ROW) held.push_back(sqlite3_column_int64(select, 0));
      sqlite3_reset(select);
      for (const sqlite3_int64 seq : held) {
        sqlite3_bind_int64(claim, 1, seq);
        once(claim);
      }
      run("COMMIT");
    }
    for (sqlite3_stmt* statement : {select, claim, finish}) sqlite3_finalize(statement);
  }

  sqlite3* database_ = nullptr;
};

}  // namespace

int main() {
  std::vector<double> enqueue, drain, bare_enqueue, bare_drain;
  for (int run = 0; run < 3; ++run) {
    const testing::TemporaryFolder folder;
    const Rates ours = run_ours(folder.file("ours.db"));
    const Rates bare = Bare(folder.file("bare.db")).run_all();
    enqueue.push_back(ours.enqueue);
    drain.push_back(ours.drain);
    bare_enqueue.push_back(bare.enqueue);
    bare_drain.push_back(bare.drain);
  }
  const auto compare = [](const char* name, std::vector<double> ours, std::vector<double> bare) {
    const Figure figure = Figure::of(std::move(ours));
    const Figure limit = Figure::of(std::move(bare));
    report("jobs_basic", name, figure, "jobs/s",
           lower_peer("bare sqlite3 loop", limit.median, figure.median));
  };
  compare("sqlite_bulk_enqueue", std::move(enqueue), std::move(bare_enqueue));
  compare("sqlite_drain", std::move(drain), std::move(bare_drain));
}
