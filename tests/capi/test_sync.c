/* Preview, approve, run, undo: files, and a source and a normalizer in C. */
#include "chat_source.h"

static char text[4][200];
static const char* id_json(const char* id) {
  static int next = 0;
  char* out = text[next++ % 4];
  snprintf(out, sizeof(text[0]), "{\"id\":\"%s\"}", id);
  return out;
}

/* A preview that must succeed; gives a copy of the plan's JSON. */
static char* preview(ocrm_session* session, const char* source) {
  ocrm_buffer* plan = NULL;
  char* copy;
  OK(ocrm_sync_preview(session, source, OCRM_NUL, NULL, NULL, NULL, &plan, ERR));
  copy = strdup(ocrm_buffer_data(plan));
  ocrm_buffer_free(plan);
  return copy;
}

struct told {
  int times;
  int64_t done, total, items;
  char note[100];
};

static int32_t tell(void* user, const ocrm_progress* progress, ocrm_error** err) {
  struct told* told = user;
  (void)err;
  ++told->times;
  CHECK(progress->struct_size == sizeof(*progress) && progress->job_id == NULL && progress->kind == NULL);
  CHECK(strlen(progress->note) == progress->note_size);
  told->done = progress->done;
  told->total = progress->total;
  told->items = progress->items;
  snprintf(told->note, sizeof(told->note), "%s", progress->note);
  return OCRM_OK;
}

static char digest_before[80];
static void remember(ocrm_session* session) {
  snprintf(digest_before, sizeof(digest_before), "%s", get(call(session, "sync.digest", "{}"), "/digest"));
}

/* A mailbox in, found, and all of it taken back; with progress in all of it. */
static void files(void) {
  const char* path = in_folder("mail.mbox");
  char source[400];
  ocrm* crm = open_file(in_folder("files.db"));
  ocrm_session* ada = session_of(crm, "ada@example.org");
  ocrm_buffer *plan = NULL, *batch = NULL, *again = NULL;
  struct told told = {0, 0, 0, 0, ""};
  char plan_id[40], batch_id[40];
  ocrm_iterator* list = NULL;
  const char* item = NULL;
  size_t size = 0;
  int found = 0;
  write_mailbox(path, 120);
  remember(ada);
  snprintf(source, sizeof(source), "{\"paths\":[\"%s\"],\"owner_addresses\":[\"ada@example.org\"]}", path);
  OK(ocrm_sync_preview(ada, source, OCRM_NUL, tell, &told, NULL, &plan, ERR));
  CHECK(told.times > 0 && told.items == 120 && told.total > 1000 && strcmp(told.note, path) == 0);
  CHECK_TEXT("120", get(ocrm_buffer_data(plan), "/summary/messages"));
  snprintf(plan_id, sizeof(plan_id), "%s", get(ocrm_buffer_data(plan), "/id"));
  told.times = 0;
  OK(ocrm_sync_approve(ada, plan_id, OCRM_NUL, tell, &told, NULL, &batch, ERR));
  CHECK(told.times > 0 && told.done == 120 && told.total == 120 && strcmp(told.note, "done") == 0);
  CHECK_TEXT("done", get(ocrm_buffer_data(batch), "/state"));
  CHECK_TEXT("50", get(ocrm_buffer_data(batch), "/counts/contacts"));
  snprintf(batch_id, sizeof(batch_id), "%s", get(ocrm_buffer_data(batch), "/id"));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_sync_approve(ada, plan_id, OCRM_NUL, NULL, NULL, NULL, &again, ERR));
  OK(ocrm_timeline_open(ada, NULL, 0, 7, &list, ERR));
  do {
    OK(ocrm_iterator_next(list, &item, &size, ERR));
    found += item != NULL;
  } while (item != NULL);
  ocrm_iterator_free(list);
  CHECK(found == 120);
  OK(ocrm_search_open(ada, "{\"text\":\"subject:invoice\",\"order\":\"newest\"}", OCRM_NUL, 50, &list, ERR));
  OK(ocrm_iterator_next(list, &item, &size, ERR));
  CHECK_TEXT("invoice 119", get(item, "/subject"));
  ocrm_iterator_free(list);
  ocrm_buffer_free(batch);
  batch = NULL;
  told.times = 0;
  OK(ocrm_sync_undo(ada, batch_id, OCRM_NUL, tell, &told, NULL, &batch, ERR));
  CHECK(told.times > 0 && strcmp(told.note, "undone") == 0);
  CHECK_TEXT("undone", get(ocrm_buffer_data(batch), "/state"));
  CHECK_TEXT(digest_before, get(call(ada, "sync.digest", "{}"), "/digest"));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_sync_undo(ada, batch_id, OCRM_NUL, NULL, NULL, NULL, &again, ERR));
  CHECK(again == NULL);
  ocrm_buffer_free(plan);
  ocrm_buffer_free(batch);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* The same with a source and a normalizer of the host's own. */
