// What the rooms log through: it adds the ids of the thread and takes out secrets.
#pragma once

#include <memory>

#include <omnicrm/observe/logger.hpp>

namespace omnicrm::observe {

/// Before a line reaches `sink`, it gets the ids of `thread_context()` as fields (`job`, `kind`, `user`,
/// `batch`, `request`, `trace_id`, `span_id`; a field of the line's own wins) and loses what `redact.hpp`
/// finds. Lines that the sink does not want cost a virtual call. The wiring wraps the host's logger once;
/// nobody else needs it.
[[nodiscard]] std::shared_ptr<Logger> context_logger(std::shared_ptr<Logger> sink);

}  // namespace omnicrm::observe
