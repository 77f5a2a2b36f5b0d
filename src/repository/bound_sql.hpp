// SQL put together from fixed pieces, each with the values it binds. No value ever becomes SQL text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/storage/storage.hpp>

#include "storage/query.hpp"

namespace omnicrm::repository {

class BoundSql {
 public:
  /// Appends a piece that the program's text holds, with the values for its `?` in order.
  template <class... Values>
  BoundSql& add(std::string_view piece, const Values&... values) {
    text_ += piece;
    (bind(values), ...);
    return *this;
  }
  BoundSql& add(const BoundSql& other) {
    text_ += other.text_;
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
    return *this;
  }

  /// "(?, ?, ?)" for a list; an empty list gives "(NULL)", which nothing is in.
  template <class List>
  BoundSql& add_list(const List& values) {
    text_ += " (";
    bool first = true;
    for (const auto& value : values) {
      text_ += first ? "?" : ", ?";
      first = false;
      bind(value);
    }
    text_ += first ? "NULL)" : ")";
    return *this;
  }

  /// The statement borrows this object's texts: keep it until the rows are read.
  [[nodiscard]] Result<storage::Query> run(storage::Connection& connection) const {
    auto query = storage::Query::run(connection, text_);
    if (!query) return query;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      std::visit(
          [&](const auto& value) { storage::bind_value(query->statement(), static_cast<int>(i), value); },
          values_[i]);
    }
    return query;
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void bind(std::int64_t value) { values_.emplace_back(value); }
  void bind(double value) { values_.emplace_back(value); }
  void bind(bool value) { values_.emplace_back(std::int64_t{value}); }
  void bind(const std::string& value) { values_.emplace_back(value); }
  void bind(std::string_view value) { values_.emplace_back(std::string(value)); }
  void bind(const Uuid& value) { values_.emplace_back(value); }
  void bind(Timestamp value) { values_.emplace_back(to_micros(value)); }
  template <class Tag>
  void bind(const Id<Tag>& value) {
    values_.emplace_back(value.value);
  }

  std::string text_;
  std::vector<std::variant<std::int64_t, double, std::string, Uuid>> values_;
};

}  // namespace omnicrm::repository
