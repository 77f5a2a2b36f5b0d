#include "storage/postgres/pg_connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"

namespace omnicrm::storage {
namespace {

constexpr std::string_view columns_sql =
    "SELECT a.attname, a.atttypid, t.typarray, format_type(a.atttypid, a.atttypmod) "
    "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
    "WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

constexpr std::string_view position_sql =
    "SELECT CAST(pg_current_wal_insert_lsn() - CAST('0/0' AS pg_lsn) AS bigint)";
constexpr std::string_view replayed_sql =
    "SELECT CAST(pg_last_wal_replay_lsn() - CAST('0/0' AS pg_lsn) AS bigint)";

/// After so many statements that nobody waited for, the replies are read.
constexpr std::size_t most_unread = 200;

// Not READ WRITE: a server that only reads would refuse that as something it does not know.
//
/// One writer of a user at a time, on all machines: what a repository reads in a transaction stays true until
/// its commit, as on SQLite. READ COMMITTED, because a snapshot would be older than the lock that was waited
/// for.
constexpr std::string_view begin_user_write = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// The library's own writes are of all users: in conflict with another one they are run again.
constexpr std::string_view begin_library_write = "BEGIN ISOLATION LEVEL REPEATABLE READ";
constexpr std::string_view begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

constexpr std::string_view user_read_sql =
    "SELECT set_config('role', 'omnicrm_app', true), set_config('omnicrm.user_id', $1, true)";
constexpr std::string_view user_write_sql =
    "SELECT set_config('role', 'omnicrm_app', true), set_config('omnicrm.user_id', $1, true), "
    "pg_advisory_xact_lock($2)";
constexpr Oid text_oid = 25;
constexpr Oid int8_oid = 20;

/// Two users with the same key wait for each other for nothing, once in 2^63.
std::int64_t lock_key(const UserId& user) {
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), user.value.bytes.data(), sizeof(halves));
  return static_cast<std::int64_t>(halves[0] * 0x9E3779B97F4A7C15ULL ^ halves[1]);
}

std::optional<std::uint64_t> first_number(const PgResult& result) {
  if (result == nullptr || PQntuples(result.get()) == 0 || PQgetisnull(result.get(), 0, 0) == 1) {
    return std::nullopt;
  }
  const std::string_view bytes(PQgetvalue(result.get(), 0, 0),
                               static_cast<std::size_t>(PQgetlength(result.get(), 0, 0)));
  return static_cast<std::uint64_t>(pg_integer(PQftype(result.get(), 0), bytes));
}

// Every statement of ours reads few rows by an index: starting parallel workers or a compiler takes longer
// than it does.
constexpr std::string_view settings_sql =
    "SELECT set_config('search_path', $1, false), set_config('lock_timeout', $2, false), "
    "set_config('statement_timeout', $3, false), set_config('max_parallel_workers_per_gather', '0', false), "
    "set_config('jit', 'off', false)";

/// For the transaction alone. `name` is program text.
std::string local_setting(std::string_view name, std::string_view value) {
  std::string quoted;
  for (const char c : value) quoted.append(c == '\'' ? 2 : 1, c);
  return fmt::format("SET LOCAL {} = '{}'", name, quoted);
}

}  // namespace

Result<std::unique_ptr<PgConnection>> PgConnection::open(const PostgresOptions& options,
                                                         const std::string& url, PgShapes& shapes,
                                                         Clock::time_point deadline,
                                                         const std::stop_token& stop) {
  OMNICRM_ASSIGN(auto link, PgLink::open(url, deadline, {}, stop));
  std::unique_ptr<PgConnection> connection(new PgConnection(options, std::move(link), shapes));
  OMNICRM_TRY(connection->set_up());
  return connection;
}

Result<void> PgConnection::set_up() {
  if (options_.transaction_pooling) return {};  // each transaction sets them
  send_settings();
  link_->prepare(scope_read_, std::string(user_read_sql), {text_oid});
  link_->prepare(scope_write_, std::string(user_write_sql), {text_oid, int8_oid});
  return link_->settle();
}

