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
  count_up(user);
}
static int32_t run(void* user, ocrm_job* job, ocrm_error** err) {
  (void)job, (void)err;
  count_up(user);
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

static void numbers_never_change(void) {
  const ocrm_new_job job = OCRM_NEW_JOB_INIT;
  const ocrm_normalizer normalizer = OCRM_NORMALIZER_INIT;
  const ocrm_source_item item = OCRM_SOURCE_ITEM_INIT;
  const ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  CHECK(OCRM_LOG_DEBUG == 0 && OCRM_LOG_INFO == 1 && OCRM_LOG_WARNING == 2 && OCRM_LOG_ERROR == 3);
  CHECK(OCRM_OK == 0 && OCRM_INTERNAL == 13 && OCRM_NUL == (size_t)-1);
  CHECK(job.struct_size == sizeof(job) && job.priority == 100 && job.run_at == 0 && job.max_attempts == 5);
  CHECK(job.kind == NULL && job.payload == NULL);
  CHECK(normalizer.struct_size == sizeof(normalizer) && normalizer.version == 1);
  CHECK(item.struct_size == sizeof(item) && item.source_id == NULL && item.origin_size == 0);
  CHECK(summary.struct_size == sizeof(summary) && summary.started == 0);
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

/* A source whose items end before state and reason, and a normalizer without facts. */

static int reads = 0, normalized = 0;
static int32_t source_open(void* user, const char* json, size_t size, void** source, ocrm_error** err) {
  (void)json, (void)size, (void)err;
  *source = user;
  return OCRM_OK;
}
static void source_close(void* source) {
  (void)source;
}
static int32_t source_inventory(void* source, const ocrm_cancel* cancel, ocrm_writer* out, ocrm_error** err) {
  static const char scopes[] = "[{\"path\":\"inbox\",\"format\":\"old\",\"bytes\":5}]";
  (void)source, (void)cancel, (void)err;
  return ocrm_writer_write(out, scopes, sizeof(scopes) - 1);
}
static int32_t source_read(void* source, const char* scope, size_t scope_size, const char* position,
                           size_t position_size, void** reader, ocrm_error** err) {
  (void)source, (void)scope, (void)scope_size, (void)position, (void)err;
  reads = position_size == 0 ? 0 : 1;
  *reader = &reads;
  return OCRM_OK;
}
static int32_t source_next(void* reader, ocrm_source_item* item, int32_t* found, ocrm_error** err) {
  (void)err;
  CHECK(item->struct_size >= sizeof(*item));
  if (++*(int*)reader > 1) return OCRM_OK;
  item->service = "old";
  item->source_id = "one";
  item->content_type = "application/x-old";
  item->payload = "hello";
  item->service_size = item->source_id_size = item->content_type_size = OCRM_NUL;
  item->payload_size = 5;
  *found = 1;
  return OCRM_OK;
}
static int32_t old_normalize(void* user, const ocrm_raw_item* item, const char* options, size_t options_size,
                             ocrm_writer* out, ocrm_error** err) {
  static const char json[] = "{\"facts\":{\"title\":\"old\",\"at\":\"2001-09-09T01:46:40Z\"}}";
  (void)user, (void)options, (void)options_size, (void)err;
  CHECK(item->payload_size == 5 && memcmp(item->payload, "hello", 5) == 0);
  ++normalized;
  return ocrm_writer_write(out, json, sizeof(json) - 1);
}

static void an_old_source_and_normalizer(void) {
  /* Today's ocrm_options, whole. */
  struct {
    ocrm_options old;
    void (*log)(void);
    void* log_user;
    void (*log_user_free)(void*);
    int32_t log_level;
    const ocrm_clock* clock;
    const char* const* names;
    const ocrm_source* const* sources;
    size_t source_count;
    const ocrm_normalizer* const* normalizers;
    size_t normalizer_count;
  } options;
  GUARDED(ocrm_source) source;
  GUARDED(ocrm_normalizer) normalizer;
  const ocrm_source source_init = OCRM_SOURCE_INIT;
  const ocrm_normalizer normalizer_init = OCRM_NORMALIZER_INIT;
  const ocrm_options options_init = OCRM_OPTIONS_INIT;
  const char* const names[] = {"old"};
  const ocrm_source* sources[1];
  const ocrm_normalizer* normalizers[1];
  ocrm* crm = NULL;
  ocrm_session* ada;
  ocrm_buffer* plan = NULL;
  int frees = 0;
  source.value = source_init;
  normalizer.value = normalizer_init;
  FILL(source);
  FILL(normalizer); /* where today's facts would be */
  source.value.user = normalizer.value.user = &frees;
  source.value.user_free = normalizer.value.user_free = count_free;
  source.value.open = source_open;
  source.value.close = source_close;
  source.value.inventory = source_inventory;
  source.value.read = source_read;
  source.value.next = source_next;
  source.value.reader_close = source_close;
  normalizer.value.content_type = "application/x-old";
  normalizer.value.content_type_size = OCRM_NUL;
  normalizer.value.normalize = old_normalize;
  sources[0] = &source.value;
  normalizers[0] = &normalizer.value;
  memset(&options, 0, sizeof(options));
  options.old = options_init;
  options.old.struct_size = sizeof(options);
  options.old.path = ":memory:";
  options.old.path_size = OCRM_NUL;
  options.names = names;
  options.sources = sources;
  options.source_count = 1;
  options.normalizers = normalizers;
  options.normalizer_count = 1;
  OK(ocrm_open(&options.old, &crm, ERR));
  ada = session_of(crm, "ada");
  OK(ocrm_sync_preview(ada, "{\"provider\":\"old\"}", OCRM_NUL, NULL, NULL, NULL, &plan, ERR));
  CHECK(plan != NULL && normalized == 1);
  ocrm_buffer_free(plan);
  ocrm_session_free(ada);
  ocrm_free(crm);
  CHECK(frees == 2);
  CHECK(intact(source.behind) && intact(normalizer.behind));
}

int main(int count, char** words) {
  const check_case cases[] = {{"sizes_are_those_of_then", sizes_are_those_of_then},
                              {"old_structs", old_structs},
                              {"statuses_never_change", statuses_never_change},
                              {"numbers_never_change", numbers_never_change},
                              {"an_old_source_and_normalizer", an_old_source_and_normalizer},
                              {"an_old_clock_by_todays_options", an_old_clock_by_todays_options},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
