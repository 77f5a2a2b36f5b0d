#include <omnicrm/testing/storage_conformance.hpp>

#include <thread>
#include <utility>

#include "testing/storage_conformance_parts.hpp"

namespace omnicrm::testing {
namespace {

std::vector<StorageTest> all_tests() {
  std::vector<StorageTest> tests;
  for (const auto& part : {transaction_tests(), concurrency_tests(), statement_tests(), schema_tests()}) {
    tests.insert(tests.end(), part.begin(), part.end());
  }
  return tests;
}

}  // namespace

Result<void> in_threads(std::size_t count, const std::function<Result<void>(std::size_t)>& body) {
  std::mutex mutex;
  Result<void> result;
  {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < count; ++index) {
      threads.emplace_back([&, index] {
        auto done = body(index);
        const std::scoped_lock lock(mutex);
        if (result && !done) result = std::move(done);
      });
    }
  }
  return result;
}

std::vector<std::string> storage_conformance_tests() {
  std::vector<std::string> names;
  for (const StorageTest& test : all_tests()) names.emplace_back(test.name);
  return names;
}

std::vector<ConformanceFailure> run_storage_conformance(const StorageFactory& make,
                                                        const StorageConformanceOptions& options) {
  std::vector<ConformanceFailure> failures;
  bool any = false;
  for (const StorageTest& test : all_tests()) {
    if (!options.only.empty() && options.only != test.name) continue;
    any = true;
    StorageBench bench(make, options.reopen);
    auto result = bench.open();
    if (result) result = test.run(bench);
    if (!result) failures.push_back({std::string(test.name), std::move(result).error().message});
  }
  if (!any) failures.push_back({options.only, "no such test"});
  return failures;
}

}  // namespace omnicrm::testing
