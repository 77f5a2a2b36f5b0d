// Where log lines go: the host's sink, standard error when the options say so, and whoever subscribed.
#pragma once

#include <memory>
#include <omnicrm/observe/logger.hpp>
#include <optional>

#include "callback.hpp"
#include "omnicrm.h"

namespace omnicrm::capi {

/// The sink of ocrm_options.
struct LogSink {
  ocrm_log_fn log = nullptr;
  int32_t level = OCRM_LOG_INFO;
  std::optional<User> user;
};

/// `other` hears everything too, if it is there.
[[nodiscard]] std::shared_ptr<observe::Logger> make_host_logger(CrmState& crm, LogSink sink,
                                                                std::shared_ptr<observe::Logger> other);

}  // namespace omnicrm::capi
