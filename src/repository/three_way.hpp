// Taking a change back when the record has changed again since.
#pragma once

#include "model/describe.hpp"
#include "model/reflect.hpp"

namespace omnicrm::repository {

/// `current` without the change from `before` to `after`: a field that still has the value the change gave it
/// gets its old value, any other stays as it is. Equal to `before` when nothing changed since.
template <Record T>
[[nodiscard]] T without_change(const T& before, const T& after, const T& current) {
  if (current == after) return before;
  T result = current;
  for_each_member<T>([&](auto member) {
    if (current.*member.pointer == after.*member.pointer) result.*member.pointer = before.*member.pointer;
  });
  return result;
}

}  // namespace omnicrm::repository
