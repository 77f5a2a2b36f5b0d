// Ended jobs that nobody looks at any more.
#pragma once

#include <cstdint>
#include <span>

#include "jobs/store.hpp"

namespace omnicrm::jobs::sqlite {

/// See `JobStore::retain`.
[[nodiscard]] Result<std::int64_t> retain(storage::Connection& connection, std::span<const Retention> orders,
                                          std::int64_t limit);

}  // namespace omnicrm::jobs::sqlite
