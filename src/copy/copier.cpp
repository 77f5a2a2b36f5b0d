#include "copy/copier.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "copy/pages.hpp"
#include "copy/places.hpp"
#include "copy/text_stage.hpp"
#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "storage/query.hpp"

namespace omnicrm::copy {
namespace {

/// Texts are larger than what is stored of them otherwise: fewer are in memory at once.
constexpr std::int64_t most_texts = 1'000;

constexpr auto text_indexes = std::to_array<std::string_view>({"interaction_text", "contact_text"});

/// Inserts a block of rows.
Result<void> insert(storage::Connection& to, const CopiedTable& table, const RowBlock& rows, bool may_move) {
  std::vector<std::string_view> names;
  for (const Column& column : rows.columns()) names.emplace_back(column.name);
  const std::size_t place = rows.column(table.place_column);
  OMNICRM_ASSIGN(const storage::StatementPtr insert, to.prepare_insert(table.name, names));
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    rows.bind(*insert, row);
    if (may_move && place < names.size()) {
      OMNICRM_ASSIGN(const std::int64_t free, free_place(to, rows.value(row, place).number));
      insert->bind_int(static_cast<int>(place), free);
    }
    OMNICRM_TRY(insert->step());
    insert->reset();
  }
  return {};
}

std::string checksum_of(const std::map<std::string, RowSum, std::less<>>& sums) {
  Sha256 hash;
  for (const auto& [name, sum] : sums) {
    hash.update(name + "\n" + std::to_string(sum.rows()) + "\n");
    hash.update(sum.bytes());
  }
  return to_hex(hash.finish());
}

}  // namespace

Copier::Copier(std::shared_ptr<storage::Storage> from, Source source, std::shared_ptr<storage::Storage> to,
               const CopyOptions& options)
    : from_(std::move(from)),
      to_(std::move(to)),
      options_(options),
      scope_{.stop = options.stop},
      source_(std::move(source)) {}

Result<CopyReport> Copier::run() {
  OMNICRM_TRY(check_stop());
  OMNICRM_ASSIGN(Target target, begin_target(*to_, scope_, source_));
  state_ = std::move(target.state);
  stored_ = std::move(target.stored);
  if (state_.stage == CopyStage::rows) OMNICRM_TRY(copy_rows());
  if (state_.stage == CopyStage::text) {
    OMNICRM_TRY(make_texts<InteractionTexts>(text_indexes[0], read_interaction_texts));
    OMNICRM_TRY(make_texts<ContactTexts>(text_indexes[1], read_contact_texts));
    OMNICRM_TRY(enter(CopyStage::verify));
  }
  OMNICRM_ASSIGN(std::string checksum, verify());
  OMNICRM_TRY(write_surely([&](storage::Connection& connection) { return remove_state(connection, stored_); },
                           std::nullopt));
  return CopyReport{.rows = arrived_rows(),
                    .tables = std::ssize(copied_tables()),
                    .resumed = target.is_resumed,
                    .checksum = std::move(checksum)};
}

Result<void> Copier::copy_rows() {
  const auto tables = copied_tables();
  auto table = std::ranges::find(tables, std::string_view(state_.table), &CopiedTable::name);
  if (table == tables.end()) table = tables.begin();
  for (; table != tables.end(); ++table) OMNICRM_TRY(copy_table(*table));
  return enter(CopyStage::text);
}

Result<void> Copier::copy_table(const CopiedTable& table) {
  const bool may_move =
      from_->dialect() == storage::Dialect::postgres && to_->dialect() == storage::Dialect::sqlite;
  TablePages pages(*from_, table, copied_columns(source_.catalogue, table));
  if (state_.table == table.name) pages.start_after(state_.after);
  while (true) {
    OMNICRM_TRY(check_stop());
    OMNICRM_TRY(pages.next(scope_, options_.rows_per_transaction));
    const RowBlock& rows = pages.block();
    if (rows.rows() == 0) return {};
    if (to_->dialect() == storage::Dialect::postgres) OMNICRM_TRY(rows.check_texts(table));
    CopyState next = state_;
    next.table = table.name;
    next.after = pages.last();
    rows.add_to(next.arrived[next.table]);
    OMNICRM_TRY(write(std::move(next), [&](storage::Connection& connection) {
      return insert(connection, table, rows, may_move);
    }));
    say(CopyStage::rows, table.name, arrived_rows(), total_rows());
  }
}

