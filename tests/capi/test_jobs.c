/* Job handlers in C: what they are told, what they give back, and how they are run. */
#include "check.h"

static void count_free(void* user) {
  count_up(user);
}

static void enqueue(ocrm_session* session, const char* kind, const char* payload, char id[37]) {
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_buffer* made = NULL;
  job.kind = kind;
  job.kind_size = OCRM_NUL;
  job.payload = payload;
  job.payload_size = OCRM_NUL;
  if (strcmp(kind, "too_long") == 0)
    job.max_attempts = 1; /* else it comes back between the runs of its test */
  OK(ocrm_jobs_enqueue(session, &job, &made, ERR));
  CHECK(ocrm_buffer_size(made) == 36);
  if (id != NULL) snprintf(id, 37, "%s", ocrm_buffer_data(made));
  ocrm_buffer_free(made);
}

static void handle(ocrm* crm, const char* kind, int32_t (*run)(void*, ocrm_job*, ocrm_error**), void* user) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  handler.run = run;
  handler.user = user;
  handler.backoff_base_ms = 1;
  handler.backoff_cap_ms = 5;
  OK(ocrm_jobs_register(crm, kind, OCRM_NUL, &handler, ERR));
}

static const char* job(ocrm_session* session, const char* id) {
  char json[80];
  snprintf(json, sizeof(json), "{\"id\":\"%s\"}", id);
  return call(session, "jobs.get", json);
}

/* What a handler saw. */
struct seen {
  int runs;
  char id[37];
  int should_stop;
};

static int32_t look(void* user, ocrm_job* job, ocrm_error** err) {
  struct seen* seen = user;
  ocrm_session* session = NULL;
  ocrm_error* error = NULL;
  (void)err;
  ++seen->runs;
  snprintf(seen->id, sizeof(seen->id), "%s", ocrm_job_id(job));
  CHECK_TEXT("look", ocrm_job_kind(job));
  CHECK_TEXT("7", get(ocrm_job_payload(job), "/number"));
  CHECK(ocrm_job_attempt(job) == 1);
  CHECK(ocrm_job_should_stop(job) == 0);
  ocrm_job_progress(job, 1, 2, "half\xff way", 9);
  ocrm_job_progress(job, 2, 2, NULL, 0);
  OK(ocrm_job_session(job, &session, ERR));
  make_contact(session, "made-by-a-job");
  CHECK(has(call(session, "audit.list", "{}"), "\"job:look\""));
  ocrm_session_free(session);
  CHECK(ocrm_job_set_result(job, "{\"broken\"", OCRM_NUL, &error) == OCRM_INVALID_ARGUMENT);
  ocrm_error_free(error);
  CHECK(ocrm_job_set_result(job, "{}", (size_t)-2, &error) == OCRM_INVALID_ARGUMENT);
  CHECK_TEXT("{\"field\":\"json\"}", ocrm_error_details(error));
  ocrm_error_free(error);
  ocrm_job_progress(job, 2, 2, "note", (size_t)-2); /* without the note */
  OK(ocrm_job_set_result(job, "{\"answer\":[42]}", OCRM_NUL, ERR));
  return OCRM_OK;
}

