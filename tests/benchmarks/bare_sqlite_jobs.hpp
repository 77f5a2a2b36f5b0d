// The ceiling on SQLite: its C interface with nothing around it, one connection, prepared statements, WAL,
// the same columns and the indexes that a claim and an ending touch.
#pragma once

#include <sqlite3.h>

#include <cstdio>
#include <string>
#include <vector>

#include "bench_check.hpp"
#include "bench_report.hpp"

namespace omnicrm::benchmarks {

class BareSqliteJobs {
 public:
  /// A new file. `group` jobs a transaction.
  BareSqliteJobs(const std::string& path, int total, int users, int group, const char* payload)
      : total_(total), users_(users), group_(group), payload_(payload) {
    check(sqlite3_open(path.c_str(), &database_));
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("CREATE TABLE jobs (seq INTEGER PRIMARY KEY, user_id BLOB, id BLOB, kind TEXT, payload TEXT, state "
        "TEXT, priority INTEGER, virtual_time INTEGER, lease_id BLOB, attempt INTEGER, created_at INTEGER, "
        "started_at INTEGER, finished_at INTEGER)");
    run("CREATE INDEX jobs_ready ON jobs (priority, virtual_time, seq) WHERE state = 'ready'");
    run("CREATE UNIQUE INDEX jobs_id ON jobs (user_id, id)");
  }
  ~BareSqliteJobs() { sqlite3_close_v2(database_); }
  BareSqliteJobs(const BareSqliteJobs&) = delete;
  BareSqliteJobs& operator=(const BareSqliteJobs&) = delete;

  /// Jobs a second.
  double enqueue_rate() {
    return total_ / seconds([&] { enqueue(); });
  }
  double drain_rate() {
    return total_ / seconds([&] { drain(); });
  }

 private:
  void check(int status) {
    if (status != SQLITE_OK && status != SQLITE_DONE) give_up(sqlite3_errmsg(database_));
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
    for (int made = 0; made < total_;) {
      run("BEGIN IMMEDIATE");
      for (int i = 0; i < group_; ++i, ++made) {
        char id[17];
        std::snprintf(id, sizeof(id), "%016d", made);
        char user[17];
        std::snprintf(user, sizeof(user), "%016d", made / group_ % users_);
        sqlite3_bind_blob(insert, 1, user, 16, SQLITE_STATIC);
        sqlite3_bind_blob(insert, 2, id, 16, SQLITE_STATIC);
        sqlite3_bind_text(insert, 3, payload_, -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 4, made % group_);
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
        "attempt + 1, started_at = 1795435200000000 WHERE seq = ?");
    sqlite3_stmt* finish = prepare(
        "UPDATE jobs SET state = 'done', lease_id = NULL, finished_at = 1795435200000000 WHERE seq = ?");
    std::vector<sqlite3_int64> held;
    for (int done = 0; done < total_;) {
      run("BEGIN IMMEDIATE");
      for (const sqlite3_int64 seq : held) {
        sqlite3_bind_int64(finish, 1, seq);
        once(finish);
      }
      done += static_cast<int>(held.size());
      held.clear();
      sqlite3_bind_int(select, 1, group_);
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
  int total_;
  int users_;
  int group_;
  const char* payload_;
};

}  // namespace omnicrm::benchmarks
