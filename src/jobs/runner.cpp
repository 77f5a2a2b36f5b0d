#include "jobs/runner.hpp"

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/errors.hpp"
#include "core/fork.hpp"
#include "jobs/engine.hpp"
#include "jobs/kinds.hpp"
#include "jobs/running_job.hpp"
#include "jobs/step.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::size_t largest_claim = 1'000;

RunnerOptions in_range(RunnerOptions options) {
  using std::chrono::milliseconds;
  options.threads = std::clamp<std::size_t>(options.threads, 1, 1'024);
  options.claim_limit = std::clamp<std::size_t>(options.claim_limit, 1, largest_claim);
  options.lease = std::max(options.lease, milliseconds(30));
  options.heartbeat = std::clamp(options.heartbeat, milliseconds(1), options.lease / 3);
  options.poll = std::clamp(options.poll, milliseconds(1), milliseconds(60'000));
  return options;
}

class SqlRunner final : public Runner {
 public:
  SqlRunner(RunnerParts parts, const RunnerOptions& options)
      : parts_(std::move(parts)), options_(in_range(options)) {
    if (parts_.metrics && parts_.metrics->is_on())
      metrics_ = std::make_unique<observe::JobMetrics>(parts_.metrics);
    parts_.wakeup->use(parts_.storage);
  }
  ~SqlRunner() override {
    if (is_forked()) {
      // The threads stayed with the parent; joining them would wait for ever. The lock may be held by one of
      // them.
      static_cast<void>(service_.release());
    } else {
      static_cast<void>(stop_service(std::chrono::seconds(0)));
    }
  }

  Result<void> register_handler(std::string kind, std::shared_ptr<Handler> handler) override {
    OMNICRM_TRY(usable());
    if (kind.empty()) return invalid("kind", "must not be empty");
    if (kind.find('\0') != std::string::npos) return invalid("kind", "must not hold a NUL");
    if (!handler) return invalid("handler", "must not be null");
    const std::lock_guard lock(mutex_);
    if (users_ > 0) return failure(ErrorCode::failed_precondition, "handlers are registered before jobs run");
    if (kinds_.contains(kind)) return failure(ErrorCode::already_exists, "there is a handler for " + kind);
    const KindOptions options = handler->options();
    kinds_.emplace(std::move(kind), KindEntry{std::move(handler), options});
    return {};
  }

  Result<RunSummary> run_until_idle(std::stop_token stop, std::chrono::milliseconds horizon) override {
    OMNICRM_TRY(usable());
    OMNICRM_TRY(RunningJob::check_outside(parts_.storage.get()));
    const Use use(*this);
    Engine engine(parts_, options_, kinds_, metrics_.get());
    const std::stop_callback stopper(stop, [&engine] { engine.ask_stop(std::chrono::milliseconds(0)); });
    return engine.run(Engine::UntilIdle{horizon});
  }

  Result<RunSummary> step(std::size_t limit, std::stop_token stop) override {
    OMNICRM_TRY(usable());
    OMNICRM_TRY(RunningJob::check_outside(parts_.storage.get()));
    const Use use(*this);
    return run_step(parts_, options_, kinds_, limit, std::move(stop));
  }

  Result<void> start() override {
    OMNICRM_TRY(usable());
    const std::lock_guard lock(mutex_);
    if (service_) return failure(ErrorCode::failed_precondition, "the runner is started");
    auto service = std::make_unique<Service>(parts_, options_, kinds_, metrics_.get());
    OMNICRM_TRY(parts_.wakeup->start_hearing());
    try {
      service->thread =
          std::thread([service = service.get()] { service->result = service->engine.run(std::nullopt); });
    } catch (const std::system_error& error) {
      parts_.wakeup->stop_hearing();
      return failure(ErrorCode::resource_exhausted, std::string("cannot start a thread: ") + error.what());
    }
    service_ = std::move(service);
    ++users_;
    return {};
  }

  Result<RunSummary> stop(std::chrono::milliseconds grace) override {
    OMNICRM_TRY(usable());
    OMNICRM_TRY(RunningJob::check_outside(parts_.storage.get()));
    return stop_service(grace);
  }

  [[nodiscard]] bool is_started() override {
    if (is_forked()) return false;
    const std::lock_guard lock(mutex_);
    return service_ != nullptr;
  }

 private:
  Result<RunSummary> stop_service(std::chrono::milliseconds grace) {
    std::unique_ptr<Service> service;
    {
      const std::lock_guard lock(mutex_);
      if (!service_) return RunSummary{};
      service = std::move(service_);
    }
    service->engine.ask_stop(grace);
    service->thread.join();
    parts_.wakeup->stop_hearing();
    const std::lock_guard lock(mutex_);
    --users_;
    return std::move(service->result);
  }

  [[nodiscard]] bool is_forked() const noexcept { return fork_generation() != generation_; }
  [[nodiscard]] Result<void> usable() const { return is_forked() ? forked("the runner") : Result<void>{}; }

  struct Service {
    Service(const RunnerParts& parts, const RunnerOptions& options, const Kinds& kinds,
            observe::JobMetrics* metrics)
        : engine(parts, options, kinds, metrics) {}
    Engine engine;
    Result<RunSummary> result;  // the thread's until it is joined
    std::thread thread;
  };

  /// Counts who runs jobs now: handlers must not change under them.
  class Use {
   public:
    explicit Use(SqlRunner& runner) : runner_(runner) {
      const std::lock_guard lock(runner_.mutex_);
      ++runner_.users_;
    }
    ~Use() {
      const std::lock_guard lock(runner_.mutex_);
      --runner_.users_;
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    SqlRunner& runner_;
  };

  const RunnerParts parts_;
  const RunnerOptions options_;
  const std::uint64_t generation_ = fork_generation();
  std::unique_ptr<observe::JobMetrics> metrics_;  // null: nobody asks
  std::mutex mutex_;                              // guards what follows
  Kinds kinds_;
  int users_ = 0;
  std::unique_ptr<Service> service_;
};

}  // namespace

std::unique_ptr<Runner> make_runner(RunnerParts parts, const RunnerOptions& options) {
  return std::make_unique<SqlRunner>(std::move(parts), options);
}

}  // namespace omnicrm::jobs