static void a_handler_is_told_everything(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  struct seen seen = {0, "", 0};
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  char id[37];
  handle(crm, "look", look, &seen);
  enqueue(ada, "look", "{\"number\":7}", id);
  OK(ocrm_jobs_run_until_idle(crm, 0, NULL, &summary, ERR));
  CHECK(summary.started == 1 && summary.done == 1 && summary.failed == 0);
  CHECK(seen.runs == 1);
  CHECK_TEXT(id, seen.id);
  CHECK_TEXT("done", get(job(ada, id), "/state"));
  CHECK_TEXT("[42]", get(job(ada, id), "/result/answer"));
  CHECK(has(call(ada, "contacts.list", "{}"), "made-by-a-job"));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static int32_t refuse(void* user, ocrm_job* job, ocrm_error** err) {
  const int32_t* how = user;
  (void)job;
  if (*how == 0) return OCRM_DATA_LOSS; /* a status alone */
  *err =
      ocrm_error_new(OCRM_PERMISSION_DENIED, "the door is locked", OCRM_NUL, "{\"door\":3}", OCRM_NUL, 0, 1);
  return OCRM_PERMISSION_DENIED;
}

static void an_error_travels_whole(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  int32_t how = 1;
  char id[37];
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  handle(crm, "refuse", refuse, &how);
  enqueue(ada, "refuse", NULL, id);
  OK(ocrm_jobs_run_until_idle(crm, 0, NULL, &summary, ERR));
  CHECK(summary.failed == 1 && summary.dead == 1);
  CHECK_TEXT("dead", get(job(ada, id), "/state"));
  CHECK_TEXT("permission_denied", get(job(ada, id), "/error/code"));
  CHECK_TEXT("the door is locked", get(job(ada, id), "/error/message"));
  CHECK(has(get(job(ada, id), "/error/details"), "door"));
  CHECK_TEXT("true", get(job(ada, id), "/error/needs_user"));
  how = 0;
  enqueue(ada, "refuse", NULL, id);
  OK(ocrm_jobs_step(crm, 1, NULL, NULL, ERR));
  CHECK_TEXT("data_loss", get(job(ada, id), "/error/code"));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* Twice unavailable, once snoozed, then done. */
static int32_t at_last(void* user, ocrm_job* job, ocrm_error** err) {
  int* runs = user;
  ++*runs;
  if (*runs <= 2) {
    CHECK(ocrm_job_attempt(job) == *runs);
    return OCRM_UNAVAILABLE; /* retryable by itself */
  }
  if (*runs == 3) {
    ocrm_error* error = NULL;
    /* Numbers whose sums with the time of day would be none. */
    const int64_t wrong[] = {-1, INT64_MAX, INT64_MAX / 1000, INT64_C(31536000001), INT64_MIN};
    for (int at = 0; at < 5; ++at) {
      error = NULL;
      CHECK(ocrm_job_snooze(job, wrong[at], &error) == OCRM_INVALID_ARGUMENT);
      CHECK_TEXT("{\"field\":\"delay_ms\"}", ocrm_error_details(error));
      ocrm_error_free(error);
    }
    OK(ocrm_job_snooze(job, INT64_C(31536000000), err)); /* a year; the last one counts */
    OK(ocrm_job_snooze(job, 1, err));
  }
  return OCRM_OK;
}

static void retries_and_snoozes(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  int runs = 0;
  char id[37];
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  handle(crm, "at_last", at_last, &runs);
  enqueue(ada, "at_last", "{}", id);
  OK(ocrm_jobs_run_until_idle(crm, -1, NULL, &summary, ERR));
  CHECK(runs == 4);
  CHECK(summary.failed == 2 && summary.snoozed == 1 && summary.done == 1);
  CHECK_TEXT("done", get(job(ada, id), "/state"));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static int32_t nothing(void* user, ocrm_job* job, ocrm_error** err) {
  (void)job, (void)err;
  count_up(user);
  return OCRM_OK;
}

static void registering(void) {
  ocrm* crm = open_memory();
  int freed = 0, runs = 0;
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  handler.user = &freed;
  handler.user_free = count_free;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_register(crm, "kind", OCRM_NUL, &handler, ERR));
  CHECK(freed == 1);
  handler.run = nothing;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_register(crm, "", OCRM_NUL, &handler, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_register(crm, "\xff", OCRM_NUL, &handler, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_register(NULL, "kind", OCRM_NUL, &handler, ERR));
  CHECK(freed == 4);
  STATUS(OCRM_ALREADY_EXISTS, ocrm_jobs_register(crm, "file_import", OCRM_NUL, &handler, ERR));
  CHECK(freed == 5);
  handler.timeout_ms = -1;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_register(crm, "kind", OCRM_NUL, &handler, ERR));
  handler.timeout_ms = 0;
  CHECK(freed == 6);
  OK(ocrm_jobs_register(crm, "kind", OCRM_NUL, &handler, ERR));
  STATUS(OCRM_ALREADY_EXISTS, ocrm_jobs_register(crm, "kind", OCRM_NUL, &handler, ERR));
  CHECK(freed == 7);
  handler.struct_size = 8;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_register(crm, "kind", OCRM_NUL, &handler, ERR));
  CHECK(freed == 7); /* nobody knows what such a struct holds */
  handler.struct_size = sizeof(handler);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_register(crm, "ki\0nd", 5, &handler, ERR));
  CHECK_TEXT("{\"field\":\"kind\"}", ocrm_error_details(check_error));
  CHECK(freed == 8);
  handle(crm, "other", nothing, &runs);
  OK(ocrm_jobs_start(crm, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_register(crm, "late", OCRM_NUL, &handler, ERR));
  CHECK(freed == 9);
  OK(ocrm_jobs_stop(crm, 0, NULL, ERR));
  ocrm_free(crm);
  CHECK(freed == 10);
}

static void enqueueing(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_buffer *id = NULL, *same = NULL;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_enqueue(ada, &job, &id, ERR));
  CHECK(has(ocrm_error_message(check_error), "kind"));
  job.kind = "ki\0nd"; /* another language's text, of which C would see the beginning alone */
  job.kind_size = 5;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_enqueue(ada, &job, &id, ERR));
  CHECK(has(ocrm_error_details(check_error), "kind"));
  job.kind = "kind";
  job.kind_size = OCRM_NUL;
  job.payload = "[1]";
  job.payload_size = OCRM_NUL;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_enqueue(ada, &job, &id, ERR));
  CHECK_TEXT("{\"field\":\"payload\"}", ocrm_error_details(check_error));
  job.payload = "{\"a\":\"\xff\"}";
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_enqueue(ada, &job, &id, ERR));
  job.payload = NULL;
  job.max_attempts = 0;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_enqueue(ada, &job, &id, ERR));
  job.max_attempts = 1;
  job.struct_size = 4;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_enqueue(ada, &job, &id, ERR));
  job.struct_size = sizeof(job);
  CHECK(id == NULL);
  job.unique_key = "one";
  job.unique_key_size = OCRM_NUL;
  job.run_at = INT64_C(4102444800000000); /* 2100 */
  job.priority = 7;
  OK(ocrm_jobs_enqueue(ada, &job, &id, ERR));
  OK(ocrm_jobs_enqueue(ada, &job, &same, ERR));
  CHECK_TEXT(ocrm_buffer_data(id), ocrm_buffer_data(same));
  CHECK(has(call(ada, "jobs.list", "{}"), "2100-01-01T00:00:00Z"));
  CHECK(has(call(ada, "jobs.list", "{}"), "\"scheduled\""));
  ocrm_buffer_free(id);
  ocrm_buffer_free(same);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void by_steps(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  int runs = 0;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  handle(crm, "nothing", nothing, &runs);
  for (int at = 0; at < 5; ++at) enqueue(ada, "nothing", NULL, NULL);
  OK(ocrm_jobs_step(crm, 2, NULL, &summary, ERR));
  CHECK(runs == 2 && summary.done == 2);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_step(crm, 0, NULL, NULL, ERR));
  summary.struct_size = 0;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_step(crm, 1, NULL, &summary, ERR));
  CHECK(runs == 2);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_jobs_run_until_idle(crm, -2, NULL, NULL, ERR));
  OK(ocrm_jobs_run_until_idle(crm, INT64_MAX, NULL, NULL, ERR));
  CHECK(runs == 5);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void a_service(void) {
  ocrm* crm = open_file(in_folder("service.db"));
  ocrm_session* ada = session_of(crm, "ada");
  volatile int runs = 0;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  handle(crm, "nothing", nothing, (void*)&runs);
  OK(ocrm_jobs_stop(crm, -1, &summary, ERR)); /* not started: nothing to stop */
  CHECK(summary.started == 0);
  OK(ocrm_jobs_start(crm, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_start(crm, ERR));
  for (int at = 0; at < 5; ++at) enqueue(ada, "nothing", NULL, NULL);
  CHECK(wait_for(&runs, 5));
  OK(ocrm_jobs_stop(crm, -1, &summary, ERR));
  CHECK(summary.done == 5);
  OK(ocrm_jobs_start(crm, ERR));
  ocrm_session_free(ada);
  ocrm_free(crm); /* stops it */
}

static int32_t until_told(void* user, ocrm_job* job, ocrm_error** err) {
  (void)err;
  count_up(user);
  for (int waited = 0; waited < 10000 && !ocrm_job_should_stop(job); ++waited) sleep_ms(1);
  return OCRM_CANCELLED;
}

/* Closing asks running jobs to stop; they go back to the queue and cost no attempt. */
static void closing_while_jobs_run(void) {
  const char* path = in_folder("closing.db");
  ocrm* crm = open_file(path);
  ocrm_session* ada = session_of(crm, "ada");
  volatile int runs = 0;
  char id[37];
  handle(crm, "until_told", until_told, (void*)&runs);
  enqueue(ada, "until_told", NULL, id);
  OK(ocrm_jobs_start(crm, ERR));
  CHECK(wait_for(&runs, 1));
  OK(ocrm_close(crm, ERR));
  ocrm_session_free(ada);
  ocrm_free(crm);
  crm = open_file(path);
  ada = session_of(crm, "ada");
  CHECK_TEXT("ready", get(job(ada, id), "/state"));
  CHECK_TEXT("0", get(job(ada, id), "/attempt"));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static int32_t cancel_it(void* user, const ocrm_progress* progress, ocrm_error** err) {
  ocrm_cancel_request(user);
  return (void)progress, (void)err, OCRM_OK;
}

static int32_t says_and_waits(void* user, ocrm_job* job, ocrm_error** err) {
  ocrm_job_progress(job, 3, 9, "three", OCRM_NUL);
  return until_told(user, job, err);
}

/* The progress of a job reaches a subscription, which stops the run. */
static void a_cancelled_run(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_cancel* cancel = NULL;
  ocrm_subscription* subscription = NULL;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  int runs = 0;
  char id[37];
  handle(crm, "waits", says_and_waits, &runs);
  enqueue(ada, "waits", NULL, id);
  OK(ocrm_cancel_new(&cancel, ERR));
  OK(ocrm_progress_subscribe(crm, cancel_it, cancel, NULL, &subscription, ERR));
  OK(ocrm_jobs_run_until_idle(crm, -1, cancel, &summary, ERR));
  CHECK(summary.started == 1 && summary.given_back == 1 && summary.done == 0);
  CHECK_TEXT("ready", get(job(ada, id), "/state"));
  OK(ocrm_jobs_run_until_idle(crm, -1, cancel, &summary, ERR)); /* asked before it began */
  CHECK(summary.started == 0);
  OK(ocrm_jobs_step(crm, 1, cancel, &summary, ERR));
  CHECK(summary.started == 0);
  ocrm_subscription_free(subscription);
  ocrm_cancel_free(cancel);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

struct heard {
  int times, freed;
  char id[37], kind[20], note[20];
  int64_t done, total;
};

static int32_t hear(void* user, const ocrm_progress* progress, ocrm_error** err) {
  struct heard* heard = user;
  ++heard->times;
  CHECK(progress->struct_size == sizeof(*progress));
  snprintf(heard->id, sizeof(heard->id), "%s", progress->job_id);
  snprintf(heard->kind, sizeof(heard->kind), "%s", progress->kind);
  snprintf(heard->note, sizeof(heard->note), "%.*s", (int)progress->note_size, progress->note);
  heard->done = progress->done;
  heard->total = progress->total;
  /* What it returns is ignored, and its error freed. */
  *err = ocrm_error_new(OCRM_CANCELLED, "ignored", OCRM_NUL, NULL, 0, 0, 0);
  return OCRM_CANCELLED;
}
static void heard_free(void* user) {
  ++((struct heard*)user)->freed;
}

static int32_t says(void* user, ocrm_job* job, ocrm_error** err) {
  ocrm_job_progress(job, 3, 9, "three", OCRM_NUL);
  return (void)user, (void)err, OCRM_OK;
}

static void progress_subscriptions(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  struct heard heard = {0};
  ocrm_subscription* subscription = NULL;
  char id[37];
  handle(crm, "says", says, NULL);
  OK(ocrm_progress_subscribe(crm, hear, &heard, heard_free, &subscription, ERR));
  enqueue(ada, "says", NULL, id);
  OK(ocrm_jobs_run_until_idle(crm, 0, NULL, NULL, ERR));
  CHECK(heard.times == 1 && heard.freed == 0 && heard.done == 3 && heard.total == 9);
  CHECK_TEXT(id, heard.id);
  CHECK_TEXT("says", heard.kind);
  CHECK_TEXT("three", heard.note);
  CHECK_TEXT("done", get(job(ada, id), "/state"));
  ocrm_subscription_free(subscription);
  CHECK(heard.freed == 1);
  enqueue(ada, "says", NULL, id);
  OK(ocrm_jobs_step(crm, 1, NULL, NULL, ERR));
  CHECK(heard.times == 1);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_progress_subscribe(crm, NULL, &heard, heard_free, &subscription, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_progress_subscribe(NULL, hear, &heard, heard_free, &subscription, ERR));
  CHECK(heard.freed == 3);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static int32_t too_long(void* user, ocrm_job* job, ocrm_error** err) {
  int* told = user;
  (void)err;
  for (int waited = 0; waited < 10000 && !ocrm_job_should_stop(job); ++waited) sleep_ms(1);
  *told += ocrm_job_should_stop(job);
  return OCRM_OK;
}

/* A handler learns that its time is over, from the runner or, in a step, from the clock. */
static void timeouts(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  int told = 0;
  char id[37];
  handler.run = too_long;
  handler.user = &told;
  handler.timeout_ms = 30;
  handler.max_concurrent = 1;
  OK(ocrm_jobs_register(crm, "too_long", OCRM_NUL, &handler, ERR));
  enqueue(ada, "too_long", NULL, id);
  OK(ocrm_jobs_step(crm, 1, NULL, NULL, ERR));
  CHECK(told == 1);
  CHECK_TEXT("deadline_exceeded", get(job(ada, id), "/error/code"));
  enqueue(ada, "too_long", NULL, id);
  OK(ocrm_jobs_run_until_idle(crm, 0, NULL, NULL, ERR));
  CHECK(told == 2);
  CHECK_TEXT("deadline_exceeded", get(job(ada, id), "/error/code"));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

int main(int count, char** words) {
  const check_case cases[] = {{"a_handler_is_told_everything", a_handler_is_told_everything},
                              {"an_error_travels_whole", an_error_travels_whole},
                              {"retries_and_snoozes", retries_and_snoozes},
                              {"registering", registering},
                              {"enqueueing", enqueueing},
                              {"by_steps", by_steps},
                              {"a_service", a_service},
                              {"closing_while_jobs_run", closing_while_jobs_run},
                              {"a_cancelled_run", a_cancelled_run},
                              {"progress_subscriptions", progress_subscriptions},
                              {"timeouts", timeouts},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
