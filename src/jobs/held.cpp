#include "jobs/held.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "jobs/backoff.hpp"
#include "jobs/enqueue.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::chrono::milliseconds between_progress{500};
constexpr std::size_t longest_note = 500;
/// A longer one is cut to it: sums with the time of day stay numbers.
constexpr std::chrono::milliseconds longest_snooze = std::chrono::days(365);

Error thrown(std::string what) {
  return {ErrorCode::internal, "the handler threw: " + std::move(what), {}, /*retryable=*/true, false};
}

Result<Outcome> call(Handler& handler, Context& context) {
  try {
    return handler.run(context);
  } catch (const std::exception& exception) {
    return fail(thrown(text::to_utf8(exception.what())));
  } catch (...) {
    return fail(thrown("something that is no std::exception"));
  }
}

}  // namespace

Held::Held(JobRow row, const KindEntry& kind, Clock& clock, IdGenerator& ids, Wakeup* wakeup,
           const RunnerOptions* options)
    : row_(std::move(row)),
      kind_(kind),
      clock_(clock),
      ids_(ids),
      deadline_(clock.steady_now() + kind.options.timeout),
      wakeup_(wakeup),
      options_(options) {}

void Held::progress(std::int64_t done, std::int64_t total, std::string_view note) {
  Progress said{done, total, text::to_utf8(text::cut(note, longest_note))};
  tell(done, total, said.note);
  const std::lock_guard lock(mutex_);
  progress_ = std::move(said);
}

void Held::tell(std::int64_t done, std::int64_t total, std::string_view note) const noexcept {
  if (options_ == nullptr || !options_->on_progress) return;
  try {
    options_->on_progress({.id = row_.job.id,
                           .user = row_.user,
                           .kind = row_.job.kind,
                           .batch_id = row_.job.batch_id,
                           .done = done,
                           .total = total,
                           .note = std::string(note)});
  } catch (...) {  // a listener's trouble is not the job's
  }
}

std::optional<Progress> Held::take_progress(bool last) {
  const std::lock_guard lock(mutex_);
  if (!progress_) return std::nullopt;
  const auto now = last ? std::chrono::steady_clock::time_point{} : clock_.steady_now();
  if (!last && progress_taken_ && now - *progress_taken_ < between_progress) return std::nullopt;
  progress_taken_ = now;
  return std::exchange(progress_, std::nullopt);
}

Result<void> Held::complete_in(storage::Connection& transaction, Json result) {
  if (result.text.empty()) result.text = "null";
  if (!is_json(result.text)) return invalid("result", "must be JSON");
  OMNICRM_ASSIGN(const bool written, write_done(transaction, row_, result, clock_.now()));
  if (!written)
    return failure(ErrorCode::conflict, "the lease of job " + row_.job.id.to_string() + " was lost");
  marked_done_ = true;
  return {};
}

Result<std::vector<JobId>> Held::enqueue(storage::Connection& transaction, const std::vector<NewJob>& jobs) {
  OMNICRM_TRY(check(jobs));
  OMNICRM_ASSIGN(auto made, insert_jobs(transaction, clock_, ids_, row_.user, jobs));
  // Before the commit, as in `Jobs::enqueue_in` (jobs/queue.cpp).
  if (!made.empty() && wakeup_ != nullptr) wakeup_->notify();
  return made;
}

void Held::ask_stop(StopReason reason) {
  auto none = StopReason::none;
  reason_.compare_exchange_strong(none, reason);
  stop_.request_stop();
}

Ending Held::run(Random& random) {
  Ending ending = settle(call(*kind_.handler, *this), random);
  ending.marked_done = marked_done_;
  ending.progress = take_progress(/*last=*/true);
  return ending;
}

Ending Held::settle(Result<Outcome> result, Random& random) {
  const StopReason reason = reason_;
  if (marked_done_ && result) {
    Ending ending;
    ending.result = std::move(result->result);
    return ending;
  }
  const bool late = reason == StopReason::timeout || clock_.steady_now() >= deadline_;
  if (late) {
    const auto seconds = std::chrono::duration<double>(kind_.options.timeout).count();
    return failed({ErrorCode::deadline_exceeded,
                   "the job ran longer than " + std::to_string(seconds) + " s",
                   {},
                   true,
                   false},
                  random);
  }
  if (!result) {
    Error& error = result.error();
    if (reason == StopReason::shutdown && (error.retryable || error.code == ErrorCode::cancelled)) {
      Ending ending;
      ending.how = Ending::How::given_back;
      return ending;
    }
    return failed(std::move(error), random);
  }
  Ending ending;
  if (result->kind == Outcome::Kind::snooze) {
    ending.how = Ending::How::snoozed;
    ending.delay = std::clamp(result->delay, std::chrono::milliseconds(0), longest_snooze);
    return ending;
  }
  if (result->result.text.empty()) result->result.text = "null";
  if (!is_json(result->result.text))
    return failed({ErrorCode::internal, "the handler's result is not JSON", {}, false, false}, random);
  ending.result = std::move(result->result);
  return ending;
}

Ending Held::failed(Error error, Random& random) {
  Ending ending;
  ending.how = Ending::How::failed;
  ending.error = std::move(error);
  ending.delay = retry_delay(kind_.options, row_.job.attempt, random);
  return ending;
}

}  // namespace omnicrm::jobs
