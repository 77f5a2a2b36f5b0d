// Who holds jobs.
#pragma once

#include <string>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/time.hpp>

namespace omnicrm::jobs {

struct Worker {
  WorkerId id;
  std::string name;
  Timestamp heartbeat_at{};
};

}  // namespace omnicrm::jobs
