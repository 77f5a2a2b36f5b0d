// Plans and batches, as a person reads them.
#pragma once

#include <string>

#include <omnicrm/model/sync.hpp>

namespace cli {

void print_plan(const omnicrm::SyncPlan& plan);
void print_batch(const omnicrm::SyncBatch& batch);
[[nodiscard]] std::string name_of(omnicrm::BatchState state);
[[nodiscard]] std::string name_of(omnicrm::BatchKind kind);

}  // namespace cli
