// Calls to normalizers, which may be the host's own: what they throw is an error, and what they give is
// checked.
#pragma once

#include <span>

#include <omnicrm/sync/normalizer.hpp>

namespace omnicrm::sync {

[[nodiscard]] Result<ItemFacts> facts_of(const Normalizer& normalizer, const RawItem& item);

/// Errors: those of the normalizer; `internal` for a record that names an item which was not given.
[[nodiscard]] Result<Normalized> normalize(const Normalizer& normalizer, std::span<const RawItem> series,
                                           const NormalizeOptions& options);

}  // namespace omnicrm::sync
