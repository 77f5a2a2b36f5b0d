#include "jobs/enqueue.hpp"

#include <fmt/format.h>

#include <omnicrm/observe/trace.hpp>
#include <string>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "core/time_range.hpp"
#include "jobs/job_row.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::size_t longest_kind = 100;
constexpr std::size_t longest_key = 500;
constexpr std::size_t most_dependencies = 1'000;
constexpr std::int64_t most_attempts = 1'000;
constexpr std::int64_t highest_cost = 1'000'000;
constexpr std::int64_t widest_priority = 1'000'000'000;
constexpr std::int64_t longest_period = std::chrono::milliseconds(std::chrono::days(366)).count();

/// One job of a call.
class Check {
 public:
  Check(const NewJob& job, std::size_t index) : job_(job), index_(index) {}

  Result<void> run() const {
    if (!check_kind(job_.kind)) return check_kind(job_.kind, field("kind"));  // the name costs an allocation
    if (job_.run_at && !is_writable(*job_.run_at)) return bad("run_at", "must be within the years 1 to 9999");
    if (!is_json_object(job_.payload.text)) return bad("payload", "must be a JSON object");
    if (job_.priority < -widest_priority || job_.priority > widest_priority)
      return bad("priority", "must be within 1,000,000,000 of 0");
    if (job_.max_attempts < 1 || job_.max_attempts > most_attempts)
      return bad("max_attempts", "must be 1 to 1,000");
    if (job_.cost < 1 || job_.cost > highest_cost) return bad("cost", "must be 1 to 1,000,000");
    OMNICRM_TRY(check_key());
    return check_rest();
  }

 private:
  Result<void> check_key() const {
    if (job_.unique_key.size() > longest_key || !text::is_utf8(job_.unique_key))
      return bad("unique_key", "must be at most 500 bytes of UTF-8");
    if (job_.unique_key.find('\0') != std::string::npos) return bad("unique_key", "must not hold a NUL");
    if (job_.unique_scope < UniqueScope::waiting || job_.unique_scope > UniqueScope::period)
      return bad("unique_scope", "is none of waiting, unfinished, period");
    if (job_.unique_conflict < UniqueConflict::keep || job_.unique_conflict > UniqueConflict::replace)
      return bad("unique_conflict", "is none of keep, replace");
    if (job_.unique_scope != UniqueScope::period) {
      if (job_.unique_for_ms != 0) return bad("unique_for_ms", "belongs to unique_scope period");
      return {};
    }
    if (job_.unique_key.empty()) return bad("unique_key", "must not be empty when unique_scope is period");
    if (job_.unique_for_ms < 1 || job_.unique_for_ms > longest_period)
      return bad("unique_for_ms", "must be 1 ms to 366 days");
    return {};
  }

  Result<void> check_rest() const {
    if (job_.after_jobs.size() > most_dependencies) return bad("after_jobs", "must be at most 1,000");
    if (job_.after_batch && job_.after_batch == job_.batch_id)
      return bad("after_batch", "is the batch that the job is to be in");
    if (!job_.trace.empty() && !observe::TraceContext::parse(job_.trace))
      return bad("trace", "must be a W3C traceparent");
    return {};
  }

  [[nodiscard]] std::string field(std::string_view name) const {
    return fmt::format("jobs[{}].{}", index_, name);
  }
  [[nodiscard]] Result<void> bad(std::string_view name, std::string_view reason) const {
    return invalid(field(name), reason);
  }

  const NewJob& job_;
  std::size_t index_;
};

}  // namespace

Result<void> check(const std::vector<NewJob>& jobs) {
  for (std::size_t index = 0; index < jobs.size(); ++index) OMNICRM_TRY(Check(jobs[index], index).run());
  return {};
}

Result<void> check_kind(std::string_view kind, std::string_view field) {
  if (kind.empty() || kind.size() > longest_kind || !text::is_utf8(kind))
    return invalid(field, "must be 1 to 100 bytes of UTF-8");
  if (kind.find('\0') != std::string_view::npos) return invalid(field, "must not hold a NUL");
  return {};
}

std::string caller_trace() {
  return observe::current_trace().to_string();
}

}  // namespace omnicrm::jobs
