// One libpq connection in pipeline mode: what is sent, and the replies still to come.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "storage/postgres/pg_error.hpp"
#include "storage/postgres/pg_types.hpp"

namespace omnicrm::storage {

struct PgClear {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgClear>;

/// A statement that the server may hold under a name.
struct PgPrepared {
  std::string name;
  bool is_there = false;  ///< sent, and not known to have failed
};

/// Commands are sent without waiting; `settle` reads all their replies in one round trip. The first failure
/// is kept: from then on commands are not sent and `settle` fails, until `forget_failure`. One thread at a
/// time.
class PgLink {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Errors: `unavailable`, `permission_denied`, `not_found` (no such database), `failed_precondition` (a
  /// server too old, a database that is not UTF-8).
  /// `settings` are for the session ("-c search_path=x"); a pooler does not take any.
  [[nodiscard]] static Result<std::unique_ptr<PgLink>> open(const std::string& url, Deadline deadline,
                                                            const std::string& settings = {},
                                                            const std::stop_token& stop = {});
  ~PgLink();
  PgLink(const PgLink&) = delete;
  PgLink& operator=(const PgLink&) = delete;

  /// Parses, binds and runs; `types` may be empty (the server infers them). `reply` gets the rows when it is
  /// not null and must live until `settle`.
  void send(std::string_view sql, const PgParameters& parameters, const std::vector<Oid>& types,
            PgResult* reply = nullptr);
  void send(std::string_view sql) { send(sql, PgParameters(), {}); }
  void send_prepared(const PgPrepared& prepared, std::string_view sql, const PgParameters& parameters,
                     PgResult* reply = nullptr);
  void prepare(const std::shared_ptr<PgPrepared>& prepared, const std::string& sql,
               const std::vector<Oid>& types);
  void describe(const PgPrepared& prepared, PgResult* reply);

  /// Marks the end of what belongs together: after a failure the server skips to here. Does not wait.
  void mark();
  /// Waits until the rows of what was sent last begin; `next_rows` reads them one by one. Until its end
  /// nothing else can be read.
  Result<void> begin_rows();
  /// False when there are none left.
  Result<bool> next_rows(PgResult& rows);

  /// Marks, waits for all replies and reads them.
  Result<void> settle();
  /// Runs a script (no parameters, rows are dropped) by the simple protocol; nothing may be outstanding.
  Result<void> run_script(std::string_view script);

  [[nodiscard]] bool has_failed() const noexcept { return failure_.trouble != PgTrouble::none; }
  [[nodiscard]] const PgFailure& first_failure() const noexcept { return failure_; }
  void forget_failure() noexcept { failure_ = {}; }
  void fail_with(PgFailure failure);
  [[nodiscard]] bool is_lost() const noexcept { return lost_; }
  /// Bytes are there to be read, or the other side hung up; without waiting.
  [[nodiscard]] bool is_readable() const noexcept;
  [[nodiscard]] std::size_t outstanding() const noexcept { return pending_.size(); }
  /// After `settle`.
  [[nodiscard]] PGTransactionStatusType status() const noexcept { return PQtransactionStatus(connection_); }
  /// Rows changed by the last insert, update or delete whose reply was read.
  [[nodiscard]] std::int64_t changes() const noexcept { return changes_; }

  /// How often this waited for the server.
  [[nodiscard]] std::uint64_t round_trips() const noexcept { return round_trips_; }

  [[nodiscard]] const PgPlace& place() const noexcept { return place_; }
  /// When asked, what the server is at is cancelled; within a twentieth of a second.
  void set_stop(std::stop_token stop) noexcept { stop_ = std::move(stop); }
  [[nodiscard]] bool is_stopped() const noexcept { return stop_.stop_requested(); }
  void set_writing(bool may_write) noexcept { place_.may_write = may_write; }
  /// For what is no pipeline: notifications. Nothing may be outstanding.
  [[nodiscard]] PGconn* raw() noexcept { return connection_; }
  /// Forgets the socket without a word to the server: the parent of a fork still uses it.
  void abandon() noexcept { connection_ = nullptr; }

 private:
  struct Pending {
    bool is_mark = false;
    PgResult* reply = nullptr;
    std::shared_ptr<PgPrepared> prepared;
    std::string doing;
  };

  PgLink() = default;
  Result<void> connect(const std::string& url, Deadline deadline, const std::string& settings,
                       const std::stop_token& stop);
  Result<void> check_server() const;
  void sent(int code, Pending pending);
  void settle_until(std::size_t left);
  PgResult next_result();
  /// Asks the server to give up what runs; blocks for a connection of its own.
  void cancel() noexcept;
  void take(Pending& pending, PgResult result);
  void lose(const PGresult* result, std::string_view doing);

  PGconn* connection_ = nullptr;
  PGcancel* cancel_ = nullptr;
  PgPlace place_;
  std::stop_token stop_;
  std::deque<Pending> pending_;
  PgFailure failure_;
  bool lost_ = false;
  std::int64_t changes_ = 0;
  std::uint64_t round_trips_ = 0;
};

}  // namespace omnicrm::storage
