// How the wiring makes the side of the queue that is of all users.
#pragma once

#include <memory>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/jobs/queue.hpp>
#include <omnicrm/storage/storage.hpp>

#include "jobs/wakeup.hpp"

namespace omnicrm::jobs {

[[nodiscard]] std::unique_ptr<JobsAdmin> make_jobs_admin(std::shared_ptr<storage::Storage> storage,
                                                         std::shared_ptr<Clock> clock,
                                                         std::shared_ptr<Wakeup> wakeup);

}  // namespace omnicrm::jobs
