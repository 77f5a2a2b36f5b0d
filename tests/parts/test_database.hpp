// The databases that a test works on: SQLite files of its own, or, with OMNICRM_TEST_DB=postgresql in the
// environment, databases on the test program's own server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <omnicrm/options.hpp>
#include <omnicrm/storage/storage.hpp>

#include "open_storage.hpp"

namespace omnicrm::testing {

/// Whether tests run on PostgreSQL. Throws when the environment names another storage than there is.
[[nodiscard]] bool on_postgres();

/// Gone with the test: declare it before what opens them. One thread.
class TestDatabases {
 public:
  TestDatabases() = default;
  ~TestDatabases();
  TestDatabases(const TestDatabases&) = delete;
  TestDatabases& operator=(const TestDatabases&) = delete;

  /// The path of a new database: `file`, which is not made, or the URI of a migrated database, for a role
  /// that has no rights but the application's.
  [[nodiscard]] std::string make(const std::string& file);
  /// The same for a role that owns it, for programs that take no other URI for the library's own work.
  [[nodiscard]] std::string make_owned(const std::string& file);

 private:
  std::vector<std::string> made_;
};

/// How tests open the database at `path`, as made above or a file: nothing waits for the disk, since no test
/// cuts the power; on a server, the library's own work is done by the tables' owner, who is no superuser.
[[nodiscard]] Options options_for(const std::string& path);
/// The same below the front door, and migrated.
[[nodiscard]] std::shared_ptr<storage::Storage> storage_at(const std::string& path);

}  // namespace omnicrm::testing
