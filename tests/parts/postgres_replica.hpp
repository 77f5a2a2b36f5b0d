// A hot standby of the tests' server: pg_basebackup, then streaming.
#pragma once

#include <sys/types.h>

#include <string>

#include "parts/postgres_server.hpp"

namespace omnicrm::testing {

/// Runs as a child that the kernel ends with this process. Throws std::runtime_error when it does not start.
/// One thread.
class PostgresReplica {
 public:
  explicit PostgresReplica(PostgresServer& primary);
  ~PostgresReplica();
  PostgresReplica(const PostgresReplica&) = delete;
  PostgresReplica& operator=(const PostgresReplica&) = delete;

  [[nodiscard]] std::string url(const std::string& database, const std::string& role = "omni") const;
  /// The first value of what the superuser asks of the replica.
  std::string ask(const std::string& sql) const;
  void start();
  /// At once, as in a crash.
  void stop();
  /// Waits until it has replayed all that the primary wrote.
  void catch_up() const;

 private:
  PostgresServer& primary_;
  std::string folder_;
  std::string program_;  // the server's, with its folder
  bool is_root_ = false;
  pid_t process_ = -1;
};

}  // namespace omnicrm::testing