static void a_source_in_c(void) {
  chat chat = {.lines = chat_lines};
  ocrm* crm = open_chat(&chat);
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_cancel* cancel = NULL;
  ocrm_buffer *batch = NULL, *undone = NULL;
  char *plan, *again;
  remember(ada);
  plan = preview(ada, "{\"provider\":\"chat\",\"options\":{\"room\":\"all\"}}");
  CHECK_TEXT("3", get(plan, "/summary/items"));
  CHECK_TEXT("2", get(plan, "/summary/contacts_to_create"));
  CHECK_TEXT("no text", get(plan, "/summary/files/2/note"));
  CHECK_TEXT("good morning", get(plan, "/summary/samples/1/title"));
  CHECK(chat.facts >= 3 && chat.normalized == 0);
  OK(ocrm_cancel_new(&cancel, ERR));
  OK(ocrm_sync_approve(ada, get(plan, "/id"), OCRM_NUL, NULL, NULL, cancel, &batch, ERR));
  CHECK_TEXT("done", get(ocrm_buffer_data(batch), "/state"));
  CHECK_TEXT("3", get(ocrm_buffer_data(batch), "/counts/interactions"));
  CHECK(has(call(ada, "contacts.search", "{\"text\":\"bob\"}"), "bob@work.example"));
  CHECK(has(call(ada, "search.query", "{\"text\":\"parcel\"}"), "the parcel came"));
  CHECK(chat.normalized == 3);
  /* The same account again: everything is known. */
  again = preview(ada, "{\"provider\":\"chat\"}");
  CHECK_TEXT("3", get(again, "/summary/known_items"));
  OK(ocrm_sync_undo(ada, get(ocrm_buffer_data(batch), "/id"), OCRM_NUL, NULL, NULL, cancel, &undone, ERR));
  CHECK_TEXT("undone", get(ocrm_buffer_data(undone), "/state"));
  CHECK_TEXT(digest_before, get(call(ada, "sync.digest", "{}"), "/digest"));
  free(plan);
  free(again);
  ocrm_cancel_free(cancel);
  ocrm_buffer_free(batch);
  ocrm_buffer_free(undone);
  ocrm_session_free(ada);
  CHECK(chat.freed == 0);
  ocrm_free(crm);
  CHECK(chat.freed == 2);
  CHECK(chat.opened == chat.closed && chat.opened > 1);
  CHECK(chat.readers == chat.readers_closed && chat.readers > 3);
}

