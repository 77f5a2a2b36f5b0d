// A card, or a row read as one, as a contact.
#pragma once

#include <omnicrm/core/result.hpp>
#include <omnicrm/sync/normalizer.hpp>

#include "providers/files/contact_card.hpp"

namespace omnicrm::files {

/// What the contact rules need to know: everybody on the card is `about`.
[[nodiscard]] sync::ItemFacts card_facts(const ContactCard& card);

/// One contact; `skipped` for what is no person or organization ("group_card") or names nobody ("no_person").
[[nodiscard]] sync::Normalized normalize_card(const ContactCard& card, Origin source);

}  // namespace omnicrm::files
