// How far two names are from each other, for "did you mean".
#pragma once

#include <cstddef>
#include <string_view>

namespace omnicrm::operations {

/// Optimal string alignment distance (Damerau 1964): insertions, deletions, changes and swaps of neighbours.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace omnicrm::operations
