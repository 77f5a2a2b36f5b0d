// The jobs that carry a batch: fetch, normalize, undo.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/jobs/handler.hpp>

#include "sync/parts.hpp"

namespace omnicrm::sync {

inline constexpr std::string_view import_kind = "file_import";
inline constexpr std::string_view normalize_kind = "normalize_file";
inline constexpr std::string_view undo_kind = "undo_batch";

/// Payload of `file_import` and `undo_batch`.
struct BatchJob {
  BatchId batch_id;
};

/// Payload of `normalize_file`: a run of the batch's own raw events, and others that it changed.
struct NormalizeJob {
  BatchId batch_id;
  RawEventId from;
  RawEventId to;
  std::vector<RawEventId> changed;
};

/// Reads the plan's source from the stored position on: raw events, position and the jobs that normalize them
/// are committed together.
[[nodiscard]] std::shared_ptr<jobs::Handler> make_import_handler(std::shared_ptr<const Parts> parts);
/// Turns raw events into records; effects and completion are one transaction.
[[nodiscard]] std::shared_ptr<jobs::Handler> make_normalize_handler(std::shared_ptr<const Parts> parts);
/// Restores the state before the batch, step by step.
[[nodiscard]] std::shared_ptr<jobs::Handler> make_undo_handler(std::shared_ptr<const Parts> parts);

}  // namespace omnicrm::sync
