// What is thrown inside any function leaves none: a status, an untouched out-parameter, nothing leaked.
// Linked to the variant of the library that has a hook in its wrapper.
#include <new>
#include <stdexcept>

extern "C" {
#include "check.h"
}

namespace omnicrm::capi {
using FenceHook = void (*)();
extern FenceHook fence_hook;
}  // namespace omnicrm::capi

namespace {

using omnicrm::capi::fence_hook;

int hooked = 0;

void throw_message() {
  ++hooked;
  throw std::runtime_error("a bug of ours");
}
void throw_memory() {
  ++hooked;
  throw std::bad_alloc();
}
void throw_number() {
  ++hooked;
  throw 42;
}

/// The handles that the functions are called with.
struct Things {
  ocrm* crm = open_memory();
  ocrm_session* session = session_of(crm, "ada");
  ocrm_iterator* list = nullptr;
  ocrm_cancel* cancel = nullptr;

  Things() {
    OK(ocrm_contacts_open(session, nullptr, 0, 0, &list, ERR));
    OK(ocrm_cancel_new(&cancel, ERR));
  }
  ~Things() {
    ocrm_iterator_free(list);
    ocrm_cancel_free(cancel);
    ocrm_session_free(session);
    ocrm_free(crm);
  }
};

/// Calls a function with the hook set: it gives `expected`.
template <class Call>
void thrown(int32_t expected, const char* part, Call function) {
  ocrm_error* error = nullptr;
  hooked = 0;
  const int32_t status = function(&error);
  const int times = hooked;
  const auto hook = fence_hook;
  fence_hook = nullptr;
  CHECK(status == expected);
  CHECK(times == 1);
  CHECK(ocrm_error_code(error) == expected && has(ocrm_error_message(error), part));
  ocrm_error_free(error);
  fence_hook = hook;
  CHECK(function(nullptr) == expected);
}

template <class T>
T* untouched() {
  return reinterpret_cast<T*>(std::uintptr_t{8});
}

void all_statuses(const Things& with, int32_t expected, const char* part) {
  ocrm* crm = untouched<ocrm>();
  ocrm_session* session = untouched<ocrm_session>();
  ocrm_buffer* out = untouched<ocrm_buffer>();
  ocrm_iterator* list = untouched<ocrm_iterator>();
  ocrm_cancel* cancel = untouched<ocrm_cancel>();
  ocrm_subscription* subscription = untouched<ocrm_subscription>();
  const char* item = "untouched";
  size_t size = 7;
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  const auto check = [&](auto function) { thrown(expected, part, function); };
  check([&](ocrm_error** err) { return ocrm_operations_schema(&out, err); });
  check([&](ocrm_error** err) { return ocrm_json_get("{}", 2, "", 0, &out, err); });
  check([&](ocrm_error** err) { return ocrm_open(nullptr, &crm, err); });
  check([&](ocrm_error** err) { return ocrm_open_json("{}", 2, &crm, err); });
  check([&](ocrm_error** err) { return ocrm_close(with.crm, err); });
  check([&](ocrm_error** err) { return ocrm_backup(with.crm, "x", 1, err); });
  check([&](ocrm_error** err) { return ocrm_check(with.crm, &out, err); });
  check([&](ocrm_error** err) { return ocrm_metrics_text(with.crm, &out, err); });
  check([&](ocrm_error** err) {
    return ocrm_copy_database("{}", 2, "{}", 2, 0, nullptr, nullptr, nullptr, &out, err);
  });
  check([&](ocrm_error** err) { return ocrm_session_open(with.crm, "x", 1, nullptr, 0, &session, err); });
  check([&](ocrm_error** err) { return ocrm_call(with.session, "tags.list", 9, "{}", 2, &out, err); });
  check([&](ocrm_error** err) {
    return ocrm_call_traced(with.session, "tags.list", 9, "{}", 2, nullptr, 0, nullptr, 0, &out, err);
  });
  check([&](ocrm_error** err) { return ocrm_session_transaction(with.session, nullptr, nullptr, err); });
  check([&](ocrm_error** err) { return ocrm_timeline_open(with.session, nullptr, 0, 0, &list, err); });
  check([&](ocrm_error** err) { return ocrm_search_open(with.session, nullptr, 0, 0, &list, err); });
  check([&](ocrm_error** err) { return ocrm_contacts_open(with.session, nullptr, 0, 0, &list, err); });
  check([&](ocrm_error** err) { return ocrm_iterator_next(with.list, &item, &size, err); });
  check([&](ocrm_error** err) { return ocrm_cancel_new(&cancel, err); });
  check([&](ocrm_error** err) {
    return ocrm_sync_preview(with.session, "{}", 2, nullptr, nullptr, nullptr, &out, err);
  });
  check([&](ocrm_error** err) {
    return ocrm_sync_approve(with.session, "x", 1, nullptr, nullptr, nullptr, &out, err);
  });
  check([&](ocrm_error** err) {
    return ocrm_sync_undo(with.session, "x", 1, nullptr, nullptr, nullptr, &out, err);
  });
  check([&](ocrm_error** err) {
    return ocrm_sync_run(with.session, "x", 1, nullptr, nullptr, nullptr, &out, err);
  });
  check([&](ocrm_error** err) { return ocrm_jobs_register(with.crm, "x", 1, &handler, err); });
  check([&](ocrm_error** err) { return ocrm_jobs_enqueue(with.session, &job, &out, err); });
  check([&](ocrm_error** err) { return ocrm_jobs_run_until_idle(with.crm, 0, nullptr, &summary, err); });
  check([&](ocrm_error** err) { return ocrm_jobs_step(with.crm, 1, nullptr, &summary, err); });
  check([&](ocrm_error** err) { return ocrm_jobs_start(with.crm, err); });
  check([&](ocrm_error** err) { return ocrm_jobs_stop(with.crm, 0, &summary, err); });
  check([&](ocrm_error** err) { return ocrm_job_session(nullptr, &session, err); });
  check([&](ocrm_error** err) { return ocrm_job_set_result(nullptr, "{}", 2, err); });
  check([&](ocrm_error** err) { return ocrm_job_snooze(nullptr, 1, err); });
  check([&](ocrm_error** err) { return ocrm_job_complete_in(nullptr, with.session, "{}", 2, err); });
  check([&](ocrm_error** err) {
    return ocrm_progress_subscribe(with.crm, nullptr, nullptr, nullptr, &subscription, err);
  });
  check([&](ocrm_error** err) {
    return ocrm_log_subscribe(with.crm, 0, nullptr, nullptr, nullptr, &subscription, err);
  });
  CHECK(ocrm_writer_write(nullptr, "x", 1) == expected);
  CHECK(crm == untouched<ocrm>() && session == untouched<ocrm_session>() && out == untouched<ocrm_buffer>());
  CHECK(list == untouched<ocrm_iterator>() && cancel == untouched<ocrm_cancel>());
  CHECK(subscription == untouched<ocrm_subscription>() && size == 7);
  CHECK_TEXT("untouched", item);
  CHECK(summary.started == 0);
}

/// Functions that give no status have something harmless instead.
void everything_else() {
  hooked = 0;
  CHECK(ocrm_error_new(OCRM_INTERNAL, "x", 1, nullptr, 0, 0, 0) == nullptr);
  CHECK_TEXT("", ocrm_version());
  CHECK_TEXT("unknown", ocrm_status_name(OCRM_OK));
  CHECK(ocrm_abi_version() == -1 && ocrm_live_handles() == -1);
  CHECK(ocrm_error_code(nullptr) == OCRM_OK && ocrm_error_retryable(nullptr) == 0);
  CHECK(ocrm_error_needs_user(nullptr) == 0 && ocrm_buffer_size(nullptr) == 0);
  CHECK_TEXT("", ocrm_error_message(nullptr));
  CHECK_TEXT("{}", ocrm_error_details(nullptr));
  CHECK_TEXT("", ocrm_buffer_data(nullptr));
  CHECK_TEXT("", ocrm_session_user(nullptr));
  CHECK_TEXT("", ocrm_job_id(nullptr));
  CHECK_TEXT("", ocrm_job_kind(nullptr));
  CHECK_TEXT("", ocrm_job_payload(nullptr));
  CHECK(ocrm_job_attempt(nullptr) == 0 && ocrm_job_should_stop(nullptr) == 0);
  CHECK(ocrm_cancel_requested(nullptr) == 0);
  ocrm_error_free(nullptr);
  ocrm_buffer_free(nullptr);
  ocrm_free(nullptr);
  ocrm_session_free(nullptr);
  ocrm_iterator_free(nullptr);
  ocrm_cancel_request(nullptr);
  ocrm_cancel_free(nullptr);
  ocrm_job_progress(nullptr, 1, 1, nullptr, 0);
  ocrm_subscription_free(nullptr);
  CHECK(hooked == 28);
}

void with_hook(omnicrm::capi::FenceHook hook, int32_t expected, const char* part) {
  const Things things;
  fence_hook = hook;
  all_statuses(things, expected, part);
  everything_else();
  fence_hook = nullptr;
}

void messages() {
  with_hook(throw_message, OCRM_INTERNAL, "a bug of ours");
}
void memory() {
  with_hook(throw_memory, OCRM_RESOURCE_EXHAUSTED, "out of memory");
}
void numbers() {
  with_hook(throw_number, OCRM_INTERNAL, "unknown");
}

}  // namespace

int main(int count, char** words) {
  const check_case cases[] = {
      {"messages", messages}, {"memory", memory}, {"numbers", numbers}, {nullptr, nullptr}};
  return check_main(count, words, cases);
}