template <class Texts>
Result<void> Copier::make_texts(std::string_view index, ReadTexts<Texts> read) {
  const auto position = [](std::string_view name) { return std::ranges::find(text_indexes, name); };
  if (!state_.table.empty() && position(state_.table) > position(index)) return {};  // is behind us
  const std::int64_t total = source_.rows["interactions"] + source_.rows["contacts"];
  const std::int64_t most = std::min(options_.rows_per_transaction, most_texts);
  std::vector<Value> after = state_.table == index ? state_.after : std::vector<Value>{};
  Texts texts;
  while (true) {
    OMNICRM_TRY(check_stop());
    const std::int64_t limit = page_limit(texts.size(), bytes_of(texts), most);
    texts.clear();
    OMNICRM_TRY(to_->read(scope_, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(texts, read(connection, after, limit));
      return {};
    }));
    if (texts.empty()) return {};
    CopyState next = state_;
    next.table = index;
    next.after = key_of(to_->dialect(), texts.back().user, texts.back().seq);
    next.texts += std::ssize(texts);
    after = next.after;
    OMNICRM_TRY(write(std::move(next),
                      [&](storage::Connection& connection) { return write_texts(connection, texts); }));
    say(CopyStage::text, index, state_.texts, total);
  }
}

Result<std::string> Copier::verify() {
  std::map<std::string, RowSum, std::less<>> sums;
  std::int64_t seen = 0;
  for (const CopiedTable& table : copied_tables()) {
    const std::string name(table.name);
    RowSum& there = sums[name];
    RowSum here;
    OMNICRM_TRY(add_up(*from_, table, there, seen));
    OMNICRM_TRY(add_up(*to_, table, here, seen));
    if (there != state_.arrived[name]) {
      return failure(ErrorCode::conflict,
                     "from: table " + name + " changed while it was copied; begin again with a new target");
    }
    if (there != here)
      return failure(ErrorCode::data_loss, "to: table " + name + " is not what was written to it");
  }
  return checksum_of(sums);
}

Result<void> Copier::add_up(storage::Storage& storage, const CopiedTable& table, RowSum& sum,
                            std::int64_t& seen) {
  TablePages pages(storage, table, copied_columns(source_.catalogue, table));
  while (true) {
    OMNICRM_TRY(check_stop());
    OMNICRM_TRY(pages.next(scope_, options_.rows_per_transaction));
    if (pages.block().rows() == 0) return {};
    pages.block().add_to(sum);
    seen += static_cast<std::int64_t>(pages.block().rows());
    say(CopyStage::verify, table.name, seen, 2 * total_rows());
  }
}

Result<void> Copier::write(CopyState next, storage::Work work) {
  std::string text = to_text(next);
  OMNICRM_TRY(write_surely(
      [&](storage::Connection& connection) -> Result<void> {
        OMNICRM_TRY(replace_state(connection, stored_, text));
        return work(connection);
      },
      text));
  state_ = std::move(next);
  stored_ = std::move(text);
  return {};
}

Result<void> Copier::write_surely(storage::Work work, const std::optional<std::string>& after) {
  constexpr int most_attempts = 5;
  for (int attempt = 1;; ++attempt) {
    auto written = to_->write(scope_, work);
    if (written) return written;
    const Error& error = written.error();
    const bool is_open = error.code == ErrorCode::unavailable && !error.retryable;
    // The server may still have been at the commit when it was looked at: then the next attempt comes too
    // late.
    const bool came_late = attempt > 1 && error.code == ErrorCode::conflict;
    if (!is_open && !came_late) return written;
    std::optional<std::string> state;
    const auto read = to_->read(scope_, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(state, find_state(connection));
      return {};
    });
    if (read && state == after) return {};
    if (!read || state != stored_ || attempt == most_attempts) return written;
  }
}

Result<void> Copier::enter(CopyStage stage) {
  CopyState next = state_;
  next.stage = stage;
  next.table.clear();
  next.after.clear();
  return write(std::move(next), [](storage::Connection& connection) { return settle_tables(connection); });
}

Result<void> Copier::check_stop() const {
  if (!options_.stop.stop_requested()) return {};
  return failure(ErrorCode::cancelled, "the copy was asked to stop; run it again to go on");
}

void Copier::say(CopyStage stage, std::string_view table, std::int64_t rows, std::int64_t total) const {
  if (options_.progress)
    options_.progress({.stage = stage, .table = std::string(table), .rows = rows, .total = total});
}

std::int64_t Copier::total_rows() const {
  std::int64_t total = 0;
  for (const auto& [name, rows] : source_.rows) total += rows;
  return total;
}

std::int64_t Copier::arrived_rows() const {
  std::int64_t total = 0;
  for (const auto& [name, sum] : state_.arrived) total += sum.rows();
  return total;
}

}  // namespace omnicrm::copy
