// What several sources say of one person, put together: the same whatever the order in which they spoke.
#pragma once

#include <omnicrm/model/contact.hpp>

#include "repository/contact_fields.hpp"

namespace omnicrm::repository {

/// The claims that a source makes by a draft: one per field that is not empty, per list (which entry is the
/// primary one) and per custom field ("custom.<name>"). Mail and calendars repeat the same names all the
/// time: their claims count by the month, so that most repetitions say nothing new.
[[nodiscard]] Provenance claims_of(const Contact& draft, const Claim& claim);

/// Joins `from` into `into`, field by field: the stronger claim stays (is_stronger), lists are united by
/// identity and sorted, the primary entry first. Commutative, associative and idempotent but for ids, times
/// and what a person edited, which always stays. A name that nobody claims is derived again. Pure.
void join_contact(Contact& into, const Contact& from, const Provenance& from_claims);

}  // namespace omnicrm::repository
