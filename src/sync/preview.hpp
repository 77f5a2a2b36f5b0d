// Reads a source and says what importing it would do. Changes nothing.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include <omnicrm/model/sync.hpp>
#include <omnicrm/sync/sync_service.hpp>

#include "repository/unit.hpp"
#include "sync/parts.hpp"

namespace omnicrm::sync {

/// The plan, not stored. Memory does not grow with the source: what must be remembered of every item (seen
/// before?) and every person is in a scratch database on disk. Errors: of the source, `cancelled`.
[[nodiscard]] Result<SyncPlan> make_plan(const Parts& parts, const repository::Unit& unit,
                                         const SyncSource& source,
                                         const std::function<void(const PreviewProgress&)>& progress,
                                         std::stop_token stop);

}  // namespace omnicrm::sync
