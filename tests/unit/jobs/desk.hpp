// A queue, a runner and a storage for the tests of the jobs.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <omnicrm/core/clock.hpp>

#include "core/id_generator.hpp"
#include "jobs/queue.hpp"
#include "jobs/runner.hpp"
#include "parts/fake_clock.hpp"
#include "parts/test_database.hpp"
#include "storage/query.hpp"

namespace omnicrm::testing {

template <class T>
T must(Result<T> result) {
  if (!result) BOOST_FAIL(std::string(to_string(result.error().code)) + ": " + result.error().message);
  return std::move(*result);
}
inline void must(Result<void> result) {
  if (!result) BOOST_FAIL(std::string(to_string(result.error().code)) + ": " + result.error().message);
}

class Quiet final : public observe::Logger {
 public:
  [[nodiscard]] bool wants(observe::Level) const noexcept override { return false; }
  void write(observe::Level, std::string_view, std::string_view) noexcept override {}
};

/// A handler made of a function.
class Does final : public jobs::Handler {
 public:
  using Function = std::function<Result<jobs::Outcome>(jobs::Context&)>;
  explicit Does(Function function, jobs::KindOptions options = {})
      : function_(std::move(function)), options_(options) {}
  [[nodiscard]] jobs::KindOptions options() const override { return options_; }
  Result<jobs::Outcome> run(jobs::Context& context) override { return function_(context); }

 private:
  Function function_;
  jobs::KindOptions options_;
};

inline std::shared_ptr<jobs::Handler> does(Does::Function function, jobs::KindOptions options = {}) {
  return std::make_shared<Does>(std::move(function), options);
}
inline std::shared_ptr<jobs::Handler> does_nothing() {
  return does([](jobs::Context&) -> Result<jobs::Outcome> { return jobs::Outcome::done(); });
}

inline UserId user(std::string_view name) {
  return must(user_id(name));
}
inline jobs::NewJob job(std::string kind, std::string payload = "{}") {
  jobs::NewJob made;
  made.kind = std::move(kind);
  made.payload = Json{std::move(payload)};
  return made;
}

/// One process's side of a queue. The clock is the fake one unless told otherwise.
struct Desk {
  explicit Desk(const std::string& path = ":memory:",
                std::shared_ptr<Clock> a_clock = std::make_shared<FakeClock>())
      : clock(std::move(a_clock)) {
    storage = storage_at(is_server(path) ? path : databases.make(path));
    ids = std::make_shared<IdGenerator>(clock, system_random());
  }

  [[nodiscard]] FakeClock& fake() { return dynamic_cast<FakeClock&>(*clock); }

  std::unique_ptr<jobs::Jobs> queue(std::string_view name = "ann") {
    return jobs::make_jobs(storage, clock, ids, user(name), wakeup);
  }

  /// Polls quickly, for tests that wait; deterministic jitter.
  std::unique_ptr<jobs::Runner> runner(jobs::RunnerOptions options = {}) {
    options.poll = std::chrono::milliseconds(5);
    return jobs::make_runner({storage, clock, ids, random, std::make_shared<Quiet>(), wakeup}, options);
  }

  /// What a query of jobs counts. On PostgreSQL a job's state stands in several tables: a view puts it
  /// together.
  std::int64_t number(std::string_view sql) {
    std::string text(sql);
    if (storage->dialect() == storage::Dialect::postgres) {
      static const std::regex table("\\b(FROM|JOIN) jobs\\b");
      text = std::regex_replace(text, table, "$1 job_states");
    }
    std::int64_t value = 0;
    must(storage->read({}, [&](storage::Connection& connection) -> Result<void> {
      value = must(storage::query_one<std::int64_t>(connection, text)).value();
      return {};
    }));
    return value;
  }

  TestDatabases databases;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<storage::Storage> storage;
  std::shared_ptr<IdGenerator> ids;
  std::shared_ptr<Random> random = std::make_shared<SeededRandom>(7);
  std::shared_ptr<jobs::Wakeup> wakeup = std::make_shared<jobs::Wakeup>();
};

}  // namespace omnicrm::testing
