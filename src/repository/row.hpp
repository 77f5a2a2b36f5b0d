// Records as rows, generated from their description.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "core/errors.hpp"
#include "model/json.hpp"
#include "repository/row_sql.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {

/// A statement being bound, with the JSON texts made for it: keep it until the statement was stepped.
class RowBinder {
 public:
  explicit RowBinder(storage::Statement& statement) : statement_(statement) {}

  [[nodiscard]] storage::Statement& statement() { return statement_; }
  /// Binds a text that nobody else keeps.
  void bind_own_text(int parameter, std::string text) {
    statement_.bind_text(parameter, texts_.emplace_front(std::move(text)));
  }

 private:
  storage::Statement& statement_;
  std::forward_list<std::string> texts_;
};

/// Binds all columns of a record, in the order of `column_list`, from `parameter` on; gives the next
/// parameter. The record must live until the statement was stepped.
template <class T>
int bind_row(RowBinder& binder, int parameter, const T& record);

/// The same for those columns that `update_sql` sets.
template <class T>
int bind_changes(RowBinder& binder, int parameter, const T& record);

/// Reads a record whose columns start at `column`. Errors: `data_loss` naming table and column (an unknown
/// name of an enumeration, damaged JSON).
template <class T>
[[nodiscard]] Result<T> read_row(const storage::Statement& statement, int column = 0);

#define OMNICRM_TABLE(T)                                          \
  extern template int bind_row<T>(RowBinder&, int, const T&);     \
  extern template int bind_changes<T>(RowBinder&, int, const T&); \
  extern template Result<T> read_row<T>(const storage::Statement&, int);
OMNICRM_FOR_EACH_TABLE(OMNICRM_TABLE)
#undef OMNICRM_TABLE

namespace row_detail {

template <class... Values>
void bind_values(storage::Statement& statement, int parameter, const Values&... values) {
  (storage::bind_value(statement, parameter++, values), ...);
}

/// Binds the key members of `record`; gives the next parameter.
template <class T>
int bind_key(storage::Statement& statement, int parameter, const T& record) {
  for (std::string_view key : Table<T>::key) {
    for_each_member<T>([&](auto member) {
      if constexpr (contains(Table<T>::key, decltype(member)::name)) {
        if (key == member.name) storage::bind_value(statement, parameter, record.*member.pointer);
      }
    });
    ++parameter;
  }
  return parameter;
}

inline Result<bool> changed_one(storage::Connection& connection, storage::Statement& statement) {
  OMNICRM_TRY(statement.step());
  return connection.changes() > 0;
}

}  // namespace row_detail

/// Inserts a record; `extras` are the table's derived and insert-only columns (repository/tables.hpp).
/// Errors: `already_exists` and what the storage says.
template <class T, class... Extras>
Result<void> insert_row(storage::Connection& connection, UserId user, const T& record,
                        const Extras&... extras) {
  static_assert(sizeof...(Extras) == Table<T>::derived.size() + Table<T>::insert_only.size(),
                "one value for each derived and insert-only column of the table");
  OMNICRM_ASSIGN(const storage::StatementPtr statement, connection.prepare(insert_sql<T>()));
  RowBinder binder(*statement);
  storage::bind_value(*statement, 0, user);
  const int next = bind_row(binder, 1, record);
  row_detail::bind_values(*statement, next, extras...);
  OMNICRM_TRY(statement->step());
  return {};
}

/// A statement for `insert_more`: for many rows, which may be sent together.
template <class T>
Result<storage::StatementPtr> prepare_insert_rows(storage::Connection& connection) {
  return connection.prepare_insert(Table<T>::name, row_detail::insert_columns<T>);
}

/// Inserts one more record with what `prepare_insert_rows` gave.
template <class T, class... Extras>
Result<void> insert_more(storage::Statement& statement, UserId user, const T& record,
                         const Extras&... extras) {
  static_assert(sizeof...(Extras) == Table<T>::derived.size() + Table<T>::insert_only.size(),
                "one value for each derived and insert-only column of the table");
  RowBinder binder(statement);
  storage::bind_value(statement, 0, user);
  const int next = bind_row(binder, 1, record);
  row_detail::bind_values(statement, next, extras...);
  OMNICRM_TRY(statement.step());
  statement.reset();
  return {};
}

