// How the wiring makes a user's search.
#pragma once

#include <memory>

#include <omnicrm/insight/search.hpp>

#include "repository/unit.hpp"

namespace omnicrm::insight {

[[nodiscard]] std::unique_ptr<SearchService> make_search_service(repository::Unit unit);

}  // namespace omnicrm::insight
