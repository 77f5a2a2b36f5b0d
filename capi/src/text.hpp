// Text on its way in, and JSON that is only looked at.
#pragma once

#include <cstddef>
#include <omnicrm/core/result.hpp>
#include <string>
#include <string_view>

namespace omnicrm::capi {

/// Bytes as a caller gives them: NULL is empty, OCRM_NUL means up to the first NUL. Errors:
/// `invalid_argument` names the field: a size that no object can have, as negative numbers become.
[[nodiscard]] Result<std::string_view> bytes_of(const char* data, std::size_t size, std::string_view field);
/// The same; empty where the size is wrong. For functions that cannot say so.
[[nodiscard]] std::string_view bytes_or_none(const char* data, std::size_t size) noexcept;
/// The same as `bytes_of`, UTF-8.
[[nodiscard]] Result<std::string_view> text_of(const char* data, std::size_t size, std::string_view field);
/// Keeps what is UTF-8; else every byte beyond ASCII becomes '?'. For messages of foreign code.
[[nodiscard]] std::string readable(std::string_view text);

/// A JSON text: quoted and escaped.
[[nodiscard]] std::string json_text(std::string_view text);

[[nodiscard]] bool is_json(std::string_view text);
[[nodiscard]] bool is_json_object(std::string_view text);
/// One value of a JSON text (RFC 6901): text without quotes and escapes, anything else as JSON. Errors:
/// `invalid_argument` (no JSON, no pointer), `not_found`.
[[nodiscard]] Result<std::string> json_value(std::string_view text, std::string_view pointer);

}  // namespace omnicrm::capi
