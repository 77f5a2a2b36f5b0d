// The texts of a record that a caller gave: what one storage would take and another refuse, all refuse.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"

namespace omnicrm::repository {

/// Errors: `invalid_argument` names the first text, at any depth, that is not UTF-8 or has a NUL.
template <class T>
[[nodiscard]] Result<void> check_texts(const T& value, const std::string& field = {}) {
  if constexpr (std::is_same_v<T, std::string>) {
    if (!text::is_utf8(value)) return invalid(field, "is not UTF-8");
    if (value.find('\0') != std::string::npos) return invalid(field, "has a NUL character");
  } else if constexpr (is_optional<T>) {
    if (value) return check_texts(*value, field);
  } else if constexpr (is_vector<T>) {
    for (std::size_t i = 0; i < value.size(); ++i)
      OMNICRM_TRY(check_texts(value[i], field + '[' + std::to_string(i) + ']'));
  } else if constexpr (DescribedStruct<T>) {
    Result<void> checked;
    for_each_member<T>([&](auto member) {
      if (checked)
        checked = check_texts(value.*member.pointer, field.empty() ? member.name : field + '.' + member.name);
    });
    return checked;
  }
  return {};
}

}  // namespace omnicrm::repository