void PgConnection::send_settings() {
  const std::string lock = fmt::format("{}", options_.lock_timeout.count());
  const std::string statement = fmt::format("{}", options_.statement_timeout.count());
  const std::array<PgBound, 3> values = {PgBound{PgBound::Kind::text, 0, 0, options_.schema},
                                         PgBound{PgBound::Kind::text, 0, 0, lock},
                                         PgBound{PgBound::Kind::text, 0, 0, statement}};
  if (options_.transaction_pooling) {
    // Not by SELECT: after it the transaction could not choose its isolation any more.
    link_->send(local_setting("search_path", options_.schema));
    link_->send(local_setting("lock_timeout", lock));
    link_->send(local_setting("statement_timeout", statement));
    link_->send(local_setting("max_parallel_workers_per_gather", "0"));
    return link_->send(local_setting("jit", "off"));
  }
  const std::vector<Oid> types(values.size(), text_oid);
  if (auto encoded = parameters_.encode(values, types); !encoded) {
    return link_->fail_with({PgTrouble::statement, encoded.error()});
  }
  link_->send(settings_sql, parameters_, types);
}

void PgConnection::send_scope(Access access, const UserId& user) {
  const bool writes = access == Access::write;
  const std::string id = user.to_string();
  const std::array<PgBound, 2> values = {PgBound{PgBound::Kind::text, 0, 0, id},
                                         PgBound{PgBound::Kind::integer, lock_key(user), 0, {}}};
  const std::vector<Oid> types = writes ? std::vector<Oid>{text_oid, int8_oid} : std::vector<Oid>{text_oid};
  if (auto encoded = parameters_.encode(values, types); !encoded) {
    return link_->fail_with({PgTrouble::statement, encoded.error()});  // nothing may run without its user
  }
  const std::string_view sql = writes ? user_write_sql : user_read_sql;
  if (options_.transaction_pooling) {
    link_->send(sql, parameters_, types);
  } else {
    link_->send_prepared(writes ? *scope_write_ : *scope_read_, sql, parameters_);
  }
}

/// Asked in front of the transaction: its snapshot must not be older than the answer.
void PgConnection::begin_behind(const std::optional<UserId>& user, std::uint64_t position) {
  begin(Access::read, user, [&] {
    if (position <= replayed_) return;
    must_see_ = position;
    asks_replay_ = true;
    link_->send(replayed_sql, PgParameters(), {}, &replay_reply_);
    link_->mark();
  });
}

void PgConnection::check_replayed() {
  if (!asks_replay_ || (link_->has_failed() && replay_reply_ == nullptr)) return;
  asks_replay_ = false;
  const PgResult reply = std::exchange(replay_reply_, nullptr);
  if (const auto replayed = first_number(reply)) replayed_ = std::max(replayed_, *replayed);
  if (replayed_ >= must_see_) return;
  link_->forget_failure();  // whatever it was, it was about an older state
  link_->fail_with({PgTrouble::behind, Error{.code = ErrorCode::unavailable,
                                             .message = link_->place().name + ": the replica is behind",
                                             .details = {},
                                             .retryable = true,
                                             .needs_user = false}});
}

void PgConnection::begin(Access access, const std::optional<UserId>& user) {
  begin(access, user, [] {});
}

void PgConnection::begin(Access access, const std::optional<UserId>& user, FunctionRef<void()> before) {
  link_->forget_failure();
  unread_ = 0;
  is_outcome_unknown_ = false;
  inserts_.restart();
  inserted_.clear();
  streaming_ = nullptr;
  link_->set_writing(access == Access::write);
  asks_replay_ = false;
  before();
  link_->send(access == Access::read ? begin_read : user ? begin_user_write : begin_library_write);
  if (options_.transaction_pooling) send_settings();
  if (user) send_scope(access, *user);
  for (const std::string& name : cache_.take_dropped()) link_->send("DEALLOCATE " + name);
}

