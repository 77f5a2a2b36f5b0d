// The code behind repository/row.hpp, generated from the description of any record that has a `Table`.
#pragma once

#include <algorithm>
#include <boost/mp11.hpp>
#include <type_traits>

#include "model/json_generate.hpp"
#include "model/reflect.hpp"
#include "repository/row.hpp"

namespace omnicrm::repository {
namespace row_detail {

/// Vectors and structs stand in one column, as JSON.
template <class M>
inline constexpr bool is_json_column = is_vector<M> || is_map<M> || Record<M>;

template <class M>
void bind_member(RowBinder& binder, int parameter, const M& value) {
  storage::Statement& statement = binder.statement();
  if constexpr (is_optional<M>) {
    if (value) {
      bind_member(binder, parameter, *value);
    } else {
      statement.bind_null(parameter);
    }
  } else if constexpr (DescribedEnum<M>) {
    statement.bind_text(parameter, enum_name(value));
  } else if constexpr (std::is_same_v<M, Json>) {
    statement.bind_text(parameter,
                        value.text.empty() ? std::string_view("null") : std::string_view(value.text));
  } else if constexpr (is_json_column<M>) {
    if constexpr (is_vector<M>) {
      if (value.empty()) return statement.bind_text(parameter, "[]");
    }
    binder.bind_own_text(parameter, to_json(value));
  } else {
    storage::bind_value(statement, parameter, value);
  }
}

inline Error damaged(std::string_view table, std::string_view column, std::string_view reason) {
  std::string message = std::string(table) + "." + std::string(column) + ": " + std::string(reason);
  return failure(ErrorCode::data_loss, std::move(message)).value();
}

/// False, with the reason, when the column does not hold what the library writes.
template <class M>
bool read_member(const storage::Statement& statement, int column, M& value, std::string& reason) {
  if constexpr (is_optional<M>) {
    return statement.is_null(column) || read_member(statement, column, value.emplace(), reason);
  } else if constexpr (DescribedEnum<M>) {
    const std::string_view name = statement.get_text(column);
    const auto found = enum_from_name<M>(name);
    if (!found) {
      reason = "no such name: " + json_text(name);
      return false;
    }
    value = *found;
    return true;
  } else if constexpr (is_json_column<M>) {
    const std::string_view text = statement.get_text(column);
    if constexpr (is_vector<M>) {
      if (text == "[]") return true;
    }
    auto read = from_json<M>(text);
    if (!read) {
      reason = read.error().message;
      return false;
    }
    value = std::move(*read);
    return true;
  } else {
    value = storage::read_value<M>(statement, column);
    return true;
  }
}

}  // namespace row_detail

template <class T>
int bind_row(RowBinder& binder, int parameter, const T& record) {
  row_detail::for_each_column<T, row_detail::is_column<T>>(
      [&](auto member) { row_detail::bind_member(binder, parameter++, record.*member.pointer); });
  return parameter;
}

template <class T>
int bind_changes(RowBinder& binder, int parameter, const T& record) {
  row_detail::for_each_column<T, row_detail::is_updated<T>>(
      [&](auto member) { row_detail::bind_member(binder, parameter++, record.*member.pointer); });
  return parameter;
}

template <class T>
Result<T> read_row(const storage::Statement& statement, int column) {
  T record{};
  std::string_view damaged_column;
  std::string reason;
  row_detail::for_each_column<T, row_detail::is_column<T>>([&](auto member) {
    if (!damaged_column.empty()) return;
    if (!row_detail::read_member(statement, column++, record.*member.pointer, reason))
      damaged_column = member.name;
  });
  if (!damaged_column.empty()) return fail(row_detail::damaged(Table<T>::name, damaged_column, reason));
  return record;
}

}  // namespace omnicrm::repository
