#include "parts/job_worker.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "core/errors.hpp"
#include "core/id_generator.hpp"
#include "jobs/queue.hpp"
#include "jobs/runner.hpp"
#include "parts/database_reader.hpp"
#include "parts/test_database.hpp"
#include "storage/query.hpp"

namespace omnicrm::testing {
namespace {

constexpr int users = 7;
constexpr int bulk = 200;

/// Errors only: a test that fails is told why.
class Complaints final : public observe::Logger {
 public:
  [[nodiscard]] bool wants(observe::Level level) const noexcept override {
    return level == observe::Level::error && std::getenv("OMNICRM_TEST_LOG") != nullptr;
  }
  void write(observe::Level level, std::string_view area, std::string_view message) noexcept override {
    if (wants(level))
      std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(area.size()), area.data(),
                   static_cast<int>(message.size()), message.data());
  }
};

struct Bench {
  explicit Bench(const std::string& path, std::shared_ptr<Clock> a_clock = system_clock())
      : clock(std::move(a_clock)),
        ids(std::make_shared<IdGenerator>(clock, system_random())),
        storage(storage_at(path)) {}
  [[nodiscard]] std::unique_ptr<jobs::Jobs> queue(int user) const {
    return jobs::make_jobs(storage, clock, ids, user_id("user" + std::to_string(user)).value(), wakeup);
  }

  std::shared_ptr<Clock> clock;
  std::shared_ptr<IdGenerator> ids;
  std::shared_ptr<storage::Storage> storage;
  std::shared_ptr<jobs::Wakeup> wakeup = std::make_shared<jobs::Wakeup>();
};

void need(const Result<void>& result) {
  if (!result) throw std::runtime_error(describe(result.error()));
}

/// Works, then writes its effect: with its end or before it.
class Effect final : public jobs::Handler {
 public:
  Effect(const JobWork& work, std::shared_ptr<storage::Storage> storage, bool exact)
      : work_(work), storage_(std::move(storage)), exact_(exact) {}

  [[nodiscard]] jobs::KindOptions options() const override {
    return {.backoff_base = std::chrono::milliseconds(20), .backoff_cap = std::chrono::milliseconds(200)};
  }

  Result<jobs::Outcome> run(jobs::Context& context) override {
    if (work_.work.count() > 0) std::this_thread::sleep_for(work_.work);
    const std::string insert = "INSERT INTO " + effects_table(work_.path) + " (job_id, exact) VALUES (?, ?)";
    const std::int64_t exact = exact_ ? 1 : 0;
    auto written = storage_->write({}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_TRY(storage::run(connection, insert, context.job().id, exact));
      return exact_ ? context.complete_in(connection) : Result<void>();
    });
    if (written) return jobs::Outcome::done();
    Error error = std::move(written).error();
    error.retryable = true;
    return fail(std::move(error));
  }

 private:
  const JobWork& work_;
  std::shared_ptr<storage::Storage> storage_;
  const bool exact_;
};

/// "crash" takes its process with it; "wait" says that it runs, and then that it was asked to stop.
class Trouble final : public jobs::Handler {
 public:
  Trouble(const JobWork& work, std::shared_ptr<storage::Storage> storage, bool crashes)
      : work_(work), storage_(std::move(storage)), crashes_(crashes) {}

  Result<jobs::Outcome> run(jobs::Context& context) override {
    OMNICRM_TRY(say(context, crashes_ ? crash_effect : begin_effect));
    if (crashes_) ::kill(::getpid(), SIGKILL);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!context.stop().stop_requested() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    OMNICRM_TRY(say(context, stop_effect));
    return failure(ErrorCode::cancelled, "asked to stop");
  }

 private:
  Result<void> say(jobs::Context& context, std::int64_t what) const {
    return storage_->write({}, [&](storage::Connection& connection) {
      return storage::run(connection,
                          "INSERT INTO " + effects_table(work_.path) + " (job_id, exact) VALUES (?, ?)",
                          context.job().id, what);
    });
  }

  const JobWork& work_;
  std::shared_ptr<storage::Storage> storage_;
  const bool crashes_;
};

}  // namespace

std::string effects_table(const std::string& path) {
  return is_server(path) ? "public.effects" : "effects";
}

int soaked(int jobs, int soak_jobs) {
  return std::getenv("OMNICRM_SOAK") != nullptr ? soak_jobs : jobs;
}