/// Writes all of a record but its key and created_at; `extras` are the derived columns. False: no such row.
template <class T, class... Extras>
Result<bool> update_row(storage::Connection& connection, UserId user, const T& record,
                        const Extras&... extras) {
  static_assert(sizeof...(Extras) == Table<T>::derived.size(),
                "one value for each derived column of the table");
  OMNICRM_ASSIGN(const storage::StatementPtr statement, connection.prepare(update_sql<T>()));
  RowBinder binder(*statement);
  const int next = bind_changes(binder, 0, record);
  row_detail::bind_values(*statement, next, extras..., user);
  row_detail::bind_key(*statement, next + static_cast<int>(sizeof...(Extras)) + 1, record);
  return row_detail::changed_one(connection, *statement);
}

/// The same, only if the row still has version `expected`. False: no such row, or another version.
template <class T, class... Extras>
Result<bool> update_row_version(storage::Connection& connection, UserId user, const T& record,
                                std::int64_t expected, const Extras&... extras) {
  static_assert(sizeof...(Extras) == Table<T>::derived.size(),
                "one value for each derived column of the table");
  OMNICRM_ASSIGN(const storage::StatementPtr statement, connection.prepare(update_version_sql<T>()));
  RowBinder binder(*statement);
  int next = bind_changes(binder, 0, record);
  row_detail::bind_values(*statement, next, extras..., user);
  next = row_detail::bind_key(*statement, next + static_cast<int>(sizeof...(Extras)) + 1, record);
  storage::bind_value(*statement, next, expected);
  return row_detail::changed_one(connection, *statement);
}

/// The row with this key, if there is one.
template <class T, class... Key>
Result<std::optional<T>> find_row(storage::Connection& connection, UserId user, const Key&... key) {
  static_assert(sizeof...(Key) == Table<T>::key.size() && sizeof...(Key) != 0, "the table's whole key");
  OMNICRM_ASSIGN(storage::Query query, storage::Query::run(connection, find_sql<T>(), user, key...));
  OMNICRM_ASSIGN(const bool found, query.next());
  if (!found) return std::optional<T>{};
  OMNICRM_ASSIGN(T record, read_row<T>(query.statement()));
  return std::optional<T>(std::move(record));
}

/// All rows of a query whose columns are `column_list<T>()` first. `arguments` are bound in order.
template <class T, class... Arguments>
Result<std::vector<T>> list_rows(storage::Connection& connection, std::string_view sql,
                                 const Arguments&... arguments) {
  OMNICRM_ASSIGN(storage::Query query, storage::Query::run(connection, sql, arguments...));
  std::vector<T> records;
  while (true) {
    OMNICRM_ASSIGN(const bool more, query.next());
    if (!more) return records;
    OMNICRM_ASSIGN(T record, read_row<T>(query.statement()));
    records.push_back(std::move(record));
  }
}

/// False: no such row.
template <class T, class... Key>
Result<bool> delete_row(storage::Connection& connection, UserId user, const Key&... key) {
  static_assert(sizeof...(Key) == Table<T>::key.size() && sizeof...(Key) != 0, "the table's whole key");
  OMNICRM_ASSIGN(const std::int64_t changed, storage::execute(connection, delete_sql<T>(), user, key...));
  return changed > 0;
}

/// What undo keeps of a row: the record as JSON, with members that live in other tables. Derived columns are
/// computed again when it is put back.
template <class T>
[[nodiscard]] std::string row_image(const T& record) {
  return to_json(record);
}

/// Reads an image back. Errors: `data_loss`.
template <class T>
[[nodiscard]] Result<T> from_row_image(std::string_view image) {
  return from_json<T>(image).map_error([](Error error) {
    error.code = ErrorCode::data_loss;
    error.message = std::string(Table<T>::name) + ": kept row image: " + error.message;
    return error;
  });
}

}  // namespace omnicrm::repository