Result<void> PgConnection::run(Work work) {
  const auto borrowed = cache_.borrowed() + inserts_.borrowed();
  Result<void> result;
  try {
    result = work(*this);
  } catch (const std::exception& thrown) {
    result = failure(ErrorCode::internal, fmt::format("thrown in a transaction: {}", thrown.what()));
  } catch (...) {
    result = failure(ErrorCode::internal, "thrown in a transaction: not a std::exception");
  }
  if (result && cache_.borrowed() + inserts_.borrowed() != borrowed) {
    result = failure(ErrorCode::internal, "a statement was kept beyond its transaction");
  }
  return result;
}

Result<void> PgConnection::settle() {
  unread_ = 0;
  Result<void> settled = link_->settle();
  check_replayed();
  if (settled && link_->has_failed()) settled = fail(link_->first_failure().error);
  if (link_->first_failure().trouble == PgTrouble::stale_plan) {
    is_stale_ = true;
    shapes_.clear();
  }
  return settled;
}

Result<void> PgConnection::commit(bool tells_position) {
  if (link_->has_failed()) return fail(link_->first_failure().error);
  OMNICRM_TRY(flush_rows());
  PgResult ended;
  PgResult position;
  link_->send("COMMIT", PgParameters(), {}, &ended);
  if (tells_position) link_->send(position_sql, PgParameters(), {}, &position);
  const auto settled = settle();
  position_ = first_number(position);
  const std::string_view tag = ended == nullptr ? "" : PQcmdStatus(ended.get());
  if (tag == "COMMIT") return {};
  if (!settled) {
    if (!link_->is_lost()) return settled;
    Error unknown = link_->first_failure().error;
    unknown.message += " (it is not known whether the transaction was committed)";
    unknown.retryable = false;
    is_outcome_unknown_ = true;
    link_->forget_failure();
    link_->fail_with({PgTrouble::statement, unknown});  // not to be run again
    return fail(std::move(unknown));
  }
  return failure(ErrorCode::unavailable, link_->place().name + ": the transaction was rolled back");
}

Result<void> PgConnection::end_read() {
  OMNICRM_TRY(flush_rows());  // refused, and that is to be told
  if (link_->outstanding() > 0) OMNICRM_TRY(settle());
  if (link_->has_failed()) return fail(link_->first_failure().error);
  link_->send("COMMIT");
  link_->mark();
  return {};
}

void PgConnection::roll_back() {
  streaming_ = nullptr;
  inserts_.clear();
  // What is still unread may say why the work failed, and must not be taken for the next transaction's.
  if (link_->outstanding() > 0) static_cast<void>(settle());
  if (link_->is_lost()) return;
  const PgFailure reason = link_->first_failure();
  link_->forget_failure();  // or nothing would be sent
  link_->send("ROLLBACK");
  link_->mark();
  if (reason.trouble != PgTrouble::none) link_->fail_with(reason);
}

bool PgConnection::is_healthy() {
  link_->forget_failure();
  if (link_->outstanding() > 0 && !link_->settle()) return false;
  return !link_->is_lost() && !link_->is_readable() && link_->status() == PQTRANS_IDLE;
}

Result<StatementPtr> PgConnection::prepare(std::string_view sql) {
  OMNICRM_ASSIGN(PgStatement* const statement, cache_.take(sql));
  return StatementPtr(statement, StatementReturn{this});
}

Result<StatementPtr> PgConnection::prepare_insert(std::string_view table,
                                                  std::span<const std::string_view> columns,
                                                  std::string_view on_conflict) {
  PgBatch* batch = inserts_.find(table, columns, on_conflict);
  if (batch == nullptr) batch = &inserts_.make(table, columns, on_conflict);
  if (!batch->is_learned()) {
    const auto known = shapes_.find_table(table);
    // Known from before a migration, it may lack the column.
    if (known == nullptr || !batch->learn(*known)) {
      OMNICRM_ASSIGN(const auto now, learn_table(table));
      OMNICRM_TRY(batch->learn(*now));
    }
  }
  return StatementPtr(inserts_.lend(*batch), StatementReturn{this});
}

