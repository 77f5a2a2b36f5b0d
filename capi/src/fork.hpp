// Noticing fork(2), before a lock is touched that another thread of the parent may have held.
#pragma once

#include <cstdint>
#include <memory>

namespace omnicrm::capi {

/// A number that differs in a forked child from what it was in the parent. Thread-safe, takes no lock.
[[nodiscard]] std::uint64_t fork_generation() noexcept;

/// Gives something up: it is never destroyed, and stays reachable for leak checkers. Takes no lock.
void keep_for_ever(std::shared_ptr<void> thing) noexcept;

}  // namespace omnicrm::capi
