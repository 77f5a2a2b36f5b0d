// A PostgreSQL server of the tests' own, and a pgbouncer before it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace omnicrm::testing {

/// Made on first use in a temporary folder (initdb, sockets only, no fsync), so that any number of test
/// programs run beside each other; ended with the process however that ends, kill -9 included. As root the
/// servers run as `nobody`. Throws std::runtime_error with their log when one does not start. One thread.
class PostgresServer {
 public:
  [[nodiscard]] static PostgresServer& get();

  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// A new database with the library's schema in it, still empty; gives its name.
  [[nodiscard]] std::string make_database();
  /// A role with the rights of `omnicrm_app` alone, as a careful host's application logs in.
  static constexpr const char* application = "omnicrm_login";
  /// The role that owns migrated databases and their tables; no superuser.
  static constexpr const char* owner = "omnicrm_owner";
  /// The same database for that role.
  [[nodiscard]] static std::string as_owner(const std::string& url);
  /// A database that the library has migrated, empty and for these two roles: one that was given back, or a
  /// new one.
  [[nodiscard]] std::string make_migrated_database();
  /// Empties it for the next test, which is ten times as quick as a new one. Its tables must be as they were.
  void give_back(const std::string& database);
  void drop_database(const std::string& database);
  /// The `postgresql://` URI of a database for a role; "omni" is the superuser.
  [[nodiscard]] std::string url(const std::string& database, const std::string& role = "omni") const;
  /// The same through pgbouncer in transaction mode, which is started when first asked for.
  [[nodiscard]] std::string bouncer_url(const std::string& database, const std::string& role = "omni");
  /// Runs SQL as the superuser.
  void run(const std::string& database, const std::string& sql) const;
  /// `mode` is fast or immediate.
  void restart(const std::string& mode);
  void stop(const std::string& mode);
  void start();

 private:
  void make_template();
  void start_keeper();
  void start_bouncer();
  [[nodiscard]] std::string as_server(const std::string& command) const;

  std::string folder_;
  std::string bin_;
  bool is_root_ = false;
  bool has_bouncer_ = false;
  bool has_template_ = false;
  int databases_ = 0;
  std::vector<std::string> spare_;
  pid_t owner_ = -1;     // a forked child must not end its parent's server
  int alive_ = -1;       // the keeper reads the other end: closed when this process is gone
  int cleaned_up_ = -1;  // closed when the keeper is done
};

}  // namespace omnicrm::testing
