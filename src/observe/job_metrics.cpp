#include "observe/job_metrics.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace omnicrm::observe {
namespace {

// From a no-op job to ten minutes, the default timeout: a step is at most a factor of three, below a
// second 2.5.
constexpr std::array<double, 19> seconds_bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                   0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5,
                                                   10,     30,      60,     180,   600};

}  // namespace

KindMetrics::KindMetrics(Metrics& metrics, std::string_view kind) {
  const std::array labels = {Label{"kind", kind}};
  const auto counter = [&](std::string_view name, std::string_view help) {
    return metrics.counter({.name = name, .help = help}, labels);
  };
  const auto gauge = [&](std::string_view name, std::string_view help, std::string_view unit = {}) {
    return metrics.gauge({.name = name, .help = help, .unit = unit}, labels);
  };
  const auto histogram = [&](std::string_view name, std::string_view help) {
    return metrics.histogram({.name = name, .help = help, .unit = "seconds"}, labels, seconds_bounds);
  };
  claimed_ = counter("omnicrm_jobs_claimed_total", "Jobs that this process took from the queue.");
  done_ = counter("omnicrm_jobs_done_total", "Jobs that this process ran and that ended well.");
  failed_ = counter("omnicrm_jobs_failed_total", "Attempts of this process that failed, repeated or not.");
  dead_ = counter("omnicrm_jobs_dead_total", "Jobs that this process gave up for good.");
  run_ = histogram("omnicrm_job_run_seconds", "From a job's start to its end, done or failed.");
  start_delay_ = histogram("omnicrm_job_start_delay_seconds", "From when a job was due to its start.");
  ready_ = gauge("omnicrm_jobs_ready", "Jobs of the whole queue that may start now.");
  running_ = gauge("omnicrm_jobs_running", "Jobs of the whole queue that a worker holds.");
  oldest_ = gauge("omnicrm_jobs_oldest_ready_age_seconds",
                  "How long the oldest job that is due has waited; 0: none.", "seconds");
}

// Not make_unique: the constructor is for JobMetrics alone.
JobMetrics::JobMetrics(std::shared_ptr<Metrics> metrics)
    : metrics_(metrics ? std::move(metrics) : no_metrics()), other_(new KindMetrics(*metrics_, "other")) {}

const KindMetrics* JobMetrics::find(std::string_view kind) const {
  if (kind == "other") return other_.get();
  const auto found = kinds_.find(kind);
  if (found != kinds_.end()) return found->second.get();
  return kinds_.size() >= most_kinds ? other_.get() : nullptr;
}

const KindMetrics& JobMetrics::of(std::string_view kind) {
  {
    const std::shared_lock lock(mutex_);
    if (const KindMetrics* found = find(kind)) return *found;
  }
  const std::scoped_lock lock(mutex_);
  if (const KindMetrics* found = find(kind)) return *found;
  std::unique_ptr<const KindMetrics> made(new KindMetrics(*metrics_, kind));
  return *kinds_.emplace(std::string(kind), std::move(made)).first->second;
}

void JobMetrics::set(std::span<const KindSnapshot> kinds) {
  std::map<const KindMetrics*, KindSnapshot> sums;
  for (const KindSnapshot& kind : kinds) {
    KindSnapshot& sum = sums[&of(kind.kind)];
    sum.ready += kind.ready;
    sum.running += kind.running;
    sum.oldest_ready_age = std::max(sum.oldest_ready_age, kind.oldest_ready_age);
  }
  const auto tell = [&](const KindMetrics& kind) {
    const auto found = sums.find(&kind);
    const KindSnapshot now = found == sums.end() ? KindSnapshot{} : found->second;
    kind.ready_->set(static_cast<double>(now.ready));
    kind.running_->set(static_cast<double>(now.running));
    kind.oldest_->set(KindMetrics::seconds(now.oldest_ready_age));
  };
  const std::shared_lock lock(mutex_);
  for (const auto& [name, kind] : kinds_) tell(*kind);
  tell(*other_);
}

}  // namespace omnicrm::observe