Result<std::shared_ptr<const PgTable>> PgConnection::learn_table(std::string_view name) {
  auto table = std::make_shared<PgTable>();
  OMNICRM_ASSIGN(auto rows, prepare(columns_sql));
  rows->bind_text(0, name);
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows->step());
    if (!more) break;
    table->columns.push_back({std::string(rows->get_text(0)), static_cast<Oid>(rows->get_int(1)),
                              static_cast<Oid>(rows->get_int(2)), std::string(rows->get_text(3))});
  }
  if (table->columns.empty()) return failure(ErrorCode::internal, fmt::format("no such table: {}", name));
  shapes_.add_table(name, table);
  return std::shared_ptr<const PgTable>(std::move(table));
}

Result<void> PgConnection::add_row(PgBatch& batch, std::span<const PgBound> row) {
  if (link_->has_failed()) return fail(link_->first_failure().error);
  if (batch.is_again(row)) OMNICRM_TRY(flush_rows());
  OMNICRM_TRY(batch.add(row));
  inserts_.note(batch);
  return inserts_.is_full() ? flush_rows() : Result<void>();
}

void PgConnection::count_inserted(std::string_view table, std::size_t rows) {
  const auto found = std::ranges::find(inserted_, table, &PgInserted::value_type::first);
  if (found == inserted_.end()) {
    inserted_.emplace_back(table, rows);
  } else {
    found->second += static_cast<std::int64_t>(rows);
  }
}

Result<void> PgConnection::flush_rows() {
  if (inserts_.is_empty()) return {};
  OMNICRM_TRY(keep_stream());
  for (PgBatch* const batch : inserts_.waiting()) {
    const PgParameters& arrays = batch->finish();
    if (options_.transaction_pooling) {
      link_->send(batch->sql(), arrays, batch->types());
    } else {
      if (!batch->prepared()->is_there) link_->prepare(batch->prepared(), batch->sql(), batch->types());
      link_->send_prepared(*batch->prepared(), batch->sql(), arrays);
    }
    ++unread_;
    count_inserted(batch->table(), batch->rows());
  }
  inserts_.clear();
  if (link_->has_failed()) return fail(link_->first_failure().error);
  return unread_ < most_unread ? Result<void>() : settle();
}

void PgConnection::give_back(Statement* statement) noexcept {
  if (auto* const insert = dynamic_cast<PgInsert*>(statement)) return inserts_.give_back(insert);
  cache_.give_back(static_cast<PgStatement*>(statement));
}

Result<void> PgConnection::learn_shape(PgStatement& statement) {
  PgResult described;
  // There already, if its description was lost with a failure.
  if (!statement.prepared_->is_there || statement.prepared_->name.empty()) {
    link_->prepare(statement.prepared_, statement.translated_.text, {});
  }
  link_->describe(*statement.prepared_, &described);
  OMNICRM_TRY(settle());
  auto shape = std::make_shared<PgShape>();
  const int count = PQnparams(described.get());
  for (int index = 0; index < count; ++index)
    shape->parameters.push_back(PQparamtype(described.get(), index));
  shape->columns = PQnfields(described.get());
  statement.shape_ = shape;
  shapes_.add(statement.sql(), std::move(shape));
  return {};
}

