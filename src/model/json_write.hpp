// Values as JSON, generated from their description.
#pragma once

#include <cmath>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <omnicrm/core/json.hpp>

#include "model/json_writer.hpp"
#include "model/reflect.hpp"

namespace omnicrm::json_detail {

/// `"name":`, made by the compiler.
template <class Member>
inline constexpr auto member_prefix = [] {
  constexpr std::string_view name(Member::name);
  std::array<char, name.size() + 3> prefix{};
  prefix.front() = '"';
  for (std::size_t index = 0; index < name.size(); ++index) prefix[index + 1] = name[index];
  prefix[name.size() + 1] = '"';
  prefix[name.size() + 2] = ':';
  return prefix;
}();

/// Whether the value is left out of its record.
template <class T>
[[nodiscard]] bool is_left_out(const T& value) {
  if constexpr (is_optional<T>) {
    return !value.has_value() || is_left_out(*value);
  } else if constexpr (std::floating_point<T>) {
    return !std::isfinite(value);
  } else {
    return false;
  }
}

template <class T>
void write_value(JsonWriter& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out.boolean(value);
  } else if constexpr (std::integral<T>) {
    out.integer(value);
  } else if constexpr (std::floating_point<T>) {
    if (std::isfinite(value)) {
      out.real(value);
    } else {
      out.raw("null");
    }
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.text(value);
  } else if constexpr (std::is_same_v<T, Json>) {
    out.raw(value.text.empty() ? std::string_view("null") : std::string_view(value.text));
  } else if constexpr (std::is_same_v<T, Uuid>) {
    out.uuid(value);
  } else if constexpr (is_id<T>) {
    out.uuid(value.value);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    out.timestamp(value);
  } else if constexpr (std::is_same_v<T, Date>) {
    out.date(value);
  } else if constexpr (DescribedEnum<T>) {
    out.text(enum_name(value));
  } else if constexpr (is_optional<T>) {
    if (value) {
      write_value(out, *value);
    } else {
      out.raw("null");
    }
  } else if constexpr (is_vector<T>) {
    out.raw('[');
    bool first = true;
    for (const auto& element : value) {
      if (!first) out.raw(',');
      first = false;
      write_value(out, element);
    }
    out.raw(']');
  } else if constexpr (is_map<T>) {
    out.raw('{');
    bool first = true;
    for (const auto& [name, element] : value) {
      if (!first) out.raw(',');
      first = false;
      out.text(name);
      out.raw(':');
      write_value(out, element);
    }
    out.raw('}');
  } else {
    static_assert(Record<T>, "no JSON form: describe the struct or enumeration");
    out.raw('{');
    bool first = true;
    for_each_member<T>([&](auto member) {
      const auto& field = value.*member.pointer;
      if (is_left_out(field)) return;
      constexpr auto& prefix = member_prefix<decltype(member)>;
      if (!first) out.raw(',');
      first = false;
      out.raw(std::string_view(prefix.data(), prefix.size()));
      write_value(out, field);
    });
    out.raw('}');
  }
}

}  // namespace omnicrm::json_detail
