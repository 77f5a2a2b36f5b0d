#include "jobs/kinds.hpp"

#include <boost/json.hpp>

namespace omnicrm::jobs {

std::string kinds_json(const std::vector<std::string>& kinds) {
  boost::json::array array;
  for (const std::string& kind : kinds) array.emplace_back(kind);
  return boost::json::serialize(array);
}

std::string kinds_json(const Kinds& kinds) {
  boost::json::array array;
  for (const auto& [kind, entry] : kinds) array.emplace_back(kind);
  return boost::json::serialize(array);
}

}  // namespace omnicrm::jobs
