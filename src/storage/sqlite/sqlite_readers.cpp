#include "storage/sqlite/sqlite_readers.hpp"

#include <chrono>
#include <utility>

namespace omnicrm::storage {

Result<std::unique_ptr<SqliteConnection>> SqliteReaders::take() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      connection->wait_until(std::chrono::steady_clock::now() + options_.busy_timeout);
      return connection;
    }
  }
  return open_reader(target_, options_);
}

void SqliteReaders::give_back(std::unique_ptr<SqliteConnection> connection) noexcept {
  const std::scoped_lock lock(mutex_);
  // Within what the constructor reserved, so that this cannot fail.
  if (idle_.size() < options_.idle_readers) idle_.push_back(std::move(connection));
}

}  // namespace omnicrm::storage
