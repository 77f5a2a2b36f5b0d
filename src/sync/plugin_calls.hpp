// Calls to sources and normalizers, which may be the host's own: what normalizers throw is an error, and what
// they give is checked and tidied.
#pragma once

#include <span>

#include <omnicrm/sync/normalizer.hpp>

namespace omnicrm::sync {

/// The next item of a source; false at the end.
[[nodiscard]] Result<bool> next_item(SourceReader& reader, SourceItem& item);

[[nodiscard]] Result<ItemFacts> facts_of(const Normalizer& normalizer, const RawItem& item);

/// Errors: those of the normalizer; `internal` for a record that names an item which was not given.
[[nodiscard]] Result<Normalized> normalize(const Normalizer& normalizer, std::span<const RawItem> series,
                                           const NormalizeOptions& options);

}  // namespace omnicrm::sync
