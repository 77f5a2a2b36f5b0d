/* Any function on any thread: run this under ThreadSanitizer, too. */
#include <pthread.h>

#include "check.h"

enum { thread_count = 4 };

static ocrm* the_crm;
static ocrm_session* the_session;
static ocrm_cancel* the_cancel;
static volatile int stop, calls, closed_calls, runs, freed, told;

static void add(volatile int* to) {
  __atomic_add_fetch(to, 1, __ATOMIC_SEQ_CST);
}
static void count_free(void* user) {
  add(user);
}

static void thread_ends(void) {
  ocrm_error_free(check_error);
  check_error = NULL;
}

static void run_threads(void* (*work)(void*), void (*meanwhile)(void)) {
  pthread_t threads[thread_count];
  for (int at = 0; at < thread_count; ++at) NEED(pthread_create(&threads[at], NULL, work, NULL) == 0);
  if (meanwhile != NULL) meanwhile();
  for (int at = 0; at < thread_count; ++at) pthread_join(threads[at], NULL);
}

static void* one_session(void* unused) {
  char name[40], json[100];
  (void)unused;
  for (int at = 0; at < 20; ++at) {
    snprintf(name, sizeof(name), "p%d-%lu", at, (unsigned long)pthread_self());
    snprintf(json, sizeof(json), "{\"id\":\"%s\"}", make_contact(the_session, name));
    CHECK_TEXT(name, get(call(the_session, "contacts.get", json), "/display_name"));
  }
  thread_ends();
  return NULL;
}

static void many_threads_on_one_session(void) {
  ocrm_iterator* contacts = NULL;
  const char* item = NULL;
  size_t size = 0;
  int count = -1;
  the_crm = open_file(in_folder("threads.db"));
  the_session = session_of(the_crm, "ada");
  run_threads(one_session, NULL);
  OK(ocrm_contacts_open(the_session, NULL, 0, 7, &contacts, ERR));
  do {
    OK(ocrm_iterator_next(contacts, &item, &size, ERR));
    ++count;
  } while (item != NULL);
  CHECK(count == thread_count * 20);
  ocrm_iterator_free(contacts);
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
}

static void* until_closed(void* unused) {
  (void)unused;
  for (;;) {
    ocrm_session* session = NULL;
    ocrm_buffer* answer = NULL;
    int32_t status = ocrm_session_open(the_crm, "ada", OCRM_NUL, NULL, 0, &session, NULL);
    if (status == OCRM_OK)
      status = ocrm_call(session, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, NULL);
    CHECK((answer != NULL) == (status == OCRM_OK));
    ocrm_buffer_free(answer);
    ocrm_session_free(session);
    if (status == OCRM_OK) {
      add(&calls);
      continue;
    }
    CHECK(status == OCRM_FAILED_PRECONDITION);
    add(&closed_calls);
    thread_ends();
    return NULL;
  }
}

static void close_meanwhile(void) {
  CHECK(wait_for(&calls, 20));
  OK(ocrm_close(the_crm, ERR));
}

static void closing_while_calls_run(void) {
  for (int round = 0; round < 5; ++round) {
    calls = closed_calls = 0;
    the_crm = open_memory();
    run_threads(until_closed, close_meanwhile);
    CHECK(closed_calls == thread_count);
    ocrm_free(the_crm);
  }
}

static void* close_too(void* unused) {
  (void)unused;
  OK(ocrm_close(the_crm, ERR));
  thread_ends();
  return NULL;
}

static void closing_on_many_threads(void) {
  the_crm = open_memory();
  run_threads(close_too, NULL);
  ocrm_free(the_crm);
}

static int32_t work(void* user, ocrm_job* job, ocrm_error** err) {
  (void)user, (void)err;
  ocrm_job_progress(job, 1, 1, NULL, 0);
  add(&runs);
  return OCRM_OK;
}

static void enqueue(void) {
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_buffer* id = NULL;
  job.kind = "work";
  job.kind_size = OCRM_NUL;
  OK(ocrm_jobs_enqueue(the_session, &job, &id, ERR));
  ocrm_buffer_free(id);
}

