// The handlers a runner knows.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <omnicrm/jobs/handler.hpp>

namespace omnicrm::jobs {

struct KindEntry {
  std::shared_ptr<Handler> handler;
  KindOptions options;
};

/// By kind. Does not change while a runner runs.
using Kinds = std::map<std::string, KindEntry, std::less<>>;

/// `[kind, ...]` as a claim takes it.
[[nodiscard]] std::string kinds_json(const std::vector<std::string>& kinds);
[[nodiscard]] std::string kinds_json(const Kinds& kinds);

}  // namespace omnicrm::jobs
