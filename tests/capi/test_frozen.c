/* A program compiled against an earlier header: nothing beyond its structs is read or written. */
#include "frozen/omnicrm_0_1.h"
/* The header of today must not come in beside it: they share a guard. */
#include "check.h"

/* A struct with what lies behind it in the caller's memory. */
#define GUARDED(type)         \
  struct {                    \
    type value;               \
    unsigned char behind[64]; \
  }
#define FILL(guarded) memset((guarded).behind, 0xa5, sizeof((guarded).behind))
static int intact(const unsigned char* behind) {
  for (int at = 0; at < 64; ++at) {
    if (behind[at] != 0xa5) return 0;
  }
  return 1;
}

static int runs = 0, freed = 0;
static void count_free(void* user) {
  ++*(int*)user;
}
static int32_t run(void* user, ocrm_job* job, ocrm_error** err) {
  (void)job, (void)err;
  ++*(int*)user;
  return OCRM_OK;
}
static int64_t now(void* user) {
  return (void)user, INT64_C(1000000000000000);
}

static void sizes_are_those_of_then(void) {
  CHECK(sizeof(ocrm_options) == 5 * sizeof(size_t));
  CHECK(sizeof(ocrm_run_summary) == 5 * 8);
}

static void old_structs(void) {
  GUARDED(ocrm_options) options;
  GUARDED(ocrm_job_handler) handler;
  GUARDED(ocrm_new_job) job;
  GUARDED(ocrm_run_summary) summary;
  const ocrm_options options_init = OCRM_OPTIONS_INIT;
  const ocrm_job_handler handler_init = OCRM_JOB_HANDLER_INIT;
  const ocrm_new_job job_init = OCRM_NEW_JOB_INIT;
  const ocrm_run_summary summary_init = OCRM_RUN_SUMMARY_INIT;
  ocrm* crm = NULL;
  ocrm_session* ada;
  ocrm_buffer *id = NULL, *second = NULL;
  options.value = options_init;
  handler.value = handler_init;
  job.value = job_init;
  summary.value = summary_init;
  FILL(options);
  FILL(handler);
  FILL(job);
  FILL(summary);
  options.value.path = ":memory:";
  options.value.path_size = OCRM_NUL;
  /* What lies behind would be a log function, a clock, five hundred sources ... */
  OK(ocrm_open(&options.value, &crm, ERR));
  handler.value.run = run;
  handler.value.user = &runs;
  OK(ocrm_jobs_register(crm, "old", OCRM_NUL, &handler.value, ERR));
  ada = session_of(crm, "ada");
  job.value.kind = "old";
  job.value.kind_size = OCRM_NUL;
  OK(ocrm_jobs_enqueue(ada, &job.value, &id, ERR));
  OK(ocrm_jobs_enqueue(ada, &job.value, &second, ERR));
  CHECK(strcmp(ocrm_buffer_data(id), ocrm_buffer_data(second)) != 0); /* no unique_key was read */
  OK(ocrm_jobs_run_until_idle(crm, 0, NULL, &summary.value, ERR));
  CHECK(summary.value.started == 2 && summary.value.done == 2 && runs == 2);
  CHECK(summary.value.struct_size == sizeof(summary.value));
  CHECK(intact(options.behind) && intact(handler.behind) && intact(job.behind) && intact(summary.behind));
  ocrm_buffer_free(id);
  ocrm_buffer_free(second);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* Numbers that are compiled into programs mean what they meant. */
static void statuses_never_change(void) {
  static const struct {
    int32_t status;
    const char* name;
  } all[] = {{OCRM_OK, "ok"},
             {OCRM_INVALID_ARGUMENT, "invalid_argument"},
             {OCRM_NOT_FOUND, "not_found"},
             {OCRM_ALREADY_EXISTS, "already_exists"},
             {OCRM_CONFLICT, "conflict"},
             {OCRM_FAILED_PRECONDITION, "failed_precondition"},
             {OCRM_PERMISSION_DENIED, "permission_denied"},
             {OCRM_RESOURCE_EXHAUSTED, "resource_exhausted"},
             {OCRM_CANCELLED, "cancelled"},
             {OCRM_DEADLINE_EXCEEDED, "deadline_exceeded"},
             {OCRM_UNAVAILABLE, "unavailable"},
             {OCRM_DATA_LOSS, "data_loss"},
             {OCRM_UNSUPPORTED, "unsupported"},
             {OCRM_INTERNAL, "internal"}};
  for (size_t at = 0; at < sizeof(all) / sizeof(all[0]); ++at)
    CHECK_TEXT(all[at].name, ocrm_status_name(all[at].status));
}

/* Jobs of an old handler and clocks without a steady one have the defaults of today. */
static void an_old_clock_by_todays_options(void) {
  /* The first members of today's ocrm_options, up to the clock. */
  struct {
    ocrm_options old;
    void (*log)(void);
    void* log_user;
    void (*log_user_free)(void*);
    int32_t log_level;
    const ocrm_clock* clock;
  } options;
  GUARDED(ocrm_clock) clock;
  const ocrm_clock clock_init = OCRM_CLOCK_INIT;
  const ocrm_options options_init = OCRM_OPTIONS_INIT;
  ocrm* crm = NULL;
  ocrm_session* ada;
  clock.value = clock_init;
  FILL(clock);
  clock.value.now = now;
  clock.value.user = &freed;
  clock.value.user_free = count_free;
  memset(&options, 0, sizeof(options));
  options.old = options_init;
  options.old.struct_size = sizeof(options);
  options.old.path = ":memory:";
  options.old.path_size = OCRM_NUL;
  options.clock = &clock.value;
  OK(ocrm_open(&options.old, &crm, ERR));
  ada = session_of(crm, "ada");
  CHECK_TEXT("2001-09-09T01:46:40Z",
             get(call(ada, "contacts.create", "{\"display_name\":\"Eve\"}"), "/created_at"));
  ocrm_session_free(ada);
  ocrm_free(crm);
  CHECK(freed == 1);
  CHECK(intact(clock.behind));
}

int main(int count, char** words) {
  const check_case cases[] = {{"sizes_are_those_of_then", sizes_are_those_of_then},
                              {"old_structs", old_structs},
                              {"statuses_never_change", statuses_never_change},
                              {"an_old_clock_by_todays_options", an_old_clock_by_todays_options},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
