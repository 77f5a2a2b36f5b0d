#include "check.h"

#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int check_failures = 0;
int check_count = 0;
_Thread_local ocrm_error* check_error = NULL;
static char folder[200];

static pthread_key_t error_key;
static pthread_once_t error_key_made = PTHREAD_ONCE_INIT;

static void free_error(void* place) {
  ocrm_error_free(*(ocrm_error**)place);
}

static void make_error_key(void) {
  if (pthread_key_create(&error_key, free_error) != 0) abort();
}

/* A transaction's callback may be called on another thread than its caller's (writes share commits), and
 * that thread ends without another call. */
ocrm_error** check_err(void) {
  pthread_once(&error_key_made, make_error_key);
  ocrm_error_free(check_error);
  check_error = NULL;
  pthread_setspecific(error_key, &check_error);
  return &check_error;
}

int check_(int holds, const char* what, const char* file, int line) {
  __atomic_add_fetch(&check_count, 1, __ATOMIC_RELAXED);
  if (holds) return 1;
  __atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED);
  fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
  return 0;
}

void status_(int32_t expected, int32_t got, const char* what, const char* file, int line) {
  __atomic_add_fetch(&check_count, 1, __ATOMIC_RELAXED);
  if (expected == got) return;
  __atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED);
  fprintf(stderr, "%s:%d: %s: expected %s, got %s: %s\n", file, line, what, ocrm_status_name(expected),
          ocrm_status_name(got), ocrm_error_message(check_error));
}

void check_text(const char* expected, const char* text, const char* file, int line) {
  __atomic_add_fetch(&check_count, 1, __ATOMIC_RELAXED);
  if (text != NULL && strcmp(expected, text) == 0) return;
  __atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED);
  fprintf(stderr, "%s:%d: expected \"%s\", got \"%s\"\n", file, line, expected,
          text == NULL ? "(null)" : text);
}

int has(const char* text, const char* part) {
  return text != NULL && strstr(text, part) != NULL;
}

const char* in_folder(const char* name) {
  static char paths[4][300];
  static int next = 0;
  char* path = paths[next++ % 4];
  snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
  return path;
}

void write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "wb");
  NEED(file != NULL);
  CHECK(fwrite(text, 1, strlen(text), file) == strlen(text));
  fclose(file);
}

ocrm* open_memory(void) {
  ocrm* crm = NULL;
  OK(ocrm_open_json("{\"path\":\":memory:\"}", OCRM_NUL, &crm, ERR));
  NEED(crm != NULL);
  return crm;
}

ocrm* open_file(const char* path) {
  ocrm* crm = NULL;
  ocrm_options options = OCRM_OPTIONS_INIT;
  options.path = path;
  options.path_size = OCRM_NUL;
  options.json = "{\"jobs\":{\"poll_ms\":20}}";
  options.json_size = OCRM_NUL;
  OK(ocrm_open(&options, &crm, ERR));
  NEED(crm != NULL);
  return crm;
}

ocrm_session* session_of(ocrm* crm, const char* user) {
  ocrm_session* session = NULL;
  OK(ocrm_session_open(crm, user, OCRM_NUL, NULL, 0, &session, ERR));
  NEED(session != NULL);
  return session;
}

const char* call(ocrm_session* session, const char* operation, const char* json) {
  static _Thread_local char answers[4][1 << 16];
  static _Thread_local int next = 0;
  char* answer = answers[next++ % 4];
  ocrm_buffer* buffer = NULL;
  ocrm_error* error = NULL;
  const int32_t status = ocrm_call(session, operation, OCRM_NUL, json, OCRM_NUL, &buffer, &error);
  if (status != OCRM_OK) fprintf(stderr, "%s: %s\n", operation, ocrm_error_message(error));
  CHECK(status == OCRM_OK);
  CHECK(ocrm_buffer_size(buffer) < sizeof(answers[0]));
  snprintf(answer, sizeof(answers[0]), "%s", ocrm_buffer_data(buffer));
  ocrm_buffer_free(buffer);
  ocrm_error_free(error);
  return answer;
}

const char* get(const char* json, const char* pointer) {
  static _Thread_local char values[8][1 << 13];
  static _Thread_local int next = 0;
  char* value = values[next++ % 8];
  ocrm_buffer* buffer = NULL;
  ocrm_json_get(json, OCRM_NUL, pointer, OCRM_NUL, &buffer, NULL);
  snprintf(value, sizeof(values[0]), "%s", ocrm_buffer_data(buffer));
  ocrm_buffer_free(buffer);
  return value;
}

const char* make_contact(ocrm_session* session, const char* name) {
  char json[300];
  snprintf(json, sizeof(json), "{\"display_name\":\"%s\",\"emails\":[{\"value\":\"%s@work.example\"}]}", name,
           name);
  return get(call(session, "contacts.create", json), "/id");
}

void write_mailbox(const char* path, int messages) {
  FILE* file = fopen(path, "wb");
  NEED(file != NULL);
  for (int at = 0; at < messages; ++at) {
    fprintf(file,
            "From ada@example.org Thu Aug 22 12:36:23 2002\nFrom: Ada <ada@example.org>\n"
            "To: Person %d <person%d@work.example>\nSubject: invoice %d\n"
            "Date: Thu, 22 Aug 2002 %02d:%02d:00 +0000\nMessage-ID: <%d@example.org>\n\n"
            "Please pay invoice %d.\n\n",
            at % 50, at % 50, at, at / 60 % 24, at % 60, at,
            at);  // a minute each: search knows no shorter time
  }
  fclose(file);
}

void sleep_ms(int milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  nanosleep(&time, NULL);
}

int count_up(volatile int* counter) {
  return __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

int wait_for(volatile int* flag, int number) {
  for (int waited = 0; waited < 10000; waited += 2) {
    if (__atomic_load_n(flag, __ATOMIC_ACQUIRE) >= number) return 1;
    sleep_ms(2);
  }
  return 0;
}

static void make_folder(const char* program) {
  const char* name = strrchr(program, '/');
  const char* base = getenv("TMPDIR");
  char command[300];
  snprintf(folder, sizeof(folder), "%s/ocrm-%s-%d", base == NULL ? "/tmp" : base,
           name == NULL ? program : name + 1, (int)getpid());
  snprintf(command, sizeof(command), "rm -rf '%s'", folder);
  CHECK(system(command) == 0);
  CHECK(mkdir(folder, 0700) == 0);
}

static void remove_folder(void) {
  char command[300];
  snprintf(command, sizeof(command), "rm -rf '%s'", folder);
  CHECK(system(command) == 0);
}

int check_main(int count, char** words, const check_case* cases) {
  const int ran_before = check_count;
  int ran = 0;
  make_folder(words[0]);
  for (; cases->name != NULL; ++cases) {
    const int failures = check_failures;
    const int64_t handles = ocrm_live_handles();
    if (count > 1 && strcmp(words[1], cases->name) != 0) continue;
    cases->run();
    ocrm_error_free(check_error);
    check_error = NULL;
    ++ran;
    if (ocrm_live_handles() != handles) {
      fprintf(stderr, "%s: %lld handles are left\n", cases->name, (long long)(ocrm_live_handles() - handles));
      ++check_failures;
    }
    printf("%-50s %s\n", cases->name, check_failures == failures ? "ok" : "FAILED");
    fflush(stdout);
  }
  remove_folder();
  CHECK(ocrm_live_handles() == 0);
  printf("%d cases, %d checks, %d failed\n", ran, check_count - ran_before, check_failures);
  return check_failures == 0 && ran > 0 ? 0 : 1;
}
