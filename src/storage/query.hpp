// Binding and reading C++ values over the driver seam.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/json.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::storage {

inline std::span<const std::byte> as_blob(const Uuid& id) {
  return std::as_bytes(std::span(id.bytes));
}
inline Uuid as_uuid(std::span<const std::byte> blob) {
  Uuid id;
  if (blob.size() == id.bytes.size()) std::memcpy(id.bytes.data(), blob.data(), blob.size());
  return id;
}

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id<Tag>> : std::true_type {};

/// Types whose bytes a statement would only borrow.
template <class T>
inline constexpr bool owns_bytes =
    std::is_same_v<T, std::string> || std::is_same_v<T, Json> || std::is_same_v<T, std::vector<std::byte>> ||
    std::is_same_v<T, std::optional<std::string>> || std::is_same_v<T, Uuid> || IsId<T>::value;

/// Binds one value. Enums are not bound here: records store their names (src/repository/row.hpp).
template <class T>
void bind_value(Statement& statement, int parameter, const T& value) {
  if constexpr (std::is_same_v<T, std::nullptr_t>) {
    statement.bind_null(parameter);
  } else if constexpr (std::is_same_v<T, Uuid>) {
    statement.bind_blob(parameter, as_blob(value));
  } else if constexpr (IsId<T>::value) {
    statement.bind_blob(parameter, as_blob(value.value));
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    statement.bind_int(parameter, to_micros(value));
  } else if constexpr (std::is_same_v<T, Json>) {
    statement.bind_text(parameter, value.text);
  } else if constexpr (std::floating_point<T>) {
    statement.bind_real(parameter, value);
  } else if constexpr (std::integral<T>) {
    statement.bind_int(parameter, static_cast<std::int64_t>(value));
  } else if constexpr (std::convertible_to<T, std::string_view>) {
    statement.bind_text(parameter, value);
  } else if constexpr (std::convertible_to<T, std::span<const std::byte>>) {
    statement.bind_blob(parameter, value);
  } else {
    static_assert(
        requires { value.has_value(); }, "no binding for this type");
    if (value) {
      bind_value(statement, parameter, *value);
    } else {
      statement.bind_null(parameter);
    }
  }
}

/// Reads one column.
template <class T>
T read_value(const Statement& statement, int column) {
  if constexpr (std::is_same_v<T, Uuid>) {
    return as_uuid(statement.get_blob(column));
  } else if constexpr (IsId<T>::value) {
    return T{as_uuid(statement.get_blob(column))};
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return from_micros(statement.get_int(column));
  } else if constexpr (std::is_same_v<T, Json>) {
    return Json{std::string(statement.get_text(column))};
  } else if constexpr (std::floating_point<T>) {
    return static_cast<T>(statement.get_real(column));
  } else if constexpr (std::is_same_v<T, bool>) {
    return statement.get_int(column) != 0;
  } else if constexpr (std::integral<T>) {
    return static_cast<T>(statement.get_int(column));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(statement.get_text(column));
  } else {
    using Value = typename T::value_type;  // std::optional
    return statement.is_null(column) ? T{} : T{read_value<Value>(statement, column)};
  }
}

/// One run of a statement, given back to the cache at the end of its scope.
///
///     OMNICRM_ASSIGN(Query rows, Query::run(connection, "SELECT id FROM tags WHERE user_id = ?", user));
///     while (true) { OMNICRM_ASSIGN(bool more, rows.next()); if (!more) break; rows.get<TagId>(0); }
class Query {
 public:
  template <class... Args>
  static Result<Query> run(Connection& connection, std::string_view sql, Args&&... args) {
    static_assert(((std::is_lvalue_reference_v<Args> || !owns_bytes<std::remove_cvref_t<Args>>)&&...),
                  "a temporary string would be gone before the statement is stepped");
    auto statement = connection.prepare(sql);
    if (!statement) return fail(std::move(statement).error());
    Query query(std::move(*statement));
    int parameter = 0;
    (bind_value(*query.statement_, parameter++, args), ...);
    return query;
  }

  /// A statement whose parameters are bound.
  static Query adopt(StatementPtr statement) { return Query(std::move(statement)); }

  Result<bool> next() { return statement_->step(); }
  template <class T>
  [[nodiscard]] T get(int column) const {
    return read_value<T>(*statement_, column);
  }
  [[nodiscard]] bool is_null(int column) const { return statement_->is_null(column); }
  Statement& statement() { return *statement_; }

 private:
  explicit Query(StatementPtr statement) : statement_(std::move(statement)) {}
  StatementPtr statement_;
};

/// Runs a statement that gives no rows and whose count nobody needs: a server is not waited for. Arguments
/// are bound in order; text and blobs must outlive the call only.
template <class... Args>
Result<void> run(Connection& connection, std::string_view sql, const Args&... args) {
  auto query = Query::run(connection, sql, args...);
  if (!query) return fail(std::move(query).error());
  if (auto done = query->next(); !done) return fail(std::move(done).error());
  return {};
}

/// The same; says how many rows it changed.
template <class... Args>
Result<std::int64_t> execute(Connection& connection, std::string_view sql, const Args&... args) {
  auto query = Query::run(connection, sql, args...);
  if (!query) return fail(std::move(query).error());
  if (auto done = query->next(); !done) return fail(std::move(done).error());
  return connection.changes();
}

/// The first column of the first row, if there is a row.
template <class T, class... Args>
Result<std::optional<T>> query_one(Connection& connection, std::string_view sql, const Args&... args) {
  auto query = Query::run(connection, sql, args...);
  if (!query) return fail(std::move(query).error());
  auto more = query->next();
  if (!more) return fail(std::move(more).error());
  if (!*more) return std::optional<T>{};
  return std::optional<T>(query->template get<T>(0));
}

}  // namespace omnicrm::storage
