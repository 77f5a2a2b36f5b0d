// Our queue as a program uses it: the public interface, with the full semantics.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <omnicrm/omnicrm.hpp>
#include <string>

#include "../bench_check.hpp"
#include "bench.hpp"

namespace omnicrm::benchmarks {

[[nodiscard]] Options on_postgres(const std::string& url, const std::string& schema = "bench_jobs",
                                  std::size_t threads = worker_threads);
[[nodiscard]] Options on_sqlite(const std::string& path, std::size_t threads = worker_threads);

/// The user with this number.
[[nodiscard]] UserId bench_user(int number);

/// A CRM whose handler of `job_kind` counts its starts and then calls `work`. Thread-safe.
class OurQueue {
 public:
  using Work = std::function<void(jobs::Context&)>;
  explicit OurQueue(Options options, Work work = {});
  ~OurQueue();

  [[nodiscard]] Crm& crm() noexcept { return *crm_; }
  [[nodiscard]] jobs::Runner& runner() noexcept { return crm_->jobs(); }
  [[nodiscard]] Result<std::vector<JobId>> enqueue(UserId user, const std::vector<jobs::NewJob>& jobs);

  /// Each of `users` users gets the same number of jobs, in one call.
  void enqueue_of_users(int jobs, int users);
  /// `per_call` jobs in each call, `callers` calls at once, of one user each.
  void enqueue_in_bulk(int jobs, int per_call, int callers);
  /// One job a call, `callers` calls at once, of `users` users in turn.
  void enqueue_singly(int jobs, int callers, int users);
  /// Runs what waits and gives the seconds it took; all of `jobs` must have been done.
  double drain(int jobs);
  /// Starts of handlers.
  [[nodiscard]] std::int64_t started() const noexcept { return *started_; }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> started_;
  std::unique_ptr<Crm> crm_;
};

/// A job of `job_kind` with the peers' payload.
[[nodiscard]] jobs::NewJob plain_job();

}  // namespace omnicrm::benchmarks
