// Records as JSON, both ways, and their JSON Schema.
//
// This header is enough for the records of the model: src/model/json*.cpp hold the generated code. For a
// struct that is described elsewhere (an operation's request), include model/json_generate.hpp instead.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/model.hpp>

#include "model/records.hpp"

namespace omnicrm {

/// Appends a record as compact JSON. Ids are UUID text, times RFC 3339, enumerations their names; absent
/// optionals and numbers that JSON cannot write (NaN, infinity) are left out; free JSON stands as it is;
/// bytes that are not UTF-8 become U+FFFD. Never fails.
template <class T>
void write_json(std::string& out, const T& record);

template <class T>
[[nodiscard]] std::string to_json(const T& record);

/// Reads a record. A missing field keeps its default unless `required_fields<T>` names it, null is an absent
/// optional. Errors: `invalid_argument` naming the field ("source.paths[2]: expected text, got number"):
/// unknown or repeated fields, wrong types, numbers out of range, unknown names of an enumeration, text that
/// is not JSON or not UTF-8 (with the position), over 64 levels or 64 MiB.
template <class T>
[[nodiscard]] Result<T> from_json(std::string_view text);

/// Appends the JSON Schema (2020-12) of what `from_json<T>` accepts, without "$schema".
template <class T>
void write_schema(std::string& out);

/// A whole schema document.
template <class T>
[[nodiscard]] std::string json_schema();

/// Free JSON from a caller, compact. Errors: `invalid_argument` naming `field` and the position.
[[nodiscard]] Result<Json> checked_json(std::string_view text, std::string_view field);

/// The members of a JSON object in their order, values compact. Errors: `invalid_argument` (not an object).
[[nodiscard]] Result<std::vector<std::pair<std::string, Json>>> json_object_fields(std::string_view text,
                                                                                   std::string_view field);

/// The text of a JSON text value without quotes and escapes. Errors: `invalid_argument`.
[[nodiscard]] Result<std::string> json_to_text(const Json& value, std::string_view field);

/// One text for all ways to write the same value, for hashing: names sorted by their bytes, no white space,
/// integers as they stand, other numbers in their shortest form. What is not JSON, or has a name twice,
/// comes back as it is.
[[nodiscard]] std::string canonical_json(std::string_view text);

/// `text` as a JSON text, in quotes. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_text(std::string_view text);

#define OMNICRM_RECORD(T)                                     \
  extern template void write_json<T>(std::string&, const T&); \
  extern template std::string to_json<T>(const T&);           \
  extern template Result<T> from_json<T>(std::string_view);   \
  extern template void write_schema<T>(std::string&);         \
  extern template std::string json_schema<T>();
OMNICRM_FOR_EACH_RECORD(OMNICRM_RECORD)
#undef OMNICRM_RECORD

}  // namespace omnicrm
