// The figures of the job engine, by kind.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>

#include <omnicrm/observe/metrics.hpp>

namespace omnicrm::observe {

/// The instruments of one kind. Look it up once (`JobMetrics::of`) and keep the reference: the calls neither
/// look up nor allocate nor block. Thread-safe.
class KindMetrics {
 public:
  using Duration = std::chrono::nanoseconds;

  /// `n` jobs came from the queue.
  void claimed(std::size_t n) const noexcept { claimed_->add(static_cast<double>(n)); }
  /// One began, `delay` after it was due (its `run_at`, or its enqueue).
  void started(Duration delay) const noexcept { start_delay_->observe(seconds(delay)); }
  /// One ended well, `took` after it began.
  void done(Duration took) const noexcept {
    done_->add(1);
    run_->observe(seconds(took));
  }
  /// `n` at once that took no time worth a clock.
  void done_many(std::size_t n) const noexcept { done_->add(static_cast<double>(n)); }
  /// An attempt failed, whether or not it will be repeated.
  void failed(Duration took) const noexcept {
    failed_->add(1);
    run_->observe(seconds(took));
  }
  /// The job is dead; beside `failed`, when it was an attempt that failed.
  void dead() const noexcept { dead_->add(1); }

 private:
  friend class JobMetrics;
  KindMetrics(Metrics& metrics, std::string_view kind);
  static double seconds(Duration duration) noexcept {
    return std::chrono::duration<double>(duration).count();
  }

  std::shared_ptr<Counter> claimed_;
  std::shared_ptr<Counter> done_;
  std::shared_ptr<Counter> failed_;
  std::shared_ptr<Counter> dead_;
  std::shared_ptr<Histogram> run_;
  std::shared_ptr<Histogram> start_delay_;
  std::shared_ptr<Gauge> ready_;
  std::shared_ptr<Gauge> running_;
  std::shared_ptr<Gauge> oldest_;
};

/// A kind as the queue has it now, over all processes.
struct KindSnapshot {
  std::string_view kind;
  std::int64_t ready = 0;
  std::int64_t running = 0;
  /// How long the oldest job that is due has waited; 0 when there is none.
  std::chrono::microseconds oldest_ready_age{0};
};

/// How the engine counts:
///
///     JobMetrics metrics(parts.metrics);                   // once; a null one counts nothing
///     const KindMetrics& kind = metrics.of("import_files");  // once a kind: keep the reference beside its
///     handler kind.claimed(batch.size()); kind.started(now - due); kind.done(took); // or kind.failed(took),
///     and kind.dead() if that was its end if (metrics.is_on()) metrics.set(snapshots);          // every
///     heartbeat, from one query by kind
///
/// Leave out clock reads that only the metrics need when `is_on` is false. Kinds beyond `most_kinds` are
/// counted as "other": a host that makes up kinds cannot fill the memory. Thread-safe; must outlive the
/// references.
class JobMetrics {
 public:
  static constexpr std::size_t most_kinds = 100;

  explicit JobMetrics(std::shared_ptr<Metrics> metrics);

  [[nodiscard]] bool is_on() const noexcept { return metrics_->is_on(); }
  /// The same reference for the same kind, as long as this lives.
  [[nodiscard]] const KindMetrics& of(std::string_view kind);
  /// Sets the gauges `ready`, `running` and `oldest_ready_age`. Kinds that were there before and are not now
  /// are 0.
  void set(std::span<const KindSnapshot> kinds);

 private:
  using Kinds = std::map<std::string, std::unique_ptr<const KindMetrics>, std::less<>>;

  [[nodiscard]] const KindMetrics* find(std::string_view kind) const;

  const std::shared_ptr<Metrics> metrics_;
  const std::unique_ptr<const KindMetrics> other_;
  mutable std::shared_mutex mutex_;  // guards what follows
  Kinds kinds_;
};

}  // namespace omnicrm::observe
