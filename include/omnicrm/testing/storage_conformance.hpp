// What every `Storage` must do: a suite that a host with its own storage runs, under any test framework.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm::testing {

/// One broken promise. @since 0.1
struct ConformanceFailure {
  std::string test;
  std::string message;
};

/// Gives a storage to test. @since 0.1
using StorageFactory = std::function<Result<std::unique_ptr<storage::Storage>>()>;

/// @since 0.1
struct StorageConformanceOptions {
  /// Opens once more what the factory gave last, after that was destroyed. Without it (a storage that ends
  /// with its object) durability across openings is not tested.
  StorageFactory reopen;
  /// Runs this test only; all when empty.
  std::string only;
};

/// The tests' names, in order. @since 0.1
[[nodiscard]] std::vector<std::string> storage_conformance_tests();

/// Runs the suite. Each test asks `make` for an empty database and uses tables of its own, whose names
/// begin with `conformance_`. Gives what failed; empty when the storage conforms. Starts threads, up to 8,
/// which it joins. Never throws what the storage did not throw. @since 0.1
[[nodiscard]] std::vector<ConformanceFailure> run_storage_conformance(
    const StorageFactory& make, const StorageConformanceOptions& options = {});

}  // namespace omnicrm::testing