static void* enqueue_many(void* unused) {
  (void)unused;
  for (int at = 0; at < 10; ++at) enqueue();
  thread_ends();
  return NULL;
}

static void start_and_stop(void) {
  for (int at = 0; at < 5; ++at) {
    OK(ocrm_jobs_start(the_crm, ERR));
    sleep_ms(5);
    OK(ocrm_jobs_stop(the_crm, 0, NULL, ERR));
  }
}

static int32_t hear(void* user, const ocrm_progress* progress, ocrm_error** err) {
  (void)user, (void)err;
  CHECK(strlen(progress->job_id) == 36);
  add(&told);
  return OCRM_OK;
}

static void starting_and_stopping(void) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_subscription* subscription = NULL;
  runs = told = freed = 0;
  the_crm = open_file(in_folder("startstop.db"));
  the_session = session_of(the_crm, "ada");
  handler.run = work;
  handler.user = (void*)&freed;
  handler.user_free = count_free;
  OK(ocrm_jobs_register(the_crm, "work", OCRM_NUL, &handler, ERR));
  OK(ocrm_progress_subscribe(the_crm, hear, (void*)&freed, count_free, &subscription, ERR));
  run_threads(enqueue_many, start_and_stop);
  OK(ocrm_jobs_run_until_idle(the_crm, 0, NULL, NULL, ERR));
  CHECK(runs == thread_count * 10 && told == runs);
  ocrm_subscription_free(subscription);
  CHECK(freed == 1);
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
  CHECK(freed == 2);
}

static int32_t say_all_the_time(void* user, ocrm_job* job, ocrm_error** err) {
  (void)user, (void)err;
  add(&runs);
  while (!ocrm_job_should_stop(job)) {
    ocrm_job_progress(job, 1, 0, "on and on", OCRM_NUL);
    sleep_ms(1);
  }
  return OCRM_CANCELLED;
}

static int32_t hear_slowly(void* user, const ocrm_progress* progress, ocrm_error** err) {
  (void)progress, (void)err;
  CHECK(__atomic_load_n((int*)user, __ATOMIC_SEQ_CST) == 0); /* never after it was freed */
  sleep_ms(1);
  CHECK(__atomic_load_n((int*)user, __ATOMIC_SEQ_CST) == 0);
  add(&told);
  return OCRM_OK;
}

static void* subscribe_and_leave(void* unused) {
  (void)unused;
  for (int at = 0; at < 10; ++at) {
    int gone = 0;
    ocrm_subscription* subscription = NULL;
    OK(ocrm_progress_subscribe(the_crm, hear_slowly, &gone, count_free, &subscription, ERR));
    sleep_ms(3);
    ocrm_subscription_free(subscription);
    CHECK(gone == 1);
  }
  thread_ends();
  return NULL;
}

static void subscriptions_come_and_go(void) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  runs = told = 0;
  the_crm = open_file(in_folder("subscriptions.db"));
  the_session = session_of(the_crm, "ada");
  handler.run = say_all_the_time;
  OK(ocrm_jobs_register(the_crm, "work", OCRM_NUL, &handler, ERR));
  enqueue();
  enqueue();
  OK(ocrm_jobs_start(the_crm, ERR));
  CHECK(wait_for(&runs, 1));
  run_threads(subscribe_and_leave, NULL);
  CHECK(told > 0);
  ocrm_session_free(the_session);
  OK(ocrm_close(the_crm, ERR));
  ocrm_free(the_crm);
}

static void* run_until_cancelled(void* unused) {
  (void)unused;
  OK(ocrm_jobs_run_until_idle(the_crm, -1, the_cancel, NULL, ERR));
  thread_ends();
  return NULL;
}

static void cancel_meanwhile(void) {
  CHECK(wait_for(&runs, 1));
  ocrm_cancel_request(the_cancel);
  ocrm_cancel_free(the_cancel);
}

static void a_cancel_stops_many_runs(void) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  runs = 0;
  the_crm = open_file(in_folder("cancels.db"));
  the_session = session_of(the_crm, "ada");
  handler.run = say_all_the_time;
  OK(ocrm_jobs_register(the_crm, "work", OCRM_NUL, &handler, ERR));
  enqueue();
  OK(ocrm_cancel_new(&the_cancel, ERR));
  {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, run_until_cancelled, NULL) == 0);
    cancel_meanwhile();
    pthread_join(thread, NULL);
  }
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
}

