/* fork: a child says failed_precondition, may free, and opens its own; also when other threads held locks. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static volatile int stop, busy_calls, freed;
static ocrm* the_crm;

static void count_free(void* user) {
  __atomic_add_fetch((volatile int*)user, 1, __ATOMIC_SEQ_CST);
}
static void hear(void* user, int32_t level, const char* area, size_t area_size, const char* message,
                 size_t size) {
  (void)user, (void)level, (void)area, (void)area_size, (void)message, (void)size;
}
static int32_t nothing(void* user, ocrm_job* job, ocrm_error** err) {
  return (void)user, (void)job, (void)err, OCRM_OK;
}

/* Takes every lock there is, again and again. */
static void* keep_busy(void* unused) {
  (void)unused;
  while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
    ocrm_session* session = session_of(the_crm, "eve");
    ocrm_subscription* subscription = NULL;
    OK(ocrm_log_subscribe(the_crm, 0, hear, NULL, NULL, &subscription, ERR));
    call(session, "contacts.list", "{\"limit\":1}");
    ocrm_subscription_free(subscription);
    ocrm_session_free(session);
    __atomic_add_fetch(&busy_calls, 1, __ATOMIC_SEQ_CST);
  }
  ocrm_error_free(check_error);
  check_error = NULL;
  return NULL;
}

static int in_the_child(ocrm_session* ada, ocrm_iterator* contacts, ocrm_subscription* subscription,
                        ocrm_cancel* cancel) {
  ocrm_buffer* out = NULL;
  ocrm_session* none = NULL;
  const char* item = NULL;
  size_t size = 0;
  check_failures = 0;
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_call(ada, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &out, ERR));
  CHECK(has(ocrm_error_message(check_error), "fork"));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_session_open(the_crm, "ada", OCRM_NUL, NULL, 0, &none, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_iterator_next(contacts, &item, &size, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_stop(the_crm, 0, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_close(the_crm, ERR));
  CHECK(strlen(ocrm_session_user(ada)) == 36);
  ocrm_iterator_free(contacts);
  ocrm_subscription_free(subscription);
  ocrm_session_free(ada);
  ocrm_free(the_crm);
  ocrm_cancel_request(cancel);
  ocrm_cancel_free(cancel);
  CHECK(freed == 0); /* the parent's things are the parent's */
  return check_failures == 0 ? 0 : 1;
}

/* SQLite's own locks are not made for fork: with other threads in the library a child cannot open anything.
 */
static int with_its_own(ocrm* parents) {
  ocrm* own = open_memory();
  ocrm_session* ada = session_of(own, "ada");
  check_failures = 0;
  make_contact(ada, "bob");
  OK(ocrm_jobs_step(own, 1, NULL, NULL, ERR));
  ocrm_session_free(ada);
  OK(ocrm_close(own, ERR));
  ocrm_free(own);
  ocrm_free(parents);
  CHECK(ocrm_live_handles() == 0);
  return check_failures == 0 ? 0 : 1;
}

static void a_child_opens_its_own(void) {
  ocrm* crm = open_file(in_folder("quiet.db"));
  int status = 0;
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    _exit(with_its_own(crm));
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  OK(ocrm_close(crm, ERR));
  ocrm_free(crm);
}

static void a_child(void) {
  ocrm_session* ada;
  ocrm_iterator* contacts = NULL;
  ocrm_subscription* subscription = NULL;
  ocrm_cancel* cancel = NULL;
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  pthread_t threads[2];
  stop = 0;
  freed = 0;
  the_crm = open_file(in_folder("fork.db"));
  ada = session_of(the_crm, "ada");
  make_contact(ada, "bob");
  handler.run = nothing;
  handler.user = (void*)&freed;
  handler.user_free = count_free;
  OK(ocrm_jobs_register(the_crm, "nothing", OCRM_NUL, &handler, ERR));
  OK(ocrm_contacts_open(ada, NULL, 0, 0, &contacts, ERR));
  OK(ocrm_log_subscribe(the_crm, 0, hear, (void*)&freed, count_free, &subscription, ERR));
  OK(ocrm_cancel_new(&cancel, ERR));
  OK(ocrm_jobs_start(the_crm, ERR));
  for (int at = 0; at < 2; ++at) NEED(pthread_create(&threads[at], NULL, keep_busy, NULL) == 0);
  CHECK(wait_for(&busy_calls, 2));
  for (int at = 0; at < 20; ++at) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
      alarm(30); /* a lock that nobody gives back */
      _exit(in_the_child(ada, contacts, subscription, cancel));
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
  for (int at = 0; at < 2; ++at) pthread_join(threads[at], NULL);
  /* The parent goes on as if nothing had happened. */
  CHECK(has(call(ada, "contacts.list", "{}"), "bob"));
  ocrm_iterator_free(contacts);
  ocrm_subscription_free(subscription);
  ocrm_cancel_free(cancel);
  ocrm_session_free(ada);
  OK(ocrm_close(the_crm, ERR));
  ocrm_free(the_crm);
  CHECK(freed == 2);
}

int main(int count, char** words) {
  const check_case cases[] = {
      {"a_child", a_child}, {"a_child_opens_its_own", a_child_opens_its_own}, {NULL, NULL}};
  return check_main(count, words, cases);
}
