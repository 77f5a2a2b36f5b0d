// Records as JSON text, both ways: the same JSON that operations take and give.
#pragma once

#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm {

/// A record as compact JSON. Ids are UUID text, times RFC 3339, enumerations their names; absent optionals
/// are left out. For every record of `omnicrm/model/`, and for the filters, hits and summaries of the other
/// public headers; a type that has no JSON does not link. Never fails. @since 0.1
template <class T>
[[nodiscard, gnu::visibility("default")]] std::string to_json(const T& record);

/// The inverse: `from_json<Contact>(text)`. A missing field keeps its default. Errors: `invalid_argument`
/// naming the field: unknown or repeated ones, wrong types, numbers out of range, unknown names of an
/// enumeration, text that is not JSON or not UTF-8, over 64 levels or 64 MiB. @since 0.1
template <class T>
[[nodiscard, gnu::visibility("default")]] Result<T> from_json(std::string_view text);

}  // namespace omnicrm