Result<void> PgConnection::run_statement(PgStatement& statement) {
  if (link_->has_failed()) return fail(link_->first_failure().error);
  if (link_->is_stopped()) return failure(ErrorCode::cancelled, "asked to stop");
  OMNICRM_TRY(keep_stream());
  OMNICRM_TRY(flush_rows());
  if (options_.transaction_pooling) statement.prepared_->name.clear();  // the unnamed one, for now
  if (statement.shape_ == nullptr) statement.shape_ = shapes_.find(statement.sql());
  if (statement.shape_ == nullptr) OMNICRM_TRY(learn_shape(statement));
  const PgShape& shape = *statement.shape_;
  OMNICRM_TRY(parameters_.encode(statement.bound_, shape.parameters));
  if (!statement.table_.empty()) count_inserted(statement.table_, 1);
  const bool has_rows = shape.columns > 0;
  PgResult* const reply = has_rows && !statement.is_streamed_ ? &statement.result_ : nullptr;
  if (options_.transaction_pooling) {
    link_->send(statement.translated_.text, parameters_, shape.parameters, reply);
  } else {
    if (!statement.prepared_->is_there) {
      link_->prepare(statement.prepared_, statement.translated_.text, shape.parameters);
    }
    link_->send_prepared(*statement.prepared_, statement.sql(), parameters_, reply);
  }
  if (has_rows && statement.is_streamed_) return begin_stream(statement);
  if (!has_rows && ++unread_ < most_unread) {
    if (link_->has_failed()) return fail(link_->first_failure().error);
    return {};
  }
  return settle();
}

Result<void> PgConnection::begin_stream(PgStatement& statement) {
  unread_ = 0;
  auto begun = link_->begin_rows();
  check_replayed();
  if (link_->has_failed()) begun = fail(link_->first_failure().error);
  OMNICRM_TRY(begun);
  streaming_ = &statement;
  statement.types_.assign(static_cast<std::size_t>(statement.shape_->columns), 0);
  return {};
}

Result<bool> PgConnection::next_streamed(PgStatement& statement) {
  if (streaming_ != &statement) return false;
  auto more = link_->next_rows(statement.result_);
  if (!more || !*more) streaming_ = nullptr;
  if (more && *more && statement.types_[0] == 0) {
    for (int column = 0; column < statement.shape_->columns; ++column)
      statement.types_[static_cast<std::size_t>(column)] = PQftype(statement.result_.get(), column);
  }
  return more;
}

Result<void> PgConnection::keep_stream() {
  if (streaming_ == nullptr) return {};
  PgStatement& statement = *std::exchange(streaming_, nullptr);
  PgResult rows;
  while (true) {
    OMNICRM_ASSIGN(const bool more, link_->next_rows(rows));
    if (!more) return {};
    if (statement.types_[0] == 0) {
      for (int column = 0; column < statement.shape_->columns; ++column)
        statement.types_[static_cast<std::size_t>(column)] = PQftype(rows.get(), column);
    }
    statement.rest_.add(rows.get());
  }
}

void PgConnection::end_stream(PgStatement& statement) noexcept {
  if (streaming_ != &statement) return;
  streaming_ = nullptr;
  static_cast<void>(settle());  // a failure is kept, and told by what comes next
}

Result<void> PgConnection::execute(std::string_view sql) {
  OMNICRM_ASSIGN(const auto statements, split_script(sql));
  if (link_->has_failed()) return fail(link_->first_failure().error);
  OMNICRM_TRY(keep_stream());
  OMNICRM_TRY(flush_rows());
  if (statements.size() == 1) {
    link_->send(statements.front());
    return settle();
  }
  if (statements.empty()) return {};
  OMNICRM_TRY(settle());
  return link_->run_script(sql);
}

// Waits: whoever asks wants to know.
std::int64_t PgConnection::changes() const noexcept {
  auto* const self =
      const_cast<PgConnection*>(this);  // NOLINT: the seam's `changes` is const; reading is not
  if (!self->keep_stream() || !self->settle()) return 0;
  const std::int64_t changed = link_->changes();  // what is collected does not count
  if (!self->flush_rows() || !self->settle()) return 0;
  return changed;
}

}  // namespace omnicrm::storage
