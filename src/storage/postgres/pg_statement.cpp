#include "storage/postgres/pg_statement.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/postgres/pg_connection.hpp"

namespace omnicrm::storage {

std::shared_ptr<const PgShape> PgShapes::find(std::string_view sql) {
  const std::scoped_lock lock(mutex_);
  const auto found = shapes_.find(std::string(sql));
  return found == shapes_.end() ? nullptr : found->second;
}

void PgShapes::add(std::string_view sql, std::shared_ptr<const PgShape> shape) {
  constexpr std::size_t most_shapes = 4'096;
  const std::scoped_lock lock(mutex_);
  if (shapes_.size() >= most_shapes) shapes_.clear();
  shapes_.insert_or_assign(std::string(sql), std::move(shape));
}

std::shared_ptr<const PgTable> PgShapes::find_table(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto found = tables_.find(std::string(name));
  return found == tables_.end() ? nullptr : found->second;
}

void PgShapes::add_table(std::string_view name, std::shared_ptr<const PgTable> table) {
  const std::scoped_lock lock(mutex_);
  tables_.insert_or_assign(std::string(name), std::move(table));
}

void PgShapes::clear() {
  const std::scoped_lock lock(mutex_);
  shapes_.clear();
  tables_.clear();
}

void PgRows::add(const PGresult* result) {
  columns_ = static_cast<std::size_t>(PQnfields(result));
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < PQnfields(result); ++column) {
      const int length = PQgetisnull(result, row, column) == 1 ? -1 : PQgetlength(result, row, column);
      lengths_.push_back(length);
      offsets_.push_back(bytes_.size());
      if (length > 0) bytes_.append(PQgetvalue(result, row, column), static_cast<std::size_t>(length));
    }
  }
}

bool PgRows::next() {
  if (columns_ == 0 || row_ * columns_ >= lengths_.size()) return false;
  ++row_;
  return true;
}

void PgRows::clear() noexcept {
  *this = PgRows();
}

std::string_view PgRows::field(int column) const {
  const std::size_t at = index(column);
  return std::string_view(bytes_).substr(offsets_[at], static_cast<std::size_t>(std::max(lengths_[at], 0)));
}

void PgStatement::bind(int parameter, PgBound value) {
  if (parameter < 0 || parameter >= translated_.parameters) {
    is_misbound_ = true;
    return;
  }
  bound_[static_cast<std::size_t>(parameter)] = value;
}

void PgStatement::bind_null(int parameter) {
  bind(parameter, {});
}
void PgStatement::bind_int(int parameter, std::int64_t value) {
  bind(parameter, {PgBound::Kind::integer, value, 0, {}});
}
void PgStatement::bind_real(int parameter, double value) {
  bind(parameter, {std::isnan(value) ? PgBound::Kind::null : PgBound::Kind::real, 0, value, {}});
}
void PgStatement::bind_text(int parameter, std::string_view value) {
  bind(parameter, {PgBound::Kind::text, 0, 0, value});
}
void PgStatement::bind_blob(int parameter, std::span<const std::byte> value) {
  bind(parameter, {PgBound::Kind::blob, 0, 0, {reinterpret_cast<const char*>(value.data()), value.size()}});
}

Result<bool> PgStatement::step() {
  if (is_done_) return false;
  if (is_streamed_ && !types_.empty()) return next_streamed();
  if (result_ == nullptr) {
    if (is_misbound_) {
      is_done_ = true;
      return failure(ErrorCode::internal, fmt::format("a parameter that the statement has not [{}]", sql_));
    }
    if (auto ran = connection_.run_statement(*this); !ran) {
      is_done_ = true;
      return fail(std::move(ran).error());
    }
  }
  if (is_streamed_ && !types_.empty()) return next_streamed();
  if (result_ != nullptr && ++row_ < PQntuples(result_.get())) return true;
  is_done_ = true;
  return false;
}

