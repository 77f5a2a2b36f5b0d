#include "job.hpp"

#include <chrono>
#include <string>

#include "fence.hpp"
#include "session_state.hpp"
#include "text.hpp"

using namespace omnicrm;
using namespace omnicrm::capi;

const char* ocrm_job_id(const ocrm_job* job) {
  return guard("", [&] {
    const auto* found = handle_or_null(job);
    return found == nullptr ? "" : found->id.c_str();
  });
}

const char* ocrm_job_kind(const ocrm_job* job) {
  return guard("", [&] {
    const auto* found = handle_or_null(job);
    return found == nullptr ? "" : found->context.job().kind.c_str();
  });
}

const char* ocrm_job_payload(const ocrm_job* job) {
  return guard("", [&] {
    const auto* found = handle_or_null(job);
    return found == nullptr ? "" : found->context.job().payload.text.c_str();
  });
}

int64_t ocrm_job_attempt(const ocrm_job* job) {
  return guard(int64_t{0}, [&] {
    const auto* found = handle_or_null(job);
    return found == nullptr ? int64_t{0} : int64_t{found->context.job().attempt};
  });
}

int32_t ocrm_job_should_stop(const ocrm_job* job) {
  return guard(0, [&] {
    const auto* found = handle_or_null(job);
    if (found == nullptr) return 0;
    // Nobody watches the deadline of a job that ocrm_jobs_step runs but the job itself.
    const bool late = found->crm.clock().steady_now() >= found->context.deadline();
    return late || found->context.stop().stop_requested() ? 1 : 0;
  });
}

void ocrm_job_progress(ocrm_job* job, int64_t done, int64_t total, const char* note, size_t note_size) {
  guard(0, [&] {
    auto* found = handle_or_null(job);
    if (found != nullptr) found->context.progress(done, total, bytes_or_none(note, note_size));
    return 0;
  });
}

int32_t ocrm_job_session(ocrm_job* job, ocrm_session** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(auto* found, handle_of(job, "job"));
    OCRM_TRY(check_out(out, "out"));
    OCRM_ASSIGN(const Use use, found->crm.enter());
    Session session = use->crm().session(found->context.user(), "job:" + found->context.job().kind);
    *out = new ocrm_session(share(*use, std::move(session)), /*owned=*/true);
    return {};
  });
}

int32_t ocrm_job_set_result(ocrm_job* job, const char* json, size_t json_size, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(auto* found, handle_of(job, "job"));
    OCRM_ASSIGN(const auto text, bytes_of(json, json_size, "json"));
    if (!is_json(text)) return invalid("json", "is not JSON");
    found->outcome = jobs::Outcome::done(Json{std::string(text)});
    return {};
  });
}

int32_t ocrm_job_snooze(ocrm_job* job, int64_t delay_ms, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(auto* found, handle_of(job, "job"));
    if (delay_ms < 0 || delay_ms > longest_ms)
      return invalid("delay_ms", "must be 0 to " + std::to_string(longest_ms));
    found->outcome = jobs::Outcome::snooze(std::chrono::milliseconds(delay_ms));
    return {};
  });
}

int32_t ocrm_job_complete_in(ocrm_job* job, ocrm_session* inside, const char* result, size_t result_size,
                             ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(auto* found, handle_of(job, "job"));
    OCRM_ASSIGN(const SessionUse call, use(inside));
    if (&call.crm() != &found->crm) return invalid("inside", "is a session of another CRM");
    OCRM_ASSIGN(const auto json, bytes_of(result, result_size, "result"));
    return call->complete(found->context, Json{std::string(json)});
  });
}
