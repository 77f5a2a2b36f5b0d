// The readers of one database: opened while more threads read at once, some kept for the next.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/sqlite/sqlite_open.hpp"

namespace omnicrm::storage {

/// Thread-safe.
class SqliteReaders {
 public:
  SqliteReaders(SqliteTarget target, SqliteOptions options)
      : target_(std::move(target)), options_(std::move(options)) {
    idle_.reserve(options_.idle_readers);
  }

  [[nodiscard]] Result<std::unique_ptr<SqliteConnection>> take();
  void give_back(std::unique_ptr<SqliteConnection> connection) noexcept;

 private:
  const SqliteTarget target_;
  const SqliteOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;  // the last used last: its cache is the warmest
};

}  // namespace omnicrm::storage
