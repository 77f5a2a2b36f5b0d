/* Callbacks that call the library back: what they may, and what is refused instead of hanging. */
#include <pthread.h>
#include <unistd.h>

#include "chat_source.h"

static ocrm* the_crm;
static ocrm_session* the_session;
static ocrm_subscription* the_subscription;
static volatile int called, freed;

static void count_free(void* user) {
  __atomic_add_fetch((volatile int*)user, 1, __ATOMIC_SEQ_CST);
}

static void refused_in_a_callback(void) {
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_close(the_crm, ERR));
  CHECK(has(ocrm_error_message(check_error), "callback"));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_stop(the_crm, 0, NULL, ERR));
  (void)ERR; /* the library's threads end without freeing it */
}

static int32_t calls_back(void* user, const ocrm_progress* progress, ocrm_error** err) {
  ocrm_session* session;
  ocrm* other;
  (void)user, (void)progress, (void)err;
  count_up(&called);
  refused_in_a_callback();
  /* Everything else works: operations, sessions, another CRM. */
  session = session_of(the_crm, "ada");
  CHECK(has(call(session, "contacts.list", "{}"), "items"));
  CHECK(has(call(the_session, "contacts.list", "{}"), "items"));
  ocrm_session_free(session);
  other = open_memory();
  session = session_of(other, "eve");
  make_contact(session, "bob");
  ocrm_session_free(session);
  OK(ocrm_close(other, ERR));
  ocrm_free(other);
  return OCRM_OK;
}

static void from_progress(void) {
  chat chat = {.lines = chat_lines};
  ocrm_buffer *plan = NULL, *batch = NULL;
  the_crm = open_chat(&chat);
  the_session = session_of(the_crm, "ada");
  called = 0;
  OK(ocrm_sync_preview(the_session, "{\"provider\":\"chat\"}", OCRM_NUL, calls_back, NULL, NULL, &plan, ERR));
  CHECK(called > 0);
  called = 0;
  OK(ocrm_sync_approve(the_session, get(ocrm_buffer_data(plan), "/id"), OCRM_NUL, calls_back, NULL, NULL,
                       &batch, ERR));
  CHECK(called > 0);
  ocrm_buffer_free(plan);
  ocrm_buffer_free(batch);
  ocrm_session_free(the_session);
  OK(ocrm_close(the_crm, ERR));
  ocrm_free(the_crm);
}

static int32_t job_calls_back(void* user, ocrm_job* job, ocrm_error** err) {
  ocrm_session* session = NULL;
  ocrm_new_job next = OCRM_NEW_JOB_INIT;
  ocrm_buffer* id = NULL;
  (void)user, (void)err;
  if (count_up(&called) > 1) return OCRM_OK;
  refused_in_a_callback();
  /* These would wait for this very job. */
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_step(the_crm, 1, NULL, NULL, ERR));
  OK(ocrm_job_session(job, &session, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_sync_run(session, "00000000-0000-7000-8000-000000000000", OCRM_NUL,
                                                 NULL, NULL, NULL, &id, ERR));
  next.kind = "again";
  next.kind_size = OCRM_NUL;
  OK(ocrm_jobs_enqueue(session, &next, &id, ERR));
  ocrm_buffer_free(id);
  ocrm_session_free(session);
  return OCRM_OK;
}

static void enqueue(ocrm_session* session, const char* kind) {
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_buffer* id = NULL;
  job.kind = kind;
  job.kind_size = OCRM_NUL;
  OK(ocrm_jobs_enqueue(session, &job, &id, ERR));
  ocrm_buffer_free(id);
}

static void from_a_job(void) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  the_crm = open_memory();
  the_session = session_of(the_crm, "ada");
  called = 0;
  handler.run = job_calls_back;
  OK(ocrm_jobs_register(the_crm, "again", OCRM_NUL, &handler, ERR));
  enqueue(the_session, "again");
  OK(ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
  CHECK(called == 2);
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
}

/* --- on a thread that runs an import --- */

static char the_batch[37];

/* All of these would wait for the job that the thread is in. */
static void runs_jobs(void) {
  ocrm_buffer* batch = NULL;
  if (the_batch[0] == 0) return; /* in the preview */
  __atomic_add_fetch(&called, 1, __ATOMIC_SEQ_CST);
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_step(the_crm, 1, NULL, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION,
         ocrm_sync_run(the_session, the_batch, OCRM_NUL, NULL, NULL, NULL, &batch, ERR));
  CHECK(batch == NULL);
  refused_in_a_callback();
}

static int32_t listener_runs_jobs(void* user, const ocrm_progress* progress, ocrm_error** err) {
  (void)err;
  CHECK_TEXT("file_import", progress->kind);
  count_up(user);
  runs_jobs();
  return OCRM_OK;
}

