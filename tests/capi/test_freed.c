/* Freed and foreign handles: builds with assertions notice them without touching the memory. */
#include "check.h"

/* Freed memory and stack memory as handles of every type. */
static void freed_handles(void) {
  ocrm *crm = open_memory(), *crm_gone = crm;
  ocrm_session *ada = session_of(crm, "ada"), *ada_gone = ada;
  ocrm_iterator* list = NULL;
  ocrm_cancel* cancel = NULL;
  ocrm_buffer *out = NULL, *buffer = NULL;
  ocrm_error* error = ocrm_error_new(OCRM_CONFLICT, "x", 1, NULL, 0, 0, 0);
  const char* item = NULL;
  size_t size = 0;
  OK(ocrm_contacts_open(ada, NULL, 0, 0, &list, ERR));
  OK(ocrm_cancel_new(&cancel, ERR));
  OK(ocrm_call(ada, "tags.list", OCRM_NUL, NULL, 0, &buffer, ERR));
  ocrm_session_free(ada);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_call(ada_gone, "tags.list", OCRM_NUL, NULL, 0, &out, ERR));
  CHECK(has(ocrm_error_message(check_error), "freed"));
  CHECK_TEXT("{\"field\":\"session\"}", ocrm_error_details(check_error));
  CHECK_TEXT("", ocrm_session_user(ada_gone));
  ocrm_session_free(ada_gone);
  ocrm_iterator_free(list);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_iterator_next(list, &item, &size, ERR));
  ocrm_iterator_free(list);
  ocrm_cancel_free(cancel);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_step(crm, 1, cancel, NULL, ERR));
  ocrm_cancel_request(cancel);
  CHECK(ocrm_cancel_requested(cancel) == 0);
  ocrm_cancel_free(cancel);
  ocrm_buffer_free(buffer);
  CHECK(ocrm_buffer_size(buffer) == 0);
  ocrm_buffer_free(buffer);
  ocrm_error_free(error);
  CHECK(ocrm_error_code(error) == OCRM_OK);
  ocrm_error_free(error);
  ocrm_free(crm);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_close(crm_gone, ERR));
  CHECK(has(ocrm_error_message(check_error), "freed"));
  ocrm_free(crm_gone);
  CHECK(out == NULL);
}

static void foreign_pointers(void) {
  ocrm* crm = open_memory();
  ocrm_session *ada = session_of(crm, "ada"), *none = NULL;
  char room[200];
  memset(room, 0x5a, sizeof(room));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_session_open((ocrm*)(void*)room, "x", 1, NULL, 0, &none, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_session_open((ocrm*)(void*)ada, "x", 1, NULL, 0, &none, ERR));
  CHECK(has(ocrm_error_message(check_error), "another type"));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_close((ocrm*)(void*)8, ERR));
  CHECK(none == NULL);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static ocrm_job* kept;
static int32_t keep(void* user, ocrm_job* job, ocrm_error** err) {
  kept = job;
  return (void)user, (void)err, OCRM_OK;
}

/* What is borrowed for a callback is gone after it. */
static void a_kept_job(void) {
  ocrm* crm = open_memory();
  ocrm_session *ada = session_of(crm, "ada"), *none = NULL;
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_buffer* id = NULL;
  handler.run = keep;
  OK(ocrm_jobs_register(crm, "keep", OCRM_NUL, &handler, ERR));
  job.kind = "keep";
  job.kind_size = OCRM_NUL;
  OK(ocrm_jobs_enqueue(ada, &job, &id, ERR));
  OK(ocrm_jobs_step(crm, 1, NULL, NULL, ERR));
  CHECK(kept != NULL);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_job_session(kept, &none, ERR));
  CHECK_TEXT("", ocrm_job_id(kept));
  ocrm_job_progress(kept, 1, 1, NULL, 0);
  ocrm_buffer_free(id);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

int main(int count, char** words) {
  const check_case cases[] = {{"freed_handles", freed_handles},
                              {"foreign_pointers", foreign_pointers},
                              {"a_kept_job", a_kept_job},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
