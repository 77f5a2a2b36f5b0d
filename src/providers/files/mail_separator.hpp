// Where a message of an mbox begins.
#pragma once

#include <string_view>

namespace omnicrm::files {

/// Whether `line` (without line end, after a blank line or at the start of the file) separates messages,
/// seen the line that follows it. RFC 4155 appendix A wants "From ", an address and an asctime date;
/// programs vary in all of it, so: a date in any of the usual forms behind one word, or an address and a
/// header field on the next line. A sentence that begins with "From " has neither.
[[nodiscard]] bool is_mbox_separator(std::string_view line, std::string_view next_line) noexcept;

/// "From " behind one or more ">" (mboxrd quoting).
[[nodiscard]] bool is_quoted_from(std::string_view line) noexcept;

}  // namespace omnicrm::files
