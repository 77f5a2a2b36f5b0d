// The queue: handlers, enqueueing, running.
#include <algorithm>
#include <chrono>
#include <omnicrm/crm.hpp>

#include "buffer.hpp"
#include "fence.hpp"
#include "host_handler.hpp"
#include "job.hpp"
#include "session_state.hpp"
#include "stop.hpp"
#include "structs.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

using std::chrono::milliseconds;

/// -1 means the usual.
Result<milliseconds> milliseconds_of(std::int64_t given, milliseconds usual, std::string_view field) {
  if (given == -1) return usual;
  if (given < 0) return invalid(field, "must be -1 or not negative");
  return milliseconds(std::min(given, longest_ms));
}

Result<void> check_summary(const ocrm_run_summary* summary) {
  if (summary == nullptr) return {};
  OCRM_TRY(struct_size_of(summary, "summary"));
  return {};
}

void give_summary(ocrm_run_summary* out, const jobs::RunSummary& summary) {
  if (out == nullptr) return;
  write_struct(out, ocrm_run_summary{.struct_size = 0,
                                     .started = summary.started,
                                     .done = summary.done,
                                     .failed = summary.failed,
                                     .dead = summary.dead,
                                     .snoozed = summary.snoozed,
                                     .given_back = summary.given_back});
}

Result<jobs::NewJob> new_job(const ocrm_new_job* given) {
  OCRM_ASSIGN(const ocrm_new_job read, read_struct(given, ocrm_new_job OCRM_NEW_JOB_INIT, "job"));
  jobs::NewJob job;
  OCRM_ASSIGN(job.kind, text_of(read.kind, read.kind_size, "kind"));
  OCRM_ASSIGN(const auto payload, text_of(read.payload, read.payload_size, "payload"));
  OCRM_ASSIGN(job.unique_key, text_of(read.unique_key, read.unique_key_size, "unique_key"));
  if (!payload.empty()) {
    if (!is_json_object(payload)) return invalid("payload", "must be a JSON object");
    job.payload.text = payload;
  }
  job.priority = read.priority;
  if (read.run_at != 0) job.run_at = from_micros(read.run_at);
  job.max_attempts = read.max_attempts;
  job.cost = read.cost;
  return job;
}

/// The vtable of the host; what came with it is taken before anything can fail.
Result<void> register_handler(ocrm* crm, std::string_view kind, const ocrm_job_handler& handler, User& user) {
  OCRM_ASSIGN(const Use call, use(crm));
  OCRM_TRY(check_handler(handler));
  return call->crm().jobs().register_handler(std::string(kind),
                                             make_host_handler(*call, handler, std::move(user)));
}

}  // namespace
}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_jobs_register(ocrm* crm, const char* kind, size_t kind_size, const ocrm_job_handler* handler,
                           ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const auto given, read_struct(handler, ocrm_job_handler OCRM_JOB_HANDLER_INIT, "handler"));
    const auto* found = handle_or_null(crm);
    const auto state = found == nullptr ? nullptr : found->state;
    User user(state.get(), given.user, given.user_free);
    OCRM_ASSIGN(const auto name, text_of(kind, kind_size, "kind"));
    return register_handler(crm, name, given, user);
  });
}

int32_t ocrm_jobs_enqueue(ocrm_session* session, const ocrm_new_job* job, ocrm_buffer** job_id,
                          ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const SessionUse call, use(session));
    OCRM_TRY(check_out(job_id, "job_id"));
    OCRM_ASSIGN(auto wanted, new_job(job));
    OCRM_ASSIGN(const auto ids, call->jobs().enqueue({std::move(wanted)}));
    return give(job_id, ids.front().to_string());
  });
}

int32_t ocrm_jobs_run_until_idle(ocrm* crm, int64_t horizon_ms, const ocrm_cancel* cancel,
                                 ocrm_run_summary* summary, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_TRY(call->check_may_run_jobs("ocrm_jobs_run_until_idle"));
    OCRM_TRY(check_summary(summary));
    OCRM_ASSIGN(const auto horizon, milliseconds_of(horizon_ms, std::chrono::seconds(5), "horizon_ms"));
    OCRM_ASSIGN(auto asked, token_of(cancel));
    const Stop stop(*call, std::move(asked));
    OCRM_ASSIGN(const auto ran, call->crm().jobs().run_until_idle(stop.token(), horizon));
    give_summary(summary, ran);
    return {};
  });
}

int32_t ocrm_jobs_step(ocrm* crm, int64_t limit, const ocrm_cancel* cancel, ocrm_run_summary* summary,
                       ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_TRY(call->check_may_run_jobs("ocrm_jobs_step"));
    OCRM_TRY(check_summary(summary));
    if (limit < 1) return invalid("limit", "must be at least 1");
    OCRM_ASSIGN(auto asked, token_of(cancel));
    const Stop stop(*call, std::move(asked));
    OCRM_ASSIGN(const auto ran, call->crm().jobs().step(static_cast<std::size_t>(limit), stop.token()));
    give_summary(summary, ran);
    return {};
  });
}

int32_t ocrm_jobs_start(ocrm* crm, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const Use call, use(crm));
    return call->crm().jobs().start();
  });
}

int32_t ocrm_jobs_stop(ocrm* crm, int64_t grace_ms, ocrm_run_summary* summary, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_TRY(call->check_outside("ocrm_jobs_stop"));
    OCRM_TRY(check_summary(summary));
    OCRM_ASSIGN(const auto grace, milliseconds_of(grace_ms, std::chrono::seconds(30), "grace_ms"));
    OCRM_ASSIGN(const auto ran, call->crm().jobs().stop(grace));
    give_summary(summary, ran);
    return {};
  });
}
