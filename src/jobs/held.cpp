#include "jobs/held.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "jobs/backoff.hpp"
#include "jobs/enqueue.hpp"
#include "jobs/store.hpp"
#include "observe/span_scope.hpp"
#include "observe/thread_context.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::chrono::milliseconds between_progress{500};
constexpr std::size_t longest_note = 500;
/// A longer one is cut to it: sums with the time of day stay numbers.
constexpr std::chrono::milliseconds longest_snooze = std::chrono::days(365);

Error thrown(std::string what) {
  return {ErrorCode::internal, "the handler threw: " + std::move(what), {}, /*retryable=*/true, false};
}

/// The trace that a job carries; none when it is not one (a host wrote the row).
observe::TraceContext trace_of(const Job& job) {
  if (job.trace.empty()) return {};
  return observe::TraceContext::parse(job.trace).value_or(observe::TraceContext{});
}

observe::ThreadContext context_of(const JobRow& row, const observe::TraceContext& trace) {
  observe::ThreadContext context = observe::thread_context();
  context.request = {};
  context.kind = row.job.kind;
  context.job = row.job.id.value;
  context.user = row.user.value;
  context.batch = row.job.batch_id ? row.job.batch_id->value : Uuid{};
  context.trace = trace;
  return context;
}

}  // namespace

Held::Held(JobRow row, const KindEntry& kind, const RunnerParts& parts, const RunnerOptions* options)
    : Held(std::move(row), kind, parts, options, parts.clock->steady_now()) {}

Held::Held(JobRow row, const KindEntry& kind, const RunnerParts& parts, const RunnerOptions* options,
           std::chrono::steady_clock::time_point start)
    : row_(std::move(row)),
      kind_(kind),
      parts_(parts),
      options_(options),
      start_(start),
      end_(start),
      deadline_(start + kind.options.timeout) {}

std::stop_token Held::stop() const noexcept {
  const std::lock_guard lock(mutex_);
  if (!stop_.stop_possible()) {
    stop_ = std::stop_source();
    if (reason_ != StopReason::none) stop_.request_stop();
  }
  return stop_.get_token();
}

void Held::log(observe::Level level, std::string_view message) {
  if (parts_.logger->wants(level)) parts_.logger->record(level, "jobs", message, {});
}

void Held::progress(std::int64_t done, std::int64_t total, std::string_view note) {
  Progress said{done, total, text::to_utf8(text::cut(note, longest_note))};
  tell(done, total, said.note);
  const std::lock_guard lock(mutex_);
  progress_ = std::move(said);
  has_progress_ = true;
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
  if (!has_progress_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!progress_) return std::nullopt;
  const auto now = last ? std::chrono::steady_clock::time_point{} : parts_.clock->steady_now();
  if (!last && progress_taken_ && now - *progress_taken_ < between_progress) return std::nullopt;
  progress_taken_ = now;
  has_progress_ = false;
  return std::exchange(progress_, std::nullopt);
}

Result<void> Held::complete_in(storage::Connection& transaction, Json result) {
  if (result.text.empty()) result.text = "null";
  if (!is_json(result.text)) return invalid("result", "must be JSON");
  JobStore& store = parts_.wakeup->store(transaction.dialect());
  OMNICRM_ASSIGN(const bool written, store.complete(transaction, row_, result, parts_.clock->now()));
  if (!written)
    return failure(ErrorCode::conflict, "the lease of job " + row_.job.id.to_string() + " was lost");
  marked_done_ = true;
  return {};
}

Result<std::vector<JobId>> Held::enqueue(storage::Connection& transaction, const std::vector<NewJob>& jobs) {
  OMNICRM_TRY(check(jobs));
  JobStore& store = parts_.wakeup->store(transaction.dialect());
  OMNICRM_ASSIGN(auto made, store.enqueue(transaction, {*parts_.clock, *parts_.ids}, row_.user, jobs));
  // Before the commit, as in `Jobs::enqueue_in` (jobs/queue.cpp).
  if (!made.empty()) parts_.wakeup->notify();
  return made;
}

void Held::ask_stop(StopReason reason) {
  auto none = StopReason::none;
  reason_.compare_exchange_strong(none, reason);
  std::unique_lock lock(mutex_);
  std::stop_source source = stop_;
  lock.unlock();  // callbacks of the handler's run in it
  if (source.stop_possible()) source.request_stop();
}

Result<Outcome> Held::call() {
  try {
    return kind_.handler->run(*this);
  } catch (const std::exception& exception) {
    return fail(thrown(text::to_utf8(exception.what())));
  } catch (...) {
    return fail(thrown("something that is no std::exception"));
  }
}

Ending Held::run() {
  const observe::TraceContext trace = trace_of(row_.job);
  const observe::ContextScope scope(context_of(row_, trace));
  if (!parts_.tracer) {
    Ending ending = settle(call());
    ending.marked_done = marked_done_;
    ending.progress = take_progress(/*last=*/true);
    return ending;
  }
  observe::SpanScope span(parts_.tracer.get(), "job " + row_.job.kind, observe::SpanKind::consumer, trace);
  Ending ending = settle(call());
  if (ending.how == Ending::How::failed) span.fail(ending.error);
  ending.marked_done = marked_done_;
  ending.progress = take_progress(/*last=*/true);
  return ending;
}

Ending Held::settle(Result<Outcome> result) {
  end_ = parts_.clock->steady_now();
  const StopReason reason = reason_;
  if (marked_done_ && result) {
    Ending ending;
    ending.result = std::move(result->result);
    return ending;
  }
  const bool late = reason == StopReason::timeout || end_ >= deadline_;
  if (late) {
    const auto seconds = std::chrono::duration<double>(kind_.options.timeout).count();
    return failed({ErrorCode::deadline_exceeded,
                   "the job ran longer than " + std::to_string(seconds) + " s",
                   {},
                   true,
                   false});
  }
  if (!result) {
    Error& error = result.error();
    if (reason == StopReason::shutdown && (error.retryable || error.code == ErrorCode::cancelled)) {
      Ending ending;
      ending.how = Ending::How::given_back;
      return ending;
    }
    return failed(std::move(error));
  }
  Ending ending;
  if (result->kind == Outcome::Kind::snooze) {
    ending.how = Ending::How::snoozed;
    ending.delay = std::clamp(result->delay, std::chrono::milliseconds(0), longest_snooze);
    return ending;
  }
  if (result->result.text.empty()) result->result.text = "null";
  if (result->result.text != "null" && !is_json(result->result.text))
    return failed({ErrorCode::internal, "the handler's result is not JSON", {}, false, false});
  ending.result = std::move(result->result);
  return ending;
}

Ending Held::failed(Error error) {
  Ending ending;
  ending.how = Ending::How::failed;
  ending.error = std::move(error);
  ending.delay = retry_delay(kind_.options, row_.job.attempt, *parts_.random);
  return ending;
}

}  // namespace omnicrm::jobs
