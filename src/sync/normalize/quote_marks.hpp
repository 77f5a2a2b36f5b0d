// How mail programs mark what is quoted, in the languages they speak. Lines come without trailing blanks.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace omnicrm::sync {

/// "> text", also after a few letters ("JD> text", as Supercite writes) and with "|".
[[nodiscard]] bool is_quote_line(std::string_view line) noexcept;

/// "-----Original Message-----", "Begin forwarded message:" and their translations.
[[nodiscard]] bool is_original_message_line(std::string_view line);

/// A line of underscores, dashes or equals signs.
[[nodiscard]] bool is_rule_line(std::string_view line) noexcept;

/// A rule of at least 20 underscores or dashes, as list software and free-mail hosts put above their footers.
[[nodiscard]] bool is_footer_rule(std::string_view line) noexcept;

/// Whether lines [at, end) begin with a forwarded header: From: and at least two of Sent:, Date:, To:, Cc:,
/// Subject: in neighbouring lines, in one of the known languages.
[[nodiscard]] bool is_header_block(const std::vector<std::string_view>& lines, std::size_t at,
                                   std::size_t end);

/// How many lines, from `at` on, say "On <date>, <name> wrote:": 1 to 3, or 0 if they do not.
[[nodiscard]] std::size_t attribution_length(const std::vector<std::string_view>& lines, std::size_t at,
                                             std::size_t end);

/// Where the attribution in front of a quote at `quote` begins; `quote` if there is none.
[[nodiscard]] std::size_t attribution_before(const std::vector<std::string_view>& lines, std::size_t begin,
                                             std::size_t quote);

/// First line of a closing ("Best regards,", then a name and a few short lines) at the end of
/// [begin, end); `end` if there is none.
[[nodiscard]] std::size_t find_closing(const std::vector<std::string_view>& lines, std::size_t begin,
                                       std::size_t end);

}  // namespace omnicrm::sync
