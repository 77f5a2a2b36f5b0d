/* Sessions, operations, transactions, lists. */
#include "check.h"

static void operations(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_buffer* answer = NULL;
  make_contact(ada, "bob");
  CHECK_TEXT("bob", get(call(ada, "contacts.list", "{}"), "/items/0/display_name"));
  CHECK_TEXT("bob", get(call(ada, "contacts.list@v1", "{\"limit\":1}"), "/items/0/display_name"));
  OK(ocrm_call(ada, "tags.list", OCRM_NUL, NULL, 0, &answer, ERR));
  CHECK_TEXT("[]", get(ocrm_buffer_data(answer), "/items"));
  ocrm_buffer_free(answer);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* Every failure names its reason and leaves `out` as it was. */
static void refusals(void) {
  static const struct {
    const char *operation, *json;
    int32_t status;
    const char* part;
  } wrong[] = {
      {"contacts.crate", "{}", OCRM_NOT_FOUND, "contacts.create"},
      {"", "{}", OCRM_NOT_FOUND, "operation"},
      {"contacts.create@v9", "{}", OCRM_UNSUPPORTED, "v1"},
      {"contacts\xff", "{}", OCRM_INVALID_ARGUMENT, "UTF-8"},
      {"contacts.create", "{\"display_name\":\"\xc3\x28\"}", OCRM_INVALID_ARGUMENT, "UTF-8"},
      {"contacts.create", "{\"display_name\":\"\xed\xa0\x80\"}", OCRM_INVALID_ARGUMENT, "UTF-8"},
      {"contacts.create", "{\"display_name\":", OCRM_INVALID_ARGUMENT, ""},
      {"contacts.create", "[]", OCRM_INVALID_ARGUMENT, "object"},
      {"contacts.create", "{\"display_nam\":\"x\"}", OCRM_INVALID_ARGUMENT, "display_nam"},
      {"contacts.create", "{}", OCRM_INVALID_ARGUMENT, ""},
      {"contacts.get", "{}", OCRM_INVALID_ARGUMENT, "id"},
      {"contacts.get", "{\"id\":\"x\"}", OCRM_INVALID_ARGUMENT, "id"},
      {"contacts.get", "{\"id\":\"00000000-0000-7000-8000-000000000000\"}", OCRM_NOT_FOUND, "contact"},
      {"contacts.list", "{\"limit\":0}", OCRM_INVALID_ARGUMENT, "limit"},
  };
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  for (size_t at = 0; at < sizeof(wrong) / sizeof(wrong[0]); ++at) {
    ocrm_buffer* untouched = (ocrm_buffer*)&wrong;
    STATUS(wrong[at].status,
           ocrm_call(ada, wrong[at].operation, OCRM_NUL, wrong[at].json, OCRM_NUL, &untouched, ERR));
    CHECK(untouched == (ocrm_buffer*)&wrong);
    CHECK(ocrm_error_code(check_error) == wrong[at].status);
    CHECK(ocrm_error_message(check_error)[0] != 0 && has(ocrm_error_message(check_error), wrong[at].part));
    CHECK(ocrm_call(ada, wrong[at].operation, OCRM_NUL, wrong[at].json, OCRM_NUL, &untouched, NULL) ==
          wrong[at].status);
  }
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void an_error_is_untouched_on_success(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_buffer* answer = NULL;
  ocrm_error* untouched = (ocrm_error*)&crm;
  CHECK(ocrm_call(ada, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, &untouched) == OCRM_OK);
  CHECK(untouched == (ocrm_error*)&crm);
  ocrm_buffer_free(answer);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* A text of 64 MiB and one that is nested over 64 levels. */
static void huge_and_deep_json(void) {
  const size_t size = ((size_t)64 << 20) + 100;
  char* json = malloc(size + 1);
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_buffer* answer = NULL;
  NEED(json != NULL);
  memset(json, 'x', size);
  memcpy(json, "{\"display_name\":\"", 17);
  memcpy(json + size - 2, "\"}", 3);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_call(ada, "contacts.create", OCRM_NUL, json, size, &answer, ERR));
  CHECK(has(ocrm_error_message(check_error), "64 MiB"));
  memset(json, '[', 100000);
  memset(json + 100000, ']', 100000);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_call(ada, "contacts.create", OCRM_NUL, json, 200000, &answer, ERR));
  CHECK(answer == NULL);
  free(json);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void texts_by_length(void) {
  ocrm* crm = open_memory();
  ocrm_session *ada = NULL, *also_ada = NULL, *none = NULL;
  OK(ocrm_session_open(crm, "adaXXX", 3, "agent:42XX", 8, &ada, ERR));
  OK(ocrm_session_open(crm, "ada", OCRM_NUL, NULL, 0, &also_ada, ERR));
  CHECK_TEXT(ocrm_session_user(ada), ocrm_session_user(also_ada));
  make_contact(ada, "bob");
  CHECK(has(call(also_ada, "audit.list", "{}"), "\"agent:42\""));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_session_open(crm, "", OCRM_NUL, NULL, 0, &none, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_session_open(crm, NULL, 5, NULL, 0, &none, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_session_open(crm, "\xff", 1, NULL, 0, &none, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_session_open(crm, "eve", 3, "\xff", 1, &none, ERR));
  CHECK(none == NULL);
  ocrm_session_free(also_ada);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void users_do_not_see_each_other(void) {
  ocrm* crm = open_memory();
  ocrm_session *ada = session_of(crm, "ada"), *eve = session_of(crm, "eve");
  char json[100];
  ocrm_buffer* answer = NULL;
  snprintf(json, sizeof(json), "{\"id\":\"%s\"}", make_contact(ada, "bob"));
  STATUS(OCRM_NOT_FOUND, ocrm_call(eve, "contacts.get", OCRM_NUL, json, OCRM_NUL, &answer, ERR));
  CHECK(strcmp(ocrm_session_user(ada), ocrm_session_user(eve)) != 0);
  ocrm_session_free(eve);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* --- transactions --- */

struct work {
  ocrm_session* outside;
  ocrm_session* kept;
  ocrm_iterator* iterator;
  int calls;
  int fails;
  ocrm* crm;
};

static int32_t nested(void* user, ocrm_session* inside, ocrm_error** err) {
  return (void)user, (void)inside, (void)err, OCRM_OK;
}

static int32_t two_contacts(void* user, ocrm_session* inside, ocrm_error** err) {
  struct work* work = user;
  ocrm_buffer* answer = NULL;
  ++work->calls;
  make_contact(inside, "bob");
  make_contact(inside, "eve");
  CHECK_TEXT("bob", get(call(inside, "contacts.list", "{}"), "/items/0/display_name"));
  CHECK_TEXT(ocrm_session_user(work->outside), ocrm_session_user(inside));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_session_transaction(inside, nested, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_sync_preview(inside, "{}", 2, NULL, NULL, NULL, &answer, ERR));
  /* The other session's write would wait for this very transaction. */
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_call(work->outside, "contacts.create", OCRM_NUL,
                                             "{\"display_name\":\"x\"}", OCRM_NUL, &answer, ERR));
  /* So would its reads, of what is being changed; a backup; a check; another user's session. */
  STATUS(OCRM_FAILED_PRECONDITION,
         ocrm_call(work->outside, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &answer, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_session_transaction(work->outside, nested, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_backup(work->crm, in_folder("inside.db"), OCRM_NUL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_check(work->crm, &answer, ERR));
  CHECK(answer == NULL);
  ocrm_session_free(inside); /* borrowed: does nothing */
  if (work->iterator == NULL) OK(ocrm_contacts_open(inside, NULL, 0, 1, &work->iterator, ERR));
  work->kept = inside;
  if (!work->fails) return OCRM_OK;
  *err = ocrm_error_new(OCRM_CONFLICT, "changed my mind", OCRM_NUL, "{\"mind\":1}", OCRM_NUL, 0, 1);
  return OCRM_CONFLICT;
}

static void transactions(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  struct work work = {ada, NULL, NULL, 0, 1, crm};
  const char* item = NULL;
  size_t size = 0;
  STATUS(OCRM_CONFLICT, ocrm_session_transaction(ada, two_contacts, &work, ERR));
  CHECK_TEXT("changed my mind", ocrm_error_message(check_error));
  CHECK_TEXT("{\"mind\":1}", ocrm_error_details(check_error));
  CHECK(ocrm_error_needs_user(check_error) == 1);
  CHECK(work.calls == 1);
  CHECK_TEXT("[]", get(call(ada, "contacts.list", "{}"), "/items"));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_iterator_next(work.iterator, &item, &size, ERR));
  ocrm_iterator_free(work.iterator);
  work.iterator = NULL;
  work.fails = 0;
  OK(ocrm_session_transaction(ada, two_contacts, &work, ERR));
  CHECK_TEXT("eve", get(call(ada, "contacts.list", "{}"), "/items/1/display_name"));
  ocrm_iterator_free(work.iterator);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_session_transaction(ada, NULL, NULL, ERR));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static int32_t plain_status(void* user, ocrm_session* inside, ocrm_error** err) {
  make_contact(inside, "bob");
  return (void)err, *(int32_t*)user;
}

/* A status without an error is enough; numbers that are none are a bug of the callback. */
static void a_status_alone(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  int32_t status = OCRM_PERMISSION_DENIED;
  STATUS(OCRM_PERMISSION_DENIED, ocrm_session_transaction(ada, plain_status, &status, ERR));
  CHECK(has(ocrm_error_message(check_error), "permission_denied"));
  status = -5;
  STATUS(OCRM_INTERNAL, ocrm_session_transaction(ada, plain_status, &status, ERR));
  CHECK_TEXT("[]", get(call(ada, "contacts.list", "{}"), "/items"));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* --- lists --- */

static void contacts_by_pages(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_iterator* contacts = NULL;
  const char* item = NULL;
  size_t size = 0;
  char name[20];
  for (int at = 0; at < 25; ++at) {
    snprintf(name, sizeof(name), "name%02d", at);
    make_contact(ada, name);
  }
  OK(ocrm_contacts_open(ada, "{\"order\":\"name\"}", OCRM_NUL, 10, &contacts, ERR));
  ocrm_session_free(ada);
  for (int at = 0; at < 25; ++at) {
    OK(ocrm_iterator_next(contacts, &item, &size, ERR));
    NEED(item != NULL);
    snprintf(name, sizeof(name), "name%02d", at);
    CHECK(strlen(item) == size);
    CHECK_TEXT(name, get(item, "/display_name"));
  }
  for (int again = 0; again < 2; ++again) {
    OK(ocrm_iterator_next(contacts, &item, &size, ERR));
    CHECK(item == NULL && size == 0);
  }
  ocrm_iterator_free(contacts);
  ocrm_free(crm);
}

/* Newest first, all or those of some days. */
static void a_timeline_by_pages(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_iterator* timeline = NULL;
  const char* item = NULL;
  size_t size = 0;
  char json[300], subject[20];
  for (int at = 0; at < 25; ++at) {
    snprintf(json, sizeof(json),
             "{\"direction\":\"outbound\",\"subject\":\"note %02d\",\"body\":\"hello\","
             "\"occurred_at\":\"2002-08-%02dT12:00:00Z\"}",
             at, at + 1);
    CHECK(has(call(ada, "interactions.add_message", json), "id"));
  }
  OK(ocrm_timeline_open(ada, NULL, 0, 10, &timeline, ERR));
  for (int at = 24; at >= 0; --at) {
    OK(ocrm_iterator_next(timeline, &item, &size, ERR));
    NEED(item != NULL);
    snprintf(subject, sizeof(subject), "note %02d", at);
    CHECK(strlen(item) == size);
    CHECK_TEXT(subject, get(item, "/subject"));
  }
  for (int again = 0; again < 2; ++again) {
    OK(ocrm_iterator_next(timeline, &item, &size, ERR));
    CHECK(item == NULL && size == 0);
  }
  ocrm_iterator_free(timeline);
  OK(ocrm_timeline_open(ada, "{\"after\":\"2002-08-10T00:00:00Z\",\"before\":\"2002-08-12T00:00:00Z\"}",
                        OCRM_NUL, 1, &timeline, ERR));
  OK(ocrm_iterator_next(timeline, &item, &size, ERR));
  CHECK_TEXT("note 10", get(item, "/subject"));
  OK(ocrm_iterator_next(timeline, &item, &size, ERR));
  CHECK_TEXT("note 09", get(item, "/subject"));
  OK(ocrm_iterator_next(timeline, &item, &size, ERR));
  CHECK(item == NULL);
  ocrm_iterator_free(timeline);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* A negative number that became a size: nothing is read, and the field is named. */
#define WRONG_SIZE(field, call)                                               \
  do {                                                                        \
    STATUS(OCRM_INVALID_ARGUMENT, call);                                      \
    CHECK_TEXT("{\"field\":\"" field "\"}", ocrm_error_details(check_error)); \
  } while (0)

static int32_t never(void* user, ocrm_job* job, ocrm_error** err) {
  return (void)user, (void)job, (void)err, OCRM_OK;
}

static void sizes_that_no_text_has(void) {
  ocrm *crm = open_memory(), *other = NULL;
  ocrm_session *ada = session_of(crm, "ada"), *none = NULL;
  ocrm_iterator* list = NULL;
  ocrm_buffer* out = NULL;
  const size_t wrong[] = {(size_t)-2, (size_t)PTRDIFF_MAX + 1};
  for (size_t at = 0; at < 2; ++at) {
    const size_t size = wrong[at];
    ocrm_options options = OCRM_OPTIONS_INIT;
    ocrm_new_job job = OCRM_NEW_JOB_INIT;
    ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
    ocrm_error* error;
    WRONG_SIZE("json", ocrm_open_json("{}", size, &other, ERR));
    options.path = ":memory:";
    options.path_size = size;
    WRONG_SIZE("path", ocrm_open(&options, &other, ERR));
    WRONG_SIZE("path", ocrm_backup(crm, "x", size, ERR));
    WRONG_SIZE("user", ocrm_session_open(crm, "ada", size, NULL, 0, &none, ERR));
    WRONG_SIZE("actor", ocrm_session_open(crm, "ada", 3, "eve", size, &none, ERR));
    WRONG_SIZE("operation", ocrm_call(ada, "contacts.list", size, "{}", 2, &out, ERR));
    WRONG_SIZE("json", ocrm_call(ada, "contacts.list", OCRM_NUL, "{}", size, &out, ERR));
    WRONG_SIZE("filter", ocrm_timeline_open(ada, "{}", size, 0, &list, ERR));
    WRONG_SIZE("query", ocrm_search_open(ada, "{}", size, 0, &list, ERR));
    WRONG_SIZE("filter", ocrm_contacts_open(ada, "{}", size, 0, &list, ERR));
    WRONG_SIZE("source", ocrm_sync_preview(ada, "{}", size, NULL, NULL, NULL, &out, ERR));
    WRONG_SIZE("plan_id", ocrm_sync_approve(ada, "1", size, NULL, NULL, NULL, &out, ERR));
    WRONG_SIZE("batch_id", ocrm_sync_undo(ada, "1", size, NULL, NULL, NULL, &out, ERR));
    WRONG_SIZE("batch_id", ocrm_sync_run(ada, "1", size, NULL, NULL, NULL, &out, ERR));
    WRONG_SIZE("json", ocrm_json_get("{}", size, "", 0, &out, ERR));
    WRONG_SIZE("pointer", ocrm_json_get("{}", 2, "", size, &out, ERR));
    handler.run = never;
    WRONG_SIZE("kind", ocrm_jobs_register(crm, "kind", size, &handler, ERR));
    job.kind = job.payload = job.unique_key = "{}";
    job.kind_size = size;
    WRONG_SIZE("kind", ocrm_jobs_enqueue(ada, &job, &out, ERR));
    job.kind_size = 2;
    job.payload_size = size;
    WRONG_SIZE("payload", ocrm_jobs_enqueue(ada, &job, &out, ERR));
    job.payload_size = 2;
    job.unique_key_size = size;
    WRONG_SIZE("unique_key", ocrm_jobs_enqueue(ada, &job, &out, ERR));
    CHECK(other == NULL && none == NULL && list == NULL && out == NULL);
    error = ocrm_error_new(OCRM_CONFLICT, "x", size, "{}", size, 0, 0);
    CHECK(ocrm_error_code(error) == OCRM_CONFLICT);
    CHECK_TEXT("", ocrm_error_message(error));
    CHECK_TEXT("{}", ocrm_error_details(error));
    ocrm_error_free(error);
    /* Nothing is as long as anybody says. */
    OK(ocrm_call(ada, "contacts.list", OCRM_NUL, NULL, size, &out, ERR));
    ocrm_buffer_free(out);
    out = NULL;
  }
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void lists_refuse_what_they_do_not_understand(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_iterator* list = NULL;
  const char* item = "untouched";
  size_t size = 7;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_contacts_open(ada, "{\"ordr\":1}", OCRM_NUL, 0, &list, ERR));
  CHECK(has(ocrm_error_message(check_error), "ordr"));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_timeline_open(ada, "{\"kinds\":[\"none\"]}", OCRM_NUL, 0, &list, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_timeline_open(ada, "\xff", 1, 0, &list, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_timeline_open(ada, NULL, 0, 1001, &list, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_timeline_open(ada, NULL, 0, -1, &list, ERR));
  CHECK(list == NULL);
  OK(ocrm_search_open(ada, "{\"text\":\"after:yesterdayish\"}", OCRM_NUL, 0, &list, ERR));
  for (int again = 0; again < 2; ++again) {
    STATUS(OCRM_INVALID_ARGUMENT, ocrm_iterator_next(list, &item, &size, ERR));
    CHECK(size == 7 && strcmp(item, "untouched") == 0);
  }
  ocrm_iterator_free(list);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

int main(int count, char** words) {
  const check_case cases[] = {
      {"operations", operations},
      {"refusals", refusals},
      {"an_error_is_untouched_on_success", an_error_is_untouched_on_success},
      {"huge_and_deep_json", huge_and_deep_json},
      {"texts_by_length", texts_by_length},
      {"users_do_not_see_each_other", users_do_not_see_each_other},
      {"transactions", transactions},
      {"a_status_alone", a_status_alone},
      {"contacts_by_pages", contacts_by_pages},
      {"a_timeline_by_pages", a_timeline_by_pages},
      {"sizes_that_no_text_has", sizes_that_no_text_has},
      {"lists_refuse_what_they_do_not_understand", lists_refuse_what_they_do_not_understand},
      {NULL, NULL}};
  return check_main(count, words, cases);
}
