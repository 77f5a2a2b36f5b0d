// JSON Schema (2020-12) of what is read, generated from the description. Nested records stand inline.
#pragma once

#include <concepts>
#include <limits>
#include <string>
#include <string_view>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/time.hpp>

#include "model/json_writer.hpp"
#include "model/reflect.hpp"

namespace omnicrm::json_detail {

/// The "type" keyword; null is allowed where an optional may be absent.
inline void write_type(JsonWriter& out, std::string_view type, bool nullable) {
  out.raw(nullable ? R"("type":[")" : R"("type":")");
  out.raw(type);
  out.raw(nullable ? R"(","null"])" : "\"");
}

inline void write_formatted_text(JsonWriter& out, std::string_view format, bool nullable) {
  write_type(out, "string", nullable);
  out.raw(R"(,"format":")");
  out.raw(format);
  out.raw('"');
}

template <class T>
void write_schema_of(JsonWriter& out, bool nullable = false);

template <std::integral T>
void write_integer_schema(JsonWriter& out, bool nullable) {
  write_type(out, "integer", nullable);
  out.raw(R"(,"minimum":)");
  out.integer(std::numeric_limits<T>::min());
  out.raw(R"(,"maximum":)");
  out.integer(std::numeric_limits<T>::max());
}

template <DescribedEnum T>
void write_enum_schema(JsonWriter& out, bool nullable) {
  out.raw(R"("enum":[)");
  for (std::string_view name : enum_names<T>) {
    out.comma_unless_after('[');
    out.text(name);
  }
  out.raw(nullable ? ",null]" : "]");
}

template <Record T>
void write_record_schema(JsonWriter& out, bool nullable) {
  write_type(out, "object", nullable);
  out.raw(R"(,"properties":{)");
  for_each_member<T>([&](auto member) {
    out.comma_unless_after('{');
    out.text(member.name);
    out.raw(':');
    write_schema_of<member_type<T, decltype(member)>>(out);
  });
  out.raw('}');
  if constexpr (required_fields<T>.size() != 0) {
    out.raw(R"(,"required":[)");
    for (std::string_view name : required_fields<T>) {
      out.comma_unless_after('[');
      out.text(name);
    }
    out.raw(']');
  }
  out.raw(R"(,"additionalProperties":false)");
}

template <class T>
void write_schema_of(JsonWriter& out, bool nullable) {
  if constexpr (is_optional<T>) {
    return write_schema_of<typename T::value_type>(out, true);
  } else {
    out.raw('{');
    if constexpr (std::is_same_v<T, bool>) {
      write_type(out, "boolean", nullable);
    } else if constexpr (std::integral<T>) {
      write_integer_schema<T>(out, nullable);
    } else if constexpr (std::floating_point<T>) {
      write_type(out, "number", nullable);
    } else if constexpr (std::is_same_v<T, std::string>) {
      write_type(out, "string", nullable);
    } else if constexpr (std::is_same_v<T, Json>) {
      // Anything: the empty schema.
    } else if constexpr (std::is_same_v<T, Uuid> || is_id<T>) {
      write_formatted_text(out, "uuid", nullable);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      write_formatted_text(out, "date-time", nullable);
    } else if constexpr (std::is_same_v<T, Date>) {
      write_formatted_text(out, "date", nullable);
    } else if constexpr (DescribedEnum<T>) {
      write_enum_schema<T>(out, nullable);
    } else if constexpr (is_vector<T>) {
      write_type(out, "array", nullable);
      out.raw(R"(,"items":)");
      write_schema_of<typename T::value_type>(out);
    } else if constexpr (is_map<T>) {
      write_type(out, "object", nullable);
      out.raw(R"(,"additionalProperties":)");
      write_schema_of<typename T::mapped_type>(out);
    } else {
      static_assert(Record<T>, "no JSON form: describe the struct or enumeration");
      write_record_schema<T>(out, nullable);
    }
    out.raw('}');
  }
}

}  // namespace omnicrm::json_detail
