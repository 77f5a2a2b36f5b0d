// How the wiring makes a user's queue.
#pragma once

#include <memory>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/jobs/queue.hpp>
#include <omnicrm/storage/storage.hpp>

#include "core/id_generator.hpp"
#include "jobs/wakeup.hpp"

namespace omnicrm::jobs {

/// One `Wakeup` joins all queues and runners of a storage in this process.
[[nodiscard]] std::unique_ptr<Jobs> make_jobs(std::shared_ptr<storage::Storage> storage,
                                              std::shared_ptr<Clock> clock, std::shared_ptr<IdGenerator> ids,
                                              UserId user, std::shared_ptr<Wakeup> wakeup,
                                              std::shared_ptr<storage::WritePosition> written = {});

}  // namespace omnicrm::jobs
