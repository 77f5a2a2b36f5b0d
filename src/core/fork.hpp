// Noticing fork(2): buffered randomness must not be used by parent and child alike.
#pragma once

#include <cstdint>

namespace omnicrm {

/// A number that differs in a forked child from what it was in the parent. One atomic load; thread-safe.
[[nodiscard]] std::uint64_t fork_generation() noexcept;

}  // namespace omnicrm
