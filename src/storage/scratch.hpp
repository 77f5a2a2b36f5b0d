// A temporary database for set logic in bounded memory.
#pragma once

#include <memory>

#include <omnicrm/storage/storage.hpp>

namespace omnicrm::storage {

/// Lives in a file without a name (SQLite's temporary folder) that goes away with it; what fits stays in a
/// cache of 2 MiB. Everything happens in one transaction that is never committed. One thread at a time.
class Scratch {
 public:
  /// Errors: `resource_exhausted`, `permission_denied`.
  [[nodiscard]] static Result<std::unique_ptr<Scratch>> open();

  [[nodiscard]] Connection& connection() noexcept { return *connection_; }

 private:
  explicit Scratch(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  std::unique_ptr<Connection> connection_;
};

}  // namespace omnicrm::storage
