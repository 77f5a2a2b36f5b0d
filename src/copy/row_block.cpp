#include "copy/row_block.hpp"

#include <bit>
#include <cstring>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "storage/query.hpp"

namespace omnicrm::copy {
namespace {

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void append_number(std::string& to, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) to += static_cast<char>((number >> shift) & 0xFF);
}

bool has_bytes(Kind kind) {
  return kind == Kind::text || kind == Kind::blob;
}

}  // namespace

void bind(storage::Statement& statement, int parameter, const Value& value) {
  switch (value.kind) {
    case Kind::integer:
      return statement.bind_int(parameter, value.number);
    case Kind::real:
      return statement.bind_real(parameter, std::bit_cast<double>(value.number));
    case Kind::text:
      return statement.bind_text(parameter, value.bytes);
    case Kind::blob:
      return statement.bind_blob(parameter, as_bytes(value.bytes));
    case Kind::other:
      return statement.bind_null(parameter);
  }
}

void RowBlock::clear() {
  cells_.clear();
  bytes_.clear();
}

void RowBlock::add(const storage::Statement& statement) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const int at = static_cast<int>(i);
    Cell cell;
    if (statement.is_null(at)) {
      cell.is_null = true;
    } else if (columns_[i].kind == Kind::integer) {
      cell.number = statement.get_int(at);
    } else if (columns_[i].kind == Kind::real) {
      cell.number = std::bit_cast<std::int64_t>(statement.get_real(at));
    } else {
      const auto blob =
          columns_[i].kind == Kind::blob ? statement.get_blob(at) : as_bytes(statement.get_text(at));
      cell.number = static_cast<std::int64_t>(bytes_.size());
      cell.size = blob.size();
      bytes_.append(reinterpret_cast<const char*>(blob.data()), blob.size());
    }
    cells_.push_back(cell);
  }
}

void RowBlock::bind(storage::Statement& statement, std::size_t row) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const int at = static_cast<int>(i);
    const Cell& here = cell(row, i);
    if (here.is_null) {
      statement.bind_null(at);
    } else if (columns_[i].kind == Kind::integer) {
      statement.bind_int(at, here.number);
    } else if (columns_[i].kind == Kind::real) {
      statement.bind_real(at, std::bit_cast<double>(here.number));
    } else if (columns_[i].kind == Kind::text) {
      statement.bind_text(at, text(here));
    } else {
      statement.bind_blob(at, as_bytes(text(here)));
    }
  }
}

void RowBlock::add_to(RowSum& sum) const {
  std::string row;
  for (std::size_t at = 0; at < rows(); ++at) {
    row.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].is_counted) continue;
      const Cell& here = cell(at, i);
      row += here.is_null ? '\0' : static_cast<char>(1 + static_cast<int>(columns_[i].kind));
      if (here.is_null) continue;
      append_number(row, has_bytes(columns_[i].kind) ? here.size : static_cast<std::uint64_t>(here.number));
      if (has_bytes(columns_[i].kind)) row += text(here);
    }
    sum.add(row);
  }
}

std::size_t RowBlock::column(std::string_view name) const {
  std::size_t at = 0;
  while (at < columns_.size() && columns_[at].name != name) ++at;
  return at;
}

Value RowBlock::value(std::size_t row, std::size_t column) const {
  const Cell& here = cell(row, column);
  if (here.is_null) return {};
  if (has_bytes(columns_[column].kind)) {
    return {.kind = columns_[column].kind, .bytes = std::string(text(here))};
  }
  return {.kind = columns_[column].kind, .number = here.number, .bytes = {}};
}

Result<void> RowBlock::check_texts(const CopiedTable& table) const {
  for (std::size_t at = 0; at < rows(); ++at) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Cell& here = cell(at, i);
      if (here.is_null || columns_[i].kind != Kind::text) continue;
      const bool has_nul = text(here).find('\0') != std::string_view::npos;
      if (!has_nul && text::is_utf8(text(here))) continue;
      return invalid(std::string(table.name) + "." + columns_[i].name,
                     std::string("PostgreSQL cannot hold ") +
                         (has_nul ? "a NUL byte" : "text that is not UTF-8") + "; the row with " +
                         name_of(table, at));
    }
  }
  return {};
}

std::string RowBlock::name_of(const CopiedTable& table, std::size_t row) const {
  std::string name;
  for (const std::string_view part : table.sqlite_key) {
    const Value key = value(row, column(part));
    name += (name.empty() ? "" : ", ") + std::string(part) + " ";
    if (key.kind == Kind::integer) {
      name += std::to_string(key.number);
    } else if (key.kind == Kind::blob) {
      name += storage::as_uuid(as_bytes(key.bytes)).to_string();
    } else {
      name += text::cut(text::to_utf8(key.bytes), 80);
    }
  }
  return name;
}

}  // namespace omnicrm::copy
