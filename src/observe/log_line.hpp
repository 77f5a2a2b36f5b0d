// A log line as text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <omnicrm/observe/logger.hpp>

namespace omnicrm::observe {

/// "info", as it stands in a line.
[[nodiscard]] std::string_view level_name(Level level) noexcept;

/// The text with control characters as escapes (\n, \x1b): a line stays one line, a terminal is not spoken
/// to.
void append_printable(std::string& out, std::string_view text);

/// `,"level":"info","area":"jobs","message":"...","name":"value"`: the members after the time. What is not
/// UTF-8 is made so.
void append_json_members(std::string& out, Level level, std::string_view area, std::string_view message,
                         std::span<const Field> fields);

}  // namespace omnicrm::observe
