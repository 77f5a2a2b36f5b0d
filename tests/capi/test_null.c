/* NULL for every handle and every out-parameter of every function: invalid_argument, and nothing is touched.
 * check-exports makes sure that no exported function is missing here. */
#include "check.h"

static ocrm* the_crm;
static ocrm_session* ada;

#define NOT_NULL(call) STATUS(OCRM_INVALID_ARGUMENT, call)

static void library(void) {
  CHECK(ocrm_version() != NULL && ocrm_abi_version() == 0 && ocrm_status_name(0) != NULL);
  CHECK(ocrm_live_handles() >= 0);
  NOT_NULL(ocrm_operations_schema(NULL, ERR));
  NOT_NULL(ocrm_operations_schema(NULL, NULL));
}

static void errors_and_buffers(void) {
  ocrm_buffer* out = NULL;
  ocrm_error* error = ocrm_error_new(OCRM_INTERNAL, NULL, 7, NULL, 7, 0, 0);
  CHECK_TEXT("", ocrm_error_message(error));
  ocrm_error_free(error);
  CHECK(ocrm_error_code(NULL) == OCRM_OK && ocrm_error_retryable(NULL) == 0 &&
        ocrm_error_needs_user(NULL) == 0);
  CHECK_TEXT("", ocrm_error_message(NULL));
  CHECK_TEXT("{}", ocrm_error_details(NULL));
  ocrm_error_free(NULL);
  CHECK_TEXT("", ocrm_buffer_data(NULL));
  CHECK(ocrm_buffer_size(NULL) == 0);
  ocrm_buffer_free(NULL);
  NOT_NULL(ocrm_json_get(NULL, 0, NULL, 0, &out, ERR));
  NOT_NULL(ocrm_json_get("{}", 2, NULL, 0, NULL, ERR));
  NOT_NULL(ocrm_writer_write(NULL, "x", 1));
  CHECK(out == NULL);
}

