#include "our_queue.hpp"

#include <fmt/format.h>

#include <thread>
#include <vector>

#include "../bench_report.hpp"

namespace omnicrm::benchmarks {

namespace {

class Handler final : public jobs::Handler {
 public:
  Handler(std::shared_ptr<std::atomic<std::int64_t>> started, OurQueue::Work work)
      : started_(std::move(started)), work_(std::move(work)) {}
  /// Nothing of the history that a case has made is to be removed while it is measured.
  [[nodiscard]] jobs::KindOptions options() const override { return {.keep_done = std::chrono::years(10)}; }
  Result<jobs::Outcome> run(jobs::Context& context) override {
    started_->fetch_add(1, std::memory_order_relaxed);
    if (work_) work_(context);
    return jobs::Outcome::done();
  }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> started_;
  OurQueue::Work work_;
};

/// Calls `call(i)` for all i below `calls`, `callers` at once.
template <class Call>
void in_threads(int calls, int callers, Call call) {
  std::atomic<int> next = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      for (int at = next++; at < calls; at = next++) call(at);
    });
  }
}

}  // namespace

Options on_postgres(const std::string& url, const std::string& schema, std::size_t threads) {
  Options options;
  options.path = url;
  options.postgres.schema = schema;
  options.postgres.pool_size = 16;
  options.jobs.threads = threads;
  return options;
}

Options on_sqlite(const std::string& path, std::size_t threads) {
  Options options;
  options.path = path;
  options.jobs.threads = threads;
  return options;
}

UserId bench_user(int number) {
  return checked(user_id(fmt::format("user{}@bench.example", number)));
}

jobs::NewJob plain_job() {
  jobs::NewJob job;
  job.kind = job_kind;
  job.payload = Json{job_payload};
  return job;
}

OurQueue::OurQueue(Options options, Work work)
    : started_(std::make_shared<std::atomic<std::int64_t>>(0)), crm_(checked(Crm::open(std::move(options)))) {
  checked(runner().register_handler(job_kind, std::make_shared<Handler>(started_, std::move(work))));
}

OurQueue::~OurQueue() = default;

Result<std::vector<JobId>> OurQueue::enqueue(UserId user, const std::vector<jobs::NewJob>& jobs) {
  Session session = crm_->session(user);
  return session.jobs().enqueue(jobs);
}

void OurQueue::enqueue_of_users(int jobs, int users) {
  const std::vector<jobs::NewJob> share(static_cast<std::size_t>(jobs / users), plain_job());
  in_threads(users, 4, [&](int user) { checked(enqueue(bench_user(user), share)); });
}

void OurQueue::enqueue_in_bulk(int jobs, int per_call, int callers) {
  const std::vector<jobs::NewJob> share(static_cast<std::size_t>(per_call), plain_job());
  in_threads(jobs / per_call, callers, [&](int call) { checked(enqueue(bench_user(call), share)); });
}

void OurQueue::enqueue_singly(int jobs, int callers, int users) {
  std::vector<Session> sessions;
  for (int user = 0; user < users; ++user) sessions.push_back(crm_->session(bench_user(user)));
  const std::vector<jobs::NewJob> one{plain_job()};
  in_threads(jobs, callers, [&](int call) {
    checked(sessions[static_cast<std::size_t>(call % users)].jobs().enqueue(one));
  });
}

double OurQueue::drain(int jobs) {
  jobs::RunSummary summary;
  const double taken = seconds([&] { summary = checked(runner().run_until_idle()); });
  if (summary.done != jobs) give_up(fmt::format("{} of {} jobs were done", summary.done, jobs));
  return taken;
}

}  // namespace omnicrm::benchmarks
