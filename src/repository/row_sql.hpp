// The SQL of a record's table, put together by the compiler from its description: no text is built at run
// time, so that a statement's text is also its name in the statement cache.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "model/describe.hpp"
#include "model/reflect.hpp"
#include "repository/tables.hpp"

namespace omnicrm::repository {

/// A text as a template argument: select_sql<Tag, "WHERE user_id = ? ORDER BY sort_name">().
template <std::size_t N>
struct SqlText {
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is what it is made from
  constexpr SqlText(const char (&text)[N]) { std::copy_n(text, N, bytes); }
  [[nodiscard]] constexpr std::string_view view() const { return {bytes, N - 1}; }
  char bytes[N]{};
};

namespace row_detail {

template <std::size_t N>
constexpr bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::string_view candidate : names) {
    if (candidate == name) return true;
  }
  return false;
}

template <class T>
constexpr bool is_column(std::string_view member) {
  return !contains(Table<T>::not_columns, member);
}

/// Whether an update writes it: the key and the time of creation never change.
template <class T>
constexpr bool is_updated(std::string_view member) {
  return is_column<T>(member) && !contains(Table<T>::key, member) && member != "created_at";
}

/// Calls `function(descriptor)` for each member that is a column and fulfils `Filter`.
template <class T, bool (*Filter)(std::string_view), class Function>
constexpr void for_each_column(Function&& function) {
  for_each_member<T>([&](auto member) {
    if constexpr (Filter(decltype(member)::name)) function(member);
  });
}

/// The text that `Builder::build(add)` adds up to.
template <class Builder>
inline constexpr auto static_text = [] {
  constexpr std::size_t size = [] {
    std::size_t total = 0;
    Builder::build([&total](std::string_view part) { total += part.size(); });
    return total;
  }();
  std::array<char, size> text{};
  std::size_t used = 0;
  Builder::build([&](std::string_view part) {
    for (char c : part) text[used++] = c;
  });
  return text;
}();

template <class Builder>
inline constexpr std::string_view static_view{static_text<Builder>.data(), static_text<Builder>.size()};

template <class T, SqlText Prefix>
struct Columns {
  static constexpr void build(auto add) {
    bool first = true;
    for_each_column<T, is_column<T>>([&](auto member) {
      if (!first) add(std::string_view(", "));
      first = false;
      add(Prefix.view());
      add(std::string_view(member.name));
    });
  }
};

template <class T>
struct Insert {
  static constexpr void build(auto add) {
    std::size_t count = 1;
    add(std::string_view("INSERT INTO "));
    add(Table<T>::name);
    add(std::string_view(" (user_id"));
    const auto column = [&](std::string_view name) {
      add(std::string_view(", "));
      add(name);
      ++count;
    };
    for_each_column<T, is_column<T>>([&](auto member) { column(member.name); });
    for (std::string_view name : Table<T>::derived) column(name);
    for (std::string_view name : Table<T>::insert_only) column(name);
    add(std::string_view(") VALUES (?"));
    for (; count > 1; --count) add(std::string_view(", ?"));
    add(std::string_view(")"));
  }
};

/// The columns of an insert: user_id, the members, the derived and the insert-only ones.
template <class T>
inline constexpr auto insert_columns = [] {
  constexpr std::size_t members = [] {
    std::size_t count = 0;
    for_each_column<T, is_column<T>>([&](auto) { ++count; });
    return count;
  }();
  std::array<std::string_view, 1 + members + Table<T>::derived.size() + Table<T>::insert_only.size()> names{};
  std::size_t used = 0;
  names[used++] = "user_id";
  for_each_column<T, is_column<T>>([&](auto member) { names[used++] = member.name; });
  for (std::string_view name : Table<T>::derived) names[used++] = name;
  for (std::string_view name : Table<T>::insert_only) names[used++] = name;
  return names;
}();

template <class T>
constexpr void add_key(auto& add) {
  add(std::string_view(" WHERE user_id = ?"));
  for (std::string_view name : Table<T>::key) {
    add(std::string_view(" AND "));
    add(name);
    add(std::string_view(" = ?"));
  }
}

template <class T, bool WithVersion>
struct Update {
  static constexpr void build(auto add) {
    add(std::string_view("UPDATE "));
    add(Table<T>::name);
    bool first = true;
    const auto column = [&](std::string_view name) {
      add(std::string_view(first ? " SET " : ", "));
      first = false;
      add(name);
      add(std::string_view(" = ?"));
    };
    for_each_column<T, is_updated<T>>([&](auto member) { column(member.name); });
    for (std::string_view name : Table<T>::derived) column(name);
    add_key<T>(add);
    if (WithVersion) add(std::string_view(" AND version = ?"));
  }
};

template <class T, SqlText Tail>
struct Select {
  static constexpr void build(auto add) {
    add(std::string_view("SELECT "));
    Columns<T, "">::build(add);
    add(std::string_view(" FROM "));
    add(Table<T>::name);
    add(std::string_view(" "));
    add(Tail.view());
  }
};

template <class T>
struct Find {
  static constexpr void build(auto add) {
    add(std::string_view("SELECT "));
    Columns<T, "">::build(add);
    add(std::string_view(" FROM "));
    add(Table<T>::name);
    add_key<T>(add);
  }
};

template <class T>
struct Delete {
  static constexpr void build(auto add) {
    add(std::string_view("DELETE FROM "));
    add(Table<T>::name);
    add_key<T>(add);
  }
};

}  // namespace row_detail

/// How many columns `column_list` names.
template <class T>
inline constexpr int column_count = [] {
  int count = 0;
  row_detail::for_each_column<T, row_detail::is_column<T>>([&](auto) { ++count; });
  return count;
}();

/// "id, version, display_name, ..."; with a prefix, for joins: "c.id, c.version, ...".
template <class T, SqlText Prefix = "">
constexpr std::string_view column_list() {
  return row_detail::static_view<row_detail::Columns<T, Prefix>>;
}

/// Parameters: user_id, the members, the derived columns, the insert-only columns.
template <class T>
constexpr std::string_view insert_sql() {
  return row_detail::static_view<row_detail::Insert<T>>;
}

/// Parameters: the members but key and created_at, the derived columns, user_id, the key.
template <class T>
constexpr std::string_view update_sql() {
  return row_detail::static_view<row_detail::Update<T, false>>;
}

/// The same with a last parameter: the version that the row must have.
template <class T>
constexpr std::string_view update_version_sql() {
  return row_detail::static_view<row_detail::Update<T, true>>;
}

/// "SELECT <columns> FROM <table> <Tail>".
template <class T, SqlText Tail>
constexpr std::string_view select_sql() {
  return row_detail::static_view<row_detail::Select<T, Tail>>;
}

/// Parameters: user_id, the key.
template <class T>
constexpr std::string_view find_sql() {
  return row_detail::static_view<row_detail::Find<T>>;
}
template <class T>
constexpr std::string_view delete_sql() {
  return row_detail::static_view<row_detail::Delete<T>>;
}

}  // namespace omnicrm::repository
