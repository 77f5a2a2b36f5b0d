// The storage conformance suite on SQLite, on a file and in memory.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <omnicrm/storage/sqlite.hpp>
#include <omnicrm/testing/storage_conformance.hpp>

#include "parts/temporary_folder.hpp"

namespace data = boost::unit_test::data;
using omnicrm::testing::TemporaryFolder;

namespace {

void run(const omnicrm::testing::StorageFactory& make,
         const omnicrm::testing::StorageConformanceOptions& options) {
  for (const auto& failure : omnicrm::testing::run_storage_conformance(make, options)) {
    BOOST_ERROR(failure.test + ": " + failure.message);
  }
}

void run_on_file(const std::string& test, bool full_sync) {
  const TemporaryFolder folder;
  const auto open = [&] {
    return omnicrm::storage::sqlite({.path = folder.file("conformance.db"), .full_sync = full_sync});
  };
  run(open, {.reopen = open, .only = test});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storage_conformance)

BOOST_DATA_TEST_CASE(sqlite_file, data::make(omnicrm::testing::storage_conformance_tests())) {
  run_on_file(sample, true);
}

BOOST_DATA_TEST_CASE(sqlite_file_without_full_sync,
                     data::make(omnicrm::testing::storage_conformance_tests())) {
  run_on_file(sample, false);
}

BOOST_DATA_TEST_CASE(sqlite_memory, data::make(omnicrm::testing::storage_conformance_tests())) {
  run([] { return omnicrm::storage::sqlite({.path = ":memory:"}); }, {.reopen = {}, .only = sample});
}

// The suite itself must find what it looks for: a storage that does nothing fails nearly all of it.
BOOST_AUTO_TEST_CASE(finds_a_broken_storage) {
  struct Broken final : omnicrm::storage::Storage {
    omnicrm::storage::Dialect dialect() const noexcept override { return omnicrm::storage::Dialect::sqlite; }
    omnicrm::Result<void> read(const omnicrm::storage::Scope&, omnicrm::storage::Work) override { return {}; }
    omnicrm::Result<void> write(const omnicrm::storage::Scope&, omnicrm::storage::Work) override {
      return {};
    }
    omnicrm::Result<void> migrate() override { return {}; }
    omnicrm::Result<std::int64_t> schema_version() override { return 0; }
    omnicrm::Result<void> backup(const std::string&) override { return {}; }
    omnicrm::Result<std::vector<std::string>> check() override { return std::vector<std::string>{}; }
  };
  const auto failures = omnicrm::testing::run_storage_conformance(
      []() -> omnicrm::Result<std::unique_ptr<omnicrm::storage::Storage>> {
        return std::make_unique<Broken>();
      });
  BOOST_TEST(failures.size() + 2 >= omnicrm::testing::storage_conformance_tests().size());
  const auto unknown = omnicrm::testing::run_storage_conformance(
      []() -> omnicrm::Result<std::unique_ptr<omnicrm::storage::Storage>> {
        return std::make_unique<Broken>();
      },
      {.reopen = {}, .only = "no such test"});
  BOOST_TEST(unknown.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