static void errors_of_a_source_travel_whole(void) {
  static const char* const places[] = {"open", "account", "inventory", "read", "next"};
  chat chat = {.lines = chat_lines};
  ocrm* crm = open_chat(&chat);
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_buffer* plan = NULL;
  for (size_t at = 0; at < sizeof(places) / sizeof(places[0]); ++at) {
    chat.fails_in = places[at];
    STATUS(OCRM_PERMISSION_DENIED,
           ocrm_sync_preview(ada, "{\"provider\":\"chat\"}", OCRM_NUL, NULL, NULL, NULL, &plan, ERR));
    CHECK_TEXT(places[at], ocrm_error_message(check_error));
    CHECK_TEXT("{\"room\":\"closed\"}", ocrm_error_details(check_error));
    CHECK(ocrm_error_needs_user(check_error) == 1);
    /* Through the operation, too. */
    STATUS(OCRM_PERMISSION_DENIED,
           ocrm_call(ada, "sync.preview", OCRM_NUL, "{\"provider\":\"chat\"}", OCRM_NUL, &plan, ERR));
    CHECK_TEXT("{\"room\":\"closed\"}", ocrm_error_details(check_error));
  }
  CHECK(plan == NULL);
  chat.fails_in = NULL;
  chat.scopes = "[{\"path\":7}]";
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_sync_preview(ada, "{\"provider\":\"chat\"}", OCRM_NUL, NULL, NULL, NULL, &plan, ERR));
  CHECK(has(ocrm_error_message(check_error), "chat: inventory"));
  chat.scopes = NULL;
  for (chat.bad_item = 1; chat.bad_item <= 7; ++chat.bad_item) {
    STATUS(OCRM_INVALID_ARGUMENT,
           ocrm_sync_preview(ada, "{\"provider\":\"chat\"}", OCRM_NUL, NULL, NULL, NULL, &plan, ERR));
    if (chat.bad_item >= 6) CHECK_TEXT("{\"field\":\"next\"}", ocrm_error_details(check_error));
  }
  CHECK(plan == NULL);
  CHECK(chat.opened == chat.closed && chat.readers == chat.readers_closed);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* The source breaks between preview and import: the batch says why. A normalizer's error is a poison item. */
