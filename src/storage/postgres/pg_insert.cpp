#include "storage/postgres/pg_insert.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "storage/postgres/pg_connection.hpp"

namespace omnicrm::storage {
namespace {

// Enough that the statement's own costs vanish; little enough that the server writes the first rows while the
// next ones are being made.
constexpr std::size_t most_rows = 4'096;
constexpr std::size_t most_bytes = std::size_t{512} << 10U;

void append_int(std::string& to, std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) to.push_back(static_cast<char>((bits >> shift) & 0xffU));
}

/// utils/adt/arrayfuncs.c, array_recv: dimensions, flags, type; of each dimension its size and lower bound;
/// then the elements, each with its length. The size is filled in at the end.
constexpr std::size_t size_offset = 12;
constexpr std::size_t header_size = 20;

void begin_array(std::string& array, Oid type) {
  array.clear();
  append_int(array, 1);
  append_int(array, 1);  // may hold nulls
  append_int(array, static_cast<std::int32_t>(type));
  append_int(array, 0);
  append_int(array, 1);
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::string joined(std::span<const std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : ", ").append(part);
  return text;
}

}  // namespace

PgBatch::PgBatch(std::string table, std::span<const std::string_view> columns, std::string on_conflict,
                 std::string name)
    : table_(std::move(table)),
      columns_(columns.begin(), columns.end()),
      on_conflict_(std::move(on_conflict)),
      prepared_(std::make_shared<PgPrepared>(PgPrepared{std::move(name), false})) {}

bool PgBatch::is_for(std::string_view table, std::span<const std::string_view> columns,
                     std::string_view on_conflict) const noexcept {
  return table_ == table && on_conflict_ == on_conflict && std::ranges::equal(columns_, columns);
}

/// ON CONFLICT (a, b) [WHERE ...] DO UPDATE: the places of a and b among the columns.
void PgBatch::find_keys() {
  updates_ = on_conflict_.find("DO UPDATE") != std::string::npos;
  keys_.clear();
  const auto open = on_conflict_.find('(');
  const auto close = on_conflict_.find(')');
  if (!updates_ || open == std::string::npos || close == std::string::npos) return;
  std::size_t at = open + 1;
  while (at < close) {
    while (at < close && !is_name(on_conflict_[at])) ++at;
    std::size_t end = at;
    while (end < close && is_name(on_conflict_[end])) ++end;
    const auto found = std::ranges::find(columns_, std::string_view(on_conflict_).substr(at, end - at));
    if (found == columns_.end()) return keys_.clear();  // an expression, or a default
    keys_.push_back(static_cast<std::size_t>(found - columns_.begin()));
    at = end;
    while (at < close && !is_name(on_conflict_[at])) ++at;
  }
}

Result<void> PgBatch::learn(const PgTable& table) {
  types_.clear();
  element_types_.clear();
  array_types_.clear();
  for (const std::string& column : columns_) {
    const auto found = std::ranges::find(table.columns, column, &PgTable::Column::name);
    if (found == table.columns.end()) {
      return failure(ErrorCode::internal, fmt::format("table {} has no column {}", table_, column));
    }
    const bool is_binary = pg_has_binary(found->type);
    element_types_.push_back(is_binary ? found->type : pg_text_type);
    array_types_.push_back(is_binary ? found->array_type : pg_text_array_type);
    types_.push_back({found->type, found->array_type, found->type_name});
  }
  find_keys();
  arrays_.assign(columns_.size(), {});
  clear();
  compose();
  return {};
}

void PgBatch::compose() {
  std::vector<std::string> names;
  std::vector<std::string> values;
  std::vector<std::string> marks;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const Type& type = types_[column];
    names.push_back(fmt::format("c{}", names.size() + 1));
    values.push_back(element_types_[column] == type.element
                         ? names.back()
                         : fmt::format("CAST({} AS {})", names.back(), type.name));
    marks.push_back(fmt::format("${}", names.size()));
  }
  sql_ = fmt::format("INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS r ({}) {}", table_, joined(columns_),
                     joined(values), joined(marks), joined(names), on_conflict_);
}

void PgBatch::adapt(std::span<const PgBound> row) {
  bool is_changed = false;
  for (std::size_t column = 0; column < types_.size(); ++column) {
    const PgBound::Kind kind = row[column].kind;
    const bool says = kind == PgBound::Kind::blob || kind == PgBound::Kind::text;
    if (types_[column].element != pg_words_type || !says) continue;
    const bool is_binary = kind == PgBound::Kind::blob;
    if (is_binary == (element_types_[column] == pg_words_type)) continue;
    element_types_[column] = is_binary ? pg_words_type : pg_text_type;
    array_types_[column] = is_binary ? types_[column].array : pg_text_array_type;
    begin_array(arrays_[column], element_types_[column]);
    is_changed = true;
  }
  if (!is_changed) return;
  prepared_ = std::make_shared<PgPrepared>(PgPrepared{prepared_->name + "w", false});
  compose();
}

std::string PgBatch::key_of(std::span<const PgBound> row) const {
  std::string key;
  for (const std::size_t place : keys_) {
    const PgBound& value = row[place];
    key += fmt::format("{}:{}:{}:", static_cast<int>(value.kind), value.integer, value.bytes.size());
    key += value.bytes;
  }
  return key;
}

bool PgBatch::is_again(std::span<const PgBound> row) const {
  return !keys_.empty() && rows_ > 0 && seen_.contains(key_of(row));
}