/// From libpq while the stream is this one's; then from what was put by.
Result<bool> PgStatement::next_streamed() {
  if (result_ != nullptr && ++row_ < PQntuples(result_.get())) return true;
  row_ = -1;
  auto more = connection_.next_streamed(*this);
  if (more && *more) {
    row_ = 0;
    return true;
  }
  result_.reset();
  in_rest_ = more.has_value() && rest_.next();
  is_done_ = !in_rest_;
  if (!more) return more;
  return in_rest_;
}

void PgStatement::reset() noexcept {
  if (is_streamed_) {
    connection_.end_stream(*this);
    rest_.clear();
    types_.clear();
    in_rest_ = false;
    is_streamed_ = false;
  }
  result_.reset();
  row_ = -1;
  is_done_ = false;
  is_misbound_ = false;
  for (PgBound& value : bound_) value = {};  // they borrow the caller's bytes
}

bool PgStatement::has(int column) const noexcept {
  if (in_rest_) return column >= 0 && static_cast<std::size_t>(column) < types_.size();
  return result_ != nullptr && row_ >= 0 && row_ < PQntuples(result_.get()) && column >= 0 &&
         column < PQnfields(result_.get());
}

std::string_view PgStatement::field(int column) const {
  if (in_rest_) return rest_.field(column);
  return {PQgetvalue(result_.get(), row_, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
}

Oid PgStatement::type(int column) const {
  return in_rest_ ? types_[static_cast<std::size_t>(column)] : PQftype(result_.get(), column);
}

bool PgStatement::is_null(int column) const {
  if (!has(column)) return true;
  return in_rest_ ? rest_.is_null(column) : PQgetisnull(result_.get(), row_, column) == 1;
}

std::int64_t PgStatement::get_int(int column) const {
  return is_null(column) ? 0 : pg_integer(type(column), field(column));
}

double PgStatement::get_real(int column) const {
  return is_null(column) ? 0 : pg_real(type(column), field(column));
}

std::string_view PgStatement::get_text(int column) const {
  if (is_null(column)) return {};
  const auto index = static_cast<std::size_t>(column);
  if (scratch_.size() <= index) scratch_.resize(index + 1);
  return pg_text(type(column), field(column), scratch_[index]);
}

std::span<const std::byte> PgStatement::get_blob(int column) const {
  return std::as_bytes(std::span(get_text(column)));
}

Result<PgStatement*> PgStatementCache::take(std::string_view sql) {
  const auto found = by_sql_.find(sql);
  if (found != by_sql_.end() && !found->second->is_borrowed_) {
    statements_.splice(statements_.begin(), statements_, found->second);
    found->second->is_borrowed_ = true;
    ++borrowed_;
    return &*found->second;
  }
  OMNICRM_ASSIGN(PgSql translated, translate_statement(sql));
  const bool is_extra = found != by_sql_.end();
  auto& list = is_extra ? extras_ : statements_;
  list.emplace_front(connection_, std::string(sql), std::move(translated), fmt::format("ocrm{}", ++named_));
  PgStatement& statement = list.front();
  statement.place_ = list.begin();
  statement.is_extra_ = is_extra;
  statement.is_borrowed_ = true;
  ++borrowed_;
  if (!is_extra) {
    by_sql_.emplace(statement.sql(), statement.place_);
    if (statements_.size() > capacity_) evict();
  }
  return &statement;
}

void PgStatementCache::drop(const PgStatement& statement) {
  if (statement.prepared_->is_there && !statement.prepared_->name.empty())
    dropped_.push_back(statement.prepared_->name);
}

void PgStatementCache::evict() {
  for (auto it = statements_.end(); it != statements_.begin();) {
    --it;
    if (it->is_borrowed_) continue;
    drop(*it);
    by_sql_.erase(it->sql());
    statements_.erase(it);
    return;
  }
}

void PgStatementCache::give_back(PgStatement* statement) noexcept {
  --borrowed_;
  statement->reset();  // also ends its stream
  if (statement->is_extra_) {
    drop(*statement);
    extras_.erase(statement->place_);
    return;
  }
  statement->is_borrowed_ = false;
}

}  // namespace omnicrm::storage
