// "(?, ?, ?)" of a fixed length for lists of any length up to it, so that one prepared statement serves all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "storage/query.hpp"

namespace omnicrm::repository {

[[nodiscard]] inline std::string parameter_list(std::size_t length) {
  std::string list = "(?";
  for (std::size_t i = 1; i < length; ++i) list += ", ?";
  return list + ")";
}

/// Binds `values`, at least one and at the most `length`, from `parameter` on; the last one fills up.
template <class T>
void bind_list(storage::Statement& statement, int parameter, std::size_t length, std::span<const T> values) {
  for (std::size_t i = 0; i < length; ++i) {
    storage::bind_value(statement, parameter + static_cast<int>(i), values[std::min(i, values.size() - 1)]);
  }
}

}  // namespace omnicrm::repository
