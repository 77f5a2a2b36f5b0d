// A unique key's scope as it stands in rows.
#pragma once

#include <string_view>

#include <omnicrm/jobs/handler.hpp>

namespace omnicrm::jobs {

[[nodiscard]] inline std::string_view scope_name(UniqueScope scope) {
  if (scope == UniqueScope::waiting) return "waiting";
  return scope == UniqueScope::period ? "period" : "unfinished";
}

[[nodiscard]] inline UniqueScope scope_from_name(std::string_view name) {
  if (name == "waiting") return UniqueScope::waiting;
  return name == "period" ? UniqueScope::period : UniqueScope::unfinished;
}

}  // namespace omnicrm::jobs