static void opening(void) {
  ocrm* none = NULL;
  ocrm_buffer* out = NULL;
  NOT_NULL(ocrm_open(NULL, NULL, ERR));
  NOT_NULL(ocrm_open_json(NULL, 0, NULL, ERR));
  NOT_NULL(ocrm_close(NULL, ERR));
  ocrm_free(NULL);
  NOT_NULL(ocrm_backup(NULL, "x", 1, ERR));
  NOT_NULL(ocrm_backup(the_crm, NULL, 0, ERR));
  NOT_NULL(ocrm_check(NULL, &out, ERR));
  NOT_NULL(ocrm_check(the_crm, NULL, ERR));
  NOT_NULL(ocrm_metrics_text(NULL, &out, ERR));
  NOT_NULL(ocrm_metrics_text(the_crm, NULL, ERR));
  NOT_NULL(ocrm_copy_database(NULL, 0, "{}", 2, 0, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_copy_database("{}", 2, NULL, 0, 0, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_copy_database("{}", 2, "{}", 2, 0, NULL, NULL, NULL, NULL, ERR));
  CHECK(none == NULL && out == NULL);
}

static int32_t work(void* user, ocrm_session* inside, ocrm_error** err) {
  return (void)user, (void)inside, (void)err, OCRM_OK;
}

static void sessions(void) {
  ocrm_session* none = NULL;
  ocrm_buffer* out = NULL;
  NOT_NULL(ocrm_session_open(NULL, "x", 1, NULL, 0, &none, ERR));
  NOT_NULL(ocrm_session_open(the_crm, NULL, 0, NULL, 0, &none, ERR));
  NOT_NULL(ocrm_session_open(the_crm, "x", 1, NULL, 0, NULL, ERR));
  CHECK_TEXT("", ocrm_session_user(NULL));
  ocrm_session_free(NULL);
  NOT_NULL(ocrm_call(NULL, "tags.list", OCRM_NUL, "{}", 2, &out, ERR));
  STATUS(OCRM_NOT_FOUND, ocrm_call(ada, NULL, 0, "{}", 2, &out, ERR));
  NOT_NULL(ocrm_call(ada, "tags.list", OCRM_NUL, "{}", 2, NULL, ERR));
  NOT_NULL(ocrm_call_traced(NULL, "tags.list", OCRM_NUL, "{}", 2, NULL, 0, NULL, 0, &out, ERR));
  STATUS(OCRM_NOT_FOUND, ocrm_call_traced(ada, NULL, 0, "{}", 2, NULL, 0, NULL, 0, &out, ERR));
  NOT_NULL(ocrm_call_traced(ada, "tags.list", OCRM_NUL, "{}", 2, NULL, 0, NULL, 0, NULL, ERR));
  NOT_NULL(ocrm_session_transaction(NULL, work, NULL, ERR));
  NOT_NULL(ocrm_session_transaction(ada, NULL, NULL, ERR));
  CHECK(none == NULL && out == NULL);
}

static void lists(void) {
  ocrm_iterator* list = NULL;
  const char* item = "untouched";
  size_t size = 7;
  NOT_NULL(ocrm_timeline_open(NULL, NULL, 0, 0, &list, ERR));
  NOT_NULL(ocrm_timeline_open(ada, NULL, 0, 0, NULL, ERR));
  NOT_NULL(ocrm_search_open(NULL, "{}", 2, 0, &list, ERR));
  NOT_NULL(ocrm_search_open(ada, "{}", 2, 0, NULL, ERR));
  NOT_NULL(ocrm_contacts_open(NULL, NULL, 0, 0, &list, ERR));
  NOT_NULL(ocrm_contacts_open(ada, NULL, 0, 0, NULL, ERR));
  CHECK(list == NULL);
  NOT_NULL(ocrm_iterator_next(NULL, &item, &size, ERR));
  OK(ocrm_contacts_open(ada, NULL, 0, 0, &list, ERR));
  NOT_NULL(ocrm_iterator_next(list, NULL, &size, ERR));
  NOT_NULL(ocrm_iterator_next(list, &item, NULL, ERR));
  CHECK(size == 7 && strcmp(item, "untouched") == 0);
  ocrm_iterator_free(list);
  ocrm_iterator_free(NULL);
}

static void cancels(void) {
  NOT_NULL(ocrm_cancel_new(NULL, ERR));
  ocrm_cancel_request(NULL);
  CHECK(ocrm_cancel_requested(NULL) == 0);
  ocrm_cancel_free(NULL);
}

static void sync(void) {
  static const char* const id = "00000000-0000-7000-8000-000000000000";
  ocrm_buffer* out = NULL;
  NOT_NULL(ocrm_sync_preview(NULL, "{}", 2, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_sync_preview(ada, "{}", 2, NULL, NULL, NULL, NULL, ERR));
  NOT_NULL(ocrm_sync_preview(ada, NULL, 0, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_sync_approve(NULL, id, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_sync_approve(ada, NULL, 0, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_sync_approve(ada, id, OCRM_NUL, NULL, NULL, NULL, NULL, ERR));
  NOT_NULL(ocrm_sync_undo(NULL, id, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_sync_undo(ada, NULL, 0, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_sync_undo(ada, id, OCRM_NUL, NULL, NULL, NULL, NULL, ERR));
  NOT_NULL(ocrm_sync_run(NULL, id, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_sync_run(ada, NULL, 0, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_sync_run(ada, id, OCRM_NUL, NULL, NULL, NULL, NULL, ERR));
  CHECK(out == NULL);
}

static int32_t run(void* user, ocrm_job* job, ocrm_error** err) {
  return (void)user, (void)job, (void)err, OCRM_OK;
}

static void jobs(void) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_buffer* out = NULL;
  ocrm_session* none = NULL;
  NOT_NULL(ocrm_jobs_register(the_crm, "kind", OCRM_NUL, NULL, ERR));
  NOT_NULL(ocrm_jobs_register(the_crm, "kind", OCRM_NUL, &handler, ERR));
  handler.run = run;
  NOT_NULL(ocrm_jobs_register(NULL, "kind", OCRM_NUL, &handler, ERR));
  NOT_NULL(ocrm_jobs_register(the_crm, NULL, 0, &handler, ERR));
  NOT_NULL(ocrm_jobs_enqueue(ada, NULL, &out, ERR));
  NOT_NULL(ocrm_jobs_enqueue(ada, &job, &out, ERR));
  job.kind = "kind";
  job.kind_size = OCRM_NUL;
  NOT_NULL(ocrm_jobs_enqueue(NULL, &job, &out, ERR));
  NOT_NULL(ocrm_jobs_enqueue(ada, &job, NULL, ERR));
  NOT_NULL(ocrm_jobs_run_until_idle(NULL, 0, NULL, NULL, ERR));
  NOT_NULL(ocrm_jobs_step(NULL, 1, NULL, NULL, ERR));
  NOT_NULL(ocrm_jobs_start(NULL, ERR));
  NOT_NULL(ocrm_jobs_stop(NULL, 0, NULL, ERR));
  CHECK_TEXT("", ocrm_job_id(NULL));
  CHECK_TEXT("", ocrm_job_kind(NULL));
  CHECK_TEXT("", ocrm_job_payload(NULL));
  CHECK(ocrm_job_attempt(NULL) == 0 && ocrm_job_should_stop(NULL) == 0);
  ocrm_job_progress(NULL, 1, 2, NULL, 0);
  NOT_NULL(ocrm_job_session(NULL, &none, ERR));
  NOT_NULL(ocrm_job_set_result(NULL, "{}", 2, ERR));
  NOT_NULL(ocrm_job_snooze(NULL, 1, ERR));
  NOT_NULL(ocrm_job_complete_in(NULL, ada, "{}", 2, ERR));
  CHECK(out == NULL && none == NULL);
}

static int32_t hear(void* user, const ocrm_progress* progress, ocrm_error** err) {
  return (void)user, (void)progress, (void)err, OCRM_OK;
}
static void read_line(void* user, int32_t level, const char* area, size_t area_size, const char* message,
                      size_t size) {
  (void)user, (void)level, (void)area, (void)area_size, (void)message, (void)size;
}

static void subscriptions(void) {
  ocrm_subscription* out = NULL;
  NOT_NULL(ocrm_progress_subscribe(NULL, hear, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_progress_subscribe(the_crm, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_progress_subscribe(the_crm, hear, NULL, NULL, NULL, ERR));
  NOT_NULL(ocrm_log_subscribe(NULL, 0, read_line, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_log_subscribe(the_crm, 0, NULL, NULL, NULL, &out, ERR));
  NOT_NULL(ocrm_log_subscribe(the_crm, 0, read_line, NULL, NULL, NULL, ERR));
  ocrm_subscription_free(NULL);
  CHECK(out == NULL);
}

int main(int count, char** words) {
  const check_case cases[] = {{"library", library},
                              {"errors_and_buffers", errors_and_buffers},
                              {"opening", opening},
                              {"sessions", sessions},
                              {"lists", lists},
                              {"cancels", cancels},
                              {"sync", sync},
                              {"jobs", jobs},
                              {"subscriptions", subscriptions},
                              {NULL, NULL}};
  const check_case none[] = {{"nothing_is_left", library}, {NULL, NULL}};
  int result;
  the_crm = open_memory();
  ada = session_of(the_crm, "ada");
  for (const check_case* at = cases; at->name != NULL; ++at) {
    if (count < 2 || strcmp(words[1], at->name) == 0) at->run();
  }
  ocrm_error_free(check_error);
  check_error = NULL;
  ocrm_session_free(ada);
  ocrm_free(the_crm);
  result = check_main(1, words, none);
  return result;
}
