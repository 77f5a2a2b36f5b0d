/* A handler that completes its job in its own transaction. */
#include "check.h"

/* What a handler does in its transaction. */
struct completing {
  ocrm_job* job;
  ocrm_session* strangers; /* another user's, or NULL */
  int32_t work_gives;      /* after completing */
  int32_t handler_gives;   /* after a transaction that was kept */
};

static int32_t completes(void* user, ocrm_session* inside, ocrm_error** err) {
  const struct completing* how = user;
  int32_t status;
  (void)err;
  make_contact(inside, "made-with-the-end");
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_job_complete_in(how->job, inside, "{\"broken\"", OCRM_NUL, ERR));
  CHECK_TEXT("{\"field\":\"result\"}", ocrm_error_details(check_error));
  status = ocrm_job_complete_in(how->job, inside, "{\"made\":1}", OCRM_NUL, ERR);
  return status == OCRM_OK ? how->work_gives : status;
}

static int32_t of_a_stranger(void* user, ocrm_session* inside, ocrm_error** err) {
  const struct completing* how = user;
  return ocrm_job_complete_in(how->job, inside, NULL, 0, err);
}

static int32_t in_one(void* user, ocrm_job* job, ocrm_error** err) {
  struct completing* how = user;
  ocrm_session* session = NULL;
  int32_t status;
  how->job = job;
  OK(ocrm_job_session(job, &session, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_job_complete_in(job, session, NULL, 0, ERR)); /* no transaction */
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_job_complete_in(job, NULL, NULL, 0, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_session_transaction(how->strangers, of_a_stranger, how, ERR));
  status = ocrm_session_transaction(session, completes, how, err);
  ocrm_session_free(session);
  return status == OCRM_OK ? how->handler_gives : status;
}

static void run_one(ocrm* crm, ocrm_session* session, ocrm_run_summary* summary) {
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_buffer* id = NULL;
  job.kind = "in_one";
  job.kind_size = OCRM_NUL;
  OK(ocrm_jobs_enqueue(session, &job, &id, ERR));
  ocrm_buffer_free(id);
  OK(ocrm_jobs_run_until_idle(crm, 0, NULL, summary, ERR));
}

/* The changes and the end of the job are one: kept together, whatever comes after, or taken back together. */
static void completing_in_a_transaction(void) {
  ocrm* crm = open_memory();
  ocrm* other = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_session* eve = session_of(crm, "eve");
  ocrm_session* elsewhere = session_of(other, "ada");
  struct completing how = {NULL, eve, OCRM_DATA_LOSS, OCRM_OK};
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  handler.run = in_one;
  handler.user = &how;
  OK(ocrm_jobs_register(crm, "in_one", OCRM_NUL, &handler, ERR));
  run_one(crm, ada, &summary); /* the work fails after all */
  CHECK(summary.failed == 1 && summary.done == 0);
  CHECK_TEXT("data_loss", get(call(ada, "jobs.list", "{}"), "/items/0/error/code"));
  CHECK(!has(call(ada, "contacts.list", "{}"), "made-with-the-end"));
  how.work_gives = OCRM_OK;
  how.handler_gives = OCRM_INTERNAL; /* too late: it is done */
  how.strangers = elsewhere;
  run_one(crm, ada, &summary);
  CHECK(summary.done == 1 && summary.failed == 0);
  CHECK_TEXT("done", get(call(ada, "jobs.list", "{}"), "/items/0/state"));
  CHECK_TEXT("1", get(call(ada, "jobs.list", "{}"), "/items/0/result/made"));
  CHECK(has(call(ada, "contacts.list", "{}"), "made-with-the-end"));
  ocrm_session_free(elsewhere);
  ocrm_session_free(eve);
  ocrm_session_free(ada);
  ocrm_free(other);
  ocrm_free(crm);
}

int main(int count, char** words) {
  const check_case cases[] = {{"completing_in_a_transaction", completing_in_a_transaction}, {NULL, NULL}};
  return check_main(count, words, cases);
}