/* Runs and batches that other threads wait for end when the CRM is closed. */
static void* run_forever(void* unused) {
  (void)unused;
  OK(ocrm_jobs_run_until_idle(the_crm, -1, NULL, NULL, ERR));
  thread_ends();
  return NULL;
}

static void close_when_running(void) {
  CHECK(wait_for(&runs, 1));
  OK(ocrm_close(the_crm, ERR));
}

static void closing_ends_runs_of_other_threads(void) {
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  pthread_t thread;
  runs = 0;
  the_crm = open_file(in_folder("runs.db"));
  the_session = session_of(the_crm, "ada");
  handler.run = say_all_the_time;
  OK(ocrm_jobs_register(the_crm, "work", OCRM_NUL, &handler, ERR));
  enqueue();
  NEED(pthread_create(&thread, NULL, run_forever, NULL) == 0);
  close_when_running();
  pthread_join(thread, NULL);
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
}

/* A transaction's session is its callback's, and nobody else's. */
static ocrm_session* borrowed;
static void* use_borrowed(void* unused) {
  ocrm_buffer* answer = NULL;
  (void)unused;
  STATUS(OCRM_FAILED_PRECONDITION,
         ocrm_call(borrowed, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, ERR));
  CHECK(answer == NULL);
  thread_ends();
  return NULL;
}
static int32_t lend(void* user, ocrm_session* inside, ocrm_error** err) {
  pthread_t thread;
  (void)user, (void)err;
  borrowed = inside;
  NEED(pthread_create(&thread, NULL, use_borrowed, NULL) == 0);
  pthread_join(thread, NULL);
  return OCRM_OK;
}
static void transactions_stay_on_their_thread(void) {
  the_crm = open_memory();
  the_session = session_of(the_crm, "ada");
  OK(ocrm_session_transaction(the_session, lend, NULL, ERR));
  ocrm_session_free(the_session);
  ocrm_free(the_crm);
}

/* A session is freed while another thread's call on it runs: the call goes on to its end. */
static volatile int inside_call;
static int32_t wait_inside(void* user, ocrm_session* inside, ocrm_error** err) {
  (void)user, (void)err;
  make_contact(inside, "bob");
  add(&inside_call);
  CHECK(wait_for(&stop, 1));
  make_contact(inside, "eve");
  return OCRM_OK;
}
static void* in_a_transaction(void* unused) {
  (void)unused;
  OK(ocrm_session_transaction(the_session, wait_inside, NULL, ERR));
  thread_ends();
  return NULL;
}
static void a_session_freed_in_use(void) {
  pthread_t thread;
  ocrm_session* again;
  stop = inside_call = 0;
  the_crm = open_file(in_folder("inuse.db"));
  the_session = session_of(the_crm, "ada");
  NEED(pthread_create(&thread, NULL, in_a_transaction, NULL) == 0);
  CHECK(wait_for(&inside_call, 1));
  ocrm_session_free(the_session);
  add(&stop);
  pthread_join(thread, NULL);
  again = session_of(the_crm, "ada");
  CHECK(has(call(again, "contacts.list", "{}"), "eve"));
  ocrm_session_free(again);
  ocrm_free(the_crm);
}

int main(int count, char** words) {
  const check_case cases[] = {{"many_threads_on_one_session", many_threads_on_one_session},
                              {"closing_while_calls_run", closing_while_calls_run},
                              {"closing_on_many_threads", closing_on_many_threads},
                              {"starting_and_stopping", starting_and_stopping},
                              {"subscriptions_come_and_go", subscriptions_come_and_go},
                              {"a_cancel_stops_many_runs", a_cancel_stops_many_runs},
                              {"closing_ends_runs_of_other_threads", closing_ends_runs_of_other_threads},
                              {"transactions_stay_on_their_thread", transactions_stay_on_their_thread},
                              {"a_session_freed_in_use", a_session_freed_in_use},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
