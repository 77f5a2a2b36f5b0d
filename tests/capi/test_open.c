/* Opening and closing: options, structs of other sizes, logs, clocks, and who frees what. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

static void count_free(void* user) {
  *(int*)user += 1;
}

static void from_json(void) {
  ocrm* crm = NULL;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{\"path\":7}", OCRM_NUL, &crm, ERR));
  CHECK(has(ocrm_error_message(check_error), "path"));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{\"pth\":\"x\"}", OCRM_NUL, &crm, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{\"jobs\":{\"threads\":0}}", OCRM_NUL, &crm, ERR));
  CHECK(has(ocrm_error_details(check_error), "jobs.threads"));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{", OCRM_NUL, &crm, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{\"path\":\"\xff\"}", OCRM_NUL, &crm, ERR));
  CHECK(crm == NULL);
  OK(ocrm_open_json("{\"path\":\":memory:\",\"jobs\":{\"threads\":1}}", OCRM_NUL, &crm, ERR));
  OK(ocrm_close(crm, ERR));
  OK(ocrm_close(crm, ERR));
  ocrm_free(crm);
}

static void path_of_the_struct_wins(void) {
  ocrm* crm = NULL;
  ocrm_options options = OCRM_OPTIONS_INIT;
  const char* path = in_folder("wins.db");
  FILE* file;
  options.json = "{\"path\":\"/nowhere/at/all.db\",\"sqlite\":{\"full_sync\":false}}";
  options.json_size = OCRM_NUL;
  options.path = path;
  options.path_size = OCRM_NUL;
  OK(ocrm_open(&options, &crm, ERR));
  ocrm_free(crm);
  file = fopen(path, "rb");
  CHECK(file != NULL);
  if (file != NULL) fclose(file);
  options.path_size = 0;
  crm = NULL;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  CHECK_TEXT("{\"field\":\"path\"}", ocrm_error_details(check_error));
  CHECK(crm == NULL);
}

static void files_that_are_no_database(void) {
  ocrm* crm = NULL;
  const char* path = in_folder("text.db");
  ocrm_options options = OCRM_OPTIONS_INIT;
  write_file(path, "this is a text of some length, and no database at all, however one looks at it\n");
  options.path = path;
  options.path_size = OCRM_NUL;
  STATUS(OCRM_DATA_LOSS, ocrm_open(&options, &crm, ERR));
  options.path = "/nowhere/at/all.db";
  CHECK(ocrm_open(&options, &crm, ERR) != OCRM_OK);
  CHECK(crm == NULL);
  /* Without anybody who wants the error. */
  CHECK(ocrm_open(&options, &crm, NULL) != OCRM_OK);
}

static int64_t some_now(void* user) {
  return (void)user, INT64_C(1000000000000000);
}

static int32_t no_normalize(void* user, const ocrm_raw_item* item, const char* options, size_t size,
                            ocrm_writer* out, ocrm_error** err) {
  return (void)user, (void)item, (void)options, (void)size, (void)out, (void)err, OCRM_OK;
}
static void no_log(void* user, int32_t level, const char* area, size_t area_size, const char* message,
                   size_t size) {
  (void)user, (void)level, (void)area, (void)area_size, (void)message, (void)size;
}

/* Everything that was given is freed once, when opening fails and when it is closed. */
static void users_are_freed_once(void) {
  int freed[3] = {0, 0, 0};
  ocrm* crm = NULL;
  ocrm_clock clock = OCRM_CLOCK_INIT;
  ocrm_normalizer normalizer = OCRM_NORMALIZER_INIT;
  const ocrm_normalizer* normalizers[1];
  ocrm_options options = OCRM_OPTIONS_INIT;
  clock.now = some_now;
  clock.user = &freed[0];
  clock.user_free = count_free;
  normalizer.normalize = no_normalize;
  normalizer.content_type = "text/none";
  normalizer.content_type_size = OCRM_NUL;
  normalizer.user = &freed[1];
  normalizer.user_free = count_free;
  normalizers[0] = &normalizer;
  options.clock = &clock;
  options.normalizers = normalizers;
  options.normalizer_count = 1;
  options.log = no_log;
  options.log_user = &freed[2];
  options.log_user_free = count_free;

  options.json = "{\"nonsense\":1}";
  options.json_size = OCRM_NUL;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  CHECK(freed[0] == 1 && freed[1] == 1 && freed[2] == 1);
  options.json = "{\"path\":\":memory:\"}";
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, NULL, ERR));
  CHECK(freed[0] == 2 && freed[1] == 2 && freed[2] == 2);
  options.log_level = 9;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  CHECK(freed[0] == 3 && freed[1] == 3 && freed[2] == 3);
  options.log_level = OCRM_LOG_INFO;
  normalizer.normalize = NULL;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  CHECK(freed[0] == 4 && freed[1] == 4 && freed[2] == 4);
  normalizer.normalize = no_normalize;
  clock.now = NULL;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  CHECK(freed[0] == 5 && freed[1] == 5 && freed[2] == 5);
  clock.now = some_now;

  OK(ocrm_open(&options, &crm, ERR));
  CHECK(freed[0] == 5 && freed[1] == 5 && freed[2] == 5);
  OK(ocrm_close(crm, ERR));
  CHECK(freed[0] == 6 && freed[1] == 6 && freed[2] == 6);
  ocrm_free(crm);
  CHECK(freed[0] == 6 && freed[1] == 6 && freed[2] == 6);
}

