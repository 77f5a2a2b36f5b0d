// Processes of a test's own, to be killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

#include "parts/crm_fixture.hpp"

namespace omnicrm::testing {

/// Runs a function in a forked process. Fork before threads and open databases: neither survives it. One
/// thread.
class Child {
 public:
  /// `body` gives the exit code. Nothing of Boost.Test may be used in it.
  explicit Child(const std::function<int()>& body);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// kill -9.
  void kill();
  /// Another signal: SIGSTOP, SIGCONT.
  void send(int signal) const;
  /// Whether it has ended by itself; does not wait.
  [[nodiscard]] bool has_ended();
  /// Exit code, or 128 + the signal that ended it.
  int wait();

 private:
  pid_t id_ = -1;
  int code_ = -1;
};

/// Sleeps as exactly as the system can.
void pause(std::chrono::microseconds time);

/// In a child: the error to standard error, and its code as exit code.
int exit_code(const Result<void>& result);
/// The exit code of a child that failed with `code`.
[[nodiscard]] constexpr int exit_code(ErrorCode code) {
  return 30 + static_cast<int>(code);
}

/// Imports in this process and closes the database; an import that does not end as done is `internal`.
Result<void> import_here(const Options& options, const std::string& user, const SyncSource& source);
/// What a person does after a crash: opens the database, lets the waiting jobs run, and imports if nothing
/// says that the import had been approved.
Result<void> resume_here(const Options& options, const std::string& user, const SyncSource& source);

}  // namespace omnicrm::testing