/* Source, normalizer and listener of an import that runs by itself, by steps, or as a service. */
static void from_an_import(void) {
  for (int how = 0; how < 3; ++how) {
    chat chat = {.lines = chat_lines, .inside = runs_jobs};
    ocrm_buffer *plan = NULL, *batch = NULL;
    ocrm_subscription* listening = NULL;
    volatile int heard = 0;
    alarm(60); /* what waits for itself waits for ever */
    called = 0;
    the_batch[0] = 0;
    the_crm = open_chat(&chat);
    the_session = session_of(the_crm, "ada");
    OK(ocrm_progress_subscribe(the_crm, listener_runs_jobs, (void*)&heard, NULL, &listening, ERR));
    OK(ocrm_sync_preview(the_session, "{\"provider\":\"chat\"}", OCRM_NUL, NULL, NULL, NULL, &plan, ERR));
    CHECK(called == 0);
    OK(ocrm_sync_approve(the_session, get(ocrm_buffer_data(plan), "/id"), OCRM_NUL, NULL, NULL, NULL, &batch,
                         ERR));
    snprintf(the_batch, sizeof(the_batch), "%s", get(ocrm_buffer_data(batch), "/id"));
    if (how == 0) OK(ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
    if (how == 1) OK(ocrm_jobs_step(the_crm, 5, NULL, NULL, ERR));
    if (how == 2) OK(ocrm_jobs_start(the_crm, ERR));
    ocrm_buffer_free(batch);
    batch = NULL;
    OK(ocrm_sync_run(the_session, the_batch, OCRM_NUL, NULL, NULL, NULL, &batch, ERR));
    CHECK_TEXT("done", get(ocrm_buffer_data(batch), "/state"));
    CHECK(chat.normalized == 3);
    CHECK(heard > 0);
    CHECK(called > 6 + heard); /* each item was read and normalized, the ends of the scopes were read */
    ocrm_subscription_free(listening);
    ocrm_buffer_free(plan);
    ocrm_buffer_free(batch);
    ocrm_session_free(the_session);
    OK(ocrm_close(the_crm, ERR));
    ocrm_free(the_crm);
    alarm(0);
  }
}

static int32_t in_transaction(void* user, ocrm_session* inside, ocrm_error** err) {
  ocrm_buffer* out = NULL;
  (void)user, (void)err, (void)inside;
  count_up(&called);
  refused_in_a_callback();
  /* What runs jobs would wait for this transaction. */
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_step(the_crm, 1, NULL, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_sync_run(the_session, "00000000-0000-7000-8000-000000000000",
                                                 OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  enqueue(inside, "later");
  return OCRM_OK;
}

static void from_a_transaction(void) {
  the_crm = open_memory();
  the_session = session_of(the_crm, "ada");
  called = 0;
  OK(ocrm_session_transaction(the_session, in_transaction, NULL, ERR));
  CHECK(called == 1);
  CHECK(has(call(the_session, "jobs.list", "{}"), "\"later\""));
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
}

/* --- freeing from within --- */

static int32_t frees_its_crm(void* user, const ocrm_progress* progress, ocrm_error** err) {
  (void)user, (void)progress, (void)err;
  if (the_crm == NULL) return OCRM_OK;
  ocrm_free(the_crm);
  the_crm = NULL;
  CHECK(*(volatile int*)user == 0); /* nothing is freed under the callback */
  ocrm_session_free(the_session);
  return OCRM_OK;
}

/* The call goes on or is cancelled; the CRM is closed when it returns. */
static void its_crm_is_freed_in_progress(void) {
  chat chat = {.lines = chat_lines};
  ocrm_buffer* plan = NULL;
  int32_t status;
  the_crm = open_chat(&chat);
  the_session = session_of(the_crm, "ada");
  status = ocrm_sync_preview(the_session, "{\"provider\":\"chat\"}", OCRM_NUL, frees_its_crm,
                             (void*)&chat.freed, NULL, &plan, ERR);
  CHECK(status == OCRM_OK || status == OCRM_CANCELLED);
  ocrm_buffer_free(plan);
  CHECK(chat.freed == 2);
}

static int32_t job_frees_its_crm(void* user, ocrm_job* job, ocrm_error** err) {
  (void)user, (void)err;
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
  for (int waited = 0; waited < 10000 && !ocrm_job_should_stop(job); ++waited) sleep_ms(1);
  CHECK(ocrm_job_should_stop(job) == 1);
  CHECK(freed == 0);
  __atomic_add_fetch(&called, 1, __ATOMIC_SEQ_CST);
  return OCRM_CANCELLED;
}

/* On a thread of a service nobody waits for the callback: the library closes by itself. */
static void its_crm_is_freed_in_a_job(void) {
  for (int service = 0; service <= 1; ++service) {
    ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
    char name[20];
    called = freed = 0;
    snprintf(name, sizeof(name), "freed%d.db", service);
    the_crm = open_file(in_folder(name));
    the_session = session_of(the_crm, "ada");
    handler.run = job_frees_its_crm;
    handler.user = (void*)&freed;
    handler.user_free = count_free;
    OK(ocrm_jobs_register(the_crm, "frees", OCRM_NUL, &handler, ERR));
    enqueue(the_session, "frees");
    if (service) {
      OK(ocrm_jobs_start(the_crm, ERR));
    } else {
      OK(ocrm_jobs_run_until_idle(the_crm, -1, NULL, NULL, ERR));
      CHECK(freed == 1);
    }
    CHECK(wait_for(&called, 1));
    CHECK(wait_for(&freed, 1));
    sleep_ms(20);
  }
}

static int32_t frees_its_subscription(void* user, const ocrm_progress* progress, ocrm_error** err) {
  (void)user, (void)progress, (void)err;
  count_up(&called);
  ocrm_subscription_free(the_subscription);
  CHECK(freed == 0);
  return OCRM_OK;
}

static int32_t says_twice(void* user, ocrm_job* job, ocrm_error** err) {
  ocrm_job_progress(job, 1, 2, NULL, 0);
  CHECK(freed == 1); /* when its own call had returned */
  ocrm_job_progress(job, 2, 2, NULL, 0);
  return (void)user, (void)err, OCRM_OK;
}

static void a_subscription_frees_itself(void) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  the_crm = open_memory();
  the_session = session_of(the_crm, "ada");
  called = freed = 0;
  handler.run = says_twice;
  OK(ocrm_jobs_register(the_crm, "says", OCRM_NUL, &handler, ERR));
  OK(ocrm_progress_subscribe(the_crm, frees_its_subscription, (void*)&freed, count_free, &the_subscription,
                             ERR));
  enqueue(the_session, "says");
  OK(ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
  CHECK(called == 1 && freed == 1);
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
}

/* --- callbacks that must not call --- */

static int refusals = 0;

static int64_t clock_that_calls(void* user) {
  ocrm_buffer* answer = NULL;
  (void)user;
  if (the_session != NULL) {
    refusals += ocrm_call(the_session, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, NULL) ==
                OCRM_FAILED_PRECONDITION;
    CHECK(answer == NULL);
  }
  return INT64_C(1000000000000000);
}

static void free_that_calls(void* user) {
  ocrm_buffer* answer = NULL;
  (void)user;
  refusals += ocrm_call(the_session, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, NULL) ==
              OCRM_FAILED_PRECONDITION;
  freed = 1;
}

static int32_t hears_nothing(void* user, const ocrm_progress* progress, ocrm_error** err) {
  return (void)user, (void)progress, (void)err, OCRM_OK;
}

/* Closing from here waited for the call that this is within. */
static void free_that_closes(void* user) {
  free_that_calls(user);
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_close(the_crm, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_stop(the_crm, 0, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
  (void)ERR;
}

static int32_t frees_and_is_freed(void* user, const ocrm_progress* progress, ocrm_error** err) {
  (void)user, (void)progress, (void)err;
  count_up(&called);
  ocrm_subscription_free(the_subscription);
  CHECK(freed == 0);
  return OCRM_OK;
}

static void a_subscriptions_user_free(void) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_subscription* listening = NULL;
  alarm(60);
  called = freed = refusals = 0;
  the_crm = open_memory();
  the_session = session_of(the_crm, "ada");
  OK(ocrm_progress_subscribe(the_crm, hears_nothing, NULL, free_that_closes, &listening, ERR));
  ocrm_subscription_free(listening);
  CHECK(freed == 1 && refusals == 1);
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_progress_subscribe(the_crm, NULL, NULL, free_that_closes, &listening, ERR));
  CHECK(refusals == 2);
  /* Within the run of a job. */
  freed = 0;
  handler.run = says_twice;
  OK(ocrm_jobs_register(the_crm, "says", OCRM_NUL, &handler, ERR));
  OK(ocrm_progress_subscribe(the_crm, frees_and_is_freed, NULL, free_that_closes, &the_subscription, ERR));
  enqueue(the_session, "says");
  OK(ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
  CHECK(called == 1 && freed == 1 && refusals == 3);
  ocrm_session_free(the_session);
  OK(ocrm_close(the_crm, ERR));
  ocrm_free(the_crm);
  alarm(0);
}

static void quiet_callbacks(void) {
  ocrm_clock clock = OCRM_CLOCK_INIT;
  ocrm_options options = OCRM_OPTIONS_INIT;
  freed = 0;
  the_crm = NULL;
  the_session = NULL;
  clock.now = clock_that_calls;
  clock.user_free = free_that_calls;
  options.clock = &clock;
  options.path = ":memory:";
  options.path_size = OCRM_NUL;
  OK(ocrm_open(&options, &the_crm, ERR));
  the_session = session_of(the_crm, "ada");
  make_contact(the_session, "bob");
  CHECK(refusals > 0);
  refusals = 0;
  OK(ocrm_close(the_crm, ERR));
  CHECK(freed == 1 && refusals == 1);
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
}

int main(int count, char** words) {
  const check_case cases[] = {{"from_progress", from_progress},
                              {"from_a_job", from_a_job},
                              {"from_an_import", from_an_import},
                              {"from_a_transaction", from_a_transaction},
                              {"its_crm_is_freed_in_progress", its_crm_is_freed_in_progress},
                              {"its_crm_is_freed_in_a_job", its_crm_is_freed_in_a_job},
                              {"a_subscription_frees_itself", a_subscription_frees_itself},
                              {"a_subscriptions_user_free", a_subscriptions_user_free},
                              {"quiet_callbacks", quiet_callbacks},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
