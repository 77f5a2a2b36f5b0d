// Runs a queue until one batch has ended.
#pragma once

#include <functional>
#include <stop_token>

#include <omnicrm/crm.hpp>

namespace omnicrm {

/// What `Crm::run_batch` does.
[[nodiscard]] Result<SyncBatch> run_batch(jobs::Runner& runner, Session& session, BatchId batch,
                                          const std::function<void(const BatchProgress&)>& progress,
                                          std::stop_token stop);

}  // namespace omnicrm