static void wrong_sizes(void) {
  ocrm* crm = NULL;
  ocrm_clock clock = OCRM_CLOCK_INIT;
  ocrm_options options = OCRM_OPTIONS_INIT;
  options.struct_size = 0;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  CHECK(has(ocrm_error_message(check_error), "struct_size"));
  options.struct_size = sizeof(size_t);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  options.struct_size = sizeof(options);
  clock.struct_size = 3;
  clock.now = some_now;
  options.clock = &clock;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  options.clock = NULL;
  options.source_count = 1;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  options.source_count = 0;
  options.normalizer_count = 1;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
  CHECK(crm == NULL);
}

/* A program that was compiled against a later header: its further members are not looked at. */
static void a_longer_struct(void) {
  struct {
    ocrm_options options;
    char later[64];
  } given;
  const ocrm_options initial = OCRM_OPTIONS_INIT;
  ocrm* crm = NULL;
  memset(&given, 0xee, sizeof(given));
  given.options = initial;
  given.options.struct_size = sizeof(given);
  given.options.path = ":memory:";
  given.options.path_size = OCRM_NUL;
  OK(ocrm_open(&given.options, &crm, ERR));
  ocrm_free(crm);
}

static void the_hosts_clock(void) {
  ocrm* crm = NULL;
  ocrm_session* ada;
  ocrm_clock clock = OCRM_CLOCK_INIT;
  ocrm_options options = OCRM_OPTIONS_INIT;
  clock.now = some_now;
  options.clock = &clock;
  options.path = ":memory:";
  options.path_size = OCRM_NUL;
  OK(ocrm_open(&options, &crm, ERR));
  ada = session_of(crm, "ada");
  CHECK_TEXT("2001-09-09T01:46:40Z",
             get(call(ada, "contacts.create", "{\"display_name\":\"Eve\"}"), "/created_at"));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void count_lines(void* user, int32_t level, const char* area, size_t area_size, const char* message,
                        size_t size) {
  CHECK(level >= OCRM_LOG_DEBUG && level <= OCRM_LOG_ERROR);
  CHECK(area_size > 0 && area[0] != 0 && size > 0 && message[0] != 0);
  __atomic_add_fetch((int*)user, 1, __ATOMIC_SEQ_CST);
}

static void enqueue(ocrm_session* session, const char* kind) {
  ocrm_new_job job = OCRM_NEW_JOB_INIT;
  ocrm_buffer* id = NULL;
  job.kind = kind;
  job.kind_size = OCRM_NUL;
  OK(ocrm_jobs_enqueue(session, &job, &id, ERR));
  CHECK(ocrm_buffer_size(id) == 36);
  ocrm_buffer_free(id);
}

static int32_t die(void* user, ocrm_job* job, ocrm_error** err) {
  (void)user, (void)job, (void)err;
  _exit(0);
}
static int32_t live(void* user, ocrm_job* job, ocrm_error** err) {
  CHECK(ocrm_job_attempt(job) == 2);
  return (void)user, (void)err, OCRM_OK;
}

static const char* quick = "{\"jobs\":{\"lease_ms\":60,\"heartbeat_ms\":10,\"poll_ms\":10}}";

/* Leaves a job that its worker died of. */
static void run_and_die(const char* path) {
  const pid_t child = fork();
  int status = 0;
  if (child == 0) {
    ocrm* crm = NULL;
    ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
    ocrm_options options = OCRM_OPTIONS_INIT;
    options.path = path;
    options.path_size = options.json_size = OCRM_NUL;
    options.json = quick;
    handler.run = die;
    if (ocrm_open(&options, &crm, NULL) != OCRM_OK) _exit(1);
    if (ocrm_jobs_register(crm, "work", OCRM_NUL, &handler, NULL) != OCRM_OK) _exit(2);
    enqueue(session_of(crm, "ada"), "work");
    ocrm_jobs_run_until_idle(crm, -1, NULL, NULL, NULL);
    _exit(3);
  }
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The queue says that it took back the job of a dead worker; sink and subscriptions hear it. */
static void logs(void) {
  ocrm* crm = NULL;
  ocrm_subscription *subscription = NULL, *errors_only = NULL;
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_options options = OCRM_OPTIONS_INIT;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  int lines = 0, subscribed = 0, errors = 0, freed = 0;
  const char* path = in_folder("log.db");
  run_and_die(path);
  options.path = path;
  options.path_size = options.json_size = OCRM_NUL;
  options.json = quick;
  options.log = count_lines;
  options.log_user = &lines;
  options.log_level = OCRM_LOG_DEBUG;
  OK(ocrm_open(&options, &crm, ERR));
  OK(ocrm_log_subscribe(crm, OCRM_LOG_DEBUG, count_lines, &subscribed, NULL, &subscription, ERR));
  OK(ocrm_log_subscribe(crm, OCRM_LOG_ERROR, count_lines, &errors, NULL, &errors_only, ERR));
  handler.run = live;
  OK(ocrm_jobs_register(crm, "work", OCRM_NUL, &handler, ERR));
  while (summary.done == 0) OK(ocrm_jobs_run_until_idle(crm, -1, NULL, &summary, ERR));
  CHECK(lines == 1);
  CHECK(subscribed == 1);
  CHECK(errors == 0);
  ocrm_subscription_free(subscription);
  ocrm_subscription_free(errors_only);
  subscription = NULL;
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_log_subscribe(crm, 9, count_lines, &freed, count_free, &subscription, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_log_subscribe(crm, 0, NULL, &freed, count_free, &subscription, ERR));
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_log_subscribe(NULL, 0, count_lines, &freed, count_free, &subscription, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_log_subscribe(crm, 0, count_lines, &freed, count_free, NULL, ERR));
  CHECK(freed == 4 && subscription == NULL);
  ocrm_free(crm);
}

static ocrm* quiet_crm;
static ocrm_session* quiet_session;

/* Refused: a line could be about the very call that the sink would wait for. */
static void sink_that_calls(void* user, int32_t level, const char* area, size_t area_size,
                            const char* message, size_t message_size) {
  ocrm_buffer* answer = NULL;
  (void)level, (void)area, (void)area_size, (void)message, (void)message_size;
  STATUS(OCRM_FAILED_PRECONDITION,
         ocrm_call(quiet_session, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, ERR));
  CHECK(has(ocrm_error_message(check_error), "log sink"));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_close(quiet_crm, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_stop(quiet_crm, 0, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_check(quiet_crm, &answer, ERR));
  CHECK(answer == NULL);
  __atomic_add_fetch((int*)user, 1, __ATOMIC_SEQ_CST);
}

static void log_sinks_must_not_call(void) {
  ocrm_subscription* subscription = NULL;
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_options options = OCRM_OPTIONS_INIT;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  int sink = 0, subscribed = 0;
  const char* path = in_folder("quiet.db");
  run_and_die(path);
  options.path = path;
  options.path_size = options.json_size = OCRM_NUL;
  options.json = quick;
  options.log = sink_that_calls;
  options.log_user = &sink;
  options.log_level = OCRM_LOG_DEBUG;
  OK(ocrm_open(&options, &quiet_crm, ERR));
  quiet_session = session_of(quiet_crm, "ada");
  OK(ocrm_log_subscribe(quiet_crm, OCRM_LOG_DEBUG, sink_that_calls, &subscribed, NULL, &subscription, ERR));
  handler.run = live;
  OK(ocrm_jobs_register(quiet_crm, "work", OCRM_NUL, &handler, ERR));
  while (summary.done == 0) OK(ocrm_jobs_run_until_idle(quiet_crm, -1, NULL, &summary, ERR));
  CHECK(sink == 1 && subscribed == 1);
  ocrm_subscription_free(subscription);
  ocrm_session_free(quiet_session);
  OK(ocrm_close(quiet_crm, ERR));
  ocrm_free(quiet_crm);
}

/* Of arrays that are longer than anybody's nothing is read. */
static void numbers_of_parts(void) {
  const ocrm_source* no_source = NULL;
  const ocrm_normalizer* no_normalizer = NULL;
  const char* no_name = NULL;
  ocrm* crm = NULL;
  const size_t wrong[] = {1001, (size_t)-1, SIZE_MAX / sizeof(void*), (size_t)PTRDIFF_MAX + 1};
  for (size_t at = 0; at < sizeof(wrong) / sizeof(wrong[0]); ++at) {
    ocrm_options options = OCRM_OPTIONS_INIT;
    int frees = 0;
    options.path = ":memory:";
    options.path_size = OCRM_NUL;
    options.log_user = &frees;
    options.log_user_free = count_free;
    options.sources = &no_source;
    options.source_names = &no_name;
    options.source_count = wrong[at];
    STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
    CHECK_TEXT("{\"field\":\"source_count\"}", ocrm_error_details(check_error));
    options.source_count = 0;
    options.normalizers = &no_normalizer;
    options.normalizer_count = wrong[at];
    STATUS(OCRM_INVALID_ARGUMENT, ocrm_open(&options, &crm, ERR));
    CHECK_TEXT("{\"field\":\"normalizer_count\"}", ocrm_error_details(check_error));
    CHECK(crm == NULL && frees == 2);
  }
}

/* Two opens of one file see the same data; each is closed by itself. */
static void two_opens_of_one_file(void) {
  const char* path = in_folder("twice.db");
  ocrm *first = open_file(path), *second = open_file(path);
  ocrm_session *ada = session_of(first, "ada"), *also_ada = session_of(second, "ada");
  char id[64], json[100];
  snprintf(id, sizeof(id), "%s", make_contact(ada, "bob"));
  snprintf(json, sizeof(json), "{\"id\":\"%s\"}", id);
  CHECK_TEXT("bob", get(call(also_ada, "contacts.get", json), "/display_name"));
  OK(ocrm_close(first, ERR));
  make_contact(also_ada, "eve");
  ocrm_session_free(ada);
  ocrm_session_free(also_ada);
  ocrm_free(first);
  ocrm_free(second);
}

static void backup_and_check(void) {
  ocrm *crm = open_file(in_folder("whole.db")), *copy;
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_buffer* problems = NULL;
  const char* target = in_folder("copy.db");
  make_contact(ada, "bob");
  OK(ocrm_backup(crm, target, OCRM_NUL, ERR));
  STATUS(OCRM_ALREADY_EXISTS, ocrm_backup(crm, target, OCRM_NUL, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_backup(crm, "", 0, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_backup(crm, "\xff", 1, ERR));
  ocrm_session_free(ada);
  OK(ocrm_close(crm, ERR));
  ocrm_free(crm);
  copy = open_file(target);
  OK(ocrm_check(copy, &problems, ERR));
  CHECK_TEXT("[]", ocrm_buffer_data(problems));
  ocrm_buffer_free(problems);
  ada = session_of(copy, "ada");
  CHECK_TEXT("bob", get(call(ada, "contacts.list", "{}"), "/items/0/display_name"));
  ocrm_session_free(ada);
  ocrm_free(copy);
}

/* Handles that stand on a closed or freed CRM say so, and are freed in any order. */
static void after_closing(void) {
  ocrm* crm = open_memory();
  ocrm_session *ada = session_of(crm, "ada"), *none = NULL;
  ocrm_iterator* contacts = NULL;
  ocrm_buffer* answer = NULL;
  const char* item = "untouched";
  size_t size = 77;
  make_contact(ada, "bob");
  OK(ocrm_contacts_open(ada, NULL, 0, 0, &contacts, ERR));
  OK(ocrm_close(crm, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_call(ada, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_session_open(crm, "eve", OCRM_NUL, NULL, 0, &none, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_iterator_next(contacts, &item, &size, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_start(crm, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_check(crm, &answer, ERR));
  CHECK(answer == NULL && none == NULL && size == 77 && strcmp(item, "untouched") == 0);
  CHECK(strlen(ocrm_session_user(ada)) == 36);
  ocrm_free(crm);
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_call(ada, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, ERR));
  ocrm_session_free(ada);
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_iterator_next(contacts, &item, &size, ERR));
  ocrm_iterator_free(contacts);
}

static void a_subscription_outlives_its_crm(void) {
  ocrm* crm = open_memory();
  ocrm_subscription* subscription = NULL;
  int frees = 0;
  OK(ocrm_log_subscribe(crm, OCRM_LOG_DEBUG, count_lines, &frees, count_free, &subscription, ERR));
  ocrm_free(crm);
  CHECK(frees == 0);
  ocrm_subscription_free(subscription);
  CHECK(frees == 1);
}

int main(int count, char** words) {
  const check_case cases[] = {{"from_json", from_json},
                              {"path_of_the_struct_wins", path_of_the_struct_wins},
                              {"files_that_are_no_database", files_that_are_no_database},
                              {"users_are_freed_once", users_are_freed_once},
                              {"wrong_sizes", wrong_sizes},
                              {"a_longer_struct", a_longer_struct},
                              {"the_hosts_clock", the_hosts_clock},
                              {"logs", logs},
                              {"log_sinks_must_not_call", log_sinks_must_not_call},
                              {"numbers_of_parts", numbers_of_parts},
                              {"two_opens_of_one_file", two_opens_of_one_file},
                              {"backup_and_check", backup_and_check},
                              {"after_closing", after_closing},
                              {"a_subscription_outlives_its_crm", a_subscription_outlives_its_crm},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
