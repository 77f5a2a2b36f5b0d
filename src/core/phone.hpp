// Telephone numbers, as the library compares them.
#pragma once

#include <omnicrm/core/result.hpp>
#include <string>
#include <string_view>

namespace omnicrm {

/// The digits of a number, with a leading '+' when it is written internationally (`+49 (0)30 1234`,
/// `0049 30 1234`, `tel:+49-30-1234` -> `+49301234`). Extensions (`ext. 12`, `x12`, `;ext=12`) are cut off.
///
/// Best effort at E.164 without a table of countries (libphonenumber conflicts with our Boost): a national
/// number stays national, and whether a number exists is not checked. Pure and thread-safe.
/// Errors: `invalid_argument` (field `phone`): fewer than 3 or more than 15 digits (E.164 section 6), or
/// letters.
[[nodiscard]] Result<std::string> normalize_phone(std::string_view text);

}  // namespace omnicrm
