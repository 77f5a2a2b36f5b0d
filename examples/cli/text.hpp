// Text as a terminal shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/time.hpp>

namespace cli {

/// Columns that the text takes: combining marks none, East Asian wide characters and emoji two.
[[nodiscard]] std::size_t width_of(std::string_view text);
/// In one line, without control characters: mail may hold any, a terminal would obey them.
[[nodiscard]] std::string plain(std::string_view text);
/// At most `width` columns, with "…" at the end when something was cut.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);

/// 1,234,567
[[nodiscard]] std::string grouped(std::int64_t number);
/// 34.2 MB
[[nodiscard]] std::string bytes(std::int64_t count);
/// 75 s, 3 min 20 s
[[nodiscard]] std::string duration(double seconds);
/// "1 contact", "3 contacts"
[[nodiscard]] std::string counted(std::int64_t number, std::string_view singular, std::string_view plural);
/// 2002-08-22 12:36, UTC
[[nodiscard]] std::string minute(omnicrm::Timestamp at);

[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view separator);
/// ASCII only.
[[nodiscard]] std::string lower(std::string_view text);
/// How many letters differ: inserted, left out, changed or swapped.
[[nodiscard]] std::size_t distance(std::string_view a, std::string_view b);
/// The candidate that was most likely meant: at most a third of its letters away.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& candidates);

}  // namespace cli
