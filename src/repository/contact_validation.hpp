// A contact's form: what a caller gave, checked and normalized.
#pragma once

#include <optional>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>

#include "repository/custom_fields.hpp"

namespace omnicrm::repository {

inline constexpr std::size_t longest_text = 1000;
inline constexpr std::size_t longest_note = 100'000;
inline constexpr std::size_t most_points = 200;

/// Normalizes every editable field and derives an empty display name. Pure.
/// Errors: `invalid_argument` naming the field ("emails[0].value: ...").
[[nodiscard]] Result<void> normalize_contact(Contact& contact,
                                             const std::optional<CustomFields>& custom_fields);

/// The same for what a source said: what does not fit is cut or left out. False when nothing is left to know
/// the person by. A display name that is only the address or its local part is left out: it says nothing.
[[nodiscard]] bool tidy_draft(Contact& draft, const std::optional<CustomFields>& custom_fields);

/// A text from a caller: UTF-8 without NUL, NFC, white space squeezed. Errors: `invalid_argument` on `field`.
[[nodiscard]] Result<std::string> checked_text(std::string_view text, std::string_view field,
                                               std::size_t longest = longest_text);
/// The same, keeping line breaks and inner white space.
[[nodiscard]] Result<std::string> checked_note(std::string_view text, std::string_view field);

/// One entry is primary in every list that is not empty.
void settle_primary(std::vector<ContactPoint>& points);

}  // namespace omnicrm::repository