static void errors_within_a_batch(void) {
  chat chat = {.lines = chat_lines};
  ocrm* crm = open_chat(&chat);
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_cancel* cancel = NULL;
  ocrm_buffer* batch = NULL;
  char* plan = preview(ada, "{\"provider\":\"chat\"}");
  OK(ocrm_cancel_new(&cancel, ERR));
  chat.fails_in = "read";
  OK(ocrm_sync_approve(ada, get(plan, "/id"), OCRM_NUL, NULL, NULL, cancel, &batch, ERR));
  CHECK_TEXT("failed", get(ocrm_buffer_data(batch), "/state"));
  CHECK(has(get(ocrm_buffer_data(batch), "/message"), "read"));
  ocrm_buffer_free(batch);
  free(plan);
  chat.fails_in = NULL;
  plan = preview(ada, "{\"provider\":\"chat\"}");
  chat.fails_in = "normalize";
  OK(ocrm_sync_approve(ada, get(plan, "/id"), OCRM_NUL, NULL, NULL, cancel, &batch, ERR));
  CHECK_TEXT("done", get(ocrm_buffer_data(batch), "/state"));
  CHECK_TEXT("3", get(ocrm_buffer_data(batch), "/counts/poison"));
  ocrm_buffer_free(batch);
  free(plan);
  ocrm_cancel_free(cancel);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* The source itself says which item cannot be read. */
static void an_item_that_the_source_gives_as_poison(void) {
  chat chat = {.lines = chat_lines, .damaged = "2"};
  ocrm* crm = open_chat(&chat);
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_cancel* cancel = NULL;
  ocrm_buffer* batch = NULL;
  char* plan = preview(ada, "{\"provider\":\"chat\"}");
  CHECK(has(get(plan, "/summary/skipped_items"), "damaged"));
  OK(ocrm_cancel_new(&cancel, ERR));
  OK(ocrm_sync_approve(ada, get(plan, "/id"), OCRM_NUL, NULL, NULL, cancel, &batch, ERR));
  CHECK_TEXT("1", get(ocrm_buffer_data(batch), "/counts/poison"));
  CHECK_TEXT("2", get(ocrm_buffer_data(batch), "/counts/interactions"));
  CHECK_TEXT("damaged", get(ocrm_buffer_data(batch), "/reasons/0/name"));
  ocrm_buffer_free(batch);
  ocrm_cancel_free(cancel);
  free(plan);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void an_item_over_the_plans_cap(void) {
  chat chat = {.lines = chat_lines};
  ocrm* crm = open_chat(&chat);
  ocrm_session* ada = session_of(crm, "ada");
  char* plan = preview(ada, "{\"provider\":\"chat\",\"max_item_bytes\":33}");
  CHECK(has(get(plan, "/summary/skipped_items"), "too_large"));
  free(plan);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static int32_t refuse(void* user, const ocrm_progress* progress, ocrm_error** err) {
  (void)progress;
  ++*(int*)user;
  *err = ocrm_error_new(OCRM_RESOURCE_EXHAUSTED, "seen enough", OCRM_NUL, "{\"seen\":1}", OCRM_NUL, 0, 0);
  return OCRM_RESOURCE_EXHAUSTED;
}

/* What progress returns stops the call with that very error; nothing is lost. */
static void progress_that_refuses(void) {
  const char* path = in_folder("refused.mbox");
  char source[400], batch_id[40];
  ocrm* crm = open_file(in_folder("refused.db"));
  ocrm_session* ada = session_of(crm, "ada@example.org");
  ocrm_buffer* out = NULL;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  int times = 0;
  char* plan;
  write_mailbox(path, 60);
  snprintf(source, sizeof(source), "{\"paths\":[\"%s\"]}", path);
  STATUS(OCRM_RESOURCE_EXHAUSTED, ocrm_sync_preview(ada, source, OCRM_NUL, refuse, &times, NULL, &out, ERR));
  CHECK(times == 1);
  CHECK_TEXT("seen enough", ocrm_error_message(check_error));
  CHECK_TEXT("{\"seen\":1}", ocrm_error_details(check_error));
  CHECK(!has(call(ada, "sync.plans", "{}"), "\"state\":\"ready\""));
  plan = preview(ada, source);
  times = 0;
  STATUS(OCRM_RESOURCE_EXHAUSTED,
         ocrm_sync_approve(ada, get(plan, "/id"), OCRM_NUL, refuse, &times, NULL, &out, ERR));
  CHECK(times == 1);
  CHECK(out == NULL);
  CHECK_TEXT("seen enough", ocrm_error_message(check_error));
  /* The batch exists and goes on. */
  snprintf(batch_id, sizeof(batch_id), "%s", get(call(ada, "sync.list", "{}"), "/items/0/id"));
  OK(ocrm_jobs_run_until_idle(crm, -1, NULL, &summary, ERR));
  OK(ocrm_sync_run(ada, batch_id, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  CHECK_TEXT("done", get(ocrm_buffer_data(out), "/state"));
  CHECK_TEXT("60", get(ocrm_buffer_data(out), "/counts/interactions"));
  ocrm_buffer_free(out);
  free(plan);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static int32_t cancel_it(void* user, const ocrm_progress* progress, ocrm_error** err) {
  ocrm_cancel_request(user);
  return (void)progress, (void)err, OCRM_OK;
}

static void cancelled(void) {
  const char* path = in_folder("cancelled.mbox");
  char source[400], plan_id[40], batch_id[40];
  ocrm* crm = open_file(in_folder("cancelled.db"));
  ocrm_session* ada = session_of(crm, "ada@example.org");
  ocrm_cancel* cancel = NULL;
  ocrm_buffer* out = NULL;
  char* plan;
  write_mailbox(path, 2000);
  snprintf(source, sizeof(source), "{\"paths\":[\"%s\"]}", path);
  OK(ocrm_cancel_new(&cancel, ERR));
  STATUS(OCRM_CANCELLED, ocrm_sync_preview(ada, source, OCRM_NUL, cancel_it, cancel, cancel, &out, ERR));
  /* From the start: it was asked before. */
  STATUS(OCRM_CANCELLED, ocrm_sync_preview(ada, source, OCRM_NUL, NULL, NULL, cancel, &out, ERR));
  plan = preview(ada, source);
  snprintf(plan_id, sizeof(plan_id), "%s", get(plan, "/id"));
  STATUS(OCRM_CANCELLED, ocrm_sync_approve(ada, plan_id, OCRM_NUL, NULL, NULL, cancel, &out, ERR));
  CHECK(out == NULL);
  snprintf(batch_id, sizeof(batch_id), "%s", get(call(ada, "sync.plan", id_json(plan_id)), "/batch_id"));
  ocrm_cancel_free(cancel);
  OK(ocrm_sync_run(ada, batch_id, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  CHECK_TEXT("done", get(ocrm_buffer_data(out), "/state"));
  CHECK_TEXT("2000", get(ocrm_buffer_data(out), "/counts/interactions"));
  ocrm_buffer_free(out);
  free(plan);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void without_waiting(void) {
  const char* path = in_folder("later.mbox");
  char source[400], batch_id[40];
  ocrm* crm = open_file(in_folder("later.db"));
  ocrm_session* ada = session_of(crm, "ada@example.org");
  ocrm_buffer* out = NULL;
  char* plan;
  write_mailbox(path, 30);
  snprintf(source, sizeof(source), "{\"paths\":[\"%s\"]}", path);
  plan = preview(ada, source);
  OK(ocrm_sync_approve(ada, get(plan, "/id"), OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  CHECK_TEXT("running", get(ocrm_buffer_data(out), "/state"));
  snprintf(batch_id, sizeof(batch_id), "%s", get(ocrm_buffer_data(out), "/id"));
  ocrm_buffer_free(out);
  /* A service runs it; sync_run only waits. */
  OK(ocrm_jobs_start(crm, ERR));
  OK(ocrm_sync_run(ada, batch_id, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  CHECK_TEXT("done", get(ocrm_buffer_data(out), "/state"));
  ocrm_buffer_free(out);
  OK(ocrm_sync_undo(ada, batch_id, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  CHECK_TEXT("undoing", get(ocrm_buffer_data(out), "/state"));
  ocrm_buffer_free(out);
  OK(ocrm_sync_run(ada, batch_id, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  CHECK_TEXT("undone", get(ocrm_buffer_data(out), "/state"));
  ocrm_buffer_free(out);
  free(plan);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void wrong_ids_and_sources(void) {
  static const char* const nobody = "00000000-0000-7000-8000-000000000000";
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_buffer* out = NULL;
  STATUS(OCRM_NOT_FOUND, ocrm_sync_approve(ada, nobody, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  STATUS(OCRM_NOT_FOUND, ocrm_sync_undo(ada, nobody, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  STATUS(OCRM_NOT_FOUND, ocrm_sync_run(ada, nobody, OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_sync_run(ada, "x", 1, NULL, NULL, NULL, &out, ERR));
  CHECK_TEXT("{\"field\":\"batch_id\"}", ocrm_error_details(check_error));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_sync_approve(ada, NULL, 0, NULL, NULL, NULL, &out, ERR));
  STATUS(OCRM_UNSUPPORTED,
         ocrm_sync_preview(ada, "{\"provider\":\"none\"}", OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_sync_preview(ada, "{}", OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_sync_preview(ada, "\xff", 1, NULL, NULL, NULL, &out, ERR));
  STATUS(OCRM_NOT_FOUND,
         ocrm_sync_preview(ada, "{\"paths\":[\"/nowhere/at/all\"]}", OCRM_NUL, NULL, NULL, NULL, &out, ERR));
  CHECK(out == NULL);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

int main(int count, char** words) {
  const check_case cases[] = {
      {"files", files},
      {"a_source_in_c", a_source_in_c},
      {"errors_of_a_source_travel_whole", errors_of_a_source_travel_whole},
      {"errors_within_a_batch", errors_within_a_batch},
      {"an_item_that_the_source_gives_as_poison", an_item_that_the_source_gives_as_poison},
      {"an_item_over_the_plans_cap", an_item_over_the_plans_cap},
      {"progress_that_refuses", progress_that_refuses},
      {"cancelled", cancelled},
      {"without_waiting", without_waiting},
      {"wrong_ids_and_sources", wrong_ids_and_sources},
      {NULL, NULL}};
  return check_main(count, words, cases);
}
