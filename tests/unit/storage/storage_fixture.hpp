// Shared by the storage tests: a database in a folder of its own, and child processes.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "parts/temporary_folder.hpp"
#include "storage/query.hpp"
#include "storage/sqlite/sqlite_storage.hpp"

namespace omnicrm::storage {

/// Fails the test case with the error's text.
template <class T>
T need(Result<T> result) {
  BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().message));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline ErrorCode code_of(const Result<void>& result) {
  BOOST_REQUIRE(!result.has_value());
  return result.error().code;
}

struct StorageFixture {
  testing::TemporaryFolder folder;
  std::string path = folder.file("crm.db");

  [[nodiscard]] SqliteOptions options() const {
    SqliteOptions options;
    options.path = path;
    options.full_sync = false;  // these tests do not cut the power
    return options;
  }
  [[nodiscard]] Result<std::unique_ptr<SqliteStorage>> try_open() const {
    return SqliteStorage::open(options(), sqlite_migrations());
  }
  [[nodiscard]] std::unique_ptr<SqliteStorage> open() const { return need(try_open()); }
};

inline Result<void> run(Storage& storage, std::string_view sql) {
  return storage.write({}, [&](Connection& connection) { return connection.execute(sql); });
}

template <class T>
Result<T> ask(Storage& storage, std::string_view sql) {
  T value{};
  auto done = storage.read({}, [&](Connection& connection) -> Result<void> {
    auto found = query_one<T>(connection, sql);
    if (!found) return fail(std::move(found).error());
    if (*found) value = std::move(**found);
    return {};
  });
  if (!done) return fail(std::move(done).error());
  return value;
}

/// Runs `body` in a forked child; gives its exit code (or 128 + the signal that ended it). Fork before
/// threads and connections: SQLite's do not survive it.
class Child {
 public:
  explicit Child(const std::function<int()>& body) : id_(::fork()) {
    if (id_ == 0) ::_exit(body());
    BOOST_REQUIRE(id_ > 0);
  }
  ~Child() { wait(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill(int signal) const { ::kill(id_, signal); }
  int wait() {
    if (id_ <= 0) return code_;
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = 0;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return code_;
  }

 private:
  pid_t id_;
  int code_ = -1;
};

/// In a child: says what went wrong and gives an exit code.
inline int exit_code(const Result<void>& result) {
  if (result) return 0;
  std::fprintf(stderr, "child: %s\n", result.error().message.c_str());
  return 100 + static_cast<int>(result.error().code);
}

/// A pipe between a test and its child.
class Signal {
 public:
  Signal() { BOOST_REQUIRE(::pipe(ends_) == 0); }
  ~Signal() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void send(std::int64_t value = 0) const {
    if (::write(ends_[1], &value, sizeof(value)) != sizeof(value)) std::perror("write");
  }
  [[nodiscard]] std::int64_t receive() const {
    std::int64_t value = -1;
    if (::read(ends_[0], &value, sizeof(value)) != sizeof(value)) std::perror("read");
    return value;
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace omnicrm::storage