JobEffects::JobEffects(std::string path, int jobs) : path_(std::move(path)) {
  const Bench bench(path_);
  need(bench.storage->write({}, [&](storage::Connection& connection) {
    return connection.execute("CREATE TABLE " + effects_table(path_) +
                              (is_server(path_) ? " (job_id UUID NOT NULL, exact INTEGER NOT NULL)"
                                                : " (job_id BLOB NOT NULL, exact INTEGER NOT NULL)"));
  }));
  for (int made = 0; made < 2 * jobs;) {
    std::vector<jobs::NewJob> wishes;
    for (; static_cast<int>(wishes.size()) < bulk && made < 2 * jobs; ++made) {
      jobs::NewJob wish;
      wish.kind = made % 2 == 0 ? "exact" : "least";
      wish.max_attempts = 100;  // each is killed under somebody else's job now and then
      wishes.push_back(std::move(wish));
    }
    const auto done = bench.queue(made / bulk % users)->enqueue(wishes);
    if (!done) throw std::runtime_error(describe(done.error()));
  }
}

JobEffects::Count JobEffects::count() const {
  const auto reader = look_into(path_);
  const std::string table = effects_table(path_);
  Count count;
  count.exact = reader->number("SELECT count(*) FROM " + table + " WHERE exact = 1");
  count.exact_twice =
      count.exact - reader->number("SELECT count(DISTINCT job_id) FROM " + table + " WHERE exact = 1");
  count.least = reader->number("SELECT count(*) FROM " + table + " WHERE exact = 0");
  count.least_jobs = reader->number("SELECT count(DISTINCT job_id) FROM " + table + " WHERE exact = 0");
  return count;
}

std::int64_t JobEffects::unfinished() const {
  const Bench bench(path_);
  std::int64_t left = 0;
  for (int user = 0; user < users; ++user) {
    const auto stats = bench.queue(user)->stats();
    if (!stats) throw std::runtime_error(describe(stats.error()));
    for (const jobs::KindStats& kind : *stats)
      left += kind.scheduled + kind.ready + kind.running + kind.dead + kind.cancelled;
  }
  return left;
}

namespace {

void enter(const std::string& network) {
  const int file = ::open(network.c_str(), O_RDONLY | O_CLOEXEC);
  const bool entered = file >= 0 && ::setns(file, CLONE_NEWNET) == 0;
  if (file >= 0) ::close(file);
  if (!entered) throw std::runtime_error("cannot enter the network " + network);
}

/// The server may be away just then.
Bench open_patiently(const JobWork& work) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (true) {
    try {
      return Bench(work.path, work.clock ? work.clock : system_clock());
    } catch (const std::exception&) {
      if (std::chrono::steady_clock::now() > end) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

int work_jobs(const JobWork& work, const std::string& stop_file) {
  if (!work.network.empty()) enter(work.network);
  const Bench bench = open_patiently(work);
  auto runner = jobs::make_runner({.storage = bench.storage,
                                   .clock = bench.clock,
                                   .ids = bench.ids,
                                   .random = system_random(),
                                   .logger = std::make_shared<Complaints>(),
                                   .wakeup = bench.wakeup},
                                  work.options);
  need(runner->register_handler("exact", std::make_shared<Effect>(work, bench.storage, true)));
  need(runner->register_handler("least", std::make_shared<Effect>(work, bench.storage, false)));
  need(runner->register_handler("crash", std::make_shared<Trouble>(work, bench.storage, true)));
  need(runner->register_handler("wait", std::make_shared<Trouble>(work, bench.storage, false)));
  need(runner->start());
  while (!std::filesystem::exists(stop_file)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto stopped = runner->stop(std::chrono::seconds(5));
  if (!stopped) std::fprintf(stderr, "worker: %s\n", describe(stopped.error()).c_str());
  return stopped ? 0 : 1;
}

Fleet::Fleet(const TemporaryFolder& folder, std::vector<JobWork> works)
    : stop_file_(folder.file("stop")), works_(std::move(works)), children_(works_.size()) {
  for (std::size_t which = 0; which < works_.size(); ++which) start(which);
}

void Fleet::start(std::size_t which) {
  children_[which] = std::make_unique<Child>([&] { return work_jobs(works_[which], stop_file_); });
}

void Fleet::kill(std::size_t which) {
  children_[which]->kill();
  children_[which]->wait();
  ++kills_;
  start(which);
}

int Fleet::revive() {
  int died = 0;
  for (std::size_t which = 0; which < children_.size(); ++which) {
    if (!children_[which]->has_ended()) continue;
    ++died;
    start(which);
  }
  return died;
}

void Fleet::send(std::size_t which, int signal) const {
  children_[which]->send(signal);
}

int Fleet::finish() {
  std::ofstream(stop_file_) << "now";
  int failed = 0;
  for (const auto& child : children_) failed += child->wait() == 0 ? 0 : 1;
  std::filesystem::remove(stop_file_);
  return failed;
}

}  // namespace omnicrm::testing
