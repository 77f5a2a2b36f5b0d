/* On a PostgreSQL server, whose database is in $OMNICRM_DB: a mailbox in, found, and all of it taken back. */
#include "check.h"

static ocrm* open_server(const char* json) {
  ocrm* crm = NULL;
  ocrm_options options = OCRM_OPTIONS_INIT;
  options.path = getenv("OMNICRM_DB");
  NEED(options.path != NULL);
  options.path_size = options.json_size = OCRM_NUL;
  options.json = json;
  OK(ocrm_open(&options, &crm, ERR));
  NEED(crm != NULL);
  return crm;
}

static int rows_of(ocrm_iterator* list) {
  const char* item = NULL;
  size_t size = 0;
  int rows = 0;
  do {
    OK(ocrm_iterator_next(list, &item, &size, ERR));
    rows += item != NULL;
  } while (item != NULL);
  ocrm_iterator_free(list);
  return rows;
}

static int found(ocrm_session* session) {
  ocrm_iterator* list = NULL;
  OK(ocrm_search_open(session, "{\"text\":\"subject:invoice\",\"order\":\"newest\"}", OCRM_NUL, 50, &list,
                      ERR));
  return rows_of(list);
}

static void import_search_undo(void) {
  const char* path = in_folder("mail.mbox");
  char source[400], before[80], batch_id[40];
  ocrm* crm = open_server("{\"postgres\":{\"pool_size\":4,\"statement_timeout_ms\":60000}}");
  ocrm_session *ada = session_of(crm, "ada@example.org"), *bob = session_of(crm, "bob@example.org");
  ocrm_buffer *plan = NULL, *batch = NULL;
  ocrm_cancel* cancel = NULL;
  write_mailbox(path, 120);
  snprintf(before, sizeof(before), "%s", get(call(ada, "sync.digest", "{}"), "/digest"));
  snprintf(source, sizeof(source), "{\"paths\":[\"%s\"],\"owner_addresses\":[\"ada@example.org\"]}", path);
  OK(ocrm_cancel_new(&cancel, ERR));
  OK(ocrm_sync_preview(ada, source, OCRM_NUL, NULL, NULL, NULL, &plan, ERR));
  CHECK_TEXT("120", get(ocrm_buffer_data(plan), "/summary/messages"));
  OK(ocrm_sync_approve(ada, get(ocrm_buffer_data(plan), "/id"), OCRM_NUL, NULL, NULL, cancel, &batch, ERR));
  CHECK_TEXT("done", get(ocrm_buffer_data(batch), "/state"));
  CHECK_TEXT("50", get(ocrm_buffer_data(batch), "/counts/contacts"));
  snprintf(batch_id, sizeof(batch_id), "%s", get(ocrm_buffer_data(batch), "/id"));
  CHECK(found(ada) == 120 && found(bob) == 0);
  ocrm_session_free(ada);
  ocrm_session_free(bob);
  OK(ocrm_close(crm, ERR));
  ocrm_free(crm);

  /* What is on the server is there for the next who opens it. */
  crm = open_server("{\"postgres\":{\"transaction_pooling\":true}}");
  ada = session_of(crm, "ada@example.org");
  CHECK(found(ada) == 120);
  ocrm_buffer_free(batch);
  batch = NULL;
  OK(ocrm_sync_undo(ada, batch_id, OCRM_NUL, NULL, NULL, cancel, &batch, ERR));
  CHECK_TEXT("undone", get(ocrm_buffer_data(batch), "/state"));
  CHECK_TEXT(before, get(call(ada, "sync.digest", "{}"), "/digest"));
  CHECK(found(ada) == 0);
  ocrm_cancel_free(cancel);
  ocrm_buffer_free(plan);
  ocrm_buffer_free(batch);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

/* Whatever is wrong with a URL, what is said of it has no password. */
static void errors_do_not_tell_passwords(void) {
  static const char* const paths[] = {
      "postgresql://user:secret@127.0.0.1:1/db",           "postgresql://user@127.0.0.1:1/db?password=secret",
      "postgresql://user:secret@127.0.0.1:no/db",          "postgresql://user:secret@[::1/db",
      "postgresql://user:secret@127.0.0.1:1/db?no=secret", "postgresql://user:secret@127.0.0.1:1/db?secret"};
  for (size_t at = 0; at < sizeof(paths) / sizeof(paths[0]); ++at) {
    char json[300];
    ocrm* crm = NULL;
    int32_t status;
    snprintf(json, sizeof(json),
             "{\"path\":\"%s\",\"postgres\":{\"acquire_timeout_ms\":100,\"connect_timeout_ms\":100,"
             "\"retry_for_ms\":0}}",
             paths[at]);
    status = ocrm_open_json(json, OCRM_NUL, &crm, ERR);
    CHECK(status == OCRM_INVALID_ARGUMENT || status == OCRM_UNAVAILABLE);
    CHECK(crm == NULL && check_error != NULL);
    CHECK(!has(ocrm_error_message(check_error), "secret") && !has(ocrm_error_details(check_error), "secret"));
  }
}

static void options_are_checked(void) {
  ocrm* crm = NULL;
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{\"postgres\":{\"pool_size\":0}}", OCRM_NUL, &crm, ERR));
  CHECK(has(ocrm_error_details(check_error), "postgres.pool_size"));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{\"postgres\":{\"pol_size\":4}}", OCRM_NUL, &crm, ERR));
  CHECK(has(ocrm_error_message(check_error), "pol_size"));
  CHECK(crm == NULL);
}

int main(int count, char** words) {
  const check_case cases[] = {{"import_search_undo", import_search_undo},
                              {"errors_do_not_tell_passwords", errors_do_not_tell_passwords},
                              {"options_are_checked", options_are_checked},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
