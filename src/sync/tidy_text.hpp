// What a source or a normalizer gives may hold any bytes: before anything is kept or looked up, its texts
// become UTF-8 without NUL (text::to_utf8), so that every storage takes them and holds the same.
#pragma once

#include <omnicrm/sync/normalizer.hpp>

namespace omnicrm::sync {

/// All but the payload and the position, which are bytes.
void tidy_text(SourceItem& item);
void tidy_text(ItemFacts& facts);
void tidy_text(Normalized& made);

}  // namespace omnicrm::sync