Result<void> PgBatch::add(std::span<const PgBound> row) {
  if (rows_ == 0) adapt(row);
  OMNICRM_TRY(row_.encode(row, element_types_));
  // An array's elements are binary: text, whose text is its binary form, is the one type that may come as
  // such.
  for (std::size_t column = 0; column < arrays_.size(); ++column) {
    const Oid type = element_types_[column];
    if (row_.values()[column] != nullptr && row_.formats()[column] == 0 && type != pg_text_type)
      return failure(ErrorCode::internal,
                     fmt::format("{}.{} is bound as a value of another type", table_, columns_[column]));
  }
  for (std::size_t column = 0; column < arrays_.size(); ++column) {
    std::string& array = arrays_[column];
    const char* const value = row_.values()[column];
    const int length = row_.lengths()[column];
    append_int(array, value == nullptr ? -1 : length);
    if (value != nullptr) array.append(value, static_cast<std::size_t>(length));
    bytes_ += 4 + static_cast<std::size_t>(length);
  }
  if (!keys_.empty()) seen_.insert(key_of(row));
  ++rows_;
  return {};
}

const PgParameters& PgBatch::finish() {
  std::string size;
  append_int(size, static_cast<std::int32_t>(rows_));
  std::vector<std::string_view> views;
  views.reserve(arrays_.size());
  for (std::string& array : arrays_) {
    array.replace(size_offset, size.size(), size);
    views.emplace_back(array);
  }
  sent_.borrow(views);
  return sent_;
}

void PgBatch::clear() noexcept {
  constexpr std::size_t most_kept = std::size_t{1} << 20U;
  for (std::size_t column = 0; column < arrays_.size(); ++column) {
    std::string& array = arrays_[column];
    if (array.capacity() > most_kept) array = std::string();
    if (array.size() >= header_size) {
      array.resize(header_size);
    } else {
      begin_array(array, element_types_[column]);
    }
  }
  seen_.clear();
  rows_ = 0;
  bytes_ = 0;
}

void PgInsert::bind(int parameter, PgBound value) {
  if (parameter < 0 || static_cast<std::size_t>(parameter) >= bound_.size()) {
    is_misbound_ = true;
    return;
  }
  bound_[static_cast<std::size_t>(parameter)] = value;
}

void PgInsert::bind_int(int parameter, std::int64_t value) {
  bind(parameter, {PgBound::Kind::integer, value, 0, {}});
}
void PgInsert::bind_real(int parameter, double value) {
  bind(parameter, {std::isnan(value) ? PgBound::Kind::null : PgBound::Kind::real, 0, value, {}});
}
void PgInsert::bind_text(int parameter, std::string_view value) {
  bind(parameter, {PgBound::Kind::text, 0, 0, value});
}
void PgInsert::bind_blob(int parameter, std::span<const std::byte> value) {
  bind(parameter, {PgBound::Kind::blob, 0, 0, {reinterpret_cast<const char*>(value.data()), value.size()}});
}

Result<bool> PgInsert::step() {
  if (is_done_) return false;
  is_done_ = true;
  if (is_misbound_) return failure(ErrorCode::internal, "a parameter that the row has not");
  OMNICRM_TRY(connection_.add_row(batch_, bound_));
  return false;
}

void PgInsert::reset() noexcept {
  is_done_ = false;
  is_misbound_ = false;
  for (PgBound& value : bound_) value = {};
}

PgBatch* PgInserts::find(std::string_view table, std::span<const std::string_view> columns,
                         std::string_view on_conflict) noexcept {
  const auto found = std::ranges::find_if(
      batches_, [&](const PgBatch& batch) { return batch.is_for(table, columns, on_conflict); });
  return found == batches_.end() ? nullptr : &*found;
}

PgBatch& PgInserts::make(std::string_view table, std::span<const std::string_view> columns,
                         std::string_view on_conflict) {
  return batches_.emplace_back(std::string(table), columns, std::string(on_conflict),
                               fmt::format("ocrm_rows{}", batches_.size() + 1));
}

PgInsert* PgInserts::lend(PgBatch& batch) {
  auto found = std::ranges::find_if(
      inserts_, [&](const PgInsert& insert) { return &insert.batch_ == &batch && !insert.is_borrowed_; });
  if (found == inserts_.end()) found = inserts_.emplace(inserts_.end(), connection_, batch);
  found->is_borrowed_ = true;
  ++borrowed_;
  return &*found;
}

void PgInserts::give_back(PgInsert* insert) noexcept {
  --borrowed_;
  insert->reset();
  insert->is_borrowed_ = false;
}

void PgInserts::note(PgBatch& batch) {
  if (batch.rows() != 1) return;
  waiting_.push_back(&batch);
  if (std::ranges::find(order_, &batch) == order_.end()) order_.push_back(&batch);
}

const std::vector<PgBatch*>& PgInserts::waiting() {
  std::ranges::sort(waiting_, {}, [&](PgBatch* batch) { return std::ranges::find(order_, batch); });
  return waiting_;
}

bool PgInserts::is_full() const noexcept {
  std::size_t bytes = 0;
  for (const PgBatch* const batch : waiting_) {
    if (batch->rows() >= most_rows || batch->is_single()) return true;
    bytes += batch->bytes();
  }
  return bytes >= most_bytes;
}

void PgInserts::clear() noexcept {
  for (PgBatch* const batch : waiting_) batch->clear();
  waiting_.clear();
}

void PgInserts::restart() noexcept {
  clear();
  order_.clear();
}

}  // namespace omnicrm::storage
