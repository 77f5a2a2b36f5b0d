// A connection of the pool: transactions for a user or for the library, and their statements.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <omnicrm/core/function_ref.hpp>
#include <omnicrm/storage/postgres.hpp>

#include "storage/postgres/pg_insert.hpp"
#include "storage/postgres/pg_statement.hpp"

namespace omnicrm::storage {

/// One thread at a time.
class PgConnection final : public Connection {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Access { read, write };

  /// `options` and `shapes` must outlive the connection.
  [[nodiscard]] static Result<std::unique_ptr<PgConnection>> open(const PostgresOptions& options,
                                                                  const std::string& url, PgShapes& shapes,
                                                                  Clock::time_point deadline,
                                                                  const std::stop_token& stop);

  [[nodiscard]] Dialect dialect() const noexcept override { return Dialect::postgres; }
  Result<StatementPtr> prepare(std::string_view sql) override;
  Result<StatementPtr> prepare_insert(std::string_view table, std::span<const std::string_view> columns,
                                      std::string_view on_conflict) override;
  Result<void> execute(std::string_view sql) override;
  [[nodiscard]] std::int64_t changes() const noexcept override;

  /// Begins a transaction; sent together with its first statement.
  void begin(Access access, const std::optional<UserId>& user);
  /// Begins one on a replica; its first answer is `behind` when that has not replayed `position`.
  void begin_behind(const std::optional<UserId>& user, std::uint64_t position);
  /// Runs a body of work in it. Whatever it throws becomes an `internal` error.
  Result<void> run(Work work);
  /// Ends it after a work that succeeded. Fails with what a statement met that nobody waited for.
  Result<void> commit(bool tells_position = false);
  /// Ends a reading one; does not wait for the server to say so.
  Result<void> end_read();
  /// Ends it without a trace; does not wait.
  void roll_back();

  /// Sends a statement; waits for its rows if it has any. For `PgStatement`.
  Result<void> run_statement(PgStatement& statement);

  /// The next rows of the statement whose stream is being read; false when there are none, or it is not.
  Result<bool> next_streamed(PgStatement& statement);
  /// Drops what is left of it.
  void end_stream(PgStatement& statement) noexcept;
  /// Takes a row for its batch; sends all batches when there is enough. For `PgInsert`.
  Result<void> add_row(PgBatch& batch, std::span<const PgBound> row);

  /// Of the last commit that was asked for it.
  [[nodiscard]] std::optional<std::uint64_t> position() const noexcept { return position_; }
  /// How far the replica was when it was last asked.
  [[nodiscard]] std::uint64_t replayed() const noexcept { return replayed_; }
  /// What the transaction inserted, as far as it was sent.
  [[nodiscard]] PgInserted take_inserted() noexcept { return std::exchange(inserted_, {}); }
  /// The connection was lost during the commit.
  [[nodiscard]] bool is_outcome_unknown() const noexcept { return is_outcome_unknown_; }
  /// The first failure of the transaction at hand.
  [[nodiscard]] const PgFailure& first_failure() const noexcept { return link_->first_failure(); }
  [[nodiscard]] bool is_usable() const noexcept { return !link_->is_lost() && !is_stale_; }
  /// Idle: whether the server hung up meanwhile.
  [[nodiscard]] bool is_healthy();
  /// Is closed when it is given back.
  void retire() noexcept { is_stale_ = true; }
  void set_stop(std::stop_token stop) noexcept { link_->set_stop(std::move(stop)); }
  void abandon() noexcept { link_->abandon(); }

  [[nodiscard]] Clock::time_point opened_at() const noexcept { return opened_at_; }
  [[nodiscard]] Clock::time_point used_at() const noexcept { return used_at_; }
  void touch(Clock::time_point now) noexcept { used_at_ = now; }
  [[nodiscard]] const PgLink& link() const noexcept { return *link_; }

 private:
  PgConnection(const PostgresOptions& options, std::unique_ptr<PgLink> link, PgShapes& shapes)
      : options_(options),
        link_(std::move(link)),
        shapes_(shapes),
        cache_(*this, options.statement_cache),
        inserts_(*this) {}
  void give_back(Statement* statement) noexcept override;
  void begin(Access access, const std::optional<UserId>& user, FunctionRef<void()> before);
  Result<void> settle();
  void check_replayed();
  Result<void> set_up();
  /// Search path and timeouts: of the connection, or behind a pooler of the transaction.
  void send_settings();
  void send_scope(Access access, const UserId& user);
  Result<void> learn_shape(PgStatement& statement);
  Result<void> begin_stream(PgStatement& statement);
  /// Another statement needs the connection: the rest of the stream is put by.
  Result<void> keep_stream();
  Result<std::shared_ptr<const PgTable>> learn_table(std::string_view name);
  /// Sends the rows that were collected, without waiting.
  Result<void> flush_rows();

  const PostgresOptions& options_;
  std::unique_ptr<PgLink> link_;
  PgShapes& shapes_;
  PgStatementCache cache_;
  PgInserts inserts_;
  PgParameters parameters_;
  const std::shared_ptr<PgPrepared> scope_read_ =
      std::make_shared<PgPrepared>(PgPrepared{"ocrm_read", false});
  const std::shared_ptr<PgPrepared> scope_write_ =
      std::make_shared<PgPrepared>(PgPrepared{"ocrm_write", false});
  void count_inserted(std::string_view table, std::size_t rows);

  PgInserted inserted_;
  std::optional<std::uint64_t> position_;
  std::uint64_t replayed_ = 0;
  std::uint64_t must_see_ = 0;
  PgResult replay_reply_;  // asked before a replica's transaction; null when it was not
  bool asks_replay_ = false;
  PgStatement* streaming_ = nullptr;
  std::size_t unread_ = 0;  // statements sent without waiting
  bool is_stale_ = false;
  bool is_outcome_unknown_ = false;
  Clock::time_point opened_at_ = Clock::now();
  Clock::time_point used_at_ = opened_at_;
};

}  // namespace omnicrm::storage
