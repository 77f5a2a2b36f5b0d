// How a CRM is opened.
#pragma once

#include <memory>
#include <string>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/jobs/runner.hpp>
#include <omnicrm/observe/logger.hpp>
#include <omnicrm/storage/sqlite.hpp>

namespace omnicrm {

/// Everything has a default: `Crm::open({.path = "my.db"})`. @since 0.1
struct Options {
  /// The database file, or `:memory:`.
  std::string path = "omnicrm.db";
  /// Details of the embedded storage; its `path` is the one above.
  storage::SqliteOptions sqlite = {};
  /// A storage of the host's own; instead of the embedded one.
  std::shared_ptr<storage::Storage> storage = {};
  /// Brings the schema up to date when opening. False: opening an older schema fails.
  bool migrate = true;
  jobs::RunnerOptions jobs = {};
  /// The host's parts; the library's own when null.
  std::shared_ptr<Clock> clock = {};
  std::shared_ptr<Random> random = {};
  std::shared_ptr<observe::Logger> logger = {};
};

}  // namespace omnicrm
