// Runs the jobs of a batch and shows how far it is.
#pragma once

#include <omnicrm/core/ids.hpp>
#include <omnicrm/model/sync.hpp>

#include "context.hpp"
#include "interrupt.hpp"

namespace cli {

/// Runs what is queued until nothing is left or Ctrl-C, with a bar for `batch`. Gives the batch as it is
/// then.
omnicrm::SyncBatch run_batch(Context& context, omnicrm::BatchId batch, const Interrupt& interrupt);

/// Prints the batch (or its JSON) and what it means: exit status, and what to type when it is not at its end.
int finish(Context& context, const omnicrm::SyncBatch& batch, const Interrupt& interrupt);

}  // namespace cli
